"""Resolving for one environment: requirements, direct references, what is installed already.

An installed version that satisfies stays, whatever the indexes have: it is a candidate of its
own, preferred, whose metadata is read from the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, structs
from msgspec.structs import replace

from wheelright.errors import RequestError, WheelrightError
from wheelright.index import Metadata, MetadataUnavailableError, Release
from wheelright.index.metadata import read_metadata
from wheelright.resolver import Answer as Facts
from wheelright.resolver import (
    Candidate,
    Dependencies,
    Listing,
    NeedCandidates,
    Policy,
    Request,
    ResolutionFailure,
    RootRequirement,
    Unavailable,
    resolve,
)
from wheelright.resolver.candidates import version_of
from wheelright.resolver.requirements import parse_dependency
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.driver import Driver
from wheelright.workflows.fitness import Fitness
from wheelright.workflows.judges import MachineJudge, UniversalJudge
from wheelright.workflows.pip.asking import requirement_name
from wheelright.workflows.pip.question import requirement_text
from wheelright.workflows.pip.telling import passed_over, with_more_hints
from wheelright.workflows.stated import Stated, edits_of, prereleases_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from wheelright.index import Indexes
    from wheelright.resolver import Need, Resolution
    from wheelright.store import File
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import ResolveOptions
    from wheelright.workflows.pip.asking import Asked, Wishes
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.present import Kept
    from wheelright.workflows.pip.question import Question
    from wheelright.workflows.policy import BuildPolicy


class Answer(Struct, frozen=True):
    """What was chosen, the driver that knows the pages, and what is to be told."""

    resolution: Resolution
    driver: Driver
    notes: tuple[str, ...]


class SiteJudge(Struct):
    """Judges releases for one environment, by those of their files that have a given hash."""

    machine: MachineJudge | UniversalJudge
    hashes: Mapping[str, frozenset[str]]

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release; without a file of a hash that is given it is left out."""
        hashes = self.hashes.get(name)
        if hashes is None:  # the files of most releases are never looked at
            return self.machine.judge(name, release)
        allowed = with_hashes(release, hashes)
        if not allowed.files and release.files:
            return Fitness(left_out="none of its files has a hash that is given")
        return self.machine.judge(name, allowed)

    def order(self, release: Release) -> tuple[File, ...]:
        """Order files as the machine's judge does."""
        return self.machine.order(release)


def with_hashes(release: Release, hashes: frozenset[str] | None) -> Release:
    """Return a release without the files that have other hashes.

    A file whose index tells no hash of a kind that is given is measured when it is chosen.
    """
    if hashes is None:
        return release
    kinds = {text.partition(":")[0] for text in hashes}

    def allowed(file: File) -> bool:
        known = {f"{kind}:{digest}" for kind, digest in file.hashes.items()}
        return not kinds & file.hashes.keys() or bool(known & hashes)

    files = tuple(file for file in release.files if allowed(file))
    return Release(release.version, files, release.index)


def with_site(
    resolution: Generator[Need, Facts, Resolution],
    kept: Mapping[str, Kept],
    directs: Mapping[str, Direct],
) -> Generator[Need, Facts, Resolution]:
    """Stand between a resolution and its driver, and add what the driver does not know.

    What is installed is a candidate, whether or not an index has it, and is asked for nothing.
    What comes from an index may not bring a direct reference that the user did not name.
    """
    try:
        need = next(resolution)
        while True:
            own = kept.get(need.name)
            if isinstance(need, NeedCandidates):
                listing = yield need
                assert isinstance(listing, Listing)
                facts: Facts = listing if own is None else _with_installed(listing, own)
            elif own is not None and own.version == need.version:
                facts = own.dependencies()
            else:
                facts = yield need
                if isinstance(facts, Dependencies) and need.name not in directs:
                    facts = _without_references(facts, directs)
            need = resolution.send(facts)
    except StopIteration as stop:
        result: Resolution = stop.value
        return result


def _with_installed(listing: Listing, own: Kept) -> Listing:
    """Put the installed version where it belongs; that it is yanked now is too late to matter."""
    version = version_of(own.version)
    others = [one for one in listing.candidates if version_of(one.version) != version]
    candidates = sorted(
        [*others, Candidate(own.version)],
        key=lambda one: version_of(one.version),
        reverse=True,
    )
    return Listing(listing.name, tuple(candidates))


def _without_references(facts: Dependencies, directs: Mapping[str, Direct]) -> Facts:
    for text in facts.requires:
        if "@" not in text:
            continue
        try:
            dependency = parse_dependency(text)
        except WheelrightError:
            return facts  # the resolver says what is wrong with it
        if dependency.url is not None and dependency.name not in directs:
            return Unavailable(
                f"it takes `{dependency.name}` from a URL, which is used only where the user"
                " names it too"
            )
    return facts


def answer(
    context: Context,
    indexes: Indexes,
    builds: Callable[[], Builds],
    question: Question,
    options: ResolveOptions,
) -> Answer:
    """Resolve. ``builds`` are made once something must be built to tell what it requires.

    Raises ``ResolutionFailure`` with hints, and the errors of indexes and builds.
    """
    judge = SiteJudge(_judge(question), question.hashes)
    driver = Driver(
        indexes,
        judge,
        context.reporter,
        fixed={
            name: structs.replace(one.fixed, requires=()) if question.no_deps else one.fixed
            for name, one in question.directs.items()
        },
        pinned_index=question.pinned_indexes,
        restrict=Cutoffs.of(context.settings, options, context.reporter).apply,
        overlay=_overlay(context, question),
        build=_metadata_by_build(builds, question.policy),
    )
    if isinstance(judge.machine, MachineJudge):
        judge.machine.pages = driver.pages
    search = with_site(resolve(_request(question)), question.kept, question.directs)
    try:
        resolution = driver.drive(search)
    except ResolutionFailure as failure:
        from wheelright.workflows.hints import with_hints

        failure = with_hints(failure, driver, context.cache_directory / "index")
        raise with_more_hints(failure, judge.machine, question) from None
    counts = resolution.statistics
    context.reporter.debug(
        f"resolved: {counts.steps} steps, {counts.conflicts} conflicts, {counts.visited} versions"
        f" visited, {driver.counts()}"
    )
    for line in counts.backtracked:
        context.reporter.debug(line)
    notes = (*resolution.notes, *passed_over(judge.machine, resolution, driver, question))
    return Answer(resolution, driver, notes)


def _request(question: Question) -> Request:
    texts = tuple(
        RootRequirement(_without_extras(asked) if question.no_deps else requirement_text(asked))
        for asked in question.asked
    )
    if question.aim is None:
        return Request(
            question.name,
            texts,
            requires_python=question.requires_python,
            policy=question.choice,
        )
    return Request(
        question.name,
        texts,
        python_exact=question.aim.values["python_full_version"],
        points=(question.aim.values,),
        policy=question.choice,
    )


def _without_extras(asked: Asked) -> str:
    assert asked.requirement is not None
    requirement = replace(asked.requirement, extras=())
    return str(requirement) if asked.source is None else asked.text


def _judge(question: Question) -> MachineJudge | UniversalJudge:
    aim = question.aim
    if aim is None:
        return UniversalJudge(question.policy)
    return MachineJudge(aim.tags, question.policy, aim.words, question.foreign)


def _overlay(context: Context, question: Question) -> Callable[[str, str], Dependencies | None]:
    stated = Stated.of(context.settings)

    def overlay(name: str, version: str) -> Dependencies | None:
        if question.no_deps:
            return Dependencies()
        return stated.dependencies(name, version)

    return overlay


def _metadata_by_build(
    builds: Callable[[], Builds], policy: BuildPolicy
) -> Callable[[str, str, Release], Metadata]:
    def build(name: str, version: str, release: Release) -> Metadata:
        sdists = [file for file in release.files if not file.is_wheel]
        if not sdists or not policy.may_build(name):
            raise MetadataUnavailableError(name, version, [])
        sdist = min(sdists, key=lambda file: (not file.name.endswith(".tar.gz"), file.name))
        headers = read_metadata(builds().sdist_metadata(sdist))
        return Metadata(
            name,
            version,
            headers.requires_dist,
            headers.requires_python,
            headers.extras,
            sdist.name,
            "build",
        )

    return build


def choice(
    context: Context,
    options: ResolveOptions,
    wishes: Wishes,
    preferred: Mapping[str, tuple[str, ...]],
) -> Policy:
    """Return how to choose among versions: settings, files, options, and what is preferred."""
    settings = context.settings
    upgraded = {requirement_name(text) for text in options.upgrade_package}
    limits = [text for text in options.upgrade_package if text.strip() != requirement_name(text)]
    constraints = [str(requirement) for requirement in settings.constraint_dependencies]
    overrides = [str(requirement) for requirement in settings.override_dependencies]
    from_files = "allow" if wishes.prereleases else None
    return Policy(
        resolution=options.resolution or settings.resolution,
        prerelease=options.prerelease or from_files or settings.prerelease,
        preferred={
            name: versions
            for name, versions in preferred.items()
            if not options.upgrade and name not in upgraded
        },
        constraints=(*constraints, *_stated(wishes.constraints), *limits),
        overrides=(*overrides, *_stated(wishes.overrides)),
        excludes=frozenset(settings.exclude_dependencies),
        edits=edits_of(settings),
        prereleases=prereleases_of(settings, options),
    )


def _stated(asked: Iterable[Asked]) -> list[str]:
    """Return constraints or overrides as text. Raises ``RequestError`` for a nameless place."""
    texts = []
    for one in asked:
        if one.requirement is None:
            raise RequestError(
                f"`{one.text}` names no project, which a constraint or override must do",
                where=one.origin,
                hints=["write `NAME @ URL`"],
            )
        texts.append(str(replace(one.requirement, url=None)))
    return texts
