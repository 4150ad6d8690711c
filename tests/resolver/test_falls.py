"""Falling through many versions: in how many steps, what is told of it, what is foretold."""

from __future__ import annotations

from contextlib import suppress

from support.worlds import roots, solve, world
from wheelright.resolver import NeedCandidates, NeedDependencies, Request, resolve

STEPS = 300


def tangle(count: int = STEPS) -> dict[str, list[str]]:
    """A ladder of two projects, each version of one pinning the other, that falls to the bottom."""
    facts: dict[str, list[str]] = {"web 1": [], "web 2": []}
    for number in range(1, count + 1):
        facts[f"core 1.{number}"] = ["web<2" if number == 1 else "web>=2"]
        facts[f"kit 1.{number}"] = [f"core=={f'1.{number}'}"]
    return facts


def test_a_ladder_is_fallen_through_in_few_steps_for_each_version() -> None:
    answer = solve(world(tangle()), "web<2", "kit")

    assert {p.name: p.version for p in answer.packages} == {"kit": "1.1", "core": "1.1", "web": "1"}
    assert answer.statistics.steps <= 3 * STEPS


def test_backtracking_is_told_with_its_cause() -> None:
    answer = solve(world(tangle(4)), "web<2", "kit")

    assert answer.statistics.backtracked == (
        "backtracked 3 times over `core` 1.4 to 1.2 because of `web` (lastly `web>=2`)",
    )


def test_nothing_is_told_where_nothing_fell() -> None:
    assert solve(world(tangle(1)), "kit").statistics.backtracked == ()


def test_of_a_version_that_falls_at_once_nothing_else_is_asked() -> None:
    facts = world(
        {"web 1": [], "web 2": [], "kit 2": ["rare", "web>=2"], "kit 1": [], "rare 1": []}
    )
    asked: list[str] = []
    search = resolve(Request("app", roots("web<2", "kit"), ">=3.9"))
    need = next(search)
    with suppress(StopIteration):
        while True:
            if isinstance(need, NeedCandidates):
                asked.append(need.name)
            need = search.send(facts.answer(need))

    assert sorted(asked) == ["kit", "web"]


def test_foretold_versions_stay_within_half_as_many_again_as_are_visited() -> None:
    facts = world(tangle())
    asked: set[tuple[str, str]] = set()
    foretold: set[tuple[str, str]] = set()
    search = resolve(Request("app", roots("web<2", "kit"), ">=3.9"))
    need = next(search)
    with suppress(StopIteration):
        while True:
            if isinstance(need, NeedDependencies):
                asked.add((need.name, need.version))
                foretold.update(need.soon)
            need = search.send(facts.answer(need))

    assert len(asked) == 2 * STEPS + 1
    assert len(asked | foretold) <= 1.5 * len(asked)
