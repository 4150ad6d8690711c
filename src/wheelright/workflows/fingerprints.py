"""When a source tree must be built again: marks of what its last build was made from.

Must live here: reading ``cache-keys`` off a tree (files, globs, folders, variables, Git) without
running anything. Must not live here: building, and remembering marks (the venv's record does).

The files that decide metadata always count. Where a tree states ``cache-keys``, they and those
decide; else an editable build depends on nothing more, and any other on every file.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelright.project.errors import BadValue
from wheelright.project.settings_types import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelright.project.settings_types import CacheKey

#: What decides the metadata of a source tree; a change here makes locks stale and builds old.
DECIDING = ("pyproject.toml", "setup.py", "setup.cfg")
_NOT_SOURCE = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})


def fingerprint(path: Path, *, editable: bool, environ: Mapping[str, str] | None = None) -> str:
    """Return a text that changes when a source tree must be built again.

    ``environ`` is this process's where not given. Raises ``ProjectFileError`` for ``cache-keys``
    that cannot be read.
    """
    digest = hashlib.sha256()
    for name in DECIDING:
        file = path / name
        if file.is_file():
            digest.update(f"{name}\0".encode())
            digest.update(file.read_bytes())
    keys = cache_keys(path)
    if keys:
        variables = os.environ if environ is None else environ
        for key in keys:
            for line in _said(path, key, variables):
                digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    elif not editable:
        for line in _states(path, _sources(path)):
            digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def cache_keys(path: Path) -> tuple[CacheKey, ...]:
    """Return the ``cache-keys`` that a tree states for itself; ``[tool.wheelright]`` hides uv's."""
    try:
        data = (path / "pyproject.toml").read_bytes()
    except OSError:
        return ()
    if b"cache-keys" not in data:
        return ()
    try:
        tool: Any = tomllib.loads(data.decode("utf-8").removeprefix("\ufeff")).get("tool", {})
        for name in ("wheelright", "uv"):
            table = tool.get(name, {}) if isinstance(tool, dict) else {}
            if isinstance(table, dict) and "cache-keys" in table:
                return CACHE_KEYS.parse(table["cache-keys"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, BadValue):
        from wheelright.project import load_project

        load_project(path)  # says what is wrong, and where
    return ()


def _said(root: Path, key: CacheKey, environ: Mapping[str, str]) -> Iterator[str]:
    """Say the present state of one key."""
    match key.kind:
        case "file":
            found = root.glob(key.value) if set("*?[") & {*key.value} else (root / key.value,)
            yield f"file {key.value}"
            yield from _states(root, sorted(one for one in found if one.is_file()))
        case "dir":
            yield f"dir {key.value} {(root / key.value).is_dir()}"
        case "env":
            value = environ.get(key.value)
            yield f"env {key.value} {'-' if value is None else f'={value}'}"
        case "git":
            place = _git_directory(root)
            if key.git.get("commit"):
                yield f"commit {'-' if place is None else _head(place)}"
            if key.git.get("tags"):
                yield f"tags {'-' if place is None else _tags(place)}"


def _states(root: Path, files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        found = file.stat()
        name = Path(os.path.relpath(file, root)).as_posix()
        yield f"{name}\0{found.st_size}\0{found.st_mtime_ns}"


def _sources(path: Path) -> Iterator[Path]:
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path).parts
        if any(part.startswith(".") or part in _NOT_SOURCE for part in inside):
            continue
        if file.is_file():
            yield file


def _git_directory(path: Path) -> Path | None:
    """Return the directory of the repository that a tree is in, also of a worktree."""
    for above in (path.resolve(), *path.resolve().parents):
        place = above / ".git"
        if place.is_dir():
            return place
        if place.is_file():
            named = place.read_text(encoding="utf-8", errors="surrogateescape").strip()
            return Path(os.path.normpath(above / named.removeprefix("gitdir:").strip()))
    return None


def _head(place: Path) -> str:
    """Return the commit that is checked out, "" where there is none yet."""
    text = _read(place / "HEAD")
    if not text.startswith("ref:"):
        return text
    name = text.removeprefix("ref:").strip()
    for base in (place, _shared(place)):
        loose = _read(base / name)
        if loose:
            return loose
    for line in _read(_shared(place) / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref.strip() == name:
            return commit
    return ""


def _tags(place: Path) -> str:
    """Return all tags with what they point at, in one text."""
    base = _shared(place)
    folder = base / "refs" / "tags"
    tags = {}
    for line in _read(base / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref.startswith("refs/tags/"):
            tags[ref.removeprefix("refs/tags/")] = commit
    for file in folder.rglob("*"):
        if file.is_file():
            tags[file.relative_to(folder).as_posix()] = _read(file)
    return "; ".join(f"{name} {tags[name]}" for name in sorted(tags))


def _shared(place: Path) -> Path:
    """Return the directory that holds the refs: that of the repository, for a worktree."""
    common = _read(place / "commondir")
    return Path(os.path.normpath(place / common)) if common else place


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""
