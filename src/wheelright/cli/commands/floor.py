"""``wheelright floor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.commands.check import FOR_TARGETS, LOCK_AS_IT_IS, read_check
from wheelright.cli.option import Command
from wheelright.cli.shared import INDEX_OPTIONS, OUTPUT_FORMAT

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.floor import FloorOutcome
    from wheelright.workflows.options import CheckOptions


def _work(context: Context, options: CheckOptions) -> FloorOutcome:
    from wheelright.workflows.floor import floor

    return floor(context, options)


def _render(outcome: FloorOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.floor import floor_document, floor_lines

    if given.text("output_format") == "json":
        screen.document(floor_document(outcome))
    else:
        lines = floor_lines(outcome, screen.out_style, verbose=bool(screen.verbose))
        screen.data("\n".join(lines))
    return 0


FLOOR = Command(
    name="floor",
    summary="Show the oldest machines that the lock really serves",
    description=(
        "Finds for each kind of machine (glibc, musl and macOS, by processor) the lowest version"
        " that every locked package has a wheel for, tells which packages hold it up, and which"
        " version of them would lower it. That last part asks the indexes or their cached pages;"
        " with --offline it may be unknown."
    ),
    examples=(
        ("Which glibc and macOS do we need?", "wheelright floor"),
        ("What keeps us from the oldest machine?", "wheelright floor --for x86_64-manylinux_2_17"),
    ),
    options=(FOR_TARGETS, *LOCK_AS_IT_IS, OUTPUT_FORMAT, *INDEX_OPTIONS),
    read=read_check,
    work=_work,
    render=_render,
)
