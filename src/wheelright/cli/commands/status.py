"""``wheelright status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import OUTPUT_FORMAT

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import StatusOutcome


def _read(_given: Given) -> None:
    return None


def _work(context: Context, _options: None) -> StatusOutcome:
    from wheelright.workflows.status import status

    return status(context)


def _render(outcome: StatusOutcome, given: Given, screen: Screen) -> int:
    from wheelright.console.status import status_document, status_lines

    if given.text("output_format") == "json":
        screen.document(status_document(outcome))
    else:
        screen.data("\n".join(status_lines(outcome, screen.out_style)))
    return int(given.flag("check") and not outcome.sound)


STATUS = Command(
    name="status",
    summary="Show what the venv is for, and what is out of date",
    description=(
        "Tells what this machine is, whether the lock is current, what each venv is for and needs,"
        " whether this machine fits it, and what a sync would change. Nothing is changed, no index"
        " is asked."
    ),
    options=(
        Option(
            flags=("--check",),
            dest="check",
            help="Exit code 1 unless all is as it should be",
        ),
        OUTPUT_FORMAT,
    ),
    read=_read,
    work=_work,
    render=_render,
)
