"""What a project says of itself: the frozen values that reading ``pyproject.toml`` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.version import Version

    from wheelright.project.document import Document
    from wheelright.project.requirement import Requirement
    from wheelright.targets.specifiers import SpecifierSet


class BuildSystem(Struct, frozen=True):
    """``[build-system]`` (PEP 517, 518). ``backend`` defaults to the legacy setuptools one."""

    requires: tuple[Requirement, ...]
    backend: str = "setuptools.build_meta:__legacy__"
    backend_path: tuple[str, ...] = ()


class Project(Struct, frozen=True):
    """A project as its ``pyproject.toml`` states it.

    ``name`` is normalised, ``display_name`` as written; ``named`` is false for a file without
    ``[project]`` (its name is then the directory's). ``version`` is ``None`` when dynamic; fields
    in ``dynamic`` are known only to the build backend. ``optional_dependencies`` and ``groups``
    have normalised names in the order written; groups are flat, their includes resolved (PEP 735),
    and hold the legacy ``dev-dependencies`` of ``[tool.uv]`` in ``dev``. ``group_requires_python``
    narrows single groups. ``default_groups`` are those that a sync takes without being asked.
    """

    root: Path
    name: str
    display_name: str
    version: Version | None
    requires_python: SpecifierSet | None
    dependencies: tuple[Requirement, ...]
    optional_dependencies: Mapping[str, tuple[Requirement, ...]]
    groups: Mapping[str, tuple[Requirement, ...]]
    group_requires_python: Mapping[str, SpecifierSet]
    default_groups: tuple[str, ...]
    dynamic: frozenset[str]
    build_system: BuildSystem | None
    is_package: bool
    has_scripts: bool
    named: bool
    document: Document
    description: str | None = None

    def __repr__(self) -> str:
        return f"Project({self.name!r}, {self.root!r})"

    @property
    def path(self) -> Path:
        """The ``pyproject.toml``."""
        return self.document.path

    @property
    def text(self) -> str:
        """The file's text."""
        return self.document.text

    @property
    def data(self) -> dict[str, Any]:
        """The file as parsed TOML."""
        return self.document.data

    def where_required(self, name: str) -> tuple[RequirementHome, ...]:
        """Return the lists that require a project (normalised name), the main one first."""
        found = []
        if any(one.name == name for one in self.dependencies):
            found.append(RequirementHome("dependencies"))
        for extra, requirements in self.optional_dependencies.items():
            if any(one.name == name for one in requirements):
                found.append(RequirementHome("extra", extra))
        for group, requirements in self.groups.items():
            if any(one.name == name for one in requirements):
                found.append(RequirementHome("group", group))
        return tuple(found)


class RequirementHome(Struct, frozen=True):
    """A list that requirements stand in: the project's own, that of an extra, or of a group."""

    kind: Literal["dependencies", "extra", "group"] = "dependencies"
    name: str = ""

    def __str__(self) -> str:
        return (
            "the project's dependencies"
            if self.kind == "dependencies"
            else (f"{self.kind} `{self.name}`")
        )
