"""Projects on disk that a lock holds: what they are called, what they require, how they look."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.index.metadata import read_metadata
from wheelright.targets.filenames import normalize_name
from wheelright.workflows.driver import Fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wheelright.project import PathSource

#: What decides the metadata of a source tree; a change here makes locks stale and builds old.
DECIDING = ("pyproject.toml", "setup.py", "setup.cfg")


class LocalProject(Struct, frozen=True):
    """A source tree. ``path`` is relative to the project that names it, with slashes."""

    name: str
    version: str
    requires: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...]
    path: str
    editable: bool

    @property
    def fixed(self) -> Fixed:
        """The one version that the resolver may choose."""
        return Fixed(self.version, self.requires, self.requires_python, self.extras)

    def state(self) -> str:
        """Say what a lock depends on: place, kind and requirements."""
        requires = hashlib.sha256("\n".join(sorted(self.requires)).encode()).hexdigest()[:16]
        python = f" python {self.requires_python}" if self.requires_python else ""
        kind = " editable" if self.editable else ""
        return f"path {self.path}{kind} version {self.version}{python} requires {requires}"


def read_local_projects(
    root: Path,
    sources: Mapping[str, PathSource],
    build_metadata: Callable[[Path], bytes],
) -> dict[str, LocalProject]:
    """Read the source trees that a project names; ``build_metadata`` asks a backend.

    Raises ``RequestError`` for a path that is no source tree, or one of another name.
    """
    found: dict[str, LocalProject] = {}
    waiting = dict(sources)
    while waiting:
        name, source = waiting.popitem()
        local = _read(root, name, source, build_metadata)
        found[name] = local
    return dict(sorted(found.items()))


def _read(
    root: Path, name: str, source: PathSource, build_metadata: Callable[[Path], bytes]
) -> LocalProject:
    path = source.located(root)
    if not path.is_dir():
        what = "does not exist" if not path.exists() else "is no directory"
        raise RequestError(
            f"the path of `{name}` {what}",
            where=str(path),
            hints=["correct the source's `path`; a wheel is found with `--find-links`"],
        )
    if not any((path / file).is_file() for file in DECIDING):
        raise RequestError(
            f"the path of `{name}` holds no Python project",
            where=str(path),
            hints=["it needs a `pyproject.toml` or a `setup.py`"],
        )
    from wheelright.builder import static_metadata

    headers = read_metadata(static_metadata(path) or build_metadata(path))
    if normalize_name(headers.name) != name:
        raise RequestError(
            f"the path of `{name}` holds a project named `{headers.name}`",
            where=str(path),
            hints=["name the source after the project, or correct its `path`"],
        )
    return LocalProject(
        name,
        headers.version,
        headers.requires_dist,
        headers.requires_python,
        headers.extras,
        _relative(path, root),
        bool(source.editable),
    )


def _relative(path: Path, root: Path) -> str:
    import os

    try:
        text = os.path.relpath(path, root)
    except ValueError:  # another drive
        return path.as_posix()
    return text.replace(os.sep, "/")


def fingerprint(path: Path, *, editable: bool) -> str:
    """Return a text that changes when a source tree must be built again.

    An editable build depends on the files that decide its metadata; any other on every file.
    """
    digest = hashlib.sha256()
    for name in DECIDING:
        file = path / name
        if file.is_file():
            digest.update(f"{name}\0".encode())
            digest.update(file.read_bytes())
    if not editable:
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path).parts
            if any(part.startswith(".") or part in _NOT_SOURCE for part in inside):
                continue
            if file.is_file():
                found = file.stat()
                digest.update(f"{'/'.join(inside)}\0{found.st_size}\0{found.st_mtime_ns}".encode())
    return digest.hexdigest()[:32]


_NOT_SOURCE = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
