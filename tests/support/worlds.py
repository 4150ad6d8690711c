"""Small worlds of packages as data, a driver that answers the resolver from them, and an oracle.

A world is written as ``world({"a 1.0": ["b>=2; python_version<'3.9'"], "a 2.0 | yanked": []})``.
After ``|`` a release may be ``yanked``, ``yanked: reason``, ``python >=3.9``, ``broken: reason``.
Extras are those that the requirement lines mention. The oracle knows nothing of the resolver: it
tries every combination, in one environment at a time, and lets ``packaging`` judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from wheelright.resolver import (
    Answer,
    Candidate,
    Dependencies,
    Entry,
    Listing,
    Need,
    NeedCandidates,
    Policy,
    Request,
    Resolution,
    RootRequirement,
    Unavailable,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Release:
    """One version in a world."""

    requires: tuple[str, ...] = ()
    python: str | None = None
    yanked: bool | str = False
    broken: str | None = None
    serves: frozenset[tuple[int, int]] | None = None

    @property
    def extras(self) -> tuple[str, ...]:
        return tuple(sorted({name for line in self.requires for name in _EXTRA.findall(line)}))


@dataclass(slots=True)
class World:
    """Projects by name, each with its releases by version; ``asked`` logs what was asked for."""

    projects: dict[str, dict[str, Release]]
    asked: list[str] = field(default_factory=list)

    def answer(self, need: Need) -> Answer:
        """Answer one need of the resolver from the data."""
        if isinstance(need, NeedCandidates):
            self.asked.append(need.name)
            found = self.projects.get(need.name)
            if found is None:
                return Listing(need.name, (), f"there is no project named `{need.name}`")
            newest_first = sorted(found, key=Version, reverse=True)
            return Listing(
                need.name,
                tuple(
                    Candidate(v, r.python, r.yanked, r.serves, "no file serves")
                    for v, r in ((v, found[v]) for v in newest_first)
                ),
            )
        self.asked.append(f"{need.name} {need.version}")
        release = self.projects[need.name][need.version]
        if release.broken is not None:
            return Unavailable(release.broken)
        return Dependencies(release.requires, release.python, release.extras)


def world(releases: Mapping[str, Sequence[str]]) -> World:
    """Read a world written as data; see the module."""
    projects: dict[str, dict[str, Release]] = {}
    for key, requires in releases.items():
        head, *marks = (part.strip() for part in key.split("|"))
        name, _, version = head.partition(" ")
        words = {kind: rest.strip(": ") for mark in marks for kind, rest in [_mark(mark)]}
        projects.setdefault(name, {})
        if version:
            projects[name][version] = Release(
                tuple(requires),
                words.get("python"),
                (words["yanked"] or True) if "yanked" in words else False,
                words.get("broken"),
            )
    return World(projects)


def _mark(text: str) -> tuple[str, str]:
    found = re.match(r"(yanked|python|broken)", text)
    assert found is not None, text
    return found[1], text[found.end() :].strip()


def roots(*texts: str) -> tuple[RootRequirement, ...]:
    """Read root requirements: ``b>=2``, or ``extra x: b>=2``, or ``group dev: b``."""
    found = []
    for text in texts:
        match = re.match(r"(extra|group) ([\w-]+): (.*)", text)
        if match is None:
            found.append(RootRequirement(text))
        else:
            kind: str = match[1]
            entry = Entry("extra", match[2]) if kind == "extra" else Entry("group", match[2])
            found.append(RootRequirement(match[3], entry))
    return tuple(found)


def drive(resolution: Generator[Need, Answer, Resolution], facts: World) -> Resolution:
    """Answer a resolution's needs from a world until it is complete."""
    try:
        need = next(resolution)
        while True:
            need = resolution.send(facts.answer(need))
    except StopIteration as stop:
        result: Resolution = stop.value
        return result


def solve(
    facts: World,
    *texts: str,
    python: str = ">=3.8",
    policy: Policy | None = None,
    name: str = "app",
) -> Resolution:
    """Resolve root requirements in a world, universally."""
    return drive(resolve(Request(name, roots(*texts), python, policy=policy or Policy())), facts)


def chosen(resolution: Resolution, entry: Entry | None = None) -> dict[str, str]:
    """Return ``name version`` to marker ("" for everywhere), for one entry."""
    return {
        f"{package.name} {package.version}": package.markers[entry or Entry()] or ""
        for package in resolution.packages
        if (entry or Entry()) in package.markers
    }


# -- the oracle


@dataclass(frozen=True, slots=True)
class Place:
    """One environment for the oracle: a Python, a system, and what ``os_name`` says of it."""

    python: str
    system: str
    os_name: str = "posix"
    target: int = -1

    @property
    def values(self) -> dict[str, str]:
        """The marker values there."""
        names = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
        return {
            "python_version": ".".join(self.python.split(".")[:2]),
            "python_full_version": self.python,
            "sys_platform": self.system,
            "platform_system": names.get(self.system, "Elsewhere"),
            "os_name": self.os_name,
            "platform_machine": "x86_64",
            "platform_release": "",
            "platform_version": "",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": self.python,
            "extra": "",
        }


@cache
def holds(marker: str | None, place: Place, extra: str = "") -> bool:
    """Whether a marker holds at a place."""
    return marker is None or Marker(marker).evaluate({**place.values, "extra": extra})


read = cache(Requirement)


def active(requires: Iterable[str], place: Place, extras: Iterable[str]) -> Iterator[Requirement]:
    """Yield the requirement lines that hold at a place, for a release with these extras."""
    for line in requires:
        requirement = read(line)
        marker = line.partition(";")[2] or None
        if any(holds(marker, place, extra) for extra in ("", *extras)):
            yield requirement


def walk(
    facts: World, texts: Sequence[str], place: Place, versions: Mapping[str, str]
) -> dict[str, set[str]] | str:
    """Follow the requirements through chosen versions.

    Return the reached projects with their extras, or what is wrong: in words, or ``?name`` for
    a project that has no version chosen yet.
    """
    reached: dict[str, set[str]] = {}
    waiting = list(active(texts, place, ()))
    while waiting:
        requirement = waiting.pop()
        name = requirement.name
        if name not in versions:
            return f"?{name}"
        version = versions[name]
        if not requirement.specifier.contains(version, prereleases=True):
            return f"{requirement} is not met by {version}"
        extras = set(requirement.extras)
        if name in reached and extras <= reached[name]:
            continue
        reached[name] = reached.get(name, set()) | extras
        waiting += active(facts.projects[name][version].requires, place, reached[name])
    return reached


def pinned(texts: Sequence[str], name: str, version: str) -> bool:
    """Whether the project itself pins this version, which lifts a yank."""
    return any(
        r.name == name and any(s.operator == "==" and s.version == version for s in r.specifier)
        for r in map(read, texts)
    )


def usable(release: Release, place: Place, *, pin: bool = False) -> bool:
    """Whether a release may be chosen: readable, not yanked, its Python's lower bound met."""
    lower = [s for s in SpecifierSet(release.python or "") if s.operator in {">=", ">", "==", "~="}]
    fits = all(s.contains(place.python, prereleases=True) for s in lower)
    minor = int(place.python.split(".")[1])
    if release.serves is not None and (place.target, minor) not in release.serves:
        return False
    return fits and (pin or release.yanked is False) and release.broken is None


def solvable(
    facts: World, texts: Sequence[str], place: Place, versions: Mapping[str, str] | None = None
) -> bool:
    """Whether any combination of versions satisfies, by trying them all."""
    tried = dict(versions or {})
    outcome = walk(facts, texts, place, tried)
    if not isinstance(outcome, str):
        return True
    if not outcome.startswith("?"):
        return False
    name = outcome[1:]
    return any(
        solvable(facts, texts, place, {**tried, name: version})
        for version, release in facts.projects.get(name, {}).items()
        if usable(release, place, pin=pinned(texts, name, version))
    )
