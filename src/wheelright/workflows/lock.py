"""``wheelright lock``: choose the versions and files that serve the project, and write them down.

A lock that is current is left alone without a request to any index. Otherwise everything is
resolved anew, preferring what was locked, except where an upgrade was asked for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import astuple, replace

from wheelright.lockfile import compare, dumps
from wheelright.outside import files
from wheelright.project import parse_requirement
from wheelright.workflows.alone import alone
from wheelright.workflows.freshness import (
    LOCK_NAME,
    prepare,
    read_existing,
    require_lock,
    upgrades,
    why_not_current,
)
from wheelright.workflows.outcomes import Change, LockedItem, LockOutcome, ServedItem

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.lockfile import Lock
    from wheelright.workflows.context import Context
    from wheelright.workflows.freshness import Locking
    from wheelright.workflows.options import LockOptions, ResolveOptions


def lock(context: Context, options: LockOptions) -> LockOutcome:
    """Make the lock current and return what changed.

    With ``check`` nothing is written; ``stale_reason`` then says why it would be. Raises
    ``ResolutionFailure``, the index's errors, and :class:`MissingLockError` for ``check`` and
    ``check_exists``.
    """
    if options.check or options.check_exists or options.dry_run:
        return locked(context, options)[1]
    with alone(context) as current:
        return locked(current, options)[1]


def locked(context: Context, options: LockOptions) -> tuple[Lock, LockOutcome]:
    """Do as :func:`lock`, and return the lock too."""
    started = time.monotonic()
    path = context.project.root / LOCK_NAME
    known = read_existing(context, path)
    if options.check or options.check_exists:
        known = require_lock(known, path)
        if options.check_exists:
            return known, _outcome(path, known, known, started)
    work = prepare(context, options)
    reason = why_not_current(work, known)
    if reason is None:
        assert known is not None
        return known, _outcome(path, known, known, started)
    if options.check and known is not None and not upgrades(options.resolve):
        stale = replace(_outcome(path, known, known, started), stale_reason=reason)
        return known, stale
    _ask_ahead(work)
    from wheelright.workflows.locking import make_lock

    made, resolution = make_lock(work, known)
    text = dumps(made, work.project.root)
    wrote = False
    before = path.read_text(encoding="utf-8") if known is not None else None
    if not options.check and not options.dry_run and before != text:
        files.write_atomic(path, text)
        wrote = True
    outcome = _outcome(path, known, made, started)
    outcome = replace(
        outcome,
        notes=resolution.notes,
        resolved_count=len(made.packages),
        wrote=wrote,
        stale_reason=reason if before != text else None,
    )
    _warn_of_strangers(context, options.resolve, made)
    return made, outcome


def _ask_ahead(work: Locking) -> None:
    """Ask for the pages that are surely needed, while what resolves is loaded."""
    settings, indexes = work.context.settings, work.context.indexes(work.options.index)
    if work.direct is not None or work.roots.indexes:
        return
    other = {one.name for one in settings.override_dependencies} | {*settings.exclude_dependencies}
    indexes.ask_ahead(
        requirement.name
        for requirement in work.project.dependencies
        if requirement.marker is None and requirement.name not in other
    )


def _outcome(path: Path, before: Lock | None, after: Lock, started: float) -> LockOutcome:
    changes = () if before is after else compare(before, after)
    return LockOutcome(
        str(path),
        changes=tuple(
            Change(c.name, tuple(c.old_versions), tuple(c.new_versions)) for c in changes
        ),
        environments=after.environments,
        packages=tuple(LockedItem(p.name, p.version, p.marker) for p in after.packages),
        targets=tuple(ServedItem(*astuple(target)) for target in after.targets),
        seconds=time.monotonic() - started,
    )


def _warn_of_strangers(context: Context, options: ResolveOptions, made: Lock) -> None:
    """Tell of names that were to be upgraded and that nothing needs: they may be misspelt."""
    for name in sorted(
        {parse_requirement(text).name for text in options.upgrade_package} - made.by_name.keys()
    ):
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(made.by_name), 1)
        meant = f"; did you mean `{near[0]}`?" if near else ""
        context.reporter.warn(f"nothing needs `{name}`, so it was not upgraded{meant}")
