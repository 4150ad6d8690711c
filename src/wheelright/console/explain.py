"""Why a package has the version and file that it has, as text and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.style import PLAIN, Style, printable
from wheelright.workflows.proofs import pythons_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.workflows.explain import ExplainOutcome, FilesOnTarget, RankedFile, Verdict

#: How many rows of a kind are shown before the rest is only counted.
SHOWN = 10
_NOTABLE = frozenset({"chosen", "serves"})
_RUN = 3  # versions in a row with the same kind of reason
_AFTER = 2  # versions after the last that matters
_COLORS = {"chosen": "green", "serves": "cyan", "nothing": "cyan", "older": "dim"}


def explain_lines(
    outcome: ExplainOutcome, style: Style = PLAIN, *, verbose: bool = False
) -> list[str]:
    """Tell what is locked, what speaks against other versions, the files, and who asks."""
    lines = _head(outcome, style)
    if outcome.candidates:
        on = f" for {printable(', '.join(outcome.targets))}" if outcome.targets else ""
        lines += ["", style.paint(f"Versions{on}, newest first", "bold")]
        lines += _candidate_lines(outcome.candidates, style, verbose=verbose)
    for files in outcome.files:
        lines += ["", *_file_lines(files, outcome, style, verbose=verbose)]
    if outcome.metadata is not None:
        lines += ["", f"The metadata of {outcome.version} is {_from(outcome.metadata)}"]
    if outcome.requirers:
        lines += ["", style.paint("Required by", "bold")]
        shown = outcome.requirers if verbose else outcome.requirers[:SHOWN]
        for one in shown:
            said = f": {printable(one.requirement)}" if one.requirement else ""
            lines.append(f"  {printable(one.source)}{said}")
        lines += _left(len(outcome.requirers) - len(shown))
    return lines


def explain_document(outcome: ExplainOutcome) -> dict[str, Any]:
    """``explain``: every version, every file, and who requires the package."""
    return {"schema": SCHEMA, **to_builtins(outcome)}


def _from(metadata: str) -> str:
    return printable(metadata) if metadata.startswith("unknown") else f"from {printable(metadata)}"


def _head(outcome: ExplainOutcome, style: Style) -> list[str]:
    name = style.paint(outcome.package, "bold")
    if outcome.place is not None:
        version = f" {outcome.version}" if outcome.version else ""
        return [f"{name}{version} comes from {printable(outcome.place)}, not from an index"]
    if not outcome.locked:
        return [f"{name} is not in the lock"]
    return [
        f"{name} {style.paint(version or '', 'green')} is locked"
        + (f" where `{printable(marker)}`" if marker else "")
        for version, marker in outcome.locked
    ]


def _candidate_lines(candidates: Sequence[Verdict], style: Style, *, verbose: bool) -> list[str]:
    """List versions; of those alike few are shown, and few after the last that matters."""
    width = min(max(len(one.version) for one in candidates), 16)
    notable = [n for n, one in enumerate(candidates) if one.against in _NOTABLE]
    last = max(notable, default=SHOWN)
    lines: list[str] = []
    run = hidden = 0
    for number, one in enumerate(candidates):
        before = candidates[number - 1] if number else None
        same = before is not None and before.against == one.against
        run = run + 1 if same else 1
        told = before is not None and (before.against, before.reason) == (one.against, one.reason)
        late = number > last + _AFTER
        if not verbose and one.against not in _NOTABLE and (told or run > _RUN or late):
            hidden += 1
            continue
        lines += _hidden(hidden)
        hidden = 0
        sign = {"chosen": ">", "serves": "*"}.get(one.against, " ")
        version, reason = one.version.ljust(width), printable(one.reason)
        color = _COLORS.get(one.against)
        if color is not None:
            version, reason = style.paint(version, color), style.paint(reason, color)
        lines.append(f"{sign} {version}  {reason}")
    return [*lines, *_hidden(hidden)]


def _hidden(number: int) -> list[str]:
    return [f"  ... {number} more (`-v` shows them)"] if number else []


def _left(number: int) -> list[str]:
    return [f"  ... and {number} more (`-v` shows them)"] if number > 0 else []


def _file_lines(
    files: FilesOnTarget, outcome: ExplainOutcome, style: Style, *, verbose: bool
) -> list[str]:
    title = f"Files of {outcome.package} {outcome.version} on {printable(files.target)}"
    lines = [style.paint(f"{title} ({files.words}), best first", "bold")]
    fitting = [one for one in files.files if one.rank is not None]
    others = [one for one in files.files if one.rank is None]
    shown = fitting if verbose else fitting[:SHOWN]
    lines += [f"  {style.paint(f'{one.rank:>2}', 'green')} {_fit(one)}" for one in shown]
    lines += _left(len(fitting) - len(shown))
    if not fitting:
        built = any(one.name.endswith((".tar.gz", ".zip")) and "built" in (one.reason or "")
                    for one in others)  # fmt: skip
        lines.append(f"   {style.paint('no wheel fits' if built else 'none fits', 'red')}")
    room = len(others) if verbose else max(SHOWN - len(shown), 4)
    lines += [style.paint(f"   - {printable(f'{one.name}: {one.reason}')}", "dim")
              for one in others[:room]]  # fmt: skip
    if len(others) > room:
        lines.append(f"  ... and {len(others) - room} more that do not fit (`-v` shows them)")
    return lines


def _fit(one: RankedFile) -> str:
    pythons = [python for python, _ in one.tags]
    tags = list(dict.fromkeys(tag for _, tag in one.tags))
    return f"{printable(one.name)}\n     Python {pythons_words(pythons)}, by {tags[-1]}"
