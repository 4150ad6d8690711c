"""File names of wheels and sdists, taken apart quickly: tens of thousands are read per lock.

Versions stay text here; whoever compares them parses them (``packaging.version``).
Specification: "Binary distribution format" (PEP 427, 425) and "Source distribution format".
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from wheelright.targets.errors import InvalidFileName

_SDIST_ENDINGS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tbz", ".txz")
_SEPARATORS = re.compile(r"[-_.]+")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?", re.ASCII)
_VERSION = re.compile(r"v?[0-9][A-Za-z0-9.!+_]*", re.ASCII)
_BUILD = re.compile(r"([0-9]+)(.*)", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*", re.ASCII)


class WheelName(msgspec.Struct, frozen=True, gc=False):
    """What the name of a wheel says.

    ``name`` is normalized (PEP 503), ``version`` as written, ``build`` the number and the rest of
    the build tag, or ``()``. ``pythons``, ``abis`` and ``platforms`` are the expanded tag parts in
    lower case, in the order written; ``tag`` is all three compressed, as written.
    """

    name: str
    version: str
    build: tuple[int, str] | tuple[()]
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]
    tag: str

    @property
    def is_pure(self) -> bool:
        """Whether it fits every platform (``any``), which says nothing of its Python."""
        return "any" in self.platforms


@lru_cache(maxsize=1 << 14)
def normalize_name(name: str) -> str:
    """Spell a project name as PEP 503 compares it: lower case, runs of ``-_.`` are one ``-``."""
    return _SEPARATORS.sub("-", name).lower()


@lru_cache(maxsize=1 << 12)
def _parts(compressed: str) -> tuple[str, ...] | None:
    if _TAG.fullmatch(compressed) is None:
        return None
    return tuple(dict.fromkeys(compressed.lower().split(".")))


@lru_cache(maxsize=1 << 17)
def parse_wheel_name(name: str) -> WheelName:
    """Take the file name of a wheel apart.

    Raises:
        InvalidFileName: it does not follow the binary distribution format; says in what.

    """
    if not name.endswith(".whl"):
        raise _invalid(name, "it does not end in `.whl`")
    pieces = name[:-4].split("-")
    if len(pieces) == 5:
        project, version, python, abi, platform = pieces
        build: tuple[int, str] | tuple[()] = ()
    elif len(pieces) == 6:
        project, version, build_tag, python, abi, platform = pieces
        found = _BUILD.fullmatch(build_tag)
        if found is None or len(found[1]) > 100:
            raise _invalid(name, f"its build tag `{build_tag}` does not start with a number")
        build = (int(found[1]), found[2])
    else:
        raise _invalid(name, f"it has {len(pieces)} parts between dashes instead of 5 or 6")
    if _NAME.fullmatch(project) is None:
        raise _invalid(name, f"`{project}` is not a project name")
    if _VERSION.fullmatch(version) is None:
        raise _invalid(name, f"`{version}` is not a version")
    pythons, abis, platforms = _parts(python), _parts(abi), _parts(platform)
    if pythons is None or abis is None or platforms is None:
        raise _invalid(name, f"`{python}-{abi}-{platform}` is not a tag")
    tag = f"{python}-{abi}-{platform}"
    return WheelName(normalize_name(project), version, build, pythons, abis, platforms, tag)


def parse_sdist_name(filename: str, project: str) -> str | None:
    """Read the version that the file name of an sdist of ``project`` states, as written.

    ``None`` if it is no sdist, or not one of that project. Knowing the project settles what old
    names leave open (``foo-bar-1.0.tar.gz``, ``foo-1.0-1.zip``).
    """
    stem = next((filename[: -len(e)] for e in _SDIST_ENDINGS if filename.endswith(e)), None)
    if stem is None:
        return None
    wanted = normalize_name(project)
    at = stem.find("-")
    while at != -1:
        if normalize_name(stem[:at]) == wanted:
            version = stem[at + 1 :]
            if _VERSION.fullmatch(version.replace("-", ".")) is not None:
                return version
        at = stem.find("-", at + 1)
    return None


def _invalid(name: str, reason: str) -> InvalidFileName:
    return InvalidFileName(f"`{name}` is not the file name of a wheel: {reason}")
