"""Declared conflicts between extras and groups: from the settings to the resolver and the lock.

An extra that asks for another one of the project (``app[cpu]``), and a group that includes
another, stand on the same side as what they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelright.errors import RequestError
from wheelright.project import member_door
from wheelright.resolver import Entry

if TYPE_CHECKING:
    from wheelright.project import Project, Requirement, Settings
    from wheelright.project.settings_types import ConflictMember
    from wheelright.resolver.request import Side


class UnknownConflictError(RequestError):
    """``conflicts`` names an extra or group that the project does not have, or cannot hold."""


def conflicts_of(project: Project, settings: Settings) -> tuple[tuple[Side, ...], ...]:
    """Return the conflicts between entries of a project, those that hold others included.

    Those of members of a workspace are doors, which are groups of ``project`` then. Raises
    :class:`UnknownConflictError` for an entry that there is not, and for one that holds two sides
    of a conflict.
    """
    holders = _holders(project)
    found: dict[tuple[Side, ...], None] = {}
    own = _held_always(project)
    for members in settings.conflicts:
        if any(m.extra is None and m.group is None and m.package == project.name for m in members):
            raise UnknownConflictError(
                "`conflicts` names the project itself, whose dependencies are always installed",
                where=str(project.path),
                hints=["move what conflicts from `dependencies` into an extra or a group"],
            )
        entries = dict.fromkeys(_entry(project, member) for member in members)
        for entry in entries:
            if entry not in holders:
                raise UnknownConflictError(
                    f"`conflicts` names {entry}, and the project has no such {entry.kind}",
                    where=str(project.path),
                )
        sides = tuple((entry, *sorted(holders[entry], key=str)) for entry in entries)
        _check_apart(project, sides)
        _check_optional(project, own, sides)
        if len(sides) > 1:
            found.setdefault(sides)
    return tuple(found)


def _entry(project: Project, member: ConflictMember) -> Entry:
    """Return the entry that one side of a conflict names."""
    if member.package not in {None, project.name}:
        assert member.package is not None
        return Entry("group", member_door(member.package, extra=member.extra, group=member.group))
    return Entry("extra", member.extra) if member.extra else Entry("group", member.group or "")


def conflict_texts(project: Project, settings: Settings) -> tuple[str, ...]:
    """Return the conflicts as a lock's inputs hold them: ``extra a + group dev | extra b``."""
    return tuple(
        " | ".join(" + ".join(f"{e.kind} {e.name}" for e in side) for side in sides)
        for sides in conflicts_of(project, settings)
    )


def _check_apart(project: Project, sides: tuple[Side, ...]) -> None:
    seen: dict[Entry, Entry] = {}
    for side in sides:
        for entry in side:
            other = seen.setdefault(entry, side[0])
            if other != side[0]:
                raise UnknownConflictError(
                    f"{entry} holds both {other} and {side[0]}, which conflict",
                    where=str(project.path),
                    hints=["leave one of them out there, or take the pair out of `conflicts`"],
                )


def _check_optional(project: Project, own: set[Entry], sides: tuple[Side, ...]) -> None:
    """Refuse a side that every installation takes: no other could be asked for."""
    held = {
        side[0]: next(entry for entry in side if entry in own) for side in sides if own & {*side}
    }
    always = next(iter(held), None)
    if always is not None and len(sides) > 1:
        other = next(side[0] for side in sides if side[0] != always)
        raise UnknownConflictError(
            f"the project's own dependencies hold {always}, so that {other}, which conflicts with"
            " it, could never be installed",
            where=str(project.path),
            hints=[f"take {_written(project, held[always])} out of `dependencies`"],
        )


def _written(project: Project, entry: Entry) -> str:
    """Return how a requirement asks for an entry."""
    return f"`{project.name}[{entry.name}]`" if entry.kind == "extra" else f"`{entry.name[1:]}`"


def _held_always(project: Project) -> set[Entry]:
    """Return the entries that the project's own dependencies ask for, directly."""
    return {entry for one in project.dependencies for entry in _asked_for(project, one)}


def _asked_for(project: Project, requirement: Requirement) -> set[Entry]:
    """Return the entries that a requirement on the project, or on a member, asks for."""
    name = requirement.name
    if name == project.name:
        return {Entry("extra", extra) for extra in requirement.extras}
    doors = [member_door(name), *(member_door(name, extra=one) for one in requirement.extras)]
    return {Entry("group", door) for door in doors if door in project.groups}


def _holders(project: Project) -> dict[Entry, set[Entry]]:
    """Return per extra and group the others that hold its requirements, at any depth."""
    held: dict[Entry, set[Entry]] = {}
    for extra, requirements in project.optional_dependencies.items():
        held[Entry("extra", extra)] = {
            entry for one in requirements for entry in _asked_for(project, one)
        }
    for group, requirements in project.groups.items():
        inside = {entry for one in requirements for entry in _asked_for(project, one)}
        held[Entry("group", group)] = inside | _included(project, group)
    holders: dict[Entry, set[Entry]] = {entry: set() for entry in held}
    for entry, inside in held.items():
        waiting = list(inside)
        seen: set[Entry] = set()
        while waiting:
            inner = waiting.pop()
            if inner in seen or inner == entry or inner not in held:
                continue
            seen.add(inner)
            holders[inner].add(entry)
            waiting += held[inner]
    return holders


def _included(project: Project, group: str) -> set[Entry]:
    """Return the groups that a group includes, as it is written."""
    from wheelright.lockfile.markers import normalised_name

    tables: dict[str, Any] = project.data.get("dependency-groups", {})
    return {
        Entry("group", normalised_name(line["include-group"]))
        for name, lines in tables.items()
        if normalised_name(name) == group
        for line in lines
        if isinstance(line, dict) and "include-group" in line
    }
