"""What was backtracked over, and because of what: gathered during the search, told by ``-v``.

Must live here: the tally of versions that fell and its words. It decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from wheelright.resolver.incompatibility import Incompatibility, RequirementCause, leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.candidates import Candidates
    from wheelright.resolver.graph import Node

#: How many lines are told; rarer falls are summed up.
LINES = 12


class Fall(Struct):
    """How often one project fell because of the same others; ``last`` is the latest reason.

    ``best``, ``worst`` and ``latest`` are the bits of versions that fell.
    """

    candidates: Candidates
    best: int
    worst: int
    latest: int
    count: int
    last: Incompatibility


class Falls(Struct):
    """All falls of a resolution, by project and the others (names) that stood in its way."""

    tally: dict[tuple[str, tuple[str, ...]], Fall] = msgspec.field(default_factory=dict)

    def note(self, nodes: Sequence[Node], why: Incompatibility, project: int) -> None:
        """Count one conflict that takes versions from a project."""
        versions = why.terms[project]
        if versions & 1:
            return  # what falls is that it is not selected: no version of it
        bit = versions.bit_length() - 1
        name = nodes[project].key[0]
        others = [other for one in why.terms if (other := nodes[one].key[0]) != name]
        key = (name, tuple(sorted(set(others)) if others[1:] else others))
        fall = self.tally.get(key)
        if fall is None:
            self.tally[key] = Fall(nodes[project].candidates, bit, bit, bit, 1, why)
        elif fall.latest != bit:  # what is given up often comes up once more as a conflict
            fall.count, fall.latest, fall.last = fall.count + 1, bit, why
            fall.best, fall.worst = max(fall.best, bit), min(fall.worst, bit)

    def lines(self) -> tuple[str, ...]:
        """Say what was backtracked over, most often first."""
        order = sorted(self.tally.items(), key=lambda item: (-item[1].count, item[0]))
        told = [_line(name, others, fall) for (name, others), fall in order[:LINES]]
        rest = order[LINES:]
        if rest:
            count = sum(fall.count for _, fall in rest)
            told.append(f"backtracked {_times(count)} over {len(rest)} further cases")
        return tuple(told)


def _line(name: str, others: tuple[str, ...], fall: Fall) -> str:
    best, worst = fall.candidates.version(fall.best), fall.candidates.version(fall.worst)
    span = best if best == worst else f"{best} to {worst}"
    names = [f"`{other or 'the project'}`" for other in others]
    because = f" because of {' and '.join(names)}" if names else ""
    causes = (leaf.cause for leaf in leaves(fall.last))
    text = next((c.dependency.text for c in causes if isinstance(c, RequirementCause)), "")
    lastly = f" (lastly `{text}`)" if text else ""
    return f"backtracked {_times(fall.count)} over `{name}` {span}{because}{lastly}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
