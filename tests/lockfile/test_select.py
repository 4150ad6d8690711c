from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from support.locks import LINUX, WINDOWS, lock, package
from wheelright.lockfile import (
    AmbiguousLockError,
    InvalidLockError,
    Lock,
    LockedPackage,
    LockInputs,
    NotCoveredError,
    NotOfferedError,
)
from wheelright.lockfile.select import select

if TYPE_CHECKING:
    from collections.abc import Iterable

OFFERS = {"extras": ("web",), "groups": ("dev", "docs")}


def names(packages: Iterable[LockedPackage]) -> list[str]:
    return [f"{entry.name} {entry.version}" for entry in packages]


def test_markers_decide_with_extras_and_groups() -> None:
    some = lock(
        package("always"),
        package("windows", marker="sys_platform == 'win32'"),
        package("web", marker="'web' in extras"),
        package("dev", marker="'dev' in dependency_groups and sys_platform == 'linux'"),
        **OFFERS,
    )
    assert names(select(some, LINUX)) == ["always 1.0"]
    assert names(select(some, WINDOWS)) == ["always 1.0", "windows 1.0"]
    assert names(select(some, LINUX, ["Web"], ["dev"])) == ["always 1.0", "web 1.0", "dev 1.0"]
    assert names(select(some, WINDOWS, (), ["dev"])) == ["always 1.0", "windows 1.0"]


def test_of_two_entries_the_one_that_applies_is_taken() -> None:
    some = lock(
        package("a", "1.0", marker="python_version < '3.12'"),
        package("a", "2.0", marker="python_version >= '3.12'"),
    )
    assert names(select(some, LINUX)) == ["a 2.0"]


def test_two_entries_that_apply_are_an_error() -> None:
    some = lock(package("a", "1.0"), package("a", "2.0", marker="'web' in extras"), **OFFERS)
    with pytest.raises(AmbiguousLockError) as caught:
        select(some, LINUX, ["web"])
    assert str(caught.value) == (
        "the lock has two entries of `a` for this environment: 1.0 and 2.0"
    )
    assert caught.value.details == (
        "one applies everywhere",
        "the other applies where `'web' in extras`",
    )
    assert caught.value.hints == ("leave out one of the extras or groups, or lock again",)


def test_a_python_that_the_lock_does_not_cover() -> None:
    with pytest.raises(NotCoveredError) as caught:
        select(lock(requires_python=">=3.13"), LINUX)
    assert str(caught.value) == "the lock covers Python >=3.13, and this environment has 3.12.4"


def test_a_python_that_one_entry_does_not_take() -> None:
    with pytest.raises(NotCoveredError) as caught:
        select(lock(package("a", requires_python="<3.12")), LINUX)
    assert str(caught.value) == "`a` 1.0 needs Python <3.12, and this environment has 3.12.4"


def test_a_pre_release_of_python_is_covered() -> None:
    values = LINUX | {"python_full_version": "3.14.0rc1", "python_version": "3.14"}
    assert select(lock(requires_python=">=3.12"), values) == []


def test_an_environment_that_the_lock_does_not_cover() -> None:
    some = lock(
        environments=("sys_platform == 'linux'", "sys_platform == 'darwin'"),
    )
    assert select(some, LINUX) == []
    with pytest.raises(NotCoveredError) as caught:
        select(some, WINDOWS)
    assert str(caught.value) == (
        "the lock does not cover this environment (win32 on AMD64, Python 3.12.4)"
    )
    assert caught.value.details == (
        "it covers `sys_platform == 'linux'`",
        "it covers `sys_platform == 'darwin'`",
    )


def test_extras_and_groups_that_are_not_offered() -> None:
    with pytest.raises(NotOfferedError) as caught:
        select(lock(**OFFERS), LINUX, ["wep"])
    assert str(caught.value) == "the lock has no extra `wep`"
    assert caught.value.details == ("it has `web`",)
    assert caught.value.hints == ("did you mean `web`?",)
    with pytest.raises(NotOfferedError) as caught:
        select(lock(), LINUX, (), ["test"])
    assert str(caught.value) == "the lock has no group `test`"
    assert caught.value.details == ("it has no groups at all",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"marker": "os_name = 'x'"}, "`{at}` is `os_name = 'x'`, which is not a valid marker"),
        ({"marker": "extra == 'x'"}, "`{at}` is `extra == 'x'`, which cannot be evaluated"),
        ({"requires_python": "3"}, "`requires-python of a` is `3`, which is no specifier"),
    ],
)  # fmt: skip
def test_markers_and_specifiers_that_cannot_be_read(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidLockError) as caught:
        select(lock(package("a", **fields)), LINUX)
    assert str(caught.value) == message.format(at="packages[0].marker")


def only_groups() -> Lock:
    return lock(
        package("flask", requires=("click>=8", 'rich; extra == "colour"')),
        package("click", requires=("colorama; sys_platform == 'win32'",)),
        package("colorama", marker="sys_platform == 'win32'"),
        package("pytest", marker="'dev' in dependency_groups", requires=("click", "colorama")),
        package("rich"),
        package("sphinx", marker="'docs' in dependency_groups", requires=("flask[colour]",)),
        inputs=LockInputs(
            project="app",
            requirements=("flask",),
            extras={"web": ("rich",)},
            groups={"dev": ("pytest", "App[web]"), "docs": ("sphinx",)},
        ),
        **OFFERS,
    )


def test_only_groups_are_what_the_groups_reach() -> None:
    reached = select(only_groups(), LINUX, (), ["docs"], project=False)
    assert names(reached) == ["flask 1.0", "click 1.0", "rich 1.0", "sphinx 1.0"]


def test_only_groups_follow_the_environment() -> None:
    some = only_groups()
    without_self = lock(
        *some.packages, inputs=LockInputs(project="app", groups={"dev": ("pytest",)}), **OFFERS
    )
    on_linux = select(without_self, LINUX, (), ["dev"], project=False)
    on_windows = select(without_self, WINDOWS, (), ["dev"], project=False)
    assert names(on_linux) == ["click 1.0", "pytest 1.0"]
    assert names(on_windows) == ["click 1.0", "colorama 1.0", "pytest 1.0"]


def test_a_group_that_asks_for_the_project_gets_its_requirements() -> None:
    reached = select(only_groups(), LINUX, (), ["dev"], project=False)
    assert names(reached) == ["flask 1.0", "click 1.0", "pytest 1.0", "rich 1.0"]


def test_only_groups_of_a_foreign_lock_are_by_marker() -> None:
    some = lock(package("a"), package("b", marker="'dev' in dependency_groups"), inputs=None, groups=("dev",))  # fmt: skip # noqa: E501
    assert names(select(some, LINUX, (), ["dev"], project=False)) == ["a 1.0", "b 1.0"]


def test_a_hundred_markers_take_milliseconds() -> None:
    some = lock(
        *(
            package(
                f"p{number}",
                requires_python=f">=3.{number % 9}",
                marker=f"(sys_platform == 'linux' and python_version >= '3.{number}')"
                f" or 'g{number}' in dependency_groups",
            )
            for number in range(100)
        )
    )
    start = time.process_time()
    assert len(select(some, LINUX)) == 13
    assert time.process_time() - start < 0.5  # measured: 0.010; a bound for slow machines
