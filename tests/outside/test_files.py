"""Files are whole or as they were, and errors say what to do."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wheelright.outside import files
from wheelright.outside.files import DiskError, translate, write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Callable


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomic(path, b"one")
    assert path.read_bytes() == b"one"
    write_atomic(path, "zwölf\n")
    assert path.read_bytes() == "zwölf\n".encode()
    assert names(tmp_path) == ["a"]


def test_rights_are_kept_or_set(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"")
    path.chmod(0o640)
    write_atomic(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_atomic(path, b"x", 0o755)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "b", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/real")
    write_atomic(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "real").read_bytes() == b"x"


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failure_midway_changes_nothing(tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "a"
    if old is not None:
        path.write_bytes(old)

    def write() -> None:
        with writing(path) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert names(tmp_path) == ([] if old is None else ["a"])
    assert old is None or path.read_bytes() == old


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    def write() -> None:
        with writing(tmp_path / "a") as file:
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, file.fileno())
            os.close(full)
            file.write(b"x" * 100_000)

    with pytest.raises(DiskError) as caught:
        write()
    assert caught.value.message == (
        f"Could not write `{tmp_path / 'a'}`: no space left on the disk"
    )
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "a"):
        (tmp_path / "other").read_bytes()
    assert names(tmp_path) == []


def test_a_long_name_has_room_for_its_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomic(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("number", "reason", "hint"),
    [
        (
            errno.ENOSPC,
            "no space left on the disk",
            "free some space (`wheelright cache prune` may help) and run again",
        ),
        (errno.EROFS, "the file system is read-only", "choose a place that can be written"),
        (errno.EACCES, "permission denied", "check who owns the place and its rights"),
        (errno.EPERM, "the operation is not permitted", "check who owns the place and its rights"),
        (errno.ENOENT, "no such file or folder", "check that the path is right"),
        (errno.ENAMETOOLONG, "the path is too long", "choose a place with a shorter path"),
    ],
)
def test_system_errors_in_words(number: int, reason: str, hint: str) -> None:
    error = translate(OSError(number, "text of the system"), "write", Path("a/b"))
    assert error.message == f"Could not write `a/b`: {reason}"
    assert (error.where, error.hints, error.exit_code) == ("a/b", (hint,), 2)


def test_a_system_error_without_advice() -> None:
    error = translate(OSError(errno.EPIPE, "Broken pipe"), "write", "a")
    assert (error.message, error.hints) == ("Could not write `a`: broken pipe", ())


def test_every_primitive_translates(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    below = tmp_path / "file" / "x"
    gone = tmp_path / "none" / "x"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_bytes(b"")
    not_a_folder = "a part of the path is not a folder"
    missing = "no such file or folder"
    calls: list[tuple[Callable[[], object], str, str]] = [
        (lambda: files.read_bytes(gone), f"read `{gone}`", missing),
        (lambda: files.write_atomic(gone, b""), f"write `{gone}`", missing),
        (lambda: files.create(below, [b""]), f"write `{below}`", not_a_folder),
        (lambda: files.make_directory(below), f"make the folder `{below}`", not_a_folder),
        (lambda: files.make_symlink(gone, "a"), f"link `{gone}`", missing),
        (lambda: files.set_mode(gone, 0o600), f"change the rights of `{gone}`", missing),
        (lambda: files.touch(gone), f"write `{gone}`", missing),
        (lambda: files.remove_file(below), f"remove `{below}`", not_a_folder),
        (lambda: files.replace(gone, below), f"move `{gone}` to `{below}`", missing),
        (lambda: list(files.walk(gone)), f"list `{gone}`", missing),
    ]
    for call, doing, reason in calls:
        with pytest.raises(DiskError) as caught:
            call()
        assert caught.value.message == f"Could not {doing}: {reason}"


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert files.create(path, [b"one", b"", b"two"], executable=True) == 6
    assert path.read_bytes() == b"onetwo"
    assert path.stat().st_mode & stat.S_IXUSR
    with pytest.raises(DiskError, match="it exists already"):
        files.create(path, [b"x"])
    assert path.read_bytes() == b"onetwo"


def test_removing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert [files.remove_file(tmp_path / "a"), files.remove_file(tmp_path / "a")] == [True, False]
    folder = tmp_path / "b"
    (folder / "c").mkdir(parents=True)
    assert [files.remove_empty_directory(folder), files.remove_empty_directory(folder / "c")] == [
        False,
        True,
    ]
    assert files.remove_tree(folder)
    assert not files.remove_tree(folder)
    assert not files.remove_empty_directory(folder)


def test_a_tree_behind_a_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    assert files.remove_tree(tmp_path / "link")
    assert names(tmp_path) == ["real"]
    assert names(tmp_path / "real") == ["a"]


def test_a_read_only_tree_is_removed(tmp_path: Path) -> None:
    """As another user than root, who is held by no rights; root proves it just as well."""
    folder = tmp_path / "a"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "c").write_bytes(b"")
    (folder / "b" / "c").chmod(0o400)
    (folder / "b").chmod(0o500)
    folder.chmod(0o500)
    if os.geteuid() == 0:
        tmp_path.chmod(0o777)
        for place in (folder, folder / "b", folder / "b" / "c"):
            os.chown(place, 65534, 65534)
        child = os.fork()
        if not child:
            code = 1
            try:
                os.chdir(tmp_path)  # the folders above are root's own
                os.setuid(65534)
                files.remove_tree("a")
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
    else:
        files.remove_tree(folder)
    assert names(tmp_path) == []


def test_temporary_folders(tmp_path: Path) -> None:
    parent = tmp_path / "new"
    with files.temporary_directory(parent) as first, files.temporary_directory(parent) as second:
        assert first != second
        assert first.parent == second.parent == parent
        (first / "a").write_bytes(b"")
        files.replace(second, tmp_path / "kept")
    assert (names(parent), names(tmp_path)) == ([], ["kept", "new"])
    with files.temporary_directory() as somewhere:
        assert somewhere.is_absolute()
        assert somewhere.is_dir()
    assert not somewhere.exists()


def test_walking_and_sizes(tmp_path: Path) -> None:
    for name, size in (("b/c/d", 3), ("b/a", 2), ("z", 1)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    (tmp_path / "a").symlink_to("b")
    assert [name for name, _ in files.walk(tmp_path)] == ["a", "b/a", "b/c/d", "z"]
    (tmp_path / "a").unlink()
    assert files.tree_size(tmp_path) == 6
    assert files.tree_size(tmp_path / "none") == 0
