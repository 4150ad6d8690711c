"""The Python axis: intervals of Python versions, cut wherever a marker or a bound can tell.

A *cut* is a release ``(major, minor, micro)``; the piece that starts at a cut reaches to the
next one, and the last piece stands for all later Pythons. Pre-releases of an interpreter count
as its release.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from packaging.version import InvalidVersion, Version

from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet

if TYPE_CHECKING:
    from wheelright.resolver.markers import Atom

Release: TypeAlias = tuple[int, int, int]

#: Minors that every universe tells apart from the start; later ones are cut when mentioned.
NEWEST_MINOR = 15
_STAR_BOUND = re.compile(r"(>=|<=|>|<)\s*(\d+(?:\.\d+)*)\.\*")
_VERSION_IN_LIST = re.compile(r"[^\s,|]+")


def release_of(version: Version) -> Release:
    """Return the first three numbers of a version, filled up with zeros."""
    padded = (*version.release, 0, 0)
    return padded[0], padded[1], padded[2]


def cuts_of(operator: str, literal: str, *, full: bool) -> set[Release]:
    """Return the cuts that a comparison of a Python version with ``literal`` needs.

    ``full`` says that the variable is ``python_full_version``, which sees the micro number.
    """
    if operator in {"in", "not in"}:
        words = _VERSION_IN_LIST.findall(literal)
        return set().union(*(cuts_of("==", word, full=full) for word in words))
    text = literal.removesuffix(".*")
    try:
        version = Version(text)
    except InvalidVersion:
        return set()
    major, minor, micro = release = release_of(version)
    cuts = {release}
    depth = len(version.release)
    if literal.endswith(".*") or operator == "~=":
        prefix = depth - 1 if operator == "~=" else depth
        cuts.add((major + 1, 0, 0) if prefix <= 1 else (major, minor + 1, 0))
        if prefix > 2:
            cuts.add((major, minor, micro + 1))
    elif not full:
        cuts.add((major, minor + 1, 0))
        cuts.add((major, minor, 0))
    elif operator in {"==", "!=", "===", "<=", ">"}:
        cuts.add((major, minor, micro + 1))
    return cuts


def atom_cuts(atom: Atom) -> set[Release]:
    """Return the cuts that a marker's comparison needs; none where it is not about Python."""
    if atom.variable == "python_version":
        return {cut for cut in cuts_of(atom.operator, atom.literal, full=False) if cut[2] == 0}
    if atom.variable == "python_full_version":
        return cuts_of(atom.operator, atom.literal, full=True)
    return set()


@lru_cache(maxsize=4096)
def python_specifiers(text: str) -> SpecifierSet | None:
    """Read a ``Requires-Python``; None where it says nothing that can be read.

    Old uploads write ``>=3.6.*``, which the standard forbids; it is read as ``>=3.6``.
    """
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        try:
            return SpecifierSet(_STAR_BOUND.sub(r"\1\2", text))
        except InvalidSpecifier:
            return None


@lru_cache(maxsize=4096)
def lower_bound(text: str) -> Release | None:
    """Return the first Python that a ``Requires-Python`` admits, or None for no lower bound.

    Upper bounds are not obeyed: a cap says what was tested, not what breaks, and an old version
    without the cap would be chosen instead of the capped one.
    """
    specifiers = python_specifiers(text)
    bounds: list[Release] = []
    for specifier in specifiers or ():
        if specifier.operator in {"<", "<=", "!="}:
            continue
        try:
            version = Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        major, minor, micro = release_of(version)
        later = specifier.operator == ">"
        bounds.append((major, minor, micro + 1) if later else (major, minor, micro))
    return max(bounds, default=None)


def bound_cuts(text: str) -> set[Release]:
    """Return every cut that the project's own ``requires-python`` needs, both ends counted."""
    cuts: set[Release] = set()
    for specifier in python_specifiers(text) or ():
        cuts |= cuts_of(specifier.operator, specifier.version, full=True)
    return cuts


def pieces(requires_python: str, cuts: set[Release]) -> tuple[Release, ...]:
    """Return the starts of all pieces that ``requires_python`` admits, oldest first."""
    specifiers = python_specifiers(requires_python)
    lowest = lower_bound(requires_python) or (0, 0, 0)
    marks = cuts | bound_cuts(requires_python) | {(3, 0, 0), lowest}
    marks |= {(3, minor, 0) for minor in range(NEWEST_MINOR + 1)}
    return tuple(sorted(m for m in marks if m >= lowest and _admits(specifiers, m)))


def begins_piece(requires_python: str, cut: Release) -> bool:
    """Whether a piece that ``requires_python`` admits would start at ``cut``."""
    lowest = lower_bound(requires_python) or (0, 0, 0)
    return cut >= lowest and _admits(python_specifiers(requires_python), cut)


def _admits(specifiers: SpecifierSet | None, release: Release) -> bool:
    text = "{}.{}.{}".format(*release)
    return specifiers is None or specifiers.contains(text, prereleases=True)
