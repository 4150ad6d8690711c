"""Specifiers: `packaging` says what is right."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import packaging.specifiers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet

NUMBERS = st.lists(
    st.sampled_from(["0", "1", "2", "3", "10", "01", "00"]), min_size=1, max_size=4
).map(".".join)
VERSIONS = st.one_of(
    NUMBERS,
    st.tuples(
        st.sampled_from(["", "", "v", "1!", "0!"]),
        NUMBERS,
        st.sampled_from(
            [
                "",
                "a1",
                "rc2",
                ".post1",
                ".post1.dev0",
                ".dev0",
                "+local",
                "-1",
                "a1.dev2",
                "a1+local",
            ]
        ),
    ).map("".join),
)
PARTS = st.tuples(
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~=", "==="]),
    st.sampled_from(["", "", " ", "\t"]),
    VERSIONS,
    st.sampled_from(["", "", "", ".*", "x", " "]),
).map("".join)
TEXTS = st.lists(PARTS, max_size=3).map(",".join)


def both(text: str) -> tuple[SpecifierSet, packaging.specifiers.SpecifierSet] | None:
    """Read a text in both ways; None where neither can."""
    try:
        theirs = packaging.specifiers.SpecifierSet(text)
    except packaging.specifiers.InvalidSpecifier as error:
        message = str(error)
    else:
        return SpecifierSet(text), theirs
    with pytest.raises(InvalidSpecifier) as caught:
        SpecifierSet(text)
    assert str(caught.value) == message
    return None


@given(TEXTS, VERSIONS, st.sampled_from([None, True, False]))
@example("~=1", "1", None)
@example("~=1.0", "1", None)
@example("~=1.0.0", "1", None)
@example("==1.0.*", "1", None)
@example(">=1.*", "1", None)
@example("==1.0", "1.0+local", None)
@example("<1", "1a1", True)
@example("", "1a1", None)
@example("==1.1,===1.1", "1.01", None)
def test_what_is_admitted(text: str, version: str, prereleases: bool | None) -> None:
    read = both(text)
    if read is None:
        return
    ours, theirs = read
    expected = theirs.contains(version, prereleases=prereleases)
    assert ours.contains(version, prereleases=prereleases) == expected
    # `===` compares texts, and a version that was read is not always what was written.
    parsed = Version(version)
    expected = theirs.contains(parsed, prereleases=prereleases)
    assert ours.contains(parsed, prereleases=prereleases) == expected
    for mine, one in zip(ours, theirs, strict=True):
        assert mine.contains(version, prereleases=prereleases) == one.contains(
            version, prereleases=prereleases
        )


@given(TEXTS, TEXTS)
@example("==1.0", "==1")
@example("==v1.0", "==1")
@example("~=1.0", "~=1.0.0")
@example(">=1,==1.0,>=1.0", "==1,>=1")
def test_texts_and_what_is_equal(text: str, other: str) -> None:
    read, more = both(text), both(other)
    if read is None or more is None:
        return
    (ours, theirs), (our_other, their_other) = read, more
    assert [(one.operator, one.version, str(one)) for one in ours] == [
        (one.operator, one.version, str(one)) for one in theirs
    ]
    assert str(ours & our_other) == str(theirs & their_other)
    assert (ours == our_other) == (theirs == their_other)
    assert str(ours) == str(theirs)
    assert [str(one) for one in ours] == [str(one) for one in theirs]
    assert len(ours) == len(theirs)
    if ours == our_other:
        assert hash(ours) == hash(our_other)


@given(st.text(alphabet="~=!<>.,*1230 \tav+", max_size=8))
@example("== 1\x0b")
@example("!=3.0*")
@example("~= 3*")
@example("==3.0*,>=2")
@example("===3*")
@example("==\uff11.0")
@example("==1" + "0" * 5000)
def test_any_text(text: str) -> None:
    read = both(text)
    if read is not None:
        ours, theirs = read
        assert str(ours) == str(theirs)
        with suppress(ValueError):
            assert ours.contains("1.0") == theirs.contains("1.0")


def test_plain_ones_need_no_packaging() -> None:
    code = (
        "import sys; from wheelright.targets.specifiers import SpecifierSet;"
        "assert SpecifierSet('>=3.9,!=3.10.*,~=3.8,<4').contains('3.11.2', prereleases=True)\n"
        "try: SpecifierSet('>=2.7,!=3.0*')\n"
        "except ValueError: pass\n"
        "print('packaging' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
