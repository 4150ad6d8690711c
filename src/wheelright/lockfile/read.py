"""Reading ``pylock.toml``: our own quickly, anybody's by PEP 751, mistakes with their key path.

Must live here: TOML to :class:`Lock`. Must not live here: markers' meaning and whether the lock
fits anything. The quick way takes file lines of exactly the shape that ``write`` gives them out
of the text before ``tomllib`` (pure Python) sees it; whatever it cannot be sure of goes the slow
way, which alone reports mistakes.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from os.path import normpath
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from wheelright.errors import Excerpt
from wheelright.lockfile.errors import InvalidLockError, UnsupportedLockError
from wheelright.lockfile.model import (
    Archive,
    Edge,
    LocalDirectory,
    Lock,
    LockedPackage,
    LockedTarget,
    LockInputs,
    Vcs,
    is_utc_time,
    utc_time,
)
from wheelright.lockfile.write import LOCK_VERSION, SCHEMA
from wheelright.store.file import File

_NORMALISED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"([0-9]+)\.([0-9]+)")
_FILE_LINE = re.compile(
    r'^(?:(    )|sdist = )\{ name = "([^"\\/\x00-\x1f\x7f]+)", url = "([^"\\\x00-\x1f\x7f]+)"'
    r"(?:, upload-time = ([0-9T:.-]{19,26}Z))?(?:, size = (0|[1-9][0-9]*))?"
    r', hashes = \{ sha256 = "([0-9a-f]+)" \} \}(?(1),)$',
    re.MULTILINE,
)
_EDGE_LINE = re.compile(
    r'^    \{ name = "([^"\\\x00-\x1f\x7f]+)"(?:, version = "([^"\\\x00-\x1f\x7f]+)")? \},$',
    re.MULTILINE,
)
# An array of such lines, each of which is a number by then.
_ARRAY = re.compile(r"^(wheels|dependencies) = \[\n((?:[0-9]+e-99,\n)+)\]$", re.MULTILINE)
_DOUBTFUL = ('"""', "'''", "e-99")
_WORDS = {
    str: "a string",
    int: "an integer",
    bool: "a boolean",
    float: "a float",
    list: "an array",
    dict: "a table",
    datetime: "a date with a time",
}
_KEYS = frozenset(
    {
        "created-by",
        "default-groups",
        "dependency-groups",
        "environments",
        "extras",
        "lock-version",
        "packages",
        "requires-python",
        "tool",
    }
)


class Reading(Struct, frozen=True):
    """A lock as read, with what is odd about the text but no reason to refuse it."""

    lock: Lock
    warnings: tuple[str, ...] = ()


def loads(text: str, path: Path) -> Lock:
    """Return the lock in the text of ``path`` (named in errors, anchor of relative files).

    :raises InvalidLockError: where the text is no TOML (with an excerpt) or breaks PEP 751.
    :raises UnsupportedLockError: for a newer major version of the format.
    """
    return read_lock(text, path).lock


def read_lock(text: str, path: Path) -> Reading:
    """Return the lock with warnings, such as for a newer minor version; errors as `loads`."""
    if not any(one in text for one in _DOUBTFUL):
        try:
            return _reading(_parse_quickly(text), path)
        except (InvalidLockError, tomllib.TOMLDecodeError):
            pass  # read again below: only the plain way tells mistakes truly
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(error, text, path) from None
    return _reading(data, path)


def _parse_quickly(text: str) -> dict[str, Any]:
    """Parse with files and edges taken out first; a number stands for each, or for an array."""
    taken: list[Any] = []

    def take_file(line: re.Match[str]) -> str:
        item, name, url, uploaded, size, sha256 = line.groups()
        if uploaded is not None and not is_utc_time(uploaded):
            return line[0]
        number = None if size is None else int(size)
        taken.append(File(name, url, {"sha256": sha256}, number, uploaded))
        return f"{len(taken) - 1}e-99," if item else f"sdist = {len(taken) - 1}e-99"

    def take_edge(line: re.Match[str]) -> str:
        taken.append(Edge(line[1], line[2]))
        return f"{len(taken) - 1}e-99,"

    def take_array(array: re.Match[str]) -> str:
        items = array[2].split("e-99,\n")
        taken.append(tuple(taken[int(item)] for item in items[:-1]))
        return f"{array[1]} = {len(taken) - 1}e-99"

    def put_back(number: str) -> Any:
        return taken[int(number[:-4])] if number.endswith("e-99") else float(number)

    short = _EDGE_LINE.sub(take_edge, _FILE_LINE.sub(take_file, text))
    return tomllib.loads(_ARRAY.sub(take_array, short), parse_float=put_back)


def _no_toml(error: tomllib.TOMLDecodeError, text: str, path: Path) -> InvalidLockError:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
    lines = text.splitlines() or [""]
    what = str(error) if found is None else found[1]
    line, column = len(lines), len(lines[-1]) + 1
    if found is not None and found[2] is not None:
        line, column = int(found[2]), int(found[3])
    what = what[:1].lower() + what[1:]
    shown = lines[line - 1] if line <= len(lines) else ""
    return InvalidLockError(
        f"`{path.name}` is not valid TOML: {what}",
        where=str(path),
        excerpt=Excerpt(str(path), line, column, shown),
        hints=["restore it from version control, or remove it and lock again"],
    )


class _Table(Struct, frozen=True):
    """A TOML table that knows its key path and the file, and reads keys by type."""

    data: dict[str, Any]
    path: Path
    place: str = ""

    def key(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def fail(self, key: str, problem: str) -> NoReturn:
        raise InvalidLockError(f"`{self.key(key)}` {problem}", where=str(self.path))

    def get(self, key: str, kind: type[Any]) -> Any:
        value = self.data.get(key)
        if value is not None and type(value) is not kind:
            found = _WORDS.get(type(value), "something else")
            self.fail(key, f"must be {_WORDS[kind]}, not {found}")
        return value

    def need(self, key: str, kind: type[Any]) -> Any:
        value = self.get(key, kind)
        if value is None:
            self.fail(key, "is missing")
        return value

    def text(self, key: str) -> str | None:
        value: str | None = self.get(key, str)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        items: list[Any] = self.get(key, list) or []
        for number, item in enumerate(items):
            if type(item) is not str:
                found = _WORDS.get(type(item), "something else")
                self.fail(f"{key}[{number}]", f"must be a string, not {found}")
        return tuple(items)

    def table(self, key: str) -> _Table | None:
        data = self.get(key, dict)
        return None if data is None else _Table(data, self.path, self.key(key))

    def tables(self, key: str) -> list[_Table]:
        items: list[Any] = self.get(key, list) or []
        for number, item in enumerate(items):
            if type(item) is not dict:
                found = _WORDS.get(type(item), "something else")
                self.fail(f"{key}[{number}]", f"must be a table, not {found}")
        return [
            _Table(item, self.path, f"{self.key(key)}[{number}]")
            for number, item in enumerate(items)
        ]


def _reading(data: dict[str, Any], path: Path) -> Reading:
    table = _Table(data, path)
    warnings = _check_version(table)
    table.need("packages", list)
    inputs, intact = _inputs(table)
    lock = Lock(
        requires_python=table.text("requires-python"),
        environments=table.texts("environments"),
        extras=table.texts("extras"),
        groups=table.texts("dependency-groups"),
        default_groups=table.texts("default-groups"),
        packages=tuple(map(_package, table.tables("packages"))),
        targets=() if inputs is None else _served(table),
        inputs=inputs,
        created_by=table.need("created-by", str),
        intact=intact,
    )
    return Reading(lock, tuple(warnings))


def _check_version(table: _Table) -> list[str]:
    written = table.need("lock-version", str)
    version = _VERSION.fullmatch(written)
    if version is None:
        table.fail("lock-version", f"is `{written}`, which is not a version such as `1.0`")
    if version[1] != "1":
        raise UnsupportedLockError(
            f"`{table.path.name}` has lock version {written}, and this Wheelright reads version 1",
            where=str(table.path),
            hints=["use a newer Wheelright, or remove the file and lock again"],
        )
    if written == LOCK_VERSION:
        return []
    unknown = sorted(set(table.data) - _KEYS)
    return [
        f"`{table.path.name}` has lock version {written}, this Wheelright knows {LOCK_VERSION}",
        *(f"`{table.path.name}` has a key `{key}` that is not known" for key in unknown),
    ]


def _package(table: _Table) -> LockedPackage:
    name = table.need("name", str)
    if _NORMALISED.fullmatch(name) is None:
        table.fail("name", f"is `{name}`, which is not a normalised name")
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    if (tool := table.table("tool")) is not None and (ours := tool.table("wheelright")) is not None:
        requires, extras = ours.texts("requires"), ours.texts("extras")
    package = LockedPackage(
        name=name,
        version=table.text("version"),
        marker=table.text("marker"),
        requires_python=table.text("requires-python"),
        index=table.text("index"),
        wheels=_wheels(table),
        sdist=_sdist(table),
        directory=_directory(table.table("directory")),
        archive=_archive(table.table("archive")),
        vcs=_vcs(table.table("vcs")),
        dependencies=_edges(table),
        requires=requires,
        extras=extras,
    )
    _check_one_source(package, table)
    return package


def _check_one_source(package: LockedPackage, table: _Table) -> None:
    kinds = {
        "vcs": package.vcs,
        "directory": package.directory,
        "archive": package.archive,
        "wheels": package.wheels or package.sdist,
    }
    found = [kind for kind, value in kinds.items() if value]
    if len(found) == 1:
        return
    where = str(table.path)
    if found:
        listed = " and ".join(f"`{kind}`" for kind in found)
        raise InvalidLockError(
            f"`{table.place}` has {listed}, and only one may be set", where=where
        )
    raise InvalidLockError(f"`{table.place}` has no file and no source", where=where)


def _wheels(table: _Table) -> tuple[File, ...]:
    taken: Any = table.data.get("wheels")
    if type(taken) is tuple and all(type(item) is File for item in taken):
        return taken
    items: list[Any] = table.get("wheels", list) or []
    rest = [item for item in items if type(item) is not File]
    slow = iter(_Table(table.data | {"wheels": rest}, table.path, table.place).tables("wheels"))
    return tuple(item if type(item) is File else _file(next(slow)) for item in items)


def _sdist(table: _Table) -> File | None:
    found: Any = table.data.get("sdist")
    if type(found) is File:
        return found
    return None if (sdist := table.table("sdist")) is None else _file(sdist)


def _edges(table: _Table) -> tuple[Edge, ...]:
    taken: Any = table.data.get("dependencies")
    if type(taken) is tuple and all(type(item) is Edge for item in taken):
        return taken
    return tuple(
        Edge(edge.need("name", str), edge.text("version")) for edge in table.tables("dependencies")
    )


def _file(table: _Table) -> File:
    """Read a wheel, sdist or archive: ``path`` counts before ``url``, names may be left out."""
    path, url = table.text("path"), table.text("url")
    if path is None and url is None:
        table.fail("url", "is missing, and so is `path`")
    if path is not None:
        place = table.path.parent.absolute() / path.replace("\\", "/")
        url = Path(normpath(place)).as_uri()
    assert url is not None
    name = table.text("name") or unquote(urlsplit(url).path.rpartition("/")[2])
    if not name or "/" in name or "\\" in name or name in {".", ".."}:
        table.fail("name", f"is `{name}`, which is not a file name")
    hashes = table.table("hashes")
    if hashes is None or not hashes.data:
        table.fail("hashes", "is missing; one hash at least is needed")
    return File(
        name=name,
        url=url,
        hashes={key.lower(): hashes.need(key, str).lower() for key in hashes.data},
        size=table.get("size", int),
        uploaded=_time(table),
    )


def _time(table: _Table) -> str | None:
    time: datetime | None = table.get("upload-time", datetime)
    if time is None:
        return None
    return utc_time(time.isoformat())


def _directory(table: _Table | None) -> LocalDirectory | None:
    if table is None:
        return None
    editable = bool(table.get("editable", bool))
    return LocalDirectory(table.need("path", str), editable, table.text("subdirectory"))


def _archive(table: _Table | None) -> Archive | None:
    return None if table is None else Archive(_file(table), table.text("subdirectory"))


def _vcs(table: _Table | None) -> Vcs | None:
    if table is None:
        return None
    if table.text("url") is None and table.text("path") is None:
        table.fail("url", "is missing, and so is `path`")
    return Vcs(
        kind=table.need("type", str),
        commit=table.need("commit-id", str),
        url=table.text("url"),
        path=table.text("path"),
        requested_revision=table.text("requested-revision"),
        subdirectory=table.text("subdirectory"),
    )


def _inputs(table: _Table) -> tuple[LockInputs | None, bool]:
    """Return what the lock was made from, and whether the recorded digest belongs to it."""
    tool = table.table("tool")
    ours = None if tool is None else tool.table("wheelright")
    if ours is None or ours.get("schema", int) != SCHEMA:
        return None, True
    values: dict[str, Any] = {}
    empty = LockInputs()
    for field in LockInputs.__struct_fields__:
        key = field.replace("_", "-")
        if key not in ours.data:
            continue
        default = getattr(empty, field)
        if default is None:
            values[field] = ours.text(key)
        elif isinstance(default, tuple):
            values[field] = ours.texts(key)
        else:
            mapping = ours.table(key)
            assert mapping is not None
            read_item = mapping.text if field in _TEXT_TABLES else mapping.texts
            values[field] = {name: read_item(name) for name in mapping.data}
    inputs = LockInputs(**values)
    return inputs, inputs.digest() == ours.text("digest")


def _served(table: _Table) -> tuple[LockedTarget, ...]:
    """Return the targets that the lock was found to serve."""
    tool = table.table("tool")
    ours = None if tool is None else tool.table("wheelright")
    served = None if ours is None else ours.table("served")
    if served is None:
        return ()
    found = []
    for name in served.data:
        one = served.table(name)
        assert one is not None
        found.append(
            LockedTarget(
                name, one.need("platform", str), one.texts("pythons"), one.texts("left-out")
            )
        )
    return tuple(found)


_TEXT_TABLES = frozenset({"targets", "indexes", "sources", "options"})
