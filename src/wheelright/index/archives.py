"""Finding one small file in an archive that is far away, without fetching the rest.

Must live here: the layout of zip archives as far as METADATA needs it, read from the end (by a
``read`` function that fetches what it is asked for) or from the front (as the bytes stream by),
and PKG-INFO in streamed tar archives. Must not live here: requests (``fetch``), and unpacking
(``store``), which trusts nothing that was read here.

APPNOTE.TXT 4.3 (zip), https://packaging.python.org/en/latest/specifications/ (sdist, wheel).
All functions raise BrokenArchiveError.
"""

from __future__ import annotations

import struct
import zlib
from typing import IO, TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST: Final = 16 << 20
"""METADATA of more bytes than this is refused; the largest known is below 1 MB."""
_LARGEST_DIRECTORY: Final = 64 << 20
_LARGEST_UNPACKED: Final = 4 << 30
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1
_SIZES_FOLLOW: Final = 0x8
_UNSAID: Final = 0xFFFFFFFF
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")


class BrokenArchiveError(Exception):
    """The archive is cut, damaged, or lacks what is looked for; the text says which."""


def read_from_end(
    read: Callable[[int, int], bytes], total: int, wanted: Callable[[str], bool]
) -> bytes:
    """Return the bytes of the first wanted member of a zip archive of ``total`` bytes.

    ``read(start, end)`` returns those bytes of the archive. Asked for: the end, the central
    directory, and the member, in this order, so that one range may hold all three.
    """
    offset, size = _directory(read, total)
    if size > _LARGEST_DIRECTORY or offset + size > total:
        raise BrokenArchiveError("its table of contents is damaged")
    directory = read(offset, offset + size)
    for entry, name, extra in _entries(directory):
        if not wanted(name):
            continue
        flags, method, check, packed, unpacked = entry[3], entry[4], entry[7], entry[8], entry[9]
        start = entry[16]
        if _UNSAID in {packed, unpacked, start}:
            unpacked, packed, start = _wide(extra, unpacked, packed, start)
        if packed > LARGEST or unpacked > LARGEST:
            raise BrokenArchiveError(f"its `{name}` is too large")
        # The local header repeats the name and may have another extra field.
        likely = min(start + _LOCAL.size + entry[10] + entry[11] + 32 + packed, offset)
        head = read(start, max(likely, start + _LOCAL.size))
        if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
            raise BrokenArchiveError("its table of contents is damaged")
        fields = _LOCAL.unpack_from(head)
        begin = _LOCAL.size + fields[9] + fields[10]
        body = head[begin : begin + packed]
        if len(body) < packed:
            body = read(start + begin, start + begin + packed)
        return _unpack(body, flags, method, check, unpacked)
    raise BrokenArchiveError("it has no metadata file")


def _directory(read: Callable[[int, int], bytes], total: int) -> tuple[int, int]:
    """Find offset and size of the central directory."""
    tail = read(max(0, total - _END.size), total)
    base = max(0, total - _END.size)
    at = 0
    if not (tail.startswith(b"PK\5\6") and tail.endswith(b"\0\0")):  # there is a comment
        base = max(0, total - _END.size - 0xFFFF)
        tail = read(base, total)
        at = _end_in(tail)
    if at < 0 or len(tail) < _END.size:
        raise BrokenArchiveError("it is no zip archive, or is cut short")
    end = _END.unpack_from(tail, at)
    size, offset = end[5], end[6]
    if _UNSAID not in {size, offset}:
        return offset, size
    place = base + at - _LOCATOR64.size
    if place < 0:
        raise BrokenArchiveError("its end is damaged")
    locator = read(place, place + _LOCATOR64.size)
    if len(locator) < _LOCATOR64.size or not locator.startswith(b"PK\6\7"):
        raise BrokenArchiveError("its end is damaged")
    start = _LOCATOR64.unpack(locator)[2]
    wide = read(start, start + _END64.size) if start < total else b""
    if len(wide) < _END64.size or not wide.startswith(b"PK\6\6"):
        raise BrokenArchiveError("its end is damaged")
    fields = _END64.unpack(wide)
    return fields[9], fields[8]


def _end_in(tail: bytes) -> int:
    """Find the end record: a comment may hold its signature too, but not its own length."""
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        length = len(tail) - at - _END.size
        if length >= 0 and _END.unpack_from(tail, at)[7] == length:
            break
        at = tail.rfind(b"PK\5\6", 0, at)
    return at


def _entries(directory: bytes) -> Iterator[tuple[tuple[int, ...], str, bytes]]:
    """Yield the entries whose name ends as a metadata file's does: fields, name, extra field.

    Wheels may have thousands of members; only likely ones are looked at.
    """
    for ending in (b".dist-info/METADATA", b"/PKG-INFO"):
        at = directory.find(ending)
        while at >= 0:
            start = directory.rfind(b"PK\1\2", 0, at)
            if start >= 0 and start + _CENTRAL.size <= at:
                entry = _CENTRAL.unpack_from(directory, start)
                name = start + _CENTRAL.size
                if name + entry[10] == at + len(ending):
                    extra = name + entry[10]
                    text = directory[name:extra].decode("utf-8", "replace")
                    yield entry, text, directory[extra : extra + entry[11]]
            at = directory.find(ending, at + 1)


def _wide(extra: bytes, unpacked: int, packed: int, start: int) -> tuple[int, int, int]:
    """Read the zip64 values of an entry (4.5.3): only those that did not fit are there."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            held = extra[at + 4 : at + 4 + size]
            values = iter(struct.unpack(f"<{len(held) // 8}Q", held[: len(held) // 8 * 8]))
            try:
                return (
                    next(values) if unpacked == _UNSAID else unpacked,
                    next(values) if packed == _UNSAID else packed,
                    next(values) if start == _UNSAID else start,
                )
            except StopIteration:
                break
        at += 4 + size
    raise BrokenArchiveError("its table of contents is damaged")


def _unpack(body: bytes, flags: int, method: int, check: int, size: int) -> bytes:
    if flags & _ENCRYPTED:
        raise BrokenArchiveError("its metadata file is encrypted")
    if method == _DEFLATED:
        try:
            text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, size + 1)
        except zlib.error as error:
            raise BrokenArchiveError("its metadata file is damaged") from error
    elif method == _STORED:
        text = body
    else:
        raise BrokenArchiveError(f"its metadata file is packed by an unknown method ({method})")
    # Metadata is never empty; a damaged header can make it look so, and the sum of nothing is 0.
    if not text or len(text) != size or zlib.crc32(text) != check:
        raise BrokenArchiveError("its metadata file is damaged")
    return text


def read_from_front(chunks: Iterator[bytes], wanted: Callable[[str], bool]) -> bytes:
    """Return the bytes of the first wanted member of a zip archive as it streams by.

    For servers without byte ranges: little is kept in memory and the rest is not fetched. The
    local headers are believed, so an archive whose two tables disagree may tell something else
    than its installation will; its hash is that of the index all the same.
    """
    source = _Source(chunks)
    while True:
        head = source.take(_LOCAL.size)
        if not head.startswith(b"PK\3\4") or len(head) < _LOCAL.size:
            if head.startswith((b"PK\1\2", b"PK\5\6", b"PK\6\6")):
                raise BrokenArchiveError("it has no metadata file")
            raise BrokenArchiveError("it is no zip archive, or is cut short")
        _, _, flags, method, _, _, check, packed, unpacked, named, extra = _LOCAL.unpack(head)
        name = source.take(named).decode("utf-8", "replace")
        more = source.take(extra)
        found = wanted(name)
        if flags & _SIZES_FOLLOW and not (method == _STORED and packed):
            text = _unsized(source, method, keep=found)
            if found:
                return text
            continue
        if _UNSAID in {packed, unpacked}:
            unpacked, packed, _ = _wide(more, unpacked, packed, 0)
        if not found:
            source.skip(packed)
            continue
        if packed > LARGEST or unpacked > LARGEST:
            raise BrokenArchiveError(f"its `{name}` is too large")
        return _unpack(source.take(packed), flags, method, check, unpacked)


def _unsized(source: _Source, method: int, *, keep: bool) -> bytes:
    """Pass over a member whose sizes come after it (4.3.9); return it where it is wanted."""
    if method != _DEFLATED:
        raise BrokenArchiveError("it can not be read without byte ranges")
    text = source.inflate(keep=keep)
    # Signature (optional in theory), CRC and two sizes, which are wide in zip64.
    described = source.take(16)
    check = described[4:8]
    if not described.startswith(b"PK\7\x08"):
        source.put_back(described[12:])
        check = described[:4]
    else:
        following = source.take(2)
        source.put_back(following)
        if following != b"PK":
            source.take(8)
    if keep and zlib.crc32(text).to_bytes(4, "little") != check:
        raise BrokenArchiveError("its metadata file is damaged")
    return text


class _Source:
    """Bytes that arrive in chunks, taken in pieces."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end."""
        if len(self._held) - self._at < size:
            parts = [self._held[self._at :]]
            got = len(parts[0])
            while got < size and (chunk := next(self._chunks, b"")):
                parts.append(chunk)
                got += len(chunk)
            self._held, self._at = b"".join(parts), 0
        taken = self._held[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def put_back(self, data: bytes) -> None:
        """Let ``data`` come next."""
        self._held, self._at = data + self._held[self._at :], 0

    def skip(self, size: int) -> None:
        """Drop the next ``size`` bytes."""
        while size > len(self._held) - self._at:
            size -= len(self._held) - self._at
            self._held, self._at = next(self._chunks, b""), 0
            if not self._held:
                raise BrokenArchiveError("it is cut short")
        self._at += size

    def inflate(self, *, keep: bool) -> bytes:
        """Pass over deflated bytes whose length is not known; return what they hold if wanted."""
        decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        kept: list[bytes] = []
        size = 0
        while not decoder.eof:
            packed = decoder.unconsumed_tail or self._held[self._at :] or next(self._chunks, b"")
            self._held, self._at = b"", 0
            if not packed:
                raise BrokenArchiveError("it is cut short")
            try:
                text = decoder.decompress(packed, 1 << 20)
            except zlib.error as error:
                raise BrokenArchiveError("it is damaged") from error
            size += len(text)
            if size > (LARGEST if keep else _LARGEST_UNPACKED):
                raise BrokenArchiveError("a member of it is too large")
            if keep:
                kept.append(text)
        self._held, self._at = decoder.unused_data, 0
        return b"".join(kept)


def read_from_tar(chunks: Iterator[bytes], wanted: Callable[[str], bool]) -> bytes:
    """Return the bytes of the first wanted regular member of a tar archive as it streams by."""
    import lzma
    import tarfile

    # The last two are what tarfile raises where a header ends too early.
    broken = (
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        ValueError,
        TypeError,
    )
    try:
        reader = cast("IO[bytes]", _Reader(chunks))
        with tarfile.open(fileobj=reader, mode="r|*") as archive:
            for member in archive:
                if member.offset > _LARGEST_UNPACKED:
                    break
                if not wanted(member.name) or not member.isfile():
                    continue
                if member.size > LARGEST:
                    raise BrokenArchiveError(f"its `{member.name}` is too large")
                opened = archive.extractfile(member)
                text = opened.read() if opened else b""
                if len(text) != member.size:
                    raise BrokenArchiveError("it is cut short")
                return text
    except broken as error:
        raise BrokenArchiveError("it is no tar archive, or is cut or damaged") from error
    raise BrokenArchiveError("it has no `PKG-INFO`")


class _Reader:
    """The little of a file that ``tarfile`` needs to read a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._source = _Source(chunks)

    def read(self, size: int) -> bytes:
        return self._source.take(size)
