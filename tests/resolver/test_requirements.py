"""Reading requirements: what of a marker is known without asking where it holds."""

from __future__ import annotations

import pytest

from wheelright.resolver.markers import parse_marker
from wheelright.resolver.request import Request, RootRequirement
from wheelright.resolver.requirements import parse_dependency
from wheelright.resolver.universe import Universe, Vocabulary

MARKERS = {
    "": None,
    "; python_version < '3.11'": None,
    "; sys_platform == 'win32' and python_version < '3.11'": None,
    "; extra == 'GPU'": "gpu",
    "; 'gpu' == extra": "gpu",
    "; extra == 'gpu' and python_version < '3.11'": "gpu",
    "; (sys_platform == 'win32' or os_name == 'nt') and (extra == 'all_of.it')": "all-of-it",
    "; extra == ''": "",
    "; extra != 'gpu'": "",
    "; extra == 'gpu' or extra == 'cpu'": "",
    "; extra == 'gpu' or python_version < '3.11'": "",
    "; python_version < '3.11' and extra != 'gpu'": "",
    "; python_version < '3.11' and extra != 'gpu' and extra == 'cpu'": "cpu",
}


@pytest.mark.parametrize(("marker", "only"), MARKERS.items())
def test_the_extra_that_a_marker_asks_for_is_known(marker: str, only: str | None) -> None:
    assert parse_dependency(f"kit{marker}").only == only


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("extra", ["", "gpu", "cpu", "all-of-it", "other"])
def test_where_a_requirement_holds_is_what_its_marker_says(marker: str, extra: str) -> None:
    dependency = parse_dependency(f"kit{marker}")
    vocabulary = Vocabulary(">=3.9")
    tree = parse_marker(marker[2:]) if marker else None
    if tree is not None:
        vocabulary.learn(tree, listed=False)
    universe = Universe(Request("app", (RootRequirement("kit"),), ">=3.9"), vocabulary)
    with_it = universe.everything if tree is None else universe.mask(tree, extra)
    without = universe.everything if tree is None else universe.mask(tree)

    expected = with_it & ~without if extra else without
    assert universe.required_mask(dependency, extra) == expected
