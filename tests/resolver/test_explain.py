"""Explanations, whole: what a person reads when nothing satisfies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.worlds import solve, world
from wheelright.resolver import Policy, ResolutionFailure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

World = dict[str, list[str]]

FLASK: World = {
    **{f"flask 3.0.{micro}": ["werkzeug>=3.0.0", "jinja2"] for micro in range(4)},
    **{f"flask 3.1.{micro}": ["werkzeug>=3.1.0", "jinja2"] for micro in range(3)},
    "flask 2.3.3": ["werkzeug>=2.3.7", "jinja2"],
    **{f"werkzeug {text}": [] for text in ("1.0.1", "2.3.7", "2.3.8", "3.0.0", "3.0.6", "3.1.3")},
    "jinja2 3.1.6": [],
}


def failure(
    releases: Mapping[str, Sequence[str]],
    *texts: str,
    python: str = ">=3.9",
    policy: Policy | None = None,
) -> list[str]:
    with pytest.raises(ResolutionFailure) as caught:
        solve(world(releases), *texts, python=python, policy=policy)
    return [caught.value.message, *caught.value.details]


def test_a_direct_requirement_against_what_another_one_needs() -> None:
    assert failure(FLASK, "flask>=3", "werkzeug<2") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `flask>=3` and `flask>=3.0.0` requires `werkzeug>=3.0.0`,"
            " `app` needs `werkzeug>=3.0.0`."
        ),
        "And because `app` requires `werkzeug<2`, the requirements of `app` cannot be met.",
    ]


def test_a_failure_in_some_environments_names_them() -> None:
    assert failure(FLASK, "flask>=3", "werkzeug<2; sys_platform == 'win32'") == [
        "no versions satisfy the requirements of `app` where `sys_platform == 'win32'`",
        (
            "Because `app` requires `flask>=3` and `flask>=3.0.0` requires `werkzeug>=3.0.0`,"
            " `app` needs `werkzeug>=3.0.0`."
        ),
        (
            "And because `app` requires `werkzeug<2; sys_platform == 'win32'`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_two_requirements_that_contradict_each_other() -> None:
    assert failure(FLASK, "werkzeug<2", "werkzeug>=3") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `werkzeug<2` and `werkzeug>=3`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_two_needs_that_meet_far_from_the_project_are_numbered() -> None:
    releases: World = {"a 1": ["c>=2"], "a 2": ["c>=2"], "b 1": ["c<2"], "c 1": [], "c 2": []}

    assert failure(releases, "a", "b") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `a` and all versions of `a` require `c>=2`,"
            " `app` needs `c>=2`. (1)"
        ),
        "Because `app` requires `b` and `b` requires `c<2`, `app` needs `c<2`.",
        "And because `app` needs `c>=2` (1), the requirements of `app` cannot be met.",
    ]


def test_a_version_that_does_not_exist() -> None:
    assert failure({"a 1": []}, "a>=2") == [
        "no versions satisfy the requirements of `app`",
        "`app` requires `a>=2`, but no version of `a` matches.",
    ]


def test_a_project_that_does_not_exist() -> None:
    assert failure({"a 1": ["nope"]}, "group dev: a") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` (group `dev`) requires `a` and `a` requires `nope`,"
            " and there is no project named `nope`, the requirements of `app` cannot be met."
        ),
    ]


def test_many_versions_with_many_wishes_are_one_clause() -> None:
    releases: World = {f"a {n}": [f"b=={n + 100}"] for n in range(30)}

    assert failure({**releases, "b 1": []}, "a") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `a` and all versions of `a` require `b==100` or `b==101` and so"
            " on, but no version of `b` matches, the requirements of `app` cannot be met."
        ),
    ]


def test_versions_with_gaps_are_said_by_their_runs() -> None:
    releases: World = {f"a {n}": ["b<2"] for n in (1, 3, 4, 5, 7)}
    releases |= {f"a {n}": ["b<2", "c"] for n in (2, 6)}

    assert failure({**releases, "b 1": [], "b 2": [], "c 1": []}, "a>2,!=6", "b>=2") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `a>2,!=6` and `a` 3 to 5 or `a==7` require `b<2`,"
            " `app` needs `b<2`."
        ),
        "And because `app` requires `b>=2`, the requirements of `app` cannot be met.",
    ]


def test_a_newer_python_is_needed() -> None:
    releases: World = {"a 1 | python >=3.10": [], "a 2 | python >=3.12": []}

    assert failure(releases, "a") == [
        "no versions satisfy the requirements of `app` where `python_version < '3.10'`",
        (
            "Because all versions of `a` need Python >=3.10 or >=3.12 and `app` requires `a`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_yanked_versions_and_prereleases_are_said_with_their_reason() -> None:
    releases: World = {"a 1": [], "a 2 | yanked: wrong files": [], "a 3rc1": []}

    assert failure(releases, "a>1", policy=Policy(prerelease="disallow")) == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `a==3rc1` is a pre-release, `a==2` is yanked (wrong files) and `app` requires"
            " `a>1`, the requirements of `app` cannot be met."
        ),
    ]


def test_a_constraint_is_named() -> None:
    releases: World = {"a 1": [], "a 2": []}

    assert failure(releases, "a>1", policy=Policy(constraints=("a<2",))) == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `a==2` is excluded by the constraint `a<2` and `app` requires `a>1`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_metadata_that_cannot_be_had_is_a_reason() -> None:
    assert failure({"a 1 | broken: every file answered 404": []}, "a") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `a` cannot be used (every file answered 404) and `app` requires `a`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_a_case_split_is_told_case_by_case() -> None:
    releases: World = {
        "foo 1.0.0": ["a", "b<2"],
        "foo 1.1.0": ["x", "y<2"],
        "a 1.0.0": ["b>=2"],
        "x 1.0.0": ["y>=2"],
        **{f"{name} {version}": [] for name in "by" for version in ("1.0.0", "2.0.0")},
    }

    assert failure(releases, "foo") == [
        "no versions satisfy the requirements of `app`",
        "Because `a` requires `b>=2` and `foo==1.0.0` requires `a`, `foo==1.0.0` needs `b==2.0.0`.",
        "And because `foo==1.0.0` requires `b<2`, `foo==1.0.0` cannot be used. (1)",
        "Because `x` requires `y>=2` and `foo==1.1.0` requires `x`, `foo==1.1.0` needs `y==2.0.0`.",
        "And because `foo==1.1.0` requires `y<2`, `foo==1.1.0` cannot be used.",
        (
            "And because `foo==1.0.0` cannot be used (1) and `app` requires `foo`,"
            " the requirements of `app` cannot be met."
        ),
    ]


def test_an_extra_is_named_with_its_project() -> None:
    releases: World = {"p 1": ["q<2; extra == 'x'"], "p 2": ["q<2; extra == 'x'"]}

    assert failure({**releases, "q 1": [], "q 2": []}, "p[x]", "q>=2") == [
        "no versions satisfy the requirements of `app`",
        (
            "Because `app` requires `p[x]` and all versions of `p[x]` require `q<2`,"
            " `app` needs `q<2`."
        ),
        "And because `app` requires `q>=2`, the requirements of `app` cannot be met.",
    ]


def test_the_projects_of_the_proof_are_named_nearest_first() -> None:
    with pytest.raises(ResolutionFailure) as caught:
        solve(world(FLASK), "flask>=3", "werkzeug<2")

    assert caught.value.culprits == ("werkzeug", "flask")


def test_a_long_way_is_told_in_few_lines() -> None:
    releases: World = {f"p{n} 1": [f"p{n + 1}"] for n in range(14)}

    lines = failure({**releases, "p14 1": ["z<1"], "z 0.5": [], "z 2": []}, "p0", "z>=1")

    assert len(lines) == 9
    assert lines[1:3] == [
        (
            "Because `app` requires `p0`, `p0` requires `p1` and `p1` requires `p2`,"
            " `app` needs `p2`."
        ),
        "And because `p2` requires `p3` and `p3` requires `p4`, `app` needs `p4`.",
    ]
    assert lines[-1] == (
        "And because `app` requires `z>=1` and `p14` requires `z<1`,"
        " the requirements of `app` cannot be met."
    )
