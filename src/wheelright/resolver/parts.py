"""The question answered: searches for parts of the universe, joined into one resolution.

Starts with all environments at once. A search that must split hands back two sets, solved one
after the other, the later preferring what the earlier chose; a fact that refines the universe
starts everything again from what is known. Afterwards each entry (the project, an extra, a
group) is walked through the parts, to see where each package is reached.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wheelright.resolver.candidates import Candidates, Choice
from wheelright.resolver.errors import ResolutionFailure
from wheelright.resolver.facts import Candidate, Listing
from wheelright.resolver.graph import Counts, Part
from wheelright.resolver.incompatibility import leaves
from wheelright.resolver.join import join_parts
from wheelright.resolver.knowledge import Knowledge
from wheelright.resolver.result import LeftOut, PassedOver, Resolution, Statistics
from wheelright.resolver.search import Search
from wheelright.resolver.signals import Impossible, LeaveOut, MustSplit
from wheelright.resolver.simplify import marker_for
from wheelright.resolver.split import cut_python

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from wheelright.resolver.facts import Answer, Need
    from wheelright.resolver.pythons import Release
    from wheelright.resolver.request import Request
    from wheelright.resolver.result import Package
    from wheelright.resolver.universe import Universe


def _yanked(knowledge: Knowledge, packages: tuple[Package, ...]) -> Iterator[str]:
    """Tell of versions that were chosen although they were yanked, and why they were."""
    for package in packages:
        candidates = knowledge.candidates[package.name]
        identity = f"{package.version}@{package.origin}" if package.origin else package.version
        yanked = candidates.candidate(candidates.bits[identity]).yanked
        if yanked is not False:
            reason = f" ({yanked.strip()})" if isinstance(yanked, str) and yanked.strip() else ""
            yield f"{package.name} {package.version} is yanked{reason}"


def resolve(request: Request) -> Generator[Need, Answer, Resolution]:
    """Resolve a request: a generator that yields needs, is sent facts and returns the answer.

    Raises :class:`ResolutionFailure` with the proof as prose where there is an environment in
    which no versions satisfy, and ``InvalidRequirement`` for a root requirement that cannot be
    read. The same facts give the same answer, whatever machine or order they come from.
    """
    knowledge = Knowledge.of(request)
    counts = Counts()
    cuts: set[Release] = set()
    while True:
        universe = knowledge.universe()
        parts = yield from _solve(knowledge, universe, counts, cuts)
        if knowledge.stale:
            counts.refinements += 1
            continue
        packages = join_parts(request, knowledge, universe, parts)
        return Resolution(
            packages,
            (*knowledge.notes, *_yanked(knowledge, packages)),
            _environments(request, universe),
            Statistics(
                counts.steps,
                counts.conflicts,
                counts.splits,
                counts.refinements,
                len(knowledge.releases),
                len(parts),
                knowledge.falls.lines(),
            ),
            tuple(
                PassedOver(name, version.partition("@")[0], frozenset(cells))
                for (name, version), cells in knowledge.passed_over.items()
            ),
            tuple(LeftOut(*cell, name) for cell, name in sorted(knowledge.left_out.items())),
        )


def _solve(
    knowledge: Knowledge, universe: Universe, counts: Counts, cuts: set[Release]
) -> Generator[Need, Answer, list[Part]]:
    """Solve all declared environments, in as few parts as their answers allow.

    A search that met literals which the universe does not tell apart is carried to its end all
    the same, since most of what it asks will be asked again; its answer counts for nothing, and
    nor do the answers of the parts before it.

    Where only Pythons that need not be served stand in the way, they are left out, and everything
    starts again without them.

    ``cuts`` remembers the Pythons at which everything had to be split, so that a restart with a
    finer universe need not find them again.
    """
    root = Candidates(Listing("", (Candidate("0"),)), Choice())
    waiting = _cut(universe, cuts)
    parts: list[Part] = []
    while waiting:
        where = waiting.pop()
        search = Search(knowledge, universe, where, _preferred(knowledge, parts), counts)
        try:
            parts.append((yield from search.run(root)))
            if knowledge.stale:
                break
        except MustSplit as signal:
            if knowledge.stale:
                break
            counts.splits += 1
            split = signal.split
            if split.python is not None and universe.only_python(where, universe.everything):
                cuts.add(split.python)
            waiting += (split.second, split.first)
        except LeaveOut as signal:
            if not knowledge.stale:
                knowledge.leave_out(signal.cells, signal.name)
            break
        except Impossible as signal:
            if knowledge.stale:
                break
            raise _failure(knowledge, universe, signal) from None
    return parts


def _cut(universe: Universe, cuts: set[Release]) -> list[int]:
    """Cut everything at the remembered Pythons; the newest part comes last, to be taken first."""
    waiting: list[int] = []
    rest = universe.everything
    for start in sorted(cuts, reverse=True):
        split = cut_python(universe, rest, start)
        if split.first and split.second:
            waiting.insert(0, split.first)
            rest = split.second
    return [rest, *waiting]


def _preferred(knowledge: Knowledge, parts: list[Part]) -> Mapping[str, tuple[str, ...]]:
    """Return the versions to prefer: those locked before, then those that earlier parts chose."""
    preferred: dict[str, list[str]] = defaultdict(list)
    for name, versions in knowledge.request.policy.preferred.items():
        preferred[name] += versions
    for part in parts:
        for (name, extra), version in part.versions.items():
            if not extra and version not in preferred[name]:
                preferred[name].append(version)
    return {name: tuple(versions) for name, versions in preferred.items()}


def _failure(knowledge: Knowledge, universe: Universe, signal: Impossible) -> ResolutionFailure:
    # What explains is loaded where something must be explained.
    from wheelright.resolver.explain import explain, premises_of
    from wheelright.resolver.hints import hints_of
    from wheelright.resolver.words import Words

    words = Words(knowledge.request.name, signal.nodes)
    proof, culprits = explain(signal.proof, words)
    failing = signal.proof.where & signal.where
    marker = marker_for(universe, failing, universe.everything)
    where = f" where `{marker}`" if marker else ""
    premises = premises_of(leaves(signal.proof), words)
    return ResolutionFailure(
        f"no versions satisfy the requirements of `{knowledge.request.name}`{where}",
        details=proof,
        hints=hints_of(premises, next(iter(culprits), ""), knowledge.candidates, knowledge.request),
        culprits=culprits,
        premises=premises,
        marker=marker,
    )


def _environments(request: Request, universe: Universe) -> tuple[str, ...]:
    if request.points or request.environments:
        whole = (1 << universe.size) - 1
        return tuple(request.environments) if universe.everything != whole else ()
    return ()
