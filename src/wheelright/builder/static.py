"""Metadata that a source tree states in ``[project]`` (PEP 621), found without a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelright.builder.system import read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DECIDING = {"version", "requires-python", "dependencies", "optional-dependencies"}


def static_metadata(source: Path) -> bytes | None:
    """Return a ``METADATA`` with what decides a resolution, or ``None`` to ask the backend.

    It has the name, version, ``Requires-Python``, extras and requirements. ``None`` where the tree
    has no ``[project]``, leaves one of these to the backend (``dynamic``), or writes one
    in a way that the specification does not allow: the backend then says so.
    Raises BuildSystemError for a ``pyproject.toml`` that is not TOML.
    """
    document = read_pyproject(source)
    project = None if document is None else document.get("project")
    if not isinstance(project, dict):
        return None
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or _DECIDING.intersection(map(str, dynamic)):
        return None
    from packaging.requirements import InvalidRequirement
    from packaging.specifiers import InvalidSpecifier
    from packaging.version import InvalidVersion

    try:
        lines = list(_headers(project))
    except (InvalidRequirement, InvalidSpecifier, InvalidVersion, TypeError):
        return None  # the project's own reader or the backend explains it, with its place
    return ("\n".join(lines) + "\n").encode()


def _headers(project: dict[str, Any]) -> Iterator[str]:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.utils import canonicalize_name
    from packaging.version import Version

    yield "Metadata-Version: 2.2"
    yield f"Name: {_text(project.get('name'))}"
    yield f"Version: {Version(_text(project.get('version')))}"
    if "requires-python" in project:
        yield f"Requires-Python: {SpecifierSet(_text(project['requires-python']))}"
    for line in _texts(project.get("dependencies", [])):
        yield f"Requires-Dist: {Requirement(line)}"
    extras = project.get("optional-dependencies", {})
    if not isinstance(extras, dict):
        raise TypeError(extras)
    for extra, lines in extras.items():
        name = canonicalize_name(extra)
        yield f"Provides-Extra: {name}"
        for line in _texts(lines):
            yield f"Requires-Dist: {_for_extra(Requirement(line), name)}"


def _for_extra(requirement: Any, extra: str) -> str:
    """Write a requirement that only counts with ``extra``."""
    from packaging.markers import Marker

    condition = f'extra == "{extra}"'
    if requirement.marker is not None:
        condition = f"({requirement.marker}) and {condition}"
    requirement.marker = Marker(condition)
    return str(requirement)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise TypeError(value)
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return [_text(item) for item in value]
