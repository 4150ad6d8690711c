"""Where the files of versions serve some environments only: cutting, passing over, leaving out."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.random_worlds import worlds
from support.worlds import Place, World, drive, holds, roots, solvable, usable, walk, world
from wheelright.resolver import Request, Resolution, ResolutionFailure, resolve

if TYPE_CHECKING:
    from random import Random

LINUX, MAC = Place("", "linux", "posix"), Place("", "darwin", "posix")
MINORS = (11, 12, 13)


def serving(facts: World, **cells: set[tuple[int, int]]) -> World:
    """Limit versions: ``serving(facts, **{"a 1": {(0, 11)}})``."""
    for title, served in cells.items():
        name, version = title.split()
        release = facts.projects[name][version]
        facts.projects[name][version] = replace(release, serves=frozenset(served))
    return facts


def answer(
    facts: World, *texts: str, places: tuple[Place, ...] = (LINUX,), optional: tuple[int, ...] = ()
) -> Resolution:
    """Resolve for targets on Python 3.11 to 3.13, of which some minors may be left out."""
    points = tuple(
        {k: v for k, v in place.values.items() if not k.startswith("python_")} for place in places
    )
    request = Request(
        "app",
        roots(*texts),
        ">=3.11,<3.14",
        points=points,
        point_optional=(frozenset(optional),) * len(points),
    )
    return drive(resolve(request), facts)


def said(resolution: Resolution) -> dict[str, str]:
    return {
        f"{one.name} {one.version}": next(iter(one.markers.values())) or ""
        for one in resolution.packages
    }


def test_each_python_gets_the_newest_version_that_serves_it() -> None:
    facts = serving(
        world({"a 2": [], "a 1": []}),
        **{"a 2": {(0, 12), (0, 13)}, "a 1": {(0, 11), (0, 12), (0, 13)}},
    )
    found = answer(facts, "a")
    assert said(found) == {"a 1": "python_version < '3.12'", "a 2": "python_version >= '3.12'"}
    assert [(one.version, one.cells) for one in found.passed_over] == [("2", {(0, 11)})]


def test_what_serves_one_target_only_is_passed_over() -> None:
    facts = serving(world({"a 2": [], "a 1": []}), **{"a 2": {(1, minor) for minor in MINORS}})
    found = answer(facts, "a", places=(LINUX, MAC))
    assert said(found) == {"a 1": ""}
    assert found.passed_over[0].cells == {(0, minor) for minor in MINORS}


def test_a_target_that_does_not_need_it_does_not_count() -> None:
    facts = serving(world({"a 2": [], "a 1": []}), **{"a 2": {(1, minor) for minor in MINORS}})
    found = answer(facts, "a; sys_platform == 'darwin'", places=(LINUX, MAC))
    assert said(found) == {"a 2": "sys_platform == 'darwin'"}
    assert found.passed_over == ()


def test_pythons_are_left_out_rather_than_other_versions_given_up() -> None:
    """`top 1` needs nothing, and would serve; where 3.13 is promised, it does."""
    facts = serving(world({"top 2": ["a"], "top 1": [], "a 1": []}), **{"a 1": {(0, 11), (0, 12)}})
    found = answer(facts, "top", optional=(12, 13))
    assert said(found) == {"top 2": "", "a 1": ""}
    assert [(one.point, one.minor, one.name) for one in found.left_out] == [(0, 13, "a")]
    promised = answer(facts, "top")
    assert said(promised) == {
        "a 1": "python_version < '3.13'",
        "top 1": "python_version >= '3.13'",
        "top 2": "python_version < '3.13'",
    }


def test_newer_pythons_go_with_one_that_is_left_out() -> None:
    facts = serving(world({"a 1": []}), **{"a 1": {(0, 11), (0, 13)}})
    found = answer(facts, "a", optional=(12, 13))
    assert [(one.minor, one.name) for one in found.left_out] == [(12, "a"), (13, "a")]


def test_only_the_target_that_is_not_served_loses_a_python() -> None:
    """Though no marker can tell the two apart."""
    facts = serving(
        world({"a 1": []}), **{"a 1": {(0, 11), (0, 12), *((1, minor) for minor in MINORS)}}
    )
    found = answer(facts, "a", places=(LINUX, LINUX), optional=(12, 13))
    assert [(one.point, one.minor) for one in found.left_out] == [(0, 13)]


@pytest.mark.parametrize("optional", [(), (12,), (13,)])
def test_what_is_promised_is_a_conflict(optional: tuple[int, ...]) -> None:
    facts = serving(world({"a 1": []}), **{"a 1": {(0, 13)}})
    with pytest.raises(ResolutionFailure) as caught:
        answer(facts, "a", optional=optional)
    assert [premise.kind for premise in caught.value.premises] == ["misfit", "requires"]


def test_an_ordinary_conflict_leaves_nothing_out() -> None:
    facts = world({"a 1": ["b>=2; python_version >= '3.13'"], "b 1": []})
    with pytest.raises(ResolutionFailure):
        answer(facts, "a", optional=(12, 13))


PLACES = (LINUX, Place("", "win32", "nt"), LINUX)
SERVES = [None, *(frozenset(product(points, minors)) for points in ({0}, {0, 2}, {0, 1, 2}, {1, 2})
                  for minors in ({11}, {11, 12}, {12}, {11, 12, 13}))]  # fmt: skip


def _free(facts: World) -> World:
    """Return a world in which every file serves everywhere."""
    return World(
        {
            name: {version: replace(one, serves=None) for version, one in releases.items()}
            for name, releases in facts.projects.items()
        }
    )


def _together(facts: World) -> World:
    """Return a world in which the first and the third target are served together, or not."""
    return World(
        {
            name: {
                version: one
                if one.serves is None
                else replace(
                    one,
                    serves=frozenset(
                        (point, minor)
                        for point, minor in one.serves
                        if point == 1 or {(0, minor), (2, minor)} <= one.serves
                    ),
                )
                for version, one in releases.items()
            }
            for name, releases in facts.projects.items()
        }
    )


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_law_holds_where_pythons_are_covered(
    case: tuple[World, list[str]], random: Random
) -> None:
    facts, texts = case
    for releases in facts.projects.values():
        for version, release in releases.items():
            releases[version] = replace(release, serves=random.choice(SERVES))
    places = {
        (point, minor): replace(place, python=f"3.{minor}.0", target=point)
        for point, place in enumerate(PLACES)
        for minor in MINORS
    }
    try:
        found = answer(facts, *texts, places=PLACES, optional=(12, 13))
    except ResolutionFailure:
        oldest = [place for (_, minor), place in places.items() if minor == MINORS[0]]
        assert not all(solvable(_together(facts), texts, place) for place in oldest) or not all(
            solvable(_free(facts), texts, place) for place in places.values()
        )
        return
    left_out = {(one.point, one.minor) for one in found.left_out}
    assert all((point, 13) in left_out for point, minor in left_out if minor == 12)
    assert not any(minor == 11 for _, minor in left_out)
    for cell, place in places.items():
        if cell in left_out:
            continue
        versions = {
            one.name: one.version
            for one in found.packages
            if any(holds(marker, place) for marker in one.markers.values())
        }
        reached = walk(facts, texts, place, versions)
        assert not isinstance(reached, str), f"{place}: {reached}"
        assert reached.keys() == versions.keys()
        for name, version in versions.items():
            one = facts.projects[name][version]
            assert one.serves is None or cell in one.serves
            assert usable(replace(one, serves=None), place, pin=True) or one.yanked is not False
