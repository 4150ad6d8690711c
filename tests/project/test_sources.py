"""Sources: each kind typed, each fault named; direct references are the same values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wheelright.project import (
    GitSource,
    IndexSource,
    PathSource,
    Source,
    UrlSource,
    WorkspaceSource,
    parse_requirement,
    source_of_reference,
    source_of_url,
)
from wheelright.project.errors import BadValue
from wheelright.project.sources import SOURCES

KINDS: list[tuple[dict[str, Any], Source]] = [
    ({"index": "cpu"}, IndexSource(index="cpu")),
    ({"path": "../x"}, PathSource(path="../x")),
    (
        {"path": "../x", "editable": True, "group": "Dev"},
        PathSource(path="../x", editable=True, group="dev"),
    ),
    ({"path": "../x", "package": False}, PathSource(path="../x", package=False)),
    ({"workspace": True, "editable": False}, WorkspaceSource(editable=False)),
    (
        {"git": "https://x.test/r", "tag": "v1", "subdirectory": "s", "lfs": True},
        GitSource(git="https://x.test/r", tag="v1", subdirectory="s", lfs=True),
    ),
    (
        {"url": "https://x.test/a.zip", "subdirectory": "s"},
        UrlSource(url="https://x.test/a.zip", subdirectory="s"),
    ),
]


@pytest.mark.parametrize(("written", "source"), KINDS)
def test_kinds(written: dict[str, Any], source: Source) -> None:
    assert SOURCES.parse(written) == (source,)


FAULTS: list[tuple[Any, str, tuple[str | int, ...]]] = [
    ("x", 'must be a table such as `{ index = "NAME" }`, not a string', ()),
    ({}, "needs one of `index`, `path`, `workspace`, `git` or `url`", ()),
    (
        {"path": "x", "git": "y"},
        (
            "names both `path` and `git`; a source is one of "
            "`index`, `path`, `workspace`, `git` or `url`"
        ),
        (),
    ),
    ({"index": "x", "editable": True}, "is not a key of a source of kind `index`", ("editable",)),
    ({"path": 3}, "must be a string, not an integer", ("path",)),
    ({"workspace": False}, "must be `true`", ("workspace",)),
    (
        {"git": "x", "tag": "a", "rev": "b"},
        "takes one of `rev`, `tag` and `branch`, not several",
        (),
    ),
    ([], "must not be an empty list", ()),
    (
        [{"path": "a"}, {"path": "b", "extra": "x"}],
        "is one of several sources and needs a `marker`, `extra` or `group`",
        (0,),
    ),
]


@pytest.mark.parametrize(("written", "message", "place"), FAULTS)
def test_faults(written: Any, message: str, place: tuple[str | int, ...]) -> None:
    with pytest.raises(BadValue) as caught:
        SOURCES.parse(written)
    assert (caught.value.message, caught.value.keys) == (message, place)


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("git+https://x.test/r", GitSource(git="https://x.test/r")),
        ("git+ssh://git@x.test:22/r@main", GitSource(git="ssh://git@x.test:22/r", rev="main")),
        (
            "git+file:///srv/r@v1#subdirectory=a",
            GitSource(git="file:///srv/r", rev="v1", subdirectory="a"),
        ),
        ("https://x.test/a.whl#sha256=00", UrlSource(url="https://x.test/a.whl#sha256=00")),
        (
            "https://x.test/a.zip#sha256=0&subdirectory=b",
            UrlSource(url="https://x.test/a.zip#sha256=0", subdirectory="b"),
        ),
        ("file:///srv/a%20b.whl", PathSource(path="/srv/a b.whl")),
        ("file://localhost/srv/a.whl", PathSource(path="/srv/a.whl")),
        ("../a", PathSource(path="../a")),
    ],
)
def test_urls(url: str, source: Source) -> None:
    assert source_of_url(url) == source


def test_references() -> None:
    assert source_of_reference(parse_requirement("a")) is None
    direct = parse_requirement("a @ file:///srv/a ; os_name == 'nt'")
    assert source_of_reference(direct) == PathSource(path="/srv/a")


def test_a_path_is_seen_from_the_file_that_names_it() -> None:
    assert PathSource(path="../b/./c").located(Path("/x/a")) == Path("/x/b/c")
