"""What a project asks of the resolver, and what its lock is made from.

Must live here: gathering requirements by entry (with references of the project to itself
resolved), applying sources to them, and stating the inputs that decide whether a lock is current.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.errors import RequestError
from wheelright.lockfile import LockInputs
from wheelright.lockfile.model import without_credentials
from wheelright.project import IndexSource, WorkspaceSource, source_of_reference
from wheelright.resolver import Entry, RootRequirement
from wheelright.workflows.conflicts import conflict_texts, conflicts_of
from wheelright.workflows.direct.ask import Ask
from wheelright.workflows.members import Holder, holder_of, member_asks, member_of_door
from wheelright.workflows.origins import Claim, all_of
from wheelright.workflows.stated import prereleases_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelright.project import Project, Requirement, Settings, Source, Workspace
    from wheelright.project.settings_types import PackageEdit
    from wheelright.targets.specifiers import SpecifierSet
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import ResolveOptions

PROJECT = Entry()
#: The variables of a lock's markers that name entries.
ENTRY_VARIABLES = {"extra": "extras", "group": "dependency_groups"}
#: Pythons that a project without ``requires-python`` serves: all that are managed.
DEFAULT_PYTHONS = ">=3.8"


class Roots(Struct):
    """The root requirements of a project; what their sources say is gathered beside them.

    ``indexes`` are the sources that name an index, ``direct`` is what comes from one place,
    ``forced`` what overrides say of places.
    """

    requirements: list[RootRequirement] = field(default_factory=list)
    indexes: list[Claim] = field(default_factory=list)
    direct: list[Ask] = field(default_factory=list)
    forced: list[Ask] = field(default_factory=list)


class UnsupportedSourceError(RequestError):
    """A source from a workspace that does not have what is asked of it."""


def gather_roots(
    project: Project,
    settings: Settings,
    *,
    no_sources: bool = False,
    workspace: Workspace | None = None,
) -> Roots:
    """Return the requirements of the project, its extras and its groups, with their sources.

    ``project`` holds the doors of the members of ``workspace`` too (``joined_project``). Raises
    :class:`UnsupportedSourceError` for a source from a workspace that does not have it.
    """
    roots = Roots()
    hidden = no_sources or settings.no_sources
    sources = settings.sources
    apart = {entry for sides in conflicts_of(project, settings) for side in sides for entry in side}
    for entry, holder, requirement, bound in _entries(project):
        text = _text(requirement, bound)
        roots.requirements.append(RootRequirement(text, entry))
        writer = holder_of(workspace, entry, sources) or Holder(project, holder, sources)
        for source in _sources_of(requirement, {} if hidden else writer.sources):
            if isinstance(source, WorkspaceSource):
                _check_member(requirement.name, writer.project, project, workspace)
            elif _is_for(source, writer.entry):
                only = entry if entry in apart else None
                _apply(roots, writer.project, requirement, source, only)
    if workspace is not None:
        roots.direct += member_asks(project, workspace)
    _take_overrides(roots, project, settings)
    return roots


def _take_overrides(roots: Roots, project: Project, settings: Settings) -> None:
    """Take in the places that overrides name."""
    for requirement in settings.override_dependencies:
        forced = source_of_reference(requirement)
        if forced is not None:
            base, by = project.root, "override-dependencies"
            roots.forced.append(Ask(requirement.name, forced, base, by, requirement.extras))
    for edit in settings.package_overrides:
        for requirement in edit.dependencies:
            named = source_of_reference(requirement)
            if named is not None:
                by = f"override-dependencies of {edit.package}"
                ask = Ask(requirement.name, named, project.root, by, requirement.extras)
                roots.direct.append(ask)


def _entries(
    project: Project,
) -> Iterator[tuple[Entry, Entry, Requirement, SpecifierSet | None]]:
    """Yield every requirement with its entry; the project's own extras are followed.

    The second entry is the one in which the requirement is written.
    """
    for holder, requirement in _followed(project, project.dependencies, PROJECT, frozenset()):
        yield PROJECT, holder, requirement, None
    for extra, requirements in project.optional_dependencies.items():
        entry = Entry("extra", extra)
        for holder, one in _followed(project, requirements, entry, frozenset({extra})):
            yield entry, holder, one, None
    for group, requirements in project.groups.items():
        entry, bound = Entry("group", group), project.group_requires_python.get(group)
        for holder, one in _followed(project, requirements, entry, frozenset()):
            yield entry, holder, one, bound


def _followed(
    project: Project, requirements: Iterable[Requirement], holder: Entry, seen: frozenset[str]
) -> Iterator[tuple[Entry, Requirement]]:
    """Replace ``project[extra]`` by what the extra asks for, each extra once."""
    for requirement in requirements:
        if requirement.name != project.name or member_of_door(holder.name):
            yield holder, requirement
            continue
        for extra in requirement.extras:
            if extra not in seen and extra in project.optional_dependencies:
                inner = project.optional_dependencies[extra]
                within = Entry("extra", extra)
                yield from _followed(project, inner, within, seen | {extra})


def _text(requirement: Requirement, bound: SpecifierSet | None) -> str:
    """Return a requirement as the resolver reads it: without its URL, bound by its group."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    markers = [f"({requirement.marker})"] if requirement.marker is not None else []
    if bound is not None:
        markers += [f"python_full_version {s.operator} '{s.version}'" for s in bound]
    marker = f" ; {' and '.join(markers)}" if markers else ""
    if bound is None and requirement.url is None and requirement.text:
        return requirement.text
    return f"{requirement.name}{extras}{requirement.specifier}{marker}"


def _sources_of(
    requirement: Requirement, sources: Mapping[str, tuple[Source, ...]]
) -> tuple[Source, ...]:
    direct = source_of_reference(requirement)
    return (direct,) if direct is not None else sources.get(requirement.name, ())


def _is_for(source: Source, holder: Entry) -> bool:
    """Whether a source speaks of the requirements of an entry."""
    if source.extra is not None:
        return holder == Entry("extra", source.extra)
    return source.group is None or holder == Entry("group", source.group)


def _apply(
    roots: Roots, project: Project, requirement: Requirement, source: Source, only: Entry | None
) -> None:
    """Take in the source of a requirement; ``only`` is its entry where that excludes others.

    What ``sources`` say of a name counts for everything that asks for it, unless they say where. A
    reference counts where its requirement does.
    """
    name = requirement.name
    own = requirement.marker if requirement.url is not None else None
    entry = None
    if only is not None and (requirement.url is not None or _is_bound(source)):
        entry = f"'{only.name}' in {ENTRY_VARIABLES[only.kind]}"
    where = all_of(source.marker, own, entry)
    if isinstance(source, IndexSource):
        what = f"the index `{source.index}`"
        number = len({one.label for one in roots.indexes if one.name == name})
        same = [o for o in roots.indexes if (o.name, o.what, o.where) == (name, what, where)]
        if not same:
            label = f"i{number}" if where else ""
            roots.indexes.append(Claim(name, label, what, where, source.index))
    else:
        by = project.name or "the project"
        roots.direct.append(Ask(name, source, project.root, by, requirement.extras, where))


def _is_bound(source: Source) -> bool:
    return source.extra is not None or source.group is not None


def _check_member(name: str, by: Project, root: Project, workspace: Workspace | None) -> None:
    """Refuse a source from the workspace that the workspace does not have."""
    if workspace is None:
        raise UnsupportedSourceError(
            f"`{by.name}` takes `{name}` from its workspace, and it is in none",
            where=str(by.path),
            hints=["name a path or an index instead, or state the workspace in a directory above"],
        )
    if name not in workspace.members and (name != root.name or workspace.virtual):
        raise UnsupportedSourceError(
            f"`{by.name}` takes `{name}` from the workspace, which has no such member",
            where=str(by.path),
            hints=["add its directory to `members`, or name a path or an index instead"],
        )


def lock_inputs(
    project: Project,
    settings: Settings,
    options: ResolveOptions,
    roots: Roots,
    direct: Mapping[str, str],
    targets: Sequence[DeclaredTarget] = (),
) -> LockInputs:
    """State everything that decides what a lock holds, the index and the machine left out.

    ``direct`` is what is said of each project that comes from one place.
    """
    groups = {name: _texts(found) for name, found in project.groups.items()}
    for name, bound in project.group_requires_python.items():
        if name in groups:
            groups[name] = (*groups[name], f"requires-python {bound}")
    return LockInputs(
        project=None if _is_virtual(project) else project.name,
        requires_python=None if project.requires_python is None else str(project.requires_python),
        requirements=_texts(project.dependencies),
        extras={name: _texts(found) for name, found in project.optional_dependencies.items()},
        groups=groups,
        constraints=_texts(settings.constraint_dependencies),
        overrides=(*_texts(settings.override_dependencies), *_edited(settings.package_overrides)),
        environments=tuple(str(marker) for marker in settings.environments),
        conflicts=conflict_texts(project, settings),
        required_environments=tuple(str(marker) for marker in settings.required_environments),
        resolution=_unless(options.resolution or settings.resolution, "highest"),
        prerelease=_unless(options.prerelease or settings.prerelease, "if-necessary-or-explicit"),
        exclude_newer=options.exclude_newer
        or (settings.exclude_newer.text if settings.exclude_newer else None),
        targets={target.name: target.canonical() for target in targets},
        indexes=_pinned(settings, roots),
        sources=direct,
        metadata=_stated(settings),
        options=_options(project, settings, options),
    )


def _is_virtual(project: Project) -> bool:
    """Whether it is the root of a workspace and no project: its name is but its directory's."""
    return not project.named and any(map(member_of_door, project.groups))


def _texts(requirements: Iterable[Requirement]) -> tuple[str, ...]:
    return tuple(_shown(requirement) for requirement in requirements)


def _shown(requirement: Requirement) -> str:
    text = str(requirement)
    if requirement.url is None:
        return text
    return text.replace(requirement.url, without_credentials(requirement.url))


def _edited(edits: Iterable[PackageEdit]) -> tuple[str, ...]:
    """Say overrides or exclusions of single packages: ``flask 3.0: werkzeug<3, six``."""
    return tuple(
        f"{edit.package}{f' {edit.version}' if edit.version else ''}: "
        + ", ".join(sorted(str(one) for one in edit.dependencies))
        for edit in edits
    )


def _unless(value: str, default: str) -> str | None:
    return None if value == default else value


def _pinned(settings: Settings, roots: Roots) -> dict[str, str]:
    urls = {index.name: without_credentials(index.url) for index in settings.index if index.name}
    said: dict[str, list[str]] = {}
    for claim in roots.indexes:
        where = f" where {claim.where}" if claim.where else ""
        text = f"{claim.index} ({urls.get(claim.index or '', '')}){where}"
        said.setdefault(claim.name, []).append(text)
    return {name: "; ".join(sorted(texts)) for name, texts in said.items()}


def _stated(settings: Settings) -> dict[str, tuple[str, ...]]:
    stated: dict[str, tuple[str, ...]] = {}
    for one in settings.dependency_metadata:
        lines = (
            f"version {one.version or 'any'}",
            f"requires-python {one.requires_python or ''}",
            *(f"requires {requirement}" for requirement in one.requires_dist),
            *(f"extra {extra}" for extra in one.provides_extra),
        )
        stated[one.name] = (*stated.get(one.name, ()), *lines)
    return stated


def _options(project: Project, settings: Settings, given: ResolveOptions) -> dict[str, str]:
    said = prereleases_of(settings, given)
    options: dict[str, str] = {f"prerelease of {name}": when for name, when in said.items()}
    if settings.wheels != "prefer":
        options["wheels"] = settings.wheels
    if settings.allow_build:
        options["allow-build"] = " ".join(sorted(settings.allow_build))
    if settings.exclude_dependencies:
        options["exclude-dependencies"] = " ".join(sorted(settings.exclude_dependencies))
    for text in _edited(settings.package_excludes):
        who, _, what = text.partition(": ")
        options[f"exclude-dependencies of {who}"] = what
    if settings.no_build or settings.no_build_package:
        named = " ".join(sorted(settings.no_build_package))
        options["no-build"] = "all" if settings.no_build else named
    if settings.no_binary or settings.no_binary_package:
        named = " ".join(sorted(settings.no_binary_package))
        options["no-binary"] = "all" if settings.no_binary else named
    cutoffs = settings.exclude_newer_package
    for name, cutoff in sorted(cutoffs.items()):
        options[f"exclude-newer of {name}"] = "none" if cutoff is None else cutoff.text
    if project.default_groups != ("dev",) and project.default_groups:
        options["default-groups"] = " ".join(sorted(project.default_groups))
    return options
