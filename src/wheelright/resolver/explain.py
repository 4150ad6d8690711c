"""A derivation as prose: the proof that nothing satisfies, in the words of the requirements.

A proof is a graph of incompatibilities. It is written from its leaves: each sentence says
"because A and B, C". A line gets a number only where a later line refers back to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wheelright.resolver.incompatibility import (
    BarredCause,
    Derived,
    Incompatibility,
    MisfitCause,
    PythonCause,
    RequirementCause,
    SameVersionCause,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.resolver.knowledge import Knowledge
    from wheelright.resolver.search import Node


def explain(
    proof: Incompatibility, nodes: Sequence[Node], knowledge: Knowledge
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the proof as lines of prose, and the projects it speaks of, nearest first."""
    writer = _Writer(nodes, knowledge)
    if isinstance(proof.cause, Derived):
        writer.count(proof)
        writer.visit(proof)
        lines = writer.lines
    else:
        lines = [f"{_capital(writer.words(proof))}."]
    return tuple(lines), tuple(writer.names)


@dataclass(slots=True)
class _Writer:
    """Writes one proof: lines so far, numbers given out, how often each node is referred to."""

    nodes: Sequence[Node]
    knowledge: Knowledge
    lines: list[str] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    uses: dict[int, int] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)

    def count(self, node: Incompatibility) -> None:
        """Count how often each derived incompatibility is used, to know which need a number."""
        stack = [node]
        while stack:
            current = stack.pop()
            self.uses[id(current)] = self.uses.get(id(current), 0) + 1
            if self.uses[id(current)] == 1 and isinstance(current.cause, Derived):
                stack += (current.cause.left, current.cause.right)

    def visit(self, node: Incompatibility) -> None:
        """Write the lines that prove a derived incompatibility."""
        cause = node.cause
        assert isinstance(cause, Derived)
        derived = [c for c in (cause.left, cause.right) if isinstance(c.cause, Derived)]
        given = [c for c in (cause.left, cause.right) if not isinstance(c.cause, Derived)]
        for part in derived:
            if id(part) not in self.numbers:
                self.visit(part)
                if len(derived) == 2 or self.uses[id(part)] > 1:
                    self._number(part)
        reasons = [self._refer(part) for part in derived] + [self.words(part) for part in given]
        reasons = [reason for reason in reasons if reason]
        conclusion = self.words(node)
        if not reasons:
            self._say(f"so {conclusion}")
        else:
            follows = any(part for part in derived if id(part) not in self.numbers)
            lead = "and because" if follows else "because"
            self._say(f"{lead} {' and '.join(reasons)}, {conclusion}")

    def _number(self, node: Incompatibility) -> None:
        number = len(self.numbers) + 1
        self.numbers[id(node)] = number
        self.lines[-1] = f"{self.lines[-1]} ({number})"

    def _refer(self, part: Incompatibility) -> str:
        number = self.numbers.get(id(part))
        return f"{self.words(part)} ({number})" if number else ""

    def _say(self, sentence: str) -> None:
        self.lines.append(f"{_capital(sentence)}.")

    # -- words

    def words(self, node: Incompatibility) -> str:
        """Say one incompatibility in words."""
        for project in node.terms:
            if name := self.nodes[project].key[0]:
                self.names.setdefault(name)
        cause = node.cause
        if isinstance(cause, RequirementCause):
            return self._requirement(node, cause)
        if isinstance(cause, SameVersionCause):
            names = " and ".join(f"`{self._name(project)}`" for project in node.terms)
            return f"{names} are always one version"
        if isinstance(cause, BarredCause | PythonCause | MisfitCause):
            ((project, versions),) = node.terms.items()
            what = self._versions(project, versions)
            if isinstance(cause, BarredCause):
                verb = "are" if self._many(project, versions) else "is"
                plain = cause.reason.startswith(("yanked", "a pre-release", "excluded"))
                return (
                    f"{what} {verb} {cause.reason}"
                    if plain
                    else f"{what} cannot be used: {cause.reason}"
                )
            verb = "need" if self._many(project, versions) else "needs"
            if isinstance(cause, PythonCause):
                return f"{what} {verb} Python {cause.requires_python}"
            return f"{what} cannot be used: {cause.reason}"
        return self._conclusion(node)

    def _requirement(self, node: Incompatibility, cause: RequirementCause) -> str:
        dependency = cause.dependency
        parent = next(iter(node.terms))
        child = self._child(node, parent)
        if parent == 0:
            entry = "" if cause.entry == "the project" else f" ({cause.entry})"
            who = f"`{self.knowledge.request.name}`{entry} requires"
        else:
            many = self._many(parent, node.terms[parent])
            who = (
                f"{self._versions(parent, node.terms[parent])} {'require' if many else 'requires'}"
            )
        wish = f"{who} `{dependency.text.strip()}`"
        if child is None or cause.matching:
            return wish
        candidates = self.nodes[child].candidates
        if candidates.unknown:
            return f"{wish} and {candidates.unknown}"
        return f"{wish}, of which there is no version"

    def _child(self, node: Incompatibility, parent: int) -> int | None:
        return next((project for project in node.terms if project != parent), None)

    def _conclusion(self, node: Incompatibility) -> str:
        terms = {project: versions for project, versions in node.terms.items() if project != 0}
        if not terms:
            return f"the requirements of `{self.knowledge.request.name}` cannot be met"
        positive = {p: v for p, v in terms.items() if v & 1 == 0}
        negative = {p: v for p, v in terms.items() if v & 1}
        holders = [self._versions(p, v) for p, v in positive.items()]
        demands = [self._complement(p, v) for p, v in negative.items()]
        if not negative:
            if len(holders) == 1:
                return f"{holders[0]} cannot be used"
            return f"{', '.join(holders[:-1])} and {holders[-1]} cannot be used together"
        wanted = " or ".join(demands)
        if not holders:
            return f"{wanted} is required"
        verb = (
            "require"
            if len(holders) > 1 or self._many(*next(iter(positive.items())))
            else "requires"
        )
        return f"{' and '.join(holders)} {verb} {wanted}"

    def _complement(self, project: int, versions: int) -> str:
        full = self.nodes[project].candidates.full
        return self._versions(project, full & ~versions)

    def _many(self, project: int, versions: int) -> bool:
        candidates = self.nodes[project].candidates
        return (versions & candidates.any).bit_count() != 1

    def _name(self, project: int) -> str:
        name, extra = self.nodes[project].key
        if not name:
            return self.knowledge.request.name
        return f"{name}[{extra}]" if extra else name

    def _versions(self, project: int, versions: int) -> str:
        """Say a version set: one version, all, a range by its ends, or a count."""
        candidates = self.nodes[project].candidates
        name = self._name(project)
        chosen = versions & candidates.any
        if chosen == candidates.any:
            return f"all versions of `{name}`" if chosen.bit_count() != 1 else f"`{name}`"
        bits = sorted(candidates.members(chosen))
        texts = [candidates.version(bit) for bit in bits]
        if len(texts) == 1:
            return f"`{name}=={texts[0]}`"
        if not texts:
            return f"no version of `{name}`"
        return f"`{name}` {ranges(bits, len(candidates.order), texts)}"


def ranges(bits: Sequence[int], count: int, texts: Sequence[str]) -> str:
    """Say sorted candidate numbers as runs: ``<=1.2``, ``1.0 to 1.4``, ``>=2.0``; at most three."""
    runs: list[tuple[int, int]] = []
    for position, bit in enumerate(bits):
        if runs and bits[runs[-1][1]] == bit - 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    words = []
    for first, last in runs:
        if first == last:
            words.append(f"=={texts[first]}")
        elif bits[first] == 1:
            words.append(f"<={texts[last]}")
        elif bits[last] == count:
            words.append(f">={texts[first]}")
        else:
            words.append(f"{texts[first]} to {texts[last]}")
    if len(words) > 3:
        words = [*words[:2], f"{len(words) - 2} more ranges"]
    return " or ".join(words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
