"""What somebody asks of a Python: the words of ``--python`` and of ``.python-version`` files.

The grammar is uv's: a version (``3``, ``3.12``, ``3.12.1``, ``312``), with a variant (``3.13t``,
``3.13+freethreaded``, ``3.13d``, ``3.14+gil``); a specifier (``>=3.10,<3.13``); an implementation
(``pypy``, ``cpython@3.12``, ``pp310``); a full key (``cpython-3.12.3-linux-x86_64-gnu``); a path
to an executable, a venv or an installation; or the name of an executable on ``PATH``.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.interpreters.errors import InvalidRequest
from wheelright.targets.describing import cpu_name

if TYPE_CHECKING:
    from wheelright.targets import Interpreter
    from wheelright.targets.specifiers import SpecifierSet

_IMPLEMENTATIONS = {
    "cpython": "cpython",
    "cp": "cpython",
    "pypy": "pypy",
    "pp": "pypy",
    "graalpy": "graalpy",
    "gp": "graalpy",
}
_VERSION = (
    r"(?P<major>[23])"
    r"(?:\.(?P<minor>\d{1,3})(?:\.(?P<micro>\d{1,3})(?P<pre>(?:a|b|rc)\d{1,3})?|(?P<short_pre>(?:a|b|rc)\d{1,3}))?"
    r"|(?P<joined>\d{1,2}))?"
    r"(?P<letters>t?d?)(?P<variants>(?:\+[a-z]+)*)"
)
_NAMED = r"(?P<implementation>cpython|cp|pypy|pp|graalpy|gp|python)[@-]?(?P<rest>.*)"
_KEY = (
    r"(?P<implementation>cpython|pypy|graalpy|any)-(?P<version>[^-]+)"
    r"(?:-(?P<os>[a-z]+)(?:-(?P<arch>[a-z0-9_]+)(?:-(?P<libc>[a-z]+))?)?)?"
)
_SYSTEMS = {"linux", "macos", "darwin", "windows", "any"}


class PythonRequest(Struct, frozen=True):
    """What is asked; ``None`` everywhere: any Python.

    ``release`` is the beginning of the version, ``(3, 12)``; ``prerelease`` the rest (``rc1``).
    ``specifier`` is PEP 440 text. ``free_threaded`` and ``debug``: asked for, asked against, or
    not said. ``path`` names one place on disk; ``name`` an executable to find on ``PATH``.
    ``system``, ``cpu`` and ``libc`` are of a full key.
    """

    text: str
    implementation: str | None = None
    release: tuple[int, ...] | None = None
    prerelease: str = ""
    specifier: str | None = None
    free_threaded: bool | None = None
    debug: bool | None = None
    path: Path | None = None
    name: str | None = None
    system: str | None = None
    cpu: str | None = None
    libc: str | None = None

    @property
    def is_explicit(self) -> bool:
        """Whether one executable was named, so that no preference may pass it over."""
        return self.path is not None or self.name is not None

    def could_be(self, version: tuple[int, ...]) -> bool:
        """Whether a Python whose version starts with ``version`` may meet the request."""
        if self.release is not None:
            return all(a == b for a, b in zip(self.release, version, strict=False))
        return self.specifier is None or admits(self.specifier, version)

    def is_met_by(self, python: Interpreter) -> bool:
        """Whether a Python is what was asked for; of paths and names only the rest is judged."""
        if self.implementation not in {None, python.implementation}:
            return False
        if self.free_threaded not in {None, python.free_threaded}:
            return False
        if self.debug not in {None, python.debug}:
            return False
        platform = python.platform
        return (
            self.system in {None, platform.os}
            and self.cpu in {None, platform.cpu}
            and self.libc in {None, platform.libc}
            and self._is_version_met_by(python.version)
        )

    def _is_version_met_by(self, version: str) -> bool:
        if self.release is not None:
            release = release_of(version)
            if release[: len(self.release)] != self.release:
                return False
            return not self.prerelease or version.endswith(self.prerelease)
        return self.specifier is None or specifier_set(self.specifier).contains(
            ".".join(map(str, release_of(version))), prereleases=True
        )


def release_of(version: str) -> tuple[int, ...]:
    """Read the numbers of a full version: ``(3, 14, 0)`` of ``3.14.0rc1``."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(number) for number in match[0].split(".")) if match else ()


@lru_cache(maxsize=256)
def specifier_set(text: str) -> SpecifierSet:
    """Parse a specifier set; raises ``InvalidSpecifier``."""
    from wheelright.targets.specifiers import SpecifierSet

    return SpecifierSet(text)


@lru_cache(maxsize=1024)
def admits(specifier: str, version: tuple[int, ...]) -> bool:
    """Whether a specifier holds for some version that starts with ``version``.

    Exact where ``version`` has three numbers; of two, every patch number up to 99 is tried.
    """
    wanted = specifier_set(specifier)
    if len(version) >= 3:
        return wanted.contains(".".join(map(str, version[:3])), prereleases=True)
    if len(version) < 2:
        return True
    start = f"{version[0]}.{version[1]}"
    return any(wanted.contains(f"{start}.{patch}", prereleases=True) for patch in range(100))


def parse_request(text: str, directory: Path | None = None) -> PythonRequest:
    """Read a request; relative paths are of ``directory`` (else the working directory).

    Raises:
        InvalidRequest: it looks like a version or a specifier and is none, or it is a path
            that holds nothing.

    """
    words = text.strip()
    lowered = words.lower()
    if lowered in {"", "any", "default"}:
        return PythonRequest(words)
    if lowered[0] in "<>=!~":
        return _specifier(words, None)
    for attempt in (_version, _implementation, _key):
        found = attempt(words, lowered)
        if found is not None:
            return found
    return _place(words, directory or Path.cwd())


def _specifier(
    text: str, implementation: str | None, specifier: str | None = None
) -> PythonRequest:
    from wheelright.targets.specifiers import InvalidSpecifier

    wanted = (specifier or text).strip()
    try:
        specifier_set(wanted)
    except InvalidSpecifier as error:
        raise InvalidRequest(
            f"`{text}` is not a request for a Python: `{wanted}` is no version specifier",
            hints=("Write a specifier as in `>=3.11,<3.14`",),
        ) from error
    return PythonRequest(text, implementation=implementation, specifier=wanted)


_VARIANTS = {
    "freethreaded": ("free_threaded", True),
    "gil": ("free_threaded", False),
    "debug": ("debug", True),
}


def _version(text: str, words: str, implementation: str | None = None) -> PythonRequest | None:
    match = re.fullmatch(_VERSION, words, re.ASCII)
    if match is None:
        return None
    minor = match["joined"] or match["minor"]
    numbers = (match["major"], minor, match["micro"])
    asked: dict[str, bool] = {}
    for letter, name in (("t", "free_threaded"), ("d", "debug")):
        if letter in match["letters"]:
            asked[name] = True
    for word in match["variants"].split("+")[1:]:
        if word not in _VARIANTS:
            known = ", ".join(f"`+{name}`" for name in _VARIANTS)
            raise InvalidRequest(
                f"`{text}` is not a request for a Python: `+{word}` is no variant",
                hints=(f"Known variants: {known}",),
            )
        name, wanted = _VARIANTS[word]
        asked[name] = wanted
    return PythonRequest(
        text,
        implementation=implementation,
        release=tuple(int(number) for number in numbers if number is not None),
        prerelease=match["pre"] or match["short_pre"] or "",
        free_threaded=asked.get("free_threaded"),
        debug=asked.get("debug"),
    )


def _implementation(text: str, words: str) -> PythonRequest | None:
    match = re.fullmatch(_NAMED, words, re.ASCII)
    if match is None:
        return None
    implementation = _IMPLEMENTATIONS.get(match["implementation"])
    rest = match["rest"]
    if not rest:
        # The bare word `python` is the name of an executable.
        return PythonRequest(text, implementation=implementation) if implementation else None
    if rest[0] in "<>=!~":
        return _specifier(text, implementation, rest)
    return _version(text, rest, implementation)


def _key(text: str, words: str) -> PythonRequest | None:
    match = re.fullmatch(_KEY, words, re.ASCII)
    if match is None or (match["os"] or "any") not in _SYSTEMS:
        return None
    implementation = None if match["implementation"] == "any" else match["implementation"]
    version = match["version"]
    found = (
        PythonRequest(text, implementation=implementation)
        if version == "any"
        else _version(text, version, implementation)
    )
    if found is None:
        return None
    system = {"darwin": "macos", "any": None}.get(match["os"] or "any", match["os"])
    arch = None if match["arch"] in {None, "any"} else cpu_name(match["arch"])
    libc = {"gnu": "glibc", "musl": "musl"}.get(match["libc"] or "")
    return PythonRequest(
        text,
        implementation=found.implementation,
        release=found.release,
        prerelease=found.prerelease,
        free_threaded=found.free_threaded,
        debug=found.debug,
        system=system,
        cpu=arch,
        libc=libc,
    )


def _place(text: str, directory: Path) -> PythonRequest:
    """Read the rest: a path, if it looks like one or exists, else an executable's name."""
    path = Path(os.path.normpath(directory / Path(text).expanduser()))
    separators = {"/", os.sep, os.altsep} - {None}
    looks_like_path = any(separator in text for separator in separators if separator)
    if "\0" in text or "\n" in text:
        raise InvalidRequest(f"`{text!r}` is not a request for a Python")
    if looks_like_path and not path.exists():
        raise InvalidRequest(
            f"No Python is at `{text}`: the path does not exist",
            hints=("Name an executable, a venv, or a version such as `3.12`",),
        )
    if looks_like_path or path.exists():
        return PythonRequest(text, path=path)
    if re.match(r"\d", text):
        raise InvalidRequest(
            f"`{text}` is not a request for a Python: it is no version",
            hints=("Write a version as in `3.12`, `3.12.4` or `3.13t`",),
        )
    return PythonRequest(text, name=text)
