"""``wheelright add`` and ``wheelright remove``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import (
    BUILD_OPTIONS,
    INDEX_OPTIONS,
    INSTALL_OPTIONS,
    LOCK_MODE_OPTIONS,
    RESOLVE_OPTIONS,
    WORKSPACE_OPTIONS,
    read_sync,
)
from wheelright.workflows.options import AddOptions, RemoveOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import AddOutcome, RemoveOutcome


def _table_options(verb: str, scope: str) -> tuple[Option, ...]:
    """Which table of the project the requirements stand in."""
    return (
        Option(
            flags=("--dev",),
            dest="table_group",
            const="dev",
            scope=scope,
            help=f"{verb} the group `dev`",
            excludes=("table_optional",),
        ),
        Option(
            flags=("--group",),
            dest="table_group",
            metavar="GROUP",
            scope=scope,
            help=f"{verb} this dependency group",
            excludes=("table_optional",),
        ),
        Option(
            flags=("--optional",),
            dest="table_optional",
            metavar="EXTRA",
            scope=scope,
            help=f"{verb} this extra of the project",
        ),
    )


_NO_SYNC = Option(
    flags=("--no-sync",),
    dest="no_sync",
    help="Change the project and its lock, not the venv",
)


def _read_add(given: Given) -> AddOptions:
    sync = read_sync(given)
    urls = tuple(index for index in sync.index.index if _is_place(index))
    return AddOptions(
        requirements=given.arguments,
        requirement_files=given.many("requirement_files"),
        group=given.text("table_group"),
        optional=given.text("table_optional"),
        extras=given.many("requirement_extras"),
        marker=given.text("marker"),
        index_name=_pinned_index(sync.index.index),
        editable=given.maybe("editable"),
        raw=given.flag("raw"),
        no_sync=given.flag("no_sync"),
        sync=replace(sync, index=replace(sync.index, index=urls)),
    )


def _is_place(index: str) -> bool:
    """Whether an index is given by a URL or a path, not only by the name of a known one."""
    return "=" in index or "/" in index or "\\" in index


def _pinned_index(indexes: tuple[str, ...]) -> str | None:
    """Find the name that the added packages are pinned to: the last that was given, if any."""
    names = [
        index.split("=", 1)[0]
        for index in indexes
        if not _is_place(index) or "/" not in index.split("=", 1)[0]
    ]
    return names[-1] if names else None


def _read_remove(given: Given) -> RemoveOptions:
    return RemoveOptions(
        packages=given.arguments,
        group=given.text("table_group"),
        optional=given.text("table_optional"),
        no_sync=given.flag("no_sync"),
        sync=read_sync(given),
    )


def _work_add(context: Context, options: AddOptions) -> AddOutcome:
    from wheelright.workflows.add import add

    return add(context, options)


def _work_remove(context: Context, options: RemoveOptions) -> RemoveOutcome:
    from wheelright.workflows.add import remove

    return remove(context, options)


def _render(outcome: AddOutcome | RemoveOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.outcomes import edit_lines

    screen.say(edit_lines(outcome, screen.err_style, every_reason=bool(screen.verbose)))
    return 0


ADD = Command(
    name="add",
    summary="Add dependencies to the project",
    description=(
        "Writes the requirements into `pyproject.toml` (a name alone gets a lower bound: the"
        " version that was locked), then locks and syncs. If that fails, the project is left as"
        " it was. `--index NAME` pins what is added to an index of the project; `--index"
        " NAME=URL` adds that index too."
    ),
    arguments=Arguments("REQUIREMENT", "What to add, as in `flask` or `httpx[http2]>=0.27`"),
    options=(
        *_table_options("Add to", "add"),
        Option(
            flags=("--extra",),
            dest="requirement_extras",
            scope="add",
            metavar="EXTRA",
            many=True,
            words=True,
            help="Ask for this extra of what is added",
        ),
        Option(
            flags=("-r", "--requirements"),
            dest="requirement_files",
            scope="add",
            metavar="FILE",
            many=True,
            aliases=("--requirement",),
            help="Add what this requirements file lists",
        ),
        Option(
            flags=("-m", "--marker"),
            dest="marker",
            scope="add",
            metavar="MARKER",
            help="Add for the environments where this marker holds",
        ),
        Option(
            flags=("--editable",),
            dest="editable",
            help="Add a directory as editable (`--no-editable`: not)",
        ),
        Option(
            flags=("--raw",),
            dest="raw",
            aliases=("--raw-sources",),
            help="Write the requirements as given, with no lower bound",
        ),
        WORKSPACE_OPTIONS[0],
        _NO_SYNC,
        *LOCK_MODE_OPTIONS,
        *INSTALL_OPTIONS,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *BUILD_OPTIONS,
    ),
    read=_read_add,
    work=_work_add,
    render=_render,
)

REMOVE = Command(
    name="remove",
    summary="Remove dependencies from the project",
    description="Takes the packages out of `pyproject.toml`, then locks and syncs.",
    arguments=Arguments("PACKAGE", "The names to remove", 1),
    options=(
        *_table_options("Remove from", "remove"),
        WORKSPACE_OPTIONS[0],
        _NO_SYNC,
        *LOCK_MODE_OPTIONS,
        *INSTALL_OPTIONS,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
        *BUILD_OPTIONS,
    ),
    read=_read_remove,
    work=_work_remove,
    render=_render,
)
