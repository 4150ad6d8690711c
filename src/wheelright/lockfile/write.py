"""Writing ``pylock.toml``: one fixed shape, so that the same lock is always the same bytes.

Must live here: the order of keys (that of PEP 751), one line per file, quoting. Must not live
here: deciding what the lock holds. ``read`` has a quick way for exactly the file lines written
here (``FILE_LINE`` there): change both together.
"""

from __future__ import annotations

import re
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.lockfile.errors import MissingHashError
from wheelright.lockfile.model import (
    Edge,
    Lock,
    LockedPackage,
    LockedTarget,
    LockInputs,
    canonical,
    path_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelright.store.file import File

LOCK_VERSION = "1.0"
SCHEMA = 1
_PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f]*')
_LITERAL = re.compile(r"[^\x00-\x1f'\x7f]*")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def dumps(lock: Lock, directory: Path | None = None) -> str:
    """Return the text of ``pylock.toml``, the same for equal locks on every machine.

    ``directory`` is where the lockfile will stand: files in it or beside it are then written by
    relative ``path`` instead of by ``file:`` URL.

    :raises MissingHashError: for files that have none; PEP 751 asks for at least one.
    """
    lock = canonical(lock)
    _require_hashes(lock)
    lines = list(_head(lock))
    for package in lock.packages:
        lines += ["", "[[packages]]"]
        lines += _package(package, directory)
    if not lock.packages:
        lines.append("packages = []")
    if lock.inputs is not None:
        lines += _inputs(lock.inputs)
        lines += _served(lock.targets)
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return the text as a TOML string, by the quotes that need no escapes where possible."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    if _LITERAL.fullmatch(text):
        return f"'{text}'"
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else quoted(text)


def _require_hashes(lock: Lock) -> None:
    bare = [
        file.name
        for package in lock.packages
        for file in (*package.files, *([package.archive.file] if package.archive else ()))
        if not file.hashes
    ]
    if bare:
        raise MissingHashError(
            f"`{bare[0]}` cannot be locked, because its hash is not known",
            details=[f"`{name}` has no hash either" for name in bare[1:]],
        )


def _head(lock: Lock) -> Iterator[str]:
    multi_use = lock.inputs is not None
    yield f'lock-version = "{LOCK_VERSION}"'
    if lock.environments:
        yield _texts("environments", lock.environments)
    if lock.requires_python is not None:
        yield f"requires-python = {quoted(lock.requires_python)}"
    if lock.extras or multi_use:
        yield _texts("extras", lock.extras)
    if lock.groups or multi_use:
        yield _texts("dependency-groups", lock.groups)
    if lock.default_groups:
        yield _texts("default-groups", lock.default_groups)
    yield f"created-by = {quoted(lock.created_by)}"


def _package(package: LockedPackage, directory: Path | None) -> Iterator[str]:
    yield f"name = {quoted(package.name)}"
    for key, value in (
        ("version", package.version),
        ("marker", package.marker),
        ("requires-python", package.requires_python),
    ):
        if value is not None:
            yield f"{key} = {quoted(value)}"
    if package.dependencies:
        yield _lines("dependencies", map(_edge, package.dependencies))
    yield from _direct(package, directory)
    if package.index is not None:
        yield f"index = {quoted(package.index)}"
    if package.sdist is not None:
        yield f"sdist = {_file(package.sdist, directory)}"
    if package.wheels:
        yield _lines("wheels", (_file(file, directory) for file in package.wheels))
    if package.requires or package.extras:
        yield ""
        yield "[packages.tool.wheelright]"
        if package.extras:
            yield _texts("extras", package.extras)
        if package.requires:
            yield _texts("requires", package.requires)


def _direct(package: LockedPackage, directory: Path | None) -> Iterator[str]:
    if (vcs := package.vcs) is not None:
        pairs = {
            "type": vcs.kind,
            "url": vcs.url,
            "path": vcs.path,
            "requested-revision": vcs.requested_revision,
            "commit-id": vcs.commit,
            "subdirectory": vcs.subdirectory,
        }
        yield f"vcs = {_inline(pairs)}"
    if (local := package.directory) is not None:
        pairs = {"path": local.path, "editable": None, "subdirectory": local.subdirectory}
        text = _inline(pairs)
        if local.editable:
            start = f"{{ path = {quoted(local.path)}"
            text = f"{start}, editable = true{text.removeprefix(start)}"
        yield f"directory = {text}"
    if (archive := package.archive) is not None:
        text = _file(archive.file, directory, named=False)
        if archive.subdirectory is not None:
            text = f"{text.removesuffix(' }')}, subdirectory = {quoted(archive.subdirectory)} }}"
        yield f"archive = {text}"


def _edge(edge: Edge) -> str:
    return _inline({"name": edge.name, "version": edge.version})


def _inline(pairs: Mapping[str, str | None]) -> str:
    texts = [f"{_key(key)} = {quoted(value)}" for key, value in pairs.items() if value is not None]
    return f"{{ {', '.join(texts)} }}"


def _file(file: File, directory: Path | None, *, named: bool = True) -> str:
    """Return one file as an inline table, in the order of keys that ``read`` knows."""
    sha256 = file.hashes.get("sha256")
    if named and sha256 is not None and len(file.hashes) == 1 and not file.url.startswith("file:"):
        text = f"{file.name}{file.url}{sha256}"
        if text.isprintable() and '"' not in text and "\\" not in text:  # nearly every file
            uploaded = "" if file.uploaded is None else f", upload-time = {file.uploaded}"
            size = "" if file.size is None else f", size = {file.size}"
            return (
                f'{{ name = "{file.name}", url = "{file.url}"{uploaded}{size},'
                f' hashes = {{ sha256 = "{sha256}" }} }}'
            )
    parts = [f"name = {quoted(file.name)}"] if named else []
    parts.append(_address(file.url, directory))
    if file.uploaded is not None:
        parts.append(f"upload-time = {file.uploaded}")
    if file.size is not None:
        parts.append(f"size = {file.size}")
    parts.append(f"hashes = {_inline(file.hashes)}")
    return f"{{ {', '.join(parts)} }}"


def _address(url: str, directory: Path | None) -> str:
    if directory is not None and url.startswith("file:"):
        place = path_of(url)
        if place.is_relative_to(directory.parent):
            return f"path = {quoted(Path(relpath(place, directory)).as_posix())}"
    return f"url = {quoted(url)}"


def _texts(key: str, texts: Iterable[str]) -> str:
    """Return an array of strings: on one line while it is short, else one line each."""
    items = [quoted(text) for text in texts]
    line = f"{key} = [{', '.join(items)}]"
    return line if len(line) <= 100 else _lines(key, items)


def _lines(key: str, items: Iterable[str]) -> str:
    return "\n".join([f"{key} = [", *(f"    {item}," for item in items), "]"])


def _inputs(inputs: LockInputs) -> Iterator[str]:
    """Yield the inputs as ``[tool.wheelright]``: scalars and lists first, then one table each."""
    yield ""
    yield "[tool.wheelright]"
    yield f"schema = {SCHEMA}"
    yield f'digest = "{inputs.digest()}"'
    tables: list[tuple[str, Mapping[str, str | tuple[str, ...]]]] = []
    for field in inputs.__struct_fields__:
        key, value = field.replace("_", "-"), getattr(inputs, field)
        if isinstance(value, str):
            yield f"{key} = {quoted(value)}"
        elif isinstance(value, tuple):
            if value:
                yield _texts(key, value)
        elif value:
            tables.append((key, value))
    for key, table in tables:
        yield ""
        yield f"[tool.wheelright.{key}]"
        for name, item in table.items():
            written = _key(name)
            yield f"{written} = {quoted(item)}" if isinstance(item, str) else _texts(written, item)


def _served(targets: Iterable[LockedTarget]) -> Iterator[str]:
    """Yield the targets that the lock serves, one table each, after what it was made from."""
    for target in targets:
        yield ""
        yield f"[tool.wheelright.served.{_key(target.name)}]"
        yield f"platform = {quoted(target.platform)}"
        yield _texts("pythons", target.pythons)
        if target.left_out:
            yield _texts("left-out", target.left_out)
