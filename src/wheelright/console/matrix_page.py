"""The matrix as one page that needs nothing else: to sort, to filter, with a reason per cell.

Must live here: the page's HTML, made of escaped text only. Its style and script are the files in
``page/``, put into it whole; a content security policy admits these two, by hash, and nothing from
anywhere. Without scripts the table and the reasons (as titles) are still there.
What else changes with it: ``page/matrix.js`` reads the document under ``id="data"``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelright.console.matrix import floor_of_square
from wheelright.console.proving import SIGNS, findings
from wheelright.console.text import count
from wheelright.workflows.matrix import ORDER, counts
from wheelright.workflows.proofs import pythons_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.workflows.matrix import Look, MatrixOutcome, Row, Square
    from wheelright.workflows.proofs import TargetProof

_PARTS = Path(__file__).parent / "page"
_WORDS = {
    "wheel": "a wheel",
    "pure": "a pure wheel",
    "built": "built",
    "missing": "nothing to install",
}
_DRAWN: tuple[Look, ...] = ("wheel", "pure", "passed", "built", "missing")
_SHORT = {
    "wheel": "wheel",
    "pure": "pure wheel",
    "passed": "older version",
    "built": "built",
    "missing": "missing",
    "absent": "not needed",
}


def matrix_page(outcome: MatrixOutcome) -> str:
    """Return the whole page. The same proof gives the same page."""
    style = (_PARTS / "matrix.css").read_text(encoding="utf-8")
    script = (_PARTS / "matrix.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    title = f"{outcome.project}: packages by targets"
    return "\n".join((
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>{_text(title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        "<main>",
        *_head(outcome),
        *_tools(outcome),
        *_table(outcome),
        *_legend(outcome),
        "<footer>Made by <code>wheelright matrix --html</code> from the lock alone.</footer>",
        "</main>",
        _DIALOG,
        f'<script type="application/json" id="data">{_json(_data(outcome))}</script>',
        f"<script>{script}</script>",
        "</body>",
        "</html>",
        "",
    ))  # fmt: skip


_DIALOG = (
    '<dialog aria-labelledby="what"><header><div><h2 id="what"></h2><p></p></div>'
    '<button type="button" class="close" aria-label="Close">✕</button></header>'
    '<div class="body"></div></dialog>'
)


_SEARCH = (
    '<input type="search" id="search" placeholder="Find a package" aria-label="Find a package"'
    ' autocomplete="off" spellcheck="false">'
)


def _text(text: str) -> str:
    return escape(text, quote=True)


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _json(data: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _head(outcome: MatrixOutcome) -> list[str]:
    proof = outcome.proof
    hard = [target for target in proof.targets if target.hard]
    failed = [target for target in hard if target.failed]
    packages = count(len(outcome.rows), "locked package")
    if not hard:
        said = f"{packages} on the common platforms; no targets are declared"
    elif failed:
        said = f"{packages}; {len(failed)} of {count(len(hard), 'target')} not served"
    else:
        said = f"{packages}; {count(len(hard), 'target')} proved"
    lines = [f"<h1>{_text(outcome.project)}</h1>", f'<p class="lead">{_text(said)}</p>']
    if proof.stale:
        why = _text("; ".join(proof.stale))
        lines.append(f'<p class="warning">The lock is not current: {why}</p>')
    lines.append('<ul class="targets">')
    lines += [_card(outcome, number) for number in range(len(proof.targets))]
    return [*lines, "</ul>"]


def _card(outcome: MatrixOutcome, number: int) -> str:
    target = outcome.proof.targets[number]
    seen = counts(outcome.rows, number)
    needed = len(outcome.rows) - seen["absent"]
    kind, state = "", f"{needed} of {needed} served"
    if seen["missing"]:
        kind, state = "bad", f"{seen['missing']} of {needed} missing"
    elif target.uncovered:
        kind, state = "bad", f"Python {pythons_words(target.uncovered)} not covered"
    if not target.hard:
        kind = "soft"
    return (
        f"<li><h2>{_text(target.name)}</h2><p>{_text(target.words)}</p>"
        f'<p class="pythons">Python {_text(pythons_words(target.pythons))}</p>'
        f'<p class="state {kind}">{_text(state)}</p>{_bar(seen, needed)}</li>'
    )


def _bar(seen: Mapping[Look, int], needed: int) -> str:
    """Draw shares as a picture: a style attribute would need a hole in the policy."""
    if not needed:
        return ""
    at = 0.0
    drawn = []
    for look in _DRAWN:
        share = 100 * seen[look] / needed
        if share:
            drawn.append(
                f'<rect class="{look}" x="{at:.2f}" y="0" width="{share:.2f}" height="6"/>'
            )
            at += share
    return (
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )


def _tools(outcome: MatrixOutcome) -> list[str]:
    lines = ['<div class="tools" role="search">', _SEARCH]
    for look in reversed(ORDER):
        number = sum(any(s.look == look for s in row.squares) for row in outcome.rows)
        if number:
            sign = SIGNS[look]
            lines.append(
                f'<button type="button" class="chip" data-look="{look}" aria-pressed="false">'
                f'<span class="sign {look}" aria-hidden="true">{sign.glyph}</span>'
                f"{_SHORT[look]} <b>{number}</b></button>"
            )
    return [*lines, "</div>", '<p class="found" id="found" aria-live="polite"></p>']


def _table(outcome: MatrixOutcome) -> list[str]:
    lines = [
        '<div class="scroll" tabindex="0" role="region" aria-label="Packages by targets">',
        "<table>",
        "<caption>What every locked package gets on every target</caption>",
        "<thead><tr>",
        '<th scope="col" aria-sort="ascending"><button type="button">Package</button></th>',
        *(
            f'<th scope="col"><button type="button">{_text(target.name)}</button></th>'
            for target in outcome.proof.targets
        ),
        "</tr></thead>",
        "<tbody>",
    ]
    for number, row in enumerate(outcome.rows):
        lines.append(_row(row, number, outcome.proof.targets))
    return [*lines, "</tbody>", "</table>", "</div>"]


def _row(row: Row, number: int, targets: tuple[TargetProof, ...]) -> str:
    looks = " ".join(dict.fromkeys(square.look for square in row.squares))
    known = f"{row.package} {row.version or ''}".rstrip()
    cells = "".join(
        _cell(row, square, targets[at], f"{number}-{at}") for at, square in enumerate(row.squares)
    )
    return (
        f'<tr data-name="{_text(known.lower())}" data-looks="{looks}"><th scope="row">'
        f"{_text(row.package)} <span>{_text(row.version or '')}</span></th>{cells}</tr>"
    )


def _cell(row: Row, square: Square, target: TargetProof, at: str) -> str:
    sign = SIGNS[square.look]
    floor = floor_of_square(square)
    why = _why(square)
    label = f"{row.package} on {target.name}: {_SHORT[square.look]}"
    label += f", floor {floor}" if floor else ""
    mixed = len({cell.verdict for cell in square.cells}) > 1
    shown = f"<span>{_text(floor)}</span>" if floor else ""
    shown += "<sup>*</sup>" if mixed else ""
    title = f' title="{_text(why)}"' if why else ""
    order = f"{ORDER.index(square.look)} {floor}"
    return (
        f'<td data-sort="{_text(order)}"><button type="button" class="cell {square.look}"'
        f' data-at="{at}" aria-label="{_text(label)}" aria-haspopup="dialog"{title}>'
        f'<i aria-hidden="true">{sign.glyph}</i>{shown}</button></td>'
    )


def _why(square: Square) -> str:
    reasons = [square.note, *(finding.cell.reason for finding in findings(square.cells))]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _legend(outcome: MatrixOutcome) -> list[str]:
    met = {square.look for row in outcome.rows for square in row.squares}
    mixed = any(
        len({cell.verdict for cell in square.cells}) > 1
        for row in outcome.rows
        for square in row.squares
    )
    lines = ['<ul class="legend">']
    for look in reversed(ORDER):
        if look in met:
            sign = SIGNS[look]
            lines.append(
                f'<li><span class="sign {look}" aria-hidden="true">{sign.glyph}</span>'
                f" {_text(sign.words)}</li>"
            )
    if any(cell.floor for row in outcome.rows for s in row.squares for cell in s.cells):
        lines.append("<li>2.17: the libc or macOS version that the wheel asks for</li>")
    if mixed:
        lines.append("<li>*: not the same for every Python</li>")
    return [*lines, "</ul>"]


def _data(outcome: MatrixOutcome) -> dict[str, Any]:
    """Return what the script shows of cells: Pythons that get the same are one group."""
    return {
        "targets": [
            {"name": target.name, "words": target.words} for target in outcome.proof.targets
        ],
        "rows": [
            {
                "package": row.package,
                "version": row.version,
                "marker": row.marker,
                "squares": [_square(square) for square in row.squares],
            }
            for row in outcome.rows
        ],
    }


def _square(square: Square) -> dict[str, Any]:
    groups: dict[tuple[object, ...], list[Any]] = {}
    for cell in square.cells:
        groups.setdefault((cell.verdict, cell.file, cell.reason), []).append(cell)
    return {
        "note": square.note,
        "groups": [
            {
                "pythons": pythons_words([cell.python for cell in same]),
                "words": _WORDS[same[0].verdict],
                "file": same[0].file,
                "reason": same[0].reason,
                "nearest": same[-1].nearest,
                "fixes": list(same[0].fixes),
            }
            for same in groups.values()
        ],
    }
