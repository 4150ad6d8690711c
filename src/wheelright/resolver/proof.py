"""The search's own proof, retold: one step per project that was argued about.

The search resolves incompatibilities in pairs. Pairs in a row that argue over the same project
(its versions falling one by one) are one step here, whose reasons are said as one clause where
they are of one kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.chain import Step
from wheelright.resolver.incompatibility import Derived
from wheelright.resolver.words import gathered, plural

if TYPE_CHECKING:
    from wheelright.resolver.incompatibility import Incompatibility
    from wheelright.resolver.words import Words


def retold(proof: Incompatibility, words: Words) -> Step:
    """Return the last step of a proof, with the steps it stands on."""
    order, uses = _derived(proof)
    premises: dict[int, list[Incompatibility]] = {}
    steps: dict[int, Step] = {}
    for node in order:
        cause = node.cause
        assert isinstance(cause, Derived)
        found: list[Incompatibility] = []
        for part in (cause.left, cause.right):
            inner = part.cause
            if isinstance(inner, Derived) and inner.pivot == cause.pivot and uses[id(part)] == 1:
                found += premises[id(part)]
            else:
                found.append(part)
        premises[id(node)] = found
        reasons = [*(steps[id(one)] for one in found if isinstance(one.cause, Derived))]
        steps[id(node)] = Step([*_in_order(reasons), *_clauses(found, words)], said(node, words))
    return steps[id(proof)]


def _in_order(steps: list[Step]) -> list[Step]:
    """Return steps with the longest last, so that what follows can lean on the line before."""
    return sorted(steps, key=lambda step: len(step.reasons))


def _derived(proof: Incompatibility) -> tuple[list[Incompatibility], dict[int, int]]:
    """Return the derived incompatibilities, causes before what follows, and their uses."""
    uses: dict[int, int] = {}
    order: list[Incompatibility] = []
    stack = [(proof, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
            continue
        uses[id(node)] = uses.get(id(node), 0) + 1
        if uses[id(node)] == 1 and isinstance(node.cause, Derived):
            stack += ((node, True), (node.cause.left, False), (node.cause.right, False))
    return order, uses


def _clauses(premises: list[Incompatibility], words: Words) -> list[str]:
    given = [premise for premise in premises if not isinstance(premise.cause, Derived)]
    return [words.leaves(group) for group in gathered(given)]


def said(node: Incompatibility, words: Words) -> str:
    """Say what a derived incompatibility means."""
    terms = {project: versions for project, versions in node.terms.items() if project != 0}
    if not terms:
        return f"the requirements of `{words.project}` cannot be met"
    positive = {p: v for p, v in terms.items() if v & 1 == 0}
    wanted = " or ".join(
        words.wanted(p, words.nodes[p].candidates.full & ~v) for p, v in terms.items() if v & 1
    )
    holders = [words.versions(p, v) for p, v in positive.items()]
    if not wanted:
        if len(holders) == 1:
            return f"{holders[0]} cannot be used"
        return f"{', '.join(holders[:-1])} and {holders[-1]} cannot be used together"
    if not holders:
        return f"`{words.project}` needs {wanted}"
    many = len(holders) > 1 or plural(holders[0])
    return f"{' with '.join(holders)} {'need' if many else 'needs'} {wanted}"
