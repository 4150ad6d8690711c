"""``wheelright explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.commands.check import FOR_TARGETS
from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import INDEX_OPTIONS, OUTPUT_FORMAT, read_index
from wheelright.workflows.options import ExplainOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.explain import ExplainOutcome


def _read(given: Given) -> ExplainOptions:
    return ExplainOptions(
        given.arguments[0],
        targets=given.many("targets"),
        version=given.text("version_shown"),
        index=read_index(given),
    )


def _work(context: Context, options: ExplainOptions) -> ExplainOutcome:
    from wheelright.workflows.explain import explain

    return explain(context, options)


def _render(outcome: ExplainOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.explain import explain_document, explain_lines

    if given.text("output_format") == "json":
        screen.document(explain_document(outcome))
    else:
        lines = explain_lines(outcome, screen.out_style, verbose=bool(screen.verbose))
        screen.data("\n".join(lines))
    return 0


EXPLAIN = Command(
    name="explain",
    summary="Tell why a package has the version and file it has",
    description=(
        "Lists the versions of a package, newest first, with the first thing that speaks against"
        " each; the files of the locked one (or of --version) in order of rank with the tag that"
        " fits, or why it does not; where its metadata came from; and who requires it."
    ),
    examples=(
        ("Why not the newest numpy?", "wheelright explain numpy"),
        (
            "Which pyzmq would serve an old machine?",
            "wheelright explain pyzmq --for x86_64-manylinux_2_17",
        ),
        ("Which files does a version have?", "wheelright explain numpy --version 2.2.6 -v"),
    ),
    arguments=Arguments("PACKAGE", "The name of a package", least=1, most=1),
    options=(
        FOR_TARGETS,
        Option(
            flags=("--version",),
            dest="version_shown",
            metavar="VERSION",
            help="Show the files of this version instead of the locked one",
            scope="explain",
        ),
        OUTPUT_FORMAT,
        *INDEX_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
