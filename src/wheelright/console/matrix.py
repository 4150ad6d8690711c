"""Packages by targets in the terminal: signs that read without colour, within its width.

What does not fit gives way in steps: the floors beside the signs, the names of the targets (they
become numbers, explained below), long names of packages, and last the columns, in several blocks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.proving import SIGNS
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import count, short_path
from wheelright.workflows.matrix import ORDER, counts
from wheelright.workflows.proofs import pythons_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from wheelright.workflows.matrix import MatrixOutcome, Row, Square

DEFAULT_WIDTH = 80
_LONGEST_NAME = 34
_SHORTEST_NAME = 14
_GAP = 2


def matrix_document(outcome: MatrixOutcome) -> dict[str, Any]:
    """``matrix``: a row for each entry of the lock, a square for each target."""
    targets = [
        {
            "name": target.name,
            "platform": target.platform,
            "hard": target.hard,
            "pythons": list(target.pythons),
            "passed": not target.failed,
        }
        for target in outcome.proof.targets
    ]
    return {
        "schema": SCHEMA,
        "project": outcome.project,
        "passed": not outcome.proof.failed,
        "stale": list(outcome.proof.stale),
        "targets": targets,
        "rows": [to_builtins(row) for row in outcome.rows],
    }


def terminal_width(stream: TextIO) -> int:
    """Return the width to draw for: that of the terminal, or of ``COLUMNS``; 80 elsewhere."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except (OSError, ValueError):
        return DEFAULT_WIDTH


def matrix_lines(
    outcome: MatrixOutcome,
    style: Style = PLAIN,
    *,
    width: int = DEFAULT_WIDTH,
    ascii_only: bool = False,
) -> list[str]:
    """Draw the matrix, what its signs and columns mean, and the sum of each column."""
    if not outcome.rows:
        return ["The lock has no packages"]
    layout = _layout(outcome, width)
    lines = []
    for block in layout.blocks:
        lines += _block_lines(outcome, layout, block, style, ascii_only=ascii_only)
        lines.append("")
    if layout.numbered:
        lines += [
            f"{number} = {printable(target.name)} ({target.words})"
            for number, target in enumerate(outcome.proof.targets, 1)
        ]
    lines += _legend(outcome, style, width, ascii_only=ascii_only)
    if outcome.proof.stale:
        why = printable("; ".join(outcome.proof.stale))
        lines.append(f"{style.paint('warning:', 'yellow', 'bold')} the lock is not current: {why}")
    return lines


def written_lines(outcome: MatrixOutcome) -> list[str]:
    """Say where the page was written."""
    assert outcome.html is not None
    rows = count(len(outcome.rows), "package")
    targets = count(len(outcome.proof.targets), "target")
    return [f"Wrote {printable(short_path(outcome.html))} ({rows}, {targets})"]


class _Layout(NamedTuple):
    """How the table is drawn: widths in characters, and the columns of each block."""

    name: int
    column: tuple[int, ...]
    numbered: bool
    floors: bool
    blocks: tuple[tuple[int, ...], ...]


def _layout(outcome: MatrixOutcome, width: int) -> _Layout:
    names = [printable(target.name) for target in outcome.proof.targets]
    columns = tuple(range(len(names)))
    below = [part for row in outcome.rows for part in _differing(row)]
    labels = [_title(row) for row in outcome.rows]
    labels += [f"  Python {pythons}" for pythons, _ in below]
    longest = min(max(map(len, labels)), _LONGEST_NAME)
    squares = [square for row in outcome.rows for square in row.squares]
    squares += [square for _, drawn in below for square in drawn]
    floors = max((len(floor_of_square(square)) for square in squares), default=0)
    inside = 1 + (1 + floors if floors else 0)
    wide = tuple(max(len(name), inside) for name in names)
    numbered = tuple(max(len(str(number + 1)), inside) for number in columns)
    signs = tuple(len(str(number + 1)) for number in columns)
    for column, with_numbers, with_floors in (
        (wide, False, True),
        (numbered, True, True),
        (signs, True, False),
    ):
        needed = longest + sum(_GAP + one for one in column)
        if needed <= width:
            return _Layout(longest, column, with_numbers, with_floors, (columns,))
    name = max(min(longest, width - sum(_GAP + one for one in signs)), _SHORTEST_NAME)
    room = max((width - name) // (_GAP + max(signs)), 1)
    blocks = tuple(columns[at : at + room] for at in range(0, len(columns), room))
    return _Layout(name, signs, True, False, blocks)


def _title(row: Row) -> str:
    return f"{row.package} {row.version or ''}".rstrip()


def _cut(text: str, width: int, *, ascii_only: bool) -> str:
    if len(text) <= width:
        return text.ljust(width)
    mark = "~" if ascii_only else "…"
    return text[: width - 1] + mark


def floor_of_square(square: Square) -> str:
    """Return the floor that the square's wheels ask for, the highest of its Pythons."""
    if square.look not in {"wheel", "passed"}:
        return ""
    floors = [cell.floor for cell in square.cells if cell.floor is not None]
    return max(floors, key=lambda text: [int(part) for part in text.split(".")], default="")


def _block_lines(
    outcome: MatrixOutcome,
    layout: _Layout,
    block: Sequence[int],
    style: Style,
    *,
    ascii_only: bool,
) -> list[str]:
    gap = " " * _GAP
    heads = []
    for number in block:
        target = outcome.proof.targets[number]
        text = str(number + 1) if layout.numbered else printable(target.name)
        head = text.ljust(layout.column[number])
        heads.append(style.paint(head, *(("red", "bold") if target.failed else ("bold",))))
    lines = [f"{' ' * layout.name}{gap}{gap.join(heads)}".rstrip()]
    for row in outcome.rows:
        lines.append(_row_line(row, layout, block, style, ascii_only=ascii_only))
        for python, squares in _differing(row):
            label = _cut(f"  Python {python}", layout.name, ascii_only=ascii_only)
            parts = [
                _drawn(squares[number], layout, number, style, ascii_only=ascii_only)
                for number in block
            ]
            lines.append(f"{style.paint(label, 'dim')}{gap}{gap.join(parts)}".rstrip())
    return lines


def _row_line(
    row: Row, layout: _Layout, block: Sequence[int], style: Style, *, ascii_only: bool
) -> str:
    title = _cut(_title(row), layout.name, ascii_only=ascii_only)
    gap = " " * _GAP
    parts = [
        _drawn(row.squares[number], layout, number, style, ascii_only=ascii_only)
        for number in block
    ]
    return f"{title}{gap}{gap.join(parts)}".rstrip()


def _drawn(square: Square, layout: _Layout, number: int, style: Style, *, ascii_only: bool) -> str:
    sign = SIGNS[square.look]
    text = sign.plain if ascii_only else sign.glyph
    floor = floor_of_square(square) if layout.floors else ""
    rest = f" {floor}" if floor else ""
    return style.paint(text, sign.color) + rest.ljust(layout.column[number] - 1)


def _differing(row: Row) -> list[tuple[str, list[Square]]]:
    """Return squares for groups of Pythons, where the verdict differs between them."""
    from wheelright.workflows.matrix import Square as Drawn

    if all(len({cell.verdict for cell in square.cells}) < 2 for square in row.squares):
        return []
    pythons = dict.fromkeys(cell.python for square in row.squares for cell in square.cells)
    ordered = sorted(pythons, key=lambda text: [int(part) for part in text.split(".")])
    groups: dict[tuple[str, ...], list[str]] = {}
    for python in ordered:
        looks = tuple(
            next((cell.verdict for cell in square.cells if cell.python == python), "absent")
            for square in row.squares
        )
        groups.setdefault(looks, []).append(python)
    found = []
    for same in groups.values():
        squares = []
        for square in row.squares:
            cells = tuple(cell for cell in square.cells if cell.python in same)
            looks_here = [cell.verdict for cell in cells]
            squares.append(Drawn(looks_here[0] if looks_here else "absent", cells))
        found.append((pythons_words(same), squares))
    return found


def _legend(outcome: MatrixOutcome, style: Style, width: int, *, ascii_only: bool) -> list[str]:
    """Explain the signs that occur, and sum up each target."""
    met = {square.look for row in outcome.rows for square in row.squares}
    met |= {cell.verdict for row in outcome.rows for square in row.squares for cell in square.cells}
    lines = []
    line = ""
    for look in reversed(ORDER):
        if look in met:
            sign = SIGNS[look]
            mark = sign.plain if ascii_only else sign.glyph
            piece = f"{mark} {sign.words}"
            if line and len(line) + 3 + len(piece) > width:
                lines.append(line)
                line = ""
            line = f"{line}   {piece}" if line else piece
    lines.append(line)
    painted = [style.paint(one, "dim") for one in lines]
    for number, target in enumerate(outcome.proof.targets):
        seen = counts(outcome.rows, number)
        needed = len(outcome.rows) - seen["absent"]
        bad = seen["missing"]
        name = style.paint(printable(target.name), "bold")
        said = f"{needed} of {needed} served" if not bad else f"{bad} of {needed} not served"
        if target.uncovered and target.uncovered == target.pythons:
            painted.append(f"{name}: {style.paint('the lock does not cover it', 'red')}")
            continue
        covered = ""
        if target.uncovered:
            covered = f", Python {pythons_words(target.uncovered)} not covered"
        painted.append(f"{name}: {said}{covered}")
    return painted
