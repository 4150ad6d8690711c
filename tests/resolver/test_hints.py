"""What a failure suggests, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.worlds import drive, roots, solve, world
from wheelright.resolver import Policy, Request, ResolutionFailure, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

World = dict[str, list[str]]


def hints(
    releases: Mapping[str, Sequence[str]],
    *texts: str,
    python: str = ">=3.9",
    policy: Policy | None = None,
) -> tuple[str, ...]:
    with pytest.raises(ResolutionFailure) as caught:
        solve(world(releases), *texts, python=python, policy=policy)
    return caught.value.hints


def test_the_newest_version_that_would_fit_and_what_forbids_it() -> None:
    releases: World = {"flask 3.0": ["werkzeug>=3"], "flask 3.1": ["werkzeug>=3.1"]}
    releases |= {f"werkzeug {version}": [] for version in ("1.0", "3.0", "3.1", "3.2rc1")}

    assert hints(releases, "flask>=3", "werkzeug<2") == (
        "`flask` 3.1 accepts `werkzeug` 3.1; `werkzeug<2` in `app` forbids it",
    )


def test_the_versions_there_are() -> None:
    assert hints({"a 1": [], "a 1.5": []}, "a>=2") == ("the versions of `a` go from 1 to 1.5",)
    assert hints({"a 1": []}, "a>=2") == ("the only version of `a` is 1",)


def test_what_an_override_has_put_there() -> None:
    releases: World = {"a 1": ["b<2"], "b 1": [], "b 2": []}

    assert hints(releases, "a", policy=Policy(overrides=("b>=3",))) == (
        "`b>=3` is an override, which replaces what others require",
        "the versions of `b` go from 1 to 2",
    )


def test_a_python_that_is_new_enough() -> None:
    releases: World = {"a 2 | python >=3.11": [], "a 3 | python >=3.12": []}

    assert hints(releases, "a>=2") == (
        (
            "`a` 2 needs Python >=3.11; raise `requires-python` to `>=3.11`, or require `a` with"
            " the marker `python_version >= '3.11'`"
        ),
    )


def test_a_python_that_is_too_old_for_one_environment() -> None:
    request = Request("app", roots("a"), python_exact="3.9.2")

    with pytest.raises(ResolutionFailure) as caught:
        drive(resolve(request), world({"a 2 | python >=3.11": []}))

    assert caught.value.hints == ("`a` 2 needs Python >=3.11, this is 3.9.2; use a newer Python",)


def test_a_prerelease_and_a_yanked_version_that_would_do() -> None:
    releases: World = {"a 1": [], "a 2 | yanked: wrong files": [], "a 3rc1": [], "a 3rc2": []}

    assert hints(releases, "a>1", policy=Policy(prerelease="disallow")) == (
        "`a` 3rc2 is a pre-release; `--prerelease allow` admits it",
        "`a` 2 was yanked (wrong files); `a==2` in the project takes it anyway",
    )


def test_a_conflict_between_others_has_no_hint() -> None:
    releases: World = {"a 1": ["c>=2"], "b 1": ["c<2"], "c 1": [], "c 2": []}

    assert hints(releases, "a", "b") == ()
