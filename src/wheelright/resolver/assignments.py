"""The partial solution: which versions each project may still have, and how that came about.

The one place of the search that changes. Every change is logged, so that it can be undone down
to a level, and so that conflict resolution can ask when a term came to hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.resolver.incompatibility import Incompatibility


class Assignment(Struct):
    """One step: ``project`` went from ``before`` to ``after`` at ``level``.

    ``cause`` is None for a decision. ``own`` is what this step alone says of the project.
    """

    project: int
    before: int
    after: int
    own: int
    level: int
    cause: Incompatibility | None


class Assignments:
    """The log of steps, the allowed sets by project, and the level.

    ``needed`` has a bit for each project that must be selected and is not decided yet,
    ``single`` for each that has one version left.
    """

    __slots__ = ("allowed", "by_project", "decided", "level", "needed", "single", "steps")

    def __init__(self) -> None:
        self.allowed: list[int] = []
        self.steps: list[Assignment] = []
        self.by_project: list[list[int]] = []
        self.decided: dict[int, int] = {}
        self.needed = 0
        self.single = 0
        self.level = 0

    def add_project(self, full: int) -> None:
        """Make room for one more project, of which nothing is known yet."""
        self.allowed.append(full)
        self.by_project.append([])

    def decide(self, project: int, bit: int) -> None:
        """Choose a candidate; a level begins."""
        self.level += 1
        self._record(project, 1 << bit, 1 << bit, None)
        self.decided[project] = bit
        self.needed &= ~(1 << project)

    def derive(self, project: int, own: int, cause: Incompatibility) -> None:
        """Narrow a project to ``own``, because of ``cause``."""
        self._record(project, self.allowed[project] & own, own, cause)

    def _record(self, project: int, after: int, own: int, cause: Incompatibility | None) -> None:
        before = self.allowed[project]
        self.by_project[project].append(len(self.steps))
        self.steps.append(Assignment(project, before, after, own, self.level, cause))
        self.allowed[project] = after
        if after & (after - 1) == 0:
            self.single |= 1 << project
        if before & 1 and not after & 1:
            self.needed |= 1 << project

    def backtrack(self, level: int) -> None:
        """Undo every step above ``level``."""
        while self.steps and self.steps[-1].level > level:
            step = self.steps.pop()
            project, before = step.project, step.before
            self.allowed[project] = before
            self.by_project[project].pop()
            if before & (before - 1):
                self.single &= ~(1 << project)
            if step.cause is None:
                del self.decided[project]
                self.needed |= 1 << project
            if before & 1:
                self.needed &= ~(1 << project)
        self.level = level

    def satisfier(self, project: int, versions: int, within: int = -1) -> int:
        """Return the number of the first step after which ``project`` lay within ``versions``.

        ``within`` narrows every step's set first: what one more assignment already says. -1
        (all ones) narrows nothing. Returns -1 where nothing had to be assigned.
        """
        outside = ~versions if within == -1 else ~versions & within
        numbers = self.by_project[project]
        steps = self.steps
        if not numbers or steps[numbers[0]].before & outside == 0:
            return -1
        last = steps[numbers[-1]]
        if last.before & outside:  # mostly it is the last one
            return numbers[-1] if last.after & outside == 0 else -1
        # Each step narrows the set, so the first that suffices is found by halving.
        low, high = 0, len(numbers) - 1
        while low < high:
            middle = (low + high) // 2
            if steps[numbers[middle]].after & outside:
                low = middle + 1
            else:
                high = middle
        return numbers[low]


def ones(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, lowest first."""
    while bits:
        lowest_bit = bits & -bits
        yield lowest_bit.bit_length() - 1
        bits ^= lowest_bit


def lowest(bits: int) -> int:
    """Return the number of the lowest bit that is set."""
    return (bits & -bits).bit_length() - 1
