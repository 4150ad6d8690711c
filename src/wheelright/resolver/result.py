"""The answer: what is chosen where, as data that a lock can be written from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.resolver.request import Entry


class Package(Struct, frozen=True):
    """One version of one project in the answer.

    ``markers`` says per entry where the package is reached through it: a marker, or None for
    everywhere. ``extras`` are those asked for anywhere. ``requires`` are the ``Requires-Dist``
    lines that hold somewhere in the answer; ``edges`` the (name, version) pairs they lead to.
    ``origin`` is the label of where it comes from, for a project with several origins.
    """

    name: str
    version: str
    markers: Mapping[Entry, str | None]
    extras: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    edges: tuple[tuple[str, str], ...] = ()
    origin: str = ""


class PassedOver(Struct, frozen=True):
    """A version whose files do not serve everywhere that its project was needed.

    ``cells`` are where they do not: (point of the request, Python minor) pairs.
    """

    name: str
    version: str
    cells: frozenset[tuple[int, int]]


class LeftOut(Struct, frozen=True):
    """Python ``minor`` of a point is not covered: no version of the project ``name`` serves it."""

    point: int
    minor: int
    name: str


class Statistics(Struct, frozen=True):
    """What the search did: counts for ``-v``, tests and benchmarks.

    ``backtracked`` says in words over which versions, and because of what.
    """

    steps: int = 0
    conflicts: int = 0
    splits: int = 0
    refinements: int = 0
    visited: int = 0
    environments: int = 0
    backtracked: tuple[str, ...] = ()


class Resolution(Struct, frozen=True):
    """Every package of the answer by name then version, with notes for the user.

    ``environments`` are the markers the answer covers; empty means all within ``requires_python``.
    Where targets are declared, ``passed_over`` tells which versions were, and ``left_out`` which
    of their Pythons the answer does not cover.
    """

    packages: tuple[Package, ...]
    notes: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    statistics: Statistics = Statistics()
    passed_over: tuple[PassedOver, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
