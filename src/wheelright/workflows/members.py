"""The members of a workspace as part of what its root locks and installs.

A lock has no notion of members. Each is known to it by *doors*, which are groups of the lock that
no project can name: ``@core`` for what ``core`` needs, ``@core[speed]`` for one of its extras and
``@core:dev`` for one of its groups (``project.member_door``). So that locking, selecting, showing
and exporting need to know nothing else of workspaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.project import PathSource, member_door, parse_requirement
from wheelright.targets import normalize_name
from wheelright.workflows.direct.ask import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.project import Project, Requirement, Source, Workspace
    from wheelright.resolver import Entry
    from wheelright.targets.specifiers import SpecifierSet
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import Selection


class Holder(Struct, frozen=True):
    """Who wrote a requirement: a project, the entry of its own that holds it, and its sources."""

    project: Project
    entry: Entry
    sources: Mapping[str, tuple[Source, ...]]


def joined_project(root: Project, workspace: Workspace | None) -> Project:
    """Return the root with the doors of all members as further groups."""
    if workspace is None:
        return root
    groups: dict[str, tuple[Requirement, ...]] = dict(root.groups)
    pythons: dict[str, SpecifierSet] = dict(root.group_requires_python)
    for name, member in workspace.members.items():
        groups[member_door(name)] = (parse_requirement(name), *member.dependencies)
        for extra, requirements in member.optional_dependencies.items():
            door = member_door(name, extra=extra)
            groups[door] = (parse_requirement(f"{name}[{extra}]"), *requirements)
        for group, requirements in member.groups.items():
            door = member_door(name, group=group)
            groups[door] = requirements
            if group in member.group_requires_python:
                pythons[door] = member.group_requires_python[group]
    return replace(root, groups=groups, group_requires_python=pythons)


#: Settings that count only where the root of a workspace states them.
_OF_THE_ROOT = frozenset(
    {
        "conflicts",
        "constraint-dependencies",
        "default-target",
        "environments",
        "exclude-dependencies",
        "exclude-newer",
        "index",
        "override-dependencies",
        "prerelease",
        "required-environments",
        "resolution",
        "target",
        "targets",
    }
)


def warn_of_settings(context: Context, workspace: Workspace) -> None:
    """Tell of what members state and only the root of a workspace may."""
    for name, settings in workspace.settings.items():
        idle = sorted(_OF_THE_ROOT & settings.origins.keys())
        if idle:
            keys = " and ".join(f"`{key}`" for key in idle)
            counts = "counts" if len(idle) == 1 else "count"
            context.reporter.warn(
                f"member `{name}` states {keys}, which {counts} only at the root of the workspace"
            )


def static_members(workspace: Workspace) -> list[str]:
    """Return the members whose requirements no backend adds to."""
    dynamic = {"dependencies", "optional-dependencies"}
    return [name for name, one in workspace.members.items() if not dynamic & one.dynamic]


def member_of_door(door: str) -> tuple[str, Entry] | None:
    """Return the member that a door belongs to and its own entry; None for any other group."""
    from wheelright.resolver import Entry

    if not door.startswith("@"):
        return None
    name, colon, group = door[1:].partition(":")
    if colon:
        return name, Entry("group", group)
    name, bracket, extra = name.partition("[")
    return name, Entry("extra", extra.removesuffix("]")) if bracket else Entry()


def holder_of(
    workspace: Workspace | None, entry: Entry, sources: Mapping[str, tuple[Source, ...]]
) -> Holder | None:
    """Return who wrote the requirements of a door, None for an entry of the root itself.

    What a member says of a name takes the place of what the root says of it.
    """
    found = member_of_door(entry.name) if workspace is not None and entry.kind == "group" else None
    if found is None:
        return None
    assert workspace is not None
    name, own = found
    return Holder(workspace.members[name], own, {**sources, **workspace.settings[name].sources})


def member_asks(root: Project, workspace: Workspace) -> list[Ask]:
    """Return the places of all members, and of the root where a member requires it."""
    copies = {
        name
        for settings in workspace.settings.values()
        for name, sources in settings.sources.items()
        for source in sources
        if getattr(source, "editable", None) is False and not hasattr(source, "path")
    }
    by = "the workspace"
    asks = [
        Ask(
            name,
            PathSource(path=workspace.path_of(name), editable=name not in copies),
            root.root,
            by,
            tuple(sorted(member.optional_dependencies)),
        )
        for name, member in workspace.members.items()
    ]
    wanted = any(
        requirement.name == root.name
        for member in workspace.members.values()
        for requirements in (
            member.dependencies,
            *member.optional_dependencies.values(),
            *member.groups.values(),
        )
        for requirement in requirements
    )
    if wanted and root.named:
        extras = tuple(sorted(root.optional_dependencies))
        asks.append(Ask(root.name, PathSource(path=".", editable=True), root.root, by, extras))
    return asks


# -- which of them a verb is for


class Scope(Struct, frozen=True):
    """The projects that a verb is for: the ``root``, and members.

    ``groups``: those of a root that is no project take part, although it does not.
    """

    root: bool = True
    members: tuple[Project, ...] = ()
    groups: bool = False


def scope_of(context: Context, selection: Selection) -> Scope:
    """Return what ``--package`` and ``--all-packages`` name; else what is at hand.

    Raises ``UsageError`` for a name that is no member.
    """
    workspace, root = context.workspace, context.project
    members = {} if workspace is None else workspace.members
    virtual = workspace is not None and workspace.virtual
    if selection.all_packages:
        return Scope(root.named, tuple(members.values()), groups=virtual)
    if selection.packages:
        names = list(dict.fromkeys(map(normalize_name, selection.packages)))
        for name in names:
            if name not in members and (name != root.name or not root.named):
                raise _no_member(name, members, root)
        chosen = tuple(members[name] for name in names if name in members)
        return Scope(root.name in names and root.named, chosen)
    if context.member is not None:
        return Scope(root=False, members=(context.member,))
    return Scope(root=False, members=tuple(members.values()), groups=True) if virtual else Scope()


def _no_member(name: str, members: Mapping[str, Project], root: Project) -> UsageError:
    known = [*([root.name] if root.named else []), *members]
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    listed = ", ".join(f"`{one}`" for one in known)
    return UsageError(
        f"the workspace has no member `{name}`" if members else f"`{name}` is not this project",
        where="--package",
        hints=[f"did you mean `{near[0]}`?" if near else f"there is {listed}"],
    )


def member_doors(selection: Selection, members: Iterable[Project]) -> tuple[str, ...]:
    """Return the doors of members that a selection opens."""
    doors: dict[str, None] = {}
    for member in members:
        name = member.name
        groups = [*selection.only_groups]
        if not selection.only_groups:
            doors[member_door(name)] = None
            extras = [*member.optional_dependencies] if selection.all_extras else selection.extras
            for extra in extras:
                if extra in member.optional_dependencies and extra not in selection.no_extras:
                    doors[member_door(name, extra=extra)] = None
            groups += () if selection.no_default_groups else member.default_groups
            groups += member.groups if selection.all_groups else ()
            groups += selection.groups
        for group in groups:
            if group in member.groups and group not in selection.no_groups:
                doors[member_door(name, group=group)] = None
    return tuple(doors)


def check_offered(scope: Scope, root: Project, selection: Selection) -> None:
    """Refuse an extra or a group that none of the chosen projects has."""
    projects = [*([root] if scope.root or scope.groups else []), *scope.members]
    for kind, asked, tables in (
        ("extra", selection.extras, [one.optional_dependencies for one in projects]),
        ("group", (*selection.groups, *selection.only_groups), [one.groups for one in projects]),
    ):
        for name in asked:
            if not any(normalize_name(name) in table for table in tables):
                names = " and ".join(f"`{one.name}`" for one in projects)
                known = sorted({each for table in tables for each in table})
                from difflib import get_close_matches

                near = get_close_matches(name, known, 1)
                raise RequestError(
                    f"{names} {'have' if len(projects) > 1 else 'has'} no {kind} `{name}`",
                    hints=[f"did you mean `{near[0]}`?"] if near else [],
                )
