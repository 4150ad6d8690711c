"""Requirements as the resolver needs them: name, extras, specifier text, marker tree, URL.

Nearly every ``Requires-Dist`` line has one of two plain shapes, which a regular expression reads
in a microsecond; everything else goes to ``packaging``, whose word is final.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.resolver.markers import All, Atom, MarkerTree, parse_marker
from wheelright.targets.filenames import normalize_name

_PLAIN = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)
        \s*(?:\[(?P<extras>[A-Za-z0-9._,\s-]*)\])?
        \s*(?P<open>\()?\s*
        (?P<spec>(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*,?\s*)*)
        (?P<close>\))?
        \s*(?:;\s*(?P<marker>.+))?$""",
    re.VERBOSE,
)


class InvalidRequirement(RequestError):  # noqa: N818 - named as packaging names its kind
    """A requirement cannot be read."""


class Dependency(Struct, frozen=True):
    """One requirement, read. ``text`` is as written, for messages; ``specifier`` may be empty.

    ``only`` is the extra without which its marker holds nowhere; empty where the marker speaks of
    extras in another way, None where it speaks of none.
    """

    text: str
    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: MarkerTree | None
    url: str | None = None
    only: str | None = None

    @property
    def wish(self) -> str:
        """The requirement without its marker, in the words it was written in."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        if self.url:
            return f"{self.name}{extras} @ {self.url}"
        return f"{self.name}{extras}{self.specifier}"


@lru_cache(maxsize=65536)
def parse_dependency(text: str) -> Dependency:
    """Read one requirement. Raise :class:`InvalidRequirement` where that cannot be done."""
    match = _PLAIN.match(text)
    if match is None:
        return _through_packaging(text)
    name, extras, opened, specifier, closed, said = match.groups()
    if bool(opened) != bool(closed):
        return _through_packaging(text)
    names = (
        tuple(sorted({normalize_name(extra.strip()) for extra in extras.split(",") if extra}))
        if extras
        else ()
    )
    if " " in specifier or specifier[-1:] == ",":
        parts = specifier.split(",")
        specifier = ",".join(part.replace(" ", "") for part in parts if part.strip())
    marker = parse_marker(said) if said else None
    only = None if marker is None else _only_extra(marker)
    return Dependency(text, normalize_name(name), names, specifier, marker, None, only)


def _only_extra(tree: MarkerTree) -> str | None:
    """Return the extra that a marker asks for: see ``Dependency.only``."""
    if isinstance(tree, Atom):
        if tree.variable != "extra":
            return None
        return normalize_name(tree.literal) if tree.operator == "==" else ""
    found = [_only_extra(part) for part in tree.parts]
    if isinstance(tree, All):
        return next(filter(None, found), "" if "" in found else None)
    return None if found.count(None) == len(found) else ""


def _through_packaging(text: str) -> Dependency:
    from packaging.requirements import InvalidRequirement as PackagingInvalidRequirement
    from packaging.requirements import Requirement

    try:
        requirement = Requirement(text)
    except PackagingInvalidRequirement as error:
        raise InvalidRequirement(
            f"invalid requirement `{text.strip()}`", details=str(error).splitlines()
        ) from error
    marker = parse_marker(str(requirement.marker)) if requirement.marker else None
    return Dependency(
        text,
        normalize_name(requirement.name),
        tuple(sorted(normalize_name(extra) for extra in requirement.extras)),
        str(requirement.specifier),
        marker,
        requirement.url,
        None if marker is None else _only_extra(marker),
    )
