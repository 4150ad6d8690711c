"""The candidates of one project in order of choice, and its version sets as integers.

Bit 0 says "not selected"; the other bits are candidates, better ones higher, so that the best
of a set is its top bit. Pre-releases stand below all final releases unless they are allowed
outright, so that "stable first" needs no rule in the search. Within those two runs versions are
sorted, and a specifier is a few bisections: only versions that share their release number with
the specifier's are asked of ``packaging`` one by one, since that is where its exceptions lie.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

from wheelright.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.resolver.facts import Candidate, Listing, Origin

_PRE = re.compile(r"[abc]|dev|pre", re.IGNORECASE)


class InvalidSpecifierText(RequestError):  # noqa: N818 - named as packaging names its kind
    """A specifier cannot be read."""


@lru_cache(maxsize=65536)
def version_of(text: str) -> Version:
    """Parse a version, once per text."""
    return Version(text)


@lru_cache(maxsize=16384)
def specifiers_of(text: str) -> tuple[Specifier, ...]:
    """Read a specifier set. Raise :class:`InvalidSpecifierText` where it cannot be read."""
    try:
        return tuple(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise InvalidSpecifierText(f"invalid version specifier `{text}`") from error


def is_prerelease(version: str) -> bool:
    """Whether a version is a pre- or development release, judged by its letters alone."""
    return _PRE.search(version.partition("+")[0]) is not None


class Choice(Struct, frozen=True):
    """How candidates are ordered: ``oldest`` first, and what pre-releases are worth."""

    oldest: bool = False
    prereleases: str = "if-necessary-or-explicit"
    named: bool = False  # a requirement of the project names a pre-release of this one
    pinned: frozenset[str] = frozenset()  # versions that the project itself pins


class Candidates:
    """The candidates of one project as bits.

    ``full`` has every bit; ``barred`` the candidates that are never chosen, with reasons by bit.
    """

    def __init__(self, listing: Listing, choice: Choice) -> None:
        self.name = listing.name
        self.unknown = listing.unknown
        self.listing = listing
        ascending = listing.candidates[::-1]
        if choice.prereleases == "allow":
            runs: list[list[Candidate]] = [list(ascending)]
        else:
            runs = [
                [c for c in ascending if is_prerelease(c.version)],
                [c for c in ascending if not is_prerelease(c.version)],
            ]
        if any(c.reluctant for c in ascending):
            runs = [
                [c for c in run if c.reluctant is reluctant]
                for run in runs
                for reluctant in (True, False)
            ]
        if choice.oldest:
            runs = [run[::-1] for run in runs]
        self.runs = runs
        self._keys: list[list[tuple[int, tuple[int, ...]]] | None] = [None] * len(runs)
        self.oldest = choice.oldest
        self.order: list[Candidate] = [c for run in runs for c in run]
        self.bits = {c.identity: number for number, c in enumerate(self.order, 1)}
        self.any = ((1 << len(self.order)) - 1) << 1
        self.full = self.any | 1
        self.barred = self._bar(choice)
        self.by_python: dict[str, int] = {}
        for number, candidate in enumerate(self.order, 1):
            text = candidate.requires_python or ""
            self.by_python[text] = self.by_python.get(text, 0) | 1 << number
        self.by_origin: dict[Origin, int] = {}
        for number, candidate in enumerate(self.order, 1):
            if candidate.origin is not None:
                bits = self.by_origin.get(candidate.origin, 0)
                self.by_origin[candidate.origin] = bits | 1 << number
        self._sets: dict[str, int] = {}

    def _bar(self, choice: Choice) -> dict[int, str]:
        barred: dict[int, str] = {}
        pinned = {version_of(text) for text in choice.pinned}
        no_pre = choice.prereleases == "disallow" or (
            choice.prereleases == "explicit" and not choice.named
        )
        for number, candidate in enumerate(self.order, 1):
            version = candidate.version
            if candidate.yanked is not False and version_of(version) not in pinned:
                reason = candidate.yanked if isinstance(candidate.yanked, str) else ""
                barred[number] = f"yanked ({reason.strip()})" if reason.strip() else "yanked"
            elif no_pre and is_prerelease(version):
                barred[number] = "a pre-release"
        return barred

    def version(self, bit: int) -> str:
        """Return the version that a bit stands for."""
        return self.order[bit - 1].version

    def identity(self, bit: int) -> str:
        """Return what tells a candidate from all others of its project."""
        return self.order[bit - 1].identity

    def candidate(self, bit: int) -> Candidate:
        """Return the candidate that a bit stands for."""
        return self.order[bit - 1]

    def members(self, versions: int) -> Iterator[int]:
        """Yield the bits of a set, best first, without "not selected"."""
        rest = versions & self.any
        while rest:
            top = rest.bit_length() - 1
            yield top
            rest ^= 1 << top

    def matching(self, specifier: str) -> int:
        """Return the candidates that a specifier admits; pre-releases are judged by order alone."""
        known = self._sets.get(specifier)
        if known is None:
            known = self.any
            if specifier:
                for part in specifiers_of(specifier):
                    known &= self._part(part)
            self._sets[specifier] = known
        return known

    def _part(self, part: Specifier) -> int:
        if part.operator == "===" or part.version.endswith(".*") or part.operator == "~=":
            return self._asked(part)
        version = version_of(part.version)
        result, offset = 0, 1
        for number, run in enumerate(self.runs):
            result |= self._run_part(number, part, version) << offset
            offset += len(run)
        return result

    def _run_part(self, number: int, part: Specifier, version: Version) -> int:
        """One run: bisect to the versions with this release number, ask about those alone."""
        run = self.runs[number]
        keys = self._keys_of(number)
        count = len(run)
        key = (version.epoch, _trimmed(version))
        below = bisect_left(keys, key)
        above = bisect_right(keys, key)
        near = 0
        for at in range(below, above):
            if _admits(part, version, version_of(self._at(run, at).version)):
                near |= 1 << at
        operator = part.operator
        low = (1 << below) - 1 if operator in {"<", "<=", "!="} else 0
        high = ((1 << count) - (1 << above)) if operator in {">", ">=", "!="} else 0
        ascending = low | near | high
        return _mirrored(ascending, count) if self.oldest else ascending

    def _at(self, run: list[Candidate], ascending: int) -> Candidate:
        return run[len(run) - 1 - ascending] if self.oldest else run[ascending]

    def _keys_of(self, number: int) -> list[tuple[int, tuple[int, ...]]]:
        """Return epoch and release number of the versions of a run, ascending."""
        keys = self._keys[number]
        if keys is None:
            run = self.runs[number]
            keys = [_key_of(c.version) for c in (reversed(run) if self.oldest else run)]
            self._keys[number] = keys
        return keys

    def _asked(self, part: Specifier) -> int:
        """Ask ``packaging`` about every candidate: for the operators on prefixes and strings."""
        result = 0
        for number, candidate in enumerate(self.order, 1):
            if part.contains(version_of(candidate.version), prereleases=True):
                result |= 1 << number
        return result


@lru_cache(maxsize=65536)
def _key_of(text: str) -> tuple[int, tuple[int, ...]]:
    version = version_of(text)
    return version.epoch, _trimmed(version)


def _trimmed(version: Version) -> tuple[int, ...]:
    """Return the release number without trailing zeros, so that 1.0 and 1 share it."""
    release = version.release
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _admits(part: Specifier, version: Version, candidate: Version) -> bool:
    """Whether a specifier on ``version`` admits a version with the same release number."""
    if _plain(version) and _plain(candidate):
        return part.operator in {"==", ">=", "<="}
    return part.contains(candidate, prereleases=True)


def _plain(version: Version) -> bool:
    return not (version.is_prerelease or version.is_postrelease or version.local)


def _mirrored(bits: int, count: int) -> int:
    return int(format(bits, f"0{count}b")[::-1], 2) if count else 0
