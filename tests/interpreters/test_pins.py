from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelright.interpreters import InvalidRequest, Pin, find_pin, read_pin

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pin_is_read_without_comments(tmp_path: Path) -> None:
    path = tmp_path / ".python-version"
    path.write_text("\ufeff# ours\n\n 3.12  # the oldest\npypy3.10\n", encoding="utf-8")
    pin = read_pin(path)
    assert pin == Pin(path, ("3.12", "pypy3.10"))
    assert pin.request == "3.12"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_pin_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".python-version").write_text(text, encoding="utf-8")
    assert read_pin(tmp_path / ".python-version") is None
    assert read_pin(tmp_path / "missing") is None


def test_pins_are_looked_for_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "src"
    inner.mkdir(parents=True)
    (tmp_path / ".python-version").write_text("3.9\n", encoding="utf-8")
    found = find_pin(inner)
    assert found is not None
    assert found.request == "3.9"
    assert find_pin(inner, boundary=tmp_path / "project") is None
    (tmp_path / "project" / ".python-versions").write_text("3.12\n3.11\n", encoding="utf-8")
    found = find_pin(inner, boundary=tmp_path / "project")
    assert found is not None
    assert found.requests == ("3.12", "3.11")


def test_binary_and_huge_pins_are_refused(tmp_path: Path) -> None:
    path = tmp_path / ".python-version"
    path.write_bytes(b"\xff\xfe3\0")
    with pytest.raises(InvalidRequest) as caught:
        read_pin(path)
    assert caught.value.message == f"`{path}` is not text in UTF-8"
    path.write_bytes(b"#" * 70_000)
    with pytest.raises(InvalidRequest) as caught:
        read_pin(path)
    assert caught.value.message == f"`{path}` is too large for a file of versions"
