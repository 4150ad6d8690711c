"""``wheelright init``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option
from wheelright.workflows.options import InitOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import InitOutcome


def _read(given: Given) -> InitOptions:
    return InitOptions(
        path=given.arguments[0] if given.arguments else None,
        name=given.text("name"),
        description=given.text("description"),
        bare=given.flag("bare"),
        library=given.flag("library"),
        package=given.maybe("package"),
        no_readme=given.flag("no_readme"),
        no_pin_python=given.flag("no_pin_python"),
        no_workspace=given.flag("no_workspace"),
    )


def _work(context: Context, options: InitOptions) -> InitOutcome:
    from wheelright.workflows.init import init

    return init(context, options)


def _render(outcome: InitOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.outcomes import init_lines

    screen.say(init_lines(outcome, screen.err_style))
    return 0


INIT = Command(
    name="init",
    summary="Make a new project",
    description="Writes a `pyproject.toml` and a first module in PATH, or in this directory.",
    arguments=Arguments("PATH", "Where to make the project; made if it does not exist", 0, 1),
    options=(
        Option(
            flags=("--name",),
            dest="name",
            scope="init",
            metavar="NAME",
            help="Name the project so (default: the name of the directory)",
        ),
        Option(
            flags=("--description",),
            dest="description",
            scope="init",
            metavar="TEXT",
            help="Describe the project so",
        ),
        Option(flags=("--bare",), dest="bare", scope="init", help="Write only `pyproject.toml`"),
        Option(
            flags=("--lib",),
            dest="library",
            scope="init",
            aliases=("--library",),
            help="Make a library, with a build backend and a `src` directory",
        ),
        Option(
            flags=("--app",),
            dest="library",
            scope="init",
            const=False,
            aliases=("--application",),
            help="Make an application (the default)",
        ),
        Option(
            flags=("--package",),
            dest="package",
            scope="init",
            help="Make the project installable (`--no-package`: not)",
        ),
        Option(flags=("--no-readme",), dest="no_readme", scope="init", help="Write no `README.md`"),
        Option(
            flags=("--no-pin-python",),
            dest="no_pin_python",
            scope="init",
            help="Write no `.python-version`",
        ),
        Option(
            flags=("--no-workspace",),
            dest="no_workspace",
            scope="init",
            help="Do not become a member of the workspace around",
        ),
    ),
    read=_read,
    work=_work,
    render=_render,
)
