"""The targets that a project declares, read: platforms, Pythons and marker values.

Must live here: turning the settings into :class:`DeclaredTarget` values, and finding one by name.
Must not live here: choosing files for them (``judges``), proving them (``check``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from wheelright.errors import RequestError
from wheelright.project import Target, nearest_name
from wheelright.targets import marker_values, parse_platform
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.target_file import read_target_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project import Project, Settings
    from wheelright.targets import Platform

#: The oldest and newest Python minors that a target without bounds of its own is checked for.
OLDEST_MINOR = 8
NEWEST_MINOR = 14


class TargetError(RequestError):
    """A target cannot be understood, or contradicts the project."""


@dataclass(frozen=True, slots=True)
class DeclaredTarget:
    """A class of machines that the lock must serve.

    ``pythons`` are the minors (``(3, 11)``) it runs within what the project admits, oldest first;
    ``python`` the specifier that bounds them. ``described`` are marker values measured on a
    machine (from a target file) that win over those derived from the platform.
    """

    name: str
    platform: Platform
    python: SpecifierSet
    pythons: tuple[tuple[int, int], ...]
    implementation: str = "cpython"
    described: Mapping[str, str] = field(default_factory=dict, hash=False)

    def values(self, python: tuple[int, int]) -> dict[str, str]:
        """Return the marker values of this target for one of its Pythons."""
        full = f"{python[0]}.{python[1]}.0"
        derived = marker_values(self.platform, full, self.implementation)
        kept = {k: v for k, v in self.described.items() if not k.startswith("python_")}
        return {**derived, **kept, "implementation_version": full}


def declared_targets(project: Project | None, settings: Settings) -> tuple[DeclaredTarget, ...]:
    """Return the declared targets in the order of the settings; none where none are declared.

    Raises :class:`TargetError` for a target that cannot be understood, that admits no Python of
    the project, or is empty.
    """
    described = {target.name: target for target in settings.target}
    return tuple(
        read_target(described.get(target.name, target), project) for target in settings.targets
    )


def find_target(name: str, project: Project | None, settings: Settings) -> DeclaredTarget:
    """Return a target by its declared name, or an ad hoc one by a platform name.

    Raises :class:`TargetError` that names the nearest declared and platform names.
    """
    for target in (*settings.target, *settings.targets):
        if target.name == name and (target.platform or target.file):
            return read_target(target, project)
    try:
        return read_target(Target(name), project)
    except UnknownPlatform as unknown:
        known = [target.name for target in (*settings.targets, *settings.target)]
        near = nearest_name(name, known)
        hints = [f"did you mean the target `{near}`?"] if near else []
        raise TargetError(
            f"`{name}` is neither a declared target nor the name of a platform",
            hints=[*hints, *unknown.hints],
        ) from None


def read_target(target: Target, project: Project | None) -> DeclaredTarget:
    """Read one target. Raises :class:`TargetError`, ``UnknownPlatform``."""
    described: dict[str, str] = {}
    implementation = "cpython"
    if target.file is not None:
        root = Path() if project is None else project.root
        found = read_target_file(root / target.file)
        platform, described = found.parsed_platform, found.values
        implementation = found.implementation
    else:
        platform = parse_platform(target.platform or target.name)
    required = SpecifierSet() if project is None else project.requires_python or SpecifierSet()
    python = required if target.python is None else target.python & required
    minors = tuple(
        (3, minor)
        for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1)
        if any(python.contains(f"3.{minor}.{micro}", prereleases=True) for micro in (0, 1, 5, 20))
    )
    if not minors:
        own = "" if target.python is None else f" ({target.python})"
        raise TargetError(
            f"the target `{target.name}`{own} has no Python in common with the project",
            details=[f"the project requires Python {required or 'of any version'}"],
            hints=["widen `python` of the target, or `requires-python` of the project"],
        )
    return DeclaredTarget(target.name, platform, python, minors, implementation, described)
