"""``wheelright help [COMMAND]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen


def _read(given: Given) -> str:
    return " ".join(given.arguments)


def _work(_context: object, name: str) -> str:
    return name


def _render(name: str, _given: Given, screen: Screen) -> int:
    from wheelright.cli.help import page
    from wheelright.cli.registry import Registry

    screen.data(page(name, Registry(), screen.out_style))
    return 0


HELP = Command(
    name="help",
    summary="Show how a command is used",
    arguments=Arguments("COMMAND", "The command, as in `lock` or `python list`", 0, 2),
    needs_context=False,
    read=_read,
    work=_work,
    render=_render,
)
