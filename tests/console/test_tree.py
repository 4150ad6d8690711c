"""The tree of packages, drawn."""

from __future__ import annotations

from wheelright.console import Style
from wheelright.console.tree import tree_lines
from wheelright.workflows.outcomes import TreeNode, TreeOutcome

MARKUPSAFE = TreeNode("markupsafe", "3.0.2", requirement=">=2.0")
JINJA = TreeNode("jinja2", "3.1.4", children=(MARKUPSAFE,), requirement=">=3.1.2")
AGAIN = TreeNode("jinja2", "3.1.4", repeated=True)
TREE = TreeOutcome(
    (
        TreeNode(
            "app",
            "0.1.0",
            children=(
                TreeNode("flask", "3.1.0", ("async",), ">=3", (JINJA,)),
                TreeNode("colorama", "0.4.6", marker="sys_platform == 'win32'"),
                TreeNode("sphinx", "8.1.0", children=(AGAIN,), label="group: docs"),
            ),
        ),
        TreeNode("other"),
    )
)


def test_tree() -> None:
    assert "\n".join(tree_lines(TREE)) == (
        "app 0.1.0\n"
        "├── flask[async] 3.1.0 (>=3)\n"
        "│   └── jinja2 3.1.4 (>=3.1.2)\n"
        "│       └── markupsafe 3.0.2 (>=2.0)\n"
        "├── colorama 0.4.6 ; sys_platform == 'win32'\n"
        "└── sphinx 8.1.0 [group: docs]\n"
        "    └── jinja2 3.1.4 (*)\n"
        "other\n"
        "(*) its dependencies are shown above"
    )


def test_ascii() -> None:
    lines = tree_lines(TREE, ascii_only=True)
    assert lines[1:3] == ["|-- flask[async] 3.1.0 (>=3)", "|   `-- jinja2 3.1.4 (>=3.1.2)"]
    assert all(line.isascii() for line in lines)


def test_colours() -> None:
    assert tree_lines(TreeOutcome((TreeNode("a", "1"),)), Style(enabled=True)) == [
        "\x1b[1ma\x1b[0m \x1b[36m1\x1b[0m"
    ]


def test_nothing() -> None:
    assert tree_lines(TreeOutcome()) == []
