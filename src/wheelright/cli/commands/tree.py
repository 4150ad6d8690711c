"""``wheelright tree``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import (
    INDEX_OPTIONS,
    LOCK_MODE_OPTIONS,
    OUTPUT_FORMAT,
    RESOLVE_OPTIONS,
    SELECTION_OPTIONS,
    read_index,
    read_resolve,
    read_selection,
)
from wheelright.workflows.options import TreeOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import TreeOutcome


def _read(given: Given) -> TreeOptions:
    depth = given.text("depth")
    return TreeOptions(
        depth=TreeOptions().depth if depth is None else depth,
        prune=given.many("prune"),
        packages=given.many("packages"),
        no_dedupe=given.flag("no_dedupe"),
        invert=given.flag("invert"),
        universal=given.flag("universal"),
        python_platform=given.text("python_platform"),
        python_version=given.text("python_version"),
        target=given.text("target"),
        frozen=given.flag("frozen"),
        locked=given.flag("locked"),
        selection=read_selection(given),
        resolve=read_resolve(given),
        index=read_index(given),
    )


def _work(context: Context, options: TreeOptions) -> TreeOutcome:
    from wheelright.workflows.tree import tree

    return tree(context, options)


def _render(outcome: TreeOutcome, given: Given, screen: Screen) -> int:
    if given.text("output_format") == "json":
        from wheelright.console.documents import tree_document

        screen.document(tree_document(outcome))
        return 0
    from wheelright.console.tree import UNICODE, tree_lines

    ascii_only = not screen.can_show("".join(UNICODE))
    lines = tree_lines(outcome, screen.out_style, ascii_only=ascii_only)
    if lines:
        screen.data("\n".join(lines))
    return 0


TREE = Command(
    name="tree",
    summary="Show what depends on what",
    description=(
        "Draws the dependencies of the project as locked: for this machine, for another"
        " platform or Python, or for all (`--universal`)."
    ),
    options=(
        Option(
            flags=("-d", "--depth"),
            dest="depth",
            metavar="NUMBER",
            number=True,
            help="Show so many levels below the project",
        ),
        Option(
            flags=("--prune",),
            dest="prune",
            metavar="PACKAGE",
            many=True,
            words=True,
            help="Leave this package and what is below it out",
        ),
        Option(
            flags=("--package",),
            dest="packages",
            metavar="PACKAGE",
            many=True,
            words=True,
            help="Start at this package",
        ),
        Option(
            flags=("--no-dedupe",),
            dest="no_dedupe",
            help="Show the dependencies of a package each time it appears",
        ),
        Option(
            flags=("--invert",),
            dest="invert",
            aliases=("--reverse",),
            help="Show what needs a package instead of what it needs",
        ),
        Option(
            flags=("--universal",),
            dest="universal",
            help="Show every environment that the lock serves",
            excludes=("python_platform", "python_version"),
        ),
        Option(
            flags=("--for",),
            dest="target",
            metavar="TARGET",
            help="Show what would be installed for this target",
            excludes=("python_platform", "universal"),
            in_environment=False,
        ),
        Option(
            flags=("--python-platform",),
            dest="python_platform",
            metavar="PLATFORM",
            help="Show what would be installed on this platform",
        ),
        Option(
            flags=("--python-version",),
            dest="python_version",
            metavar="VERSION",
            help="Show what would be installed for this Python",
        ),
        *LOCK_MODE_OPTIONS,
        OUTPUT_FORMAT,
        *SELECTION_OPTIONS,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
