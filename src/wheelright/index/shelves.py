"""The metadata of a project's versions, all in one file, so that a project costs one read.

Must live here: the form of such a file, which is a row of records that are only ever added to.
Must not live here: where the file lies and what happens if it cannot be written (``cache``).

A record has its length and its checksum. Processes add theirs with one write each; a record that
is not whole ends the reading, and whoever adds to such a file next writes it anew.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wheelright.index.metadata import Headers  # noqa: TC001  msgspec needs it at run time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK: Final = b"wri3"
"""What every record begins with; another form needs another one."""
_HEAD: Final = struct.Struct(">4sII")


class Record(Struct, frozen=True, array_like=True):
    """The metadata of one file, which never changes: ``key`` names the file by its hash.

    ``version`` is the release it was asked for. ``files`` stands for the files that the release
    had then (see ``Release.mark``): while it has these, nothing else need be looked at. ``way``
    says how the metadata came.
    """

    project: str
    version: str
    files: int
    key: str
    file: str
    way: str
    headers: Headers


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Record)


class Shelf:
    """What is known of one project, by file and by version.

    ``whole`` is false where the file it was read from ended in something that is no record.
    """

    __slots__ = ("by_key", "by_version", "whole")

    def __init__(self, records: Iterable[Record] = (), *, whole: bool = True) -> None:
        self.by_key: dict[str, Record] = {}
        self.by_version: dict[str, list[Record]] = {}
        self.whole = whole
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in a record; of two for one file the first counts."""
        if record.key not in self.by_key:
            self.by_key[record.key] = record
            self.by_version.setdefault(record.version, []).append(record)

    def only(self, version: str, files: int) -> Record | None:
        """Return the record of a version, where it is the only one and its files are the same."""
        found = self.by_version.get(version)
        if found is None or len(found) > 1 or found[0].files != files:
            return None
        return found[0]


def pack(record: Record) -> bytes:
    """Return a record as it is written."""
    payload = _ENCODER.encode(record)
    return _HEAD.pack(MARK, len(payload), zlib.crc32(payload)) + payload


def read_shelf(data: bytes, project: str) -> Shelf:
    """Read a file, up to the first thing that is no record; those of other projects are left."""
    shelf = Shelf()
    read = 0
    for record, end in _records(data):
        read = end
        if record.project == project:
            shelf.add(record)
    shelf.whole = read == len(data)
    return shelf


def first_project(data: bytes) -> str | None:
    """Name the project that a file speaks of first; ``None`` for what is no such file."""
    return next((record.project for record, _ in _records(data)), None)


def _records(data: bytes) -> Iterator[tuple[Record, int]]:
    """Yield the records, and where each ends."""
    view = memoryview(data)
    at, step = 0, _HEAD.size
    unpack, checksum, decode = _HEAD.unpack_from, zlib.crc32, _DECODER.decode
    while at + step <= len(data):
        mark, length, check = unpack(data, at)
        at += step
        payload = view[at : at + length]
        if mark != MARK or checksum(payload) != check:
            return
        at += length
        try:
            yield decode(payload), at
        except (msgspec.DecodeError, UnicodeDecodeError):
            return  # as if there were nothing from here on
