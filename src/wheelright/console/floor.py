"""The floors of a lock, as text and as a document."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.style import PLAIN, Style, printable
from wheelright.workflows.proofs import pythons_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.workflows.floor import FloorOutcome, Holder, KindFloor, Lacking

#: How many packages of one floor are named before the rest is only counted.
NAMED = 6


def floor_lines(outcome: FloorOutcome, style: Style = PLAIN, *, verbose: bool = False) -> list[str]:
    """Tell the lowest floor of each kind of machine, who holds it up and what would lower it."""
    lines = []
    if outcome.stale:
        label = style.paint("warning:", "yellow", "bold")
        why = printable("; ".join(outcome.stale))
        lines.append(f"{label} the lock is not current: {why}; this is about the lock as it is")
    if not outcome.kinds:
        lines.append("No target has a floor: they are neither Linux nor macOS")
    for kind in outcome.kinds:
        lines += _kind_lines(kind, style, verbose=verbose)
    return lines


def floor_document(outcome: FloorOutcome) -> dict[str, Any]:
    """``floor``: the kinds of machines, each with its floor and who holds it up."""
    return {
        "schema": SCHEMA,
        "lock": outcome.lock,
        "stale": list(outcome.stale),
        "floors": [to_builtins(kind) for kind in outcome.kinds],
    }


def _kind_lines(kind: KindFloor, style: Style, *, verbose: bool) -> list[str]:
    pythons = pythons_words(kind.pythons)
    if kind.missing:
        family = kind.words.split()[0].rstrip(",")
        arch = kind.words.rpartition(" ")[2]
        names = _some(_lacking(kind.missing, kind), verbose=verbose)
        has = "has" if len(kind.missing) == 1 else "have"
        head = style.paint(f"{family}, {arch}", "bold")
        lines = [f"{head}: {style.paint('no floor serves all', 'red')}: {names} {has} no file"]
    elif kind.floor is None:
        head = style.paint(kind.words, "bold")
        lines = [f"{head}: any serves Python {pythons}, for nothing has wheels of its own there"]
    else:
        head = style.paint(kind.words, "bold")
        lines = [f"{head} and newer, Python {pythons} ({kind.platform})"]
        if kind.oldest and not verbose:
            lines[0] += ": as old as wheels are made for"
    lines += [f"  asked for by {printable(', '.join(kind.targets))}"] if kind.targets else []
    if kind.uncovered:
        lines.append(f"  the lock does not cover Python {pythons_words(kind.uncovered)} there")
    holding = kind.holders if verbose or not kind.oldest else ()
    for floor, group in groupby(holding, key=lambda holder: holder.floor):
        holders = list(group)
        if floor == kind.floor:
            shown = holders if verbose else holders[:NAMED]
            lines += [f"  {_holder(one, kind, style)}" for one in shown]
            if left := len(holders) - len(shown):
                lines.append(f"  ... and {left} more hold it up (`-v` shows them)")
        else:
            names = _some([f"{one.package} {one.version}" for one in holders], verbose=verbose)
            lines.append(style.paint(f"  below it, {floor} by {names}", "dim"))
    if kind.built:
        are = "is" if len(kind.built) == 1 else "are"
        names = _some(_lacking(kind.built, kind), verbose=verbose)
        lines.append(f"  {names} {are} built: no wheel serves")
    return lines


def _lacking(found: Sequence[Lacking], kind: KindFloor) -> list[str]:
    """Name packages, with their Pythons where these are not all."""
    return [
        f"{one.package} {one.version or ''}".rstrip()
        + ("" if one.pythons == kind.pythons else f" (Python {pythons_words(one.pythons)})")
        for one in found
    ]


def _some(names: Sequence[str], *, verbose: bool) -> str:
    if verbose or len(names) <= NAMED:
        return ", ".join(map(printable, names))
    return f"{', '.join(map(printable, names[:NAMED]))} and {len(names) - NAMED} more"


def _holder(holder: Holder, kind: KindFloor, style: Style) -> str:
    known = f"{style.paint(holder.package, 'bold')} {holder.version or ''}".rstrip()
    where = ""
    if holder.pythons != kind.pythons:
        where = f" (Python {pythons_words(holder.pythons)})"
    return f"{known} holds it up{where}{_lowering(holder)}"


def _lowering(holder: Holder) -> str:
    """Say which version would lower the floor, and what is wrong with it."""
    lowering = holder.lowering
    if lowering is None:
        return ""
    if lowering.unknown is not None:
        return f"; what would lower it is unknown: {printable(lowering.unknown)}"
    if lowering.version is None:
        return "; no version of it is lower"
    needs = "runs on any" if lowering.floor is None else f"needs {lowering.floor}"
    said = f"; {lowering.version} {needs}"
    if lowering.pythons != holder.pythons:
        said += f" with Python {pythons_words(lowering.pythons)}"
    return said if lowering.forbidden is None else f"{said}, but {printable(lowering.forbidden)}"
