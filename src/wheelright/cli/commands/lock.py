"""``wheelright lock``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import (
    BUILD_OPTIONS,
    INDEX_OPTIONS,
    OUTPUT_FORMAT,
    RESOLVE_OPTIONS,
    read_build,
    read_index,
    read_resolve,
)
from wheelright.workflows.options import LockOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import LockOutcome


def _read(given: Given) -> LockOptions:
    return LockOptions(
        check=given.flag("check"),
        check_exists=given.flag("check_exists"),
        dry_run=given.flag("dry_run"),
        target=given.text("target"),
        resolve=read_resolve(given),
        index=read_index(given),
        build=read_build(given),
    )


def _work(context: Context, options: LockOptions) -> LockOutcome:
    from wheelright.workflows.lock import lock

    return lock(context, options)


def _render(outcome: LockOutcome, given: Given, screen: Screen) -> int:
    stale = given.flag("check") and outcome.stale_reason is not None
    if given.text("output_format") == "json":
        from wheelright.console.documents import lock_document

        screen.document(lock_document(outcome))
    else:
        from wheelright.console.outcomes import lock_lines

        lines = lock_lines(
            outcome,
            screen.err_style,
            dry_run=given.flag("dry_run"),
            check=given.flag("check"),
            every_change=bool(screen.verbose),
        )
        if stale:
            screen.warn(lines)
        else:
            screen.say(lines)
    return int(stale)


LOCK = Command(
    name="lock",
    summary="Choose the versions and files that serve the project",
    description=(
        "Writes `pylock.toml`: for every environment the project serves, which version of each"
        " package is used and which files it may be installed from. Versions that are locked"
        " already are kept while they fit, unless `--upgrade` or `--upgrade-package` says"
        " otherwise."
    ),
    options=(
        Option(
            flags=("--check",),
            dest="check",
            help="Only say whether the lock is current: exit code 0 if so, 1 if not",
            aliases=("--locked",),
            excludes=("upgrade", "upgrade_package"),
        ),
        Option(
            flags=("--check-exists",),
            dest="check_exists",
            help="Only say whether there is a lock, current or not",
            aliases=("--frozen",),
            excludes=("check",),
        ),
        Option(
            flags=("--dry-run",),
            dest="dry_run",
            help="Show what would change, write nothing",
            excludes=("check", "check_exists"),
        ),
        Option(
            flags=("--for",),
            dest="target",
            metavar="TARGET",
            help="Fail unless this target is declared; the lock serves all declared ones",
            in_environment=False,
        ),
        OUTPUT_FORMAT,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *BUILD_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
