"""Making a lock: the project resolved, and the answer put into the form of a lock.

What imports this has the resolver in memory: a verb does so only once a lock must be made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from wheelright.errors import WheelrightError
from wheelright.lockfile import Lock, canonical
from wheelright.lockfile.model import without_credentials
from wheelright.project import parse_requirement
from wheelright.resolver import Policy, Request, ResolutionFailure, resolve
from wheelright.resolver.pythons import lower_bound
from wheelright.workflows.conflicts import conflicts_of
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.direct.checking import check_references
from wheelright.workflows.driver import Driver
from wheelright.workflows.freshness import requires_python
from wheelright.workflows.judges import UniversalJudge
from wheelright.workflows.origins import origins_of, pinned_indexes, with_origins
from wheelright.workflows.passing import check_archives, notes
from wheelright.workflows.policy import build_policy
from wheelright.workflows.sources import source_metadata
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
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.index import ProjectPage
    from wheelright.resolver import Resolution
    from wheelright.workflows.context import Context
    from wheelright.workflows.freshness import Locking
    from wheelright.workflows.local import LocalProject
    from wheelright.workflows.options import ResolveOptions
    from wheelright.workflows.origins import Claim
    from wheelright.workflows.policy import BuildPolicy


def make_lock(work: Locking, known: Lock | None) -> tuple[Lock, Resolution]:
    """Resolve the project and put the answer into a lock, preferring what ``known`` holds."""
    context, project = work.context, work.project
    policy = build_policy(context, work.options.build)
    local = _read_places(work, known)
    claims = (*work.roots.indexes, *(() if work.direct is None else work.direct.claims))
    driver = _driver(work, local, claims, policy)
    request = _request(work, driver, claims, known)
    try:
        asked = resolve(request)
        if isinstance(driver.judge, TargetsJudge):
            asked = resolve_for_targets(request, driver.judge)
        resolution = driver.drive(asked)
        check_references(resolution, local, project)
        if isinstance(driver.judge, TargetsJudge):
            check_archives(driver.judge, resolution, local)
    except ResolutionFailure as failure:
        from wheelright.workflows.hints import with_hints

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
        resolution = structs.replace(resolution, notes=(*resolution.notes, *told))
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


def _driver(
    work: Locking,
    local: Mapping[str, LocalProject],
    claims: Iterable[Claim],
    policy: BuildPolicy,
) -> Driver:
    """Return what answers the resolver; its judge decides by files where targets are declared."""
    context, settings, options = work.context, work.context.settings, work.options
    indexes = context.indexes(options.index)
    pages: dict[str, ProjectPage] = {}
    return Driver(
        indexes,
        _judge(work, policy, pages),
        context.reporter,
        fixed={name: one.fixed for name, one in local.items()},
        pinned_index=pinned_indexes(claims),
        restrict=Cutoffs.of(settings, options.resolve, context.reporter).apply,
        overlay=Stated.of(settings).dependencies,
        build=source_metadata(context, indexes, policy, options.build.how),
        pages=pages,
    )


def _request(work: Locking, driver: Driver, claims: Sequence[Claim], known: Lock | None) -> Request:
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
    driver.origins = origins_of(claims, request)
    urls = {one.name: without_credentials(one.url) for one in settings.index if one.name}
    policy = with_origins(request.policy, driver.origins, claims, known, urls)
    return structs.replace(request, policy=policy)


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
    if work.direct is None:
        return {}
    resolve = work.options.resolve
    upgraded = {parse_requirement(text).name for text in resolve.upgrade_package}
    try:
        work.direct.complete(known, lambda name: resolve.upgrade or name in upgraded)
    except WheelrightError as error:
        error.doing = error.doing or f"locking `{work.project.name}`"
        raise
    return work.direct.found


def choice(context: Context, options: ResolveOptions, known: Lock | None) -> Policy:
    """Return how to choose among versions: settings, options, and what is locked."""
    settings = context.settings
    upgraded = {parse_requirement(text).name for text in options.upgrade_package}
    kept = {} if known is None or options.upgrade else known.by_name
    preferred: dict[str, tuple[str, ...]] = {}
    several: dict[str, tuple[tuple[str, str | None], ...]] = {}
    for name, packages in kept.items():
        versions = tuple((p.version, p.marker) for p in packages if p.version is not None)
        if name not in upgraded and len(versions) == 1:
            preferred[name] = (versions[0][0],)
        elif name not in upgraded:
            several[name] = versions
    limits = [
        text for text in options.upgrade_package if text.strip() != parse_requirement(text).name
    ]
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


def _report(context: Context, work: Locking, resolution: Resolution, driver: Driver) -> None:
    counts = resolution.statistics
    context.reporter.debug(
        f"resolved `{work.project.name}`: {counts.steps} steps, {counts.conflicts} conflicts,"
        f" {counts.splits} splits, {counts.refinements} refinements, {counts.visited} versions"
        f" visited, {counts.environments} parts, {driver.counts()}"
    )
    for line in counts.backtracked:
        context.reporter.debug(line)
