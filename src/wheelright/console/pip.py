"""Outcomes of the ``pip`` verbs as text for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wheelright.console.documents import sync_document
from wheelright.console.outcomes import sync_lines
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import count, duration, short_path
from wheelright.workflows.outcomes import SyncOutcome

if TYPE_CHECKING:
    from wheelright.workflows.pip_options import CompileOutcome, PipOutcome


def pip_lines(
    outcome: PipOutcome, style: Style = PLAIN, *, every_reason: bool = False
) -> list[str]:
    """Tell what was done to an environment, notes first."""
    lines = _notes(outcome.notes, style)
    if not outcome.actions:
        there = "is there already" if outcome.unchanged == 1 else "are there already"
        return [*lines, f"Nothing to do: {count(outcome.unchanged, 'package')} {there}"]
    same = _as_sync(outcome)
    # A new version is its own reason, and stands on the line already.
    told = tuple(
        replace(one, reason="") if one.reason == f"{one.old_version} -> {one.version}" else one
        for one in same.actions
    )
    same = replace(same, actions=told)
    return [*lines, *sync_lines(same, style, every_reason=every_reason)]


def pip_document(outcome: PipOutcome) -> dict[str, Any]:
    """``pip install`` and ``pip sync``: as for ``sync``, with the notes."""
    return {**sync_document(_as_sync(outcome)), "notes": list(outcome.notes)}


def compile_lines(outcome: CompileOutcome, style: Style = PLAIN) -> list[str]:
    """Tell what was compiled, notes first."""
    lines = _notes(outcome.notes, style)
    if outcome.output_file is None:
        return lines
    path = printable(short_path(outcome.output_file))
    packages = count(outcome.packages, "package")
    if not outcome.wrote:
        return [*lines, f"Nothing to do: {path} is current ({packages})"]
    text = style.paint(f"Compiled {packages}", "bold")
    return [*lines, f"{text} in {duration(outcome.seconds)}", f"Wrote {path}"]


def _as_sync(outcome: PipOutcome) -> SyncOutcome:
    return SyncOutcome(
        outcome.target,
        outcome.environment_path,
        outcome.actions,
        outcome.unchanged,
        outcome.seconds,
        outcome.dry_run,
    )


def _notes(notes: tuple[str, ...], style: Style) -> list[str]:
    return [f"{style.paint('note:', 'cyan')} {printable(note)}" for note in notes]
