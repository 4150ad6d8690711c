"""``wheelright venv``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option
from wheelright.workflows.options import VenvOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import VenvOutcome


def _read(given: Given) -> VenvOptions:
    return VenvOptions(
        path=given.arguments[0] if given.arguments else None,
        prompt=given.text("prompt"),
        system_site_packages=given.flag("system_site_packages"),
        clear=given.flag("clear"),
        allow_existing=given.flag("allow_existing"),
    )


def _work(context: Context, options: VenvOptions) -> VenvOutcome:
    from wheelright.workflows.venv import venv

    return venv(context, options)


def _render(outcome: VenvOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.outcomes import venv_lines

    screen.say(venv_lines(outcome))
    return 0


VENV = Command(
    name="venv",
    summary="Make a venv",
    description="Makes an empty venv in PATH, or the venv of the project (`.venv`).",
    arguments=Arguments("PATH", "Where to make it", 0, 1),
    options=(
        Option(
            flags=("--prompt",),
            dest="prompt",
            metavar="TEXT",
            help="Show this in the shell's prompt while it is active",
        ),
        Option(
            flags=("--system-site-packages",),
            dest="system_site_packages",
            help="Let it see the packages of the Python it is made from",
        ),
        Option(
            flags=("-c", "--clear"),
            dest="clear",
            help="Remove the venv that is there",
            excludes=("allow_existing",),
        ),
        Option(
            flags=("--allow-existing",),
            dest="allow_existing",
            help="Keep what is in the directory and make the venv there",
        ),
    ),
    read=_read,
    work=_work,
    render=_render,
)
