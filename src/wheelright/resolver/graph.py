"""What a search walks on: projects as nodes, requirements as edges, and what it ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def gather_part(
    where: int,
    nodes: Sequence[Node],
    decided: Mapping[int, int],
    edges: Mapping[tuple[int, int], list[Edge]],
    reach: Sequence[int],
) -> Part:
    """Return the answer for ``where`` once every reached project is decided, by number."""
    versions: dict[Key, str] = {}
    between: dict[Key, list[tuple[int, Key, Dependency, int]]] = {}
    for project, bit in decided.items():
        node = nodes[project]
        if not reach[project]:
            continue
        versions[node.key] = node.candidates.identity(bit)
        between[node.key] = [
            (edge.where & where, nodes[child].key, edge.dependency, edge.entry)
            for edge in edges[project, bit]
            for child in edge.children
            if edge.where & reach[project]
        ]
    return Part(where, versions, between)
