"""Environment markers; those of plain comparisons are answered without ``packaging``.

Nearly every marker compares a Python version with plain numbers, or the name of a system with a
word. What has anything else is left to ``packaging``, whose word is final: to load its markers
takes longer than all that most commands do with them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final, TypeAlias

from wheelright.targets.filenames import normalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TOKEN: Final = re.compile(
    r"""[ ]*(?:(?P<paren>[()])|(?P<operator>[<>=!]=(?!=)|[<>](?!=))|(?P<word>[a-z_]+)"""
    r"""|"(?P<double>[A-Za-z0-9_.-]+)"|'(?P<single>[A-Za-z0-9_.-]+)')[ ]*"""
)
_NUMBERS: Final = re.compile(r"\d{1,18}(?:\.\d{1,18})*", re.ASCII)
# No version starts so: `packaging` compares these as text.
_WORD: Final = re.compile(r"[a-uw-zA-UW-Z][a-zA-Z0-9_]*", re.ASCII)
_WORDS: Final = frozenset(
    {
        "os_name",
        "sys_platform",
        "platform_system",
        "platform_machine",
        "platform_python_implementation",
        "implementation_name",
    }
)
_PYTHON: Final = frozenset({"python_version", "python_full_version"})
_SETS: Final = frozenset({"extras", "dependency_groups"})
_ORDER: Final[dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}

#: Clauses, `and` and `or`, and what stands in parentheses.
_Parts: TypeAlias = "list[str | _Parts]"
#: A variable, an operator and a literal; or `and`/`or` with what it joins.
_Clause: TypeAlias = tuple[str, str, str]
_Tree: TypeAlias = "_Clause | tuple[str, list[_Tree]]"


class InvalidMarker(ValueError):  # noqa: N818 - named as packaging names its kind
    """A marker cannot be read; ``span`` is where in its text the fault lies."""

    def __init__(self, reason: str, span: tuple[int, int]) -> None:
        super().__init__(reason)
        self.span = span


class Marker:
    """An environment marker; its text is as ``packaging`` writes it. Raises InvalidMarker."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = _canonical(text)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Marker({self._text!r})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marker) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def evaluate(self, values: Mapping[str, str]) -> bool:
        """Whether it holds; variables without a value have that of the running Python."""
        plain = holds_plainly(self._text, values)
        return _through_packaging(self._text, dict(values)) if plain is None else plain


def read_plain_marker(text: str) -> Marker | None:
    """Return a marker of plain comparisons, ``None`` for any other text."""
    return Marker(text) if is_plain_marker(text) else None


def holds_plainly(marker: str, values: Mapping[str, str | frozenset[str]]) -> bool | None:
    """Whether a marker of plain comparisons holds; ``None`` where ``packaging`` is to be asked.

    ``values`` are by variable; names in sets are normalised.
    """
    tree = _read(marker)
    return None if tree is None else _holds(tree, values)


def is_plain_marker(marker: str) -> bool:
    """Whether a text is a marker of plain comparisons, its extras written as they are compared."""
    return _read(marker) is not None


def _holds(tree: _Tree, values: Mapping[str, str | frozenset[str]]) -> bool | None:
    if len(tree) == 2:
        joint, parts = tree
        answers = [_holds(part, values) for part in parts]
        if None in answers:
            return None
        return all(answers) if joint == "and" else any(answers)
    variable, operator, literal = tree
    value = values.get(variable)
    if variable in _SETS:
        if not isinstance(value, frozenset):
            return None
        return (literal in value) is (operator == "in")
    if not isinstance(value, str):
        return None
    if variable == "extra":
        return (normalize_name(value) == literal) is (operator == "==")
    if variable in _WORDS:
        return (value == literal) is (operator == "==")
    one, other = _numbers(value), _numbers(literal)
    return _ORDER[operator](one, other) if one and other else None


@lru_cache(maxsize=4096)
def _numbers(text: str) -> tuple[int, ...]:
    """Return a version of plain numbers without trailing zeros; empty for any other text."""
    if _NUMBERS.fullmatch(text) is None:
        return ()
    numbers = [int(number) for number in text.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@lru_cache(maxsize=4096)
def _read(marker: str) -> _Tree | None:
    tokens = _tokens(marker)
    tokens.reverse()
    tree = _joined(tokens, "or")
    return None if tokens else tree


def _tokens(marker: str) -> list[tuple[str, str]]:
    """Return kinds and texts; none at all where something is not plain."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(marker):
        match = _TOKEN.match(marker, position)
        if match is None or match.lastgroup is None:
            return []
        kind = "text" if match.lastgroup in {"double", "single"} else match.lastgroup
        tokens.append((kind, match[match.lastgroup]))
        position = match.end()
    return tokens


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    if _read(text) is not None:
        return _written(_parts(iter(_tokens(text))), is_whole=True)
    from packaging.markers import InvalidMarker as PackagingInvalidMarker
    from packaging.markers import Marker as PackagingMarker

    try:
        return str(PackagingMarker(text))
    except PackagingInvalidMarker as problem:
        span = getattr(problem.__cause__, "span", (0, 1))
        raise InvalidMarker(str(problem), span) from None


def _through_packaging(text: str, values: dict[str, str]) -> bool:
    from packaging.markers import Marker as PackagingMarker

    return PackagingMarker(text).evaluate(values)


def _parts(tokens: Iterator[tuple[str, str]]) -> _Parts:
    """Read up to the parenthesis that closes, or to the end."""
    parts: _Parts = []
    clause: list[str] = []
    for kind, text in tokens:
        if kind == "paren" and text == "(":
            parts.append(_parts(tokens))
        elif kind == "paren" or text in {"and", "or"}:
            parts += [" ".join(clause)] if clause else []
            clause.clear()
            if kind == "paren":
                return parts
            parts.append(text)
        else:
            clause.append(f'"{text}"' if kind == "text" else text)
    return [*parts, " ".join(clause)] if clause else parts


def _written(parts: _Parts, *, is_whole: bool) -> str:
    """Write parts, in parentheses where they are several and not the whole."""
    if len(parts) == 1 and isinstance(parts[0], list):
        return _written(parts[0], is_whole=is_whole)
    text = " ".join(
        part if isinstance(part, str) else _written(part, is_whole=False) for part in parts
    )
    return text if is_whole or len(parts) == 1 else f"({text})"


def _joined(tokens: list[tuple[str, str]], joint: str) -> _Tree | None:
    """Read parts with `or` between them, each of them parts with `and` between."""
    parts: list[_Tree] = []
    while True:
        part = _joined(tokens, "and") if joint == "or" else _part(tokens)
        if part is None:
            return None
        parts.append(part)
        if not tokens or tokens[-1] != ("word", joint):
            return parts[0] if len(parts) == 1 else (joint, parts)
        tokens.pop()


def _part(tokens: list[tuple[str, str]]) -> _Tree | None:
    if tokens and tokens[-1] == ("paren", "("):
        tokens.pop()
        inner = _joined(tokens, "or")
        return inner if tokens and tokens.pop() == ("paren", ")") else None
    kinds: list[str] = []
    words: list[str] = []
    while tokens and len(words) < (4 if words[1:2] == ["not"] else 3):
        kind, word = tokens.pop()
        kinds.append(kind)
        words.append(word)
    if kinds == ["word", "operator", "text"]:
        return _comparison(*words)
    if kinds[:1] == ["text"] and words[1:-1] in (["in"], ["not", "in"]) and words[-1] in _SETS:
        is_normal = normalize_name(words[0]) == words[0]
        return (words[-1], " ".join(words[1:-1]), words[0]) if is_normal else None
    return None


def _comparison(variable: str, operator: str, literal: str) -> _Clause | None:
    if variable in _PYTHON:
        is_plain = _NUMBERS.fullmatch(literal) is not None
    elif operator not in {"==", "!="}:
        is_plain = False
    elif variable == "extra":
        is_plain = normalize_name(literal) == literal
    else:
        is_plain = variable in _WORDS and _WORD.fullmatch(literal) is not None
    return (variable, operator, literal) if is_plain else None
