"""Metadata: the files of a version answer for each other, at the least cost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from support.wheels import make_sdist, make_wheel, metadata_text
from wheelright.index import (
    Failure,
    Indexes,
    Metadata,
    MetadataUnavailableError,
    NeedsBuildError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.local_index import LocalIndex

    Open = Callable[..., Indexes]
    MakeIndex = Callable[..., LocalIndex]

LINUX = "cp311-cp311-manylinux_2_17_x86_64"
MACOS = "cp311-cp311-macosx_11_0_arm64"
WINDOWS = "cp311-cp311-win_amd64"
NOISE = random.Random(7).randbytes(300_000)


def files_of(index: LocalIndex, indexes: Indexes, *order: str) -> list[Any]:
    """Return the files of foo 1.0, in the order of parts of their names."""
    found = indexes.page("foo").releases[0].files
    ranked = [file for part in order for file in found if part in file.name]
    return ranked or list(found)


def told(index: LocalIndex, open_indexes: Open, *order: str) -> Metadata:
    indexes = open_indexes(index)
    return indexes.metadata("foo", "1.0", files_of(index, indexes, *order))


def test_the_metadata_file_costs_one_request(open_indexes: Open, local_index: LocalIndex) -> None:
    local_index.add(
        "Foo", "1.0", requires=["bar>=1"], requires_python=">=3.8", extras={"X_y": ["baz"]}
    )
    assert told(local_index, open_indexes) == Metadata(
        name="Foo",
        version="1.0",
        requires_dist=("bar>=1", 'baz ; extra == "X_y"'),
        requires_python=">=3.8",
        extras=("x-y",),
        source="foo-1.0-py3-none-any.whl",
        way="metadata-file",
    )
    assert [request.kind for request in local_index.log] == ["page", "metadata"]


@pytest.mark.parametrize("html_only", [False, True])
def test_ranges_of_a_wheel_cost_one_request(
    open_indexes: Open, make_index: MakeIndex, html_only: bool
) -> None:
    index = make_index(metadata=False, html_only=html_only)
    index.add("foo", "1.0", requires=["bar"], files={"foo/data": NOISE})
    metadata = told(index, open_indexes)
    assert (metadata.requires_dist, metadata.way) == (("bar",), "ranges")
    assert [request.kind for request in index.log] == ["page", "range"]


def test_metadata_far_from_the_end_costs_a_second_range(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index(metadata=False)
    many = {f"foo/{number:04}.py": "" for number in range(2000)}
    index.add("foo", "1.0", requires=["bar"], files={"foo/data": NOISE, **many})
    metadata = told(index, open_indexes)
    assert (metadata.requires_dist, metadata.way) == (("bar",), "ranges")
    assert 2 <= index.count("range") <= 3
    assert index.count("file") == 0


def test_without_ranges_the_one_answer_is_used(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(metadata=False, ranges=False)
    index.add("foo", "1.0", requires=["bar"], files={"foo/data": NOISE})
    metadata = told(index, open_indexes)
    assert (metadata.requires_dist, metadata.way) == (("bar",), "wheel")
    assert [request.kind for request in index.log] == ["page", "file"]


def test_the_order_given_is_the_order_asked(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[LINUX, MACOS, WINDOWS])
    assert "win" in told(index, open_indexes, "win", "macos", "linux").source
    assert "macos" in told(index, open_indexes, "macos", "win", "linux").source


def test_a_metadata_file_of_any_wheel_comes_before_ranges_of_the_first(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    local_index.add("foo", "1.0", tags=[LINUX, WINDOWS])
    local_index.fault("*linux*", "no-metadata")
    metadata = told(local_index, open_indexes, "linux", "win")
    assert ("win" in metadata.source, metadata.way) == (True, "metadata-file")
    assert local_index.count() == 2


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("404", "404 Not Found"),
        ("403", "403 Forbidden"),
        ("401", "401 Unauthorized"),
        ("410", "410 Gone"),
        ("500", "500 Internal Server Error"),
        ("cut", "the body broke off after"),
        ("stall", "no answer from `127.0.0.1` for"),
    ],
)
def test_a_wheel_that_fails_moves_on_to_the_next(
    open_indexes: Open, make_index: MakeIndex, fault: Any, cause: str
) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[LINUX, MACOS], requires=["bar"])
    index.fault("*macosx*.whl", fault)
    metadata = told(index, open_indexes, "macos", "linux")
    assert (metadata.requires_dist, "linux" in metadata.source) == (("bar",), True)
    (failure,) = metadata.failures
    assert failure.file == f"foo-1.0-{MACOS}.whl"
    assert failure.cause.startswith(cause)


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ("not-a-zip", "it is no zip archive, or is cut short"),
        ("truncated", "it is no zip archive, or is cut short"),
        ("metadata-missing", "it has no metadata file"),
        ("metadata-name", "it says it is "),
    ],
)
def test_a_broken_wheel_moves_on_to_the_next(
    open_indexes: Open, make_index: MakeIndex, broken: Any, cause: str
) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[MACOS], broken=broken)
    index.add("foo", "1.0", tags=[LINUX], requires=["bar"])
    metadata = told(index, open_indexes, "macos", "linux")
    assert metadata.requires_dist == ("bar",)
    (failure,) = metadata.failures
    assert failure.cause.startswith(cause)


def test_a_wrong_metadata_file_moves_on(open_indexes: Open, local_index: LocalIndex) -> None:
    name, data = make_wheel("foo", "1.0", requires=["bar"])
    other = metadata_text("foo", "2.0", requires=["wrong"]).encode()
    local_index.add_file("foo", "1.0", name, data, metadata=other)
    metadata = told(local_index, open_indexes)
    assert (metadata.requires_dist, metadata.way) == (("bar",), "ranges")
    assert metadata.failures == (Failure(f"{name}.metadata", "it says it is `foo 2.0`"),)


def test_an_altered_metadata_file_moves_on(open_indexes: Open, local_index: LocalIndex) -> None:
    (listed,) = local_index.add("foo", "1.0", requires=["bar"])
    indexes = open_indexes(local_index)
    files = indexes.page("foo").releases[0].files
    listed.metadata = metadata_text("foo", "1.0", requires=["evil"]).encode()
    metadata = indexes.metadata("foo", "1.0", files)
    assert (metadata.requires_dist, metadata.way) == (("bar",), "ranges")
    assert "the index says" in metadata.failures[0].cause


def test_metadata_files_that_are_promised_and_missing_are_given_up_soon(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    tags = [f"cp3{minor}-cp3{minor}-win_amd64" for minor in range(8, 14)]
    local_index.add("foo", "1.0", tags=tags, requires=["bar"])
    local_index.fault("*.metadata", "404")
    assert told(local_index, open_indexes).way == "ranges"
    assert local_index.count("metadata") == 3
    assert local_index.count("range") == 1


def test_when_every_wheel_fails_a_static_sdist_answers(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[LINUX, MACOS], sdist=True, requires=["bar"])
    index.fault("*.whl", "404")
    metadata = told(index, open_indexes)
    assert (metadata.source, metadata.way) == ("foo-1.0.tar.gz", "sdist")
    assert metadata.requires_dist == ("bar",)
    assert len(metadata.failures) == 2


def test_an_sdist_that_is_not_static_needs_a_build(
    open_indexes: Open, local_index: LocalIndex
) -> None:
    local_index.add("foo", "1.0", tags=(), sdist=True, dynamic=["Requires-Dist"])
    for run in range(2):  # what was read of it is kept
        with pytest.raises(NeedsBuildError) as caught:
            told(local_index, open_indexes)
        error = caught.value
        assert error.message == "The metadata of `foo 1.0` can only be had by building it"
        assert error.details == ("`foo-1.0.tar.gz`: its metadata is not static",)
        assert [file.name for file in error.files] == ["foo-1.0.tar.gz"]
        assert local_index.count("file") == 1, run


@pytest.mark.parametrize("broken", ["not-a-tar", "metadata-missing"])
def test_a_broken_sdist_is_no_candidate_for_a_build(
    open_indexes: Open, local_index: LocalIndex, broken: Any
) -> None:
    name, data = make_sdist("foo", "1.0", broken=broken)
    local_index.add_file("foo", "1.0", name, data)
    with pytest.raises(MetadataUnavailableError) as caught:
        told(local_index, open_indexes)
    assert not isinstance(caught.value, NeedsBuildError)


def test_when_all_fail_each_file_is_listed_with_its_cause(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index()
    index.add("foo", "1.0", tags=[LINUX, MACOS], sdist=True)
    index.fault("*linux*", "404")
    index.fault("*macosx*", "410")
    index.fault("*.tar.gz", "403")
    with pytest.raises(MetadataUnavailableError) as caught:
        told(index, open_indexes, "linux", "macos", "tar")
    error = caught.value
    assert error.message == "No file of `foo 1.0` could tell its metadata"
    assert error.details == (
        f"`foo-1.0-{LINUX}.whl.metadata`: 404 Not Found",
        f"`foo-1.0-{MACOS}.whl.metadata`: 410 Gone",
        f"`foo-1.0-{LINUX}.whl`: 404 Not Found",
        f"`foo-1.0-{MACOS}.whl`: 410 Gone",
        "`foo-1.0.tar.gz`: 403 Forbidden",
    )
    assert error.exit_code == 1


def test_no_files_is_an_error_too(open_indexes: Open, local_index: LocalIndex) -> None:
    with pytest.raises(MetadataUnavailableError) as caught:
        open_indexes(local_index).metadata("foo", "1.0", [])
    assert caught.value.details == ("it has no files",)


def test_what_failed_is_not_asked_again_in_a_session(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[LINUX, MACOS, WINDOWS])
    index.fault("*macosx*", "404")
    indexes = open_indexes(index)
    indexes.metadata("foo", "1.0", files_of(index, indexes, "macos", "linux"))
    metadata = indexes.metadata("foo", "1.0", files_of(index, indexes, "macos", "win"))
    assert [failure.cause for failure in metadata.failures] == ["404 Not Found"]
    assert index.count(path="*macosx*") == 1


def test_a_host_that_does_not_answer_is_not_asked_for_every_file(
    open_indexes: Open, local_index: LocalIndex, unused_port: int
) -> None:
    tags = [f"cp3{minor}-cp3{minor}-win_amd64" for minor in range(8, 14)]
    local_index.add("foo", "1.0", tags=tags)
    indexes = open_indexes(local_index)
    gone = f"http://127.0.0.1:{unused_port}"
    files = [
        type(file)(file.name, file.url.replace(local_index.root, gone))
        for file in files_of(local_index, indexes)
    ]
    with pytest.raises(MetadataUnavailableError) as caught:
        indexes.metadata("foo", "1.0", files)
    causes = [failure.cause for failure in caught.value.failures]
    assert (
        causes
        == ["the connection was refused"] * 2 + [f"not asked, since `{gone}` does not answer"] * 4
    )


def test_metadata_is_kept_for_ever_by_hash(open_indexes: Open, make_index: MakeIndex) -> None:
    index, mirror = make_index(metadata=False), make_index(metadata=False)
    for place in (index, mirror):
        place.add("foo", "1.0", requires=["bar"])
    expected = told(index, open_indexes)
    index.clear_log()
    assert told(index, open_indexes) == expected
    assert index.count() == 0
    assert told(mirror, open_indexes).requires_dist == ("bar",)
    assert mirror.count("range") == 0


def test_offline_any_file_known_answers(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", tags=[LINUX, MACOS], requires=["bar"])
    told(index, open_indexes, "linux")
    index.clear_log()
    indexes = open_indexes(index, offline=True)
    metadata = indexes.metadata("foo", "1.0", files_of(index, indexes, "macos", "linux"))
    assert metadata.requires_dist == ("bar",)
    assert metadata.failures == (
        Failure(f"foo-1.0-{MACOS}.whl", "it is not in the cache and the network is off"),
    )
    assert index.count() == 0


def test_many_threads_fetch_metadata_once(open_indexes: Open, make_index: MakeIndex) -> None:
    index = make_index(metadata=False)
    index.add("foo", "1.0", requires=["bar"])
    index.fault("*.whl", "slow")
    indexes = open_indexes(index)
    files = files_of(index, indexes)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: indexes.metadata("foo", "1.0", files), range(8)))
    assert all(answer is answers[0] for answer in answers)
    assert index.count("range") == 1


def test_the_answer_is_the_same_whether_the_index_has_all_files_or_few(
    open_indexes: Open, make_index: MakeIndex
) -> None:
    """The mirror of the fifth pain: macOS wheels are 404 and there is no metadata file."""
    full, mirror = make_index(), make_index(metadata=False, cache_headers=False)
    answers = []
    for index in (full, mirror):
        index.add("foo", "1.0", tags=[LINUX, MACOS], requires=["bar>=1"], extras={"x": ["y"]})
    mirror.fault("*macosx*", "404")
    for index in (full, mirror):
        metadata = told(index, open_indexes, "macos", "linux")
        answers.append((metadata.requires_dist, metadata.requires_python, metadata.extras))
    assert answers[0] == answers[1]
