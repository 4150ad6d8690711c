"""Resolving for one environment: requirements, direct references, what is installed already.

An installed version that satisfies stays, whatever the indexes have: it is a candidate of its
own, preferred, whose metadata is read from the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.version import Version

from wheelright.errors import RequestError
from wheelright.index import (
    Metadata,
    MetadataUnavailableError,
    ProjectNotFoundError,
    ProjectPage,
    Release,
)
from wheelright.index.metadata import read_metadata
from wheelright.resolver import (
    Dependencies,
    Policy,
    Request,
    ResolutionFailure,
    RootRequirement,
    Unavailable,
    resolve,
)
from wheelright.resolver.candidates import is_prerelease, specifiers_of, version_of
from wheelright.resolver.requirements import parse_dependency
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.driver import Driver, Fitness
from wheelright.workflows.hints import with_hints
from wheelright.workflows.judges import MachineJudge, UniversalJudge, usable_files
from wheelright.workflows.pip.asking import requirement_name
from wheelright.workflows.stated import Stated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelright.index import Indexes
    from wheelright.resolver import Resolution
    from wheelright.store import File
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.judges import BuildPolicy
    from wheelright.workflows.options import ResolveOptions
    from wheelright.workflows.pip.asking import Asked, Wishes
    from wheelright.workflows.pip.directs import Direct


@dataclass(frozen=True, slots=True)
class Kept:
    """A version that is installed and may stay, and what it requires."""

    version: str
    facts: Dependencies


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be resolved.

    ``aim`` is the one environment; None means every environment with ``requires_python``.
    ``foreign`` says that nothing may be built where there are wheels. ``hashes`` limits the files
    of projects. ``no_deps`` takes what is asked for and nothing that it requires.
    """

    name: str
    asked: tuple[Asked, ...]
    directs: Mapping[str, Direct]
    policy: BuildPolicy
    choice: Policy
    aim: Aim | None = None
    foreign: bool = False
    requires_python: str = ""
    kept: Mapping[str, Kept] = field(default_factory=dict)
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pinned_indexes: Mapping[str, str] = field(default_factory=dict)
    no_deps: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen, the driver that knows the pages, and what is to be told."""

    resolution: Resolution
    driver: Driver
    notes: tuple[str, ...]


@dataclass(slots=True)
class SiteJudge:
    """Judges releases for one environment; what is installed fits."""

    machine: MachineJudge | UniversalJudge
    kept: Mapping[str, Kept]

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release; one without files stands for the installed version."""
        kept = self.kept.get(name)
        if kept is not None and kept.version == release.version and not release.files:
            return Fitness()
        return self.machine.judge(name, release)

    def order(self, release: Release) -> tuple[File, ...]:
        """Order files as the machine's judge does."""
        return self.machine.order(release)


@dataclass(slots=True)
class SiteDriver(Driver):
    """A driver that knows what is installed, and lets no index bring direct references."""

    kept: Mapping[str, Kept] = field(default_factory=dict)

    def _load_page(self, name: str) -> ProjectPage:
        try:
            return Driver._load_page(self, name)
        except ProjectNotFoundError:
            kept = self.kept.get(name)
            if kept is None:
                raise
            self.pages[name] = page = ProjectPage(name, "", None, (_stand_in(kept, ""),))
            return page

    def _dependencies(self, name: str, version: str) -> Dependencies | Unavailable:
        found = Driver._dependencies(self, name, version)
        if isinstance(found, Unavailable) or name in self.fixed:
            return found
        for text in found.requires:
            if "@" in text:
                dependency = parse_dependency(text)
                if dependency.url is not None and dependency.name not in self.fixed:
                    return Unavailable(
                        f"it takes `{dependency.name}` from a URL; name that URL yourself to allow"
                        " it"
                    )
        return found


def _stand_in(kept: Kept, index: str) -> Release:
    return Release(kept.version, (), index)


def answer(
    context: Context,
    indexes: Indexes,
    builds: Builds,
    question: Question,
    options: ResolveOptions,
) -> Answer:
    """Resolve. Raises ``ResolutionFailure`` with hints, and the errors of indexes and builds."""
    judge = SiteJudge(_judge(question), question.kept)
    cutoffs = Cutoffs.of(context.settings, options, context.reporter)
    driver = SiteDriver(
        indexes,
        judge,
        context.reporter,
        fixed={
            name: replace(one.fixed, requires=()) if question.no_deps else one.fixed
            for name, one in question.directs.items()
        },
        pinned_index=question.pinned_indexes,
        restrict=lambda page: _restricted(cutoffs.apply(page), question),
        overlay=_overlay(context, question),
        build=_metadata_by_build(builds, question.policy),
        kept=question.kept,
    )
    try:
        resolution = driver.drive(resolve(_request(question)))
    except ResolutionFailure as failure:
        raise _with_hints(failure, driver, judge, question) from None
    counts = resolution.statistics
    context.reporter.debug(
        f"resolved: {counts.steps} steps, {counts.conflicts} conflicts, {counts.visited} versions"
        f" visited, {len(driver.pages)} pages"
    )
    notes = (*resolution.notes, *_passed_over(judge, resolution, driver, question))
    return Answer(resolution, driver, notes)


def _request(question: Question) -> Request:
    texts = tuple(
        RootRequirement(_without_extras(asked) if question.no_deps else _text(asked))
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


def _text(asked: Asked) -> str:
    """Return a requirement as the resolver reads it: options of its line left out."""
    assert asked.requirement is not None
    if asked.source is not None:
        return asked.text
    return asked.requirement.text or str(asked.requirement)


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
        kept = question.kept.get(name)
        if kept is not None and kept.version == version:
            return kept.facts
        return stated.dependencies(name, version)

    return overlay


def _metadata_by_build(
    builds: Builds, policy: BuildPolicy
) -> Callable[[str, str, Release], Metadata]:
    def build(name: str, version: str, release: Release) -> Metadata:
        sdists = [file for file in release.files if not file.is_wheel]
        if not sdists or not policy.may_build(name):
            raise MetadataUnavailableError(name, version, [])
        sdist = min(sdists, key=lambda file: (not file.name.endswith(".tar.gz"), file.name))
        headers = read_metadata(builds.sdist_metadata(sdist))
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


def _restricted(page: ProjectPage, question: Question) -> ProjectPage:
    """Leave out files with other hashes, and let the installed version stand for itself."""
    hashes = question.hashes.get(page.name)
    releases = page.releases
    if hashes is not None:
        releases = tuple(
            Release(release.version, files, release.index)
            for release in releases
            if (files := tuple(file for file in release.files if _allowed(file, hashes)))
        )
    kept = question.kept.get(page.name)
    if kept is not None:
        own = Version(kept.version)
        others = [one for one in releases if version_of(one.version) != own]
        releases = tuple(
            sorted(
                [*others, _stand_in(kept, page.index)],
                key=lambda one: version_of(one.version),
                reverse=True,
            )
        )
    if releases is page.releases:
        return page
    return ProjectPage(page.name, page.index, page.index_name, releases)


def _allowed(file: File, hashes: frozenset[str]) -> bool:
    """Whether a file has one of the hashes; one whose index tells none is measured later."""
    known = {f"{kind}:{digest}" for kind, digest in file.hashes.items()}
    comparable = {kind for kind in file.hashes if any(h.startswith(f"{kind}:") for h in hashes)}
    return not comparable or bool(known & hashes)


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


# -- what is told


def _with_hints(
    failure: ResolutionFailure, driver: Driver, judge: SiteJudge, question: Question
) -> ResolutionFailure:
    """Add what is known of direct references, hashes and platforms."""
    hints = []
    for name in failure.culprits:
        direct = question.directs.get(name)
        if direct is not None:
            hints.append(
                f"`{name}` comes from `{direct.shown}` ({direct.by}), which is version"
                f" {direct.version}; no other can be chosen"
            )
        if name in question.hashes:
            hints.append(f"only files of `{name}` with the hashes that are given can be chosen")
    hints += _platform_hints(failure, judge, question)
    failure = with_hints(failure, driver)
    failure.hints = (*failure.hints, *(hint for hint in hints if hint not in failure.hints))
    return failure


def _platform_hints(failure: ResolutionFailure, judge: SiteJudge, question: Question) -> list[str]:
    aim, machine = question.aim, judge.machine
    if aim is None or not isinstance(machine, MachineJudge):
        return []
    named = {name for name, _ in machine.passed_over}
    unfit = [name for name in failure.culprits if name in named]
    if not unfit:
        return []
    hints = [f"the wheels must fit {aim.words} with Python {aim.values['python_version']}"]
    if question.foreign:
        names = ", ".join(f"`{name}`" for name in unfit[:4])
        hints.append(
            f"allow a build of {names} with `--no-binary {unfit[0]}`, or ask for another platform"
            " with `--python-platform`"
        )
    return hints


def _passed_over(
    judge: SiteJudge, resolution: Resolution, driver: Driver, question: Question
) -> list[str]:
    """Say which newer versions would have been chosen if their files fitted."""
    machine = judge.machine
    if not isinstance(machine, MachineJudge) or not machine.passed_over:
        return []
    if question.choice.resolution != "highest":
        return []
    wanted: dict[str, list[str]] = {}
    texts = [_text(asked) for asked in question.asked if asked.source is None]
    for text in (
        *texts,
        *question.choice.constraints,
        *(line for package in resolution.packages for line in package.requires),
    ):
        dependency = parse_dependency(text)
        wanted.setdefault(dependency.name, []).append(dependency.specifier)
    notes = []
    for package in resolution.packages:
        if package.name in question.choice.preferred:
            continue
        found = _newest_passed_over(machine, package.name, package.version, wanted)
        if found is not None:
            version, reason = found
            notes.append(_passed_over_note(machine, driver, package.name, version, reason))
    return notes


def _newest_passed_over(
    machine: MachineJudge, name: str, chosen: str, wanted: Mapping[str, list[str]]
) -> tuple[str, str] | None:
    own = version_of(chosen)
    newer = [
        (version_of(version), version, reason)
        for (project, version), reason in machine.passed_over.items()
        if project == name and version_of(version) > own
    ]
    for version, text, reason in sorted(newer, reverse=True):
        if is_prerelease(text) and not is_prerelease(chosen):
            continue
        specifiers = [one for part in wanted.get(name, ()) if part for one in specifiers_of(part)]
        if all(one.contains(version, prereleases=True) for one in specifiers):
            return text, reason
    return None


def _passed_over_note(
    machine: MachineJudge, driver: Driver, name: str, version: str, reason: str
) -> str:
    text = f"{name} {version} passed over: {reason}"
    release = next(one for one in driver.pages[name].releases if one.version == version)
    sdist = any(not file.is_wheel for file in usable_files(name, release, machine.policy))
    if sdist and machine.foreign:
        text += f"; `--no-binary {name}` builds it"
    return text
