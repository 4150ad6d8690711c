"""Drawing the tree of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.console.style import PLAIN, Style, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelright.workflows.outcomes import TreeNode, TreeOutcome

UNICODE = ("├── ", "└── ", "│   ", "    ")
ASCII = ("|-- ", "`-- ", "|   ", "    ")


def tree_lines(
    outcome: TreeOutcome, style: Style = PLAIN, *, ascii_only: bool = False
) -> list[str]:
    """Draw the tree, one package a line, with a last line that explains ``(*)`` where it occurs."""
    glyphs = ASCII if ascii_only else UNICODE
    lines: list[str] = []
    for root in outcome.roots:
        lines.append(_label(root, style))
        lines += _branches(root.children, "", glyphs, style)
    if any(map(_repeats, outcome.roots)):
        lines.append(style.paint("(*) its dependencies are shown above", "dim"))
    return lines


def _branches(
    nodes: Sequence[TreeNode], prefix: str, glyphs: tuple[str, str, str, str], style: Style
) -> Iterator[str]:
    middle, last, bar, gap = glyphs
    for position, node in enumerate(nodes, 1):
        ending = position == len(nodes)
        yield f"{style.paint(prefix + (last if ending else middle), 'dim')}{_label(node, style)}"
        yield from _branches(node.children, prefix + (gap if ending else bar), glyphs, style)


def _label(node: TreeNode, style: Style) -> str:
    name = style.paint(node.name, "bold")
    if node.extras:
        name += f"[{','.join(node.extras)}]"
    parts = [name]
    if node.version is not None:
        parts.append(style.paint(node.version, "cyan"))
    if node.requirement:
        parts.append(style.paint(f"({printable(node.requirement)})", "dim"))
    if node.marker:
        parts.append(style.paint(f"; {printable(node.marker)}", "dim"))
    if node.label:
        parts.append(style.paint(f"[{printable(node.label)}]", "dim"))
    if node.repeated:
        parts.append(style.paint("(*)", "dim"))
    return " ".join(parts)


def _repeats(node: TreeNode) -> bool:
    return node.repeated or any(map(_repeats, node.children))
