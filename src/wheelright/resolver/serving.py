"""What the search does where the files of versions serve some environments only.

Must live here: cutting between Pythons that a version serves and others, noting what was passed
over, and leaving out Pythons that need not be served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.incompatibility import MisfitCause, leaves
from wheelright.resolver.signals import LeaveOut, MustSplit
from wheelright.resolver.split import split_python

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.candidates import Candidates
    from wheelright.resolver.graph import Node
    from wheelright.resolver.incompatibility import Incompatibility
    from wheelright.resolver.knowledge import Knowledge
    from wheelright.resolver.universe import Universe


def pass_over(
    knowledge: Knowledge, universe: Universe, version: tuple[str, str], where: int, need: int
) -> None:
    """Note a version (name, identity) whose files do not serve all of ``need``.

    Raises :class:`MustSplit` on ``where`` if they serve every target on some of the Pythons: each
    Python gets the newest version that serves it.
    """
    candidates = knowledge.candidates[version[0]]
    misfit = need & universe.misfit_mask(candidates.candidate(candidates.bits[version[1]]))
    cells = universe.cells(misfit)
    if not cells:
        return
    knowledge.passed_over.setdefault(version, set()).update(cells)
    fine = fine_pythons(universe, need, misfit)
    if fine:
        raise MustSplit(split_python(universe, where, fine))


def fine_pythons(universe: Universe, need: int, misfit: int) -> int:
    """Return the environments of ``need`` with Pythons on which nothing misfits."""
    touched = set(universe.values_on(0, need & misfit))
    fine = [value for value in universe.values_on(0, need) if value not in touched]
    return need & universe.box(0, fine)


def best_served(universe: Universe, candidates: Candidates, versions: int, need: int) -> int:
    """Return the best of a set of versions that serves all of ``need`` on some Python.

    Where the first ``LOOK`` do not, the very best.
    """
    best = versions.bit_length() - 1
    for number, bit in enumerate(candidates.members(versions)):
        candidate = candidates.candidate(bit)
        if number == LOOK:
            break
        misfits = candidate.files is not None or candidate.serves is not None
        if not need or not misfits or fine_pythons(universe, need, universe.misfit_mask(candidate)):
            return bit
    return best


#: How many versions are looked at for one that serves, before it is guessed.
LOOK = 64


def check_promised(
    universe: Universe, nodes: Sequence[Node], conflict: Incompatibility, real: int
) -> None:
    """Leave Pythons out that nobody was promised, rather than give up versions for them.

    ``real`` is where a conflict holds among versions that are reached. Raises :class:`LeaveOut`
    where that is on such Pythons alone, and for want of files.
    """
    if real == 0 or real & ~universe.optional:
        return
    unserved = cells = universe.cells(real)
    name = ""
    for leaf in leaves(conflict):
        if not isinstance(leaf.cause, MisfitCause):
            continue
        ((project, versions),) = leaf.terms.items()
        name = name or nodes[project].key[0]
        for bit in nodes[project].candidates.members(versions):
            served = nodes[project].candidates.candidate(bit).served
            if served is not None:
                unserved = unserved - served
    if name:
        raise LeaveOut(unserved or cells, name)
