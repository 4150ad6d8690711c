"""``wheelright sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import (
    BUILD_OPTIONS,
    EXACT_OPTIONS,
    INDEX_OPTIONS,
    INSTALL_OPTIONS,
    LOCK_MODE_OPTIONS,
    NO_EDITABLE,
    OUTPUT_FORMAT,
    REPAIR_OPTIONS,
    RESOLVE_OPTIONS,
    SELECTION_OPTIONS,
    WORKSPACE_OPTIONS,
    read_sync,
)

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import SyncOptions
    from wheelright.workflows.outcomes import SyncOutcome


def _work(context: Context, options: SyncOptions) -> SyncOutcome:
    from wheelright.workflows.sync import sync

    return sync(context, options)


def _render(outcome: SyncOutcome, given: Given, screen: Screen) -> int:
    differs = given.flag("check") and bool(outcome.actions)
    if given.text("output_format") == "json":
        from wheelright.console.documents import sync_document

        screen.document(sync_document(outcome))
    else:
        from wheelright.console.outcomes import sync_lines

        every_reason = bool(screen.verbose) or outcome.dry_run
        lines = sync_lines(outcome, screen.err_style, every_reason=every_reason)
        if differs:
            screen.warn(lines)
        else:
            screen.say(lines)
    return int(differs)


SYNC = Command(
    name="sync",
    summary="Make the venv hold what the lock says",
    description=(
        "Brings the lock up to date where the project changed, then installs, replaces and"
        " removes packages until the venv holds what the lock says for its target. With"
        " `--python-platform` the venv is made for another machine: files that do not fit that"
        " platform are replaced, and each line says why."
    ),
    options=(
        *LOCK_MODE_OPTIONS,
        Option(
            flags=("--dry-run",),
            dest="dry_run",
            help="Show what would be done, change nothing",
        ),
        Option(
            flags=("--check",),
            dest="check",
            help="Change nothing; exit code 1 if the venv differs from the lock",
        ),
        OUTPUT_FORMAT,
        *SELECTION_OPTIONS,
        *WORKSPACE_OPTIONS,
        *INSTALL_OPTIONS,
        *EXACT_OPTIONS,
        *REPAIR_OPTIONS,
        NO_EDITABLE,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *BUILD_OPTIONS,
    ),
    read=read_sync,
    work=_work,
    render=_render,
)
