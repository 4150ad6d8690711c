"""Driving the resolver: what it asks is answered from the indexes, fetched ahead on threads.

Must live here: turning index pages into listings, metadata into dependencies, and the look
ahead. The resolver names what it will very likely ask next; that is fetched at once, and so
are the pages of what fetched metadata requires, with the version that would be chosen first.
Which facts arrive first never changes the answer: the resolver takes them in its own order.
"""

from __future__ import annotations

import gc
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
from msgspec import Struct, field

from wheelright.errors import WheelrightError
from wheelright.index import MetadataUnavailableError, ProjectNotFoundError
from wheelright.outside.threads import Job, Team
from wheelright.resolver import (
    Answer,
    Candidate,
    Dependencies,
    Listing,
    Need,
    NeedCandidates,
    NeedDependencies,
    Origin,
    Resolution,
    Unavailable,
)
from wheelright.resolver.candidates import is_prerelease, specifiers_of, version_of
from wheelright.resolver.markers import Atom, atoms
from wheelright.resolver.requirements import parse_dependency
from wheelright.workflows.fitness import FIT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from wheelright.index import Indexes, Metadata, ProjectPage, Release
    from wheelright.outside.reporting import Reporter
    from wheelright.resolver.requirements import Dependency
    from wheelright.store import File
    from wheelright.workflows.fitness import Fitness

T = TypeVar("T")

#: Requests under way at once: more do not help on two cores, fewer starve a distant index.
WORKERS = 16
#: How many of the newest versions a look ahead considers before it gives up.
LOOK_AHEAD = 40
#: How many guesses of the look ahead may stand out before anything was answered.
GUESSES = 4


class Judge(Protocol):
    """Says which files of a release may be used, and where they serve."""

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release as a whole."""

    def order(self, release: Release) -> tuple[File, ...]:
        """Return its files in the order in which they are asked for metadata."""


class Fixed(Struct, frozen=True):
    """A project that does not come from an index: one version, at ``place`` (in words)."""

    version: str
    requires: tuple[str, ...]
    requires_python: str | None = None
    extras: tuple[str, ...] = ()
    place: str = ""


class Driver(Struct):
    """Answers one resolution. ``pages`` holds what was read, for writing the lock afterwards.

    ``origins`` are those of projects that have several. What is kept by name is then kept by name
    and label (``torch@1``), as the resolver keeps versions apart: :func:`page_key`.
    """

    indexes: Indexes
    judge: Judge
    reporter: Reporter
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    pinned_index: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    restrict: Callable[[ProjectPage], ProjectPage] = lambda page: page
    overlay: Callable[[str, str], Dependencies | None] = lambda _name, _version: None
    build: Callable[[str, str, Release], Metadata] | None = None
    pages: dict[str, ProjectPage] = field(default_factory=dict)
    unknown: dict[str, ProjectNotFoundError] = field(default_factory=dict)
    foreign: dict[str, Dependency] = field(default_factory=dict)  # by who brought it
    cut: dict[str, str] = field(default_factory=dict)  # the newest version that `restrict` took
    left_out: dict[str, dict[str, str]] = field(default_factory=dict)  # by version: why
    _releases: dict[str, dict[str, Release]] = field(default_factory=dict)
    _page_jobs: dict[str, Job[ProjectPage]] = field(default_factory=dict)
    _metadata: dict[tuple[str, str], Metadata] = field(default_factory=dict)  # that took no request
    _metadata_jobs: dict[tuple[str, str], Job[Metadata]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _guessing: Lock = field(default_factory=Lock)
    _expected: set[str] = field(default_factory=set)
    _guesses: set[tuple[str, str]] = field(default_factory=set)
    _answered: int = 0
    _team: Team = field(default_factory=lambda: Team(WORKERS, "wheelright-index"))
    _closed: bool = False

    def drive(self, resolution: Generator[Need, Answer, Resolution]) -> Resolution:
        """Answer every need until the resolution is complete.

        What a resolution makes is kept until its end: to look for garbage costs a fifth of the
        time and finds next to none.
        """
        self.reporter.begin("resolve")
        collecting = gc.isenabled()
        gc.disable()
        try:
            need = next(resolution)
            while True:
                need = resolution.send(self._answer(need))
        except StopIteration as stop:
            result: Resolution = stop.value
            return result
        finally:
            if collecting:
                gc.freeze()
                gc.enable()
            with self._lock:
                self._closed = True
            self._team.drop_all()
            self.reporter.end("resolve")

    def _answer(self, need: Need) -> Answer:
        if isinstance(need, NeedCandidates):
            for name, specifier in need.soon:
                if name not in self._expected:
                    self._expect(name, specifier)
            if need.name in self.origins:
                return self._several(need.name)
            return self._listing(need.name)
        return self._dependencies(need)

    def counts(self) -> str:
        """Say how much was read, from the cache or an index, for ``-v`` and benchmarks."""
        read = len(self._metadata) + len(self._metadata_jobs)
        return f"{len(self._page_jobs)} pages, {read} metadata files read"

    # -- listings

    def _keys(self, name: str) -> list[str]:
        """Return what the pages and fixed versions of a project are kept by."""
        return [f"{name}@{origin.label}" for origin in self.origins.get(name, ())] or [name]

    def _several(self, name: str) -> Listing:
        """Return the candidates of all origins of a project in one row."""
        found = [
            msgspec.structs.replace(candidate, origin=origin)
            for origin, key in zip(self.origins[name], self._keys(name), strict=True)
            for candidate in self._listing(key).candidates
        ]
        found.sort(key=lambda candidate: version_of(candidate.version), reverse=True)
        unknown = None if found else f"none of the sources of `{name}` has a version of it"
        return Listing(name, tuple(found), unknown)

    def _listing(self, name: str) -> Listing:
        fixed = self.fixed.get(name)
        if fixed is not None:
            return Listing(name, (Candidate(fixed.version, fixed.requires_python),))
        try:
            page = self._want_page(name).result()
        except ProjectNotFoundError as error:
            self.unknown[name] = error
            return Listing(name, (), f"no index knows a project named `{name}`")
        self.reporter.advance("resolve", 0, name)
        judge, candidates = self.judge.judge, []
        for release in page.releases:
            fitness = judge(name, release)
            if fitness is FIT:
                said = release.summary
                one = Candidate(release.version, said.requires_python, said.yanked)
                candidates.append(one)
            elif fitness.left_out is None:
                candidates.append(_candidate(release, fitness))
            else:
                self.left_out.setdefault(name, {})[release.version] = fitness.left_out
        return Listing(name, tuple(candidates), None if page.releases else _empty(name))

    def _expect(self, name: str, specifier: str | None) -> None:
        """Fetch the pages of a project, and the version that it will very likely get."""
        self._expected.add(name)
        for key in self._keys(name):
            if key in self.fixed:
                continue
            job = self._want_page(key)
            if specifier is not None and key == name:
                self._hope_then(job, name, specifier, sure=True)

    def _want_page(self, name: str) -> Job[ProjectPage]:
        asked = self._page_jobs.get(name)  # without the lock: who holds it may read the cache
        if asked is not None:
            return asked
        with self._lock:
            job = self._page_jobs.get(name)
            if job is None:
                known = self.indexes.known_page(_name(name), self.pinned_index.get(name))
                if known is not None:
                    job = Job.of(self._restricted(name, known))
                else:
                    job = self._start(self._load_page, name)
                self._page_jobs[name] = job
            return job

    def _load_page(self, name: str) -> ProjectPage:
        index = self.pinned_index.get(name)
        return self._restricted(name, self.indexes.page(_name(name), index=index))

    def _restricted(self, name: str, page: ProjectPage) -> ProjectPage:
        restricted = self.pages[name] = self.restrict(page)
        if page.releases and page.releases[:1] != restricted.releases[:1]:
            self.cut[name] = page.releases[0].version
        return restricted

    # -- dependencies

    def _dependencies(self, need: NeedDependencies) -> Dependencies | Unavailable:
        name, version = key = page_key(need.name, need.version)
        fixed = self.fixed.get(name)
        if fixed is not None:
            return Dependencies(fixed.requires, fixed.requires_python, fixed.extras)
        known = self.overlay(_name(name), version)
        if known is not None:
            return known
        self.reporter.advance("resolve", 1, f"{name}=={version}")
        with self._guessing:
            self._answered += 1
            self._guesses.discard(key)
        try:
            metadata = self._metadata.get(key) or self._awaited(need)
        except MetadataUnavailableError as error:
            return Unavailable("; ".join((error.message, *error.details)))
        foreign = self._foreign(metadata.requires_dist)
        if foreign is not None:
            self.foreign[name] = foreign
            return Unavailable(
                f"it takes `{foreign.name}` from a URL, which is used only where the user names it"
                " too"
            )
        for failure in metadata.failures:
            self.reporter.debug(f"{name} {version}: {failure}; asked another file")
        return Dependencies(metadata.requires_dist, metadata.requires_python, metadata.extras)

    def _awaited(self, need: NeedDependencies) -> Metadata:
        """Return what a version requires; where that takes a request, ask for what comes next too.

        What is at hand is no reason to look ahead: the search is back in no time.
        """
        key = page_key(need.name, need.version)
        job = self._want_metadata(*key)
        if job is None:
            return self._metadata[key]
        for name, identity in need.soon:
            other, version = page_key(name, identity)
            if other not in self.fixed:
                self._want_metadata(other, version)
        return job.result()

    def _foreign(self, requires: Iterable[str]) -> Dependency | None:
        """Return what an index's package takes from a place that the project does not name.

        What only an extra asks for is let through: it is looked at once it is asked for.
        """
        for text in [text for text in requires if "@" in text]:
            try:
                dependency = parse_dependency(text)
            except WheelrightError:
                return None  # the resolver says what is wrong with it
            extra = dependency.marker is not None and _asks_for_extra(atoms(dependency.marker))
            named = dependency.name in self.fixed or dependency.name in self.origins
            if dependency.url is not None and not named and not extra:
                return dependency
        return None

    def _want_metadata(self, name: str, version: str) -> Job[Metadata] | None:
        """See that a version's metadata is known or asked for; None where it is known already."""
        key = name, version
        asked = self._metadata_jobs.get(key)
        if asked is not None or key in self._metadata:
            return asked
        with self._lock:
            if key in self._metadata:
                return None
            job = self._metadata_jobs.get(key)
            if job is None:
                release = self._release(name, version)
                known = self.indexes.kept_metadata(_name(name), release)
                if known is None:
                    files = self.judge.order(release)
                    known = self.indexes.known_metadata(_name(name), version, files)
                if known is not None:
                    self._metadata[key] = known
                    return None
                job = self._metadata_jobs[key] = self._start(self._load_metadata, name, version)
            return job

    def _release(self, name: str, version: str) -> Release:
        """Return a release of a project whose page was read before."""
        releases = self._releases.get(name)
        if releases is None:
            newest = next(iter(self.pages[name].releases), None)
            if newest is not None and newest.version == version:
                return newest  # of most projects no other is asked for
            releases = {release.version: release for release in self.pages[name].releases}
            self._releases[name] = releases
        return releases[version]

    def _load_metadata(self, name: str, version: str) -> Metadata:
        release = self._release(name, version)
        files = self.judge.order(release)
        try:
            metadata = self.indexes.metadata(_name(name), version, files, release.mark)
        except MetadataUnavailableError:
            if self.build is None:
                raise
            metadata = self.build(_name(name), version, release)
        self._look_ahead(metadata)
        return metadata

    def _look_ahead(self, metadata: Metadata) -> None:
        """Fetch the pages of what a version requires, and the version that each would get."""
        for text in metadata.requires_dist:
            try:
                dependency = parse_dependency(text)
                extra = dependency.marker is not None and _asks_for_extra(atoms(dependency.marker))
                own = dependency.name in self.fixed or dependency.name in self.origins
                if not extra and not own and dependency.url is None:
                    self._ahead(dependency.name, dependency.specifier)
            except WheelrightError:
                continue  # the resolver will meet it, and say so where it matters

    def _ahead(self, name: str, specifier: str) -> None:
        if name in self._page_jobs or self._closed:
            return
        job = self._want_page(name)
        self._hope_then(job, name, specifier, sure=False)

    def _hope_then(self, job: Job[ProjectPage], name: str, specifier: str, *, sure: bool) -> None:
        """Once a page is there, fetch the metadata of the version that it will very likely be."""
        job.then(lambda done: self._hope(done, name, specifier, sure=sure))

    def _hope(self, done: Job[ProjectPage], name: str, specifier: str, *, sure: bool) -> None:
        """Fetch the metadata of the newest version that satisfies; few times where not ``sure``."""
        if done.failure is not None or self._closed:
            return
        parts = specifiers_of(specifier) if specifier else ()
        for release in done.result().releases[:LOOK_AHEAD]:
            text = release.version
            if is_prerelease(text) or not all(p.contains(version_of(text)) for p in parts):
                continue
            fitness = self.judge.judge(name, release)
            if fitness.left_out is None and (fitness.files is None or fitness.files.hopeful):
                if sure or self._may_guess(name, text):
                    self._want_metadata(name, text)
                return

    def _may_guess(self, name: str, version: str) -> bool:
        """Whether one more guess may stand out; few may, where few were right so far."""
        with self._guessing:
            if len(self._guesses) >= GUESSES + self._answered // 5:
                return False
            self._guesses.add((name, version))
            return True

    def _start(self, work: Callable[..., T], *arguments: str) -> Job[T]:
        """Work on a thread; dropped where all is over already."""
        if self._closed:
            job = Job(lambda: work(*arguments))
            job.drop()
            return job
        return self._team.start(lambda: work(*arguments))


def page_key(name: str, identity: str) -> tuple[str, str]:
    """Split a candidate's identity: what its page is kept by, and the version."""
    if "@" not in identity:
        return name, identity
    version, at, label = identity.partition("@")
    return f"{name}{at}{label}", version


def _name(key: str) -> str:
    return key.partition("@")[0]


def _asks_for_extra(found: Iterable[Atom]) -> bool:
    return any(atom.variable == "extra" for atom in found)


def _candidate(release: Release, fitness: Fitness) -> Candidate:
    said = release.summary
    return Candidate(
        release.version,
        said.requires_python,
        said.yanked,
        fitness.serves,
        fitness.misfit,
        fitness.unserved,
        files=fitness.files,
        reluctant=fitness.reluctant,
    )


def _empty(name: str) -> str:
    return f"no version of `{name}` has a usable file"
