"""Random worlds of packages for property tests, with places to judge them in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from support.worlds import Place, World, world

if TYPE_CHECKING:
    from collections.abc import Callable

#: How many worlds each law tries; more by hand: ``WORLDS=20000 pytest tests/resolver``.
WORLDS = int(os.environ.get("WORLDS", "120"))
NAMES = ("a", "b", "c", "d")
VERSIONS = ("1", "2", "3", "3.1rc1")
SPECIFIERS = (
    *("",) * 5,
    *(">=2", "<=2", "<3", "!=2") * 2,
    *("<2", "==1", "==3", "~=2.0", "==2.*", ">=4"),
)
MARKERS = (
    *("",) * 4,
    "python_version >= '3.10'",
    "python_version < '3.10'",
    "sys_platform == 'linux'",
    "sys_platform != 'win32'",
    "sys_platform == 'win32' and python_version < '3.11'",
    "sys_platform == 'darwin' or python_full_version >= '3.10.4'",
    "os_name == 'nt'",
    "python_version in '3.9, 3.11'",
)
PYTHONS = ("3.9.0", "3.10.0", "3.10.4", "3.11.0", "3.13.2")
SYSTEMS = (
    ("linux", "posix"),
    ("darwin", "posix"),
    ("win32", "nt"),
    ("plan9", "posix"),
    ("plan9", "nt"),
    ("plan9", "plan9"),
)
PLACES = [Place(python, *system) for python in PYTHONS for system in SYSTEMS]
EXTRAS = ("x", "y")
MARKS = (*("",) * 9, " | yanked", *(" | python >=3.10",) * 2, " | python >=3.11", " | broken: no")


@st.composite
def requirement(draw: Callable[..., Any], *, root: bool) -> str:
    name = draw(st.sampled_from(NAMES))
    extra = draw(st.sampled_from(("", "", "", *EXTRAS)))
    marker = draw(st.sampled_from(MARKERS))
    if not root and draw(st.integers(0, 5)) == 0:
        condition = f"extra == '{draw(st.sampled_from(EXTRAS))}'"
        marker = f"({marker}) and {condition}" if marker else condition
    text = f"{name}[{extra}]" if extra else name
    text += draw(st.sampled_from(SPECIFIERS))
    return f"{text}; {marker}" if marker else text


@st.composite
def worlds(draw: Callable[..., Any]) -> tuple[World, list[str]]:
    """Draw a world and what a project requires of it: dense enough to be split and to conflict."""
    releases: dict[str, list[str]] = {}
    for name in NAMES:
        few = 0 if draw(st.integers(0, 15)) == 15 else 2
        for version in draw(st.lists(st.sampled_from(VERSIONS), unique=True, min_size=few)):
            mark = draw(st.sampled_from(MARKS))
            lines = draw(st.lists(requirement(root=False), max_size=2))
            releases[f"{name} {version}{mark}"] = lines
        releases.setdefault(name, [])
    return world(releases), draw(st.lists(requirement(root=True), min_size=2, max_size=4))
