"""Files get into a venv in the mode asked for, or in the next that the disks can do."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from wheelright.outside import trees
from wheelright.outside.files import DiskError
from wheelright.outside.trees import LinkMode, place_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENTRIES = [("a.py", "a.py"), ("p/b.py", "q/r/b.py"), ("p/run", "bin/run")]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "p").mkdir(parents=True)
    for number, (name, _) in enumerate(ENTRIES):
        (source / name).write_bytes(b"x" * number)
        os.utime(source / name, (1_000_000, 1_000_000))
    (source / "p" / "run").chmod(0o755)
    return source


def refuse(number: int) -> Callable[[str, str], None]:
    def place(source: str, path: str) -> None:
        raise OSError(number, "no", source, None, path)

    return place


@pytest.mark.parametrize("mode", ["clone", "hardlink", "copy", "symlink"])
def test_every_mode_places_every_file(source: Path, tmp_path: Path, mode: LinkMode) -> None:
    goal = tmp_path / "goal"
    used = place_tree(source, goal, ENTRIES, mode)
    assert used == mode or (mode, used) == ("clone", "hardlink")
    for below, name in ENTRIES:
        placed = goal / name
        assert placed.read_bytes() == (source / below).read_bytes()
        assert placed.stat().st_mtime == 1_000_000
        assert placed.is_symlink() == (used == "symlink")
        same = placed.stat().st_ino == (source / below).stat().st_ino
        assert same == (used in {"hardlink", "symlink"})
    assert stat.S_IMODE((goal / "bin/run").stat().st_mode) == 0o755


def test_links_lead_to_the_source_from_anywhere(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source)
    place_tree(".", "../goal", ENTRIES[:1], "symlink")
    assert (tmp_path / "goal" / "a.py").readlink() == source / "a.py"


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.ENOTSUP])
def test_a_mode_that_cannot_be_gives_way(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setitem(trees._PLACERS, "clone", refuse(number))
    assert place_tree(source, tmp_path / "goal", ENTRIES, "clone") == "hardlink"
    monkeypatch.setitem(trees._PLACERS, "hardlink", refuse(number))
    assert place_tree(source, tmp_path / "copies", ENTRIES, "clone") == "copy"
    assert (tmp_path / "copies/q/r/b.py").read_bytes() == b"x"
    monkeypatch.setitem(trees._PLACERS, "symlink", refuse(number))
    assert place_tree(source, tmp_path / "third", ENTRIES, "symlink") == "copy"


def test_one_file_with_too_many_links_is_copied_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def link(
        origin: str, path: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        if origin.endswith("a.py"):
            raise OSError(errno.EMLINK, "too many links")
        real(origin, path, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "link", link)
    monkeypatch.setitem(trees._PLACERS, "hardlink", link)
    assert place_tree(source, tmp_path / "goal", ENTRIES, "hardlink") == "hardlink"
    assert (tmp_path / "goal/a.py").stat().st_nlink == 1
    assert (tmp_path / "goal/bin/run").stat().st_nlink == 2


@pytest.mark.parametrize("mode", ["clone", "hardlink", "copy", "symlink"])
def test_what_is_in_the_way_is_replaced_and_not_written_through(
    source: Path, tmp_path: Path, mode: LinkMode
) -> None:
    goal = tmp_path / "goal"
    goal.mkdir()
    other = tmp_path / "other"
    other.write_bytes(b"another's")
    (goal / "a.py").symlink_to(other)
    place_tree(source, goal, ENTRIES, mode)
    assert (goal / "a.py").read_bytes() == b""
    assert other.read_bytes() == b"another's"


def test_errors_name_the_file(source: Path, tmp_path: Path) -> None:
    goal = tmp_path / "goal"
    with pytest.raises(DiskError) as caught:
        place_tree(source, goal, [("none", "x/none")], "hardlink")
    assert caught.value.message == (f"Could not place `{goal / 'x/none'}`: no such file or folder")
    (goal / "a.py").mkdir()
    with pytest.raises(DiskError, match=r"^Could not replace"):
        place_tree(source, goal, ENTRIES, "hardlink")


def test_a_copy_without_the_kernels_help(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    place_tree(source, tmp_path / "goal", ENTRIES, "copy")
    assert (tmp_path / "goal/bin/run").read_bytes() == b"xx"
