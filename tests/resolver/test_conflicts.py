"""Declared conflicts between extras and groups: each side has an answer of its own."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from support.random_worlds import NAMES, PLACES, WORLDS, requirement, worlds
from support.worlds import World, drive, roots, solvable, walk, world
from wheelright.resolver import Entry, Request, Resolution, ResolutionFailure, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from support.worlds import Place

CPU, GPU, DEV = Entry("extra", "cpu"), Entry("extra", "gpu"), Entry("group", "dev")
ENTRIES = (CPU, GPU, DEV)
KINDS = {"project": "", "extra": "extra {}: ", "group": "group {}: "}


def ask(
    facts: World, texts: Sequence[str], *conflicts: tuple[Entry, ...], python: str = ">=3.9"
) -> Resolution:
    sides = tuple(tuple((entry,) for entry in conflict) for conflict in conflicts)
    request = Request("app", roots(*texts), python, conflicts=sides)
    return drive(resolve(request), facts)


def markers(answer: Resolution) -> dict[str, dict[str, str | None]]:
    return {
        f"{package.name} {package.version}": {
            str(entry): marker for entry, marker in package.markers.items()
        }
        for package in answer.packages
    }


def test_each_side_has_its_version() -> None:
    facts = world({"a 1": [], "a 2": []})

    answer = ask(facts, ["extra cpu: a<2", "extra gpu: a>=2"], (CPU, GPU))

    assert markers(answer) == {"a 1": {"extra `cpu`": None}, "a 2": {"extra `gpu`": None}}


def test_what_others_need_follows_the_side() -> None:
    facts = world({"a 1": [], "a 2": []})

    answer = ask(facts, ["a", "extra cpu: a<2", "group dev: a>=2"], (CPU, DEV))

    assert markers(answer) == {
        "a 1": {"the project": "'cpu' in extras", "extra `cpu`": None},
        "a 2": {"the project": "'cpu' not in extras", "group `dev`": None},
    }


def test_sides_that_agree_share_a_version() -> None:
    facts = world({"a 1": [], "a 2": []})

    answer = ask(facts, ["a", "extra cpu: a<2", "extra gpu: a"], (CPU, GPU))

    assert list(markers(answer)) == ["a 1"]


def test_overlapping_conflicts() -> None:
    """`dev` conflicts with both, which do not conflict with each other."""
    facts = world({"a 1": [], "a 2": [], "b 1": []})
    texts = ["extra cpu: a<2", "extra gpu: b", "extra gpu: a", "group dev: a>=2"]

    answer = ask(facts, texts, (CPU, DEV), (GPU, DEV))

    assert markers(answer)["a 2"] == {"group `dev`": None, "extra `gpu`": "'cpu' not in extras"}
    assert markers(answer)["a 1"] == {"extra `cpu`": None, "extra `gpu`": "'cpu' in extras"}


def test_a_side_that_cannot_be_met_is_named() -> None:
    facts = world({"a 1": []})

    with pytest.raises(ResolutionFailure) as caught:
        ask(facts, ["extra cpu: a", "extra gpu: a>=2"], (CPU, GPU))

    assert caught.value.message == (
        "no versions satisfy the requirements of `app` where `'gpu' in extras`"
    )


def test_without_the_declaration_they_must_agree() -> None:
    facts = world({"a 1": [], "a 2": []})

    with pytest.raises(ResolutionFailure):
        ask(facts, ["extra cpu: a<2", "extra gpu: a>=2"])


@st.composite
def cases(draw: Callable[..., object]) -> tuple[World, dict[Entry, list[str]], list[set[Entry]]]:
    facts, _ = draw(worlds())  # type: ignore[misc]
    lines = {
        entry: draw(st.lists(requirement(root=True), max_size=2)) for entry in (Entry(), *ENTRIES)
    }
    pairs = list(combinations(ENTRIES, 2))
    sets = draw(st.lists(st.sampled_from([*pairs, ENTRIES]), min_size=1, max_size=2, unique=True))
    return facts, lines, sets  # type: ignore[return-value]


def selections(conflicts: Iterable[Iterable[Entry]]) -> list[tuple[Entry, ...]]:
    """Return every choice of entries that no conflict forbids."""
    choices = chain.from_iterable(combinations(ENTRIES, size) for size in range(4))
    return [c for c in choices if not any(len(set(c) & set(one)) > 1 for one in conflicts)]


def applies(marker: str | None, place: Place, chosen: Sequence[Entry]) -> bool:
    values: dict[str, str | frozenset[str]] = {
        **place.values,
        "extras": frozenset(entry.name for entry in chosen if entry.kind == "extra"),
        "dependency_groups": frozenset(entry.name for entry in chosen if entry.kind == "group"),
    }
    return marker is None or Marker(marker).evaluate(values, "lock_file")


@settings(
    max_examples=WORLDS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(cases())
def test_every_allowed_selection_gets_what_it_reaches(
    case: tuple[World, dict[Entry, list[str]], list[tuple[Entry, ...]]],
) -> None:
    facts, lines, conflicts = case
    texts = [
        KINDS[entry.kind].format(entry.name) + line
        for entry, listed in lines.items()
        for line in listed
    ]
    allowed = selections(conflicts)
    asked = {
        chosen: [*lines[Entry()], *(t for e in chosen for t in lines[e])] for chosen in allowed
    }
    pins = {line for listed in lines.values() for line in listed if "==" in line}
    yanked = any(r.yanked for name in NAMES for r in facts.projects[name].values())
    try:
        answer = ask(facts, texts, *conflicts)
    except ResolutionFailure:
        everywhere = all(solvable(facts, asked[c], place) for c in allowed for place in PLACES)
        assert not everywhere
        return
    if not (pins and yanked):  # a pin of any entry lifts a yank for all
        assert all(solvable(facts, asked[c], place) for c in allowed for place in PLACES)
    for place in PLACES:
        for chosen in allowed:
            found: dict[str, str] = {}
            for package in answer.packages:
                if any(
                    applies(marker, place, chosen)
                    for entry, marker in package.markers.items()
                    if entry in (Entry(), *chosen)
                ):
                    assert package.name not in found, f"{package.name} is selected twice"
                    found[package.name] = package.version
            reached = walk(facts, asked[chosen], place, found)
            assert not isinstance(reached, str), f"{place} {chosen}: {reached}"
            assert reached.keys() == found.keys()
