"""Taking a package out of a venv: what its RECORD lists, and the directories left empty.

RECORD itself goes last: a kill in between leaves a package that the next sync can still remove.
Paths that lead out of the venv are refused before anything is touched.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from wheelright.outside import files
from wheelright.venv.errors import PathOutsideVenv
from wheelright.venv.inspect import read_record_paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wheelright.venv.inspect import Installed, Venv


def remove_package(venv: Venv, installed: Installed, others: Collection[str] = frozenset()) -> None:
    """Remove an installed package, bytecode and emptied directories included.

    A package without RECORD loses its dist-info only: nobody knows which files are its own.
    ``others`` are the paths (as in RECORD) of files that packages which stay have too.
    Raises :class:`PathOutsideVenv`, and ``UsageError`` where the disk refuses.
    """
    info = f"{venv.site_packages}/{installed.dist_info}"
    if installed.dist_info.endswith(".egg-link"):
        _remove_egg_link(venv, info)
        return
    if installed.dist_info.endswith(".egg-info"):
        paths = _egg_paths(info, installed.dist_info)
    else:
        paths = read_record_paths(venv, installed) or []
    goals = _within(venv, installed.name, (path for path in paths if path not in others))
    last = f"{info}/RECORD"
    for path in goals:
        if path != last:
            _remove_file(path)
    _remove_bytecode(goals)
    _remove_file(last)
    files.remove_tree(info)
    _remove_empty_directories(venv, goals)


def _within(venv: Venv, package: str, paths: Iterable[str]) -> list[str]:
    """Make the paths absolute, and refuse those that are not in the venv, links followed."""
    root = venv.path + os.sep
    real_root = os.path.realpath(venv.path) + os.sep
    known: dict[str, bool] = {}
    goals = []
    for path in paths:
        goal = os.path.normpath(f"{venv.site_packages}/{path}")
        parent = os.path.dirname(goal)  # noqa: PTH120 (text)
        if parent not in known:
            known[parent] = (os.path.realpath(parent) + os.sep).startswith(real_root)
        if not goal.startswith(root) or not known[parent] or os.path.isabs(path):  # noqa: PTH117
            raise PathOutsideVenv(package, path, venv.path)
        goals.append(goal)
    return goals


def _remove_file(path: str) -> None:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 (text)
        return  # a careless RECORD lists directories too
    files.remove_file(path)


def _remove_bytecode(goals: Iterable[str]) -> None:
    """Remove what the interpreter compiled beside the removed sources."""
    stems: dict[str, set[str]] = {}
    for path in goals:
        if path.endswith(".py"):
            folder, _, name = path.rpartition(os.sep)
            stems.setdefault(folder, set()).add(name[:-3])
    for folder, names in stems.items():
        cache = f"{folder}{os.sep}__pycache__"
        try:
            compiled = os.listdir(cache)  # noqa: PTH208 (text)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for name in compiled:
            if name.partition(".")[0] in names and name.endswith(".pyc"):
                _remove_file(f"{cache}{os.sep}{name}")


def _remove_empty_directories(venv: Venv, goals: Iterable[str]) -> None:
    """Remove the directories that became empty, deepest first; never the venv's own."""
    keep = {venv.path, os.path.normpath(venv.site_packages), os.path.normpath(venv.scripts)}
    folders: set[str] = set()
    for path in goals:
        folder = os.path.dirname(path)  # noqa: PTH120 (text)
        folders.add(f"{folder}{os.sep}__pycache__")
        while folder not in keep and folder not in folders and len(folder) > len(venv.path):
            folders.add(folder)
            folder = os.path.dirname(folder)  # noqa: PTH120 (text)
    for folder in sorted(folders, key=len, reverse=True):
        if _is_empty(folder):
            files.remove_tree(folder)


def _is_empty(folder: str) -> bool:
    try:
        return not os.listdir(folder)  # noqa: PTH208 (text)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _egg_paths(info: str, name: str) -> list[str]:
    """List the files of an ``.egg-info``: ``installed-files.txt`` is relative to that directory."""
    try:
        with open(f"{info}/installed-files.txt", encoding="utf-8") as file:  # noqa: PTH123 (speed)
            return [os.path.normpath(f"{name}/{line.strip()}") for line in file if line.strip()]
    except (FileNotFoundError, NotADirectoryError):
        return [name]


def _remove_egg_link(venv: Venv, link: str) -> None:
    """Remove a ``develop`` install: the link, and its line in ``easy-install.pth``."""
    with open(link, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 (speed)
        target = file.readline().strip()
    listing = f"{venv.site_packages}/easy-install.pth"
    try:
        text = files.read_bytes(listing).decode("utf-8", "replace")
    except files.DiskError as error:
        if error.errno != errno.ENOENT:
            raise
        text = ""
    kept = [line for line in text.splitlines() if line.strip() != target]
    if text and kept:
        files.write_atomic(listing, "\n".join(kept) + "\n")
    elif text:
        files.remove_file(listing)
    files.remove_file(link)
