"""Plain markers: `packaging` says what is right."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker as PackagingInvalidMarker
from packaging.markers import Marker as PackagingMarker
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

from wheelright.targets.conditions import (
    InvalidMarker,
    Marker,
    holds_plainly,
    is_plain_marker,
    read_plain_marker,
)

VALUES: dict[str, str | frozenset[str]] = {
    "python_version": "3.10",
    "python_full_version": "3.10.0",
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "implementation_version": "3.10.0",
    "platform_release": "",
    "platform_version": "",
    "extra": "a-b",
    "extras": frozenset({"a-b", "x"}),
    "dependency_groups": frozenset({"dev"}),
}
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in"]
LITERALS = ["3", "3.1", "3.10", "3.10.0", "3.9", "v1", "linux", "win32", "x86_64", "CPython", "a-b"]
CLAUSES = st.one_of(
    st.tuples(
        st.sampled_from([*VALUES, "os.name", "nothing"]),
        st.sampled_from(OPERATORS),
        st.sampled_from([*LITERALS, "A_b", "x", "dev", "", "3.*", "a b"]),
        st.sampled_from("'\""),
    ).map(lambda said: f"{said[0]} {said[1]} {said[3]}{said[2]}{said[3]}"),
    st.tuples(
        st.sampled_from([*LITERALS, "A_b", "x", "dev"]),
        st.sampled_from(OPERATORS),
        st.sampled_from([*VALUES]),
    ).map(lambda said: f"'{said[0]}' {said[1]} {said[2]}"),
)
MARKERS = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or ", "and"]), inner).map("".join),
        inner.map("({})".format),
    ),
    max_leaves=4,
)


@given(MARKERS, st.sampled_from(["3.10.0", "3.9.1", "3.14.0rc1"]))
@example("python_version >= '3.9' and sys_platform == 'linux' or os_name == 'nt'", "3.10.0")
@example("'x' in extras and 'dev' not in dependency_groups", "3.10.0")
@example("(extra == 'a-b')", "3.10.0")
@example("python_version < '3.10'and os_name == 'posix'", "3.9.1")
def test_what_holds(text: str, python: str) -> None:
    values = {**VALUES, "python_full_version": python}
    answer = holds_plainly(text, values)
    if answer is None:
        return
    assert is_plain_marker(text)
    assert PackagingMarker(text).evaluate(values, "lock_file") is answer


@given(st.text(alphabet="osname='x\"() <>!3.1andrit", max_size=24))
def test_what_is_plain_is_a_marker(text: str) -> None:
    if is_plain_marker(text):
        PackagingMarker(text)


@pytest.mark.parametrize(
    "text",
    [
        "python_version >= '3.9'",
        "sys_platform == \"win32\" and platform_machine != 'arm64'",
        "(os_name == 'nt' or sys_platform == 'darwin') and python_full_version < '3.10.2'",
        "extra == 'socks'",
        "'x' in extras",
        "'dev' not in dependency_groups",
    ],
)
def test_plain_ones(text: str) -> None:
    assert holds_plainly(text, VALUES) is PackagingMarker(text).evaluate(VALUES, "lock_file")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "python_version",
        "python_version == '3.*'",
        "python_version ~= '3.9'",
        "python_version in '3.9 3.10'",
        "platform_release >= '20'",
        "sys_platform == 'v1'",
        "sys_platform < 'win32'",
        "'linux' == sys_platform",
        "extra == 'A_b'",
        "os.name == 'posix'",
        "os_name == 'nt' or",
        "(os_name == 'nt'",
        "os_name == 'nt')",
        "os_name == 'nt' sys_platform == 'win32'",
        "'x' not extras",
    ],
)
def test_others_are_left_alone(text: str) -> None:
    assert holds_plainly(text, VALUES) is None
    assert not is_plain_marker(text)


def test_a_value_that_is_no_plain_version_or_not_there() -> None:
    values = {"python_full_version": "3.14.0rc1"}
    assert holds_plainly("python_full_version >= '3.9'", values) is None
    assert holds_plainly("python_version >= '3.9'", {}) is None
    assert holds_plainly("'x' in extras", {"extras": "x"}) is None


def as_packaging_reads(text: str) -> PackagingMarker | PackagingInvalidMarker:
    try:
        return PackagingMarker(text)
    except PackagingInvalidMarker as problem:
        return problem


@given(MARKERS)
@example("(os_name == 'nt' and extra == 'a-b') or os_name == 'posix'")
@example("((os_name == 'nt' or os_name == 'posix')) and (((sys_platform == 'linux')))")
@example("((os_name == 'nt' or os_name == 'posix'))")
@example("'x' in extras and ('dev' not in dependency_groups)")
def test_a_marker_is_written_as_packaging_writes_it(text: str) -> None:
    packaged = as_packaging_reads(text)
    if isinstance(packaged, PackagingInvalidMarker):
        with pytest.raises(InvalidMarker) as caught:
            Marker(text)
        assert str(caught.value) == str(packaged)
        assert caught.value.span == getattr(packaged.__cause__, "span", (0, 1))
        assert read_plain_marker(text) is None
        return
    expected = str(packaged)
    marker = Marker(text)
    assert str(marker) == expected
    assert str(Marker(expected)) == expected
    assert (marker, hash(marker)) == (Marker(expected), hash(Marker(expected)))
    assert read_plain_marker(text) in (marker, None)


@given(MARKERS, st.sampled_from([{}, {"sys_platform": "win32"}, {"python_version": "3.9"}]))
def test_a_marker_holds_where_packaging_says_so(text: str, values: dict[str, str]) -> None:
    try:
        expected = PackagingMarker(text).evaluate(dict(values))
    except (PackagingInvalidMarker, UndefinedComparison, UndefinedEnvironmentName, KeyError):
        return
    assert Marker(text).evaluate(values) is expected
