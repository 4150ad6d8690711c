"""The lock that a verb reads: as it is, as it must be already, or made current first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.workflows.freshness import LOCK_NAME, read_existing, require_current, require_lock
from wheelright.workflows.lock import locked
from wheelright.workflows.options import LockOptions

if TYPE_CHECKING:
    from wheelright.lockfile import Lock
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import IndexOptions, ResolveOptions


def lock_to_read(
    context: Context,
    resolve: ResolveOptions,
    index: IndexOptions,
    *,
    frozen: bool,
    must_be_current: bool,
) -> Lock:
    """Return the lock of the project, made current unless it is ``frozen``.

    Raises ``MissingLockError`` where there is none to freeze, ``StaleLockError`` where it must be
    current and is not, and all that ``lock`` raises.
    """
    if frozen:
        path = context.project.root / LOCK_NAME
        return require_lock(read_existing(context, path), path)
    options = LockOptions(resolve=resolve, index=index)
    if must_be_current:
        return require_current(context, options)
    lock, outcome = locked(context, options)
    for note in outcome.notes:
        context.reporter.note(note)
    return lock
