"""Parts joined into packages: where each version is reached, through which entry, as markers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from packaging.version import Version

from wheelright.resolver.result import Package
from wheelright.resolver.simplify import marker_for

if TYPE_CHECKING:
    from wheelright.resolver.graph import Key, Part
    from wheelright.resolver.knowledge import Knowledge
    from wheelright.resolver.request import Entry, Request
    from wheelright.resolver.universe import Universe

ROOT_KEY = ("", "")


class _Gathered(Struct):
    """What all parts say of one version."""

    where: dict[Entry, int] = field(default_factory=lambda: defaultdict(int))
    extras: set[str] = field(default_factory=set)
    requires: set[str] = field(default_factory=set)
    edges: set[tuple[str, str]] = field(default_factory=set)


def join_parts(
    request: Request, knowledge: Knowledge, universe: Universe, parts: list[Part]
) -> tuple[Package, ...]:
    """Return every package of the answer by name and version, with a marker per entry."""
    gathered: dict[tuple[str, str], _Gathered] = defaultdict(_Gathered)
    for part in parts:
        for entry in dict.fromkeys(root.entry for root in request.roots):
            _gather(gathered, part, _walk(request, part, entry), entry)
    texts: dict[tuple[int, int], str | None] = {}

    def marker(where: int, entry: Entry) -> str | None:
        key = where, universe.asked_mask(entry)
        if key not in texts:
            texts[key] = marker_for(universe, *key)
        return texts[key]

    packages = []
    for (name, identity), found in gathered.items():
        release = knowledge.releases[name, identity]
        listed = knowledge.candidates[name]
        version, _, origin = identity.partition("@")
        packages.append(
            Package(
                name,
                version,
                {entry: marker(where, entry) for entry, where in found.where.items()},
                tuple(sorted(found.extras)),
                tuple(text for text in release.requires if text in found.requires),
                release.requires_python or listed.candidate(listed.bits[identity]).requires_python,
                tuple(sorted(found.edges)),
                origin,
            )
        )
    return tuple(sorted(packages, key=lambda p: (p.name, Version(p.version))))


def _walk(request: Request, part: Part, entry: Entry) -> dict[Key, int]:
    """Return where each node of a part is reached from one entry."""
    reach: dict[Key, int] = {}
    waiting: list[Key] = []

    def arrive(key: Key, where: int) -> None:
        before = reach.get(key, 0)
        if where & ~before:
            reach[key] = before | where
            waiting.append(key)

    for where, child, _, number in part.edges[ROOT_KEY]:
        if request.roots[number].entry == entry:
            arrive(child, where)
    while waiting:
        key = waiting.pop()
        where = reach[key]
        if key[1]:
            arrive((key[0], ""), where)
        for edge, child, _, _ in part.edges[key]:
            if edge & where:
                arrive(child, edge & where)
    return reach


def _gather(
    gathered: dict[tuple[str, str], _Gathered], part: Part, reach: dict[Key, int], entry: Entry
) -> None:
    for key, where in reach.items():
        name, extra = key
        found = gathered[name, part.versions[key]]
        if extra:
            found.extras.add(extra)
        else:
            found.where[entry] |= where
        for edge, child, dependency, _ in part.edges[key]:
            if edge & where:
                found.requires.add(dependency.text)
                found.edges.add((child[0], part.versions[child].partition("@")[0]))
