"""The dependency graph of a lock, for trees and for the origin of each package.

Must live here: nodes and arrows with the words of the requirement. Must not live here: drawing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from packaging.version import InvalidVersion

from wheelright.lockfile.markers import assume, normalised_name, parse_condition
from wheelright.lockfile.select import select
from wheelright.lockfile.walk import Line, named_lines, parse_line, reached_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wheelright.lockfile.model import Lock, LockedPackage


class Node(Struct, frozen=True, order=True):
    """A package as somebody asks for it; the root is the project, without a version."""

    name: str
    version: str | None = None
    extras: tuple[str, ...] = ()


class Arrow(Struct, frozen=True):
    """``source`` requires ``target``, in the words of ``requirement``.

    ``marker`` is what of its condition is still open; ``extra`` and ``group`` say which part of
    the project asks.
    """

    source: Node
    target: Node
    requirement: str
    marker: str | None = None
    extra: str | None = None
    group: str | None = None


class Graph(Struct, frozen=True, dict=True):
    """Nodes in order of name, arrows in order of source and target; may have cycles."""

    root: Node
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]

    @cached_property
    def _children(self) -> dict[Node, list[Arrow]]:
        found: dict[Node, list[Arrow]] = {}
        for arrow in self.arrows:
            found.setdefault(arrow.source, []).append(arrow)
        return found

    @cached_property
    def _parents(self) -> dict[Node, list[Arrow]]:
        found: dict[Node, list[Arrow]] = {}
        for arrow in self.arrows:
            found.setdefault(arrow.target, []).append(arrow)
        return found

    def children(self, node: Node) -> tuple[Arrow, ...]:
        """Return what the node requires."""
        return tuple(self._children.get(node, ()))

    def parents(self, node: Node) -> tuple[Arrow, ...]:
        """Return what requires the node."""
        return tuple(self._parents.get(node, ()))


def dependency_graph(
    lock: Lock,
    marker_values: Mapping[str, str] | None,
    extras: Collection[str] = (),
    groups: Collection[str] = (),
    *,
    project: bool = True,
) -> Graph:
    """Return the graph for one environment, or for all (``marker_values`` is ``None``).

    Arguments and errors are those of `select`. A lock of another tool records no requirements;
    then its ``dependencies`` are the arrows, and what nobody requires hangs on the root.
    """
    extras = frozenset(map(normalised_name, extras))
    groups = frozenset(map(normalised_name, groups))
    if marker_values is None:
        packages = list(in_scope(lock, extras, groups, project=project))
    else:
        packages = select(lock, marker_values, extras, groups, project=project)
    entries: dict[str, list[LockedPackage]] = {}
    for package in packages:
        entries.setdefault(package.name, []).append(package)
    builder = _Builder(lock, entries, marker_values)
    if lock.inputs is None:
        return builder.foreign()
    return builder.own(extras, groups, project=project)


def in_scope(
    lock: Lock, extras: Collection[str], groups: Collection[str], *, project: bool = True
) -> Iterator[LockedPackage]:
    """Yield the entries that some environment gets with these (normalised) extras and groups."""
    reached: set[str] | None = None
    if not project and lock.inputs is not None:
        reached = reached_names(lock.inputs, lock.by_name, None, extras, groups)
    for package in lock.packages:
        if reached is not None and package.name not in reached:
            continue
        condition = True if package.marker is None else parse_condition(package.marker)
        if assume(condition, extras=extras, groups=groups) is not False:
            yield package


class _Builder:
    """Collects nodes and arrows breadth first."""

    def __init__(
        self,
        lock: Lock,
        entries: Mapping[str, list[LockedPackage]],
        values: Mapping[str, str] | None,
    ) -> None:
        self.lock = lock
        self.entries = entries
        self.values = values
        self.root = Node((lock.inputs.project if lock.inputs else None) or "")
        self.packages: dict[Node, LockedPackage | None] = {self.root: None}
        self.arrows: dict[Arrow, None] = {}

    def own(self, extras: Collection[str], groups: Collection[str], *, project: bool) -> Graph:
        inputs = self.lock.inputs
        assert inputs is not None
        queue: list[Node] = []
        if project:
            queue += self.follow(self.root, inputs.requirements)
        for name, lines in inputs.extras.items():
            if normalised_name(name) in extras:
                queue += self.follow(self.root, lines, extra=name)
        for name, lines in inputs.groups.items():
            if normalised_name(name) in groups:
                queue += self.group(name, lines)
        for node in queue:
            package = self.packages[node]
            if package is not None:
                queue += self.follow(node, package.requires, package)
            else:  # the project, asked for by one of its own groups
                own = [*inputs.requirements, *named_lines(inputs.extras, node.extras)]
                queue += self.follow(node, own)
        return self.graph()

    def group(self, name: str, lines: tuple[str, ...]) -> list[Node]:
        """Follow a group. That of a workspace's member hangs on the member, which is a root too."""
        member, colon, group = name[1:].partition(":")
        if not name.startswith("@"):
            return self.follow(self.root, lines, group=name)
        if not colon:  # the member itself, perhaps with an extra: it shows what it requires
            return self.follow(self.root, [member])
        fresh = self.follow(self.root, [member])
        entry = next(iter(self.entries.get(member, ())), None)
        node = Node(member) if entry is None else Node(member, entry.version)
        return fresh + self.follow(node, lines, group=group)

    def follow(
        self,
        source: Node,
        lines: Iterable[str],
        package: LockedPackage | None = None,
        *,
        extra: str | None = None,
        group: str | None = None,
    ) -> list[Node]:
        """Add the arrows of a node; return the nodes met for the first time."""
        fresh: list[Node] = []
        for text in lines:
            line = parse_line(text)
            if not line.holds(self.values, source.extras):
                continue
            marker = line.open_marker(source.extras)
            for target, entry in self.targets(line, package):
                if target not in self.packages:
                    self.packages[target] = entry
                    fresh.append(target)
                self.arrows[Arrow(source, target, text, marker, extra, group)] = None
        return fresh

    def targets(
        self, line: Line, package: LockedPackage | None
    ) -> Iterator[tuple[Node, LockedPackage | None]]:
        """Yield the entries a line means: those the lock's edges name, else those that satisfy."""
        entries = self.entries.get(line.name, [])
        edges = () if package is None else package.dependencies
        versions = {edge.version for edge in edges if edge.name == line.name}
        named = [entry for entry in entries if entry.version in versions] or entries
        for entry in [entry for entry in named if _satisfies(line, entry)] or named:
            yield Node(entry.name, entry.version, line.extras), entry
        if not entries and line.name == self.root.name:
            yield Node(line.name, None, line.extras), None

    def foreign(self) -> Graph:
        nodes = {
            id(package): Node(package.name, package.version)
            for entries in self.entries.values()
            for package in entries
        }
        wanted: set[Node] = set()
        for entries in self.entries.values():
            for package in entries:
                self.packages[nodes[id(package)]] = package
                for edge in package.dependencies:
                    for other in self.entries.get(edge.name, ()):
                        if edge.version in {None, other.version}:
                            source, target = nodes[id(package)], nodes[id(other)]
                            self.arrows[Arrow(source, target, edge.name)] = None
                            wanted.add(target)
        for node in nodes.values():
            if node not in wanted:
                self.arrows[Arrow(self.root, node, node.name)] = None
        return self.graph()

    def graph(self) -> Graph:
        order = sorted(self.arrows, key=lambda arrow: (_key(arrow.source), _key(arrow.target)))
        return Graph(self.root, tuple(sorted(self.packages, key=_key)), tuple(order))


def _key(node: Node) -> tuple[str, str, tuple[str, ...]]:
    return node.name, node.version or "", node.extras


def _satisfies(line: Line, package: LockedPackage) -> bool:
    if package.version is None:
        return True
    try:
        return line.specifier.contains(package.version, prereleases=True)
    except InvalidVersion:
        return True
