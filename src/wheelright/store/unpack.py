"""Unpacking a wheel: every file hashed once, compared with RECORD, and remembered."""

from __future__ import annotations

import hashlib
import io
import mmap
import zipfile
from base64 import urlsafe_b64encode
from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO

from wheelright.outside import files
from wheelright.store.archive import Member, read_members, read_pieces, read_text, read_whole
from wheelright.store.errors import BrokenWheel
from wheelright.store.metadata import (
    UNLISTED,
    find_dist_info,
    read_entry_points,
    read_headers,
    read_record,
    read_wheel,
)
from wheelright.store.wheel import SCHEMA, Entry, EntryPoint, WheelFacts
from wheelright.targets.filenames import normalize_name
from wheelright.targets.needs import MAGIC_SIZE, is_binary, read_needs, to_plain

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from wheelright.outside.reporting import Reporter

# What is not larger is read, hashed and written in one piece.
SMALL_BYTES = 1 << 20


def unpack_wheel(archive: str | bytes, name: str, root: str, reporter: Reporter) -> WheelFacts:
    """Unpack a wheel, whose file name is ``name``, into the directory ``root``.

    ``archive`` is its path, or all that is in it. ``root`` is made. Raises :class:`BrokenWheel`;
    what was written until then stays behind.
    """
    if isinstance(archive, bytes):
        with io.BytesIO(archive) as file, memoryview(archive) as buffer:
            return _unpack(file, buffer, name, root, reporter)
    with open(archive, "rb") as opened:  # noqa: PTH123 (a file object is what mmap takes)
        try:
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise BrokenWheel(name, "it is empty") from None
        with mapped, memoryview(mapped) as buffer:
            return _unpack(opened, buffer, name, root, reporter)


def _unpack(
    file: BinaryIO, buffer: memoryview, name: str, root: str, reporter: Reporter
) -> WheelFacts:
    """Unpack from a file and the same bytes in memory."""
    try:
        with zipfile.ZipFile(file) as directory:
            members = read_members(name, directory, buffer)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        cause = str(error).rstrip(".") or type(error).__name__
        raise BrokenWheel(name, f"it is not a zip archive ({cause})") from None
    return _Unpacking(name, members, buffer).run(root, reporter)


class _Unpacking:
    """One wheel on its way from the archive to the disk."""

    def __init__(self, name: str, members: Sequence[Member], buffer: memoryview) -> None:
        self._name = name
        self._members = members
        self._buffer = buffer
        self._by_path = {member.path: member for member in members}
        self._dist_info = find_dist_info(name, self._by_path)
        self._binaries: list[str] = []

    def run(self, root: str, reporter: Reporter) -> WheelFacts:
        purelib, tags = read_wheel(self._name, self._text("WHEEL"))
        headers = read_headers(self._text("METADATA"))
        record = read_record(self._name, self._text("RECORD"))
        scripts = {}
        if f"{self._dist_info}/entry_points.txt" in self._by_path:
            scripts = read_entry_points(self._text("entry_points.txt"))
        for path in record.keys() - self._by_path.keys():
            reporter.debug(f"`{self._name}` lists `{path}` in its RECORD but does not hold it")
        stem = self._dist_info.removesuffix(".dist-info")
        name = normalize_name(headers.get("name", [stem.rpartition("-")[0]])[0])
        if name != normalize_name(stem.rpartition("-")[0]):
            raise BrokenWheel(self._name, f"its METADATA is that of `{name}`")
        entries = tuple(self._write(root, record))
        return WheelFacts(
            schema=SCHEMA,
            file_name=self._name,
            name=name,
            version=headers.get("version", [stem.rpartition("-")[2]])[0],
            tags=tags,
            root_is_purelib=purelib,
            dist_info=self._dist_info,
            data_directory=self._data_directory(stem),
            console_scripts=_entry_points(scripts, "console_scripts"),
            gui_scripts=_entry_points(scripts, "gui_scripts"),
            entries=entries,
            needs=self._needs(root),
        )

    def _text(self, base: str) -> str:
        path = f"{self._dist_info}/{base}"
        if path not in self._by_path:
            raise BrokenWheel(self._name, f"it has no `{path}`")
        return read_text(self._name, self._by_path[path], self._buffer)

    def _data_directory(self, stem: str) -> str | None:
        prefix = f"{stem}.data/"
        if any(path.startswith(prefix) for path in self._by_path):
            return prefix[:-1]
        return None

    def _needs(self, root: str) -> list[Any]:
        """Measure what was written; costs nothing where no file starts as a binary does."""
        with files.translating("read", root):
            return to_plain(read_needs(root, self._by_path, self._binaries))

    def _write(self, root: str, record: dict[str, tuple[str, str]]) -> Iterator[Entry]:
        unlisted = {self._dist_info + end for end in UNLISTED}
        files.make_directory(root)
        made = {""}
        for member in self._members:
            path = member.path
            parent = path.rpartition("/")[0]
            if parent not in made:
                files.make_directory(f"{root}/{parent}")
                made.add(parent)
            if path in unlisted:
                listed = None
            elif path in record and record[path][1]:
                listed = record[path]
            else:
                raise BrokenWheel(self._name, f"`{path}` is not listed in its RECORD with a hash")
            other = self._other_hasher(path, listed)
            hasher = self._place(member, f"{root}/{path}", other)
            digest = _base64(hasher.digest())
            if listed is not None and listed[1] != (
                digest if other is None else _base64(other.digest())
            ):
                raise BrokenWheel(
                    self._name,
                    f"`{path}` is not the file that its RECORD lists",
                    details=(f"expected {listed[0]}={listed[1]}", f"got      sha256={digest}"),
                )
            yield Entry(path, digest, member.size, member.executable)

    def _place(self, member: Member, path: str, other: hashlib._Hash | None) -> hashlib._Hash:
        """Write one file; returns its SHA-256, and feeds another hash where one is listed."""
        if member.size <= SMALL_BYTES and member.packed <= SMALL_BYTES:
            data = read_whole(self._name, member, self._buffer)
            if is_binary(data[:MAGIC_SIZE]):
                self._binaries.append(member.path)
            files.create_whole(path, data, executable=member.executable)
            if other is not None:
                other.update(data)
            return hashlib.sha256(data)
        hasher = hashlib.sha256()
        pieces = self._noticed(member.path, read_pieces(self._name, member, self._buffer))
        with closing(pieces):
            files.create(path, _hashed(pieces, hasher, other), executable=member.executable)
        return hasher

    def _noticed(self, path: str, pieces: Generator[bytes]) -> Generator[bytes]:
        """Pass on the pieces of a file; one that starts as a binary does is kept in mind."""
        with closing(pieces):
            first = next(pieces, b"")
            if is_binary(first[:MAGIC_SIZE]):
                self._binaries.append(path)
            yield first
            yield from pieces

    def _other_hasher(self, path: str, listed: tuple[str, str] | None) -> hashlib._Hash | None:
        if listed is None or listed[0] == "sha256":
            return None
        try:
            return hashlib.new(listed[0], usedforsecurity=False)
        except ValueError:
            raise BrokenWheel(
                self._name, f"its RECORD has the unknown hash `{listed[0]}` for `{path}`"
            ) from None


def _hashed(
    pieces: Iterator[bytes], hasher: hashlib._Hash, other: hashlib._Hash | None
) -> Iterator[bytes]:
    for piece in pieces:
        hasher.update(piece)
        if other is not None:
            other.update(piece)
        yield piece


def _base64(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _entry_points(
    scripts: dict[str, tuple[tuple[str, str, str], ...]], group: str
) -> tuple[EntryPoint, ...]:
    return tuple(EntryPoint(*script) for script in scripts.get(group, ()))
