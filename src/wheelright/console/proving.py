"""How a proof looks: targets with what is missing and what would help, as text and as a document.

Must live here: the signs of verdicts, which ``matrix`` shows too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import count, duration
from wheelright.workflows.proofs import pythons_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelright.workflows.proofs import Cell, Measured, Proof, TargetProof

#: How many packages that are built are named before the rest is only counted.
NAMED = 8


class Sign(NamedTuple):
    """A verdict in one character, in one character of ASCII, its colour, and in words."""

    glyph: str
    plain: str
    color: str
    words: str


SIGNS: dict[str, Sign] = {
    "wheel": Sign("●", "w", "green", "a wheel for the platform"),
    "pure": Sign("○", "p", "green", "a pure wheel"),
    "passed": Sign("◆", "o", "cyan", "a wheel of an older version: newer ones were passed over"),
    "built": Sign("▲", "b", "yellow", "built from source"),
    "missing": Sign("✗", "X", "red", "nothing that may be installed"),
    "absent": Sign("·", ".", "dim", "not needed there"),
}
_NOUNS = {"wheel": "wheel", "pure": "pure wheel", "built": "built", "missing": "missing"}


def check_lines(
    proof: Proof, style: Style = PLAIN, *, verbose: bool = False, ascii_only: bool = False
) -> list[str]:
    """Tell what was proved: each target, what is missing there and what would help."""
    lines: list[str] = []
    if proof.stale:
        label = style.paint("warning:", "yellow", "bold")
        why = printable("; ".join(proof.stale))
        lines.append(f"{label} the lock is not current: {why}; this is about the lock as it is")
    for target in proof.targets:
        lines += _target_lines(target, style, verbose=verbose, ascii_only=ascii_only)
    if proof.measured is not None:
        lines += _measured_lines(proof.measured, style, verbose=verbose)
    return [*lines, *_verdict_lines(proof, style)]


def check_document(proof: Proof) -> dict[str, Any]:
    """``check``: every package on every target with every Python."""
    return {
        "schema": SCHEMA,
        "lock": proof.lock,
        "passed": not proof.failed,
        "declared": proof.declared,
        "stale": list(proof.stale),
        "targets": [
            {**to_builtins(target), "passed": not target.failed} for target in proof.targets
        ],
        "measured": None if proof.measured is None else to_builtins(proof.measured),
    }


class Finding(NamedTuple):
    """Cells of one package that are alike but for their Pythons."""

    cell: Cell
    pythons: tuple[str, ...]


def findings(cells: Iterable[Cell]) -> list[Finding]:
    """Join cells that differ only in Python (and in the wheel that comes nearest)."""
    found: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        reason = cell.kind if cell.kind == "needs" else cell.reason  # it names a file
        key = (cell.package, cell.version, cell.verdict, cell.kind, reason)
        found.setdefault(key, []).append(cell)
    return [Finding(same[-1], tuple(cell.python for cell in same)) for same in found.values()]


def _target_lines(
    target: TargetProof, style: Style, *, verbose: bool, ascii_only: bool
) -> list[str]:
    ok, bad = ("ok", "FAIL") if ascii_only else ("✓", "✗")
    if not target.hard:
        sign = style.paint("-" if ascii_only else "·", "dim")
    elif target.failed:
        sign = style.paint(bad, "red", "bold")
    else:
        sign = style.paint(ok, "green", "bold")
    name = style.paint(printable(target.name), "bold")
    pythons = pythons_words(target.pythons)
    if not target.hard and target.uncovered == target.pythons:
        return [f"{sign} {name}: {target.words}: the lock does not cover it"]
    lines = [f"{sign} {name}: {target.words}, Python {pythons}: {_counts(target)}"]
    if target.uncovered:
        label = _label("missing", style, ascii_only=ascii_only)
        where = pythons_words(target.uncovered)
        lines += [
            f"  {label} the lock does not cover Python {where} there",
            "      declare it in `targets` (or `environments`, `requires-python`) and lock again",
        ]
    if target.left_out:
        label = style.paint("note:", "cyan")
        where = pythons_words(target.left_out)
        lines.append(f"  {label} without Python {where}, which not every package can serve")
    missing = findings(target.missing)
    for number, finding in enumerate(missing):
        helped = verbose or (target.hard and number < NAMED)
        lines += _missing_lines(finding, target, style, ascii_only=ascii_only, helped=helped)
    if target.hard and len(missing) > NAMED and not verbose:
        lines.append("      `-v` shows what would help with each")
    lines += _built_lines(target, style, ascii_only=ascii_only, verbose=verbose)
    if target.most is not None:
        lines.append(f"  the most that a binary needs is {printable(target.most)}")
    lines += [f"  {style.paint('note:', 'cyan')} {printable(note)}" for note in target.notes]
    if target.hard:
        label = style.paint("hint:", "cyan", "bold")
        lines += [f"  {label} {printable(hint)}" for hint in target.hints]
    return lines


def _label(verdict: str, style: Style, *, ascii_only: bool) -> str:
    sign = SIGNS[verdict]
    return style.paint(sign.plain if ascii_only else sign.glyph, sign.color)


def _counts(target: TargetProof) -> str:
    worst: dict[str, str] = {}
    order = list(_NOUNS)
    for cell in target.cells:
        known = worst.get(cell.package, "wheel")
        worst[cell.package] = max(known, cell.verdict, key=order.index)
    numbers = {verdict: list(worst.values()).count(verdict) for verdict in order}
    said = [
        count(number, noun) if noun.endswith("wheel") else f"{number} {noun}"
        for verdict, noun in _NOUNS.items()
        if (number := numbers[verdict])
    ]
    return f"{count(len(worst), 'package')}{': ' if said else ''}{', '.join(said)}"


def _where(finding: Finding, target: TargetProof) -> str:
    """Say for which Pythons, unless it is all of them."""
    if finding.pythons == target.pythons:
        return ""
    return f" (Python {pythons_words(finding.pythons)})"


def _missing_lines(
    finding: Finding, target: TargetProof, style: Style, *, ascii_only: bool, helped: bool
) -> list[str]:
    cell = finding.cell
    label = _label("missing", style, ascii_only=ascii_only)
    known = f"{style.paint(cell.package, 'bold')} {cell.version or ''}".rstrip()
    near = f" (nearest: {cell.nearest})" if cell.nearest else ""
    lines = [f"  {label} {known}{_where(finding, target)}: {printable(cell.reason)}{near}"]
    if helped:
        lines += [f"      {printable(fix)}" for fix in cell.fixes]
    return lines


def _built_lines(
    target: TargetProof, style: Style, *, ascii_only: bool, verbose: bool
) -> list[str]:
    built = findings(cell for cell in target.cells if cell.verdict == "built")
    if not built:
        return []
    label = _label("built", style, ascii_only=ascii_only)
    if target.hard or verbose:
        shown = built if verbose else built[:NAMED]
        lines = [
            f"  {label} {style.paint(one.cell.package, 'bold')} {one.cell.version or ''}".rstrip()
            + f"{_where(one, target)} is built: {printable(one.cell.reason)}"
            for one in shown
        ]
        left = len(built) - len(shown)
        return [*lines, *([f"  ... and {left} more (`-v` shows them)"] if left else [])]
    names = list(dict.fromkeys(one.cell.package for one in built))
    left = len(names) - NAMED
    more = f" and {left} more" if left > 0 else ""
    return [f"  {label} built from source: {', '.join(names[:NAMED])}{more}"]


def _measured_lines(measured: Sequence[Measured], style: Style, *, verbose: bool) -> list[str]:
    """Tell how much was read, and one broken promise of each package (all with ``verbose``)."""
    if not measured:
        return ["No wheel has binaries to read"]
    number = sum(one.binaries for one in measured)
    read = f"{number} {'binary' if number == 1 else 'binaries'}"
    lines = [f"Read {read} in {count(len(measured), 'wheel')}"]
    label = style.paint("warning:", "yellow", "bold")
    broken: dict[str, list[tuple[str, str]]] = {}
    for one in measured:
        broken.setdefault(one.package, []).extend((one.file, text) for text in one.broken)
    for promises in broken.values():
        shown = promises if verbose else promises[:1]
        lines += [f"{label} `{printable(file)}` is {printable(text)}" for file, text in shown]
        if left := len(promises) - len(shown):
            lines.append(f"  ... and {left} more of the kind in its wheels (`-v` shows them)")
    return lines


def _verdict_lines(proof: Proof, style: Style) -> list[str]:
    time = f" in {duration(proof.seconds)}"
    hard = [target for target in proof.targets if target.hard]
    if not hard:
        looked = f"Looked at {count(len(proof.targets), 'common platform')}{time}"
        hint = style.paint("hint:", "cyan", "bold")
        return [
            f"{looked}: the project declares no targets, so nothing fails",
            f"{hint} `--for NAME` proves one; `targets` in `[tool.wheelright]` are always proved",
        ]
    failed = [printable(target.name) for target in hard if target.failed]
    if failed:
        are = "is" if len(failed) == 1 else "are"
        text = f"{len(failed)} of {count(len(hard), 'target')} {are} not served"
        return [f"{style.paint(text, 'bold', 'red')}: {', '.join(failed)}"]
    text = f"{count(len(hard), 'target')} proved"
    return [f"{style.paint(text, 'bold', 'green')}{time}"]
