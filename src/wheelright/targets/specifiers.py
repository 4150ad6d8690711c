"""Version specifiers (``>=3.11,<4``) and plain requirements, as PEP 440 and PEP 508 say.

Nearly all of them compare with plain numbers; that is done here. Whatever else they hold is left to
``packaging``, whose word is final: its specifiers load two dozen modules that most commands have no
use for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wheelright.targets.conditions import read_plain_marker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet as PackagingSet
    from packaging.version import Version

    from wheelright.targets.conditions import Marker

_PLAIN: Final = re.compile(
    r"(?P<operator>~=|==(?!=)|!=|<=|>=|<|>)[ \t]*(?P<version>(?P<numbers>\d{1,18}(?:\.\d{1,18})*)"
    r"(?P<star>\.\*)?)",
    re.ASCII,
)
# Many old releases say `!=3.0*`, which is no specifier.
_DOTLESS_STAR: Final = re.compile(
    r"(?:~=|==|!=|<=|>=|<|>)[ \t]*\d{1,18}(?:\.\d{1,18})*\*", re.ASCII
)
_NUMBERS: Final = re.compile(r"\d{1,18}(?:\.\d{1,18})*", re.ASCII)

_NAME: Final = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_PLAIN_REQUIREMENT: Final = re.compile(
    rf"""[ ]*(?P<name>{_NAME})
        [ ]*(?:\[[ ]*(?P<extras>{_NAME}(?:[ ]*,[ ]*{_NAME})*)[ ]*\])?
        [ ]*(?P<specifier>(?:
            (?: (?:==|!=)[ ]*\d{{1,18}}(?:\.\d{{1,18}})*(?:\.\*)?
              | (?:<=|>=|<|>)[ ]*\d{{1,18}}(?:\.\d{{1,18}})*
              | ~=[ ]*\d{{1,18}}(?:\.\d{{1,18}})+
            )[ ]*(?:,[ ]*(?!$)|$)
        )*)""",
    re.VERBOSE | re.ASCII,
)


class InvalidSpecifier(ValueError):  # noqa: N818 - named as packaging names its kind
    """A specifier cannot be read."""


class Specifier:
    """One comparison. ``version`` is as written, with ``.*`` where that follows."""

    __slots__ = ("_numbers", "operator", "version")

    def __init__(self, operator: str, version: str, numbers: tuple[int, ...] | None) -> None:
        self.operator = operator
        self.version = version
        #: Those of a plain version, without its ``.*``; None where ``packaging`` is to be asked.
        self._numbers = numbers

    def __str__(self) -> str:
        return f"{self.operator}{self.version}"

    def __repr__(self) -> str:
        return f"<Specifier('{self}')>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Specifier):
            return NotImplemented
        if self._numbers is None or other._numbers is None:
            return _whole(str(self)) == _whole(str(other))
        return self.operator == other.operator and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self.operator)

    def _said(self) -> str | tuple[int, ...]:
        """Return what two plain versions must share to mean the same."""
        assert self._numbers is not None
        if self.version.endswith("*"):
            return self.version
        return self._numbers if self.operator == "~=" else _trimmed(self._numbers)

    def contains(self, version: str | Version, prereleases: bool | None = None) -> bool:
        """Whether a version fits. Without a word on pre-releases they fit where it names one."""
        return _contained((self,), version, prereleases)

    @property
    def is_plain(self) -> bool:
        """Whether it compares with plain numbers."""
        return self._numbers is not None

    def admits(self, numbers: tuple[int, ...]) -> bool:
        """Whether a plain one (see ``is_plain``) admits the version of these numbers alone."""
        own = self._numbers
        assert own is not None
        if self.version.endswith("*"):
            return _begins(numbers, own) is (self.operator == "==")
        one, other = _trimmed(numbers), _trimmed(own)
        match self.operator:
            case "==":
                return one == other
            case "!=":
                return one != other
            case "<":
                return one < other
            case "<=":
                return one <= other
            case ">":
                return one > other
            case ">=":
                return one >= other
            case _:
                return one >= other and _begins(numbers, own[:-1])

    def admits_other(self, version: Version) -> bool:
        """Whether a plain one admits a version that has more than numbers."""
        own = self._numbers
        assert own is not None
        if self.version.endswith("*"):
            return _begins_with(version, own) is (self.operator == "==")
        other = _version(self.version)
        public = version if version.local is None else _version(version.public)
        same = version.epoch == 0 and _trimmed(version.release) == _trimmed(own)
        match self.operator:
            case "==":
                return public == other
            case "!=":
                return public != other
            case "<":  # not a pre-release of the version itself
                return version < other and not (same and version.is_prerelease)
            case "<=":
                return public <= other
            case ">":  # nor a post-release or local build of it
                later = version.is_postrelease or version.local is not None
                return version > other and not (same and later)
            case ">=":
                return public >= other
            case _:
                return public >= other and _begins_with(version, own[:-1])


class SpecifierSet:
    """Comparisons that must all hold; none of them admits every version.

    Raises :class:`InvalidSpecifier` where the text cannot be read. Comparing or showing one brings
    its parts into order.
    """

    __slots__ = ("_parts",)

    def __init__(self, text: str = "") -> None:
        parts = (part.strip() for part in text.split(","))
        self._parts = tuple(read_specifier(part) for part in parts if part)

    def __iter__(self) -> Iterator[Specifier]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __str__(self) -> str:
        return ",".join(map(str, self._in_order()))

    def __repr__(self) -> str:
        return f"<SpecifierSet('{self}')>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpecifierSet):
            return NotImplemented
        return self._in_order() == other._in_order()

    def __hash__(self) -> int:
        return hash(self._in_order())

    def __and__(self, other: SpecifierSet) -> SpecifierSet:
        """Return what both admit."""
        both = SpecifierSet()
        both._parts = self._parts + other._parts
        return both

    def _in_order(self) -> tuple[Specifier, ...]:
        if len(self._parts) > 1:
            self._parts = tuple(dict.fromkeys(sorted(self._parts, key=str)))
        return self._parts

    def contains(self, version: str | Version, prereleases: bool | None = None) -> bool:
        """Whether a version fits. Without a word on pre-releases they fit where one is named."""
        return _contained(self._parts, version, prereleases)


def read_plain_requirement(
    text: str,
) -> tuple[str, tuple[str, ...], SpecifierSet, Marker | None] | None:
    """Return the name, the extras, the specifiers and the marker of a requirement.

    ``None`` for what has a URL, other versions than plain numbers or a marker of other than plain
    comparisons, or is no requirement.
    """
    wish, semicolon, condition = text.partition(";")
    match = _PLAIN_REQUIREMENT.fullmatch(wish)
    marker = read_plain_marker(condition) if semicolon else None
    if match is None or (semicolon and marker is None):
        return None
    extras = match["extras"]
    names = tuple(extra.strip() for extra in extras.split(",")) if extras else ()
    return match["name"], names, SpecifierSet(match["specifier"]), marker


@lru_cache(maxsize=4096)
def read_specifier(text: str) -> Specifier:
    """Read one comparison. Raise :class:`InvalidSpecifier` where it cannot be read."""
    match = _PLAIN.fullmatch(text)
    if match is not None:
        operator, star = match["operator"], match["star"]
        numbers = tuple(map(int, match["numbers"].split(".")))
        is_whole = operator in {"==", "!="} if star else operator != "~=" or len(numbers) > 1
        if is_whole:
            return Specifier(operator, match["version"], numbers)
    if _DOTLESS_STAR.fullmatch(text):
        raise InvalidSpecifier(f"Invalid specifier: {text!r}")
    from packaging.specifiers import InvalidSpecifier as PackagingInvalidSpecifier
    from packaging.specifiers import Specifier as PackagingSpecifier

    try:
        other = PackagingSpecifier(text)
    except PackagingInvalidSpecifier as error:
        raise InvalidSpecifier(str(error)) from error
    return Specifier(other.operator, other.version, None)


def _contained(
    parts: tuple[Specifier, ...], version: str | Version, prereleases: bool | None
) -> bool:
    if all(part.is_plain for part in parts):
        text = str(version)
        numbers = _numbers_of(text)
        if numbers is not None:
            return all(part.admits(numbers) for part in parts)
        read = _version_in(text)
        if read is not None and (prereleases or not read.is_prerelease):
            return all(part.admits_other(read) for part in parts)
    return _whole(",".join(map(str, parts))).contains(version, prereleases=prereleases)


@lru_cache(maxsize=4096)
def _version(text: str) -> Version:
    from packaging.version import Version

    return Version(text)


def _version_in(text: str) -> Version | None:
    from packaging.version import InvalidVersion

    try:
        return _version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=4096)
def _whole(text: str) -> PackagingSet:
    from packaging.specifiers import SpecifierSet as PackagingSet

    return PackagingSet(text)


@lru_cache(maxsize=4096)
def _numbers_of(version: str) -> tuple[int, ...] | None:
    if _NUMBERS.fullmatch(version) is None:
        return None
    return tuple(map(int, version.split(".")))


def _begins(numbers: tuple[int, ...], prefix: tuple[int, ...]) -> bool:
    filled = numbers + (0,) * (len(prefix) - len(numbers))
    return filled[: len(prefix)] == prefix


def _begins_with(version: Version, prefix: tuple[int, ...]) -> bool:
    return version.epoch == 0 and _begins(version.release, prefix)


def _trimmed(numbers: tuple[int, ...]) -> tuple[int, ...]:
    end = len(numbers)
    while end > 1 and numbers[end - 1] == 0:
        end -= 1
    return numbers[:end]
