"""A few bytes of a file are written in place, where it is the file that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelright.outside.files import DiskError, amend

if TYPE_CHECKING:
    from pathlib import Path


def test_bytes_after_the_beginning_are_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"head1234tail")

    assert amend(str(path), b"head", b"5678")

    assert path.read_bytes() == b"head5678tail"


@pytest.mark.parametrize("before", [b"hea", b"", b"other1234"])
def test_another_file_is_left_as_it_is(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(before)

    assert not amend(str(path), b"head", b"5678")

    assert path.read_bytes() == before


def test_where_there_is_no_file_none_is_made(tmp_path: Path) -> None:
    assert not amend(str(tmp_path / "a"), b"head", b"5678")
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskError) as raised:
        amend(str(tmp_path), b"head", b"5678")
    assert raised.value.message == f"Could not write `{tmp_path}`: it is a folder"
