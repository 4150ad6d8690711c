from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelright.builder import BrokenSdistError, unpack, unpack_sdist
from wheelright.outside.errors import DiskError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = ("demo-1.0/pyproject.toml", b"[project]\n")


def info(name: str, size: int = 0, **fields: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    for key, value in fields.items():
        setattr(member, key, value)
    return member


def write_tar(
    path: Path, *members: tuple[str, bytes] | tarfile.TarInfo, mode: str = "w:gz"
) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                archive.addfile(info(member[0], len(member[1])), io.BytesIO(member[1]))
    return path


def link(name: str, target: str) -> tarfile.TarInfo:
    return info(name, type=tarfile.SYMTYPE, linkname=target)


def refused(archive: Path, destination: Path) -> str:
    with pytest.raises(BrokenSdistError) as caught:
        unpack_sdist(archive, destination)
    prefix = f"The sdist `{archive.name}` cannot be unpacked: "
    assert caught.value.message.startswith(prefix)
    return caught.value.message.removeprefix(prefix)


@pytest.mark.parametrize(("ending", "mode"), [("gz", "w:gz"), ("bz2", "w:bz2"), ("xz", "w:xz")])
def test_a_tar_is_unpacked(tmp_path: Path, ending: str, mode: str) -> None:
    archive = write_tar(
        tmp_path / f"demo-1.0.tar.{ending}", PROJECT, ("demo-1.0/src/a.py", b"text"), mode=mode
    )

    root = unpack_sdist(archive, tmp_path / "out")

    assert root == tmp_path / "out" / "demo-1.0"
    assert (root / "src" / "a.py").read_bytes() == b"text"


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "demo-1.0.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo-1.0/", "")
        archive.writestr("demo-1.0/setup.py", "text" * 1000)

    root = unpack_sdist(tmp_path / "demo-1.0.zip", tmp_path / "out")

    assert (root / "setup.py").read_text() == "text" * 1000


def test_a_project_without_a_folder_of_its_own_is_found(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "demo-1.0.tar.gz", ("./setup.py", b""), ("./src/a.py", b""))

    assert unpack_sdist(archive, tmp_path / "out") == tmp_path / "out"


def test_rights_and_times_are_kept(tmp_path: Path) -> None:
    archive = write_tar(
        tmp_path / "demo-1.0.tar.gz",
        PROJECT,
        info("demo-1.0/configure", mode=0o6777, mtime=1_000_000_000),
    )

    path = unpack_sdist(archive, tmp_path / "out") / "configure"

    assert path.stat().st_mtime == 1_000_000_000
    assert path.stat().st_mode & 0o100
    assert not path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def test_links_inside_are_kept_and_hard_links_are_copies(tmp_path: Path) -> None:
    archive = write_tar(
        tmp_path / "demo-1.0.tar.gz",
        link("demo-1.0/docs/README", "../pyproject.toml"),
        PROJECT,
        info("demo-1.0/hard", type=tarfile.LNKTYPE, linkname=PROJECT[0]),
    )

    root = unpack_sdist(archive, tmp_path / "out")

    assert (root / "docs" / "README").read_bytes() == PROJECT[1]
    assert (root / "hard").read_bytes() == PROJECT[1]


def test_a_later_member_replaces_an_earlier_one(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "demo-1.0.tar.gz", PROJECT, (PROJECT[0], b"later"))

    assert (unpack_sdist(archive, tmp_path / "out") / "pyproject.toml").read_bytes() == b"later"


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        ([("../evil", b"")], "`../evil` leads out of it"),
        ([("/evil", b"")], "`/evil` leads out of it"),
        ([("a/../../evil", b"")], "`a/../../evil` leads out of it"),
        ([("..\\evil", b"")], "`..\\evil` leads out of it"),
        ([("C:evil", b"")], "`C:evil` leads out of it"),
        ([link("a", "../../evil")], "the link `a` leads out of it"),
        ([link("a", "/etc/passwd")], "the link `a` leads out of it"),
        ([link("a/b", ".."), link("c", "a/b/../../x")], "the link `c` leads out of it"),
        ([link("d", ".."), link("d/x", "y")], "`d/x` lies behind a link that leads out of it"),
        ([("a", b""), link("a", "b")], "`a` is in it twice"),
        (
            [info("a", type=tarfile.LNKTYPE, linkname="../evil")],
            "`../evil` leads out of it",
        ),
        (
            [info("a", type=tarfile.LNKTYPE, linkname="b")],
            "`a` is a link to `b`, which is not in it",
        ),
        ([info("a", type=tarfile.CHRTYPE)], "`a` is a device or a pipe"),
        ([info("a", type=tarfile.FIFOTYPE)], "`a` is a device or a pipe"),
        (
            [("demo-1.0/README", b"")],
            "there is neither a `pyproject.toml` nor a `setup.py` in its folder",
        ),
    ],
)
def test_what_is_refused(
    tmp_path: Path, members: list[tuple[str, bytes] | tarfile.TarInfo], cause: str
) -> None:
    archive = write_tar(tmp_path / "demo-1.0.tar.gz", *members)

    assert refused(archive, tmp_path / "out") == cause
    assert not (tmp_path / "evil").exists()


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("a")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "demo-1.0.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")

    assert refused(tmp_path / "demo-1.0.zip", tmp_path / "out") == "`a` is a link in a zip archive"


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_FREE_BYTES", 1 << 20)
    archive = write_tar(tmp_path / "demo-1.0.tar.gz", PROJECT, ("demo-1.0/zeros", bytes(9 << 20)))

    assert refused(archive, tmp_path / "out") == "it unpacks to far more than its size allows"


def test_too_many_members_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MAX_MEMBERS", 2)
    archive = write_tar(tmp_path / "demo-1.0.tar.gz", PROJECT, ("a", b""), ("b", b""))

    assert refused(archive, tmp_path / "out") == "it has more than 2 members"


@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "demo-1.0.zip"])
def test_an_archive_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"<html>not found</html>")

    assert refused(tmp_path / name, tmp_path / "out").startswith("the archive is damaged (")


def test_an_archive_that_was_cut(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "whole.tar.gz", PROJECT, ("a", bytes(range(256)) * 4000))
    (tmp_path / "demo-1.0.tar.gz").write_bytes(whole.read_bytes()[:-40])

    assert refused(tmp_path / "demo-1.0.tar.gz", tmp_path / "out").startswith(
        "the archive is damaged ("
    )


names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c:"]), min_size=1, max_size=4).map(
    "/".join
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    members=st.lists(st.tuples(st.sampled_from(["file", "link", "hard"]), names, names), max_size=6)
)
def test_nothing_is_ever_written_outside(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, str, str]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("world")
    kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}
    archive = write_tar(
        tmp_path / "demo-1.0.tar.gz",
        PROJECT,
        *(
            info(name, type=kinds[kind], linkname=target) if kind in kinds else (name, b"content")
            for kind, name, target in members
        ),
    )
    inner = tmp_path / "x" / "y"

    with suppress(BrokenSdistError, DiskError):  # a file where a folder must be: the latter
        unpack_sdist(archive, inner / "out")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo-1.0.tar.gz", "x"]
    assert [path.name for path in inner.parent.iterdir()] == ["y"]
    assert [path.name for path in inner.iterdir()] == ["out"]
