"""Damage: what became of the files of a package since they were installed.

Cheap, at every sync: each file that RECORD lists is there, has its size, and is no younger than
the last sync, or its content is compared. Thorough (``sync --verify``): the content of all.

Several packages may bring the same file; it is sound if it is the file of any of them.
Bytecode does not count: Python makes it anew. Rows of RECORD without a size or hash (its own, and
those of some tools) are only looked for.
"""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 1 << 20


class _Package(Protocol):
    """What is asked of a package (``inspect.Installed``)."""

    @property
    def dist_info(self) -> str: ...

    @property
    def problem(self) -> str | None: ...


P = TypeVar("P", bound=_Package)
_Row = tuple[str, str, str]  # path, digest, size; as RECORD has them


class _Faults(Struct):
    """Paths of one package that are not there, and those that are not as they were."""

    missing: list[str]
    changed: list[_Row]


def record_text(site_packages: str, dist_info: str) -> str | None:
    """Read the RECORD of a package; ``None`` where there is none that can be read."""
    try:
        path = f"{site_packages}/{dist_info}/RECORD"
        with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123 (speed)
            return file.read()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def record_rows(text: str) -> list[_Row]:
    """Read the rows of a RECORD: path, digest and size, ``""`` where they lack."""
    if '"' in text:
        import csv

        rows = (row for row in csv.reader(text.splitlines()) if row and row[0])
        return [(row[0], "".join(row[1:2]), "".join(row[2:3])) for row in rows]
    found = []
    for line in text.splitlines():
        path, _, rest = line.partition(",")
        digest, _, size = rest.partition(",")
        if path:
            found.append((path, digest, size))
    return found


def with_damage(
    site_packages: str, packages: Sequence[P], *, since: int | None = None, content: bool = False
) -> tuple[P, ...]:
    """Return the packages with their ``seal``, and with a ``problem`` where files are not right.

    ``since`` is the time (ns) of the last sync: what was written later is read. ``content``: all
    is read.
    """
    found: list[P] = []
    faults: dict[int, _Faults] = {}
    rows: list[list[_Row]] = []
    for number, package in enumerate(packages):
        text = record_text(site_packages, package.dist_info)
        rows.append([] if text is None else record_rows(text))
        seal = None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]
        found.append(replace(package, seal=seal))  # type: ignore[type-var]
        if package.problem is None:
            fault = _look(site_packages, rows[-1], since, content=content)
            if fault.missing or fault.changed:
                faults[number] = fault
    if faults:
        owned: dict[str, list[_Row]] = {}
        for one in rows:
            for row in one:
                owned.setdefault(row[0], []).append(row)
        for number, fault in faults.items():
            changed = [
                row[0]
                for row in fault.changed
                if not any(
                    _is_sound(site_packages, other) for other in owned[row[0]] if other != row
                )
            ]
            problem = _words(fault.missing, changed)
            if problem is not None:
                found[number] = replace(found[number], problem=problem)  # type: ignore[type-var]
    return tuple(found)


def _look(site_packages: str, rows: Sequence[_Row], since: int | None, *, content: bool) -> _Faults:
    faults = _Faults([], [])
    root = site_packages + "/"
    stat = os.stat
    for row in rows:
        path, digest, size = row
        if path.endswith(".pyc"):
            continue
        try:
            state = stat(root + path)
        except OSError:
            faults.missing.append(path)
            continue
        young = since is not None and state.st_mtime_ns > since
        wrong_size = bool(size) and int_or_none(size) != state.st_size
        if wrong_size or (digest and (content or young) and not _is_sound(site_packages, row)):
            faults.changed.append(row)
    return faults


def int_or_none(text: str) -> int | None:
    """Read a number; ``None`` for what is none."""
    try:
        return int(text)
    except ValueError:
        return None


def _is_sound(site_packages: str, row: _Row) -> bool:
    """Whether a file has the content that a row of RECORD says."""
    path, digest, size = row
    algorithm, _, expected = digest.partition("=")
    if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        return True  # there is nothing to compare
    try:
        with open(f"{site_packages}/{path}", "rb") as file:  # noqa: PTH123 (speed)
            if size and int_or_none(size) != os.fstat(file.fileno()).st_size:
                return False
            hasher = hashlib.new(algorithm, usedforsecurity=False)
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
        return hasher.digest() == urlsafe_b64decode(expected + "=" * (-len(expected) % 4))
    except (OSError, ValueError):
        return False


def _words(missing: Sequence[str], changed: Sequence[str]) -> str | None:
    parts = []
    for paths, one, many in (
        (missing, "is missing", "are missing"),
        (changed, "was changed", "were changed"),
    ):
        if len(paths) == 1:
            parts.append(f"`{paths[0]}` {one}")
        elif paths:
            noun = "file" if len(paths) == 2 else "files"
            parts.append(f"`{paths[0]}` and {len(paths) - 1} more {noun} {many}")
    return ", ".join(parts) or None
