"""Outcomes of the ``pip`` verbs as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from wheelright.console.documents import SCHEMA, sync_document
from wheelright.console.outcomes import sync_lines
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import columns, count, duration, short_path
from wheelright.workflows.outcomes import SyncOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.workflows.pip_options import (
        CheckOutcome,
        CompileOutcome,
        ListedPackage,
        PipOutcome,
        ShowOutcome,
    )


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
        structs.replace(one, reason="")
        if one.reason == f"{one.old_version} -> {one.version}"
        else one
        for one in same.actions
    )
    same = structs.replace(same, actions=told)
    return [*lines, *sync_lines(same, style, every_reason=every_reason)]


def pip_document(outcome: PipOutcome) -> dict[str, Any]:
    """``pip install`` and ``pip sync``: as for ``sync``, with the notes."""
    return {**sync_document(_as_sync(outcome)), "notes": list(outcome.notes)}


def uninstall_lines(outcome: PipOutcome, style: Style = PLAIN) -> list[str]:
    """Tell what was removed."""
    if not outcome.actions:
        return ["Nothing to do: none of them is installed"]
    return sync_lines(_as_sync(outcome), style)


def list_lines(packages: Sequence[ListedPackage]) -> list[str]:
    """One line per package: name, version, and where an editable one lies."""
    rows = [
        (one.name, one.version or "", printable(_path(one.url)) if one.editable else "")
        for one in packages
    ]
    return columns(rows) if rows else []


def freeze_lines(packages: Sequence[ListedPackage]) -> list[str]:
    """One requirement per package, as a requirements file has it."""
    return [_frozen(one) for one in packages]


def list_document(packages: Sequence[ListedPackage]) -> dict[str, Any]:
    """``pip list``: the packages."""
    return {"schema": SCHEMA, "packages": [structs.asdict(one) for one in packages]}


def show_lines(outcome: ShowOutcome) -> list[str]:
    """Tell of each package in lines of ``Key: value``, parted by ``---``."""
    lines: list[str] = []
    for one in outcome.packages:
        lines += ["---"] if lines else []
        lines += [f"Name: {one.name}", f"Version: {one.version}"]
        lines.append(f"Location: {printable(one.location)}")
        if one.editable_location is not None:
            lines.append(f"Editable project location: {printable(one.editable_location)}")
        if one.installer is not None:
            lines.append(f"Installer: {printable(one.installer)}")
        lines.append(f"Requires: {', '.join(one.requires)}".rstrip())
        lines.append(f"Required-by: {', '.join(one.required_by)}".rstrip())
        if one.files:
            lines += ["Files:", *(f"  {printable(path)}" for path in one.files)]
    return lines


def check_lines(outcome: CheckOutcome, style: Style = PLAIN) -> list[str]:
    """Tell what is wrong, then the sum."""
    packages = count(outcome.packages, "package")
    if not outcome.problems:
        return [f"Checked {packages}: all fit together"]
    return [
        *(f" {style.paint('!', 'red')} {printable(problem)}" for problem in outcome.problems),
        f"Checked {packages}: {count(len(outcome.problems), 'problem')}",
    ]


def _frozen(one: ListedPackage) -> str:
    if one.url is None:
        return f"{one.name}=={one.version}" if one.version else one.name
    return f"-e {one.url}" if one.editable else f"{one.name} @ {one.url}"


def _path(url: str | None) -> str:
    if url is None:
        return ""
    from wheelright.lockfile.model import path_of

    return str(path_of(url)) if url.startswith("file:") else url


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
