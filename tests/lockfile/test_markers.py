from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from support.locks import LINUX, WINDOWS
from wheelright.lockfile import InvalidLockError
from wheelright.lockfile.markers import assume, condition_text, parse_condition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NAMES = ["a", "b", "c"]
clauses = st.sampled_from(
    [
        "sys_platform == 'win32'",
        "sys_platform != 'win32'",
        "'win32' == sys_platform",
        "os_name in 'nt posix'",
        "python_version >= '3.12'",
        'python_full_version < "3.10"',
        *(f"'{name}' in extras" for name in NAMES),
        *(f'"{name}" not in extras' for name in NAMES),
        *(f"'{name}' in dependency_groups" for name in NAMES),
    ]
)
markers = st.recursive(
    clauses,
    lambda inner: st.builds(
        lambda parts, word: "(" + f" {word} ".join(parts) + ")",
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["and", "or"]),
    ),
    max_leaves=8,
)
chosen = st.frozensets(st.sampled_from(NAMES))
values = st.sampled_from([LINUX, WINDOWS, LINUX | {"python_version": "3.9"}])


def truth(
    text: str, environment: Mapping[str, str], extras: Collection[str], groups: Collection[str]
) -> bool:
    facts = {**environment, "extras": extras, "dependency_groups": groups}
    return Marker(text).evaluate(facts, "lock_file")


@given(markers, values, chosen, chosen)
def test_what_is_assumed_does_not_change_the_answer(
    text: str, environment: Mapping[str, str], extras: Collection[str], groups: Collection[str]
) -> None:
    left = assume(parse_condition(text), extras=extras, groups=groups)
    expected = truth(text, environment, extras, groups)
    if isinstance(left, bool):
        assert left is expected
    else:
        written = condition_text(left)
        assert written is not None
        assert "extras" not in written
        assert "dependency_groups" not in written
        assert Marker(written).evaluate(environment) is expected


@given(markers, values, chosen, chosen)
def test_simplifying_does_not_change_the_answer(
    text: str, environment: Mapping[str, str], extras: Collection[str], groups: Collection[str]
) -> None:
    condition = parse_condition(text)
    expected = truth(text, environment, extras, groups)
    if isinstance(condition, bool):
        assert condition is expected
    else:
        assert truth(condition_text(condition), environment, extras, groups) is expected


@given(markers)
def test_what_is_written_reads_as_the_same_condition(text: str) -> None:
    condition = parse_condition(text)
    if not isinstance(condition, bool):
        assert parse_condition(condition_text(condition)) == condition


@pytest.mark.parametrize(
    ("text", "extras", "left"),
    [
        ("sys_platform == 'win32' or 'a' in extras", {"a"}, None),
        ("sys_platform == 'win32' or 'a' in extras", set(), "sys_platform == 'win32'"),
        ("sys_platform == 'win32' and 'a' in extras", {"a"}, "sys_platform == 'win32'"),
        (
            "sys_platform == 'x' or (os_name == 'y' and 'a' in extras)",
            {"a"},
            "sys_platform == 'x' or os_name == 'y'",
        ),
        (
            "(os_name == 'y' and sys_platform == 'x' and 'A' in extras) or os_name == 'y'",
            {"a"},
            "os_name == 'y'",
        ),
        (
            "(os_name == 'a' or os_name == 'b') and sys_platform == 'x'",
            set(),
            "(os_name == 'a' or os_name == 'b') and sys_platform == 'x'",
        ),
        ("os_name == 'a' or os_name != 'a' and 'a' in extras", {"a"}, None),
    ],
)  # fmt: skip
def test_what_is_left_is_short(text: str, extras: Collection[str], left: str | None) -> None:
    assert condition_text(assume(parse_condition(text), extras=extras, groups=())) == left


@pytest.mark.parametrize(
    "text",
    ["", "os_name", "os_name ==", "os_name == 'a' and", "(os_name == 'a'", "os_name == 'a')",
     "os_name 'a' ==", "os_name not 'a'", "and == 'a'", "os_name == 'a' ! "],
)  # fmt: skip
def test_what_is_no_marker(text: str) -> None:
    with pytest.raises(InvalidLockError) as caught:
        parse_condition(text)
    assert str(caught.value) == f"`{text}` is not a valid marker"


def test_never_has_no_marker() -> None:
    with pytest.raises(ValueError, match="no marker is always false"):
        condition_text(False)
