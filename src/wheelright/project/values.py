"""Parsers for values in TOML files: each gives a typed value, or says what is wrong.

A :class:`Kind` describes itself for the configuration reference (``takes``) and, where a value can
come from an environment variable, turns that text into what TOML would hold (``from_text``).
Must not live here: which keys there are (``settings``, ``read``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from wheelright.project.errors import BadValue
from wheelright.project.names import hint_for_name, is_valid_name, normal_name
from wheelright.project.requirement import Requirement, parse_requirement, parse_specifier
from wheelright.targets.conditions import InvalidMarker, Marker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
V = TypeVar("V")

_TYPE_NAMES: Final = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
}


class Kind(Struct, Generic[T], frozen=True):
    """How a value is read. ``takes`` completes "must be ...". ``joins``: levels add up."""

    takes: str
    parse: Callable[[Any], T]
    from_text: Callable[[str], Any] | None = None
    joins: bool = False


def type_name(value: object) -> str:
    """Return what a TOML value is, in words."""
    return _TYPE_NAMES.get(type(value), "a date or time")


def wrong_type(takes: str, value: object) -> BadValue:
    """Return the fault of a value of another type."""
    return BadValue(f"must be {takes}, not {type_name(value)}")


def _parse_string(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong_type("a string", value)
    return value


def _parse_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong_type("a boolean", value)
    return value


def _parse_integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type("an integer", value)
    return value


def _boolean_from_text(text: str) -> bool:
    folded = text.strip().lower()
    if folded in {"1", "true", "yes", "on", "y", "t"}:
        return True
    if folded in {"", "0", "false", "no", "off", "n", "f"}:
        return False
    raise BadValue(f"must be `true` or `false`, not `{text}`")


def _integer_from_text(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadValue(f"must be an integer, not `{text}`") from None


def _same(text: str) -> str:
    return text


STRING: Final = Kind("a string", _parse_string, _same)
BOOLEAN: Final = Kind("a boolean", _parse_boolean, _boolean_from_text)
INTEGER: Final = Kind("an integer", _parse_integer, _integer_from_text)


def choice(*names: str) -> Kind[Any]:
    """One of a few words; typed ``Any``, for the caller to give it its ``Literal`` type."""
    listed = ", ".join(f"`{name}`" for name in names[:-1]) + f" or `{names[-1]}`"

    def parse(value: Any) -> str:
        if _parse_string(value) not in names:
            raise BadValue(f"must be {listed}, not `{value}`", hint=hint_for_name(value, names))
        return str(value)

    return Kind(listed, parse, _same)


def list_of(kind: Kind[T], takes: str, *, joins: bool = True) -> Kind[tuple[T, ...]]:
    """Return a list of values of a kind. From an environment variable: separated by white space."""

    def parse(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise wrong_type(takes, value)
        return tuple(_below(index, kind, one) for index, one in enumerate(value))

    from_text = kind.from_text
    split = None if from_text is None else lambda text: [from_text(one) for one in text.split()]
    return Kind(takes, parse, split, joins)


def table_of(kind: Kind[T], takes: str, *, normal: bool = False) -> Kind[dict[str, T]]:
    """Return a table whose values are of a kind; ``normal``: its keys are project names."""

    def parse(value: Any) -> dict[str, T]:
        if not isinstance(value, dict):
            raise wrong_type(takes, value)
        found = {}
        for key, one in value.items():
            if normal and not is_valid_name(key):
                raise BadValue("is not a valid project name", [key], at_key=True)
            found[normal_name(key) if normal else key] = _below(key, kind, one)
        return found

    return Kind(takes, parse)


def one_or_many(kind: Kind[T], takes: str, *, joins: bool = False) -> Kind[tuple[T, ...]]:
    """Return a value of a kind, or a list of them."""
    many = list_of(kind, takes)

    def parse(value: Any) -> tuple[T, ...]:
        return many.parse(value) if isinstance(value, list) else (kind.parse(value),)

    return Kind(takes, parse, many.from_text, joins)


def either(first: Kind[T], second: Kind[V], takes: str, *types: type) -> Kind[T | V]:
    """Return the first kind for values of the given types, else the second."""

    def parse(value: Any) -> T | V:
        return first.parse(value) if isinstance(value, types) else second.parse(value)

    return Kind(takes, parse, second.from_text)


def record(
    build: Callable[..., T],
    fields: Mapping[str, Kind[Any]],
    takes: str,
    *,
    required: tuple[str, ...] = (),
) -> Kind[T]:
    """Read a table with known keys; ``build`` gets them as keywords (``-`` becomes ``_``)."""

    def parse(value: Any) -> T:
        if not isinstance(value, dict):
            raise wrong_type(takes, value)
        for key in value:
            if key not in fields:
                raise BadValue("is not a known key", [key], hint=_known(key, fields), at_key=True)
        for key in required:
            if key not in value:
                raise BadValue(f"needs a `{key}`")
        parsed = {
            key.replace("-", "_"): _below(key, fields[key], one) for key, one in value.items()
        }
        return build(**parsed)

    return Kind(takes, parse)


def _known(key: str, fields: Mapping[str, Kind[Any]]) -> str:
    nearest = hint_for_name(key, fields)
    return nearest or "Known here: " + ", ".join(f"`{one}`" for one in fields)


def _below(key: str | int, kind: Kind[T], value: Any) -> T:
    try:
        return kind.parse(value)
    except BadValue as bad:
        raise bad.under(key) from None


def _parse_name(value: Any) -> str:
    if not is_valid_name(_parse_string(value)):
        raise BadValue(
            f"is not a valid name: `{value}`",
            hint="Names hold letters, digits, `-`, `_` and `.`, with a letter or digit at each end",
        )
    return normal_name(value)


def _parse_requirement(value: Any) -> Requirement:
    return parse_requirement(_parse_string(value))


def _parse_marker(value: Any) -> Marker:
    try:
        return Marker(_parse_string(value))
    except InvalidMarker as problem:
        start, end = problem.span
        first = str(problem).split("\n", 1)[0]
        raise BadValue(
            f"is not a valid marker: `{value}`: {first[:1].lower()}{first[1:]}",
            offset=start,
            length=max(end - start, 1),
        ) from None


def _parse_version(value: Any) -> Version:
    try:
        return Version(_parse_string(value))
    except InvalidVersion:
        raise BadValue(
            f"is not a valid version: `{value}`", hint="Versions look like `1.2.3` (PEP 440)"
        ) from None


NAME: Final = Kind("a name", _parse_name, _same)
NAMES: Final = list_of(NAME, "a list of names")
STRINGS: Final = list_of(STRING, "a list of strings")
REQUIREMENT: Final = Kind("a requirement", _parse_requirement, _same)
REQUIREMENTS: Final = list_of(REQUIREMENT, "a list of requirements")
MARKER: Final = Kind("a marker", _parse_marker)
VERSION: Final = Kind("a version", _parse_version)
SPECIFIER: Final = Kind(
    "a version specifier", lambda value: parse_specifier(_parse_string(value)), _same
)
