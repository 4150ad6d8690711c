"""``wheelright build``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import (
    BUILDING_OPTIONS,
    INDEX_OPTIONS,
    OUTPUT_FORMAT,
    read_building,
    read_index,
)
from wheelright.workflows.options import BuildCommandOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import BuildOutcome


def _read(given: Given) -> BuildCommandOptions:
    return BuildCommandOptions(
        source=given.arguments[0] if given.arguments else None,
        sdist=given.flag("sdist"),
        wheel=given.flag("wheel"),
        target=given.text("target"),
        out=given.text("out"),
        package=given.text("package"),
        all_packages=given.flag("all_packages"),
        how=read_building(given),
        index=read_index(given),
    )


def _work(context: Context, options: BuildCommandOptions) -> BuildOutcome:
    from wheelright.workflows.build import build

    return build(context, options)


def _render(outcome: BuildOutcome, given: Given, screen: Screen) -> int:
    if given.text("output_format") == "json":
        from wheelright.console.documents import build_document

        screen.document(build_document(outcome))
    else:
        from wheelright.console.outcomes import build_lines

        screen.say(build_lines(outcome, screen.err_style))
    return 0


BUILD = Command(
    name="build",
    summary="Build an sdist and wheels, proved by their binaries",
    description=(
        "Builds the project in SRC (a directory or an sdist; the project at hand without it) into"
        " `dist`: an sdist, and of that a wheel. What the wheel's binaries need is read from them,"
        " its tag says so, and one that needs more than `--for` has is refused."
    ),
    arguments=Arguments("SRC", "The directory or sdist to build", 0, 1),
    options=(
        Option(flags=("--sdist",), dest="sdist", scope="build", help="Build the sdist"),
        Option(
            flags=("--wheel",),
            dest="wheel",
            scope="build",
            help="Build the wheel, from the directory itself",
        ),
        Option(
            flags=("--for",),
            dest="target",
            metavar="TARGET",
            help="Build the wheel for this target, or one for each of several, joined by commas",
            in_environment=False,
        ),
        Option(
            flags=("-o", "--out-dir"),
            dest="out",
            metavar="DIR",
            scope="build",
            help="Put the files into this directory",
            aliases=("--out",),
        ),
        Option(
            flags=("--package",),
            dest="package",
            metavar="NAME",
            scope="build",
            help="Build this member of the workspace",
            excludes=("all_packages",),
        ),
        Option(
            flags=("--all-packages",),
            dest="all_packages",
            scope="build",
            help="Build all members of the workspace",
        ),
        OUTPUT_FORMAT,
        *INDEX_OPTIONS,
        *BUILDING_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
