"""Projects on disk that a lock holds: what they are called, what they require, how they look."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.index.metadata import read_metadata
from wheelright.outside.urls import redact
from wheelright.targets.filenames import normalize_name
from wheelright.workflows.fingerprints import DECIDING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelright.lockfile import Archive, Vcs
    from wheelright.workflows.driver import Fixed


class LocalProject(Struct, frozen=True):
    """A project that is at one place: a source tree, an archive, or a commit of a repository.

    ``path`` is that of a source tree, relative to the project that names it, with slashes.
    """

    name: str
    version: str
    requires: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...]
    path: str
    editable: bool
    archive: Archive | None = None
    vcs: Vcs | None = None

    @property
    def fixed(self) -> Fixed:
        """The one version that the resolver may choose."""
        from wheelright.workflows.driver import Fixed

        return Fixed(self.version, self.requires, self.requires_python, self.extras, self.place)

    @property
    def place(self) -> str:
        """Where it is, in words for messages."""
        if self.vcs is not None:
            return f"{redact(self.vcs.url or self.vcs.path or '')}@{self.vcs.commit[:12]}"
        return self.path if self.archive is None else redact(self.archive.file.url)

    def state(self, *, brief: bool = False) -> str:
        """Say what a lock depends on: place, kind and requirements of a source tree.

        ``brief`` leaves out the requirements, for a lock that states them elsewhere.
        """
        requires = hashlib.sha256("\n".join(sorted(self.requires)).encode()).hexdigest()[:16]
        python = f" python {self.requires_python}" if self.requires_python else ""
        kind = " editable" if self.editable else ""
        told = "" if brief else f" requires {requires}"
        return f"path {self.path}{kind} version {self.version}{python}{told}"


def read_directory(
    root: Path, name: str, path: Path, build_metadata: Callable[[Path], bytes], *, editable: bool
) -> LocalProject:
    """Read the source tree of a project; ``build_metadata`` asks a backend.

    Raises ``RequestError`` for a path that is no source tree, or one of another name.
    """
    if not path.is_dir():
        raise RequestError(
            f"the path of `{name}` does not exist",
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
        relative_path(path, root),
        editable,
    )


def relative_path(path: Path, root: Path) -> str:
    """Return a path as a lock in ``root`` holds it: relative where it can be, with slashes."""
    import os

    try:
        text = os.path.relpath(path, root)
    except ValueError:  # another drive
        return path.as_posix()
    return text.replace(os.sep, "/")
