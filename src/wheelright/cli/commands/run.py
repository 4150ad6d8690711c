"""``wheelright run``: options end at the first argument, which is the command to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import (
    BUILD_OPTIONS,
    EXACT_OPTIONS,
    INDEX_OPTIONS,
    INSTALL_OPTIONS,
    LOCK_MODE_OPTIONS,
    NO_EDITABLE,
    RESOLVE_OPTIONS,
    SELECTION_OPTIONS,
    WORKSPACE_OPTIONS,
    read_sync,
)
from wheelright.workflows.options import RunOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context


def _read(given: Given) -> RunOptions:
    # What the lock does not name stays, unless `--exact` is given.
    inexact = given.maybe("inexact") is not False
    return RunOptions(
        command=given.arguments,
        module=given.flag("module"),
        script=given.flag("script"),
        with_requirements=given.many("with_requirements"),
        env_files=given.many("env_files"),
        no_env_file=given.flag("no_env_file"),
        isolated=given.flag("isolated"),
        no_project=given.flag("no_project"),
        no_sync=given.flag("no_sync"),
        sync=replace(read_sync(given), inexact=inexact),
    )


def _work(context: Context, options: RunOptions) -> int:
    from wheelright.workflows.run import run

    return run(context, options)


def _render(code: int, _given: Given, _screen: Screen) -> int:
    return code


RUN = Command(
    name="run",
    summary="Run a command in the project's venv",
    description=(
        "Brings lock and venv up to date, then runs the command in place of this program. A"
        " `.py` file is run by the venv's Python. Options after the command are the command's"
        " own; `--` may stand before it."
    ),
    arguments=Arguments("COMMAND", "The command to run, with its options and arguments", 0),
    passthrough=True,
    options=(
        Option(
            flags=("-m", "--module"),
            dest="module",
            help="Run a Python module, as `python -m` does",
            excludes=("script",),
        ),
        Option(
            flags=("-s", "--script"),
            dest="script",
            help="Run the file as a Python script, whatever its name ends in",
        ),
        Option(
            flags=("-w", "--with"),
            dest="with_requirements",
            metavar="REQUIREMENT",
            many=True,
            help="Have this package too, for this run only",
        ),
        Option(
            flags=("--env-file",),
            dest="env_files",
            metavar="FILE",
            many=True,
            help="Set the environment variables that this file lists",
        ),
        Option(
            flags=("--no-env-file",),
            dest="no_env_file",
            help="Read no such file",
            excludes=("env_files",),
        ),
        Option(
            flags=("--isolated",),
            dest="isolated",
            help="Use a venv of its own for this run",
        ),
        Option(
            flags=("--no-project",),
            dest="no_project",
            help="Ignore the project around",
        ),
        Option(
            flags=("--no-sync",),
            dest="no_sync",
            help="Leave lock and venv as they are",
            excludes=("locked",),
        ),
        *LOCK_MODE_OPTIONS,
        *SELECTION_OPTIONS,
        *WORKSPACE_OPTIONS,
        *INSTALL_OPTIONS,
        *EXACT_OPTIONS,
        NO_EDITABLE,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *BUILD_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
