"""Keys of versions sort as ``packaging`` sorts versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from wheelright.index.versions import order_of

NUMBERS = st.integers(0, 12).map(str) | st.sampled_from(
    ["00", "01", "2024", "99999999999999999999"]
)
RELEASES = st.lists(NUMBERS, min_size=1, max_size=4).map(".".join)
TAILS = st.lists(
    st.sampled_from(
        [
            "a1",
            "b0",
            "rc2",
            "c1",
            ".post1",
            "-1",
            ".dev0",
            ".dev3",
            "+cu118",
            "+1.2",
            "+1.a",
            ".rc1",
        ]
    ),
    max_size=3,
).map("".join)
EPOCHS = st.sampled_from(["", "", "", "v", "0!", "1!"])
TEXTS = st.builds("".join, st.tuples(EPOCHS, RELEASES, TAILS)) | st.text(
    "01.abrcdevpost+-!", max_size=9
)


def version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


@given(first=TEXTS, second=TEXTS)
def test_any_two_versions_compare_as_packaging_compares_them(first: str, second: str) -> None:
    for text in (first, second):
        found = order_of(text)
        assert (None if found is None else found[1]) == (
            None if version(text) is None else str(version(text))
        )
    one, other = order_of(first), order_of(second)
    theirs = version(first), version(second)
    if one is not None and other is not None and theirs[0] is not None and theirs[1] is not None:
        assert (one[0] < other[0], one[0] == other[0]) == (
            theirs[0] < theirs[1],
            theirs[0] == theirs[1],
        )


ASCENDING = (
    "0", "1.dev1", "1a1.dev1", "1a1", "1a1.post1", "1b1", "1rc1", "1", "1+a", "1+a.1", "1+1",
    "1+1.a", "1+1.1", "1.post1.dev1", "1.post1", "1.0.1", "1.10", "1!0",
)  # fmt: skip


def test_the_kinds_of_versions_are_in_the_order_of_the_standard() -> None:
    keys = [found[0] for text in ASCENDING if (found := order_of(text)) is not None]

    assert keys == sorted(set(keys))
    assert len(keys) == len(ASCENDING)


@pytest.mark.parametrize("text", ["", "x", "1.", "1 ", "1\n", "१", "9" * 5000])
def test_what_is_no_version_has_no_key(text: str) -> None:
    assert (order_of(text) is None) == (version(text) is None)
