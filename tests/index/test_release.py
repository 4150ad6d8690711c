"""Releases: which files belong to which version, in which order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelright.index.release import Release, chain_releases, group_files, merge_releases
from wheelright.store import File

INDEX = "https://index.invalid/simple/"


def file(name: str, **more: str) -> File:
    return File(name, f"https://index.invalid/files/{name}", {"sha256": more.get("hash", "0" * 64)})


def grouped(*names: str, project: str = "foo-bar") -> list[tuple[str, list[str]]]:
    releases = group_files(project, [file(name) for name in names], INDEX)
    return [(one.version, [each.name for each in one.files]) for one in releases]


def test_groups_wheels_and_sdists_newest_first() -> None:
    assert grouped(
        "foo-bar-1.0.tar.gz",
        "foo_bar-1.10-py3-none-any.whl",
        "foo_bar-1.9-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "Foo.Bar-1.0-py2.py3-none-any.whl",
        "foo_bar-2.0rc1.zip",
        "foo_bar-1!0.1.tar.gz",
    ) == [
        ("1!0.1", ["foo_bar-1!0.1.tar.gz"]),
        ("2.0rc1", ["foo_bar-2.0rc1.zip"]),
        ("1.10", ["foo_bar-1.10-py3-none-any.whl"]),
        ("1.9", ["foo_bar-1.9-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"]),
        ("1.0", ["Foo.Bar-1.0-py2.py3-none-any.whl", "foo-bar-1.0.tar.gz"]),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "foo_bar-1.0-py3.9.egg",
        "foo-bar-1.0.win32.exe",
        "foo-bar-1.0.win-amd64-py3.9.exe",
        "foo-bar-1.0.msi",
        "foo_bar-1.0-1.noarch.rpm",
        "foo_bar-1.0.linux-x86_64.tar.gz",
        "foo_bar-dev-py3-none-any.whl",
        "foo_bar-banana.tar.gz",
        "foo_bar_baz-1.0-py3-none-any.whl",
        "foo-bar-baz-1.0.tar.gz",
        "foo-1.0.tar.gz",
        "foo_bar-1.0-py3-none.whl",
        "foo_bar-1.0-py3-none-any-x-y.whl",
        "foo_bar-1.0-x-py3-none-any.whl",
        "foo_bar-1.0.tar.gz.asc",
        "foo_bar-1.0-py3-none-any.whl.metadata",
        "",
    ],
)
def test_drops_what_is_no_file_of_the_project(name: str) -> None:
    assert grouped(name) == []


def test_two_spellings_of_a_version_are_one_release() -> None:
    names = ["foo_bar-1.0-py3-none-any.whl", "foo_bar-1.0.0.tar.gz", "foo_bar-01.0.tar.gz"]
    expected = [("1.0.0", ["foo_bar-01.0.tar.gz", "foo_bar-1.0-py3-none-any.whl",
                           "foo_bar-1.0.0.tar.gz"])]  # fmt: skip
    assert expected == grouped(*names)


def test_local_versions_are_versions_of_their_own() -> None:
    names = ["foo_bar-1.0+cpu-py3-none-any.whl", "foo_bar-1.0-py3-none-any.whl"]
    assert [version for version, _ in grouped(*names)] == ["1.0+cpu", "1.0"]


@given(
    st.permutations(
        [
            file("foo_bar-1.0-py3-none-any.whl"),
            file("foo_bar-1.0-py3-none-any.whl", hash="1" * 64),
            File("foo_bar-1.0-py3-none-any.whl", "https://a.invalid/x"),
            file("foo_bar-1.0.0.tar.gz"),
            file("foo_bar-2.0-py3-none-any.whl"),
            file("foo_bar-0.1-py3-none-any.whl"),
        ]
    )
)
@settings(deadline=None)
def test_the_servers_order_does_not_matter(files: list[File]) -> None:
    assert group_files("foo-bar", sorted(files, key=repr), INDEX) == group_files(
        "foo-bar", files, INDEX
    )


@given(st.lists(st.text("fob-_.1aw+!hltrgzp0 ", max_size=30).map(lambda text: f"foo_bar-{text}")))
@settings(deadline=None)
def test_any_name_is_grouped_or_dropped(names: list[str]) -> None:
    for ending in (".whl", ".tar.gz", ""):
        releases = grouped(*(name + ending for name in names))
        assert sum(len(files) for _, files in releases) <= len(names)


def release(version: str, *names: str, index: str = INDEX) -> Release:
    return Release(version, tuple(file(name) for name in names), index)


def test_merging_takes_each_name_from_the_first_place() -> None:
    first = (release("2.0", "x-2.0.tar.gz"), release("1.0", "x-1.0.tar.gz"))
    other = File("x-1.0.tar.gz", "https://other.invalid/x-1.0.tar.gz")
    wheel = file("x-1.0-py3-none-any.whl")
    second = (release("3.0", "x-3.0.tar.gz", index="two"), Release("1.0.0", (other, wheel), "two"))
    merged = merge_releases([first, second])
    assert [one.version for one in merged] == ["3.0", "2.0", "1.0.0"]
    assert (wheel, first[1].files[0]) == merged[2].files
    assert [one.index for one in merged] == ["two", INDEX, INDEX]


def test_chaining_exhausts_one_place_before_the_next() -> None:
    first = (release("1.0", "x-1.0.tar.gz"),)
    second = (release("2.0", "x-2.0.tar.gz"), release("1.0.0", "x-1.0.0.tar.gz", index="two"))
    assert [one.version for one in chain_releases([first, second])] == ["1.0", "2.0"]
