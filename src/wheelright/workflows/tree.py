"""``wheelright tree``: what depends on what, as locked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.lockfile.graph import Node, dependency_graph
from wheelright.lockfile.walk import parse_line
from wheelright.targets import detect_machine, marker_values, normalize_name, parse_platform
from wheelright.venv import NotAVenv
from wheelright.workflows.aims import NATIVE
from wheelright.workflows.choosing import open_doors
from wheelright.workflows.current import lock_to_read
from wheelright.workflows.declared import targets_for
from wheelright.workflows.outcomes import TreeNode, TreeOutcome
from wheelright.workflows.pythons import choose_python
from wheelright.workflows.venvs import find_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelright.lockfile import Lock
    from wheelright.lockfile.graph import Arrow, Graph
    from wheelright.targets import Interpreter
    from wheelright.workflows.choosing import Doors
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import TreeOptions

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+(?:(?:a|b|rc)\d+)?)?")


class NotInTreeError(RequestError):
    """A package that was asked for is not in the tree."""


def tree(context: Context, options: TreeOptions) -> TreeOutcome:
    """Return the dependencies of the project as a tree, or as several.

    The lock is made current first, unless ``frozen`` or ``locked`` say otherwise. Where no extra
    is chosen, all are shown. Raises :class:`NotInTreeError`, ``UnknownPlatform``, ``UsageError``
    for a ``python_version`` that is none, and the errors of the lock.
    """
    target = _target(context, options)
    values = None if options.universal or target else _values(context, options)
    lock = lock_to_read(
        context,
        options.resolve,
        options.index,
        frozen=options.frozen,
        must_be_current=options.locked,
    )
    if target is not None:
        values = target.values(_python_of(target, lock, options, context))
    doors = _doors(context, options, lock)
    graph = dependency_graph(lock, values, doors.extras, doors.groups, project=doors.project)
    view = _View(graph, options.invert, options.universal, _names(options.prune))
    version = context.project.version
    shown = {graph.root: None if version is None else str(version)}
    drawing = _Drawing(view, shown, dedupe=not options.no_dedupe)
    return TreeOutcome(
        tuple(drawing.root(nodes, options.depth) for nodes in _roots(view, options, graph))
    )


def _target(context: Context, options: TreeOptions) -> DeclaredTarget | None:
    """Return the target that the tree is for; None for this machine, a platform, or all of them.

    Raises ``TargetError``, and ``UsageError`` for several.
    """
    if options.universal or options.python_platform is not None:
        return None
    found = targets_for(options.target, context.project, context.settings, context.environ)
    if len(found) > 1:
        raise UsageError(
            "a tree is of one target",
            where=f"--for {','.join(target.name for target in found)}",
            hints=["name one of them, or show all environments with `--universal`"],
        )
    return found[0] if found else None


def _python_of(
    target: DeclaredTarget, lock: Lock, options: TreeOptions, context: Context
) -> tuple[int, int]:
    """Return the Python of a target: as asked, as in the venv, else the newest that is served."""
    if options.python_version is not None:
        values = _values(context, options)
        major, _, minor = values["python_version"].partition(".")
        return int(major), int(minor)
    served = [one.pythons for one in lock.targets if one.name == target.name]
    pythons = [tuple(map(int, text.split("."))) for text in served[0]] if served else []
    known = [python for python in target.pythons if python in pythons] or list(target.pythons)
    try:
        here = find_place(context, context.project).interpreter.python
    except NotAVenv:
        return known[-1]
    return here if here in known else known[-1]


def _values(context: Context, options: TreeOptions) -> Mapping[str, str]:
    """Return the marker values of the environment that the tree is for."""
    version, name = options.python_version, options.python_platform
    if version is not None and _VERSION.fullmatch(version) is None:
        raise UsageError(
            f"`{version}` is no version of Python",
            where="--python-version",
            hints=["give one like `3.12` or `3.12.4`"],
        )
    named = None if name is None or name in NATIVE else parse_platform(name)
    if version is not None:
        return marker_values(named or detect_machine().platform, version)
    interpreter = _interpreter(context)
    if named is None:
        return interpreter.marker_values
    return marker_values(named, interpreter.version, interpreter.implementation)


def _interpreter(context: Context) -> Interpreter:
    """Return the Python of the project's venv, or the one that a venv would be made for."""
    try:
        return find_place(context, context.project).interpreter
    except NotAVenv:
        return choose_python(context)  # a tree needs no venv: whatever stands there


def _doors(context: Context, options: TreeOptions, lock: Lock) -> Doors:
    chosen = options.selection
    if not (chosen.extras or chosen.only_groups):
        chosen = replace(chosen, all_extras=True)
    if context.workspace is not None:
        chosen = replace(chosen, all_packages=True)
    return open_doors(chosen, lock, context)


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(normalize_name(text) for text in texts)


class _Branch(Struct, frozen=True):
    """One step of the tree: the node it leads to, and in which words it is asked for."""

    node: Node
    requirement: str
    label: str
    marker: str | None


class _View(Struct, frozen=True):
    """A graph as it is shown: the right way or inverted, without what is pruned."""

    graph: Graph
    invert: bool
    universal: bool
    pruned: frozenset[str]

    def branches(self, node: Node) -> list[_Branch]:
        """Return the steps from a node, those of the project itself first, in order of name."""
        arrows = self.graph.parents(node) if self.invert else self.graph.children(node)
        joined: dict[tuple[Node, str], list[Arrow]] = {}
        for arrow in arrows:
            other = arrow.source if self.invert else arrow.target
            if other.name not in self.pruned:
                joined.setdefault((other, _label(arrow)), []).append(arrow)
        found = [self._branch(key[0], key[1], asked) for key, asked in joined.items()]
        return sorted(found, key=lambda branch: (branch.label, _key(branch.node)))

    def _branch(self, node: Node, label: str, arrows: list[Arrow]) -> _Branch:
        specifiers = {str(parse_line(arrow.requirement).specifier): None for arrow in arrows}
        markers = [arrow.marker for arrow in arrows]
        said = dict.fromkeys(marker for marker in markers if marker is not None)
        everywhere = not self.universal or None in markers
        return _Branch(
            node,
            ",".join(text for text in specifiers if text),
            label,
            None if everywhere else " or ".join(said),
        )


def _key(node: Node) -> tuple[str, str, tuple[str, ...]]:
    return node.name, node.version or "", node.extras


def _label(arrow: Arrow) -> str:
    if arrow.extra is not None:
        return f"extra: {arrow.extra}"
    return "" if arrow.group is None else f"group: {arrow.group}"


def _roots(view: _View, options: TreeOptions, graph: Graph) -> list[tuple[Node, ...]]:
    """Return where the trees begin: each place is one version, with or without extras."""
    nodes: dict[tuple[str, str | None], list[Node]] = {}
    for node in graph.nodes:
        if node.name not in view.pruned:
            nodes.setdefault((node.name, node.version), []).append(node)
    wanted = _names(options.packages)
    if wanted:
        known = sorted({name for name, _ in nodes})
        for name in sorted(wanted.difference(known)):
            raise _unknown(name, known)
        return [tuple(same) for (name, _), same in nodes.items() if name in wanted]
    return _ends(nodes, view) if options.invert else [(graph.root,)]


def _ends(
    nodes: Mapping[tuple[str, str | None], list[Node]], view: _View
) -> list[tuple[Node, ...]]:
    """Return what needs nothing; and of packages that only need each other, the first by name."""
    ends = [tuple(same) for same in nodes.values() if not any(map(view.graph.children, same))]
    above: set[Node] = set()
    for same in ends:
        above |= _reached(same, view.graph.parents, "source")
    for ways in nodes.values():
        if above.isdisjoint(ways):
            # Of all below, those with the least below them are a circle that needs nothing else.
            below = _reached(ways, view.graph.children, "target")
            circles = [_reached((node,), view.graph.children, "target") for node in below]
            smallest: set[Node] = min(circles, key=len)
            end = min(smallest, key=_key)
            ends.append(tuple(nodes.get((end.name, end.version), (end,))))
            above |= _reached(ends[-1], view.graph.parents, "source")
    return sorted(ends, key=lambda same: _key(same[0]))


def _reached(
    nodes: Iterable[Node],
    arrows: Callable[[Node], tuple[Arrow, ...]],
    side: Literal["source", "target"],
) -> set[Node]:
    """Return the nodes, and all that following the arrows from them leads to."""
    reached: set[Node] = set()
    queue = list(nodes)
    while queue:
        node = queue.pop()
        if node not in reached:
            reached.add(node)
            queue += [getattr(arrow, side) for arrow in arrows(node)]
    return reached


def _unknown(name: str, known: list[str]) -> NotInTreeError:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    return NotInTreeError(
        f"`{name}` is not in the tree",
        where="--package",
        hints=[f"did you mean `{near[0]}`?"]
        if near
        else ["`--universal` shows what other platforms and Pythons get"],
    )


class _Drawing(Struct):
    """Turns nodes into lines. A node whose branches stand further up is marked, not repeated.

    ``drawn`` has each node whose branches were shown, with the levels that were left for them
    then; ``None`` where nothing was cut off.
    """

    view: _View
    versions: Mapping[Node, str | None]
    dedupe: bool
    drawn: dict[Node, int | None] = {}
    path: set[Node] = field(default_factory=set)

    def root(self, nodes: tuple[Node, ...], depth: int) -> TreeNode:
        """Draw one tree; ``nodes`` are the ways in which its root is asked for."""
        branches = {branch: None for node in nodes for branch in self.view.branches(node)}
        children, _ = self._children(nodes, list(branches), depth)
        first = nodes[0]
        extras = tuple(sorted({extra for node in nodes for extra in node.extras}))
        version = first.version or self.versions.get(Node(first.name))
        name = first.name or "workspace"  # whose root is no project
        return TreeNode(name, version, extras, children=children)

    def _children(
        self, nodes: tuple[Node, ...], branches: list[_Branch], left: int
    ) -> tuple[tuple[TreeNode, ...], bool]:
        """Draw the branches of a node, and tell whether all below it was drawn."""
        if left <= 0:
            return (), not branches
        self.path.update(nodes)
        drawn = [self._node(branch, left - 1) for branch in branches]
        self.path.difference_update(nodes)
        whole = all(complete for _, complete in drawn)
        for node in nodes:
            self.drawn[node] = None if whole else left
        return tuple(child for child, _ in drawn), whole

    def _node(self, branch: _Branch, left: int) -> tuple[TreeNode, bool]:
        node = branch.node
        branches = self.view.branches(node)
        repeated = bool(branches) and (node in self.path or self._stands_above(node, left))
        children, whole = ((), True) if repeated else self._children((node,), branches, left)
        line = TreeNode(
            node.name,
            node.version or self.versions.get(node),
            node.extras,
            branch.requirement,
            children,
            repeated,
            branch.label,
            branch.marker,
        )
        return line, whole

    def _stands_above(self, node: Node, left: int) -> bool:
        if not self.dedupe or node not in self.drawn:
            return False
        levels = self.drawn[node]
        return levels is None or levels >= left
