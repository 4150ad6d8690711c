"""Several indexes as one: who is asked, what is kept, and what comes when things fail."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from support.wheels import make_sdist, make_wheel
from wheelright.errors import UsageError
from wheelright.index import (
    FileUnavailableError,
    Indexes,
    IndexSource,
    IndexUnreachableError,
    InvalidPageError,
    NotCachedError,
    ProjectNotFoundError,
    ProjectPage,
    UnknownIndexError,
)
from wheelright.outside.http import HttpError
from wheelright.store import File

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.local_index import LocalIndex

    Open = Callable[..., Indexes]
    MakeIndex = Callable[..., LocalIndex]


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def versions(page: ProjectPage) -> list[str]:
    return [release.version for release in page.releases]


def fill(index: LocalIndex) -> None:
    index.add("foo", "1.0", sdist=True, requires_python=">=3.8", uploaded=None)
    index.add("foo", "1.10", yanked="oops & <sorry>", uploaded=None)
    index.add("foo", "1.9", yanked=True, uploaded=None)


def test_json_and_html_give_the_same_page(open_indexes: Open, make_index: MakeIndex) -> None:
    as_json, as_html = make_index(), make_index(html_only=True)
    pages = []
    for index in (as_json, as_html):
        fill(index)
        page = open_indexes(index).page("Foo")
        pages.append(
            [
                (
                    release.version,
                    [
                        (file.name, file.hashes, file.requires_python, file.yanked, file.metadata)
                        for file in release.files
                    ],
                    [file.url.removeprefix(index.root) for file in release.files],
                )
                for release in page.releases
            ]
        )
        assert (page.name, page.index, page.index_name) == ("foo", index.url, None)
    assert pages[0] == pages[1]
    assert [entry[0] for entry in pages[0]] == ["1.10", "1.9", "1.0"]


# --- several indexes


def test_the_first_index_that_knows_a_project_answers_alone(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    first.add("foo", "1.0")
    second.add("foo", "2.0")
    second.add("bar", "1.0")
    indexes = open_indexes(first, second)
    assert versions(indexes.page("foo")) == ["1.0"]
    assert second.count() == 0
    page = indexes.page("bar")
    assert (page.index, versions(page)) == (second.url, ["1.0"])
    assert indexes.also_known_on("foo") == ()


def test_the_default_index_is_asked_last(open_indexes: Open, make_index: MakeIndex) -> None:
    first, second = make_index(), make_index()
    first.add("foo", "1.0")
    second.add("foo", "2.0")
    indexes = open_indexes(IndexSource(None, first.url, default=True), second)
    assert versions(indexes.page("foo")) == ["2.0"]


def test_an_index_whose_page_is_empty_does_not_know_the_project(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    (listed,) = first.add("foo", "1.0")
    first.remove("foo", listed.name)
    second.add("foo", "2.0")
    assert versions(open_indexes(first, second).page("foo")) == ["2.0"]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("first-index", ["2.0", "1.0"]),
        ("unsafe-first-match", ["2.0", "1.0", "3.0", "0.1"]),
        ("unsafe-best-match", ["3.0", "2.0", "1.0", "0.1"]),
    ],
)
def test_strategies(
    open_indexes: Open, make_index: MakeIndex, strategy: str, expected: list[str]
) -> None:
    first, second = make_index(), make_index()
    for version in ("1.0", "2.0"):
        first.add("foo", version)
    for version in ("0.1", "1.0", "3.0"):
        second.add("foo", version)
    indexes = open_indexes(first, second, strategy=strategy)
    assert versions(indexes.page("foo")) == expected


def test_an_earlier_run_tells_who_else_knows_without_asking(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    first.add("foo", "1.0")
    second.add("foo", "2.0")
    named = IndexSource("second", second.url)
    open_indexes(named).page("foo")
    second.clear_log()
    indexes = open_indexes(first, named)
    assert versions(indexes.page("foo")) == ["1.0"]
    assert indexes.also_known_on("foo") == ("second",)
    assert second.count() == 0


def test_explicit_indexes_are_for_those_who_name_them(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    second.add("foo", "2.0")
    indexes = open_indexes(first, IndexSource("gpu", second.url, explicit=True))
    with pytest.raises(ProjectNotFoundError) as caught:
        indexes.page("foo")
    assert caught.value.asked == (first.url,)
    page = indexes.page("foo", index="gpu")
    assert (page.index, page.index_name, versions(page)) == (second.url, "gpu", ["2.0"])
    assert versions(indexes.page("foo", index=second.url)) == ["2.0"]
    assert first.count() == 1


def test_an_unknown_index_name_is_an_error(open_indexes: Open, local_index: LocalIndex) -> None:
    indexes = open_indexes(IndexSource("one", local_index.url), IndexSource("two", "https://x.y/"))
    with pytest.raises(UnknownIndexError) as caught:
        indexes.page("foo", index="gpu")
    assert caught.value.message == "There is no index named `gpu`"
    assert caught.value.details == ("configured: `one`, `two`",)
    assert local_index.count() == 0


def test_a_project_that_nobody_knows(open_indexes: Open, make_index: MakeIndex) -> None:
    first, second = make_index(), make_index()
    with pytest.raises(ProjectNotFoundError) as caught:
        open_indexes(first, second).page("Foo_Bar")
    error = caught.value
    assert error.message == "No index knows the project `foo-bar`"
    assert error.details == (f"asked `{first.url}`", f"asked `{second.url}`")
    assert error.exit_code == 1


def test_without_any_index_the_error_says_so(open_indexes: Open, local_index: LocalIndex) -> None:
    with pytest.raises(ProjectNotFoundError) as caught:
        open_indexes(local_index, no_index=True).page("foo")
    assert caught.value.message == "There is no index to look for the project `foo`"
    assert local_index.count() == 0


# --- failures


def test_an_index_that_fails_is_named_and_no_later_one_is_asked(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    first.fault("foo/", "500")
    second.add("foo", "2.0")
    indexes = open_indexes(first, second)
    with pytest.raises(IndexUnreachableError) as caught:
        indexes.page("foo")
    error = caught.value
    assert error.message == ("The index does not answer for `foo`: 500 Internal Server Error")
    assert (error.where, error.status, error.exit_code) == (first.url, 500, 2)
    assert second.count() == 0


def test_an_index_that_is_not_there(open_indexes: Open, unused_port: int) -> None:
    url = f"http://joe:secret@127.0.0.1:{unused_port}/simple/"
    with pytest.raises(IndexUnreachableError) as caught:
        open_indexes(url).page("foo")
    error = caught.value
    assert error.message == "The index does not answer for `foo`: the connection was refused"
    assert error.where == f"http://127.0.0.1:{unused_port}/simple/"
    assert error.hints == (
        "check the URL of the index and the network, or use the cache alone with `--offline`",
    )


@pytest.mark.parametrize("fault", ["401", "403"])
def test_a_refusal_tells_how_to_give_credentials(
    open_indexes: Open, local_index: LocalIndex, fault: Any
) -> None:
    local_index.fault("foo/", fault)
    with pytest.raises(IndexUnreachableError) as caught:
        open_indexes(IndexSource("my-gpu", local_index.url)).page("foo")
    assert caught.value.status == int(fault)
    (hint,) = caught.value.hints
    assert hint == (
        "give credentials with `WHEELRIGHT_INDEX_MY_GPU_USERNAME` and"
        " `WHEELRIGHT_INDEX_MY_GPU_PASSWORD`, in the netrc file or with"
        " `--keyring-provider subprocess`"
    )
    with pytest.raises(IndexUnreachableError) as nameless:
        open_indexes(local_index).page("foo")
    (hint,) = nameless.value.hints
    assert hint == (
        "give credentials in the index's URL, in the netrc file or with"
        " `--keyring-provider subprocess`"
    )


def test_a_status_may_be_declared_to_mean_unknown(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    first.fault("foo/", "403")
    second.add("foo", "2.0")
    ignoring = IndexSource(None, first.url, ignored_statuses=frozenset({403}))
    assert versions(open_indexes(ignoring, second).page("foo")) == ["2.0"]


def test_a_fault_that_passes_is_not_noticed(open_indexes: Open, local_index: LocalIndex) -> None:
    local_index.add("foo", "1.0")
    local_index.fault("foo/", "cut-once")
    assert versions(open_indexes(local_index).page("foo")) == ["1.0"]
    assert local_index.count("page") == 2


def test_what_is_no_page_is_an_error(open_indexes: Open, tmp_path: Path) -> None:
    (tmp_path / "foo").mkdir()
    (tmp_path / "foo/index.json").write_text('{"meta": {"api-version": "2.0"}, "files": []}')
    with pytest.raises(InvalidPageError):
        open_indexes(tmp_path.as_uri()).page("foo")


# --- freshness


def test_a_fresh_page_is_not_asked_for_again(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(max_age=30)
    index.add("foo", "1.0")
    clock = Clock()
    expected = open_indexes(index, clock=clock).page("foo")
    index.clear_log()
    clock.now += 29
    assert open_indexes(index, clock=clock).page("foo") == expected
    assert index.count() == 0
    clock.now += 2
    assert open_indexes(index, clock=clock).page("foo") == expected
    assert index.count("page", status=304) == index.count() == 1
    clock.now += 29
    open_indexes(index, clock=clock).page("foo")
    assert index.count() == 1
    clock.now -= 1000  # set back: an entry from the future proves nothing
    open_indexes(index, clock=clock).page("foo")
    assert index.count() == 2


def test_a_page_that_was_asked_for_ahead_is_not_asked_for_again(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index()
    index.add("foo", "1.0")
    indexes = open_indexes(index)

    indexes.ask_ahead(["Foo", "unknown", "foo"])

    assert indexes.page("foo").name == "foo"
    with pytest.raises(ProjectNotFoundError):
        indexes.page("unknown")
    assert index.count() == index.count("page") == 2


def test_what_is_at_hand_is_not_asked_for_ahead(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index()
    index.add("foo", "1.0")
    open_indexes(index).page("foo")
    index.clear_log()

    open_indexes(index).ask_ahead(["foo"])
    open_indexes(index, offline=True).ask_ahead(["bar"])

    assert index.count() == 0


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("max_age", "most"), [(30, 20), (0, 0)])
def test_that_a_page_did_not_change_costs_few_bytes(
    open_indexes: Open, make_index: MakeIndex, tmp_path: Path, max_age: int, most: int
) -> None:
    index = make_index(max_age=max_age)
    index.add("foo", "1.0")
    clock = Clock()
    open_indexes(index, clock=clock).page("foo")
    before = contents(tmp_path)
    places = [path.stat().st_ino for path in before]
    index.clear_log()
    clock.now += 40

    open_indexes(index, clock=clock).page("foo")

    assert index.count("page", status=304) == 1
    after = contents(tmp_path)
    assert [path.stat().st_ino for path in after] == places
    pairs = [pair for path in before for pair in zip(before[path], after[path], strict=True)]
    assert bool(most) <= sum(one != other for one, other in pairs) <= most


def test_without_cache_headers_a_page_is_fresh_for_ten_minutes(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index(cache_headers=False)
    index.add("foo", "1.0")
    clock = Clock()
    open_indexes(index, clock=clock).page("foo")
    clock.now += 599
    open_indexes(index, clock=clock).page("foo")
    assert index.count() == 1
    clock.now += 2
    index.add("foo", "2.0")
    assert versions(open_indexes(index, clock=clock).page("foo")) == ["2.0", "1.0"]
    assert index.count("page", status=200) == 2


def test_a_changed_page_replaces_the_old_one(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(max_age=0)
    index.add("foo", "1.0")
    open_indexes(index).page("foo")
    index.add("foo", "2.0")
    assert versions(open_indexes(index).page("foo")) == ["2.0", "1.0"]
    assert versions(open_indexes(index, offline=True).page("foo")) == ["2.0", "1.0"]


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"refresh": True}, ["bar", "foo"]),
        ({"refresh_projects": frozenset({"foo"})}, ["foo"]),
        ({}, []),
    ],
)
def test_refresh_asks_again_for_all_or_for_some(
    open_indexes: Open, local_index: LocalIndex, options: dict[str, Any], asked: list[str]
) -> None:
    for name in ("foo", "bar"):
        local_index.add(name, "1.0")
    for name in ("foo", "bar"):
        open_indexes(local_index).page(name)
    local_index.clear_log()
    indexes = open_indexes(local_index, **options)
    for name in ("foo", "bar", "foo"):
        indexes.page(name)
    assert asked == sorted(request.path.split("/")[2] for request in local_index.log)
    assert {304} >= {request.status for request in local_index.log}


def test_that_a_project_is_unknown_is_asked_anew_in_each_run(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    with pytest.raises(ProjectNotFoundError):
        open_indexes(local_index).page("foo")
    local_index.add("foo", "1.0")
    assert versions(open_indexes(local_index).page("foo")) == ["1.0"]


def test_a_project_may_leave_its_index(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(max_age=0)
    index.add("foo", "1.0")
    open_indexes(index).page("foo")
    index.remove("foo")
    with pytest.raises(ProjectNotFoundError):
        open_indexes(index).page("foo")


def test_offline_answers_from_the_cache_however_old(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    second.add("foo", "1.0")
    clock = Clock()
    expected = open_indexes(first, second, clock=clock).page("foo")
    clock.now += 1e7
    indexes = open_indexes(first, second, clock=clock, offline=True)
    assert indexes.page("foo") == expected
    assert (first.count(), second.count()) == (1, 1)
    with pytest.raises(NotCachedError) as caught:
        indexes.page("bar")
    assert caught.value.message == "The cache does not know `bar` and the network is off"
    assert caught.value.details == (f"not asked: `{first.url}`",)


def test_offline_a_later_index_does_not_answer_for_one_that_was_never_asked(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    first, second = make_index(), make_index()
    second.add("foo", "1.0")
    open_indexes(second).page("foo")
    with pytest.raises(NotCachedError):
        open_indexes(first, second, offline=True).page("foo")


def test_a_damaged_cache_is_asked_for_anew(
    open_indexes: Open, local_index: LocalIndex, cache_dir: Path
) -> None:
    local_index.add("foo", "1.0")
    expected = open_indexes(local_index).page("foo")
    for path in [path for path in cache_dir.rglob("*") if path.is_file()]:
        path.write_bytes(path.read_bytes()[:-3])
    assert open_indexes(local_index).page("foo") == expected
    assert local_index.count("page", status=200) == 2
    open_indexes(local_index).page("foo")
    assert local_index.count() == 2


# --- threads


def test_many_threads_fetch_a_page_once(open_indexes: Open, local_index: LocalIndex) -> None:
    for name in ("foo", "bar"):
        local_index.add(name, "1.0")
    local_index.fault("*/", "slow")
    indexes = open_indexes(local_index)
    barrier = threading.Barrier(8)

    def work(number: int) -> ProjectPage:
        barrier.wait()
        return indexes.page(("foo", "bar", "Foo", "BAR")[number % 4])

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(work, range(8)))
    assert {page.name for page in pages} == {"foo", "bar"}
    assert local_index.count() == 2


def test_an_error_is_the_answer_of_the_whole_session(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    local_index.fault("foo/", "500")
    indexes = open_indexes(local_index)
    for _ in range(3):
        with pytest.raises(IndexUnreachableError):
            indexes.page("foo")
    assert local_index.count() == 2  # one try and one more of the client


# --- find-links


def put(folder: Path, *made: tuple[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in made:
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_of_files_is_enough(open_indexes: Open, tmp_path: Path) -> None:
    folder = put(
        tmp_path / "my links",
        make_wheel("Foo.Bar", "1.0"),
        make_sdist("foo-bar", "2.0"),
        make_wheel("foo", "3.0"),
        ("notes.txt", b""),
    )
    indexes = open_indexes(IndexSource(None, str(folder), flat=True), no_index=True)
    page = indexes.page("foo-bar")
    assert versions(page) == ["2.0", "1.0"]
    (file,) = page.releases[1].files
    assert file.url == (folder / file.name).as_uri()
    with indexes.open(file) as chunks:
        assert b"".join(chunks) == (folder / file.name).read_bytes()
    assert indexes.metadata("foo-bar", "1.0", page.releases[1].files).name == "Foo.Bar"
    with pytest.raises(ProjectNotFoundError):
        indexes.page("baz")


def test_links_are_merged_with_what_the_index_says(
    open_indexes: Open, local_index: LocalIndex, tmp_path: Path
) -> None:
    local_index.add("foo", "1.0")
    folder = put(tmp_path / "links", make_wheel("foo", "1.0"), make_sdist("foo", "2.0"))
    page = open_indexes(IndexSource(None, str(folder), flat=True), local_index).page("foo")
    assert (page.index, versions(page)) == (local_index.url, ["2.0", "1.0"])
    assert [file.url for file in page.releases[1].files] == [
        local_index.file_url("foo-1.0-py3-none-any.whl")
    ]


def test_a_page_of_links_is_read_once_and_cached(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    for name in ("foo", "foo-bar"):
        local_index.add(name, "1.0")
    source = IndexSource(None, local_index.flat_url, flat=True)
    indexes = open_indexes(source)
    assert versions(indexes.page("foo")) == ["1.0"]
    assert [len(release.files) for release in indexes.page("foo-bar").releases] == [1]
    assert versions(open_indexes(source, offline=True).page("foo")) == ["1.0"]
    assert local_index.count() == 1


def test_a_missing_folder_is_an_error(open_indexes: Open, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_indexes(IndexSource(None, str(tmp_path / "none"), flat=True)).page("foo")
    assert caught.value.message == "The place to find links in can not be read"
    assert caught.value.where == str(tmp_path / "none")


def test_a_tree_of_pages_on_this_machine_is_an_index(open_indexes: Open, tmp_path: Path) -> None:
    root = put(tmp_path / "simple")
    name, data = make_wheel("foo", "1.0")
    put(root / "foo", (name, data), ("index.html", f'<a href="{name}">x</a>'.encode()))
    indexes = open_indexes(root.as_uri())
    page = indexes.page("foo")
    assert [file.url for file in page.releases[0].files] == [(root / "foo" / name).as_uri()]
    with pytest.raises(ProjectNotFoundError):
        indexes.page("bar")
    with pytest.raises(UsageError) as caught:
        open_indexes((tmp_path / "none").as_uri()).page("foo")
    assert caught.value.message == "The index is no folder"


# --- files


def test_a_file_streams_from_its_url(open_indexes: Open, local_index: LocalIndex) -> None:
    (listed,) = local_index.add("foo", "1.0")
    indexes = open_indexes(local_index)
    with indexes.open(File(listed.name, local_index.file_url(listed.name))) as chunks:
        assert b"".join(chunks) == listed.data
    assert local_index.count() == 1


@pytest.mark.parametrize("fault", ["404", "403", "401", "410", "500"])
def test_a_file_whose_url_fails_is_looked_up_by_name(
    open_indexes: Open, make_index: MakeIndex, heard: Any, fault: Any
) -> None:
    old, new = make_index(), make_index()
    (listed,) = old.add("foo", "1.0")
    new.add("foo", "1.0")
    old.fault("*.whl", fault)
    locked = File(listed.name, f"{old.file_url(listed.name)}?token=secret", listed.hashes)
    with open_indexes(new).open(locked) as chunks:
        assert b"".join(chunks) == listed.data
    (told,) = heard.details
    assert told.startswith(
        f"`{listed.name}` came from `{new.file_url(listed.name)}`, since"
        f" `{old.file_url(listed.name)}?token=***` failed: {fault}"
    )
    assert "secret" not in told


@pytest.mark.parametrize("change", ["damaged", "gone"])
def test_files_that_the_cache_lost_are_asked_for_once_more(
    open_indexes: Open, make_index: MakeIndex, cache_dir: Path, change: str
) -> None:
    index = make_index(max_age=30)
    index.add("foo", "1.0")
    index.add("foo", "2.0")
    clock = Clock()
    expected = open_indexes(index, clock=clock).page("foo")
    index.clear_log()
    page = open_indexes(index, clock=clock).page("foo")
    offline = open_indexes(index, clock=clock, offline=True).page("foo")
    (path,) = (one for one in cache_dir.rglob("foo.*") if one.parent.parent.name == "pages")
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(NotCachedError):
        _ = offline.releases[-1].files
    assert index.count() == 0
    assert page == expected
    assert index.count("page", status=200) == index.count() == 1


def test_a_file_that_moved_is_found_though_the_cached_page_is_old(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index, other = make_index(), make_index()
    (listed,) = index.add("foo", "1.0", sdist=False)
    open_indexes(index).page("foo")
    index.fault("*.whl", "404")
    other.add("foo", "1.0")
    with (
        pytest.raises(FileUnavailableError) as caught,
        open_indexes(index).open(File(listed.name, index.file_url(listed.name))),
    ):
        pass
    assert caught.value.message == f"The file `{listed.name}` could not be fetched"
    assert caught.value.details == (f"`{index.file_url(listed.name)}`: 404 Not Found",)
    assert index.count("page") == 2  # the cached page did not help, so it was asked for anew
    with open_indexes(index, other).open(File(listed.name, index.file_url(listed.name))) as chunks:
        assert b"".join(chunks) == listed.data


def test_another_file_of_that_name_is_not_taken(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index()
    (listed,) = index.add("foo", "1.0")
    gone = index.file_url("gone.whl")
    with (
        pytest.raises(FileUnavailableError) as caught,
        open_indexes(index).open(File(listed.name, gone, {"sha256": "0" * 64})),
    ):
        pass
    assert caught.value.details == (
        f"`{gone}`: 404 Not Found",
        f"`{index.file_url(listed.name)}`: it has another hash",
    )


def test_a_body_that_breaks_off_is_taken_up_again(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    (listed,) = local_index.add("foo", "1.0", files={"foo/x.py": "x" * 50})
    local_index.fault("*.whl", "cut-once")
    with open_indexes(local_index).open(
        File(listed.name, local_index.file_url(listed.name))
    ) as chunks:
        assert b"".join(chunks) == listed.data
    assert [request.range for request in local_index.log] == [
        None,
        f"bytes={len(listed.data) // 2}-",
    ]


def test_a_body_that_always_breaks_off_is_an_error(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    (listed,) = local_index.add("foo", "1.0")
    local_index.fault("*.whl", "cut", "no-ranges")
    with (
        pytest.raises(HttpError, match="broke off"),
        open_indexes(local_index).open(
            File(listed.name, local_index.file_url(listed.name))
        ) as chunks,
    ):
        b"".join(chunks)
    assert local_index.count() == 2


def test_a_file_without_a_hash_gets_one(open_indexes: Open, local_index: LocalIndex) -> None:
    (listed,) = local_index.add("foo", "1.0")
    local_index.fault("*.whl", "no-hash")
    indexes = open_indexes(local_index)
    (file,) = indexes.page("foo").releases[0].files
    assert file.hashes == {}
    for _ in range(2):
        told = indexes.with_hash(file)
    assert told.hashes == {"sha256": hashlib.sha256(listed.data).hexdigest()}
    assert told.size == len(listed.data)
    assert local_index.count("file") == 1
    assert indexes.with_hash(told) is told


def test_a_flat_index_answers_alone_where_it_is_named(
    open_indexes: Open, make_index: MakeIndex, tmp_path: Path
) -> None:
    first = make_index()
    first.add("foo", "1.0")
    for folder, version in (("explicit", "2.0"), ("open", "3.0")):
        name, data = make_wheel("foo", version)
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(data)
    indexes = open_indexes(
        first,
        IndexSource("near", (tmp_path / "explicit").as_uri(), explicit=True, flat=True),
        IndexSource("links", (tmp_path / "open").as_uri(), flat=True),
    )

    assert versions(indexes.page("foo", "near")) == ["2.0"]
    assert versions(indexes.page("foo", "links")) == ["3.0"]
    assert versions(indexes.page("foo")) == ["3.0", "1.0"]
    assert indexes.page("foo", "near").index_name == "near"
