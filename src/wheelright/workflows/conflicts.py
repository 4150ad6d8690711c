"""Declared conflicts between extras and groups: from the settings to the resolver and the lock.

An extra that asks for another one of the project (``app[cpu]``), and a group that includes
another, stand on the same side as what they hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelright.errors import RequestError
from wheelright.resolver import Entry

if TYPE_CHECKING:
    from wheelright.project import Project, Settings
    from wheelright.resolver.request import Side


class UnknownConflictError(RequestError):
    """``conflicts`` names an extra or group that the project does not have, or cannot hold."""


def conflicts_of(project: Project, settings: Settings) -> tuple[tuple[Side, ...], ...]:
    """Return the conflicts between entries of a project, those that hold others included.

    Members of other projects of a workspace are left out. Raises :class:`UnknownConflictError`
    for an entry that there is not, and for one that holds two sides of a conflict.
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
        entries = dict.fromkeys(
            Entry("extra", member.extra) if member.extra else Entry("group", member.group or "")
            for member in members
            if member.package in {None, project.name} and (member.extra or member.group)
        )
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
            hints=[f"take `{project.name}[{held[always].name}]` out of `dependencies`"],
        )


def _held_always(project: Project) -> set[Entry]:
    """Return the extras that the project's own dependencies ask for, directly."""
    return {
        Entry("extra", name)
        for one in project.dependencies
        if one.name == project.name
        for name in one.extras
    }


def _holders(project: Project) -> dict[Entry, set[Entry]]:
    """Return per extra and group the others that hold its requirements, at any depth."""
    held: dict[Entry, set[Entry]] = {}
    for extra, requirements in project.optional_dependencies.items():
        held[Entry("extra", extra)] = {
            Entry("extra", name) for one in requirements if one.name == project.name
            for name in one.extras
        }  # fmt: skip
    for group, requirements in project.groups.items():
        held[Entry("group", group)] = {
            Entry("extra", name) for one in requirements if one.name == project.name
            for name in one.extras
        } | _included(project, group)  # fmt: skip
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
