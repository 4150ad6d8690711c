"""Unpacking an sdist as if its author were an enemy.

No member leaves the folder, by its name or through a link; devices and pipes are refused; sizes
and counts are bounded. Links are made last and then looked at where they really lead, so that
nothing can be written through one.

https://packaging.python.org/en/latest/specifications/source-distribution-format/
"""

from __future__ import annotations

import os
import re
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from wheelright.builder.errors import BrokenSdistError
from wheelright.outside import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_MEMBERS = 500_000
MAX_BYTES = 8 << 30
# Source text compresses well, but not like a bomb: beyond the free bytes the ratio is bounded.
MAX_RATIO = 200
MAX_FREE_BYTES = 256 << 20
_PIECE_BYTES = 1 << 20
# The last second that every file system can keep.
_LATEST = (1 << 32) - 1

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class _Member:
    """A file (``link`` is ``None``) or a symbolic link; ``stream`` gives a file's bytes once."""

    path: str
    size: int
    executable: bool
    modified: float
    stream: IO[bytes] | None
    link: str | None = None


def unpack_sdist(archive: Path, destination: Path, subdirectory: str | None = None) -> Path:
    """Unpack a ``.tar.gz`` (``.bz2``, ``.xz``) or ``.zip`` and return the root of its project.

    ``subdirectory`` is where the project lies below the one folder of the archive.
    ``destination`` is made and should be empty: where this raises, what was written stays behind.
    Raises BrokenSdistError.
    """
    name = archive.name
    files.make_directory(destination)
    try:
        if name.endswith(".zip"):
            with zipfile.ZipFile(archive) as opened:
                _write(archive, destination, _zip_members(name, opened))
        else:
            with tarfile.open(archive, "r:*") as opened_tar:
                _write(archive, destination, _tar_members(name, opened_tar))
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        cause = str(error).rstrip(".") or type(error).__name__
        raise BrokenSdistError(name, f"the archive is damaged ({cause})") from None
    return _project_root(name, destination, subdirectory)


def _tar_members(name: str, archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        if info.isdir():
            _inside(name, info.name)
        elif info.issym():
            yield _Member(info.name, 0, False, info.mtime, None, link=info.linkname)
        elif info.isreg() or info.islnk():
            if info.islnk():
                _inside(name, info.linkname)
            try:
                stream = archive.extractfile(info)
            except KeyError:
                raise BrokenSdistError(
                    name, f"`{info.name}` is a link to `{info.linkname}`, which is not in it"
                ) from None
            if stream is None:
                raise BrokenSdistError(name, f"`{info.name}` is a link to a folder")
            yield _Member(info.name, info.size, bool(info.mode & 0o111), info.mtime, stream)
        else:
            raise BrokenSdistError(name, f"`{info.name}` is a device or a pipe")


def _zip_members(name: str, archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        if mode & 0o170000 == 0o120000:
            raise BrokenSdistError(name, f"`{info.filename}` is a link in a zip archive")
        if info.is_dir():
            _inside(name, info.filename)
            continue
        with archive.open(info) as stream:
            yield _Member(info.filename, info.file_size, bool(mode & 0o111), 0, stream)


def _write(archive: Path, destination: Path, members: Iterator[_Member]) -> None:
    """Write all members, the links at the end."""
    name = archive.name
    bound = min(MAX_BYTES, max(MAX_FREE_BYTES, archive.stat().st_size * MAX_RATIO))
    links: list[_Member] = []
    written = 0
    for count, member in enumerate(members):
        if count >= MAX_MEMBERS:
            raise BrokenSdistError(name, f"it has more than {MAX_MEMBERS} members")
        if member.stream is None:
            links.append(member)
            continue
        path = destination / _inside(name, member.path)
        if os.path.lexists(path):  # a later member of the same name replaces the earlier one
            files.remove_file(path)
        files.make_directory(path.parent)
        pieces = _bounded(name, member.stream, bound - written)
        written += files.create(path, pieces, executable=member.executable)
        if member.modified:
            # `make` compares times: a configure script must not be older than what it is made of.
            with files.translating("write", path):
                seconds = min(max(member.modified, 0), _LATEST)
                os.utime(path, (seconds, seconds))
    for member in links:
        _link(name, destination, member)
    for member in links:
        target = os.path.realpath(destination / _inside(name, member.path))
        if not _is_below(target, os.path.realpath(destination)):
            raise BrokenSdistError(name, f"the link `{member.path}` leads out of it")


def _link(name: str, destination: Path, member: _Member) -> None:
    path = destination / _inside(name, member.path)
    assert member.link is not None
    if member.link.startswith(("/", "\\")) or _DRIVE.match(member.link):
        raise BrokenSdistError(name, f"the link `{member.path}` leads out of it")
    parent = os.path.realpath(path.parent)
    if not _is_below(parent, os.path.realpath(destination)):
        raise BrokenSdistError(name, f"`{member.path}` lies behind a link that leads out of it")
    if os.path.lexists(path):
        raise BrokenSdistError(name, f"`{member.path}` is in it twice")
    files.make_directory(path.parent)
    files.make_symlink(path, member.link)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root + os.sep)


def _bounded(name: str, stream: IO[bytes], left: int) -> Iterator[bytes]:
    while piece := stream.read(_PIECE_BYTES):
        left -= len(piece)
        if left < 0:
            raise BrokenSdistError(name, "it unpacks to far more than its size allows")
        yield piece


def _inside(name: str, path: str) -> str:
    """Return a member's path from the destination, proved to stay below it."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}]
    if path.startswith(("/", "\\")) or ".." in parts or _DRIVE.match(path) or "\0" in path:
        raise BrokenSdistError(name, f"`{path}` leads out of it")
    if not parts:
        return "."
    return "/".join(parts)


def _project_root(name: str, destination: Path, subdirectory: str | None) -> Path:
    """Return the one folder that has a project in it (PEP 625), or the destination itself."""
    if subdirectory is not None:
        _inside(name, subdirectory)
    entries = sorted(destination.iterdir())
    folders = [path for path in entries if path.is_dir() and not path.is_symlink()]
    candidates = [destination, *folders] if len(folders) == 1 else [destination]
    for folder in candidates:
        place = folder / subdirectory if subdirectory else folder
        if any((place / base).is_file() for base in ("pyproject.toml", "setup.py")):
            return place
    where = f"folder `{subdirectory}`" if subdirectory else "folder"
    raise BrokenSdistError(
        name, f"there is neither a `pyproject.toml` nor a `setup.py` in its {where}"
    )
