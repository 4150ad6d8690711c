"""From a lock to what a venv shall hold: packages selected, files chosen, source trees named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.lockfile.choose import choose_files, no_file_fits
from wheelright.lockfile.select import select
from wheelright.outside.urls import redact
from wheelright.targets import normalize_name
from wheelright.venv import Wanted
from wheelright.workflows.direct.errors import WrongPlaceError
from wheelright.workflows.direct.origin import archive_origin, git_origin, tree_origin
from wheelright.workflows.members import Scope, check_offered, member_doors, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.lockfile.choose import NoFile
    from wheelright.project import Project
    from wheelright.venv import Origin
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import Selection, SyncOptions
    from wheelright.workflows.policy import BuildPolicy


class Doors(Struct, frozen=True):
    """Which extras and groups take part, and whether the project's own requirements do."""

    extras: tuple[str, ...]
    groups: tuple[str, ...]
    project: bool = True


def open_doors(selection: Selection, lock: Lock, context: Context | None = None) -> Doors:
    """Apply ``--extra``, ``--group`` and their like to what the lock offers.

    In the workspace of a ``context`` these count for the members that are asked for.
    """
    scope = Scope() if context is None else scope_of(context, selection)
    if context is None or not scope.members:
        return _root_doors(selection, lock)
    check_offered(scope, context.project, selection)
    doors = member_doors(selection, scope.members)
    if not (scope.root or scope.groups):
        return Doors((), doors, project=False)
    root = context.project
    own = replace(
        selection,
        extras=tuple(one for one in selection.extras if one in root.optional_dependencies),
        groups=tuple(one for one in selection.groups if one in root.groups),
        only_groups=tuple(one for one in selection.only_groups if one in root.groups),
    )
    if selection.only_groups and not own.only_groups:
        return Doors((), doors, project=False)
    found = _root_doors(own, lock)
    return Doors(found.extras, (*found.groups, *doors), found.project and scope.root)


def _root_doors(selection: Selection, lock: Lock) -> Doors:
    extras = lock.extras if selection.all_extras else selection.extras
    extras = tuple(extra for extra in extras if extra not in selection.no_extras)
    if selection.only_groups:
        return Doors(extras, tuple(dict.fromkeys(selection.only_groups)), project=False)
    groups = () if selection.no_default_groups else lock.default_groups
    named = [group for group in lock.groups if not group.startswith("@")]
    groups = (*groups, *(named if selection.all_groups else ()), *selection.groups)
    kept = dict.fromkeys(group for group in groups if group not in selection.no_groups)
    return Doors(extras, tuple(kept))


def choose_wanted(
    project: Project,
    lock: Lock,
    aim: Aim,
    options: SyncOptions,
    policy: BuildPolicy,
    context: Context | None = None,
) -> list[Wanted]:
    """Return everything that a venv for ``aim`` shall hold, the project itself included.

    With a ``context`` members of its workspace may be asked for. Those that are no packages
    themselves are left out.
    Raises ``NotCoveredError``, ``NotOfferedError``, and ``NoFileFitsError`` that names every
    package without a file.
    """
    doors = open_doors(options.selection, lock, context)
    left_out = frozenset((*options.no_install_packages, *not_packages(context)))
    if options.no_install_project and context is not None:
        left_out |= {one.name for one in scope_of(context, options.selection).members}
    packages = [
        package
        for package in select(lock, aim.values, doors.extras, doors.groups, project=doors.project)
        if package.name not in left_out
    ]
    files, failures = choose_files(
        packages,
        aim.tags,
        no_build=_no_build(packages, aim, policy, _allowed(options, context)),
        no_binary=lambda name: not policy.may_use_wheels(name),
    )
    if failures:
        raise no_file_fits(failures, aim.words, tags=aim.tags, hints=_hints(failures, aim))
    direct = {requirement.name for requirement in project.dependencies}
    wanted = []
    for package in packages:
        origin = _origin_of(package, project.root, aim, options)
        wanted.append(
            Wanted(
                package.name,
                package.version,
                files.get(package.name),
                package.files,
                origin,
                requested=package.name in direct,
            )
        )
    if doors.project and project.is_package and not options.no_install_project:
        wanted = [one for one in wanted if one.name != project.name]
        wanted.append(_the_project(project, options))
    return [one for one in wanted if one.name not in left_out]


def not_packages(context: Context | None) -> list[str]:
    """Return the members of the workspace that only bring what they require."""
    workspace = None if context is None else context.workspace
    members = () if workspace is None else workspace.members.values()
    return [member.name for member in members if not member.is_package]


def _allowed(options: SyncOptions, context: Context | None) -> frozenset[str]:
    """Return the projects that are built for a target wherever no wheel fits."""
    names = () if context is None else context.settings.allow_build
    return frozenset(normalize_name(name) for name in (*options.build.allow_build, *names))


def _no_build(
    packages: Sequence[LockedPackage], aim: Aim, policy: BuildPolicy, allowed: frozenset[str]
) -> Callable[[str], bool]:
    """Forbid builds by policy; and for another machine wherever there are wheels at all.

    What is in ``allowed`` by name, or may not come as a wheel, is built for it all the same.
    """
    with_wheels = {package.name for package in packages if package.wheels} - allowed

    def forbidden(name: str) -> bool:
        if not policy.may_build(name):
            return True
        return aim.foreign and name in with_wheels and policy.may_use_wheels(name)

    return forbidden


def _the_project(project: Project, options: SyncOptions) -> Wanted:
    version = None if project.version is None else str(project.version)
    origin = tree_origin(project.root, editable=not options.no_editable)
    return Wanted(project.name, version, origin=origin, requested=True)


def _origin_of(package: LockedPackage, root: Path, aim: Aim, options: SyncOptions) -> Origin | None:
    """Return the place that a package comes from; None for an index.

    Raises ``WrongPlaceError`` for a wheel that does not fit: there is no other one to choose.
    """
    if package.directory is not None:
        editable = package.directory.editable and not options.no_editable
        return tree_origin(root / package.directory.path, editable=editable)
    if package.vcs is not None:
        return git_origin(package.vcs, root)
    if package.archive is None:
        return None
    file = package.archive.file
    why = aim.why_not(file.name) if file.is_wheel else None
    if why is not None:
        raise WrongPlaceError(
            f"the wheel of `{package.name}` does not fit {aim.words}",
            where=redact(file.url),
            details=[why],
            hints=["name the place of another wheel or of an sdist, or add a marker"],
        )
    return archive_origin(package.archive)


def _hints(failures: Sequence[NoFile], aim: Aim) -> list[str]:
    """Say what would help: a higher floor that serves all, builds, wheels, or older versions."""
    hints = []
    for kind, help_ in (
        ("build", "let it be built: leave `--no-build` and its like out"),
        ("binary", "let its wheels be used: leave `--no-binary` and its like out"),
    ):
        if any(one.kind == kind for one in failures) and not (kind == "build" and aim.foreign):
            hints.append(help_)
    needed = [misfit.platform for one in failures if (misfit := one.nearest(aim.tags)) is not None]
    floors = [platform.floor for platform in needed if platform is not None and platform.floor]
    if floors and len(floors) == len(failures):
        highest = max(
            (platform for platform in needed if platform is not None),
            key=lambda platform: platform.floor or (0, 0),
        )
        hints.append(f"`--for {highest}` is served by everything that is locked")
    unfit = [one for one in failures if one.kind == "unfit" or aim.foreign]
    names = ", ".join(f"`{failure.package.name}`" for failure in unfit[:4])
    if names:
        hints.append(f"ask for an older version of {names} that has such a wheel, and lock again")
    return hints
