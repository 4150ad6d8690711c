"""Targets as text for people and as documents for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import columns, count, short_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.workflows.outcomes import (
        ListedTarget,
        ShownTarget,
        TargetAddOutcome,
        TargetListOutcome,
    )

FEW_TAGS = 10
_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


def target_list_document(outcome: TargetListOutcome) -> dict[str, Any]:
    """``target list``: the declared targets and the well-known names."""
    return {"schema": SCHEMA, **to_builtins(outcome)}


def shown_target_document(shown: ShownTarget) -> dict[str, Any]:
    """``target show``: the target, all its tags, best first, and its marker values."""
    target = to_builtins(shown.target)
    return {
        "schema": SCHEMA,
        **target,
        "kind": shown.kind,
        "libcs": list(shown.libcs),
        "shown": {"python": shown.shown_python, "implementation": shown.implementation},
        "values": shown.values,
        "tags": list(shown.tags),
    }


def target_added_document(outcome: TargetAddOutcome) -> dict[str, Any]:
    """``target add``: the target, and the file that was written for it."""
    return {
        "schema": SCHEMA,
        "target": to_builtins(outcome.target),
        "written": outcome.written,
        "dry_run": outcome.dry_run,
    }


def target_list_lines(outcome: TargetListOutcome, style: Style = PLAIN) -> list[str]:
    """List the declared targets, ``*`` before the default one, then the names well known."""
    lines = []
    if outcome.declared:
        lines += [style.paint("Declared", "bold"), *_declared_lines(outcome.declared, style), ""]
    rows = [(f"  {one.name}", _same(one), one.description) for one in outcome.well_known]
    lines += [style.paint("Well known", "bold"), *columns(rows)]
    patterns = "ARCH-manylinux_2_N, ARCH-musllinux_1_N, macos-N-ARCH"
    return [*lines, "", f"Any version can be named: {patterns}"]


def _same(target: ListedTarget) -> str:
    return "" if target.platform == target.name else target.platform


def _declared_lines(targets: Sequence[ListedTarget], style: Style) -> list[str]:
    rows = [
        (
            "*" if target.default else " ",
            printable(target.name),
            target.platform,
            target.description,
            _pythons(target),
            "" if target.file is None else printable(target.file),
        )
        for target in targets
    ]
    return [
        style.paint(line, "bold") if target.default else line
        for line, target in zip(columns(rows), targets, strict=True)
    ]


def _pythons(target: ListedTarget) -> str:
    """``Python 3.9``, ``Python 3.9 to 3.13``, ``Python 3.9, 3.12``."""
    minors = [int(python.partition(".")[2]) for python in target.pythons]
    first, last = target.pythons[0], target.pythons[-1]
    if len(minors) > 2 and minors == list(range(minors[0], minors[-1] + 1)):
        return f"Python {first} to {last}"
    return f"Python {', '.join(target.pythons)}"


def shown_target_lines(
    shown: ShownTarget, style: Style = PLAIN, *, every_tag: bool = False
) -> list[str]:
    """Tell what a target is, its marker values, and its tags: all with ``every_tag``."""
    target = shown.target
    kind = {
        "declared": f"The target `{printable(target.name)}`",
        "platform": f"The platform `{printable(target.name)}`",
        "native": "This machine",
    }[shown.kind]
    facts = [("platform", target.platform), ("Pythons", _pythons(target).removeprefix("Python "))]
    if target.python:
        facts.append(("bounds", target.python))
    if target.file is not None:
        facts.append(("file", printable(target.file)))
    if shown.libcs:
        facts.append(("C library", ", ".join(shown.libcs)))
    if target.default and shown.kind != "native":
        facts.append(("default", "yes: sync, run and add install for it"))
    name = _IMPLEMENTATIONS.get(shown.implementation, shown.implementation)
    python = f"{name} {shown.shown_python}"
    values = [(f"  {key}", printable(value) or '""') for key, value in sorted(shown.values.items())]
    tags = shown.tags if every_tag else shown.tags[:FEW_TAGS]
    lines = [
        f"{style.paint(kind, 'bold')}: {target.description}",
        *columns([(f"  {word}", text) for word, text in facts]),
        "",
        style.paint(f"Marker values, {python}", "bold"),
        *columns(values),
        "",
        style.paint(f"Tags, {python}, best first", "bold") + f" ({count(len(shown.tags), 'tag')})",
        *(f"  {tag}" for tag in tags),
    ]
    left = len(shown.tags) - len(tags)
    return [*lines, f"  ... and {left} more; `-v` shows all"] if left else lines


def target_added_lines(outcome: TargetAddOutcome) -> list[str]:
    """Tell what was declared, and what to do next."""
    target, would = outcome.target, outcome.dry_run
    lines = []
    if outcome.written is not None:
        path = printable(short_path(outcome.written))
        lines.append(f"Would write {path}" if would else f"Wrote {path}")
    verb = "Would declare" if would else "Declared"
    lines.append(f"{verb} the target `{printable(target.name)}`: {target.description}")
    return lines if would else [*lines, "`wheelright lock` makes the lock serve it"]
