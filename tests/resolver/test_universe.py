"""Sets of environments: masks against concrete evaluation, and back to markers without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from support.marker_trees import text_of, trees, truth
from wheelright.resolver import Request, parse_marker
from wheelright.resolver.simplify import marker_for
from wheelright.resolver.split import split_between, split_python
from wheelright.resolver.universe import Universe, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.resolver.markers import MarkerTree

LINUX = {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"}
LINUX |= {"platform_system": "Linux", "implementation_name": "cpython"}
WINDOWS = {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"}
WINDOWS |= {"platform_system": "Windows", "implementation_name": "cpython"}


def universe_of(*markers: str, python: str = ">=3.9", **request: Any) -> Universe:
    asked = Request("app", (), python, **request)
    vocabulary = Vocabulary(python)
    for text in (*markers, *asked.environments):
        vocabulary.learn(parse_marker(text), listed=bool(asked.points))
    return Universe(asked, vocabulary)


def values_at(universe: Universe, point: int) -> Mapping[str, str]:
    """Return the marker values of one environment of a universe."""
    values = {"implementation_version": "", "platform_release": "", "platform_version": ""}
    for axis, slices in zip(universe.axes, universe.slices, strict=True):
        at = next(n for n, mask in enumerate(slices) if mask >> point & 1)
        values |= axis.values[at]
    return values


listable = trees.filter(lambda tree: "implementation_version" not in text_of(tree))


@settings(deadline=None, max_examples=60)
@given(listable)
def test_a_mask_has_exactly_the_environments_where_the_marker_holds(tree: MarkerTree) -> None:
    universe = universe_of(text_of(tree))
    mask = universe.mask(parse_marker(text_of(tree)))

    for point in range(universe.size):
        assert (mask >> point & 1) == truth(tree, values_at(universe, point))


@settings(deadline=None, max_examples=80)
@given(trees, trees)
def test_a_mask_written_as_a_marker_and_read_again_is_the_same_mask(
    tree: MarkerTree, scope: MarkerTree
) -> None:
    universe = universe_of(text_of(tree), text_of(scope))
    mask = universe.mask(parse_marker(text_of(tree)))
    for within in (universe.everything, universe.mask(parse_marker(text_of(scope)))):
        text = marker_for(universe, mask, within)
        again = within if text is None else universe.mask(parse_marker(text)) & within
        assert again == mask & within


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_set_at_all_can_be_written_as_a_marker(data: st.DataObject) -> None:
    universe = universe_of("sys_platform == 'cygwin'", "python_full_version >= '3.10.4'")
    chosen = 0
    for axis in universe.slices:
        chosen ^= universe.box(
            universe.slices.index(axis), data.draw(st.sets(st.integers(0, len(axis) - 1)))
        )
    text = marker_for(universe, chosen, universe.everything)

    if text is None:
        assert chosen == universe.everything
    elif chosen:
        assert universe.mask(parse_marker(text)) == chosen
        Marker(text)


def test_the_empty_set_is_a_marker_that_never_holds() -> None:
    universe = universe_of()

    text = marker_for(universe, 0, universe.everything)

    assert text is not None
    assert universe.mask(parse_marker(text)) == 0
    assert Marker(text).evaluate() is False


@pytest.mark.parametrize(
    ("marker", "written"),
    [
        ("python_version < '3.11'", "python_version < '3.11'"),
        ("python_full_version < '3.11.0'", "python_version < '3.11'"),
        ("python_version == '3.10'", "python_version == '3.10'"),
        ("python_version in '3.9 3.10'", "python_version < '3.11'"),
        ("python_full_version >= '3.10.4'", "python_full_version >= '3.10.4'"),
        ("sys_platform == 'win32'", "sys_platform == 'win32'"),
        ("platform_system == 'Windows'", "sys_platform == 'win32'"),
        ("sys_platform != 'win32'", "sys_platform != 'win32'"),
        ("sys_platform == 'win32' or sys_platform != 'win32'", None),
        ("python_version >= '3.9'", None),
        (
            "python_version >= '3.10' and sys_platform == 'linux'",
            "python_version >= '3.10' and sys_platform == 'linux'",
        ),
        (
            "python_version >= '3.10' or sys_platform == 'linux'",
            "python_version >= '3.10' or sys_platform == 'linux'",
        ),
        ("platform_release >= '5'", "platform_release >= '5'"),
        ("platform_release < '5'", "platform_release < '5'"),
    ],
)
def test_markers_are_written_shortly(marker: str, written: str | None) -> None:
    universe = universe_of(marker)

    mask = universe.mask(parse_marker(marker))

    assert marker_for(universe, mask, universe.everything) == written


def test_declared_environments_bound_everything() -> None:
    universe = universe_of(environments=("sys_platform == 'linux'",))

    assert universe.everything == universe.mask(parse_marker("sys_platform == 'linux'"))
    assert marker_for(universe, universe.everything, universe.everything) is None


def test_targets_are_the_only_environments_where_they_are_declared() -> None:
    universe = universe_of(python=">=3.14", points=(LINUX, WINDOWS))

    assert universe.size == 2 * len(universe.starts)
    windows = universe.mask(parse_marker("sys_platform == 'win32'"))
    assert marker_for(universe, windows, universe.everything) == "sys_platform == 'win32'"


def test_a_split_by_python_solves_the_newer_ones_first() -> None:
    universe = universe_of()
    usable = universe.mask(parse_marker("python_version >= '3.12'"))

    split = split_python(universe, universe.everything, usable)

    assert split.first == usable
    assert split.second == universe.everything & ~usable


@settings(deadline=None, max_examples=60)
@given(trees, trees)
def test_a_split_has_two_parts_that_make_the_whole(one: MarkerTree, other: MarkerTree) -> None:
    universe = universe_of(text_of(one), text_of(other))
    masks = [universe.mask(parse_marker(text_of(tree))) for tree in (one, other)]
    split = split_between(universe, universe.everything, masks)
    if split is None:
        assert all(mask in {0, universe.everything} for mask in masks)
        return

    assert split.first
    assert split.second
    assert split.first | split.second == universe.everything
    assert not split.first & split.second
