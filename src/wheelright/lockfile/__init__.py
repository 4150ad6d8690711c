"""The lockfile ``pylock.toml`` (PEP 751, lock version 1.0): the native lock, not an export.

Must live here: what a lock is, writing and reading it, choosing packages and files from it for
one environment, whether it is current, and what is made from it alone (exports, the dependency
graph, the list of changes). Must not live here: resolving, fetching, installing, touching files:
text in, text out. What else changes with it: a new input of a lock is a field of `LockInputs`
with its sentence in ``freshness``; a new key is written in ``write`` and read in ``read``.

``select``, ``graph`` and ``export`` import ``packaging`` and are therefore not re-exported here:
import them as ``wheelright.lockfile.select`` and so on where they are used.

The names are imported when they are first asked for: no command needs all of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.lockfile.changes import Change, compare
    from wheelright.lockfile.errors import (
        AmbiguousLockError,
        InvalidLockError,
        MissingHashError,
        NoFileFitsError,
        NotCoveredError,
        NotOfferedError,
        UnsupportedLockError,
    )
    from wheelright.lockfile.freshness import Stale, staleness
    from wheelright.lockfile.model import (
        Archive,
        Edge,
        LocalDirectory,
        Lock,
        LockedPackage,
        LockedTarget,
        LockInputs,
        Vcs,
        canonical,
    )
    from wheelright.lockfile.read import Reading, loads, read_lock
    from wheelright.lockfile.write import dumps
else:
    from wheelright import loading

    _PLACES = {
        "AmbiguousLockError": "errors",
        "Archive": "model",
        "Change": "changes",
        "Edge": "model",
        "InvalidLockError": "errors",
        "LocalDirectory": "model",
        "Lock": "model",
        "LockInputs": "model",
        "LockedPackage": "model",
        "LockedTarget": "model",
        "MissingHashError": "errors",
        "NoFileFitsError": "errors",
        "NotCoveredError": "errors",
        "NotOfferedError": "errors",
        "Reading": "read",
        "Stale": "freshness",
        "UnsupportedLockError": "errors",
        "Vcs": "model",
        "canonical": "model",
        "compare": "changes",
        "dumps": "write",
        "loads": "read",
        "read_lock": "read",
        "staleness": "freshness",
    }

    __getattr__ = loading(__name__, _PLACES)


__all__ = [
    "AmbiguousLockError",
    "Archive",
    "Change",
    "Edge",
    "InvalidLockError",
    "LocalDirectory",
    "Lock",
    "LockInputs",
    "LockedPackage",
    "LockedTarget",
    "MissingHashError",
    "NoFileFitsError",
    "NotCoveredError",
    "NotOfferedError",
    "Reading",
    "Stale",
    "UnsupportedLockError",
    "Vcs",
    "canonical",
    "compare",
    "dumps",
    "loads",
    "read_lock",
    "staleness",
]
