"""``wheelright export``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Command, Option
from wheelright.cli.shared import (
    INDEX_OPTIONS,
    LOCK_MODE_OPTIONS,
    RESOLVE_OPTIONS,
    SELECTION_OPTIONS,
    WORKSPACE_OPTIONS,
    read_index,
    read_resolve,
    read_selection,
)
from wheelright.workflows.options import ExportOptions

if TYPE_CHECKING:
    from typing import Literal

    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import ExportOutcome

    ExportFormat = Literal["requirements.txt", "pylock.toml"]


def _read(given: Given) -> ExportOptions:
    output_file = given.text("output_file")
    return ExportOptions(
        format=given.text("format") or _format_for(output_file),
        output_file=output_file,
        no_hashes=given.flag("no_hashes"),
        no_annotate=given.flag("no_annotate"),
        no_header=given.flag("no_header"),
        no_editable=given.flag("no_editable"),
        no_emit_project=given.flag("no_emit_project"),
        no_emit_packages=given.many("no_emit_packages"),
        frozen=given.flag("frozen"),
        locked=given.flag("locked"),
        target=given.text("target"),
        selection=read_selection(given),
        resolve=read_resolve(given),
        index=read_index(given),
    )


def _format_for(output_file: str | None) -> ExportFormat:
    """Tell the format by the name of the file: TOML is a lock, all else requirements."""
    named_lock = output_file is not None and output_file.endswith(".toml")
    return "pylock.toml" if named_lock else "requirements.txt"


def _work(context: Context, options: ExportOptions) -> ExportOutcome:
    from wheelright.workflows.export import export

    return export(context, options)


def _render(outcome: ExportOutcome, _given: Given, screen: Screen) -> int:
    if outcome.output_file is None:
        if outcome.text:
            screen.data(outcome.text)
        return 0
    from wheelright.console.outcomes import export_lines

    screen.say(export_lines(outcome))
    return 0


EXPORT = Command(
    name="export",
    summary="Write the lock in another format",
    description="Writes what is locked as `requirements.txt` or as another `pylock.toml`.",
    options=(
        Option(
            flags=("--format",),
            dest="format",
            metavar="FORMAT",
            choices=("requirements.txt", "pylock.toml"),
            help="Write this format (default: as the name of the output file says)",
        ),
        Option(
            flags=("-o", "--output-file"),
            dest="output_file",
            metavar="FILE",
            help="Write to this file instead of stdout",
        ),
        Option(flags=("--no-hashes",), dest="no_hashes", help="Write no hashes"),
        Option(
            flags=("--no-annotate",),
            dest="no_annotate",
            help="Write no comments on where a package comes from",
        ),
        Option(flags=("--no-header",), dest="no_header", help="Write no comment at the top"),
        Option(
            flags=("--no-editable",),
            dest="no_editable",
            help="Write the project as a directory to install, not editable",
        ),
        Option(
            flags=("--no-emit-project",),
            dest="no_emit_project",
            aliases=("--no-install-project",),
            help="Leave the project itself out",
        ),
        Option(
            flags=("--no-emit-package",),
            dest="no_emit_packages",
            metavar="PACKAGE",
            many=True,
            words=True,
            aliases=("--no-install-package",),
            help="Leave this package out",
        ),
        Option(
            flags=("--for",),
            dest="target",
            metavar="TARGET",
            help="Write only what this target installs, with the files that fit it; several are"
            " joined by commas",
            in_environment=False,
        ),
        *LOCK_MODE_OPTIONS,
        *SELECTION_OPTIONS,
        *WORKSPACE_OPTIONS,
        *INDEX_OPTIONS,
        *RESOLVE_OPTIONS,
    ),
    read=_read,
    work=_work,
    render=_render,
)
