"""The content-addressed store of unpacked wheels, each with what was read from it once.

Must live here: what a file is (:class:`File`), adding a wheel from a stream of bytes with its
hash checked and its archive read defensively, finding it again by hash, size, pruning and
cleaning. Must not live here: fetching (``index``), choosing (``targets``, ``lockfile``) and
putting into a venv (``venv``).
What else changes with it: a new field of ``WheelFacts`` raises its ``SCHEMA``; ``venv`` places
what ``WheelFacts`` lists without reading the archive or RECORD again.

The names are imported when they are first asked for: no command needs all of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.store.errors import BrokenWheel, HashMismatch
    from wheelright.store.file import File
    from wheelright.store.metadata import same_version
    from wheelright.store.store import Removed, Store
    from wheelright.store.wheel import Entry, EntryPoint, StoredWheel, WheelFacts
else:
    from wheelright import loading

    _PLACES = {
        "BrokenWheel": "errors",
        "Entry": "wheel",
        "EntryPoint": "wheel",
        "File": "file",
        "HashMismatch": "errors",
        "Removed": "store",
        "Store": "store",
        "StoredWheel": "wheel",
        "WheelFacts": "wheel",
        "same_version": "metadata",
    }

    __getattr__ = loading(__name__, _PLACES)


__all__ = [
    "BrokenWheel",
    "Entry",
    "EntryPoint",
    "File",
    "HashMismatch",
    "Removed",
    "Store",
    "StoredWheel",
    "WheelFacts",
    "same_version",
]
