"""The content-addressed store of unpacked wheels, each with what was read from it once.

Must live here: what a file is (:class:`File`), adding a wheel from a stream of bytes with its
hash checked and its archive read defensively, finding it again by hash, size, pruning and
cleaning. Must not live here: fetching (``index``), choosing (``targets``, ``lockfile``) and
putting into a venv (``venv``).
"""

from wheelright.store.file import File

__all__ = ["File"]
