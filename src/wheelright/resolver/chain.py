"""The short proof: what the requirements force, one project after the other, without trying.

Most conflicts need no case split: what the project requires narrows a project, whatever remains
of it requires something of the next, until nothing remains. This module finds such a proof from
the leaves of the search's own; where there is none (:func:`forced` returns None), the search's
proof is told instead (``proof``).

Two rules, to the fixed point: *need* (all that remains of a needed project requires a child, so
the child is needed within what they admit) and *drop* (versions whose requirement meets nothing
that remains of the child are dropped). Then the conflict is traced back, keeping only what it
needs.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.resolver.incompatibility import RequirementCause, SameVersionCause
from wheelright.resolver.words import cause_of, gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wheelright.resolver.incompatibility import Incompatibility
    from wheelright.resolver.words import Words


class Step(Struct, eq=False):
    """One line of a proof: because of the reasons (clauses and earlier steps), the conclusion."""

    reasons: list[str | Step]
    conclusion: str


class _Narrowing(Struct, eq=False):
    """What remains of a project after one argument, which leaned on what remained of another."""

    project: int
    keep: int
    leaves: list[Incompatibility]
    other: int = -1
    leaned: tuple[_Narrowing, ...] = ()
    need: bool = False


class _Chain(Struct):
    words: Words
    remaining: list[int]
    needed: set[int]
    narrowings: dict[int, list[_Narrowing]] = field(default_factory=lambda: defaultdict(list))
    wishes: dict[tuple[int, int], list[Incompatibility]] = field(
        default_factory=lambda: defaultdict(list)
    )
    steps: dict[int, Step] = field(default_factory=dict)

    def narrow(self, narrowing: _Narrowing) -> bool:
        project = narrowing.project
        new = narrowing.need and project not in self.needed
        if not new and self.remaining[project] & ~narrowing.keep == 0:
            return False
        self.remaining[project] &= narrowing.keep
        self.narrowings[project].append(narrowing)
        if narrowing.need:
            self.needed.add(project)
        return True

    def conflict(self) -> int | None:
        return next((project for project in self.needed if not self.remaining[project]), None)

    def run(self) -> int | None:
        """Apply the rules until a needed project has nothing left, or nothing changes."""
        while True:
            found = self.conflict()
            if found is not None:
                return found
            if not (self._sweep(self._need) or self._sweep(self._drop)):
                return None

    def _sweep(self, rule: Callable[[int, int], bool]) -> bool:
        """Apply a rule everywhere once; return whether anything changed."""
        changed = False
        for parent, child in sorted(self.wishes):
            if parent != 0:
                changed |= rule(parent, child)
        return changed

    def admitted(self, parent: int, child: int, within: int) -> tuple[int, int]:
        """Return which of the parent's versions require the child, and what they admit in all."""
        by_version: dict[int, int] = {}
        for leaf in self.wishes[parent, child]:
            bits = leaf.terms[parent] & within
            if bits:
                by_version[bits] = by_version.get(bits, -1) & cause_of(leaf).matching
        covered = united = 0
        for bits, matching in by_version.items():
            covered |= bits
            united |= matching
        return covered, united

    def _need(self, parent: int, child: int) -> bool:
        within = self.remaining[parent]
        if parent not in self.needed or not within:
            return False
        covered, united = self.admitted(parent, child, within)
        if within & ~covered:
            return False
        leaves = [leaf for leaf in self.wishes[parent, child] if leaf.terms[parent] & within]
        leaned = tuple(self.narrowings[parent])
        return self.narrow(_Narrowing(child, united, leaves, parent, leaned, need=True))

    def _drop(self, parent: int, child: int) -> bool:
        gone = 0
        leaves = []
        for leaf in self.wishes[parent, child]:
            bits = leaf.terms[parent] & self.remaining[parent]
            if bits and not cause_of(leaf).matching & self.remaining[child]:
                gone |= bits
                leaves.append(leaf)
        if not gone:
            return False
        leaned = tuple(self.narrowings[child])
        return self.narrow(_Narrowing(parent, ~gone, leaves, child, leaned))

    # -- tracing back

    def step(self, narrowing: _Narrowing) -> str | Step:
        """Return what one narrowing says: a clause where it leans on nothing, else a step."""
        known = self.steps.get(id(narrowing))
        if known is not None:
            return known
        said = self.words.leaves(narrowing.leaves)
        if narrowing.need and narrowing.other == 0:
            return said
        if narrowing.other < 0 or not (narrowing.leaned or narrowing.need):
            return said
        leaned = self._leaned(narrowing)
        project = narrowing.project
        if narrowing.need:
            causes = [cause_of(leaf) for leaf in narrowing.leaves]
            keep = narrowing.keep
            if keep:
                needed = self.words.need(project, causes, keep)
                conclusion = f"`{self.words.project}` needs {needed}"
            else:
                conclusion = self.impossible
        else:
            versions = ~narrowing.keep & self.words.nodes[project].candidates.any
            conclusion = f"{self.words.versions(project, versions)} cannot be used"
        step = Step([*(self.step(one) for one in leaned), said], conclusion)
        self.steps[id(narrowing)] = step
        return step

    @property
    def impossible(self) -> str:
        return f"the requirements of `{self.words.project}` cannot be met"

    def _leaned(self, narrowing: _Narrowing) -> list[_Narrowing]:
        """Return the narrowings of the other project that an argument cannot do without."""
        other = narrowing.other
        if narrowing.need:
            covered, _ = self.admitted(other, narrowing.project, -1)

            def holds(remaining: int) -> bool:
                if remaining & ~covered:
                    return False
                return not self.admitted(other, narrowing.project, remaining)[1] & ~narrowing.keep

            return self._least(narrowing.leaned, other, holds, need=True)
        admitted = 0
        for leaf in narrowing.leaves:
            admitted |= cause_of(leaf).matching
        return self._least(narrowing.leaned, other, lambda remaining: not remaining & admitted)

    def _least(
        self,
        narrowings: Sequence[_Narrowing],
        project: int,
        holds: Callable[[int], bool],
        *,
        need: bool = False,
    ) -> list[_Narrowing]:
        """Drop narrowings one by one, those that lean on most first, while ``holds`` stays true."""
        kept = list(narrowings)
        for one in sorted(narrowings, key=lambda n: (n.other > 0, len(n.leaned)), reverse=True):
            rest = [other for other in kept if other is not one]
            remaining = self.words.nodes[project].candidates.any
            for other in rest:
                remaining &= other.keep
            if holds(remaining) and (not need or any(other.need for other in rest)):
                kept = rest
        return kept

    def told(self, conflict: int) -> Step:
        """Return the last step: nothing remains of a needed project."""
        least = self._least(
            self.narrowings[conflict], conflict, lambda remaining: not remaining, need=True
        )
        if len(least) == 1:
            only = self.step(least[0])
            return Step([only], self.impossible) if isinstance(only, str) else only
        return Step([self.step(one) for one in least], self.impossible)


def forced(leaves: Iterable[Incompatibility], words: Words) -> tuple[Step, int] | None:
    """Return the last step of a proof without case splits and its project; None where none is."""
    chain = _Chain(words, [node.candidates.any for node in words.nodes], {0})
    states: list[Incompatibility] = []
    for leaf in leaves:
        if isinstance(leaf.cause, RequirementCause):
            parent = next(iter(leaf.terms))
            chain.wishes[parent, leaf.cause.child].append(leaf)
        elif isinstance(leaf.cause, SameVersionCause):
            return None
        else:
            states.append(leaf)
    for group in gathered(states):
        ((project, bits),) = group[0].terms.items()
        for leaf in group[1:]:
            bits |= leaf.terms[project]
        chain.narrow(_Narrowing(project, ~bits, group))
    for (parent, child), group in sorted(chain.wishes.items()):
        if parent != 0:
            continue
        for leaf in group:
            matching = cause_of(leaf).matching
            chain.narrow(_Narrowing(child, matching, [leaf], 0, need=True))
    conflict = chain.run()
    return None if conflict is None else (chain.told(conflict), conflict)
