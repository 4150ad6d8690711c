"""Markers as conditions that can be answered in part: extras and groups known, the rest not.

Must live here: the marker grammar of PEP 508 with PEP 751's ``extras`` and ``dependency_groups``,
and simplification that is true in every environment. Must not live here: evaluation against an
environment, which ``packaging.markers`` does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.lockfile.errors import InvalidLockError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<paren>[()])|(?P<operator>===|[<>=!~]=|[<>])"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_.]*))"""
)
_OPPOSITES = {"==": "!=", "!=": "==", "in": "not in", "not in": "in"}


class Clause(Struct, frozen=True):
    """One comparison; each side is a variable's name or a string in its quotes.

    The quotes are single ones wherever the string allows, so that equal clauses are equal.
    """

    left: str
    operator: str
    right: str


class AllOf(Struct, frozen=True):
    """True where every part is; at least two parts, none of them `AllOf` or ``bool``."""

    parts: tuple[Condition, ...]


class AnyOf(Struct, frozen=True):
    """True where one part is; at least two parts, none of them `AnyOf` or ``bool``."""

    parts: tuple[Condition, ...]


Condition = bool | Clause | AllOf | AnyOf


def normalised_name(name: str) -> str:
    """Return the name of a project, extra or group as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def door_words(door: str) -> str:
    """Say what of a workspace's member a group stands for: ``core``, ``core[x]``, ``core:dev``."""
    name, colon, group = door.partition(":")
    name, bracket, extra = name.partition("[")
    if colon:
        return f"group `{group}` of `{name}`"
    return f"extra `{extra[:-1]}` of `{name}`" if bracket else f"member `{name}`"


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Condition:
    """Return the condition that a marker states.

    :raises InvalidLockError: where it is no marker.
    """
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise _no_marker(text)
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    parser = _Parser(text, tokens)
    condition = parser.any_of()
    if parser.tokens:
        raise _no_marker(text)
    return condition


def assume(
    condition: Condition,
    *,
    extras: Collection[str] | None = None,
    groups: Collection[str] | None = None,
    extra: Collection[str] | None = None,
) -> Condition:
    """Return what is left of the condition once some facts are known.

    ``extras`` and ``groups`` answer ``'x' in extras`` and ``'x' in dependency_groups``; ``extra``
    answers ``extra == 'x'`` with the extras asked of a requirement. Names are normalised;
    ``None`` leaves that kind open.
    """
    match condition:
        case AllOf(parts):
            return all_of(assume(part, extras=extras, groups=groups, extra=extra) for part in parts)
        case AnyOf(parts):
            return any_of(assume(part, extras=extras, groups=groups, extra=extra) for part in parts)
        case Clause(left, operator, right):
            known = {"extras": extras, "dependency_groups": groups}.get(right)
            if known is not None:
                return (normalised_name(left[1:-1]) in known) is (operator == "in")
            if extra is not None and "extra" in {left, right} and operator in {"==", "!="}:
                value = right if left == "extra" else left
                return (normalised_name(value[1:-1]) in extra) is (operator == "==")
        case _:
            pass
    return condition


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Return the simplified conjunction."""
    parts = _parts(conditions, AllOf, True)
    if parts is None or any(_opposite(part) in parts for part in parts):
        return False
    return _shortest(parts, AllOf, AnyOf, True)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Return the simplified disjunction."""
    parts = _parts(conditions, AnyOf, False)
    if parts is None or any(_opposite(part) in parts for part in parts):
        return True
    return _shortest(parts, AnyOf, AllOf, False)


def condition_text(condition: Condition) -> str | None:
    """Return the condition as a marker; ``None`` where it is always true.

    :raises ValueError: for a condition that is never true, which no marker says.
    """
    match condition:
        case True:
            return None
        case False:
            raise ValueError("no marker is always false")
        case Clause(left, operator, right):
            return f"{left} {operator} {right}"
        case AnyOf(parts):
            return " or ".join(condition_text(part) or "" for part in parts)
        case AllOf(parts):
            return " and ".join(
                f"({text})" if isinstance(part, AnyOf) else text
                for part in parts
                if (text := condition_text(part) or "")
            )


def _opposite(part: Condition) -> Condition | None:
    if isinstance(part, Clause) and part.operator in _OPPOSITES:
        return Clause(part.left, _OPPOSITES[part.operator], part.right)
    return None


def _parts(
    conditions: Iterable[Condition], kind: type[AllOf | AnyOf], neutral: bool
) -> list[Condition] | None:
    """Return the distinct parts, nested ones of the same kind opened; ``None``: decided."""
    found: dict[Condition, None] = {}
    for condition in conditions:
        if condition is neutral:
            continue
        if isinstance(condition, bool):
            return None
        inner = condition.parts if isinstance(condition, kind) else (condition,)
        found.update(dict.fromkeys(inner))
    return list(found)


def _shortest(
    parts: list[Condition], kind: type[AllOf | AnyOf], other: type[AllOf | AnyOf], neutral: bool
) -> Condition:
    """Drop what another part makes needless: in ``a or (a and b)`` the second."""
    sets = [frozenset(part.parts) if isinstance(part, other) else {part} for part in parts]
    kept = tuple(
        part
        for number, part in enumerate(parts)
        if not any(sets[by] < sets[number] for by in range(len(parts)))
    )
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else kind(kept)


class _Parser:
    """Recursive descent over the tokens; ``tokens`` is what is left, last first."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text = text
        self.tokens = tokens[::-1]

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.take("word", "or"):
            parts.append(self.all_of())
        return any_of(parts)

    def all_of(self) -> Condition:
        parts = [self.atom()]
        while self.take("word", "and"):
            parts.append(self.atom())
        return all_of(parts)

    def atom(self) -> Condition:
        if self.take("paren", "("):
            condition = self.any_of()
            if not self.take("paren", ")"):
                raise _no_marker(self.text)
            return condition
        return Clause(self.operand(), self.operator(), self.operand())

    def take(self, kind: str, value: str) -> bool:
        if self.tokens and self.tokens[-1] == (kind, value):
            self.tokens.pop()
            return True
        return False

    def operand(self) -> str:
        if not self.tokens or self.tokens[-1][0] not in {"text", "word"}:
            raise _no_marker(self.text)
        kind, value = self.tokens.pop()
        if kind == "text":
            return value if "'" in value[1:-1] else f"'{value[1:-1]}'"
        if value not in {"and", "or", "in", "not"}:
            return value
        raise _no_marker(self.text)

    def operator(self) -> str:
        if self.take("word", "in"):
            return "in"
        if self.take("word", "not") and self.take("word", "in"):
            return "not in"
        if self.tokens and self.tokens[-1][0] == "operator":
            return self.tokens.pop()[1]
        raise _no_marker(self.text)


def _no_marker(text: str) -> InvalidLockError:
    return InvalidLockError(f"`{text}` is not a valid marker")
