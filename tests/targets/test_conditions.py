"""Plain markers: `packaging` says what is right."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker

from wheelright.targets.conditions import holds_plainly, is_plain_marker

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
    assert Marker(text).evaluate(values, "lock_file") is answer


@given(st.text(alphabet="osname='x\"() <>!3.1andrit", max_size=24))
def test_what_is_plain_is_a_marker(text: str) -> None:
    if is_plain_marker(text):
        Marker(text)


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
    assert holds_plainly(text, VALUES) is Marker(text).evaluate(VALUES, "lock_file")


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
