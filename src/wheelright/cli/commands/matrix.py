"""``wheelright matrix``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.commands.check import FOR_TARGETS, LOCK_AS_IT_IS, read_check
from wheelright.cli.option import Command, Option
from wheelright.cli.shared import INDEX_OPTIONS, OUTPUT_FORMAT

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.matrix import MatrixOutcome
    from wheelright.workflows.options import CheckOptions


def _work(context: Context, options: CheckOptions) -> MatrixOutcome:
    from wheelright.workflows.matrix import matrix

    return matrix(context, options)


def _render(outcome: MatrixOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.matrix import (
        matrix_document,
        matrix_lines,
        terminal_width,
        written_lines,
    )
    from wheelright.console.proving import SIGNS

    if outcome.html is not None:
        from wheelright.console.matrix_page import matrix_page
        from wheelright.outside import files

        files.write_atomic(outcome.html, matrix_page(outcome))
        screen.say(written_lines(outcome))
    if given.text("output_format") == "json":
        screen.document(matrix_document(outcome))
    elif outcome.html is None:
        glyphs = "".join(sign.glyph for sign in SIGNS.values()) + "…"
        lines = matrix_lines(
            outcome,
            screen.out_style,
            width=terminal_width(screen.out),
            ascii_only=not screen.can_show(glyphs),
        )
        screen.data("\n".join(lines))
    return 0


MATRIX = Command(
    name="matrix",
    summary="Show packages by targets: what each machine gets",
    description=(
        "Draws every locked package on every target: a wheel for the platform with the floor it"
        " asks for, a pure wheel, one of an older version because newer ones were passed over,"
        " something to be built, or nothing. Without declared targets it shows the common"
        " platforms. With --html it writes a page of its own that needs nothing else: to sort, to"
        " filter, with the reason behind each cell."
    ),
    examples=(
        ("What does everybody get?", "wheelright matrix"),
        ("A page for the wiki", "wheelright matrix --html targets.html"),
        ("For machines that are not declared", "wheelright matrix --for musl,macos-12-arm64"),
    ),
    options=(
        FOR_TARGETS,
        Option(
            flags=("--html",),
            dest="html",
            metavar="FILE",
            help="Write a page with everything to this file instead of drawing in the terminal",
        ),
        *LOCK_AS_IT_IS,
        OUTPUT_FORMAT,
        *INDEX_OPTIONS,
    ),
    read=read_check,
    work=_work,
    render=_render,
)
