"""Reading a wheel's archive as if its author were an enemy.

Must live here: which members a zip file may have (names, kinds, sizes, overlaps) and getting
their bytes, never more of them than were declared. Must not live here: what the members of a
wheel mean (``metadata``) and where they go (``store``).

``zipfile`` reads the central directory (it knows zip64 and prefixes, and takes 7 microseconds a
member); the bytes are then taken straight from a memory map, because ``ZipFile.open`` costs
several times as much and checks a CRC where RECORD's SHA-256 is checked anyway.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.store.errors import BrokenWheel

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Generator

# Deflate cannot do better than 1032:1 and real wheels stay far below 100:1 (debug symbols and
# zero-filled tables come closest); what is small may be as repetitive as it likes.
MAX_RATIO = 200
MAX_FREE_BYTES = 64 << 20
MAX_MEMBERS = 500_000
# Larger members are unpacked in pieces of so many bytes; with 8 MiB two writers take 40 MiB more,
# and are no quicker.
PIECE_BYTES = 2 << 20

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DRIVE = re.compile(r"[A-Za-z]:")
_STORED = 0
_DEFLATED = 8
_ENCRYPTED = 0x1
_STRONGLY_ENCRYPTED = 0x40


class Member(Struct, frozen=True):
    """A regular file in the archive: ``path`` with slashes, sizes in bytes.

    ``start`` is where its (compressed) bytes begin in the archive.
    """

    path: str
    size: int
    packed: int
    start: int
    deflated: bool
    executable: bool


def read_members(name: str, file: zipfile.ZipFile, buffer: memoryview) -> list[Member]:
    """List the regular files of an archive, sorted by path, all of them safe to write.

    ``name`` is the wheel's file name for messages, ``buffer`` the archive's bytes.
    Raises :class:`BrokenWheel` for members that leave the root, are links or devices, share a
    name or bytes, are encrypted, or are suspiciously large.
    """
    infos = file.infolist()
    if len(infos) > MAX_MEMBERS:
        raise BrokenWheel(name, f"it has {len(infos)} members, more than {MAX_MEMBERS}")
    members: dict[str, Member] = {}
    directories: set[str] = set()
    for info in infos:
        path = _checked_path(name, info)
        if info.is_dir():
            directories.add(path)
            continue
        if path in members:
            raise BrokenWheel(name, f"it has two members named `{path}`")
        members[path] = _member(name, path, info, buffer)
    total = sum(member.size for member in members.values())
    if total > MAX_FREE_BYTES and total > MAX_RATIO * len(buffer):
        raise BrokenWheel(
            name,
            f"it would unpack to {total} bytes, more than {MAX_RATIO} times its own size",
        )
    _refuse_clashes(name, members, directories)
    _refuse_overlaps(name, members)
    return [members[path] for path in sorted(members)]


def read_pieces(name: str, member: Member, buffer: memoryview) -> Generator[bytes]:
    """Yield the bytes of a member, never more than it declares, in pieces of bounded size.

    Raises :class:`BrokenWheel` where the bytes cannot be inflated or are not as many as declared.
    """
    # The slices are released on the way out, whatever happens: a memory map that is still looked
    # into cannot be closed.
    with buffer[member.start : member.start + member.packed] as packed:
        if not member.deflated:
            for begin in range(0, member.packed, PIECE_BYTES):
                yield bytes(packed[begin : begin + PIECE_BYTES])
            return
        try:
            yield from _inflate(name, member, packed)
        except zlib.error as error:
            raise BrokenWheel(name, f"`{member.path}` cannot be inflated ({error})") from None


def read_whole(name: str, member: Member, buffer: memoryview) -> bytes:
    """Return the bytes of a member of at most :data:`PIECE_BYTES`, as :func:`read_pieces` does.

    Thousands of small files are read in a third less time than piece by piece.
    """
    end = member.start + member.packed
    if not member.deflated:
        return bytes(buffer[member.start : end])
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    with buffer[member.start : end] as packed:
        try:
            # One byte more than it declares shows a member that is longer.
            data = inflater.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise BrokenWheel(name, f"`{member.path}` cannot be inflated ({error})") from None
    if len(data) > member.size:
        raise BrokenWheel(name, f"`{member.path}` is longer than it declares")
    if len(data) < member.size or not inflater.eof:
        raise BrokenWheel(name, f"`{member.path}` is shorter than it declares")
    return data


def _inflate(name: str, member: Member, packed: memoryview) -> Generator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = member.size
    for begin in range(0, member.packed, PIECE_BYTES):
        with packed[begin : begin + PIECE_BYTES] as source:
            # One byte more than is left shows a member that is longer than declared.
            limit = min(left + 1, PIECE_BYTES)
            piece = inflater.decompress(source, limit)
        while piece:
            left -= len(piece)
            if left < 0:
                raise BrokenWheel(name, f"`{member.path}` is longer than it declares")
            yield piece
            if inflater.eof or len(piece) < limit:
                break
            # What did not fit waits in the tail and inside the inflater.
            limit = min(left + 1, PIECE_BYTES)
            piece = inflater.decompress(inflater.unconsumed_tail, limit)
    if left or not inflater.eof:
        raise BrokenWheel(name, f"`{member.path}` is shorter than it declares")


def read_text(name: str, member: Member, buffer: memoryview) -> str:
    """Return a member's text (UTF-8)."""
    data = b"".join(read_pieces(name, member, buffer))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenWheel(name, f"`{member.path}` is not UTF-8 text") from None


def _checked_path(name: str, info: zipfile.ZipInfo) -> str:
    # `orig_filename` is what the archive says; `filename` is already cut at NUL and turned.
    path = info.orig_filename
    shown = path.encode("unicode_escape").decode()
    if "\\" in path:
        raise BrokenWheel(name, f"the member `{shown}` has a backslash in its name")
    if path.startswith("/") or _DRIVE.match(path):
        raise BrokenWheel(name, f"the member `{shown}` has an absolute path")
    if not path.isprintable():
        raise BrokenWheel(name, f"the member `{shown}` has control characters in its name")
    path = path.removesuffix("/")
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            raise BrokenWheel(name, f"the member `{shown}` does not stay in the wheel")
    return path


def _member(name: str, path: str, info: zipfile.ZipInfo, buffer: memoryview) -> Member:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFREG}:
        what = "a link" if kind == stat.S_IFLNK else "not a regular file"
        raise BrokenWheel(name, f"the member `{path}` is {what}")
    if info.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
        raise BrokenWheel(name, f"the member `{path}` is encrypted")
    if info.compress_type not in {_STORED, _DEFLATED}:
        raise BrokenWheel(
            name, f"the member `{path}` is packed by the unknown method {info.compress_type}"
        )
    start = _data_start(name, path, info, buffer)
    deflated = info.compress_type == _DEFLATED
    if start + info.compress_size > len(buffer):
        raise BrokenWheel(name, f"the member `{path}` ends beyond the archive")
    if not deflated and info.compress_size != info.file_size:
        raise BrokenWheel(name, f"`{path}` is not as long as it declares")
    return Member(
        path, info.file_size, info.compress_size, start, deflated, executable=bool(mode & 0o111)
    )


def _data_start(name: str, path: str, info: zipfile.ZipInfo, buffer: memoryview) -> int:
    """Find a member's bytes; its own header must name it as the directory does.

    Readers that trust one or the other would otherwise unpack different files.
    """
    offset = info.header_offset
    if offset < 0 or offset + _LOCAL_HEADER.size > len(buffer):
        raise BrokenWheel(name, f"the member `{path}` begins beyond the archive")
    header = _LOCAL_HEADER.unpack_from(buffer, offset)
    if header[0] != b"PK\x03\x04":
        raise BrokenWheel(name, f"the member `{path}` has no header")
    begin = offset + _LOCAL_HEADER.size
    end = begin + int(header[9])
    encoding = "utf-8" if header[2] & 0x800 else "cp437"
    if bytes(buffer[begin:end]) != info.orig_filename.encode(encoding, "replace"):
        raise BrokenWheel(name, f"the member `{path}` has another name in its own header")
    return end + int(header[10])


def _refuse_clashes(name: str, members: dict[str, Member], directories: set[str]) -> None:
    parents = set(directories)
    for path in members:
        parent = path.rpartition("/")[0]
        while parent and parent not in parents:
            parents.add(parent)
            parent = parent.rpartition("/")[0]
    for path in members.keys() & parents:
        raise BrokenWheel(name, f"`{path}` is a file and a directory")


def _refuse_overlaps(name: str, members: dict[str, Member]) -> None:
    end = 0
    for member in sorted(members.values(), key=lambda member: member.start):
        if member.start < end:
            raise BrokenWheel(name, f"the member `{member.path}` overlaps another one")
        end = member.start + member.packed
