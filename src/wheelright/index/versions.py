"""What versions are sorted by, read from their text: a page has hundreds, most of a plain kind.

Must live here: keys that compare as ``packaging`` compares versions; a test holds them against
it. Texts of another than the usual form are read by ``packaging`` itself.

https://packaging.python.org/en/latest/specifications/version-specifiers/#version-scheme
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from packaging.version import Version

VersionKey: TypeAlias = (
    "tuple[int, tuple[int, ...], tuple[str, int], float, float, tuple[tuple[int, str], ...]]"
)
"""Epoch, release without trailing zeros, pre-release, post-release, development, local version."""

_NUMBER: Final = "(?:0|[1-9][0-9]{0,17})"
_USUAL: Final = re.compile(
    rf"({_NUMBER}(?:\.{_NUMBER})*+)"
    rf"(?:(a|b|rc)({_NUMBER}))?(?:\.post({_NUMBER}))?(?:\.dev({_NUMBER}))?",
    re.ASCII,
)
"""A version that is written as it is shown."""
_EARLIEST: Final = ("", 0)
_FINAL: Final = ("~", 0)  # after `a`, `b` and `rc`


@lru_cache(maxsize=1 << 13)
def order_of(text: str) -> tuple[VersionKey, str] | None:
    """Return what a version is sorted by and how it is shown; ``None`` where it is none."""
    usual = _USUAL.fullmatch(text)
    if usual is None:
        return _by_packaging(text)
    release, letter, number, post, dev = usual.groups()
    parts = tuple(map(int, release.split(".")))
    while parts and not parts[-1]:
        parts = parts[:-1]
    if letter is None and post is None and dev is None:
        return (0, parts, _FINAL, -1, inf, ()), text
    return (
        0,
        parts,
        _pre(None if letter is None else (letter, int(number)), post, dev),
        -1 if post is None else int(post),
        inf if dev is None else int(dev),
        (),
    ), text


def _pre(pre: tuple[str, int] | None, post: object, dev: object) -> tuple[str, int]:
    """Return the place among pre-releases: ``1.dev1`` comes before ``1a1``, and ``1`` after all."""
    if pre is not None:
        return pre
    return _EARLIEST if post is None and dev is not None else _FINAL


def _by_packaging(text: str) -> tuple[VersionKey, str] | None:
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(text)
    except (InvalidVersion, ValueError):  # ValueError: digits beyond what int() takes
        return None
    return _key(version), str(version)


def _key(version: Version) -> VersionKey:
    release = version.release
    while release and not release[-1]:
        release = release[:-1]
    local = () if version.local is None else version.local.split(".")
    return (
        version.epoch,
        release,
        _pre(version.pre, version.post, version.dev),
        -1 if version.post is None else version.post,
        inf if version.dev is None else version.dev,
        tuple([(int(part), "") if part.isdecimal() else (-1, part) for part in local]),
    )
