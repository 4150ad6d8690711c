"""What a search walks on: projects as nodes, requirements as edges, and what it ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.resolver.candidates import Candidates
    from wheelright.resolver.requirements import Dependency

#: A project, or one extra of it (the extra's name, else "").
Key: TypeAlias = tuple[str, str]


class Edge(Struct):
    """One requirement of one candidate: where it holds, on which projects, awake or not."""

    where: int
    dependency: Dependency
    cause: str = ""
    entry: int = -1
    children: tuple[int, ...] = ()
    awake: bool = False


class Part(Struct, frozen=True):
    """The answer for one set of environments: versions by key, and the edges between them."""

    where: int
    versions: Mapping[Key, str]
    edges: Mapping[Key, list[tuple[int, Key, Dependency, int]]]


class Counts(Struct):
    """What all searches of one question did."""

    steps: int = 0
    conflicts: int = 0
    splits: int = 0
    refinements: int = 0


class Node(Struct):
    """A project (or extra) in the search. ``base`` is the project's own node."""

    key: Key
    candidates: Candidates
    base: int
