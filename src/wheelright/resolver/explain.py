"""A failure as prose: the proof that nothing satisfies, in the words of the requirements.

The proof without case splits is told where there is one (``chain``), else the search's own
(``proof``). Each step is one line, "because A and B, C"; a line gets a number only where a later
line that does not follow directly refers back to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.resolver.chain import Step, forced
from wheelright.resolver.errors import Premise
from wheelright.resolver.incompatibility import (
    BarredCause,
    Derived,
    MisfitCause,
    PythonCause,
    RequirementCause,
    leaves,
)
from wheelright.resolver.proof import retold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.resolver.incompatibility import Incompatibility
    from wheelright.resolver.words import Words

#: A longer proof is shortened: nobody reads it, and the last lines say what clashes.
LINES = 12


def explain(proof: Incompatibility, words: Words) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the proof as lines of prose, and the projects it speaks of, nearest first."""
    given = leaves(proof)
    found = forced(given, words)
    if found is not None:
        last, nearest = found
    elif isinstance(proof.cause, Derived):
        last, nearest = retold(proof, words), -1
    else:
        last, nearest = Step([words.leaves([proof])], ""), -1
    names: dict[str, None] = {}
    for project in (nearest, *(project for leaf in given for project in leaf.terms)):
        if project > 0:
            names.setdefault(words.nodes[project].key[0])
    for leaf in given:
        child = getattr(leaf.cause, "child", 0)
        if child > 0:
            names.setdefault(words.nodes[child].key[0])
    _shorten(last)
    return tuple(_Writer().write(last)), tuple(names)


def premises_of(given: Iterable[Incompatibility], words: Words) -> tuple[Premise, ...]:
    """Return the leaves of a proof as data."""
    return tuple(_premise(leaf, words) for leaf in given)


def _premise(leaf: Incompatibility, words: Words) -> Premise:
    project, versions = next(iter(leaf.terms.items()))
    candidates = words.nodes[project].candidates
    name = "" if project == 0 else words.name(project)
    texts = () if project == 0 else tuple(map(candidates.version, candidates.members(versions)))
    match leaf.cause:
        case RequirementCause(dependency=dependency):
            return Premise("requires", name, texts, dependency.text)
        case BarredCause(reason=reason):
            return Premise("barred", name, texts, reason)
        case PythonCause(requires_python=bound):
            return Premise("python", name, texts, bound)
        case MisfitCause(reason=reason):
            return Premise("misfit", name, texts, reason)
        case _:
            return Premise("same", name, texts, "")


class _Writer(Struct):
    """Writes steps as lines: what was written, and the numbers given out."""

    lines: list[str] = field(default_factory=list)
    at: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    def write(self, last: Step) -> list[str]:
        order = _ordered(last)
        for position, step in enumerate(order):
            self.at[id(step)] = position
        for position, step in enumerate(order):
            for reason in step.reasons:
                if isinstance(reason, Step) and self.at[id(reason)] != position - 1:
                    self.numbers.setdefault(self.at[id(reason)], 0)
        for number, position in enumerate(sorted(self.numbers), 1):
            self.numbers[position] = number
        for position, step in enumerate(order):
            self.lines.append(self._line(position, step))
        if len(self.lines) > LINES:
            left_out = len(self.lines) - LINES + 1
            return [f"({left_out} earlier steps are left out.)", *self.lines[left_out:]]
        return self.lines

    def _line(self, position: int, step: Step) -> str:
        follows = False
        reasons: list[str] = []
        for reason in step.reasons:
            if isinstance(reason, str):
                reasons.append(reason)
            elif self.at[id(reason)] == position - 1:
                follows = True
            else:
                number = self.numbers[self.at[id(reason)]]
                reasons.append(f"{reason.conclusion} ({number})")
        clause = _listed(_together(reasons))
        if not step.conclusion or (len(self.at) == 1 and len(reasons) == 1):
            sentence = clause
        elif not reasons:
            sentence = f"so {step.conclusion}"
        else:
            sentence = f"{'and because' if follows else 'because'} {clause}, {step.conclusion}"
        own = self.numbers.get(position)
        mark = f" ({own})" if own else ""
        return f"{sentence[:1].upper()}{sentence[1:]}.{mark}"


def _ordered(last: Step) -> list[Step]:
    """Return the steps, reasons before what follows from them, each once."""
    order: list[Step] = []
    seen: set[int] = set()
    stack: list[tuple[Step, bool]] = [(last, False)]
    while stack:
        step, done = stack.pop()
        if done:
            order.append(step)
        elif id(step) not in seen:
            seen.add(id(step))
            stack.append((step, True))
            stack += [(one, False) for one in reversed(step.reasons) if isinstance(one, Step)]
    return order


def _shorten(last: Step) -> None:
    """Fold steps that are used once into the step that uses them, while there are too many."""
    for size in (3, 4, 5):
        order = _ordered(last)
        if len(order) <= LINES:
            return
        uses: dict[int, int] = {}
        for step in order:
            for reason in step.reasons:
                uses[id(reason)] = uses.get(id(reason), 0) + 1
        for step in order:
            for reason in [one for one in step.reasons if isinstance(one, Step)]:
                together = len(step.reasons) + len(reason.reasons) - 1
                if uses[id(reason)] == 1 and together <= size:
                    at = step.reasons.index(reason)
                    step.reasons[at : at + 1] = reason.reasons


def _together(reasons: list[str]) -> list[str]:
    """Say what one holder requires in one clause: "`app` requires `a` and `b`"."""
    result: list[str] = []
    for reason in reasons:
        who, verb, what = reason.partition(" requires ")
        if verb and "`, " not in reason:
            for number, other in enumerate(result):
                if other.startswith(f"{who}{verb}") and "`, " not in other:
                    result[number] = f"{other} and {what}"
                    break
            else:
                result.append(reason)
        else:
            result.append(reason)
    return result


def _listed(clauses: list[str]) -> str:
    if len(clauses) < 3:
        return " and ".join(clauses)
    return f"{', '.join(clauses[:-1])} and {clauses[-1]}"
