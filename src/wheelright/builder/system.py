"""How a source tree says that it is built: the table ``[build-system]`` (PEP 517, PEP 518)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright.builder.errors import BuildSystemError

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
LEGACY_REQUIRES = ("setuptools>=40.8.0",)


class BuildSystem(Struct, frozen=True):
    """What a build requires and which backend runs it.

    ``project`` is the name for messages: that of ``[project]``, else the folder's. ``stated`` says
    that it is the former, which results must bear (PEP 621).
    ``backend_path`` are absolute folders inside the tree that the backend is imported from.
    """

    project: str
    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[Path, ...] = ()
    stated: bool = False


def read_build_system(source: Path) -> BuildSystem:
    """Read how the tree at ``source`` is built; without a table, setuptools builds it.

    Raises BuildSystemError where nothing there can be built or the table breaks PEP 518.
    """
    source = source.absolute()
    document = read_pyproject(source)
    if document is None:
        if not (source / "setup.py").is_file():
            raise BuildSystemError(
                source.name,
                "there is neither a `pyproject.toml` nor a `setup.py`",
                where=str(source),
                hints=["Check that the path is the root of a Python project"],
            )
        return BuildSystem(source.name, LEGACY_REQUIRES, LEGACY_BACKEND)
    stated = _project_name(document)
    name = stated or source.name
    table = document.get("build-system")
    if table is None:
        system = BuildSystem(name, LEGACY_REQUIRES, LEGACY_BACKEND)
    else:
        system = _Table(name, source, table).read()
    return replace(system, stated=stated is not None)


def read_pyproject(source: Path) -> dict[str, Any] | None:
    """Parse the tree's ``pyproject.toml``; ``None`` without one. Raises BuildSystemError."""
    path = source / "pyproject.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        cause = f"its `pyproject.toml` is not valid TOML ({error})"
        raise BuildSystemError(source.name, cause, where=str(path)) from None


def _project_name(document: dict[str, Any]) -> str | None:
    match document:
        case {"project": {"name": str(name)}}:
            return name
        case _:
            return None


class _Table:
    """The table on its way from TOML to a :class:`BuildSystem`."""

    def __init__(self, name: str, source: Path, table: object) -> None:
        self._name = name
        self._source = source
        self._table = table

    def read(self) -> BuildSystem:
        if not isinstance(self._table, dict):
            raise self._wrong("`build-system` is not a table")
        if "requires" not in self._table:
            raise self._wrong("`[build-system]` has no `requires`")
        requires = self._strings("requires")
        backend = self._table.get("build-backend")
        paths = self._strings("backend-path") if "backend-path" in self._table else ()
        if backend is None:
            if paths:
                raise self._wrong("`backend-path` is given without `build-backend`")
            return BuildSystem(self._name, requires, LEGACY_BACKEND)
        if not isinstance(backend, str) or not backend.strip():
            raise self._wrong("`build-backend` is not a name")
        return BuildSystem(self._name, requires, backend, tuple(map(self._inside, paths)))

    def _strings(self, key: str) -> tuple[str, ...]:
        assert isinstance(self._table, dict)
        value = self._table[key]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(f"`{key}` is not a list of strings")
        return tuple(value)

    def _inside(self, path: str) -> Path:
        resolved = (self._source / path).resolve()
        if Path(path).is_absolute() or not resolved.is_relative_to(self._source.resolve()):
            raise self._wrong(f"the `backend-path` entry `{path}` is outside the project")
        if not resolved.is_dir():
            raise self._wrong(f"the `backend-path` entry `{path}` is not a folder")
        return self._source / path

    def _wrong(self, cause: str) -> BuildSystemError:
        return BuildSystemError(self._name, cause, where=str(self._source / "pyproject.toml"))
