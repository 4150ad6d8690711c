"""``wheelright target list``, ``target show``, ``target describe`` and ``target add``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import OUTPUT_FORMAT
from wheelright.workflows.options import DescribeOptions, TargetAddOptions, TargetOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import (
        DescribeOutcome,
        ShownTarget,
        TargetAddOutcome,
        TargetListOutcome,
    )


def _read_name(given: Given) -> TargetOptions:
    return TargetOptions(given.arguments[0] if given.arguments else None)


def _read_describe(given: Given) -> DescribeOptions:
    return DescribeOptions(given.text("output_file"), given.flag("script"))


def _read_add(given: Given) -> TargetAddOptions:
    return TargetAddOptions(
        given.arguments[0],
        given.text("target_platform"),
        given.text("target_file"),
        given.flag("here"),
        given.text("python_versions"),
        given.flag("dry_run"),
    )


def _work_list(context: Context, options: TargetOptions) -> TargetListOutcome:
    from wheelright.workflows.target import list_targets

    return list_targets(context, options)


def _work_show(context: Context, options: TargetOptions) -> ShownTarget:
    from wheelright.workflows.target import show_target

    return show_target(context, options)


def _work_describe(context: Context, options: DescribeOptions) -> DescribeOutcome:
    from wheelright.workflows.target import describe_machine

    return describe_machine(context, options)


def _work_add(context: Context, options: TargetAddOptions) -> TargetAddOutcome:
    from wheelright.workflows.target import add_target

    return add_target(context, options)


def _render_list(outcome: TargetListOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.targets import target_list_document, target_list_lines

    if given.text("output_format") == "json":
        screen.document(target_list_document(outcome))
    else:
        screen.data("\n".join(target_list_lines(outcome, screen.out_style)))
    return 0


def _render_show(shown: ShownTarget, given: Given, screen: Screen) -> int:
    from wheelright.console.targets import shown_target_document, shown_target_lines

    if given.text("output_format") == "json":
        screen.document(shown_target_document(shown))
    else:
        lines = shown_target_lines(shown, screen.out_style, every_tag=screen.verbose > 0)
        screen.data("\n".join(lines))
    return 0


def _render_describe(outcome: DescribeOutcome, _given: Given, screen: Screen) -> int:
    if outcome.output_file is None:
        screen.data(outcome.text)
        return 0
    from wheelright.console.style import printable
    from wheelright.console.text import short_path

    screen.say([f"Wrote {printable(short_path(outcome.output_file))}"])
    return 0


def _render_add(outcome: TargetAddOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.targets import target_added_document, target_added_lines

    if given.text("output_format") == "json":
        screen.document(target_added_document(outcome))
    else:
        screen.say(target_added_lines(outcome))
    return 0


LIST = Command(
    name="target list",
    summary="List declared targets and well-known platforms",
    description="Lists targets by name, with what they promise; `*` marks the default one.",
    options=(OUTPUT_FORMAT,),
    read=_read_name,
    work=_work_list,
    render=_render_list,
)

SHOW = Command(
    name="target show",
    summary="Show the platform, tags and values of a target",
    description=(
        "Shows the target or platform NAME; without one the default target, else this machine"
        " (`native`). Tags and values are those of the newest Python it runs, or of `--python`."
    ),
    arguments=Arguments("NAME", "A declared target, a platform, or `native`", 0, 1),
    options=(OUTPUT_FORMAT,),
    read=_read_name,
    work=_work_show,
    render=_render_show,
)

DESCRIBE = Command(
    name="target describe",
    summary="Describe this machine as a target file",
    description=(
        "Prints this machine as JSON, as the Python that `--python` names sees it. For a machine"
        " without Wheelright, `--script` prints a program that does the same with Python 3.6 or"
        " newer and nothing else."
    ),
    options=(
        Option(
            flags=("-o", "--output-file"),
            dest="output_file",
            metavar="FILE",
            help="Write to this file instead of stdout",
            in_environment=False,
        ),
        Option(
            flags=("--script",),
            dest="script",
            help="Print the describing program itself, to be run on another machine",
            in_environment=False,
        ),
    ),
    read=_read_describe,
    work=_work_describe,
    render=_render_describe,
)

ADD = Command(
    name="target add",
    summary="Declare a target in the project",
    description=(
        "Declares NAME in `pyproject.toml`, whose other text stays as it is. Without options NAME"
        " is the name of a platform, such as `x86_64-manylinux_2_17`."
    ),
    arguments=Arguments("NAME", "The name of the target", 1, 1),
    options=(
        Option(
            flags=("--platform",),
            dest="target_platform",
            metavar="PLATFORM",
            help="The platform of the target: x86_64-manylinux_2_17, macos-13-arm64, ...",
            excludes=("target_file", "here"),
            in_environment=False,
        ),
        Option(
            flags=("--file",),
            dest="target_file",
            metavar="FILE",
            help="A target file, as `wheelright target describe` writes it",
            excludes=("here",),
            in_environment=False,
        ),
        Option(
            flags=("--here",),
            dest="here",
            help="Describe this machine in NAME.json and declare that",
            in_environment=False,
        ),
        Option(
            flags=("--python-versions",),
            dest="python_versions",
            metavar="BOUNDS",
            help="The Pythons that the target runs, such as `>=3.10,<3.13`",
            in_environment=False,
        ),
        Option(
            flags=("--dry-run",),
            dest="dry_run",
            help="Show what would be declared, change nothing",
            in_environment=False,
        ),
        OUTPUT_FORMAT,
    ),
    read=_read_add,
    work=_work_add,
    render=_render_add,
)
