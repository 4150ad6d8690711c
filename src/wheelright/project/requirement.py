"""A requirement: what a project asks for, as PEP 508 text with its place.

The rules: https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.project.errors import BadValue
from wheelright.project.names import normal_name, without_credentials
from wheelright.targets.conditions import Marker
from wheelright.targets.specifiers import (
    InvalidSpecifier,
    SpecifierSet,
    read_plain_requirement,
)

if TYPE_CHECKING:
    from packaging.requirements import InvalidRequirement

    from wheelright.project.document import Place


class Requirement(Struct, frozen=True):
    """One requirement.

    ``name`` and ``extras`` are normalised, ``extras`` sorted. ``text`` is what the user wrote.
    ``url`` is that of a direct reference (``name @ URL``), as written: it may hold credentials, so
    it never enters a message. ``place`` says where it is written and takes no part in equality.
    """

    name: str
    specifier: SpecifierSet
    extras: tuple[str, ...] = ()
    marker: Marker | None = None
    url: str | None = None
    text: str = ""
    place: Place | None = None

    @property
    def _said(self) -> tuple[object, ...]:
        return self.name, self.specifier, self.extras, self.marker, self.url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Requirement) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    def __str__(self) -> str:
        """Return the canonical form: normalised name, sorted extras, sorted specifier, marker."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        what = f" @ {self.url}" if self.url else str(self.specifier)
        marker = ""
        if self.marker is not None:
            marker = f"{' ' if self.url else ''}; {self.marker}"
        return f"{self.name}{extras}{what}{marker}"


def parse_requirement(text: str, place: Place | None = None) -> Requirement:
    """Parse a PEP 508 requirement; raise :class:`BadValue` that points at the fault in it."""
    name, extras, specifiers, marker, url = _parse(text)
    return Requirement(
        name=normal_name(name),
        specifier=specifiers,
        extras=tuple(sorted({normal_name(extra) for extra in extras})),
        marker=marker,
        url=url,
        text=text,
        place=place,
    )


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[str, tuple[str, ...], SpecifierSet, Marker | None, str | None]:
    """Return the name, the extras, the comparisons, the marker and the URL of a requirement."""
    plain = read_plain_requirement(text)
    if plain is not None:
        return *plain, None
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as ParsedRequirement

    try:
        parsed = ParsedRequirement(text)
    except InvalidRequirement as problem:
        raise _fault(text, problem) from None
    specifiers = SpecifierSet(",".join(map(str, parsed.specifier)))
    marker = None if parsed.marker is None else Marker(str(parsed.marker))
    return parsed.name, tuple(parsed.extras), specifiers, marker, parsed.url


def _fault(text: str, problem: InvalidRequirement) -> BadValue:
    """Return what is wrong with a requirement, from the parser's message and span."""
    cause = problem.__cause__
    start, end = getattr(cause, "span", (0, len(text)))
    operator = text[start:].lstrip()[:2]
    hint = None
    if operator[:1] == "=" and operator != "==":
        hint = "A version is pinned with `==`"
    elif operator in {"^1", "^0", "^2", "^3"} or operator[:1] == "^":
        hint = "`^` is not a version operator here: write `>=1.2,<2`"
    first = str(problem).split("\n", 1)[0].rstrip(":")
    reason = first[:1].lower() + first[1:]
    length = max(end - start, 1)
    shown = without_credentials(text)
    return BadValue(
        f"is not a valid requirement: `{shown}`: {reason}", offset=start, length=length, hint=hint
    )


def parse_specifier(text: str) -> SpecifierSet:
    """Parse a version specifier set (``>=3.11,<4``); raise :class:`BadValue` at the bad part."""
    try:
        return _specifier(text)
    except InvalidSpecifier as problem:
        part = str(problem).partition("'")[2].rpartition("'")[0]
        offset = text.find(part) if part else 0
        hint = None
        if part[:1].isdigit():
            hint = f"Write `=={part}.*` for this version, `>={part}` for this one and later ones"
        raise BadValue(
            f"is not a valid version specifier: `{part or text}`",
            offset=max(offset, 0),
            length=len(part) or 1,
            hint=hint,
        ) from None


@lru_cache(maxsize=1024)
def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(text)
