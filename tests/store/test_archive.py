"""Hostile archives: nothing but BrokenWheel comes out of them, and nothing leaves its root."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheels import make_wheel
from wheelright.outside.reporting import Silent
from wheelright.store import BrokenWheel
from wheelright.store.archive import PIECE_BYTES, Member, read_members, read_pieces, read_text
from wheelright.store.unpack import unpack_wheel


def _zip(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, data in members:
            archive.writestr(path, data)
    return buffer.getvalue()


def _members(data: bytes) -> list[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return read_members("a.whl", archive, memoryview(data))


def _cause(data: bytes) -> str:
    with pytest.raises(BrokenWheel) as caught:
        _read_all(data)
    return caught.value.cause


def _read_all(data: bytes) -> dict[str, bytes]:
    view = memoryview(data)
    return {m.path: b"".join(read_pieces("a.whl", m, view)) for m in _members(data)}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_sorted_and_read_whole(method: int) -> None:
    data = _zip(("b/c.py", b"x" * 5000), ("a.py", b""), ("empty/", b""), method=method)
    assert _read_all(data) == {"a.py": b"", "b/c.py": b"x" * 5000}


def test_a_prefix_before_the_archive_is_fine() -> None:
    assert _read_all(b"#!/bin/sh\n" + _zip(("a.py", b"x"))) == {"a.py": b"x"}


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("../a", "the member `../a` does not stay in the wheel"),
        ("a/../b", "the member `a/../b` does not stay in the wheel"),
        ("a/./b", "the member `a/./b` does not stay in the wheel"),
        ("a//b", "the member `a//b` does not stay in the wheel"),
        ("/a", "the member `/a` has an absolute path"),
        ("C:/a", "the member `C:/a` has an absolute path"),
        ("c:a", "the member `c:a` has an absolute path"),
        ("a\\b", "the member `a\\\\b` has a backslash in its name"),
        ("a\x1b[31m", "the member `a\\x1b[31m` has control characters in its name"),
        ("a\x00.py", "the member `a\\x00.py` has control characters in its name"),
    ],
)
def test_names_that_are_refused(path: str, cause: str) -> None:
    placeholder = "N" * len(path)
    data = _zip((placeholder, b"x")).replace(placeholder.encode(), path.encode())
    assert _cause(data) == cause


def test_kinds_that_are_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert _cause(_zip((link, b"/etc/passwd"))) == "the member `link` is a link"
    device = zipfile.ZipInfo("device")
    device.external_attr = 0o020666 << 16
    assert _cause(_zip((device, b""))) == "the member `device` is not a regular file"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_clash() -> None:
    assert _cause(_zip(("a", b"1"), ("a", b"2"))) == "it has two members named `a`"
    assert _cause(_zip(("a", b"1"), ("a/b", b"2"))) == "`a` is a file and a directory"
    assert _cause(_zip(("a", b"1"), ("a/", b""))) == "`a` is a file and a directory"


def _central(data: bytes) -> int:
    return data.index(b"PK\x01\x02")


def _patched(data: bytes, at: int, form: str, *values: int) -> bytes:
    new = bytearray(data)
    struct.pack_into(form, new, at, *values)
    return bytes(new)


def test_encryption_and_unknown_methods() -> None:
    data = _zip(("a", b"x"))
    assert _cause(_patched(data, _central(data) + 8, "<H", 1)) == "the member `a` is encrypted"
    assert (
        _cause(_patched(data, _central(data) + 10, "<H", 12))
        == "the member `a` is packed by the unknown method 12"
    )


def test_sizes_that_lie() -> None:
    data = _zip(("a", b"x" * 1000))
    size = _central(data) + 24
    assert _cause(_patched(data, size, "<L", 999)) == "`a` is longer than it declares"
    assert _cause(_patched(data, size, "<L", 1001)) == "`a` is shorter than it declares"
    stored = _zip(("a", b"x" * 1000), method=zipfile.ZIP_STORED)
    assert _cause(_patched(stored, _central(stored) + 24, "<L", 7)) == (
        "`a` is not as long as it declares"
    )
    assert _cause(_patched(data, _central(data) + 20, "<L", 1 << 20)) == (
        "the member `a` ends beyond the archive"
    )


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = _zip(("a", bytes(70 << 20)))
    assert _cause(data) == (
        f"it would unpack to {70 << 20} bytes, more than 200 times its own size"
    )
    assert len(_read_all(_zip(("a", bytes(10 << 20))))["a"]) == 10 << 20


def test_members_that_share_bytes_are_refused() -> None:
    data = _zip(("a", b"x" * 100), ("b", b"x" * 100))
    second = data.index(b"PK\x01\x02", _central(data) + 4)
    shared = _patched(data, second + 42, "<L", 0)
    assert _cause(shared) == "the member `b` has another name in its own header"
    renamed = _zip(("a", b"x" * 100), ("b", b"x" * 100))
    header = struct.unpack_from("<L", renamed, second + 42)[0]
    # The first member claims bytes up to the end of the second one.
    assert _cause(_patched(renamed, _central(renamed) + 20, "<L", header + 40)) in {
        "the member `b` overlaps another one",
        "`a` is shorter than it declares",
    }


def test_garbage_where_data_should_be() -> None:
    data = _zip(("a", b"hello " * 50))
    start = _members(data)[0].start
    assert _cause(_patched(data, start, "<B", 0xFF)).startswith("`a` cannot be inflated (")


def test_large_members_come_in_pieces() -> None:
    noise = bytes(range(256)) * (40 << 10)
    view = memoryview(_zip(("a", noise)))
    (member,) = _members(bytes(view))
    pieces = list(read_pieces("a.whl", member, view))
    assert [len(piece) for piece in pieces] == [PIECE_BYTES] * 5
    assert b"".join(pieces) == noise


def test_text_must_be_utf_8() -> None:
    data = _zip(("a", b"\xff\xfe"), ("b", b"\xef\xbb\xbfx"))
    one, other = _members(data)
    with pytest.raises(BrokenWheel) as caught:
        read_text("a.whl", one, memoryview(data))
    assert caught.value.cause == "`a` is not UTF-8 text"
    assert read_text("a.whl", other, memoryview(data)) == "x"


def _unpack(data: bytes, where: Path) -> Any:
    archive = where / "archive"
    archive.write_bytes(data)
    return unpack_wheel(str(archive), "app-1.0-py3-none-any.whl", str(where / "tree"), Silent())


_WHEEL = make_wheel("app", "1.0", files={"app/__init__.py": "x = 1\n", "app/b.py": "y" * 300})[1]


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(_WHEEL) - 1), st.integers(0, 255)), min_size=1, max_size=6
    ),
    cut=st.none() | st.integers(0, len(_WHEEL)),
)
def test_a_damaged_archive_is_refused_or_unpacked_right(
    edits: list[tuple[int, int]], cut: int | None
) -> None:
    data = bytearray(_WHEEL)
    for place, value in edits:
        data[place] = value
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        try:
            facts = _unpack(bytes(data[:cut]), root)
        except BrokenWheel:
            pass
        else:
            written = {
                p.relative_to(root / "tree").as_posix() for p in (root / "tree").rglob("*.*")
            }
            assert {entry.path for entry in facts.entries if "." in entry.path} >= {
                path for path in written if not path.endswith(".dist-info")
            }
        assert {path.name for path in root.iterdir()} <= {"archive", "tree"}
