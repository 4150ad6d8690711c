"""What the resolver chooses, by the words of the standards and of the options."""

from __future__ import annotations

import pytest

from support.worlds import chosen, drive, roots, solve, world
from wheelright.resolver import (
    Entry,
    InvalidRequirement,
    Policy,
    Request,
    Resolution,
    ResolutionFailure,
    resolve,
)

LADDER: dict[str, list[str]] = {"a 1": [], "a 2": [], "a 3": [], "a 4rc1": []}


def test_the_newest_final_version_is_chosen() -> None:
    assert chosen(solve(world(LADDER), "a")) == {"a 3": ""}


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("a<3", "2"),
        ("a~=2.0", "2"),
        ("a==1.*", "1"),
        ("a===2", "2"),
        ("a!=3", "2"),
        ("a>3", "4rc1"),
        ("a==4rc1", "4rc1"),
    ],
)
def test_specifiers_choose(requirement: str, version: str) -> None:
    assert chosen(solve(world(LADDER), requirement)) == {f"a {version}": ""}


def test_an_epoch_is_newer_than_all_before_it() -> None:
    assert chosen(solve(world({"a 2020.1": [], "a 1!1.0": []}), "a")) == {"a 1!1.0": ""}
    assert chosen(solve(world({"a 2020.1": [], "a 1!1.0": []}), "a<1!1")) == {"a 2020.1": ""}


def test_post_dev_and_local_versions() -> None:
    facts = world({"a 1.0": [], "a 1.0.post1": [], "a 1.1.dev1": [], "a 1.0+local": []})

    assert chosen(solve(facts, "a")) == {"a 1.0.post1": ""}
    assert chosen(solve(facts, "a==1.0")) == {"a 1.0+local": ""}
    assert chosen(solve(facts, "a>1.0.post1")) == {"a 1.1.dev1": ""}


@pytest.mark.parametrize(
    ("mode", "requirement", "version"),
    [
        ("allow", "a", "4rc1"),
        ("if-necessary", "a", "3"),
        ("if-necessary-or-explicit", "a", "3"),
        ("explicit", "a", "3"),
        ("disallow", "a", "3"),
        ("explicit", "a>=4rc1", "4rc1"),
        ("disallow", "a>=4rc1", None),
        ("disallow", "a==4rc1", None),
    ],
)
def test_prereleases_are_taken_as_asked(mode: str, requirement: str, version: str | None) -> None:
    policy = Policy(prerelease=mode)
    if version is None:
        with pytest.raises(ResolutionFailure):
            solve(world(LADDER), requirement, policy=policy)
    else:
        assert chosen(solve(world(LADDER), requirement, policy=policy)) == {f"a {version}": ""}


def test_a_yanked_version_is_taken_only_by_a_pin_of_the_project() -> None:
    facts = world({"a 1": [], "a 2 | yanked": [], "b 1": ["a==2"], "b 0": []})

    assert chosen(solve(facts, "a")) == {"a 1": ""}
    assert chosen(solve(facts, "a==2")) == {"a 2": ""}
    assert chosen(solve(facts, "b")) == {"b 0": ""}


def test_the_lowest_versions_and_the_lowest_direct_ones() -> None:
    facts = world({"a 1": ["b"], "a 2": ["b"], "b 1": [], "b 2": []})

    assert chosen(solve(facts, "a", policy=Policy("lowest"))) == {"a 1": "", "b 1": ""}
    assert chosen(solve(facts, "a", policy=Policy("lowest-direct"))) == {"a 1": "", "b 2": ""}


def test_what_was_locked_is_kept_while_it_satisfies() -> None:
    policy = Policy(preferred={"a": ("1",)})

    assert chosen(solve(world(LADDER), "a", policy=policy)) == {"a 1": ""}
    assert chosen(solve(world(LADDER), "a>1", policy=policy)) == {"a 3": ""}


def test_constraints_limit_without_asking_and_only_where_their_marker_holds() -> None:
    policy = Policy(constraints=("a<2; sys_platform == 'win32'", "z==1"))

    assert chosen(solve(world(LADDER), "a", policy=policy)) == {"a 1": ""}
    assert chosen(solve(world(LADDER), "a; sys_platform == 'linux'", policy=policy)) == {
        "a 3": "sys_platform == 'linux'"
    }
    needs = ("a", "a>=2; sys_platform != 'win32'")
    assert chosen(solve(world(LADDER), *needs, policy=policy)) == {
        "a 1": "sys_platform == 'win32'",
        "a 3": "sys_platform != 'win32'",
    }


def test_overrides_replace_every_requirement_on_their_project() -> None:
    facts = world({"a 1": ["b<2"], "b 1": [], "b 2": []})

    answer = solve(facts, "a", policy=Policy(overrides=("b>=2",)))

    assert chosen(answer) == {"a 1": "", "b 2": ""}
    assert {p.name: p.edges for p in answer.packages} == {"a": (("b", "2"),), "b": ()}


def test_excludes_are_not_looked_at() -> None:
    facts = world({"a 1": ["b<2"]})

    assert chosen(solve(facts, "a", policy=Policy(excludes=frozenset({"b"})))) == {"a 1": ""}
    assert facts.asked == ["a", "a 1"]


def test_extras_bring_their_requirements_nested_and_of_themselves() -> None:
    lines = ["b; extra == 'x'", "c; extra == 'y'", "a[x,y]; extra == 'all'"]
    facts = world({"a 1": lines, "b 1": [], "c 1": []})

    answer = solve(facts, "a[all]")

    assert chosen(answer) == {"a 1": "", "b 1": "", "c 1": ""}
    assert answer.packages[0].extras == ("all", "x", "y")


def test_an_extra_that_does_not_exist_is_noted_and_ignored() -> None:
    answer = solve(world({"a 1": []}), "a[nope]")

    assert chosen(answer) == {"a 1": ""}
    assert answer.notes == ("`a` 1 has no extra `nope`; it is ignored",)


def test_each_entry_has_its_own_markers() -> None:
    facts = world({"a 1": ["c; sys_platform == 'win32'"], "b 1": ["c"], "c 1": []})

    answer = solve(facts, "a", "extra x: b; python_version < '3.10'", python=">=3.9")

    assert chosen(answer) == {"a 1": "", "c 1": "sys_platform == 'win32'"}
    assert chosen(answer, Entry("extra", "x")) == {
        "b 1": "python_version < '3.10'",
        "c 1": "python_version < '3.10'",
    }


def test_one_version_for_all_where_that_is_possible_else_a_split() -> None:
    facts = world({"a 1": ["c<2; sys_platform == 'win32'"], "c 1": [], "c 2": []})

    assert chosen(solve(facts, "a", "c")) == {"a 1": "", "c 1": ""}
    assert chosen(solve(facts, "a", "c>=2; sys_platform != 'win32'", "c; os_name == 'nt'")) == {
        "a 1": "",
        "c 1": "sys_platform == 'win32'",
        "c 2": "sys_platform != 'win32'",
    }


def test_the_newest_version_for_each_python() -> None:
    facts = world({"a 1": [], "a 2 | python >=3.10": [], "a 3 | python >=3.12": []})

    assert chosen(solve(facts, "a", python=">=3.9")) == {
        "a 1": "python_version < '3.10'",
        "a 2": "python_version >= '3.10' and python_version < '3.12'",
        "a 3": "python_version >= '3.12'",
    }


def test_an_upper_bound_on_python_is_not_obeyed() -> None:
    facts = world({"a 1": [], "a 2 | python >=3.9,<3.12": []})

    assert chosen(solve(facts, "a", python=">=3.9")) == {"a 2": ""}


@pytest.mark.parametrize(
    "marker",
    [
        "sys_platform == 'win32' and sys_platform == 'linux'",
        "python_version < '3'",
        "os_name == 'posix' and os_name != 'posix'",
        "python_version >= '3.12' and python_version < '3.11'",
    ],
)
def test_a_marker_that_never_holds_asks_for_nothing(marker: str) -> None:
    answer = solve(world({}), f"nope; {marker}")

    assert answer.packages == ()


def test_lists_in_markers() -> None:
    facts = world({"a 1": []})

    assert chosen(solve(facts, "a; python_version in '3.9 3.10'", python=">=3.9")) == {
        "a 1": "python_version < '3.11'"
    }
    assert chosen(solve(facts, "a; sys_platform not in 'win32 cygwin'", python=">=3.9")) == {
        "a 1": "sys_platform != 'win32' and sys_platform != 'cygwin'"
    }


def test_declared_environments_are_all_that_is_solved_for() -> None:
    facts = world({"a 1": ["nope; sys_platform == 'win32'"]})
    request = Request("app", roots("a"), environments=("sys_platform == 'linux'",))

    answer = drive(resolve(request), facts)

    assert chosen(answer) == {"a 1": ""}
    assert answer.environments == ("sys_platform == 'linux'",)


def test_a_requirement_of_the_project_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InvalidRequirement) as caught:
        solve(world({}), "a >>= 1")

    assert caught.value.message == "invalid requirement `a >>= 1`"


def test_a_version_whose_requirements_cannot_be_read_is_passed_over() -> None:
    assert chosen(solve(world({"a 1": [], "a 2": ["b >>= 1"]}), "a")) == {"a 1": ""}


def test_facts_are_asked_for_once() -> None:
    facts = world(
        {
            "a 1": ["c<2; sys_platform == 'cygwin'", "b"],
            "b 1": ["c>=1; platform_release >= '5'"],
            "c 1": [],
            "c 2": [],
        }
    )

    answer = solve(facts, "a")

    assert isinstance(answer, Resolution)
    assert len(facts.asked) == len(set(facts.asked))


def test_a_version_that_contradicts_what_is_decided_undoes_nothing() -> None:
    """Each version of `b` is looked at once, and nothing else is decided a second time."""
    others = {f"c{n} 1": [] for n in range(20)}
    facts = world({"a 1": [], **others, **{f"b {n}": ["a>=2"] for n in range(2, 5)}, "b 1": ["a"]})

    found = solve(facts, "a", *(f"c{n}" for n in range(20)), "b")

    assert found.statistics.steps == 25
    assert found.statistics.conflicts == 3


def test_the_search_is_counted() -> None:
    facts = world({"a 2": ["b>=2"], "a 1": ["b"], "b 1": []})

    statistics = solve(facts, "a").statistics

    assert (statistics.steps, statistics.visited, statistics.environments) == (3, 3, 1)


def test_a_project_reached_late_elsewhere_must_serve_there_too() -> None:
    facts = world(
        {
            "a 2 | python >=3.11": [],
            "a 1": [],
            "b 1": ["c"],
            "c 1": ["d"],
            "d 1": ["a"],
        }
    )

    answer = solve(facts, "a; python_version >= '3.12'", "b", python=">=3.9")

    assert {key: marker for key, marker in chosen(answer).items() if key.startswith("a")} == {
        "a 1": "python_version < '3.11'",
        "a 2": "python_version >= '3.11'",
    }


def test_a_project_reached_late_where_nothing_serves_is_a_failure() -> None:
    facts = world({"a 2 | python >=3.11": [], "b 1": ["c"], "c 1": ["d"], "d 1": ["a"]})

    with pytest.raises(ResolutionFailure) as caught:
        solve(facts, "a; python_version >= '3.12'", "b", python=">=3.9")

    assert caught.value.marker == "python_version < '3.11'"


def test_a_constraint_holds_where_its_project_is_reached_late() -> None:
    facts = world({**LADDER, "b 1": ["c"], "c 1": ["d"], "d 1": ["a"]})
    policy = Policy(constraints=("a<2; sys_platform == 'win32'",))

    answer = solve(facts, "a; sys_platform == 'linux'", "b", policy=policy)

    assert chosen(answer)["a 1"] == ""


def test_several_locked_versions_each_keep_their_pythons() -> None:
    facts = world({"a 1": [], "a 2 | python >=3.11": [], "a 3 | python >=3.11": []})
    places = (("1", "python_version < '3.11'"), ("2", "python_version >= '3.11'"))
    policy = Policy(locked={"a": places})

    assert chosen(solve(facts, "a", python=">=3.9", policy=policy)) == {
        "a 1": "python_version < '3.11'",
        "a 2": "python_version >= '3.11'",
    }
