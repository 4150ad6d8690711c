"""The bounds that ``add`` writes."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from wheelright.workflows.bounds import Bounds, bounds_for


@pytest.mark.parametrize(
    ("versions", "kind", "expected"),
    [
        (["1.2.3"], "lower", ">=1.2.3"),
        (["1.2.3+cpu"], "lower", ">=1.2.3"),
        (["2.0", "1.5"], "lower", ">=1.5"),
        (["1.2.3"], "major", ">=1.2.3,<2.0.0"),
        (["0.1.2"], "major", ">=0.1.2,<0.2.0"),
        (["0.0.3"], "major", ">=0.0.3,<0.0.4"),
        (["0"], "major", ">=0,<1"),
        (["2024"], "minor", ">=2024,<2024.1"),
        (["1.2.3"], "minor", ">=1.2.3,<1.3.0"),
        (["0.0.3"], "minor", ">=0.0.3,<0.0.4"),
        (["1!2.3"], "major", ">=1!2.3,<1!3.0"),
        (["1.5", "2.0"], "major", ">=1.5,<3.0"),
        (["1.2.3+cpu"], "exact", "==1.2.3+cpu"),
        (["1.0", "2.0"], "exact", ">=1.0"),
    ],
)
def test_bounds_are_as_documented(versions: list[str], kind: Bounds, expected: str) -> None:
    assert bounds_for(versions, kind) == expected


_VERSIONS = st.builds(
    lambda release, suffix: ".".join(map(str, release)) + suffix,
    st.lists(st.integers(0, 30), min_size=1, max_size=4),
    st.sampled_from(["", "rc1", ".post2", ".dev3", "+local"]),
)


@given(st.lists(_VERSIONS, min_size=1, max_size=3), st.sampled_from(get_args(Bounds)))
def test_what_was_locked_meets_its_bounds(versions: list[str], kind: Bounds) -> None:
    bounds = SpecifierSet(bounds_for(versions, kind))
    assert all(bounds.contains(Version(version), prereleases=True) for version in versions)
