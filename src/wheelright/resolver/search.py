"""The search: PubGrub for one set of environments, one version per project in all of them.

A generator: what it does not know it asks for. It ends with a :class:`Part`, or by raising
:class:`MustSplit` (this set has no common answer, its parts may) or :class:`Impossible` (there is
an environment in which nothing satisfies).

Beyond the published algorithm (see docs/design/resolver.md):

- Incompatibilities know where they hold. A learned one that holds nowhere in the set, or nowhere
  that its projects are reached, is no reason to give up a version: the set is split instead.
- A requirement takes part only once its project is *reached* where its marker holds; until
  then it sleeps. ``reach`` is undone with the assignments that brought it about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.assignments import Assignment, Assignments, lowest, ones
from wheelright.resolver.foresight import RESTLESS, Foresight
from wheelright.resolver.graph import Counts, Edge, Key, Node, Part, gather_part
from wheelright.resolver.incompatibility import (
    BarredCause,
    Cause,
    Incompatibility,
    MisfitCause,
    PythonCause,
    RequirementCause,
    SameVersionCause,
    constrained,
    leaves,
    resolvent,
)
from wheelright.resolver.known import Incompatibilities, Shelf
from wheelright.resolver.markers import parse_marker
from wheelright.resolver.serving import check_promised, pass_over
from wheelright.resolver.signals import Impossible, MustSplit
from wheelright.resolver.split import split_between, split_python

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from wheelright.resolver.candidates import Candidates
    from wheelright.resolver.facts import Answer, Need, Origin, Soon
    from wheelright.resolver.knowledge import Knowledge, Release
    from wheelright.resolver.universe import Universe

ROOT = 0
#: Conflicts between two looks for incompatibilities that can be forgotten.
FORGET = 128


class Search:
    """The state of one search. See the module for what it does."""

    def __init__(
        self,
        knowledge: Knowledge,
        universe: Universe,
        where: int,
        preferred: Mapping[str, tuple[str, ...]],
        counts: Counts,
    ) -> None:
        self.knowledge = knowledge
        self.universe = universe
        self.where = where
        self.preferred = preferred
        self.counts = counts
        self.nodes: list[Node] = []
        self.numbers: dict[Key, int] = {}
        self.assignments = Assignments()
        self.known = Incompatibilities(self.assignments)
        self.reach: list[int] = []
        self.reach_log: list[tuple[int, int, int]] = []
        self.edges: dict[tuple[int, int], list[Edge]] = {}
        self.reached = 0  # bit by project: reached anywhere
        self.extras = 0  # bit by project: an extra of another
        self.restless = 0  # bit by project: given up too often to wait for its turn
        self.fitting: dict[tuple[int, int], int] = {}  # where candidates fit
        self.forget_at = 0  # the number of conflicts at which to look what can be forgotten
        self.foresight = Foresight(
            knowledge, universe, where, preferred, self.nodes, self.assignments, self.reach
        )

    def run(self, root: Candidates) -> Generator[Need, Answer, Part]:
        """Search until every reached project is decided."""
        self._add_node(("", ""), root)
        self.assignments.decide(ROOT, 1)
        self.assignments.level = self.assignments.steps[0].level = 0
        self.reach[ROOT] = self.where
        roots = self.knowledge.request.roots
        self.edges[ROOT, 1] = [
            Edge(
                self.universe.required_mask(dependency, "")
                & self.universe.asked_mask(roots[number].entry),
                dependency,
                entry=number,
            )
            for dependency, number in self.knowledge.roots
        ]
        yield from self._wake(ROOT)
        while True:
            self._settle()
            project = self._next()
            if project is None:
                return gather_part(
                    self.where, self.nodes, self.assignments.decided, self.edges, self.reach
                )
            bit = self._choose(project)
            if bit is None:
                continue
            if (project, bit) not in self.edges and not (yield from self._expand(project, bit)):
                continue
            asleep = self._asleep(project, bit)
            if asleep and not self._stumbles(project, bit, asleep):
                yield from self._connect(project, bit, asleep)
            self.counts.steps += 1
            if not self._barred(project, bit):
                self.assignments.decide(project, bit)
                self.known.changed.append(project)
                yield from self._spread(project)

    # -- nodes and facts

    def _add_node(self, key: Key, candidates: Candidates) -> int:
        number = self.numbers[key] = len(self.nodes)
        base = number if not key[1] else self.numbers[key[0], ""]
        self.nodes.append(Node(key, candidates, base))
        self.assignments.add_project(candidates.full)
        self.known.shelves.append(Shelf())
        self.reach.append(0)
        if base != number:
            self.extras |= 1 << number
        elif self.knowledge.unrest.get(key, 0) >= RESTLESS:
            self.restless |= 1 << number
        return number

    def _node(self, key: Key, soon: Soon) -> Generator[Need, Answer, int]:
        """Return the number of a project or extra, introducing it with what is known of it."""
        known = self.numbers.get(key)
        if known is not None:
            return known
        candidates = yield from self.knowledge.list_candidates(key[0], soon)
        if key[1]:
            yield from self._node((key[0], ""), soon)
            return self._add_node(key, candidates)
        number = self._add_node(key, candidates)
        self._introduce(number, candidates)
        return number

    def _introduce(self, number: int, candidates: Candidates) -> None:
        """State what holds of a project's candidates from the start."""
        everywhere = self.universe.everything
        reasons: dict[str, int] = {}
        for bit, reason in candidates.barred.items():
            reasons[reason] = reasons.get(reason, 0) | 1 << bit
        for reason, bits in reasons.items():
            self._add({number: bits}, everywhere, BarredCause(reason))
        for text, bits in candidates.by_python.items():
            usable = self.universe.python_mask(text)
            if usable & self.where == 0:
                self._add({number: bits}, everywhere & ~usable, PythonCause(text))
        for origin, bits in candidates.by_origin.items():
            offered = self.universe.origin_mask(origin)
            if offered & self.where == 0:
                self._add({number: bits}, everywhere & ~offered, MisfitCause(origin.words))
        for dependency in self.knowledge.constraints.get(candidates.name, ()):
            limited = candidates.any & ~candidates.matching(dependency.specifier)
            mask = self.universe.required_mask(dependency, "")
            if limited and self.where & ~mask == 0:
                self._add({number: limited}, mask, constrained(dependency))

    def _add(self, terms: Mapping[int, int], where: int, cause: Cause) -> None:
        self.known.add(Incompatibility(terms, where, cause))

    # -- edges and reach

    def _expand(self, project: int, bit: int) -> Generator[Need, Answer, bool]:
        """Read the edges of a candidate; return False where it turned out unusable."""
        node = self.nodes[project]
        version = node.candidates.identity(bit)
        release = yield from self.knowledge.release(
            node.key[0], version, lambda: self._soon(project)
        )
        if self._unusable(project, bit, release):
            return False
        extra, where = node.key[1], self.where
        mask_of = self.universe.required_mask
        self.edges[project, bit] = [
            Edge(mask, dependency)
            for dependency in release.dependencies
            if (dependency.only or extra) == extra and (mask := mask_of(dependency, extra)) & where
        ]
        if extra and extra not in release.extras:
            text = f"`{node.key[0]}` {version} has no extra `{extra}`; it is ignored"
            self.knowledge.notes.setdefault(text)
        return True

    def _unusable(self, project: int, bit: int, release: Release) -> bool:
        if release.fault is not None:
            where, cause = self.universe.everything, BarredCause(release.fault)
            self._add({self.nodes[project].base: 1 << bit}, where, cause)
            return True
        usable = self.universe.python_mask(release.requires_python)
        return self._python_bars(project, 1 << bit, usable, release.requires_python or "")

    def _python_bars(self, project: int, bits: int, usable: int, text: str) -> bool:
        """Whether these candidates need a newer Python than where the project is reached."""
        need = self.reach[project] & self.where
        if need & ~usable == 0:
            return False
        if need & usable:
            raise MustSplit(split_python(self.universe, self.where, usable))
        where = self.universe.everything & ~usable
        self._add({self.nodes[project].base: bits}, where, PythonCause(text))
        return True

    def _wake(self, project: int) -> Generator[Need, Answer, None]:
        """Let the edges of a decided project take part where it is reached."""
        bit = self.assignments.decided[project]
        asleep = self._asleep(project, bit)
        if asleep:
            yield from self._connect(project, bit, asleep)
        yield from self._spread(project)

    def _spread(self, project: int) -> Generator[Need, Answer, None]:
        """Reach what a decided project requires, and wake what is decided of that."""
        decided, reach = self.assignments.decided, self.reach
        bit, where = decided[project], reach[project]
        base = self.nodes[project].base
        grown = []
        if base != project and self._grow(base, where):
            grown.append(base)
        for edge in self.edges[project, bit]:
            here = edge.where & where
            if here:
                for child in edge.children:
                    if here & ~reach[child]:
                        self._grow(child, here)
                        grown.append(child)
        for child in grown:
            chosen = decided.get(child)
            if chosen is not None:
                self._fits(child, chosen)
                yield from self._wake(child)

    def _asleep(self, project: int, bit: int) -> list[Edge]:
        """Return the edges of a candidate that hold where its project is reached, and sleep."""
        reach = self.reach[project]
        return [edge for edge in self.edges[project, bit] if not edge.awake and edge.where & reach]

    def _grow(self, project: int, where: int) -> bool:
        before = self.reach[project]
        if where & ~before == 0:
            return False
        self.reach_log.append((project, before, self.assignments.level))
        self.reach[project] = before | where
        self.reached |= 1 << project
        return True

    def _connect(self, project: int, bit: int, asleep: list[Edge]) -> Generator[Need, Answer, None]:
        """State the incompatibilities of edges that wake up."""
        unlisted: Soon | None = None
        numbers = self.numbers
        for edge in asleep:
            name = edge.dependency.name
            children = []
            for extra in ("", *edge.dependency.extras):
                child = numbers.get((name, extra))
                if child is None:
                    if unlisted is None:
                        unlisted = self.knowledge.unlisted(one.dependency for one in asleep)
                    child = yield from self._node((name, extra), unlisted)
                children.append(child)
                self._require(project, bit, child, edge)
            edge.children = tuple(children)
            edge.awake = True

    def _stumbles(self, project: int, bit: int, asleep: list[Edge]) -> bool:
        """Whether one of these edges is contradicted by what is decided; then it alone is stated.

        What else a version requires that falls at once is of no use. What no version satisfies
        counts first.
        """
        numbers, nodes, allowed = self.numbers, self.nodes, self.assignments.allowed
        need = self.reach[project] & self.where
        found: tuple[int, Edge] | None = None
        for edge in asleep:
            dependency = edge.dependency
            child = numbers.get((dependency.name, ""))
            if child is None or child == project or edge.where & need == 0:
                continue
            matching = nodes[child].candidates.matching(dependency.specifier)
            if matching == 0 or (found is None and allowed[child] & matching == 0):
                found = child, edge
                if matching == 0:
                    break
        if found is None:
            return False
        child, edge = found
        self._require(project, bit, child, edge)
        if not edge.dependency.extras:
            edge.children, edge.awake = (child,), True
        return True

    def _require(self, project: int, bit: int, child: int, edge: Edge) -> None:
        candidates = self.nodes[child].candidates
        matching = candidates.matching(edge.dependency.specifier)
        roots = self.knowledge.request.roots
        entry = str(roots[edge.entry].entry) if edge.entry >= 0 else ""
        cause = RequirementCause(edge.dependency, child, matching, entry)
        if child == project:
            if not matching >> bit & 1:
                self._add({project: 1 << bit}, edge.where, cause)
        elif matching:
            self.known.require(
                project, 1 << bit, child, candidates.full ^ matching, edge.where, cause
            )
        else:  # the child's term would be true of any set
            self._add({project: 1 << bit}, edge.where, cause)

    # -- choosing

    def _next(self) -> int | None:
        """Return the project to decide next, or None where all is decided.

        An extra of a decided project comes first, then what has one version left, then what is
        restless, then what was required first.
        """
        assignments = self.assignments
        waiting = assignments.needed & self.reached
        extras = waiting & self.extras
        if extras:
            for project in ones(extras):
                if self.nodes[project].base in assignments.decided:
                    return project
            waiting ^= extras
        single = waiting & assignments.single
        if single:
            return lowest(single)
        restless = waiting & self.restless
        if restless:
            unrest = self.knowledge.unrest
            return max(ones(restless), key=lambda project: unrest[self.nodes[project].key])
        return lowest(waiting) if waiting else None

    def _barred(self, project: int, bit: int) -> bool:
        """Whether a candidate contradicts what is decided; it is then given up on this level.

        To choose it all the same would end in the same conflict one step later, and undo all
        that was decided since its reason. Reasons that hold nowhere that their projects are
        reached are left to that conflict, which splits.
        """
        for incompatibility in self.known.barring(project, bit):
            if self._real(incompatibility):
                versions = incompatibility.terms[project]
                self.counts.conflicts += 1
                if self.assignments.allowed[project] & ~versions:
                    self.assignments.derive(project, ~versions, incompatibility)
                    self.known.changed.append(project)
                else:
                    self.known.fresh.append(incompatibility)
                level = self.assignments.level
                back = self._patience(incompatibility, project, level)
                if back < level:
                    self._undo(back)
                return True
        return False

    def _choose(self, project: int) -> int | None:
        """Return the bit to decide, or None where a new incompatibility must be settled first."""
        node = self.nodes[project]
        allowed = self.assignments.allowed[project]
        if node.base != project:
            bit = self.assignments.decided[node.base]
            if allowed >> bit & 1:
                return bit
            others = node.candidates.any & ~(1 << bit)
            where = self.universe.everything
            self._add({node.base: 1 << bit, project: others}, where, SameVersionCause())
            return None
        name = node.key[0]
        if name in self.knowledge.request.policy.locked:
            locked = self._locked(project, allowed)
            if locked is not None:
                return locked
        for version in self.preferred.get(name, ()):
            bit = node.candidates.bits.get(version, 0)
            if bit and allowed >> bit & 1 and self._serves(project, bit):
                return bit
        bit = allowed.bit_length() - 1
        return bit if self._fits(project, bit) else None

    def _locked(self, project: int, allowed: int) -> int | None:
        """Return the version that was locked here; split where several were, each in its place."""
        node = self.nodes[project]
        need = self.reach[project] & self.where
        found: list[tuple[int, int]] = []
        for version, marker in self.knowledge.request.policy.locked.get(node.key[0], ()):
            bit = node.candidates.bits.get(version, 0)
            everything = self.universe.everything
            where = everything if marker is None else self.universe.mask(parse_marker(marker))
            if bit and allowed >> bit & 1 and where & need:
                found.append((bit, where & need))
        if len(found) > 1:
            split = split_between(self.universe, self.where, [where for _, where in found])
            if split is not None:
                raise MustSplit(split)
        return next((bit for bit, _ in found if self._serves(project, bit)), None)

    def _fits(self, project: int, bit: int) -> bool:
        """Whether a candidate can be used wherever its project is reached; if not, state why.

        Asked before it is chosen, and again whenever its project comes to be reached elsewhere.
        Raises :class:`MustSplit` where only some of the Pythons are new enough.
        """
        node = self.nodes[project]
        reach = self.reach[project] & self.where
        if node.base != project or reach & ~self.fitting.get((project, bit), 0) == 0:
            return True
        candidate = node.candidates.candidate(bit)
        if candidate.origin is not None and self._origin_bars(project, candidate.origin):
            return False
        text = candidate.requires_python or ""
        usable = self.universe.python_mask(text)
        if self._python_bars(project, node.candidates.by_python[text], usable, text):
            return False
        release = self.knowledge.releases.get((node.key[0], candidate.identity))
        if release is not None and self._unusable(project, bit, release):
            return False
        misfit = self.universe.misfit_mask(candidate)
        if reach & misfit:
            version = node.key[0], candidate.identity
            pass_over(self.knowledge, self.universe, version, self.where, reach)
            files = candidate.files
            reason = candidate.misfit if files is None else files.misfit
            self._add({project: 1 << bit}, misfit, MisfitCause(reason))
            return False
        for dependency in self.knowledge.constraints.get(node.key[0], ()):
            limited = node.candidates.any & ~node.candidates.matching(dependency.specifier)
            mask = self.universe.required_mask(dependency, "")
            if limited >> bit & 1 and mask & reach:
                self._add({project: limited}, mask, constrained(dependency))
                return False
        if release is not None:
            self.fitting[project, bit] = reach
        return True

    def _origin_bars(self, project: int, origin: Origin) -> bool:
        """Whether an origin is on offer nowhere that a project is reached; if so, state it.

        Raises :class:`MustSplit` where it is on offer in some of these environments.
        """
        offered = self.universe.origin_mask(origin)
        need = self.reach[project] & self.where
        if need & ~offered == 0:
            return False
        split = split_between(self.universe, self.where, [offered]) if need & offered else None
        if split is not None:
            raise MustSplit(split)
        bits = self.nodes[project].candidates.by_origin[origin]
        where = self.universe.everything & ~offered
        self._add({project: bits}, where, MisfitCause(origin.words))
        return True

    def _serves(self, project: int, bit: int) -> bool:
        """Whether a preferred version can be used wherever its project is reached."""
        candidate = self.nodes[project].candidates.candidate(bit)
        usable = self.universe.python_mask(candidate.requires_python)
        usable &= ~self.universe.misfit_mask(candidate)
        for dependency in self.knowledge.constraints.get(self.nodes[project].key[0], ()):
            if not self.nodes[project].candidates.matching(dependency.specifier) >> bit & 1:
                usable &= ~self.universe.required_mask(dependency, "")
        return self.reach[project] & self.where & ~usable == 0

    def _soon(self, project: int) -> tuple[tuple[str, str], ...]:
        """Name the versions that would be visited next, each once."""
        waiting = self.assignments.needed & self.reached & ~self.extras
        coming = self.foresight.coming(project, waiting)
        return self.knowledge.foretell(coming, sure=self.counts.conflicts == 0)

    # -- propagation and conflicts

    def _settle(self) -> None:
        """Propagate until nothing follows; learn from conflicts on the way."""
        while (conflict := self.known.propagate()) is not None:
            learned = self._learn(conflict)
            if learned is conflict:
                self.known.fresh.append(conflict)
            else:
                self.known.add(learned)
            if self.assignments.level == 0 and self.counts.conflicts >= self.forget_at:
                self.forget_at = self.counts.conflicts + FORGET
                self.known.forget()

    def _learn(self, conflict: Incompatibility) -> Incompatibility:
        """Resolve a conflict back to its cause, undo what led to it and return what was learned."""
        self.counts.conflicts += 1
        steps = self.assignments.steps
        while True:
            self._check_real(conflict)
            number, previous = self._responsible(conflict)
            satisfier = steps[number] if number >= 0 else None
            if satisfier is None or (satisfier.cause is None and satisfier.level == 0):
                self._check_promised(conflict)
                raise Impossible(conflict, self.nodes, self.where)
            if satisfier.cause is None or previous < satisfier.level:
                self._check_promised(conflict)
                self._undo(self._patience(conflict, satisfier.project, previous))
                return conflict
            project = satisfier.project
            full = self.nodes[project].candidates.full
            conflict = resolvent(conflict, satisfier.cause, project, full)

    def _patience(self, conflict: Incompatibility, project: int, level: int) -> int:
        """Return the level to go back to: further than needed for a project rejected too often.

        A project whose versions fall one after the other against an earlier decision is decided
        before it from then on; the proof is as valid on a lower level.
        """
        key = self.nodes[project].key
        unrest = self.knowledge.unrest[key] = self.knowledge.unrest.get(key, 0) + 1
        self.knowledge.falls.note(self.nodes, conflict, project)
        if unrest != RESTLESS:
            return level
        if self.nodes[project].base == project:
            self.restless |= 1 << project
        decisions = [
            self.assignments.steps[numbers[-1]].level
            for other in conflict.terms
            if other != project and (numbers := self.assignments.by_project[other])
        ]
        return max(0, min([level, *(decided - 1 for decided in decisions)]))

    def _responsible(self, conflict: Incompatibility) -> tuple[int, int]:
        """Return the step that completed a conflict, and the level that the others stand on."""
        last, previous = -1, 0
        steps = self.assignments.steps
        completed: int | None = None
        for project, versions in conflict.terms.items():
            number = self.assignments.satisfier(project, versions)
            if number < 0:
                continue
            if number > last:
                if last >= 0:
                    previous = max(previous, steps[last].level)
                last, completed = number, project
            else:
                previous = max(previous, steps[number].level)
        if completed is not None:
            step: Assignment = steps[last]
            versions = conflict.terms[completed]
            numbers = self.assignments.by_project[completed]
            if numbers[-1] == last and (numbers[0] == last or steps[numbers[-2]].level <= previous):
                return last, previous  # whatever came before it stands no higher
            if step.own & ~versions & self.nodes[completed].candidates.full:
                before = self.assignments.satisfier(completed, versions, step.own)
                if before >= 0:
                    previous = max(previous, steps[before].level)
        return last, previous

    def _check_real(self, conflict: Incompatibility) -> None:
        """Split where a conflict holds in no environment in which its projects are reached."""
        if not self._real(conflict):
            masks = [self.reach[p] for p, versions in conflict.terms.items() if versions & 1 == 0]
            causes = [leaf.where for leaf in leaves(conflict)]
            split = split_between(self.universe, self.where, [*causes, *masks])
            if split is not None:
                raise MustSplit(split)

    def _check_promised(self, conflict: Incompatibility) -> None:
        if self.universe.optional:
            check_promised(self.universe, self.nodes, conflict, self._real(conflict))

    def _real(self, incompatibility: Incompatibility) -> int:
        """Return where it holds and all projects which it selects are reached."""
        real = incompatibility.where & self.where
        for project, versions in incompatibility.terms.items():
            if versions & 1 == 0:
                real &= self.reach[project]
        return real

    def _undo(self, level: int) -> None:
        self.assignments.backtrack(level)
        while self.reach_log and self.reach_log[-1][2] > level:
            project, before, _ = self.reach_log.pop()
            self.reach[project] = before
            if not before:
                self.reached &= ~(1 << project)
