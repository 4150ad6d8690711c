"""``wheelright pip list``, ``freeze``, ``show``, ``tree``, ``check`` and ``uninstall``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import INSTALLER, Arguments, Command, Option
from wheelright.cli.shared import OUTPUT_FORMAT
from wheelright.workflows.pip_options import PipListOptions, PipPlace

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import TreeOutcome
    from wheelright.workflows.pip_options import (
        CheckOutcome,
        ListedPackage,
        PipOutcome,
        ShowOutcome,
    )

_PLACE = (
    Option(
        flags=("--system",),
        dest="system",
        scope="pip",
        heading=INSTALLER,
        help="Look at the Python that is first on PATH, not at a venv",
    ),
    Option(
        flags=("-t", "--target"),
        dest="target_directory",
        metavar="DIR",
        scope="pip",
        heading=INSTALLER,
        help="Look at the packages in this directory",
        excludes=("prefix", "system"),
    ),
    Option(
        flags=("--prefix",),
        dest="prefix",
        metavar="DIR",
        scope="pip",
        heading=INSTALLER,
        help="Look at the packages below this directory",
        excludes=("system",),
    ),
)

_EXCLUDE = Option(
    flags=("--exclude",),
    dest="exclude",
    metavar="PACKAGE",
    many=True,
    words=True,
    scope="pip",
    help="Leave this package out",
)

_BREAK = Option(
    flags=("--break-system-packages",),
    dest="break_system_packages",
    scope="pip",
    heading=INSTALLER,
    help="Change a Python even where another package manager looks after it",
)


def _read(given: Given) -> PipListOptions:
    depth = given.text("depth")
    return PipListOptions(
        place=PipPlace(
            system=given.flag("system"),
            break_system_packages=given.flag("break_system_packages"),
            target=given.text("target_directory"),
            prefix=given.text("prefix"),
        ),
        packages=(*given.arguments, *given.many("packages")),
        requirement_files=given.many("requirements"),
        exclude=given.many("exclude"),
        editable=given.maybe("editable"),
        files=given.flag("files"),
        dry_run=given.flag("dry_run"),
        invert=given.flag("invert"),
        depth=PipListOptions().depth if depth is None else depth,
    )


def _work_list(context: Context, options: PipListOptions) -> tuple[ListedPackage, ...]:
    from wheelright.workflows.pip.listing import list_packages

    return list_packages(context, options)


def _work_show(context: Context, options: PipListOptions) -> ShowOutcome:
    from wheelright.workflows.pip.listing import show

    return show(context, options)


def _work_check(context: Context, options: PipListOptions) -> CheckOutcome:
    from wheelright.workflows.pip.listing import check

    return check(context, options)


def _work_tree(context: Context, options: PipListOptions) -> TreeOutcome:
    from wheelright.workflows.pip.listing import tree

    return tree(context, options)


def _work_uninstall(context: Context, options: PipListOptions) -> PipOutcome:
    from wheelright.workflows.pip.removing import uninstall

    return uninstall(context, options)


def _render_list(packages: tuple[ListedPackage, ...], given: Given, screen: Screen) -> int:
    from wheelright.console import pip

    if given.text("output_format") == "json":
        screen.document(pip.list_document(packages))
    elif packages:
        screen.data("\n".join(pip.list_lines(packages)))
    return 0


def _render_freeze(packages: tuple[ListedPackage, ...], _given: Given, screen: Screen) -> int:
    from wheelright.console.pip import freeze_lines

    if packages:
        screen.data("\n".join(freeze_lines(packages)))
    return 0


def _render_show(outcome: ShowOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.pip import show_lines

    if outcome.packages:
        screen.data("\n".join(show_lines(outcome)))
    screen.warn([f"`{name}` is not installed" for name in outcome.missing])
    return int(not outcome.packages)


def _render_check(outcome: CheckOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.pip import check_lines

    lines = check_lines(outcome, screen.err_style)
    if outcome.problems:
        screen.warn(lines)
    else:
        screen.say(lines)
    return int(bool(outcome.problems))


def _render_tree(outcome: TreeOutcome, given: Given, screen: Screen) -> int:
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


def _render_uninstall(outcome: PipOutcome, _given: Given, screen: Screen) -> int:
    from wheelright.console.pip import uninstall_lines

    screen.say(uninstall_lines(outcome, screen.err_style))
    return 0


LIST = Command(
    name="pip list",
    summary="List what is installed",
    description="Lists the packages of an environment: the active venv, `.venv`, or `--python`.",
    options=(
        Option(
            flags=("-e", "--editable"),
            dest="editable",
            scope="pip-list",
            help="Only what is installed from a directory, editable",
        ),
        Option(
            flags=("--exclude-editable",),
            dest="editable",
            const=False,
            scope="pip-list",
            help="Only what is not",
        ),
        _EXCLUDE,
        OUTPUT_FORMAT,
        *_PLACE,
    ),
    read=_read,
    work=_work_list,
    render=_render_list,
)

FREEZE = Command(
    name="pip freeze",
    summary="List what is installed as requirements",
    description="Prints the packages of an environment as a requirements file has them.",
    options=(
        Option(
            flags=("--exclude-editable",),
            dest="editable",
            const=False,
            scope="pip",
            help="Leave out what is installed from a directory, editable",
        ),
        _EXCLUDE,
        *_PLACE,
    ),
    read=_read,
    work=_work_list,
    render=_render_freeze,
)

SHOW = Command(
    name="pip show",
    summary="Tell more of installed packages",
    description="Prints where packages are, what they require and what requires them.",
    arguments=Arguments("PACKAGE", "The packages to tell of", 1),
    options=(
        Option(flags=("-f", "--files"), dest="files", scope="pip", help="Name all files too"),
        *_PLACE,
    ),
    read=_read,
    work=_work_show,
    render=_render_show,
)

TREE = Command(
    name="pip tree",
    summary="Show what depends on what in an environment",
    description="Draws the packages of an environment, from those that nothing requires down.",
    options=(
        Option(
            flags=("-d", "--depth"),
            dest="depth",
            metavar="NUMBER",
            number=True,
            scope="pip",
            help="Show so many levels below the first",
        ),
        Option(
            flags=("--package",),
            dest="packages",
            metavar="PACKAGE",
            many=True,
            words=True,
            scope="pip",
            help="Start at this package",
        ),
        Option(
            flags=("--invert",),
            dest="invert",
            aliases=("--reverse",),
            scope="pip",
            help="Show what requires a package instead of what it requires",
        ),
        OUTPUT_FORMAT,
        *_PLACE,
    ),
    read=_read,
    work=_work_tree,
    render=_render_tree,
)

CHECK = Command(
    name="pip check",
    summary="Look whether what is installed fits together",
    description=(
        "Exit code 1 where a package is damaged, or something that it requires is not installed,"
        " is of a version that does not satisfy, or is meant for another Python."
    ),
    options=_PLACE,
    read=_read,
    work=_work_check,
    render=_render_check,
)

UNINSTALL = Command(
    name="pip uninstall",
    summary="Remove packages from an environment",
    description="Removes packages, and nothing that only they required. Nothing is asked first.",
    arguments=Arguments("PACKAGE", "The packages to remove"),
    options=(
        Option(
            flags=("-r", "--requirement"),
            dest="requirements",
            metavar="FILE",
            many=True,
            scope="pip",
            aliases=("--requirements",),
            help="Remove what this requirements file names",
        ),
        Option(
            flags=("-y", "--yes"),
            dest="yes",
            scope="pip",
            help="Taken for the sake of those who type it: nothing is asked anyway",
        ),
        Option(
            flags=("--dry-run",), dest="dry_run", help="Show what would be done, change nothing"
        ),
        *_PLACE,
        _BREAK,
    ),
    read=_read,
    work=_work_uninstall,
    render=_render_uninstall,
)
