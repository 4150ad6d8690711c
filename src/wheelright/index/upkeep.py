"""The cache of pages and metadata as a whole: cleaning it, and what projects it has met.

Must not live here: the places and the form of entries, which ``cache`` decides and which this
module follows.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wheelright.index.cache import read_page
from wheelright.index.shelves import first_project
from wheelright.outside.files import read_bytes, remove_file, walk

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection
    from pathlib import Path

_ABANDONED_SECONDS: Final = 3600.0
"""A temporary file that is older belongs to a process that was killed."""


def clean(root: Path, names: Collection[str]) -> tuple[int, int]:
    """Remove what the cache at ``root`` has of some projects (normalized names).

    Returns how many files went, and their bytes. Raises ``DiskError``.
    """
    return _remove(root, lambda path, entry: _project_of(path, entry) in names)


def prune(root: Path) -> tuple[int, int]:
    """Remove entries of another format, damaged ones and leftovers; as :func:`clean`."""
    return _remove(root, _is_useless)


def known_projects(root: Path, *, like: str) -> list[str]:
    """Name the projects that an index was seen to have and whose names resemble one."""
    found = {}
    folder = root / "index" / "pages"
    for path, entry in walk(folder) if folder.is_dir() else ():
        found[path.rpartition("/")[2].rpartition(".")[0]] = entry
    from difflib import get_close_matches

    near = get_close_matches(like, sorted(found), 8)
    return [name for name in near if _is_known(found[name])]


def _is_known(entry: os.DirEntry[str]) -> bool:
    page = read_page(entry.path)
    return page is not None and page.entry.known


def _remove(root: Path, condemned: Callable[[str, os.DirEntry[str]], bool]) -> tuple[int, int]:
    count = size = 0
    folder = root / "index"
    for path, entry in list(walk(folder)) if folder.is_dir() else ():
        if condemned(path, entry):
            size += entry.stat(follow_symlinks=False).st_size
            count += remove_file(entry.path)
    return count, size


def _is_useless(path: str, entry: os.DirEntry[str]) -> bool:
    if path.endswith(".tmp"):
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED_SECONDS
    return _project_of(path, entry) is None


def _project_of(path: str, entry: os.DirEntry[str]) -> str | None:
    """Name the project that an entry speaks of; ``None`` for what is no entry."""
    if path.startswith("pages/"):
        page = read_page(entry.path)
        return None if page is None else page.entry.project
    return first_project(read_bytes(entry.path))
