"""Whether markers hold in environments of their own: asked before a resolution is begun."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.resolver.markers import parse_marker
from wheelright.resolver.universe import Universe, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.request import Request


class Comparison(Struct, frozen=True):
    """``overlaps`` are pairs of positions; ``whole``: there is a marker for every environment."""

    overlaps: tuple[tuple[int, int], ...]
    whole: bool


def compare_markers(request: Request, texts: Sequence[str]) -> Comparison:
    """Compare markers within the environments of a request; an empty text holds everywhere.

    The entries of its conflicts may stand in them: ``'cpu' in extras``.
    """
    vocabulary = Vocabulary(request.requires_python, exact=request.python_exact is not None)
    for text in (*request.environments, *filter(None, texts)):
        vocabulary.learn(parse_marker(text), listed=bool(request.points))
    universe = Universe(request, vocabulary)
    masks = [universe.mask(parse_marker(text)) if text else universe.everything for text in texts]
    reached = 0
    for mask in masks:
        reached |= mask
    return Comparison(
        tuple(
            (one, other) for one, other in combinations(range(len(masks)), 2)
            if masks[one] & masks[other]
        ),
        reached == universe.everything,
    )  # fmt: skip
