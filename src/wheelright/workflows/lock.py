"""``wheelright lock``: choose the versions and files that serve the project, and write them down.

A lock that is current is left alone without a request to any index. Otherwise everything is
resolved anew, preferring what was locked, except where an upgrade was asked for.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import astuple, replace

from wheelright.errors import RequestError, WheelrightError
from wheelright.lockfile import Lock, canonical, compare, dumps, read_lock, staleness
from wheelright.lockfile.model import without_credentials
from wheelright.outside import files
from wheelright.resolver import Policy, Request, ResolutionFailure, resolve
from wheelright.resolver.pythons import lower_bound
from wheelright.workflows.alone import alone
from wheelright.workflows.conflicts import conflicts_of
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.declared import require_declared
from wheelright.workflows.direct.checking import check_references
from wheelright.workflows.driver import Driver
from wheelright.workflows.hints import with_hints
from wheelright.workflows.judges import UniversalJudge
from wheelright.workflows.members import joined_project, static_members, warn_of_settings
from wheelright.workflows.origins import origins_of, pinned_indexes, with_origins
from wheelright.workflows.outcomes import Change, LockedItem, LockOutcome, ServedItem
from wheelright.workflows.passing import check_archives, notes
from wheelright.workflows.policy import BuildPolicy, build_policy
from wheelright.workflows.roots import DEFAULT_PYTHONS, gather_roots, lock_inputs
from wheelright.workflows.sources import direct_reader, source_metadata
from wheelright.workflows.stated import Stated, edits_of, prereleases_of
from wheelright.workflows.targeting import (
    covered_environments,
    covered_python,
    points_of,
    resolve_for_targets,
    served_targets,
)
from wheelright.workflows.targets_judge import TargetsJudge
from wheelright.workflows.unserved import with_target_help
from wheelright.workflows.writing import write_packages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelright.index import Indexes, ProjectPage
    from wheelright.lockfile import LockInputs
    from wheelright.project import Project
    from wheelright.resolver import Resolution
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.direct.reading import DirectReader
    from wheelright.workflows.local import LocalProject
    from wheelright.workflows.options import LockOptions, ResolveOptions
    from wheelright.workflows.roots import Roots

LOCK_NAME = "pylock.toml"


class MissingLockError(RequestError):
    """There is no lockfile where one is needed."""


class StaleLockError(RequestError):
    """The lockfile does not belong to the project as it is now."""


class Locking(Struct, frozen=True):
    """Everything that one locking of a project works with."""

    context: Context
    project: Project
    options: LockOptions
    roots: Roots
    direct: DirectReader
    inputs: LockInputs
    indexes: Indexes
    targets: tuple[DeclaredTarget, ...] = ()

    @property
    def path(self) -> Path:
        """Return where the lockfile is."""
        return self.project.root / LOCK_NAME


def lock(context: Context, options: LockOptions) -> LockOutcome:
    """Make the lock current and return what changed.

    With ``check`` nothing is written; ``stale_reason`` then says why it would be. Raises
    ``ResolutionFailure``, the index's errors, and :class:`MissingLockError` for ``check`` and
    ``check_exists``.
    """
    if options.check or options.check_exists or options.dry_run:
        return locked(context, options)[1]
    with alone(context) as current:
        return locked(current, options)[1]


def locked(context: Context, options: LockOptions) -> tuple[Lock, LockOutcome]:
    """Do as :func:`lock`, and return the lock too."""
    started = time.monotonic()
    path = context.project.root / LOCK_NAME
    known = read_existing(context, path)
    if options.check or options.check_exists:
        known = require_lock(known, path)
        if options.check_exists:
            return known, _outcome(path, known, known, started)
    work = prepare(context, options)
    reason = _why_not_current(work, known)
    if reason is None:
        assert known is not None
        return known, _outcome(path, known, known, started)
    if options.check and known is not None and not _upgrades(options.resolve):
        stale = replace(_outcome(path, known, known, started), stale_reason=reason)
        return known, stale
    made, resolution = make_lock(work, known)
    text = dumps(made, work.project.root)
    wrote = False
    before = path.read_text(encoding="utf-8") if known is not None else None
    if not options.check and not options.dry_run and before != text:
        files.write_atomic(path, text)
        wrote = True
    outcome = _outcome(path, known, made, started)
    outcome = replace(
        outcome,
        notes=resolution.notes,
        resolved_count=len(made.packages),
        wrote=wrote,
        stale_reason=reason if before != text else None,
    )
    _warn_of_strangers(context, options.resolve, made)
    return made, outcome


def prepare(context: Context, options: LockOptions) -> Locking:
    """Gather what a lock is made from, without asking an index."""
    settings, workspace = context.settings, context.workspace
    project = joined_project(context.project, workspace)
    if project.requires_python is None and project.named:
        context.reporter.warn(
            f"`{project.path.name}` has no `requires-python`; the lock serves Python"
            f" {DEFAULT_PYTHONS}"
        )
    no_sources = options.resolve.no_sources
    roots = gather_roots(project, settings, no_sources=no_sources, workspace=workspace)
    indexes = context.indexes(options.index)
    direct = direct_reader(context, project.root, indexes, no_sources=no_sources)
    if workspace is not None:
        warn_of_settings(context, workspace)
        direct.members = frozenset(workspace.members)
        direct.stating = frozenset(static_members(workspace))
    direct.declare(roots.direct, roots.forced)
    targets = require_declared(None, project, settings)
    require_declared(options.target, project, settings)
    inputs = lock_inputs(project, settings, options.resolve, roots, direct.declared, targets)
    return Locking(context, project, options, roots, direct, inputs, indexes, targets)


def read_existing(context: Context, path: Path) -> Lock | None:
    """Read the lockfile, or return None where there is none. Warnings are reported."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    reading = read_lock(text, path)
    for warning in reading.warnings:
        context.reporter.warn(warning)
    return reading.lock


def require_lock(known: Lock | None, path: Path) -> Lock:
    """Return the lock, or raise :class:`MissingLockError`."""
    if known is None:
        raise MissingLockError(
            "there is no lockfile", where=str(path), hints=["run `wheelright lock` to make one"]
        )
    return known


def require_current(context: Context, options: LockOptions) -> Lock:
    """Return the lock if it is current, for ``--locked``. Raises :class:`StaleLockError`."""
    path = context.project.root / LOCK_NAME
    known = require_lock(read_existing(context, path), path)
    stale = staleness(known, prepare(context, options).inputs)
    if stale is not None:
        raise StaleLockError(
            "the lockfile is not current",
            where=str(path),
            details=stale.reasons,
            hints=["run `wheelright lock` to make it current, or leave `--locked` out"],
        )
    return known


def _upgrades(options: ResolveOptions) -> bool:
    return options.upgrade or bool(options.upgrade_package)


def _why_not_current(work: Locking, known: Lock | None) -> str | None:
    if known is None:
        return "there was no lockfile"
    stale = staleness(known, work.inputs)
    if stale is not None:
        return "; ".join(stale.reasons)
    return "an upgrade was asked for" if _upgrades(work.options.resolve) else None


def make_lock(work: Locking, known: Lock | None) -> tuple[Lock, Resolution]:
    """Resolve the project and put the answer into a lock, preferring what ``known`` holds."""
    context, project = work.context, work.project
    policy = build_policy(context, work.options.build)
    local = _read_places(work, known)
    driver = _driver(work, local, policy)
    request = _request(work, driver, known)
    try:
        asked = resolve(request)
        if isinstance(driver.judge, TargetsJudge):
            asked = resolve_for_targets(request, driver.judge)
        resolution = driver.drive(asked)
        check_references(resolution, local, project)
        if isinstance(driver.judge, TargetsJudge):
            check_archives(driver.judge, resolution, local)
    except ResolutionFailure as failure:
        if isinstance(driver.judge, TargetsJudge):
            failure = with_target_help(failure, driver.judge, driver.pages)
        raise with_hints(failure, driver, context.cache_directory / "index") from None
    except WheelrightError as error:
        error.doing = error.doing or f"locking `{project.name}`"
        raise
    _report(context, work, resolution, driver)
    bounds, environments = request.requires_python, resolution.environments
    lowest = lower_bound(bounds) or (3, 0, 0)
    served = served_targets(work.targets, resolution, request.environments)
    if isinstance(driver.judge, TargetsJudge):
        bounds = covered_python(bounds, served)
        environments = covered_environments(work.targets, served, bounds)
        oldest_first = request.policy.resolution == "lowest"
        told = notes(driver.judge, resolution, driver.pages, oldest_first=oldest_first)
        resolution = dataclasses.replace(resolution, notes=(*resolution.notes, *told))
    made = Lock(
        requires_python=bounds,
        environments=environments,
        extras=tuple(project.optional_dependencies),
        groups=tuple(project.groups),
        default_groups=tuple(project.default_groups),
        packages=write_packages(resolution, driver, local, policy, lowest[1], known),
        targets=served,
        inputs=work.inputs,
    )
    return canonical(made), resolution


def _driver(work: Locking, local: Mapping[str, LocalProject], policy: BuildPolicy) -> Driver:
    """Return what answers the resolver; its judge decides by files where targets are declared."""
    context, settings, options = work.context, work.context.settings, work.options
    pages: dict[str, ProjectPage] = {}
    return Driver(
        work.indexes,
        _judge(work, policy, pages),
        context.reporter,
        fixed={name: one.fixed for name, one in local.items()},
        pinned_index=pinned_indexes((*work.roots.indexes, *work.direct.claims)),
        restrict=Cutoffs.of(settings, options.resolve, context.reporter).apply,
        overlay=Stated.of(settings).dependencies,
        build=source_metadata(context, work.indexes, policy),
        pages=pages,
    )


def _request(work: Locking, driver: Driver, known: Lock | None) -> Request:
    """Return the question to the resolver; the driver learns of origins that it speaks of."""
    settings, bounds = work.context.settings, requires_python(work.project)
    environments = tuple(map(str, settings.environments))
    points = points_of(work.targets, bounds, environments)
    request = Request(
        work.project.name,
        tuple(sorted(work.roots.requirements, key=lambda root: (str(root.entry), root.text))),
        requires_python=bounds,
        points=points.points,
        point_pythons=points.pythons,
        point_optional=points.optional,
        environments=environments,
        conflicts=conflicts_of(work.project, settings),
        policy=choice(work.context, work.options.resolve, known),
    )
    claims = (*work.roots.indexes, *work.direct.claims)
    driver.origins = origins_of(claims, request)
    urls = {one.name: without_credentials(one.url) for one in settings.index if one.name}
    policy = with_origins(request.policy, driver.origins, claims, known, urls)
    return dataclasses.replace(request, policy=policy)


def _judge(
    work: Locking, policy: BuildPolicy, pages: dict[str, ProjectPage]
) -> UniversalJudge | TargetsJudge:
    """Return who says which releases may be chosen; ``pages`` will hold what was read."""
    settings, build = work.context.settings, work.options.build
    required = tuple(map(str, settings.required_environments))
    if not work.targets:
        return UniversalJudge(policy, required)
    return TargetsJudge(
        work.targets,
        policy,
        wheels=build.wheels or settings.wheels,
        allow_build=(*build.allow_build, *settings.allow_build),
        pages=pages,
        required=required,
    )


def _read_places(work: Locking, known: Lock | None) -> dict[str, LocalProject]:
    """Return all that comes from one place, as it was locked unless it shall be upgraded."""
    resolve = work.options.resolve
    upgraded = {_name(text) for text in resolve.upgrade_package}
    try:
        work.direct.complete(known, lambda name: resolve.upgrade or name in upgraded)
    except WheelrightError as error:
        error.doing = error.doing or f"locking `{work.project.name}`"
        raise
    return work.direct.found


def requires_python(project: Project) -> str:
    """Return the Pythons that a project's lock serves."""
    return DEFAULT_PYTHONS if project.requires_python is None else str(project.requires_python)


def choice(context: Context, options: ResolveOptions, known: Lock | None) -> Policy:
    """Return how to choose among versions: settings, options, and what is locked."""
    settings = context.settings
    upgraded = {_name(text) for text in options.upgrade_package}
    kept = {} if known is None or options.upgrade else known.by_name
    preferred: dict[str, tuple[str, ...]] = {}
    several: dict[str, tuple[tuple[str, str | None], ...]] = {}
    for name, packages in kept.items():
        versions = tuple((p.version, p.marker) for p in packages if p.version is not None)
        if name not in upgraded and len(versions) == 1:
            preferred[name] = (versions[0][0],)
        elif name not in upgraded:
            several[name] = versions
    limits = [text for text in options.upgrade_package if text.strip() != _name(text)]
    constraints = [str(requirement) for requirement in settings.constraint_dependencies]
    return Policy(
        resolution=options.resolution or settings.resolution,
        prerelease=options.prerelease or settings.prerelease,
        preferred=preferred,
        locked=several,
        constraints=(*constraints, *limits),
        overrides=tuple(str(requirement) for requirement in settings.override_dependencies),
        excludes=frozenset(settings.exclude_dependencies),
        edits=edits_of(settings),
        prereleases=prereleases_of(settings, options),
    )


def _name(text: str) -> str:
    from wheelright.project import parse_requirement

    return parse_requirement(text).name


def _outcome(path: Path, before: Lock | None, after: Lock, started: float) -> LockOutcome:
    changes = () if before is after else compare(before, after)
    return LockOutcome(
        str(path),
        changes=tuple(
            Change(c.name, tuple(c.old_versions), tuple(c.new_versions)) for c in changes
        ),
        environments=after.environments,
        packages=tuple(LockedItem(p.name, p.version, p.marker) for p in after.packages),
        targets=tuple(ServedItem(*astuple(target)) for target in after.targets),
        seconds=time.monotonic() - started,
    )


def _warn_of_strangers(context: Context, options: ResolveOptions, made: Lock) -> None:
    """Tell of names that were to be upgraded and that nothing needs: they may be misspelt."""
    for name in sorted({_name(text) for text in options.upgrade_package} - made.by_name.keys()):
        from difflib import get_close_matches

        near = get_close_matches(name, sorted(made.by_name), 1)
        meant = f"; did you mean `{near[0]}`?" if near else ""
        context.reporter.warn(f"nothing needs `{name}`, so it was not upgraded{meant}")


def _report(context: Context, work: Locking, resolution: Resolution, driver: Driver) -> None:
    counts = resolution.statistics
    context.reporter.debug(
        f"resolved `{work.project.name}`: {counts.steps} steps, {counts.conflicts} conflicts,"
        f" {counts.splits} splits, {counts.refinements} refinements, {counts.visited} versions"
        f" visited, {counts.environments} parts, {driver.counts()}"
    )
    for line in counts.backtracked:
        context.reporter.debug(line)
