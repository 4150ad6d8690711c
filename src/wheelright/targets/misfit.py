"""Why a wheel does not fit, and which of several comes nearest: data and prose for errors."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.platform import Platform, parse_platform, system_words
from wheelright.targets.tags import TagSet, compatible_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.targets.filenames import WheelName
    from wheelright.targets.platform import Version

Kind = Literal["floor", "python", "abi", "platform"]

_PYTHON_TAG = re.compile(r"(?P<implementation>[a-z]+?)(?P<major>\d)(?P<minor>\d*)", re.ASCII)
_IMPLEMENTATIONS = {"cp": "CPython", "py": "Python", "pp": "PyPy"}
_SYSTEMS = {"macos": "macOS", "windows": "Windows", "linux": "Linux", "ios": "iOS"}


class Misfit(Struct, frozen=True):
    """Why a wheel, or the nearest of several, does not fit.

    ``kind`` is the least that is wrong: only its floor is too high; else its Python, its ABI, or
    the platform altogether. ``text`` completes a sentence about the wheel or "its wheels":
    ``needs glibc 2.28 or newer``. ``tag`` is the nearest tag, ``cp312-manylinux_2_28_x86_64``.
    ``platform`` is the one that would fit, where a higher floor is all that is missing.
    """

    kind: Kind
    text: str
    tag: str
    platform: Platform | None = None
    distance: tuple[int, int] = (0, 0)


def why_not(
    wheel: WheelName,
    platform: Platform,
    python: Version,
    implementation: str = "cpython",
    *,
    free_threaded: bool = False,
) -> Misfit | None:
    """Say why ``wheel`` does not fit a Python on a platform; ``None`` if it does."""
    tags = compatible_tags(platform, python, implementation, free_threaded=free_threaded)
    return misfit(wheel, tags)


def misfit(wheel: WheelName, tags: TagSet) -> Misfit | None:
    """Say why ``wheel`` has none of ``tags``; ``None`` if it has one."""
    if tags.rank(wheel) is not None:
        return None
    found = (
        _triple_misfit(python, abi, platform, tags)
        for python in wheel.pythons
        for abi in wheel.abis
        for platform in wheel.platforms
    )
    return min(found, key=lambda one: one.distance)


def nearest_wheel(wheels: Iterable[WheelName], tags: TagSet) -> Misfit | None:
    """Find the least misfit among ``wheels``; ``None`` if one of them fits or none is given.

    The text reads ``its wheels need glibc 2.28 or newer (nearest: cp312-manylinux_2_28_x86_64)``.
    """
    misfits = []
    for wheel in wheels:
        one = misfit(wheel, tags)
        if one is None:
            return None
        misfits.append(one)
    if not misfits:
        return None
    nearest = min(misfits, key=lambda one: one.distance)
    alike = [one for one in misfits if one.distance[0] == nearest.distance[0]]
    said = _said_of_all(nearest, alike)
    text = f"its wheels {said} (nearest: {nearest.tag})"
    return Misfit(nearest.kind, text, nearest.tag, nearest.platform, nearest.distance)


def _said_of_all(nearest: Misfit, alike: list[Misfit]) -> str:
    plural = {"needs": "need", "is": "are", "has": "have"}
    if nearest.kind in {"python", "platform"}:
        words = {
            one.text.removeprefix("is for ") for one in alike if one.text.startswith("is for ")
        }
        if len(words) > 1:  # which of them needs what else is too much to say of many
            words = {word.partition(" and needs ")[0] for word in words}
        if nearest.text.startswith("is for ") and words:
            joined = _join(sorted(words, key=_natural))
            return f"are for {joined.replace(' and needs ', ' and need ')}"
    verb, _, rest = nearest.text.partition(" ")
    return f"{plural.get(verb, verb)} {rest}"


def _natural(text: str) -> list[tuple[int, str]]:
    return [
        (int(piece), "") if piece.isdigit() else (0, piece) for piece in re.split(r"(\d+)", text)
    ]


def _join(words: list[str]) -> str:
    if len(words) > 6:
        words = [*words[:2], "...", *words[-2:]]
        return ", ".join(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _triple_misfit(python: str, abi: str, platform: str, tags: TagSet) -> Misfit:
    tag = f"{python}-{platform}" if abi in {"none", python} else f"{python}-{abi}-{platform}"
    wrong = _python_misfit(python, abi, tags)
    kind, text, far, fitting = _platform_misfit(platform, tags)
    if wrong is None:
        return Misfit(kind or "platform", text, tag, fitting, far)
    # A wrong Python counts more than a floor, less than another libc, processor or system.
    beside = f"{wrong[1]} and {text}" if far[0] == 1 else wrong[1]
    if far[0] > 2:
        return Misfit("platform", text, tag, None, (far[0] + 10, far[1]))
    return Misfit(wrong[0], beside, tag, None, (2 if far[0] == 0 else 3, wrong[2]))


def _python_misfit(python: str, abi: str, tags: TagSet) -> tuple[Kind, str, int] | None:
    """Say what is wrong with a python and abi tag: the kind, the words and how far; or ``None``."""
    if (python, abi) in tags.rows or (abi == "none" and python in tags.pure_rows):
        return None
    match = _PYTHON_TAG.fullmatch(python)
    if match is None:
        return "python", f"is for `{python}`", 1000
    major, minor = int(match["major"]), int(match["minor"] or 0)
    words = _IMPLEMENTATIONS.get(match["implementation"], match["implementation"])
    number = f"{words} {major}.{minor}" if match["minor"] else f"{words} {major}"
    apart = abs((major - tags.python[0]) * 100 + minor - tags.python[1])
    same_version = python == tags.interpreter or python in tags.pure_rows
    if same_version or (abi == "abi3" and (major, minor) <= tags.python):
        return "abi", _abi_words(abi, tags), 0
    if abi == "abi3" or python == f"py{major}{minor}":
        newer = (major, minor) > tags.python
        return "python", f"needs {number} or newer" if newer else f"is for {number}", apart
    suffix = " free-threaded" if abi == f"{python}t" else ""
    return "python", f"is for {number}{suffix}", apart


def _abi_words(abi: str, tags: TagSet) -> str:
    if tags.free_threaded and not abi.endswith("t"):
        return "needs a Python with the GIL"
    if abi.endswith("t") and not tags.free_threaded:
        return "needs a free-threaded Python"
    if tags.implementation != "cpython":
        return f"has the ABI `{abi}`, which {tags.implementation} does not offer"
    return f"has the ABI `{abi}`"


_Shortfall = tuple[Kind | None, str, tuple[int, int], Platform | None]


@lru_cache(maxsize=4096)
def _promised(tag: str) -> Platform | None:
    """Find the platform that a wheel's platform tag stands for; ``None`` for the unknown."""
    # A binary for several processors is judged by the one nearest to today's.
    name = re.sub(r"_(universal2|universal|intel|fat64|fat3|fat)$", "_x86_64", tag)
    try:
        return parse_platform(name)
    except UnknownPlatform:
        return None


def _platform_misfit(tag: str, tags: TagSet) -> _Shortfall:
    """Say what is wrong with a platform tag: kind, words, distance, the platform that would do."""
    wanted = tags.platform
    if tag == "any" or tag in tags.platform_tags:
        return None, "", (0, 0), None
    if match := re.fullmatch(r"linux_(\w+)", tag):
        if wanted.os == "linux" and match[1] == wanted.arch:
            return "platform", f"is tagged `{tag}`, which promises no floor", (4, 0), None
        return "platform", f"is for Linux {match[1]}", (6, 0), None
    promised = _promised(tag)
    if promised is None:
        return "platform", f"is for `{tag}`", (8, 0), None
    if promised.os != wanted.os:
        name = _SYSTEMS.get(promised.os, system_words(promised))
        return "platform", f"is for {name}", (7, 0), None
    if promised.cpu != wanted.cpu:
        return "platform", f"is for {promised.arch}", (6, 0), None
    if promised.libc != wanted.libc:
        return "platform", f"is for {promised.libc}", (5, 0), None
    if promised.floor is None or wanted.floor is None or promised.floor <= wanted.floor:
        return "platform", f"is for `{tag}`", (8, 0), None
    gap = (promised.floor[0] - wanted.floor[0]) * 1000 + promised.floor[1] - wanted.floor[1]
    needed = promised.describe().rpartition(",")[0]
    return "floor", f"needs {needed} or newer", (1, gap), promised
