"""Finding the Python for a request, or all of them.

Which one wins, by fixed rules:

1. a place or name that was asked for is taken as it is;
2. otherwise the first in the order of :mod:`~wheelright.interpreters.sources` that meets the
   request and ``requires-python`` and is *ordinary*: CPython, a final version, with the GIL, no
   debug build; a venv is taken whatever it is;
3. where none is ordinary, the first that meets both, unless it is free-threaded or a debug build:
   those must be asked for (``3.13t``, ``3.13+debug``).

``requires-python`` is compared with the numbers of the version alone: 3.14.0rc1 counts as 3.14.0,
as pip has it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wheelright.interpreters.errors import BrokenPython, PythonNotFound
from wheelright.interpreters.probe import probe
from wheelright.interpreters.request import (
    PythonRequest,
    admits,
    parse_request,
    release_of,
    specifier_set,
)
from wheelright.interpreters.search import Search
from wheelright.interpreters.sources import Candidate, candidates, places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelright.targets import Interpreter
    from wheelright.targets.specifiers import SpecifierSet

_OLDEST = (3, 8)
"""The oldest Python that can be managed."""
_MOST_LINES = 16


class _Findings:
    """What a search met, for the error that says why none of it did."""

    def __init__(self) -> None:
        self.seen: list[Interpreter] = []
        self.broken: list[BrokenPython] = []
        self.skipped: list[Candidate] = []


def find(
    request: str | PythonRequest | None = None,
    requires_python: SpecifierSet | str | None = None,
    *,
    search: Search | None = None,
    origin: str | None = None,
) -> Interpreter:
    """Find the Python to use, by the rules of this module.

    ``origin`` says where the request comes from (a ``.python-version`` file), for errors.

    Raises:
        PythonNotFound: none meets the request and ``requires-python``.
        InvalidRequest: the request cannot be understood.

    """
    search = search or Search.here()
    wanted = _wanted(request, search)
    required = "" if requires_python is None else str(requires_python)
    findings = _Findings()
    second: Interpreter | None = None
    for candidate, python in _probed(search, wanted, required, findings):
        if not _is_fit(python, wanted, required):
            continue
        if wanted.is_explicit or candidate.is_venv or _is_ordinary(python, wanted):
            return python
        if second is None and not _must_be_asked_for(python, wanted):
            second = python
    if second is not None:
        return second
    _look_at_links(findings, search)
    raise _not_found(wanted, required, findings, search, origin)


def discover(
    request: str | PythonRequest | None = None,
    requires_python: SpecifierSet | str | None = None,
    *,
    search: Search | None = None,
) -> list[Interpreter]:
    """Find every Python that meets the request, in the order they are met, one per installation.

    Free-threaded and debug builds and other implementations are listed too.
    """
    search = search or Search.here()
    wanted = _wanted(request, search)
    required = "" if requires_python is None else str(requires_python)
    found: dict[tuple[str, str, bool], Interpreter] = {}
    for _, python in _probed(search, wanted, required, _Findings()):
        if _is_fit(python, wanted, required):
            real = str(python.prefix if python.is_venv else python.base_prefix.resolve())
            found.setdefault((real, python.version, python.free_threaded), python)
    return list(found.values())


def list_interpreters(
    request: str | None = None, *, search: Search | None = None
) -> list[Interpreter]:
    """Find every Python for people to see: newest first, CPython before others."""
    return sorted(
        discover(request, search=search),
        key=lambda python: (
            python.implementation != "cpython",
            tuple(-number for number in release_of(python.version)),
            python.free_threaded,
            str(python.executable),
        ),
    )


def _wanted(request: str | PythonRequest | None, search: Search) -> PythonRequest:
    if isinstance(request, PythonRequest):
        return request
    return parse_request(request or "", search.directory)


def _probed(
    search: Search, wanted: PythonRequest, required: str, findings: _Findings
) -> Iterator[tuple[Candidate, Interpreter]]:
    """Ask the candidates one after another, those left out whose name says they cannot fit."""
    asked: set[tuple[str, str]] = set()
    for candidate in candidates(search, wanted):
        if candidate.version and not _could_fit(candidate.version, wanted, required):
            findings.skipped.append(candidate)
            continue
        key = _identity(candidate.path)
        if key in asked:
            continue
        asked.add(key)
        try:
            python = probe(candidate.path, search)
        except BrokenPython as error:
            search.reporter.debug(f"{error}; passed over")
            findings.broken.append(error)
            continue
        findings.seen.append(python)
        yield candidate, python


def _look_at_links(findings: _Findings, search: Search) -> None:
    """Ask what was left out by the name that it links to, so that an error says what it is."""
    known = {_identity(one.executable) for one in findings.seen}
    for candidate in findings.skipped:
        key = _identity(candidate.path)
        if candidate.is_link and key not in known:
            known.add(key)
            try:
                findings.seen.append(probe(candidate.path, search))
            except BrokenPython as error:
                findings.broken.append(error)


def _identity(path: Path) -> tuple[str, str]:
    """Tell links to one Python from the links of venvs, each of which is a Python of its own."""
    folder = path.parent.parent
    own = str(folder) if (folder / "pyvenv.cfg").is_file() else ""
    return os.path.realpath(path), own


def _could_fit(version: tuple[int, ...], wanted: PythonRequest, required: str) -> bool:
    # A final version is not told from a pre-release by three numbers: only the Python can say.
    if version[:2] < _OLDEST and not wanted.is_explicit:
        return False
    return wanted.could_be(version) and (not required or admits(required, version))


def _is_fit(python: Interpreter, wanted: PythonRequest, required: str) -> bool:
    return (
        python.python >= _OLDEST and wanted.is_met_by(python) and _meets_required(python, required)
    )


def _meets_required(python: Interpreter, required: str) -> bool:
    if not required:
        return True
    numbers = ".".join(map(str, release_of(python.version)))
    return specifier_set(required).contains(numbers, prereleases=True)


def _is_ordinary(python: Interpreter, wanted: PythonRequest) -> bool:
    implementation = wanted.implementation or "cpython"
    final = bool(wanted.prerelease) or python.version == ".".join(
        map(str, release_of(python.version))
    )
    return (
        python.implementation == implementation and final and not _must_be_asked_for(python, wanted)
    )


def _must_be_asked_for(python: Interpreter, wanted: PythonRequest) -> bool:
    return (python.free_threaded and not wanted.free_threaded) or (
        python.debug and not wanted.debug
    )


def _not_found(
    wanted: PythonRequest, required: str, findings: _Findings, search: Search, origin: str | None
) -> PythonNotFound:
    details = [] if wanted.path else [f"Looked in: {_looked_in(wanted, search)}"]
    details += _found_lines(findings)
    message = _message(wanted, required, findings)
    return PythonNotFound(message, where=origin, details=details, hints=_hints(wanted, required))


def _message(wanted: PythonRequest, required: str, findings: _Findings) -> str:
    if wanted.path is not None:
        if not findings.seen:
            return f"No usable Python is at `{wanted.text}`"
        found = findings.seen[0]
        is_ = f"The Python at `{wanted.text}` is {found.describe()}"
        if found.python < _OLDEST:
            return f"{is_}; only 3.8 and newer can be managed"
        return f"{is_}, but `requires-python` is `{required}`"
    if wanted.name is not None and not findings.seen:
        return f"No usable Python named `{wanted.name}` is on PATH"
    parts = [f"`{wanted.text}`"] if wanted.text else []
    parts += [f"`requires-python` `{required}`"] if required else []
    asked = " and ".join(parts)
    return f"No Python found meets {asked}" if asked else "No usable Python was found"


def _looked_in(wanted: PythonRequest, search: Search) -> str:
    return "PATH" if wanted.name else ", ".join(places(search))


def _found_lines(findings: _Findings) -> list[str]:
    """List what there is, one line for each file however many links lead to it."""
    found = {os.path.realpath(one.path): one for one in findings.skipped}
    lines = {
        real: f"Python {'.'.join(map(str, one.version))}, by its name, at `{one.path}`"
        for real, one in found.items()
    }
    for python in reversed(findings.seen):
        real = os.path.realpath(python.executable)
        lines.pop(real, None)
        lines = {real: f"{python.describe()} at `{python.executable}`"} | lines
    listed = [f"Found: {line}" for line in lines.values()]
    listed += [str(error) for error in findings.broken]
    if len(listed) > _MOST_LINES:
        listed = [*listed[: _MOST_LINES - 1], f"and {len(listed) - _MOST_LINES + 1} more"]
    return listed or ["Found: none"]


def _hints(wanted: PythonRequest, required: str) -> list[str]:
    if wanted.is_explicit:
        return ["Name another with `--python`, by its version or its path"]
    if wanted.release is not None and required and not admits(required, wanted.release):
        return [f"`{wanted.text}` lies outside `requires-python`; change one of them"]
    version = wanted.text or required
    what = f"a Python that meets `{version}`" if version else "a Python"
    return [f"Install {what}, or name one with `--python PATH`"]
