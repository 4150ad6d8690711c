"""The picture of a case: one panel per work, one bar per tool, each axis linear and from zero."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 760
_LEFT: Final = 96
_RIGHT: Final = 84
_BAR: Final = 15
_GAP: Final = 5
_TITLE: Final = 26
_AXIS: Final = 24
_COLOURS: Final = {"Wheelright": "#b3541e", "uv": "#6a4c93"}
_OTHER: Final = "#8d99ae"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: ``least`` and ``most`` are drawn as a line over it, all in seconds."""

    label: str
    value: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One work and its bars."""

    title: str
    bars: tuple[Bar, ...]


def step_of(largest: float) -> float:
    """Return a round distance between ticks, so that an axis up to ``largest`` has 3 to 6."""
    step = 10.0**-9
    while True:
        for factor in (1, 2, 5):
            if largest / (step * factor) <= 5:
                return step * factor
        step *= 10


def seconds(value: float) -> str:
    """Write a duration as a person would."""
    if value < 0.1:
        return f"{value * 1000:.1f} ms".replace(".0 ms", " ms")
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def colour_of(label: str) -> str:
    """Return the colour of a tool, by the name that people know it by."""
    return _COLOURS.get(label, _OTHER)


def draw(title: str, panels: Sequence[Panel]) -> str:
    """Write the picture as SVG."""
    parts: list[str] = []
    top = 34.0
    for panel in panels:
        drawn, height = _panel(panel, top)
        parts += drawn
        top += height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top:.0f}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="#222">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{_WIDTH}" height="{top:.0f}" fill="#fff"/>\n'
        f'<text x="12" y="22" font-size="15" font-weight="600">{escape(title)}</text>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def _panel(panel: Panel, top: float) -> tuple[list[str], float]:
    """Draw one panel; returns its elements and its height."""
    largest = max(bar.most for bar in panel.bars)
    step = step_of(largest)
    ticks = int(largest / step) + 1
    scale = (_WIDTH - _LEFT - _RIGHT) / (ticks * step)
    bottom = top + _TITLE + len(panel.bars) * (_BAR + _GAP)
    parts = [f'<text x="12" y="{top + 17}" font-weight="600">{escape(panel.title)}</text>']
    for tick in range(ticks + 1):
        x = _LEFT + tick * step * scale
        parts.append(
            f'<line x1="{x:.1f}" y1="{top + _TITLE - 3}" x2="{x:.1f}" y2="{bottom}" '
            f'stroke="#ddd"/><text x="{x:.1f}" y="{bottom + 12}" font-size="10" fill="#666" '
            f'text-anchor="middle">{escape(seconds(tick * step) if tick else "0")}</text>'
        )
    for number, bar in enumerate(panel.bars):
        y = top + _TITLE + number * (_BAR + _GAP)
        middle = y + _BAR / 2
        colour = colour_of(bar.label)
        least, most = _LEFT + bar.least * scale, _LEFT + bar.most * scale
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{bar.value * scale:.1f}" height="{_BAR}" '
            f'fill="{colour}"/>'
            f'<line x1="{least:.1f}" y1="{middle}" x2="{most:.1f}" y2="{middle}" stroke="#222"/>'
            f'<text x="{most + 6:.1f}" y="{y + 12}">{escape(seconds(bar.value))}</text>'
        )
    return parts, bottom - top + _AXIS
