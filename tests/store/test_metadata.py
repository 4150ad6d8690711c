"""What a wheel says of itself."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.store import BrokenWheel, same_version
from wheelright.store.metadata import (
    find_dist_info,
    read_entry_points,
    read_headers,
    read_record,
    read_wheel,
)

NAME = "some_app-1.0-py3-none-any.whl"


def test_the_dist_info_is_found_by_its_normalized_name() -> None:
    assert find_dist_info(NAME, ["Some.App-1.0.0.dist-info/WHEEL", "x.py"]) == (
        "Some.App-1.0.0.dist-info"
    )


@pytest.mark.parametrize(
    ("paths", "cause"),
    [
        (["some_app/x.py"], "it has no `.dist-info` directory"),
        (
            ["some_app-1.0.dist-info/WHEEL", "x-1.dist-info/WHEEL"],
            "it has 2 `.dist-info` directories",
        ),
        (
            ["some_app-2.0.dist-info/WHEEL"],
            "it holds `some_app-2.0.dist-info`, which is not what its name says",
        ),
        (
            ["some_app-one.dist-info/WHEEL"],
            "it holds `some_app-one.dist-info`, which is not what its name says",
        ),
    ],
)
def test_a_dist_info_that_does_not_fit(paths: list[str], cause: str) -> None:
    with pytest.raises(BrokenWheel) as caught:
        find_dist_info(NAME, paths)
    assert caught.value.cause == cause


def test_versions_are_compared_as_versions() -> None:
    assert same_version("1.0", "1.0.0")
    assert same_version("not one", "not one")
    assert not same_version("not one", "1.0")
    assert not same_version("1.0", "1.0+local")


def test_headers_end_at_the_body_and_fold() -> None:
    text = "Name: a\nTag: x\nTag: y\nSummary: one\n  two\n\nName: body\n"
    assert read_headers(text) == {"name": ["a"], "tag": ["x", "y"], "summary": ["one\ntwo"]}


def test_wheel_says_purelib_and_tags() -> None:
    text = (
        "Wheel-Version: 1.9\r\nRoot-Is-Purelib: True\r\nTag: py2-none-any\r\nTag: py3-none-any\r\n"
    )
    assert read_wheel(NAME, text) == (True, ("py2-none-any", "py3-none-any"))
    with pytest.raises(BrokenWheel, match=r"its format version is ``, only 1\.x is known"):
        read_wheel(NAME, "")


def test_record_rows() -> None:
    text = 'a.py,sha256=abc=,3\n"b,c.py",sha256=d,\n./d.py,,\n\n'
    assert read_record(NAME, text) == {
        "a.py": ("sha256", "abc"),
        "b,c.py": ("sha256", "d"),
        "d.py": ("", ""),
    }
    with pytest.raises(BrokenWheel, match="its RECORD has a line without a hash column"):
        read_record(NAME, "a.py\n")


def test_entry_points() -> None:
    text = """
    # comment
    [console_scripts]
    a = m:f
    b = m.n : o.g [extra]
    ../evil = m:f
    broken = m
    c:\\d = m:f

    [gui_scripts]
    w=x:y
    [other]
    a = anything goes here
    """
    assert read_entry_points(text) == {
        "console_scripts": (("a", "m", "f"), ("b", "m.n", "o.g")),
        "gui_scripts": (("w", "x", "y"),),
    }


@given(st.text())
def test_readers_take_any_text(text: str) -> None:
    for reader in (read_headers, read_entry_points):
        assert isinstance(reader(text), dict)
    for refusing in (read_wheel, read_record):
        with suppress(BrokenWheel):
            refusing(NAME, text)
