"""Words and cells that the sections of the page share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.picture import seconds
from bench.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.results import CaseResult, Measured


def circumstances(result: CaseResult) -> Iterator[str]:
    """Say when, on what and with which versions a case was measured; its latest session."""
    session = result.session
    versions = ", ".join(
        f"{TOOLS[name].title} {version}" for name, version in session.versions.items()
    )
    runs = max(
        (len(one.samples) for tools in result.works.values() for one in tools.values()), default=0
    )
    machine = ", ".join(f"{name} {value}" for name, value in session.machine.items())
    source = f" (source `{session.code}`)" if session.code else ""
    yield f"{session.date}; up to {runs} runs; {versions}{source}; mirror: {session.mirror}."
    yield f"Machine: {machine}; load average at the start {session.load}."
    if len(result.sessions) > 1:
        yield (
            f"Measured in {len(result.sessions)} sessions; each ratio is of tools that were "
            "measured in the same one."
        )
    yield ""


def median(one: Measured | None) -> str:
    """Write a median."""
    if one is None:
        return "-"
    series = one.series
    return "failed" if series is None else seconds(series.median)


def times(ratio: float | None) -> str:
    """Write how often as long something takes."""
    return "" if ratio is None else f"{ratio:.2f}"


def in_cell(text: str) -> str:
    """Write text so that it stays in its cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
