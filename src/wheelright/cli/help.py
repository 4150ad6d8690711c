"""Help pages, made from the tables of options."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from wheelright.cli.everywhere import GLOBAL_OPTIONS, beside
from wheelright.cli.option import HEADINGS, Command, Option
from wheelright.console.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelright.cli.registry import Registry

_COLUMN = 30  # where the help of an option starts
_WIDEST = 100


def page(name: str, registry: Registry, style: Style = PLAIN, *, width: int | None = None) -> str:
    """Lay out the help page of a command or group; ``""`` is the program's own.

    Raises :class:`~wheelright.cli.errors.CommandLineError` where there is no such command.
    """
    width = _width() if width is None else width
    registry.insist(name)
    entry = registry.entry(name)
    if entry is not None:
        lines = list(_command(entry.load(), style, width))
    else:
        lines = list(_overview(name, registry, style, width))
    return "\n".join(lines)


def _width() -> int:
    """Tell the width of the terminal, bounded: long lines are hard to read."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return min(int(columns), _WIDEST)
    try:
        return min(os.get_terminal_size().columns or 80, _WIDEST)
    except (OSError, ValueError):  # not a terminal
        return 80


def _overview(group: str, registry: Registry, style: Style, width: int) -> Iterator[str]:
    if group:
        yield registry.summary(group)
        entries = registry.members(group)
        rows = [(entry.name.split()[1], entry.summary) for entry in entries]
    else:
        yield "A Python package and environment manager that gives every machine the right wheel"
        rows = [(word, registry.summary(word)) for word in registry.first_words()]
    program = f"wheelright {group}".rstrip()
    yield ""
    yield f"{style.paint('Usage:', 'bold')} {program} [OPTIONS] COMMAND"
    yield ""
    yield style.paint("Commands:", "bold")
    for name, summary in rows:
        yield from _row(name, style.paint(name, "cyan"), summary, width, column=14)
    yield from _options(GLOBAL_OPTIONS, style, width)
    yield ""
    yield f"`wheelright help {f'{group} ' if group else ''}COMMAND` tells more of a command."


def _command(command: Command, style: Style, width: int) -> Iterator[str]:
    yield command.summary
    if command.description:
        yield ""
        yield from textwrap.wrap(
            command.description, width, break_long_words=False, break_on_hyphens=False
        )
    yield ""
    yield f"{style.paint('Usage:', 'bold')} {usage(command)}"
    if command.examples:
        yield ""
        yield style.paint("Examples:", "bold")
        for want, line in command.examples:
            yield from textwrap.wrap(want, width, initial_indent="  ", subsequent_indent="  ")
            yield f"    {style.paint(line, 'cyan')}"
    if command.arguments is not None:
        yield ""
        yield style.paint("Arguments:", "bold")
        name = command.arguments.metavar
        yield from _row(name, style.paint(name, "cyan"), command.arguments.help, width)
    yield from _options((*command.options, *beside(command.options)), style, width)
    yield ""
    variables = (
        "Every option can be given by an environment variable too: WHEELRIGHT_ and its long"
        " name, as in WHEELRIGHT_NO_CACHE=1."
    )
    scoped = [option.variable for option in command.options if option.scope]
    if scoped:
        variables += f" Some name the command too: {', '.join(scoped)}."
    yield from textwrap.wrap(variables, width)


def usage(command: Command) -> str:
    """Give the usage line: ``wheelright remove [OPTIONS] PACKAGE...``."""
    arguments = f" {command.arguments.usage}" if command.arguments is not None else ""
    return f"wheelright {command.name} [OPTIONS]{arguments}"


def _options(options: Sequence[Option], style: Style, width: int) -> Iterator[str]:
    for heading in HEADINGS:
        rows = [option for option in options if option.heading == heading]
        if not rows:
            continue
        yield ""
        yield style.paint(f"{heading}:", "bold")
        for option in rows:
            plain, painted = _spelling(option, style)
            yield from _row(plain, painted, help_text(option), width)


def _spelling(option: Option, style: Style) -> tuple[str, str]:
    """Give the flags, short one first or its room left free, and the metavar: plain, painted."""
    short = [flag for flag in option.flags if not flag.startswith("--")]
    room = "" if short else "    "
    flags = ", ".join(style.paint(flag, "cyan") for flag in option.flags)
    metavar = f" {option.metavar}" if option.takes_value else ""
    return f"{room}{', '.join(option.flags)}{metavar}", f"{room}{flags}{metavar}"


def help_text(option: Option) -> str:
    """Give the help of an option, with the values it takes."""
    if not option.choices:
        return option.help
    return f"{option.help}: {', '.join(option.choices)}"


def _row(
    plain: str, painted: str, text: str, width: int, *, column: int = _COLUMN
) -> Iterator[str]:
    """Lay out one entry: the name, then its text beside it, or below it where it is long."""
    wrapped = textwrap.wrap(
        text, max(width - column, 20), break_long_words=False, break_on_hyphens=False
    )
    if len(plain) + 4 <= column:
        gap = " " * (column - 2 - len(plain))
        yield f"  {painted}{gap}{wrapped[0]}"
        wrapped = wrapped[1:]
    else:
        yield f"  {painted}"
    for line in wrapped:
        yield f"{' ' * column}{line}"
