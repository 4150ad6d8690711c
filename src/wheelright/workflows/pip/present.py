"""What is installed, as far as it counts: what it requires, and whether it is enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelright.index import InvalidMetadataError
from wheelright.index.metadata import read_metadata
from wheelright.resolver import Dependencies
from wheelright.venv.plan import wheel_name
from wheelright.workflows.pip.directs import holds
from wheelright.workflows.pip.resolving import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.venv import Installed
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.pip.asking import Asked, Wishes
    from wheelright.workflows.pip.sites import Site


def facts_of(site: Site, installed: Installed) -> Dependencies | None:
    """Read what an installed package requires; None where its metadata cannot be read."""
    path = Path(site.venv.site_packages) / installed.dist_info / "METADATA"
    try:
        headers = read_metadata(path.read_bytes())
    except (OSError, InvalidMetadataError):
        return None
    return Dependencies(headers.requires_dist, headers.requires_python, headers.extras)


def kept_of(site: Site, installed: Installed) -> Kept:
    """Return an installed package as a candidate."""
    facts = facts_of(site, installed) or Dependencies()
    return Kept(str(Version(installed.version or "0")), facts)


@dataclass(frozen=True)
class Present:
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
        wishes: Wishes,
        candidates: Mapping[str, Installed],
        limits: Iterable[str],
        *,
        no_deps: bool,
    ) -> set[str] | None:
        """Return what is needed of the candidates for all that is asked for; None: not enough.

        Nothing is fetched. Overrides are left to the resolver.
        """
        if wishes.overrides:
            return None
        values = dict(self.aim.values)
        constraints: dict[str, list[Requirement]] = {}
        for text in (*limits, *(one.text for one in wishes.constraints)):
            limit = _parsed(text.partition(" --hash")[0])
            if limit is None:
                return None
            constraints.setdefault(canonicalize_name(limit.name), []).append(limit)
        todo = []
        for one in asked:
            if one.requirement is None:
                return None
            if holds(one.marker, values):
                todo.append(Requirement(str(one.requirement)))
        needed: set[str] = set()
        walked: set[tuple[str, str]] = set()
        while todo:
            requirement = todo.pop()
            name = canonicalize_name(requirement.name)
            installed = candidates.get(name)
            if installed is None or not _meets(installed, requirement, constraints.get(name, ())):
                return None
            needed.add(name)
            if no_deps:
                continue
            facts = facts_of(self.site, installed)
            if facts is None:
                return None
            for extra in ("", *map(canonicalize_name, requirement.extras)):
                if (name, extra) not in walked:
                    walked.add((name, extra))
                    more = _required(facts, values, extra)
                    if more is None:
                        return None
                    todo += more
        return needed


def _required(
    facts: Dependencies, values: Mapping[str, str], extra: str
) -> list[Requirement] | None:
    found = []
    for text in facts.requires:
        requirement = _parsed(text)
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


def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _is_version(text: str | None) -> bool:
    try:
        return text is not None and bool(Version(text))
    except InvalidVersion:
        return False
