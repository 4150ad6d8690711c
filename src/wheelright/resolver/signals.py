"""How a search ends without an answer: the set must be split, shrunk, or nothing satisfies.

Signals from ``search`` to ``resolve``, which solves the parts, starts again, or explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.graph import Node
    from wheelright.resolver.incompatibility import Incompatibility
    from wheelright.resolver.split import Split


class MustSplit(Exception):  # noqa: N818 - not an error
    """The set has no common answer."""

    def __init__(self, split: Split) -> None:
        super().__init__()
        self.split = split


class LeaveOut(Exception):  # noqa: N818 - not an error
    """Only Pythons that nobody was promised stand in the way: nothing serves ``name`` there.

    ``cells`` are they: (point of the request, Python minor) pairs.
    """

    def __init__(self, cells: set[tuple[int, int]], name: str) -> None:
        super().__init__()
        self.cells = cells
        self.name = name


class Impossible(Exception):  # noqa: N818 - translated by ``resolve``
    """No versions satisfy ``where``; ``proof`` derives it, and speaks of ``nodes``."""

    def __init__(self, proof: Incompatibility, nodes: Sequence[Node], where: int) -> None:
        super().__init__()
        self.proof = proof
        self.nodes = nodes
        self.where = where
