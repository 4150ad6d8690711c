"""How an error looks: what went wrong, where, the place in the text, the facts, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.console.style import PLAIN, Style, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.errors import Excerpt, WheelrightError

DETAIL_LIMIT = 40  # lines of detail shown without -v
_EXCERPT_WIDTH = 100
_NAMES = frozenset({"Git", "Linux", "Python", "Rust", "Wheelright", "Windows", "Debian"})


def error_lines(
    error: WheelrightError, style: Style = PLAIN, *, every_detail: bool = False
) -> list[str]:
    """Tell a person of ``error``; ``every_detail`` lifts the bound on long lists."""
    first, *more = printable(_lowered(error.message)).split("\n")
    lines = [f"{style.paint('error:', 'red', 'bold')} {style.paint(first, 'bold')}"]
    lines += [f"  {line}".rstrip() for line in more]
    if error.doing:
        lines.append(f"  while {printable(error.doing)}")
    if error.excerpt is not None:
        lines += _excerpt_lines(error.excerpt, style)
    if error.where and not _pointed_at(error.where, error.excerpt):
        lines.append(f"  in {style.paint(printable(error.where), 'cyan')}")
    details = [line for detail in error.details for line in printable(detail).split("\n")]
    lines += [f"  {line}".rstrip() for line in _bounded(details, every_detail=every_detail)]
    for hint in dict.fromkeys(error.hints):
        head, *rest = printable(_lowered(hint)).split("\n")
        lines.append(f"{style.paint('hint:', 'cyan', 'bold')} {head}")
        lines += [f"      {line}".rstrip() for line in rest]
    return lines


def _pointed_at(where: str, excerpt: Excerpt | None) -> bool:
    """Whether an excerpt says already where: its file, or a line of it."""
    return excerpt is not None and (where == excerpt.path or where.startswith(f"{excerpt.path}:"))


def _lowered(text: str) -> str:
    """Let a sentence begin as all do after ``error:`` and ``hint:``, but for a name."""
    word = text.partition(" ")[0]
    if not word.istitle() or not word.isalpha() or word in _NAMES:
        return text
    return text[0].lower() + text[1:]


def _bounded(lines: Sequence[str], *, every_detail: bool) -> Sequence[str]:
    if every_detail or len(lines) <= DETAIL_LIMIT:
        return lines
    left = len(lines) - DETAIL_LIMIT
    return [*lines[:DETAIL_LIMIT], f"... and {left} more lines (`-v` shows them)"]


def _excerpt_lines(excerpt: Excerpt, style: Style) -> list[str]:
    """Draw the line of the text with a caret under the place; long lines are cut around it."""
    text, column = _window(excerpt.text.rstrip("\r\n"), excerpt.column)
    number = str(excerpt.line)
    margin = " " * len(number)
    length = max(1, min(excerpt.length, len(text) - column + 1))
    bar = style.paint("|", "cyan")
    place = f"{printable(excerpt.path)}:{excerpt.line}:{excerpt.column}"
    caret = style.paint("^" * length, "red", "bold")
    return [
        f"  in {style.paint(place, 'cyan')}",
        f"  {margin} {bar}",
        f"  {style.paint(number, 'cyan')} {bar} {text}".rstrip(),
        f"  {margin} {bar} {_room(text[: column - 1])}{caret}",
    ]


def _room(text: str) -> str:
    """Give blanks as wide as ``text`` is on a terminal: wide characters take two columns."""
    if text.isascii():
        return " " * len(text)
    from unicodedata import combining, east_asian_width

    return "".join(
        "" if combining(character) else "  " if east_asian_width(character) in "WF" else " "
        for character in text
    )


def _window(text: str, column: int) -> tuple[str, int]:
    """Cut ``text`` to what fits around ``column`` (from 1), one character per column."""
    flat = "".join(character if character.isprintable() else " " for character in text)
    column = max(1, min(column, len(flat) + 1))
    if len(flat) <= _EXCERPT_WIDTH:
        return flat, column
    start = max(0, min(column - 1 - _EXCERPT_WIDTH // 2, len(flat) - _EXCERPT_WIDTH))
    end = start + _EXCERPT_WIDTH
    head = "..." if start else ""
    tail = "..." if end < len(flat) else ""
    return head + flat[start:end] + tail, column - start + len(head)
