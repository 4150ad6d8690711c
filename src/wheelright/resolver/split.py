"""Where to cut a set of environments that cannot share one answer.

Python first, since the newest version for each Python is what people expect; then the platform
axes in their order. A cut between two masks that nowhere meet follows the axis on which they
differ, so that neither part has to be cut there again.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.pythons import Release
    from wheelright.resolver.universe import Universe


class Split(Struct, frozen=True):
    """Two sets of environments to be solved one after the other.

    ``python`` is the first Python of the newer part, where the Python alone tells them apart.
    """

    first: int
    second: int
    python: Release | None = None


def split_python(universe: Universe, where: int, usable: int) -> Split:
    """Cut ``where`` between the Pythons that meet ``usable`` and the others; usable ones first."""
    values = universe.values_on(0, usable & where)
    newer = where & universe.box(0, values)
    lowest = min(values)
    threshold = universe.starts[lowest] if lowest == len(universe.starts) - len(values) else None
    return Split(newer, where & ~newer, threshold)


def cut_python(universe: Universe, where: int, start: Release) -> Split:
    """Cut ``where`` between the Pythons from ``start`` on and the older ones; newer ones first."""
    newer = [value for value, known in enumerate(universe.starts) if known >= start]
    part = where & universe.box(0, newer)
    return Split(part, where & ~part, start)


def split_between(universe: Universe, where: int, masks: Sequence[int]) -> Split | None:
    """Cut ``where`` so that masks that share no environment come apart; None where nothing can.

    ``masks`` are where the causes of a conflict hold; together they hold nowhere in ``where``.
    """
    limited = list(dict.fromkeys(m for mask in masks if (m := mask & where) not in {0, where}))
    for axis in range(len(universe.axes)):
        touched = [set(universe.values_on(axis, mask)) for mask in limited]
        for one, other in combinations(touched, 2):
            if not one & other:
                return _along(universe, where, axis, one, other)
    if not limited:
        return None
    first = limited[0]
    return _ordered(first, where & ~first)


def _along(universe: Universe, where: int, axis: int, one: set[int], other: set[int]) -> Split:
    low, high = sorted((one, other), key=min)
    if axis == 0 and max(low) < min(high):
        return cut_python(universe, where, universe.starts[min(high)])
    part = where & universe.box(axis, one)
    return _ordered(part, where & ~part)


def _ordered(one: int, other: int) -> Split:
    """Order two parts by their first environment, so that the answer does not depend on luck."""
    return Split(one, other) if one & -one < other & -other else Split(other, one)
