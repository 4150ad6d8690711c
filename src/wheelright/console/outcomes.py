"""Outcomes as text for people: a summary in one line, and the changes before it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import byte_size, columns, count, duration, short_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelright.workflows.outcomes import (
        Action,
        AddOutcome,
        BuildOutcome,
        CacheReport,
        Change,
        ExportOutcome,
        FoundPython,
        InitOutcome,
        LockOutcome,
        RemoveOutcome,
        SyncOutcome,
        VenvOutcome,
    )

_SIGNS = {"install": ("+", "green"), "remove": ("-", "red"), "reinstall": ("~", "yellow")}


def lock_lines(
    outcome: LockOutcome,
    style: Style = PLAIN,
    *,
    dry_run: bool = False,
    check: bool = False,
    every_change: bool = False,
) -> list[str]:
    """Tell what ``lock`` did: notes, changes, summary.

    A first lock has only additions; they are listed with ``every_change`` only.
    """
    lines = [_note(note, style) for note in outcome.notes]
    first = all(not change.old for change in outcome.changes)
    if every_change or not first or len(outcome.changes) < len({p.name for p in outcome.packages}):
        lines += [_change_line(change, style) for change in outcome.changes]
    packages = count(len(outcome.packages), "package")
    if check and outcome.stale_reason is not None:
        lines.append(f"The lock is not current: {printable(outcome.stale_reason)}")
    elif outcome.wrote:
        lines.append(_summary(f"Locked {packages}", outcome.seconds, style))
    elif dry_run and outcome.changes:
        lines.append(f"Would lock {packages}")
    else:
        lines.append(f"Nothing to do: the lock is current ({packages})")
    return lines


def sync_lines(
    outcome: SyncOutcome, style: Style = PLAIN, *, every_reason: bool = False
) -> list[str]:
    """Tell what ``sync`` did or would do: the lock where it changed, the actions, the summary.

    A reinstall always tells its reason; the others do with ``every_reason``.
    """
    lines: list[str] = []
    if outcome.lock is not None:
        if outcome.lock.wrote or (outcome.dry_run and outcome.lock.changes):
            lines += lock_lines(outcome.lock, style, dry_run=outcome.dry_run)
        else:
            lines += [_note(note, style) for note in outcome.lock.notes]
    for action in sorted(outcome.actions, key=lambda action: action.name):
        lines.append(_action_line(action, style, every_reason=every_reason))
    return [*lines, _sync_summary(outcome, style)]


def edit_lines(
    outcome: AddOutcome | RemoveOutcome, style: Style = PLAIN, *, every_reason: bool = False
) -> list[str]:
    """Tell what ``add`` or ``remove`` changed in the project, then what the lock and sync did."""
    from wheelright.workflows.outcomes import AddOutcome

    if isinstance(outcome, AddOutcome):
        lines = [f"Added {_names(outcome.added)} to the project"]
    else:
        lines = [f"Removed {_names(outcome.removed)} from the project"]
    nested = outcome.sync.lock if outcome.sync is not None else None
    if outcome.lock is not None and nested is None:
        lines += lock_lines(outcome.lock, style)
    if outcome.sync is not None:
        lines += sync_lines(outcome.sync, style, every_reason=every_reason)
    return lines


def init_lines(outcome: InitOutcome, style: Style = PLAIN) -> list[str]:
    """Tell what ``init`` made."""
    lines = [f" {style.paint('+', 'green')} {printable(name)}" for name in outcome.files]
    return [*lines, f"Made project `{outcome.name}` in {printable(short_path(outcome.path))}"]


def venv_lines(outcome: VenvOutcome) -> list[str]:
    """Where the venv is, what runs in it and how to activate it."""
    path = printable(short_path(outcome.path))
    script = f"{path}\\Scripts\\activate" if os.name == "nt" else f"source {path}/bin/activate"
    return [f"Made {path} with Python {outcome.version}", f"Activate it with: {script}"]


def export_lines(outcome: ExportOutcome) -> list[str]:
    """Which file the export was written to (nothing where it went to stdout)."""
    if outcome.output_file is None:
        return []
    return [f"Wrote {printable(short_path(outcome.output_file))}"]


def cache_lines(report: CacheReport, verb: str) -> list[str]:
    """Tell of files and their size, ``verb`` first: ``Removed 120 files (54.0 MiB)``."""
    return [f"{verb} {count(report.files, 'file')} ({byte_size(report.bytes)})"]


def python_lines(pythons: Sequence[FoundPython], style: Style = PLAIN) -> list[str]:
    """One line per interpreter: version, path, where it was found; ``*`` marks the default."""
    if not pythons:
        return []
    rows = [
        (
            "*" if python.default else " ",
            f"{python.implementation} {python.version}",
            printable(python.path),
            printable(python.source),
        )
        for python in pythons
    ]
    lines = columns(rows)
    return [
        style.paint(line, "bold") if python.default else line
        for line, python in zip(lines, pythons, strict=True)
    ]


def _names(requirements: Sequence[str]) -> str:
    return ", ".join(f"`{printable(requirement)}`" for requirement in requirements) or "nothing"


def _note(note: str, style: Style) -> str:
    return f"{style.paint('note:', 'cyan')} {printable(note)}"


def _summary(text: str, seconds: float, style: Style) -> str:
    return f"{style.paint(text, 'bold')} in {duration(seconds)}"


def _change_line(change: Change, style: Style) -> str:
    old, new = ", ".join(change.old), ", ".join(change.new)
    if not change.old:
        return f" {style.paint('+', 'green')} {change.name}=={new}"
    if not change.new:
        return f" {style.paint('-', 'red')} {change.name}=={old}"
    return f" {style.paint('~', 'yellow')} {change.name} {old} -> {new}"


def _action_line(action: Action, style: Style, *, every_reason: bool) -> str:
    sign, color = _SIGNS[action.kind]
    name = printable(action.name)
    if action.version is None:
        text = name
    elif action.old_version in {None, action.version}:
        text = f"{name}=={action.version}"
    else:
        text = f"{name} {action.old_version} -> {action.version}"
    line = f" {style.paint(sign, color)} {text}"
    told = action.reason == f"{action.old_version} -> {action.version}"
    if action.reason and not told and (every_reason or action.kind == "reinstall"):
        line += f": {printable(action.reason)}"
    return line


def _sync_summary(outcome: SyncOutcome, style: Style) -> str:
    if not outcome.actions:
        are = "is" if outcome.unchanged == 1 else "are"
        read = ", file by file" if outcome.verified else ""
        return f"Nothing to do: {count(outcome.unchanged, 'package')} {are} as locked{read}"
    parts = list(_sync_parts(outcome))
    noun = "package" if len(outcome.actions) == 1 else "packages"
    text = f"{', '.join(parts)} {noun}"
    if outcome.dry_run:
        return style.paint(f"Would {text}", "bold")
    return _summary(text[0].upper() + text[1:], outcome.seconds, style)


def _sync_parts(outcome: SyncOutcome) -> Iterator[str]:
    verbs = (
        ("install", "install", "installed"),
        ("reinstall", "replace", "replaced"),
        ("remove", "remove", "removed"),
    )
    for kind, planned, done in verbs:
        number = sum(action.kind == kind for action in outcome.actions)
        if number:
            yield f"{planned if outcome.dry_run else done} {number}"


def build_lines(outcome: BuildOutcome, style: Style = PLAIN) -> list[str]:
    """Tell what ``build`` made: a line per file with its size and what it needs."""
    lines = []
    for one in outcome.files:
        facts = [byte_size(one.size)]
        if one.floor is not None:
            facts.append(f"needs {one.floor}")
        elif one.kind == "wheel" and one.name.endswith("-any.whl"):
            facts.append("fits every platform")
        shown = printable(short_path(one.path))
        lines.append(f"{style.paint('+', 'green')} {shown} ({', '.join(facts)})")
    lines.append(_summary(f"Built {count(len(outcome.files), 'file')}", outcome.seconds, style))
    return lines
