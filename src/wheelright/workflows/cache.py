"""``wheelright cache``: where the cache is, how large, and making it smaller.

What lies below the cache directory, and who writes it: ``store`` (unpacked wheels), ``index``
(pages and metadata), ``builds`` (work and logs), ``built`` (which wheel was built of which
sdist or commit), ``build-environments``, ``pythons`` (answers of interpreters), ``archives``
(sdists that are named directly), ``git`` (clones and checkouts). Nothing else is touched.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.errors import UsageError
from wheelright.index import upkeep
from wheelright.outside import files
from wheelright.targets import normalize_name, parse_wheel_name
from wheelright.targets.errors import InvalidFileName
from wheelright.venv import BrokenVenv, NotAVenv, find_venv, lock_venv
from wheelright.workflows.outcomes import CacheReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.workflows.context import Context

_PARTS = (
    "store",
    "index",
    "builds",
    "built",
    "build-environments",
    "pythons",
    "archives",
    "git",
)
_TAG = "CACHEDIR.TAG"
_ABANDONED_SECONDS = 24 * 3600.0
"""What a build left and nobody touched for so long belongs to a process that was killed, or is a
log that nobody will read."""


def cache_dir(context: Context) -> str:
    """Return where the cache is; it need not exist."""
    return str(context.cache_directory)


def cache_size(context: Context) -> CacheReport:
    """Return how many files lie in the cache, and their bytes."""
    return _sum(_measured(context.cache_directory / part) for part in _PARTS)


def cache_clean(context: Context, names: tuple[str, ...] = ()) -> CacheReport:
    """Empty the cache, or remove what it holds of some projects; return what went.

    Venvs stay as they are, except those made with ``--link-mode symlink``. Raises ``UsageError``
    where the disk refuses.
    """
    root = context.cache_directory
    if not root.exists():
        return CacheReport(0, 0)
    _check(root)
    if names:
        return _clean_projects(context, frozenset(normalize_name(name) for name in names))
    report = _sum(_removed(root / part) for part in _PARTS if part != "build-environments")
    for environment in _folders(root / "build-environments"):
        with lock_venv(str(environment), context.reporter):  # a build may be using it
            report = _sum((report, _removed(environment)))
    files.remove_tree(root / "build-environments")
    files.remove_file(root / _TAG)
    files.remove_empty_directory(root)
    return report


def cache_prune(context: Context) -> CacheReport:
    """Remove what is outdated, damaged or was left unfinished; return what went."""
    root = context.cache_directory
    if not root.exists():
        return CacheReport(0, 0)
    _check(root)
    store = context.store.prune()
    index = upkeep.prune(root / "index")
    report = _sum((CacheReport(store.files, store.bytes), CacheReport(*index)))
    for environment in _folders(root / "build-environments"):
        with lock_venv(str(environment), context.reporter):
            if not _is_usable(environment):
                report = _sum((report, _removed(environment)))
    for left in (*_builds(root / "builds"), *_builds(root / "builds", "logs", "built")):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            report = _sum((report, _removed(left)))
    return report


def _builds(root: Path, *below: str) -> list[Path]:
    """Return what builds left: their folders, or (``below``) their logs and results."""
    places = [root / name for name in below] or [root]
    found = [path for place in places if place.is_dir() for path in sorted(place.iterdir())]
    return [path for path in found if below or path.name not in {"logs", "built"}]


def _check(root: Path) -> None:
    if not root.is_dir():
        raise UsageError(
            f"`{root}` is no directory",
            where="--cache-dir",
            hints=["name the directory of the cache"],
        )


def _clean_projects(context: Context, names: frozenset[str]) -> CacheReport:
    root = context.cache_directory
    store = context.store.clean(names)
    index = upkeep.clean(root / "index", names)
    notes = [note for note, built in _notes(root / "built") if built in names]
    return _sum(
        (
            CacheReport(store.files, store.bytes),
            CacheReport(*index),
            *(_removed(note) for note in notes),
        )
    )


def _notes(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the notes on what was built of sdists, with the project that each is about."""
    for path, entry in list(files.walk(folder)) if folder.is_dir() else ():
        if path.endswith(".json"):
            try:
                name = json.loads(files.read_bytes(entry.path))["file"]
                yield Path(entry.path), parse_wheel_name(name).name
            except (ValueError, KeyError, TypeError, InvalidFileName):
                continue  # a damaged note is no note: the build that meets it writes another


def _is_usable(environment: Path) -> bool:
    try:
        venv = find_venv(environment)
    except (BrokenVenv, NotAVenv):
        return False
    return venv is not None and (environment / ".complete").is_file()


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []


def _removed(path: Path) -> CacheReport:
    report = _measured(path)
    if path.is_dir() and not path.is_symlink():
        files.remove_tree(path)
    else:
        files.remove_file(path)
    return report


def _measured(path: Path) -> CacheReport:
    if not path.is_dir():
        return CacheReport(1, path.lstat().st_size) if path.is_file() else CacheReport(0, 0)
    count = size = 0
    for _, entry in files.walk(path):
        count += 1
        size += entry.stat(follow_symlinks=False).st_size
    return CacheReport(count, size)


def _sum(reports: Iterator[CacheReport] | tuple[CacheReport, ...]) -> CacheReport:
    kept = list(reports)
    return CacheReport(sum(one.files for one in kept), sum(one.bytes for one in kept))
