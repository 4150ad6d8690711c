"""The picture of growth: lines over a size, both axes linear and from zero."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from bench.picture import colour_of, seconds, step_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 760
_HEIGHT: Final = 300
_LEFT: Final = 70
_RIGHT: Final = 110
_TOP: Final = 56
_BOTTOM: Final = 46
_HEAD: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'font-family="system-ui, sans-serif" font-size="12" fill="#222">'
)


@dataclass(frozen=True, slots=True)
class Line:
    """One tool: points are a size, and the median, least and most seconds there."""

    label: str
    points: tuple[tuple[int, float, float, float], ...]


def draw_lines(title: str, unit: str, lines: Sequence[Line]) -> str:
    """Write the picture as SVG; ``unit`` is what the sizes count."""
    largest = max(point[3] for line in lines for point in line.points)
    widest = max(point[0] for line in lines for point in line.points)
    step_x, step_y = step_of(widest), step_of(largest)
    ticks_x, ticks_y = -(-widest // step_x), int(largest / step_y) + 1
    scale_x = (_WIDTH - _LEFT - _RIGHT) / (ticks_x * step_x)
    scale_y = (_HEIGHT - _TOP - _BOTTOM) / (ticks_y * step_y)
    base = _HEIGHT - _BOTTOM
    parts = [
        _HEAD,
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for tick in range(ticks_y + 1):
        y = base - tick * step_y * scale_y
        said = seconds(tick * step_y) if tick else "0"
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" font-size="10" fill="#666" '
            f'text-anchor="end">{escape(said)}</text>'
        )
    for tick in range(int(ticks_x) + 1):
        x = _LEFT + tick * step_x * scale_x
        parts.append(
            f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 4}" stroke="#666"/>'
            f'<text x="{x:.1f}" y="{base + 16}" font-size="10" fill="#666" '
            f'text-anchor="middle">{tick * step_x:,.0f}</text>'
        )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{base + 34}" text-anchor="middle">{escape(unit)}</text>')
    taken: list[float] = []
    for line in lines:
        parts += _line(line, scale_x, scale_y, base, taken)
    return "\n".join([*parts, "</svg>", ""])


def _line(line: Line, scale_x: float, scale_y: float, base: float, taken: list[float]) -> list[str]:
    """Draw one line, its spreads, and its label beside its end where none is yet."""
    colour = colour_of(line.label)
    drawn = []
    corners: list[str] = []
    for size, median, least, most in line.points:
        x, y = f"{_LEFT + size * scale_x:.1f}", f"{base - median * scale_y:.1f}"
        corners.append(f"{x},{y}")
        drawn.append(
            f'<line x1="{x}" y1="{base - least * scale_y:.1f}" x2="{x}" '
            f'y2="{base - most * scale_y:.1f}" stroke="{colour}"/>'
            f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        )
    right, at = (float(word) for word in corners[-1].split(","))
    while any(abs(at - other) < 14 for other in taken):
        at -= 14
    taken.append(at)
    return [
        f'<polyline points="{" ".join(corners)}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *drawn,
        f'<text x="{right + 8:.1f}" y="{at + 4:.1f}" fill="{colour}">{escape(line.label)}</text>',
    ]
