"""Which versions a search will very likely visit next, so that they can be fetched ahead.

Must live here: naming them, and when that is worth a look. It decides nothing; how many may stand
out at a time is said in ``knowledge``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.assignments import ones
from wheelright.resolver.serving import best_served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelright.resolver.assignments import Assignments
    from wheelright.resolver.graph import Node
    from wheelright.resolver.knowledge import Knowledge
    from wheelright.resolver.universe import Universe

#: Conflicts after which a project is decided before its turn, and its next versions are named.
RESTLESS = 5
#: How many versions of a project that keeps falling are named ahead, at most.
FORESIGHT = 64
#: Falls of a project between two looks at what comes next, once it fell often.
GLANCE = 8


class Foresight:
    """What one search will visit next, by its state, which it shares."""

    __slots__ = (
        "assignments",
        "foretold",
        "knowledge",
        "likely",
        "nodes",
        "preferred",
        "reach",
        "universe",
        "where",
    )

    def __init__(
        self,
        knowledge: Knowledge,
        universe: Universe,
        where: int,
        preferred: Mapping[str, tuple[str, ...]],
        nodes: Sequence[Node],
        assignments: Assignments,
        reach: Sequence[int],
    ) -> None:
        self.knowledge = knowledge
        self.universe = universe
        self.where = where
        self.preferred = preferred
        self.nodes = nodes
        self.assignments = assignments
        self.reach = reach
        self.likely: dict[int, tuple[int, int]] = {}  # foretold for these sets
        self.foretold: dict[int, tuple[int, int]] = {}  # bits of what falls

    def coming(self, project: int, waiting: int) -> Iterator[tuple[str, str]]:
        """Yield the versions that would be visited next; ``waiting`` has a bit by project.

        First, of a project whose versions fall one after the other, half as many more as were
        visited; then what would be if nothing went wrong.
        """
        yield from self._falling(project)
        allowed, reach, likely = self.assignments.allowed, self.reach, self.likely
        for other in ones(waiting):
            state = allowed[other], reach[other]
            if other != project and likely.get(other) != state:
                node = self.nodes[other]
                yield node.key[0], self._likely(node, allowed[other])
                likely[other] = state  # whoever came back for more has taken it

    def _falling(self, project: int) -> Iterator[tuple[str, str]]:
        fallen = self.knowledge.visits.get(self.nodes[project].key[0], 0)
        if fallen < RESTLESS or (fallen > FORESIGHT and fallen % GLANCE):
            return
        candidates = self.nodes[project].candidates
        top = min(self.assignments.allowed[project].bit_length(), len(candidates.order) + 1) - 2
        last = max(1, top - min(fallen // 2, FORESIGHT) + 2)
        high, low = self.foretold.get(project, (0, 0))
        for bit in range(low - 1 if low <= top <= high else top, last - 1, -1):
            yield candidates.name, candidates.identity(bit)
            self.foretold[project] = max(high, top), bit

    def _likely(self, node: Node, allowed: int) -> str:
        for version in self.preferred.get(node.key[0], ()):
            bit = node.candidates.bits.get(version, 0)
            if bit and allowed >> bit & 1:
                return version
        need = self.reach[node.base] & self.where
        return node.candidates.identity(best_served(self.universe, node.candidates, allowed, need))
