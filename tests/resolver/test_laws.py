"""Laws on random worlds, judged by an oracle that tries every combination in every environment."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.random_worlds import NAMES, PLACES, WORLDS, worlds
from support.worlds import (
    Place,
    Release,
    World,
    drive,
    holds,
    pinned,
    roots,
    solvable,
    solve,
    usable,
    walk,
)
from wheelright.resolver import (
    Entry,
    Request,
    Resolution,
    ResolutionFailure,
    RootRequirement,
    resolve,
)

if TYPE_CHECKING:
    from random import Random

    from wheelright.resolver import Premise

many = settings(
    max_examples=WORLDS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="WORLDS" not in os.environ,
)


def attempt(facts: World, texts: list[str]) -> Resolution | ResolutionFailure:
    try:
        return solve(facts, *texts, python=">=3.9")
    except ResolutionFailure as failure:
        return failure


def selected(answer: Resolution, place: Place) -> dict[str, str]:
    """Return what the markers of an answer select at a place, each project once."""
    found: dict[str, str] = {}
    for package in answer.packages:
        if any(holds(marker, place) for marker in package.markers.values()):
            assert package.name not in found, f"{package.name} is selected twice"
            found[package.name] = package.version
    return found


@many
@given(worlds())
def test_solvable_exactly_when_every_environment_is(case: tuple[World, list[str]]) -> None:
    facts, texts = case
    answer = attempt(facts, texts)

    assert isinstance(answer, Resolution) == all(solvable(facts, texts, p) for p in PLACES)


@many
@given(worlds())
def test_what_is_selected_is_what_is_reached(case: tuple[World, list[str]]) -> None:
    facts, texts = case
    answer = attempt(facts, texts)
    if isinstance(answer, ResolutionFailure):
        return

    for place in PLACES:
        versions = selected(answer, place)
        reached = walk(facts, texts, place, versions)
        assert not isinstance(reached, str), f"{place}: {reached}"
        assert reached.keys() == versions.keys()
        for name, version in versions.items():
            pin = pinned(texts, name, version)
            assert usable(facts.projects[name][version], place, pin=pin)


@many
@given(worlds())
def test_the_same_question_gets_the_same_answer(case: tuple[World, list[str]]) -> None:
    facts, texts = case
    backwards = World({n: dict(reversed(v.items())) for n, v in reversed(facts.projects.items())})
    one, other = attempt(facts, texts), attempt(backwards, texts)

    assert str(one) == str(other)
    assert getattr(one, "details", ()) == getattr(other, "details", ())


@many
@given(worlds(), st.randoms(use_true_random=False))
def test_an_unused_version_changes_nothing(case: tuple[World, list[str]], random: Random) -> None:
    facts, texts = case
    before = attempt(facts, texts)
    name = random.choice(NAMES)
    unused = Release(("a>=2", "b<1"), yanked="for a reason")
    more = World(
        {**facts.projects, name: {**facts.projects[name], "0.5": unused}, "z": {"1": unused}}
    )
    after = attempt(more, texts)

    if isinstance(before, Resolution):
        assert isinstance(after, Resolution)
        assert after.packages == before.packages
    else:
        assert isinstance(after, ResolutionFailure)


@many
@given(worlds(), st.randoms(use_true_random=False))
def test_removing_a_dependency_keeps_a_world_solvable(
    case: tuple[World, list[str]], random: Random
) -> None:
    facts, texts = case
    lines = [
        (name, version, at)
        for name, releases in facts.projects.items()
        for version, release in releases.items()
        for at in range(len(release.requires))
    ]
    if not lines or isinstance(attempt(facts, texts), ResolutionFailure):
        return
    name, version, at = random.choice(lines)
    release = facts.projects[name][version]
    fewer = replace(release, requires=(*release.requires[:at], *release.requires[at + 1 :]))

    less = World({**facts.projects, name: {**facts.projects[name], version: fewer}})

    assert isinstance(attempt(less, texts), Resolution)


@many
@given(worlds())
def test_the_premises_of_an_explanation_alone_cannot_be_met(
    case: tuple[World, list[str]],
) -> None:
    facts, texts = case
    failure = attempt(facts, texts)
    if isinstance(failure, Resolution):
        return

    places = [place for place in PLACES if holds(failure.marker, place)]
    assert places, failure.marker
    bare, wanted = only_premises(facts, failure.premises)
    for place in places:
        assert not solvable(facts, texts, place)
        assert not solvable(bare, wanted, place), (place, failure.details)


def only_premises(facts: World, premises: tuple[Premise, ...]) -> tuple[World, list[str]]:
    """Build the world in which nothing but the premises is known."""
    said: dict[tuple[str, str], list[str]] = {}
    barred: set[tuple[str, str]] = set()
    bounds: dict[tuple[str, str], str] = {}
    for premise in premises:
        name = premise.project.partition("[")[0]
        for version in premise.versions:
            if premise.kind == "requires":
                said.setdefault((name, version), []).append(premise.text)
            elif premise.kind == "python":
                bounds[name, version] = premise.text
            elif premise.kind == "barred":
                barred.add((name, version))
    projects = {
        name: {
            version: Release(
                tuple(said.get((name, version), ())),
                bounds.get((name, version)),
                broken="barred" if (name, version) in barred else None,
            )
            for version in releases
        }
        for name, releases in facts.projects.items()
    }
    return World(projects), [p.text for p in premises if p.project == ""]


@many
@given(worlds())
def test_an_explanation_is_short_and_names_what_it_speaks_of(
    case: tuple[World, list[str]],
) -> None:
    facts, texts = case
    failure = attempt(facts, texts)
    if isinstance(failure, Resolution):
        return

    assert 1 <= len(failure.details) <= 12
    assert all(line[0].isupper() or line[0] in "`(" for line in failure.details)
    assert failure.culprits
    assert not any("`app`==" in line or "no version of `app`" in line for line in failure.details)


TARGETS = (Place("", "linux", "posix"), Place("", "win32", "nt"), Place("", "linux", "posix"))
TARGET_PLACES = [
    replace(target, python=f"3.{minor}.0", target=number)
    for number, target in enumerate(TARGETS)
    for minor in (11, 12)
]
CELLS = tuple(product(range(3), (11, 12)))
SERVES = [
    None,
    None,
    *(
        frozenset((target, minor) for target, minor in CELLS if target in targets)
        for targets in ({0}, {2}, {0, 2}, {1}, {0, 1}, {1, 2})
    ),
    frozenset((target, 12) for target in range(3)),
    frozenset((target, minor) for target, minor in CELLS if target < 2 or minor == 11),
]


def everywhere_alike(facts: World) -> World:
    """Let the first and the third target, which no marker can tell apart, be served together."""
    return World(
        {
            name: {
                version: release
                if release.serves is None
                else replace(
                    release,
                    serves=frozenset(
                        (target, minor)
                        for target, minor in release.serves
                        if target == 1 or {(0, minor), (2, minor)} <= release.serves
                    ),
                )
                for version, release in releases.items()
            }
            for name, releases in facts.projects.items()
        }
    )


@many
@given(worlds(), st.randoms(use_true_random=False))
def test_for_targets_too_every_law_holds(case: tuple[World, list[str]], random: Random) -> None:
    facts, texts = case
    for releases in facts.projects.values():
        for version, release in releases.items():
            releases[version] = replace(release, serves=random.choice(SERVES))
    points = tuple(
        {k: v for k, v in place.values.items() if not k.startswith("python_")} for place in TARGETS
    )
    request = Request("app", roots(*texts), ">=3.11,<3.13", points=points)
    try:
        answer = drive(resolve(request), facts)
    except ResolutionFailure:
        assert not all(solvable(everywhere_alike(facts), texts, place) for place in TARGET_PLACES)
        return

    for place in TARGET_PLACES:
        versions = selected(answer, place)
        reached = walk(facts, texts, place, versions)
        assert not isinstance(reached, str), f"{place}: {reached}"
        assert reached.keys() == versions.keys()
        for name, version in versions.items():
            pin = pinned(texts, name, version)
            assert usable(facts.projects[name][version], place, pin=pin), (place, name, version)


@many
@given(worlds(), worlds())
def test_each_entry_selects_exactly_what_it_reaches(
    case: tuple[World, list[str]], other: tuple[World, list[str]]
) -> None:
    facts, texts = case
    more = other[1]
    entry = Entry("group", "dev")
    wanted = (*roots(*texts), *(RootRequirement(text, entry) for text in more))
    try:
        answer = drive(resolve(Request("app", wanted, ">=3.9")), facts)
    except ResolutionFailure:
        assert not all(solvable(facts, [*texts, *more], place) for place in PLACES)
        return

    for place in PLACES:
        for lines, door in ((texts, Entry()), (more, entry)):
            found = {
                package.name: package.version
                for package in answer.packages
                if door in package.markers and holds(package.markers[door], place)
            }
            reached = walk(facts, lines, place, found)
            assert not isinstance(reached, str), f"{place}: {reached}"
            assert reached.keys() == found.keys()
