"""The content-addressed store of unpacked wheels, each with what was read from it once.

Must live here: what a file is (:class:`File`), adding a wheel from a stream of bytes with its
hash checked and its archive read defensively, finding it again by hash, size, pruning and
cleaning. Must not live here: fetching (``index``), choosing (``targets``, ``lockfile``) and
putting into a venv (``venv``).
What else changes with it: a new field of ``WheelFacts`` raises its ``SCHEMA``; ``venv`` places
what ``WheelFacts`` lists without reading the archive or RECORD again.
"""

from wheelright.store.errors import BrokenWheel, HashMismatch
from wheelright.store.file import File
from wheelright.store.metadata import same_version
from wheelright.store.store import Removed, Store
from wheelright.store.wheel import Entry, EntryPoint, StoredWheel, WheelFacts

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
