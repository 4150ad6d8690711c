"""Environment markers as small trees of comparisons, after the dependency specifiers standard.

Must live here: the grammar and the tree. Evaluating one comparison is left to ``packaging``
(see :func:`holds`), so that versions and strings compare exactly as installers compare them.
The tree exists because the resolver needs what ``packaging`` keeps private: which variables
and literals a marker mentions, to cut the universe of environments at just those places.

Grammar (dependency specifiers, section "Environment Markers")::

    marker     = and_expr ("or" and_expr)*
    and_expr   = item ("and" item)*
    item       = "(" marker ")" | operand op operand
    op         = "===" | "==" | "~=" | "!=" | "<=" | ">=" | "<" | ">" | "in" | "not" "in"
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.targets.filenames import normalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from packaging.markers import Marker as PackagingMarker

#: Spellings from before PEP 508 that old metadata still carries.
ALIASES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
VARIABLES = frozenset(
    {
        "python_version",
        "python_full_version",
        "os_name",
        "sys_platform",
        "platform_release",
        "platform_system",
        "platform_version",
        "platform_machine",
        "platform_python_implementation",
        "implementation_name",
        "implementation_version",
        "extra",
        "extras",
        "dependency_groups",
    }
)
#: Variables whose values are words: where the literal is no version, they compare as text.
WORDS = frozenset(
    {
        "os_name",
        "sys_platform",
        "platform_system",
        "platform_machine",
        "platform_python_implementation",
        "implementation_name",
    }
)
_PYTHON = frozenset({"python_version", "python_full_version"})
#: Variables whose values are names, which have several spellings.
_NAMES = frozenset({"extra", "extras", "dependency_groups"})
_NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_WORD = re.compile(r"[a-uw-zA-UW-Z][a-zA-Z0-9_]*", re.ASCII)
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<paren>[()])
      | (?P<op>===|==|~=|!=|<=|>=|<|>)
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    )""",
    re.VERBOSE,
)


class InvalidMarker(RequestError):  # noqa: N818 - named as packaging names its kind
    """A marker does not follow the grammar."""


class Atom(Struct, frozen=True):
    """One comparison. ``swapped`` says that the literal stands on the left (``'win' in x``)."""

    variable: str
    operator: str
    literal: str
    swapped: bool = False

    def __str__(self) -> str:
        quote = '"' if "'" in self.literal else "'"
        literal = f"{quote}{self.literal}{quote}"
        if self.swapped:
            return f"{literal} {self.operator} {self.variable}"
        return f"{self.variable} {self.operator} {literal}"


class All(Struct, frozen=True):
    """Every part must hold."""

    parts: tuple[MarkerTree, ...]


class Some(Struct, frozen=True):
    """At least one part must hold."""

    parts: tuple[MarkerTree, ...]


MarkerTree: TypeAlias = Atom | All | Some


def atoms(tree: MarkerTree) -> Iterator[Atom]:
    """Yield every comparison of a tree, in the order written."""
    if isinstance(tree, Atom):
        yield tree
    else:
        for part in tree.parts:
            yield from atoms(part)


@lru_cache(maxsize=4096)
def parse_marker(text: str) -> MarkerTree:
    """Parse a marker. Raise :class:`InvalidMarker` where the text does not follow the grammar."""
    return _Parser(text).parse()


def holds(atom: Atom, values: Mapping[str, str]) -> bool:
    """Whether a comparison is true for the given values of the variables.

    ``packaging`` decides; a comparison it calls undefined (``python_version ~= 'x'``) is false.
    """
    value = values.get(atom.variable)
    if value is not None:
        return _compares(atom, value)
    return _evaluate(atom, values)


@lru_cache(maxsize=65536)
def _compares(atom: Atom, value: str) -> bool:
    """Whether a comparison is true for a value of its variable: the only one that it looks at."""
    if atom.operator in {"in", "not in"} and atom.variable not in _NAMES:
        inside = atom.literal in value if atom.swapped else value in atom.literal
        return inside is (atom.operator == "in")
    if not atom.swapped:
        if atom.variable == "extra" and atom.operator in {"==", "!="}:
            same = normalize_name(value) == normalize_name(atom.literal)
            return same is (atom.operator == "==")
        if atom.variable in WORDS and _WORD.fullmatch(atom.literal):
            if atom.operator == "==":
                return value == atom.literal
            if atom.operator == "!=":
                return value != atom.literal
        if atom.variable in _PYTHON and atom.operator in _ORDER:
            one, other = _numbers(value), _numbers(atom.literal)
            if one and other:
                return _ORDER[atom.operator](one, other)
    return _evaluate(atom, {atom.variable: value})


_ORDER: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


@lru_cache(maxsize=4096)
def _numbers(text: str) -> tuple[int, ...]:
    """Return a version of plain numbers without trailing zeros; empty for any other text."""
    if _NUMBERS.fullmatch(text) is None:
        return ()
    numbers = [int(number) for number in text.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _evaluate(atom: Atom, values: Mapping[str, str]) -> bool:
    from packaging.markers import UndefinedComparison

    try:
        return _packaging_marker(str(atom)).evaluate(dict(values))
    except UndefinedComparison:
        return False


@lru_cache(maxsize=4096)
def _packaging_marker(text: str) -> PackagingMarker:
    from packaging.markers import Marker as PackagingMarker

    return PackagingMarker(text)


class _Parser:
    """A recursive descent over the tokens of one marker."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.next = 0
        position = 0
        while position < len(text) and text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.fault("unexpected character", position)
            kind = match.lastgroup
            assert kind is not None
            self.tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()

    def fault(self, what: str, position: int) -> InvalidMarker:
        return InvalidMarker(
            f"invalid marker: {what}",
            details=(self.text, " " * position + "^"),
        )

    def peek(self) -> tuple[str, str, int]:
        if self.next < len(self.tokens):
            return self.tokens[self.next]
        return ("end", "", len(self.text))

    def parse(self) -> MarkerTree:
        tree = self.expression("or")
        kind, _, position = self.peek()
        if kind != "end":
            raise self.fault("expected `and`, `or` or the end", position)
        return tree

    def expression(self, joint: str) -> MarkerTree:
        parts = [self.expression("and") if joint == "or" else self.item()]
        while self.peek()[:2] == ("word", joint):
            self.next += 1
            parts.append(self.expression("and") if joint == "or" else self.item())
        if len(parts) == 1:
            return parts[0]
        return Some(tuple(parts)) if joint == "or" else All(tuple(parts))

    def item(self) -> MarkerTree:
        kind, value, _ = self.peek()
        if (kind, value) == ("paren", "("):
            self.next += 1
            inner = self.expression("or")
            if self.peek()[:2] != ("paren", ")"):
                raise self.fault("expected `)`", self.peek()[2])
            self.next += 1
            return inner
        return self.comparison()

    def comparison(self) -> Atom:
        start = self.peek()[2]
        left_is_variable, left = self.operand()
        operator = self.operator()
        right_is_variable, right = self.operand()
        if left_is_variable == right_is_variable:
            raise self.fault("a variable must be compared with a literal", start)
        if left_is_variable:
            return Atom(left, operator, right)
        if operator in MIRRORED or operator in {"==", "!="}:
            return Atom(right, MIRRORED.get(operator, operator), left)
        return Atom(right, operator, left, swapped=True)

    def operand(self) -> tuple[bool, str]:
        kind, value, position = self.peek()
        if kind == "string":
            self.next += 1
            return False, value[1:-1]
        name = ALIASES.get(value, value)
        if kind == "word" and name in VARIABLES:
            self.next += 1
            return True, name
        raise self.fault("expected a marker variable or a quoted string", position)

    def operator(self) -> str:
        kind, value, position = self.peek()
        if kind == "op" or (kind, value) == ("word", "in"):
            self.next += 1
            return value
        following = self.tokens[self.next + 1 : self.next + 2]
        if (kind, value) == ("word", "not") and [t[:2] for t in following] == [("word", "in")]:
            self.next += 2
            return "not in"
        raise self.fault("expected a comparison operator", position)
