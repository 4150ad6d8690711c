"""The candidates of one project in order of choice, and its version sets as integers.

Bit 0 says "not selected"; the other bits are candidates, better ones higher, so that the best
of a set is its top bit. Pre-releases stand below all final releases unless they are allowed
outright, so that "stable first" needs no rule in the search. Within those two runs versions are
sorted, and a specifier is a few bisections: only versions that share their release number with
the specifier's are asked of ``packaging`` one by one, since that is where its exceptions lie.
Comparisons with plain numbers, which nearly all are, are read here and never get there.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from wheelright.errors import RequestError
from wheelright.targets.specifiers import InvalidSpecifier, Specifier, SpecifierSet, read_specifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.resolver.facts import Candidate, Listing, Origin

_PRE = re.compile(r"[abc]|dev|pre", re.IGNORECASE)
_PLAIN_PART = re.compile(r"(==|!=|>=|<=|~=|>|<)(\d+(?:\.\d+)*)(\.\*)?", re.ASCII)
_ORDERED_PART = re.compile(r"(==|!=|>=|<=|>|<)([A-Za-z0-9.!_-]+)", re.ASCII)

#: Epoch and release number without trailing zeros: what versions are sorted by, first of all.
Key: TypeAlias = "tuple[int, tuple[int, ...]]"


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
    if _is_plain(version):
        return False
    return _PRE.search(version.partition("+")[0]) is not None


def _is_plain(version: str) -> bool:
    """Whether a version is numbers and dots alone."""
    return version.replace(".", "").isdigit()


class Part(Struct, frozen=True):
    """One comparison of a specifier; ``prefix`` where it ends in ``.*``.

    ``plain`` where it is with numbers alone; otherwise ``packaging`` is asked of versions that
    share its release number, and is not loaded as long as there are none.
    """

    operator: str
    text: str
    key: Key
    prefix: tuple[int, ...] = ()
    plain: bool = True

    @property
    def specifier(self) -> Specifier:
        """The same for ``packaging``."""
        return read_specifier(self.operator + self.text)


@lru_cache(maxsize=16384)
def _plain_parts(text: str) -> tuple[Part, ...]:
    """Read one comparison, ``~=`` as two; empty for one that only ``packaging`` reads."""
    match = _PLAIN_PART.fullmatch(text)
    if match is None:
        ordered = _ORDERED_PART.fullmatch(text)
        try:
            return (
                (Part(ordered[1], ordered[2], _key_of(ordered[2]), (), False),) if ordered else ()
            )
        except InvalidVersion:
            return ()
    operator, version, star = match.groups()
    if star:
        if operator not in {"==", "!="}:
            return ()
        prefix = tuple(map(int, version.split(".")))
        return (Part(operator, f"{version}.*", _key_of(version), prefix),)
    if operator == "~=":
        prefix = tuple(map(int, version.split(".")))
        if len(prefix) < 2:
            return ()
        whole = version.rpartition(".")[0]
        return (
            Part(">=", version, _key_of(version)),
            Part("==", f"{whole}.*", _key_of(whole), prefix[:-1]),
        )
    return (Part(operator, version, _key_of(version)),)


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
        ascending = list(listing.candidates[::-1])
        runs = [ascending]
        plain = _is_plain("".join([c.version for c in ascending]))
        if not plain and choice.prereleases != "allow":
            runs = [[], []]
            for candidate in ascending:
                text = candidate.version
                final = text.replace(".", "").isdigit() or not is_prerelease(text)
                runs[final].append(candidate)
        if True in [c.reluctant for c in ascending]:
            runs = [
                [c for c in run if c.reluctant is late] for run in runs for late in (True, False)
            ]
        if choice.oldest:
            runs = [run[::-1] for run in runs]
        self.runs = runs
        self._texts: list[list[str] | None] = [None] * len(runs)
        self.oldest = choice.oldest
        self.order: list[Candidate] = [c for run in runs for c in run] if runs[1:] else runs[0]
        self.any = ((1 << len(self.order)) - 1) << 1
        self.full = self.any | 1
        self.bits: dict[str, int] = {}
        self.by_python: dict[str, int] = {}
        self.by_origin: dict[Origin, int] = {}
        self.unserved: set[str] = set()
        self._look()
        self.barred = self._bar(choice)
        self._sets: dict[str, int] = {}
        self._parts: dict[str, int] = {}

    def _look(self) -> None:
        """Gather what candidates share: a ``Requires-Python``, an origin, what is not served."""
        order, number = self.order, 1
        for text, run in groupby([c.requires_python or "" for c in order]):
            after = number + len(list(run))
            self.by_python[text] = self.by_python.get(text, 0) | (1 << after) - (1 << number)
            number = after
        self.bits = dict(zip([c.version for c in order], range(1, len(order) + 1), strict=True))
        placed = [(n, c.origin) for n, c in enumerate(order, 1) if c.origin is not None]
        if placed:
            self.bits = {c.identity: number for number, c in enumerate(order, 1)}
        for number, origin in placed:
            self.by_origin[origin] = self.by_origin.get(origin, 0) | 1 << number
        for unserved in [c.unserved for c in order if c.unserved]:
            self.unserved.update(unserved)

    def _bar(self, choice: Choice) -> dict[int, str]:
        barred: dict[int, str] = {}
        if choice.prereleases == "disallow" or (
            choice.prereleases == "explicit" and not choice.named
        ):
            early = [n for n, c in enumerate(self.order, 1) if is_prerelease(c.version)]
            barred = dict.fromkeys(early, "a pre-release")
        yanked = [(n, c) for n, c in enumerate(self.order, 1) if c.yanked is not False]
        pinned = {version_of(text) for text in choice.pinned} if yanked else set()
        for number, candidate in yanked:
            if version_of(candidate.version) not in pinned:
                reason = candidate.yanked if isinstance(candidate.yanked, str) else ""
                reason = reason.strip()
                barred[number] = f"yanked ({reason})" if reason else "yanked"
        return dict(sorted(barred.items()))

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
            known, parts = self.any, self._parts
            for text in specifier.split(",") if specifier else ():
                part = parts.get(text)
                if part is None:
                    part = parts[text] = self._plain(text)
                known &= part
                if part < 0:
                    known = self.any
                    for other in specifiers_of(specifier):
                        known &= self._part(other)
                    break
            self._sets[specifier] = known
        return known

    def _plain(self, text: str) -> int:
        """Return what one comparison admits; -1 for one that only ``packaging`` reads."""
        known = -1
        for part in _plain_parts(text):
            admitted, offset = 0, 1
            for number, run in enumerate(self.runs):
                if run:
                    admitted |= self._plain_run(number, part) << offset
                    offset += len(run)
            known &= admitted
        return known

    def _plain_run(self, number: int, part: Part) -> int:
        """One run: bisect to the versions with this release number or prefix."""
        texts = self._texts_of(number)
        operator, count = part.operator, len(texts)
        below = self._first_with(part, texts)
        if part.prefix:
            after = (0, (*part.prefix[:-1], part.prefix[-1] + 1))
            above = bisect_left(texts, after, below, key=_key_of)
            ascending = (1 << above) - (1 << below)
            if operator == "!=":
                ascending ^= (1 << count) - 1
        else:
            above = below
            while above < count and _key_of(texts[above]) == part.key:
                above += 1
            low = (1 << below) - 1 if operator in {"<", "<=", "!="} else 0
            high = (1 << count) - (1 << above) if operator in {">", ">=", "!="} else 0
            ascending = low | high
            for at in range(below, above):
                text = texts[at]
                if (
                    operator in {"==", ">=", "<="}
                    if part.plain and _is_plain(text)
                    else part.specifier.contains(version_of(text), prereleases=True)
                ):
                    ascending |= 1 << at
        return _mirrored(ascending, count) if self.oldest else ascending

    def _first_with(self, part: Part, texts: list[str]) -> int:
        """Return where the versions of a part's release number begin in a run.

        Most parts name a version that there is: it need not be searched for.
        """
        number = self.bits.get(part.text, 0)
        if len(texts) < len(self.order) or self.oldest or not number:
            return bisect_left(texts, part.key, key=_key_of)
        below = number - 1
        while below and _key_of(texts[below - 1]) == part.key:
            below -= 1
        return below

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
        texts = self._texts_of(number)
        count = len(texts)
        key = (version.epoch, _trimmed(version.release))
        below = bisect_left(texts, key, key=_key_of)
        above = bisect_right(texts, key, below, key=_key_of)
        near = 0
        for at in range(below, above):
            if part.contains(version_of(texts[at]), prereleases=True):
                near |= 1 << at
        operator = part.operator
        low = (1 << below) - 1 if operator in {"<", "<=", "!="} else 0
        high = ((1 << count) - (1 << above)) if operator in {">", ">=", "!="} else 0
        ascending = low | near | high
        return _mirrored(ascending, count) if self.oldest else ascending

    def _texts_of(self, number: int) -> list[str]:
        """Return the versions of a run, ascending."""
        texts = self._texts[number]
        if texts is None:
            run = self.runs[number]
            texts = [c.version for c in (reversed(run) if self.oldest else run)]
            self._texts[number] = texts
        return texts

    def _asked(self, part: Specifier) -> int:
        """Ask ``packaging`` about every candidate: for the operators on prefixes and strings."""
        result = 0
        for number, candidate in enumerate(self.order, 1):
            if part.contains(version_of(candidate.version), prereleases=True):
                result |= 1 << number
        return result


@lru_cache(maxsize=65536)
def _key_of(text: str) -> Key:
    if _is_plain(text):
        return 0, _trimmed(tuple(map(int, text.split("."))))
    version = version_of(text)
    return version.epoch, _trimmed(version.release)


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    """Return the release number without trailing zeros, so that 1.0 and 1 share it."""
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _mirrored(bits: int, count: int) -> int:
    return int(format(bits, f"0{count}b")[::-1], 2) if count else 0
