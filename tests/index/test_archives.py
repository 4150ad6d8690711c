"""Archives that are far away: found from the end, from the front, and in tar streams."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheels import make_wheel
from wheelright.index import archives
from wheelright.index.archives import (
    BrokenArchiveError,
    read_from_end,
    read_from_front,
    read_from_tar,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT = b"Metadata-Version: 2.1\nName: foo\nVersion: 1\n" + b"Keywords: x\n" * 50
PATH = "foo-1.dist-info/METADATA"


def wanted(name: str) -> bool:
    return name == PATH


class Unseekable(io.RawIOBase):
    """A pipe: what is written to it gets its sizes afterwards."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def zipped(
    members: dict[str, bytes] | None = None,
    *,
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
    piped: bool = False,
) -> bytes:
    target = Unseekable() if piped else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in (members or {"foo/a.py": b"a" * 5000, PATH: TEXT, "z": b""}).items():
            archive.writestr(name, data)
        archive.comment = comment
    return bytes(target.data) if isinstance(target, Unseekable) else target.getvalue()


def from_end(data: bytes) -> bytes:
    return read_from_end(lambda start, end: data[start:end], len(data), wanted)


def from_front(data: bytes, size: int = 1 << 16) -> bytes:
    return read_from_front(pieces(data, size), wanted)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("read", [from_end, from_front])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"x", b"PK\5\6 no end", b"c" * 0xFFFF])
def test_finds_the_member(read: Callable[[bytes], bytes], method: int, comment: bytes) -> None:
    assert read(zipped(method=method, comment=comment)) == TEXT


def test_from_the_end_in_as_few_reads_as_there_are_parts() -> None:
    data = zipped({"foo/big": b"b" * 100_000, PATH: TEXT}, method=zipfile.ZIP_STORED)
    asked: list[tuple[int, int]] = []

    def read(start: int, end: int) -> bytes:
        asked.append((start, end))
        return data[start:end]

    assert read_from_end(read, len(data), wanted) == TEXT
    assert len(asked) == 3
    assert min(start for start, _ in asked) > 100_000


@pytest.mark.parametrize("size", [1, 7, 31, 1000])
@pytest.mark.parametrize("piped", [False, True])
def test_from_the_front_in_pieces_of_any_size(size: int, piped: bool) -> None:
    assert from_front(zipped(piped=piped), size) == TEXT


def test_from_the_front_no_more_is_taken_than_needed() -> None:
    data = zipped({PATH: TEXT, "foo/big": bytes(100_000)}, method=zipfile.ZIP_STORED)
    chunks = pieces(data, 1000)
    assert read_from_front(chunks, wanted) == TEXT
    assert sum(1 for _ in chunks) > 95


def test_members_without_signed_or_with_wide_sizes_are_passed() -> None:
    """A data descriptor may lack its signature, or hold eight bytes per size (4.3.9)."""
    plain = b"passed over" * 9
    body = zlib.compress(plain)[2:-4]
    check = struct.pack("<L", zlib.crc32(plain))
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 8, 8, 0, 0, 0, 0, 0, 1, 0) + b"a"
    unsigned = check + struct.pack("<2L", len(body), len(plain))
    wide = b"PK\7\x08" + check + struct.pack("<2Q", len(body), len(plain))
    for described in (unsigned, wide):
        assert from_front(head + body + described + zipped()) == TEXT


@pytest.mark.parametrize("read", [from_end, from_front])
def test_zip64_is_understood(
    read: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("foo/a.py", b"a" * 50)
        with archive.open(PATH, "w", force_zip64=True) as member:
            member.write(TEXT)
    assert b"PK\6\6" in target.getvalue()
    assert read(target.getvalue()) == TEXT


@pytest.mark.parametrize("read", [from_end, from_front])
def test_a_missing_member_is_told(read: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BrokenArchiveError, match=r"^it has no metadata file$"):
        read(zipped({"bar-1.dist-info/METADATA": b"x", "a/foo-1.dist-info/METADATA": b"y"}))


@pytest.mark.parametrize("read", [from_end, from_front])
def test_too_large_a_member_is_refused(
    read: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LARGEST", 100)
    with pytest.raises(BrokenArchiveError, match=r"^its `foo-1.dist-info/METADATA` is too large$"):
        read(zipped())


def test_a_bomb_is_refused() -> None:
    data = zipped({PATH: bytes(archives.LARGEST + 1)}, piped=True)
    with pytest.raises(BrokenArchiveError, match=r"^a member of it is too large$"):
        from_front(data)


@pytest.mark.parametrize("read", [from_end, from_front])
def test_a_damaged_member_is_told(read: Callable[[bytes], bytes]) -> None:
    data = zipped(method=zipfile.ZIP_STORED)
    with pytest.raises(BrokenArchiveError, match=r"^its metadata file is damaged$"):
        read(data.replace(b"Name: foo", b"Name: fuu"))


@pytest.mark.parametrize("read", [from_end, from_front])
@pytest.mark.parametrize("piped", [False, True])
def test_cut_anywhere_it_is_broken_or_whole(read: Callable[[bytes], bytes], piped: bool) -> None:
    data = zipped(piped=piped)
    for length in range(len(data)):
        try:
            assert read(data[:length]) == TEXT
        except BrokenArchiveError:
            continue


@given(st.binary(max_size=200), st.integers(0, 2000), st.booleans())
@settings(deadline=None)
def test_damaged_anywhere_it_is_broken_or_whole(noise: bytes, at: int, piped: bool) -> None:
    data = zipped(piped=piped)
    at %= len(data)
    damaged = data[:at] + noise + data[at + len(noise) :]
    for read in (from_end, from_front):
        try:
            assert read(damaged) == TEXT
        except BrokenArchiveError:
            continue


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_are_an_archive_or_broken(data: bytes) -> None:
    for read in (from_end, from_front, lambda data: read_from_tar(iter([data]), wanted)):
        for start in (b"", b"PK\3\4"):
            try:
                read(start + data)
            except BrokenArchiveError:
                continue


def test_real_wheels_read_alike() -> None:
    name, data = make_wheel("foo", "1", requires=["bar>=1"], files={"foo/__init__.py": "x" * 9999})
    assert name == "foo-1-py3-none-any.whl"
    assert from_end(data) == from_front(data)


def tarred(*members: tuple[str, bytes], mode: str = "w:gz") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w:"])
def test_finds_pkg_info_in_tars(mode: str) -> None:
    data = tarred(("foo-1/a.py", b"a" * 9999), (PATH, TEXT), ("foo-1/b.py", b"b"), mode=mode)
    for size in (100, 1 << 20):
        assert read_from_tar(pieces(data, size), wanted) == TEXT


def test_a_tar_is_read_no_further_than_needed() -> None:
    import random

    noise = random.Random(1).randbytes(1_000_000)
    chunks = pieces(tarred((PATH, TEXT), ("foo-1/big", noise)), 10_000)
    assert read_from_tar(chunks, wanted) == TEXT
    assert sum(1 for _ in chunks) > 90


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (tarred(("foo-1/x", b"")), "it has no `PKG-INFO`"),
        (b"", "it is no tar archive, or is cut or damaged"),
        (b"some text" * 200, "it is no tar archive, or is cut or damaged"),
    ],
    ids=["without", "empty", "text"],
)
def test_bad_tars_are_told(data: bytes, message: str) -> None:
    with pytest.raises(BrokenArchiveError) as caught:
        read_from_tar(iter([data]), wanted)
    assert message == str(caught.value)


def test_a_tar_cut_anywhere_is_broken_or_whole() -> None:
    data = tarred(("foo-1/a.py", b"a" * 500), (PATH, TEXT))
    for length in range(len(data)):
        try:
            assert read_from_tar(iter([data[:length]]), wanted) == TEXT
        except BrokenArchiveError:
            continue


def test_errors_of_the_source_pass_through() -> None:
    class GoneError(Exception):
        pass

    def chunks() -> Iterator[bytes]:
        yield tarred(("foo-1/a.py", b"a"))[:20]
        raise GoneError

    with pytest.raises(GoneError):
        read_from_tar(chunks(), wanted)
