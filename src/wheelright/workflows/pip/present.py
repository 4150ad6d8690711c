"""What is installed, as far as it counts: what it requires, and whether it is enough."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelright.index.errors import InvalidMetadataError
from wheelright.index.metadata import read_metadata
from wheelright.venv.plan import wheel_name
from wheelright.workflows.pip.asking import holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.index.metadata import Headers
    from wheelright.resolver import Dependencies
    from wheelright.venv import Installed
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.pip.asking import Asked
    from wheelright.workflows.pip.sites import Site


class Kept(Struct, frozen=True):
    """A version that is installed and may stay, and what its metadata says (None: unreadable)."""

    version: str
    facts: Headers | None

    def dependencies(self) -> Dependencies:
        """Return what it requires, as the resolver is told."""
        from wheelright.resolver import Dependencies

        if self.facts is None:
            return Dependencies()
        return Dependencies(self.facts.requires_dist, self.facts.requires_python, self.facts.extras)


def facts_of(site: Site, installed: Installed) -> Headers | None:
    """Read the metadata of an installed package; None where that cannot be done."""
    path = Path(site.venv.site_packages) / installed.dist_info / "METADATA"
    try:
        return read_metadata(path.read_bytes())
    except (OSError, InvalidMetadataError):
        return None


def kept_of(site: Site, installed: Installed) -> Kept:
    """Return an installed package as a candidate."""
    return Kept(str(Version(installed.version or "0")), facts_of(site, installed))


class Present(Struct, frozen=True, dict=True):
    """The packages of an environment."""

    site: Site
    installed: tuple[Installed, ...]
    aim: Aim
    pending: frozenset[str]

    @cached_property
    def sound(self) -> dict[str, Installed]:
        """Those that are whole, installed once, and fit what the environment is for."""
        names = [one.name for one in self.installed]
        return {
            one.name: one
            for one in self.installed
            if one.problem is None
            and names.count(one.name) == 1
            and one.name not in self.pending
            and one.dist_info.endswith(".dist-info")
            and _is_version(one.version)
            and self._fits(one)
        }

    def _fits(self, installed: Installed) -> bool:
        reasons = [self.aim.why_not(wheel_name(installed, tag)) for tag in installed.tags]
        return not reasons or None in reasons

    def closure(
        self,
        asked: Sequence[Asked],
        constraints: Iterable[str],
        candidates: Mapping[str, Installed],
        *,
        no_deps: bool,
    ) -> set[str] | None:
        """Return what is needed of the candidates for all that is asked for; None: not enough.

        Nothing is fetched. ``constraints`` are requirements as text.
        """
        limits: dict[str, list[Requirement]] = {}
        for text in constraints:
            limit = parsed(text)
            if limit is None:
                return None
            limits.setdefault(canonicalize_name(limit.name), []).append(limit)
        todo = []
        for one in asked:
            if one.requirement is None:
                return None
            if holds(one.marker, self.aim.values):
                todo.append(Requirement(str(one.requirement)))
        return self._walked(todo, limits, candidates, no_deps=no_deps)

    def _walked(
        self,
        todo: list[Requirement],
        limits: Mapping[str, list[Requirement]],
        candidates: Mapping[str, Installed],
        *,
        no_deps: bool,
    ) -> set[str] | None:
        needed: set[str] = set()
        walked: set[tuple[str, str]] = set()
        while todo:
            requirement = todo.pop()
            name = canonicalize_name(requirement.name)
            installed = candidates.get(name)
            if installed is None or not _meets(installed, requirement, limits.get(name, ())):
                return None
            needed.add(name)
            doors = () if no_deps else ("", *map(canonicalize_name, requirement.extras))
            fresh = [door for door in doors if (name, door) not in walked]
            walked |= {(name, door) for door in fresh}
            facts = facts_of(self.site, installed) if fresh else None
            if fresh and facts is None:
                return None
            for extra in fresh:
                assert facts is not None
                more = _required(facts, self.aim.values, extra)
                if more is None:
                    return None
                todo += more
        return needed


def _required(facts: Headers, values: Mapping[str, str], extra: str) -> list[Requirement] | None:
    found = []
    for text in facts.requires_dist:
        requirement = parsed(text)
        if requirement is None:
            return None
        marker = requirement.marker
        if marker is None or marker.evaluate({**values, "extra": extra}):
            found.append(requirement)
    return found


def _meets(
    installed: Installed, requirement: Requirement, constraints: Iterable[Requirement]
) -> bool:
    if requirement.url is not None:
        return installed.direct_url == requirement.url
    assert installed.version is not None
    return all(
        one.specifier.contains(installed.version, prereleases=True)
        for one in (requirement, *constraints)
    )


def parsed(text: str) -> Requirement | None:
    """Read a requirement; None where it cannot be read."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _is_version(text: str | None) -> bool:
    try:
        return text is not None and bool(Version(text))
    except InvalidVersion:
        return False
