"""What is known so far, shared by every attempt: facts as sent, and what was read from them once.

Facts outlive a restart: when a marker brings a literal that the universe cannot tell apart, or
when the set of environments is split, the search starts again and asks for nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.errors import WheelrightError
from wheelright.resolver.candidates import (
    Candidates,
    Choice,
    is_prerelease,
    specifiers_of,
    version_of,
)
from wheelright.resolver.facts import (
    Answer,
    Dependencies,
    Listing,
    Need,
    NeedCandidates,
    NeedDependencies,
    Unavailable,
)
from wheelright.resolver.falls import Falls
from wheelright.resolver.markers import parse_marker
from wheelright.resolver.requirements import Dependency, parse_dependency
from wheelright.resolver.universe import Universe, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from wheelright.resolver.facts import Soon
    from wheelright.resolver.request import Request


#: How many versions may be foretold in any case.
FEW_AHEAD = 4


class Release(Struct, frozen=True):
    """One version's dependencies, read; ``fault`` says why it cannot be used."""

    dependencies: tuple[Dependency, ...] = ()
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    extras: tuple[str, ...] = ()
    fault: str | None = None


class Knowledge(Struct):
    """Facts by project and version, the vocabulary they brought, and the choice per project.

    ``stale`` says that the vocabulary grew since the last universe was built from it.
    ``passed_over`` has the (point, Python minor) pairs that a version's files do not serve, and
    ``left_out`` those that are covered no more, with the project that nothing serves there.
    """

    request: Request
    vocabulary: Vocabulary
    candidates: dict[str, Candidates] = field(default_factory=dict)
    releases: dict[tuple[str, str], Release] = field(default_factory=dict)
    pins: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    named: set[str] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    overrides: dict[str, list[Dependency]] = field(default_factory=lambda: defaultdict(list))
    constraints: dict[str, list[Dependency]] = field(default_factory=lambda: defaultdict(list))
    roots: list[tuple[Dependency, int]] = field(default_factory=list)
    stale: bool = False
    unrest: dict[tuple[str, str], int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    falls: Falls = field(default_factory=Falls)
    foretold: set[tuple[str, str]] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    passed_over: dict[tuple[str, str], set[tuple[int, int]]] = field(default_factory=dict)
    left_out: dict[tuple[int, int], str] = field(default_factory=dict)
    stated: dict[tuple[str, ...], list[Dependency]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> Knowledge:
        """Read what the request itself says."""
        vocabulary = Vocabulary(request.requires_python, exact=request.python_exact is not None)
        self = cls(request, vocabulary)
        for text in request.policy.overrides:
            dependency = parse_dependency(text)
            self.overrides[dependency.name].append(dependency)
            self._pin(dependency)
        for text in request.policy.constraints:
            dependency = parse_dependency(text)
            self.constraints[dependency.name].append(dependency)
            self._pin(dependency)
        for number, root in enumerate(request.roots):
            for dependency in self.effective([parse_dependency(root.text)]):
                self.roots.append((dependency, number))
                self.direct.add(dependency.name)
                self._pin(dependency)
        listed = bool(request.points)
        every = [*self.roots, *((d, 0) for group in self.constraints.values() for d in group)]
        for dependency, _ in every:
            if dependency.marker is not None:
                vocabulary.learn(dependency.marker, listed=listed)
        locked = request.policy.locked.values()
        markers = [marker for versions in locked for _, marker in versions if marker is not None]
        for text in (*request.environments, *markers):
            vocabulary.learn(parse_marker(text), listed=listed)
        return self

    def _pin(self, dependency: Dependency) -> None:
        """Note the versions that the project itself pins, and the pre-releases that it names."""
        for part in specifiers_of(dependency.specifier) if dependency.specifier else ():
            if part.operator in {"==", "==="} and not part.version.endswith(".*"):
                self.pins[dependency.name].add(part.version)
            if is_prerelease(part.version):
                self.named.add(dependency.name)

    def effective(self, dependencies: Iterable[Dependency]) -> list[Dependency]:
        """Apply overrides and excludes to requirements."""
        if not self.overrides and not self.request.policy.excludes:
            return list(dependencies)
        result = []
        for dependency in dependencies:
            if dependency.name in self.request.policy.excludes:
                continue
            result += self.overrides.get(dependency.name, [dependency])
        return result

    def list_candidates(self, name: str, soon: Soon) -> Generator[Need, Answer, Candidates]:
        """Return the candidates of a project, asking for them once; ``soon`` as the need has it."""
        known = self.candidates.get(name)
        if known is not None:
            return known
        answer = yield NeedCandidates(name, soon)
        assert isinstance(answer, Listing)
        policy, oldest = self.request.policy, self._is_oldest_first(name)
        pins = frozenset(pin for pin in self.pins.get(name, ()))
        prereleases = policy.prereleases.get(name, policy.prerelease)
        choice = Choice(oldest, prereleases, name in self.named, pins)
        known = self.candidates[name] = Candidates(answer, choice)
        new = False
        for text in filter(None, known.by_python):
            new |= self.vocabulary.learn_bound(text)
        for text in known.unserved:
            new |= self.vocabulary.learn(parse_marker(text), listed=bool(self.request.points))
        for text in {text for origin in known.by_origin for text in origin.where + origin.unless}:
            new |= self.vocabulary.learn(parse_marker(text), listed=bool(self.request.points))
        self.stale |= new
        return known

    def _is_oldest_first(self, name: str) -> bool:
        resolution = self.request.policy.resolution
        return resolution == "lowest" or (resolution == "lowest-direct" and name in self.direct)

    def unlisted(self, dependencies: Iterable[Dependency]) -> Soon:
        """Name the projects whose candidates are not known, and what their versions must satisfy.

        None for those of which an old version, or one chosen before, is preferred.
        """
        found: dict[str, str | None] = {}
        for one in dependencies:
            name = one.name
            if name not in self.candidates and name not in found:
                newest = name not in self.request.policy.preferred
                hopeful = newest and not self._is_oldest_first(name)
                found[name] = one.specifier if hopeful else None
        return tuple(found.items())

    def release(
        self, name: str, version: str, soon: Callable[[], tuple[tuple[str, str], ...]]
    ) -> Generator[Need, Answer, Release]:
        """Return what a version requires, asking for it once; ``soon`` tells what comes next."""
        known = self.releases.get((name, version))
        if known is not None:
            return known
        answer = yield NeedDependencies(name, version, soon)
        if isinstance(answer, Unavailable):
            known = Release(fault=answer.reason)
        else:
            assert isinstance(answer, Dependencies)
            known = self._read(name, version, answer)
        self.releases[name, version] = known
        self.visits[name] = self.visits.get(name, 0) + 1
        self.foretold.discard((name, version))
        self.stale |= self._learn(known)
        return known

    def foretell(
        self, found: Iterable[tuple[str, str]], *, sure: bool
    ) -> tuple[tuple[str, str], ...]:
        """Return what of ``found`` is neither known nor foretold yet; it is foretold now.

        Once conflicts came (not ``sure``), what is foretold may well never be visited: then no
        more than a quarter of what was visited may stand out at a time.
        """
        known = self.foretold
        room = max(FEW_AHEAD, len(self.releases) // 4) - len(known)
        if not sure and room <= 0:
            return ()
        unmet = (pair for pair in found if pair not in known and pair not in self.releases)
        fresh = tuple(unmet if sure else islice(unmet, room))
        known.update(fresh)
        return fresh

    def _read(self, name: str, identity: str, facts: Dependencies) -> Release:
        try:
            stated = self._stated(facts.requires)
        except WheelrightError as error:
            return Release(fault=f"its metadata cannot be read: {error.message}")
        requires = facts.requires
        edited: list[Dependency] = []
        for edit in self.request.policy.edits:
            if edit.name != name or not _is_version(edit.version, identity):
                continue
            new = [parse_dependency(text) for text in edit.requires]
            gone = edit.without | {one.name for one in new}
            stated = [one for one in stated if one.name not in gone]
            edited = [*(one for one in edited if one.name not in gone), *new]
            requires = tuple(one.text for one in (*stated, *edited))
        dependencies = (*self.effective(stated), *edited)
        return Release(dependencies, requires, facts.requires_python, facts.extras)

    def _stated(self, requires: tuple[str, ...]) -> list[Dependency]:
        """Read requirements; most versions of a project require what the one before does."""
        known = self.stated.get(requires)
        if known is None:
            known = self.stated[requires] = [parse_dependency(text) for text in requires]
        return known

    def _learn(self, release: Release) -> bool:
        listed = bool(self.request.points)
        new = False
        for dependency in release.dependencies:
            if dependency.marker is not None:
                new |= self.vocabulary.learn(dependency.marker, listed=listed)
        if release.requires_python:
            new |= self.vocabulary.learn_bound(release.requires_python)
        return new

    def universe(self) -> Universe:
        """Build the universe for the vocabulary as it stands."""
        self.stale = False
        return Universe(self.request, self.vocabulary, self.left_out.keys())

    def leave_out(self, cells: Iterable[tuple[int, int]], name: str) -> None:
        """Cover these (point, Python minor) pairs no more, nor newer Pythons of their points.

        ``name`` is the project that nothing serves there.
        """
        for point, oldest in cells:
            for minor in self.request.point_optional[point]:
                if minor >= oldest:
                    self.left_out.setdefault((point, minor), name)
        self.stale = True


def _is_version(version: str | None, identity: str) -> bool:
    return version is None or version_of(version) == version_of(identity.partition("@")[0])
