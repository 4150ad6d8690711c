"""Who requires a package in a lock, in which words, and who forbids a version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from packaging.version import InvalidVersion

from wheelright.lockfile.walk import parse_line
from wheelright.workflows.members import member_of_door

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelright.lockfile import Lock


class Requirer(Struct, frozen=True):
    """``source`` (a package with its version, the project, a group...) and its own words.

    ``requirement`` is empty where the lock does not tell it.
    """

    source: str
    requirement: str


def requirers(
    lock: Lock, name: str, values: Sequence[Mapping[str, str]] = ()
) -> tuple[Requirer, ...]:
    """Return who requires a package, the project first; once for the same words.

    With marker ``values``, only requirements that count in one of these environments.
    """
    found: dict[Requirer, None] = {}
    for source, text, extras in _lines(lock):
        line = parse_line(text)
        if line.name != name:
            continue
        if not values or any(line.holds(one, extras) for one in values):
            found[Requirer(source, text)] = None
    if lock.inputs is None:
        for package in lock.packages:
            if any(edge.name == name for edge in package.dependencies):
                found[Requirer(f"{package.name} {package.version or ''}".rstrip(), "")] = None
    return tuple(found)


def _lines(lock: Lock) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    inputs = lock.inputs
    if inputs is not None:
        yield from (("the project", text, ()) for text in inputs.requirements)
        for kind, table in (("extra", inputs.extras), ("group", inputs.groups)):
            for name, texts in table.items():
                source = _door_words(kind, name)
                yield from ((source, text, ()) for text in texts)
        yield from (("a constraint", text, ()) for text in inputs.constraints)
    for package in lock.packages:
        source = f"{package.name} {package.version or ''}".rstrip()
        yield from ((source, text, package.extras) for text in package.requires)


def _door_words(kind: str, name: str) -> str:
    """Say an extra, a group, or what stands for a member of a workspace among the groups."""
    found = member_of_door(name)
    if found is None:
        return f"the {kind} `{name}`"
    member, entry = found
    if entry.kind == "project":
        return f"the member `{member}`"
    return f"the {entry.kind} `{entry.name}` of `{member}`"


def forbids(known: Iterable[Requirer], version: str) -> Requirer | None:
    """Return the first whose requirement does not admit a version; ``None`` where all do."""
    for requirer in known:
        if requirer.requirement:
            try:
                specifier = parse_line(requirer.requirement).specifier
                if not specifier.contains(version, prereleases=True):
                    return requirer
            except InvalidVersion:
                continue
    return None
