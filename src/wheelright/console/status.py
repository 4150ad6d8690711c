"""``status`` as text for people, one screen, and as a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from wheelright.console.documents import SCHEMA
from wheelright.console.style import PLAIN, Style, printable
from wheelright.console.text import count, short_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.workflows.outcomes import StatusOutcome, VenvStatus

_MOST = 5
_WIDTH = 9
_LOCK = {
    "current": ("is current", "green"),
    "stale": ("is out of date", "yellow"),
    "missing": ("is missing", "yellow"),
    "unreadable": ("cannot be used", "red"),
}


def status_document(outcome: StatusOutcome) -> dict[str, Any]:
    """``status``: machine, lock and venvs, and whether all is as it should be."""
    document: dict[str, Any] = to_builtins(outcome)
    for venv, one in zip(document["venvs"], outcome.venvs, strict=True):
        venv["differs"] = one.differs
    return {"schema": SCHEMA, "sound": outcome.sound, **document}


def status_lines(outcome: StatusOutcome, style: Style = PLAIN) -> list[str]:
    """Tell in a screen how things stand, and end with what to do."""
    lines = []
    if outcome.project is not None:
        lines.append(_row("project", f"{outcome.name}, {printable(outcome.project)}"))
    lines.append(_row("machine", outcome.machine_words))
    if outcome.lock is not None:
        text, color = _LOCK[outcome.lock]
        lines.append(_row("lock", style.paint(text, color)))
        lines += _listed(outcome.lock_reasons)
    if not outcome.venvs:
        lines.append(_row("venv", style.paint("none yet", "yellow")))
    for venv in outcome.venvs:
        lines += _venv_lines(venv, style, several=len(outcome.venvs) > 1)
    return [*lines, "", _advice(outcome, style)]


def _venv_lines(venv: VenvStatus, style: Style, *, several: bool) -> Iterator[str]:
    mark = "* " if several and venv.picked else ""
    yield _row("venv", f"{mark}{printable(short_path(venv.path))}")
    words = printable(venv.words) if venv.words else "whatever made it: Wheelright never synced it"
    if venv.words and venv.target is None:
        words = f"the machine it was made on, {words}"
    python = f", Python {venv.python}" if venv.python else ""
    if venv.words or venv.problem is None:
        yield _row("  for", f"{words}{python}")
    if venv.fits is not None:
        yield _row("  fits", style.paint(*(("yes", "green") if venv.fits else ("no", "red"))))
    if venv.words:
        yield _row("  needs", printable(_needs(venv)))
    if venv.problem is not None:
        yield _row("  broken", style.paint(printable(venv.problem), "red"))
        return
    yield _row("  holds", _holds(venv, style))
    yield from _listed(venv.reasons)
    if venv.refusal is not None:
        yield _row("  sync", style.paint(f"is refused: {printable(venv.refusal)}", "red"))


def _needs(venv: VenvStatus) -> str:
    need = venv.need
    text = "any version will do"
    if need is not None:
        text = f"{need.words} or newer, for `{need.package}` ({need.path})"
    if not venv.unmeasured:
        return text
    number = count(len(venv.unmeasured), "package")
    return f"{text}; {number} not measured" if need else f"unknown: {number} not measured"


def _holds(venv: VenvStatus, style: Style) -> str:
    text = count(venv.packages, "package")
    if venv.anew is not None:
        return f"{text}, and is to be made anew: {printable(venv.anew)}"
    parts = [
        f"{len(names)} {word}"
        for names, word in (
            (venv.install, "missing"),
            (venv.replace, "to replace"),
            (venv.remove, "too many"),
        )
        if names
    ]
    return f"{text}: {style.paint(', '.join(parts), 'yellow')}" if parts else text


def _advice(outcome: StatusOutcome, style: Style) -> str:
    """Say the one thing to do next."""
    if outcome.sound:
        return style.paint("All is as it should be", "bold")
    if outcome.project is None and not outcome.venvs:
        return "There is no project and no venv here: `wheelright init` makes a project"
    unfit = next((one for one in outcome.venvs if one.picked and one.fits is False), None)
    if unfit is not None and unfit.help is not None:
        return f"Next: {unfit.help}"
    if outcome.lock == "missing":
        return "Next: `wheelright sync` locks, and makes the venv"
    if any(one.picked and one.refusal is not None for one in outcome.venvs):
        return "Next: `wheelright sync --dry-run` tells what would help"
    if outcome.project is not None:
        return "Next: `wheelright sync` brings lock and venv up to date"
    return "Next: `wheelright venv --clear` makes the venv anew"


def _row(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}} {text}"


def _listed(texts: tuple[str, ...]) -> list[str]:
    lines = [f"{'':<{_WIDTH}} - {printable(text)}" for text in texts[:_MOST]]
    if len(texts) > _MOST:
        lines.append(f"{'':<{_WIDTH}} - and {len(texts) - _MOST} more")
    return lines
