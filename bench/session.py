"""Measure one case: all tools, all works, in alternating order."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bench.agree import Packages, difference
from bench.bed import Bed
from bench.install import code_of_ours
from bench.machine import describe_machine, load, settle
from bench.measure import CommandFailedError, Meter, Sample, Series
from bench.results import CaseResult, Measured, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.mirror import Mirror
    from bench.tools.tool import Tool
    from bench.works import Work

_MOST_REPEATS: Final = 3
"""How often a run is repeated because the mirror had to record something during it."""
REFERENCE: Final = "uv"
LEADING: Final = ("wheelright", "uv")
"""The tools that are measured as often as asked for."""
_LIMIT: Final = 900.0
_PEERS_LIMIT: Final = 240.0
"""Seconds: a command of another tool that takes longer has failed."""
_SLOW: Final = 3.0
"""Seconds: a run so long counts even where the first is there to warm."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How often and how long is measured.

    ``settle`` is how many seconds to wait, before each run, for a machine at rest. A tool that has
    spent ``patience`` seconds on a work runs it no more; Wheelright and uv have ten times that.
    """

    runs: int = 7
    settle: float = 3.0
    patience: float = 6.0


class Column:
    """One tool at one work, while it is measured."""

    def __init__(self, bed: Bed, patience: float) -> None:
        self.bed = bed
        self.patience = patience
        self.samples: list[Sample] = []
        self.found: Packages = frozenset()
        self.counts: dict[str, int] = {}
        self.failure = ""

    @property
    def enough(self) -> bool:
        """Whether further runs would only take long."""
        spent = sum(sample.wall for sample in self.samples)
        return bool(self.failure) or spent > self.patience

    def measured(self, reference: Packages | None, beside: float | None) -> Measured:
        """Return what is kept of it, compared with the packages of the reference."""
        return Measured(
            samples=tuple(self.samples),
            packages=len(self.found),
            difference=_difference(self, reference) if self.samples else "",
            failure=self.failure,
            counts=self.counts,
            beside=beside,
        )


def measure_case(
    case: Case,
    tools: Sequence[Tool],
    works: Sequence[Work],
    mirror: Mirror,
    folder: Path,
    *,
    effort: Effort,
    keep: Callable[[CaseResult], None],
) -> CaseResult:
    """Measure every work with every tool that could be prepared; ``keep`` gets each at once."""
    beds, failures = _prepared(case, tools, works, mirror, folder)
    made = CaseResult(
        name=case.name,
        title=case.title,
        requirements=case.requirements,
        added=case.added,
        sessions=(session_of(tools, mirror.kind, folder),),
        works={},
        failures=failures,
    )
    for work in works:
        if found := _measure_work(work, beds, mirror, effort):
            made.works[work.name] = found
            keep(made)
    return made


def _prepared(
    case: Case, tools: Sequence[Tool], works: Sequence[Work], mirror: Mirror, folder: Path
) -> tuple[list[Bed], dict[str, str]]:
    """Prepare each tool; return those that can take part, and why the others cannot."""
    beds, failures = [], {}
    for tool in tools:
        print(f"{case.name}: preparing {tool.title}", flush=True)
        limit = _LIMIT if tool.name in LEADING else _PEERS_LIMIT
        meter = Meter(folder / "output" / tool.name, limit=limit)
        bed = Bed(tool, case, folder / tool.name, mirror, meter)
        try:
            bed.prime(works)
        except CommandFailedError as error:
            failures[tool.name] = str(error)
            print(f"  {tool.title} cannot take part: {error}", flush=True)
        else:
            beds.append(bed)
    return beds, failures


def session_of(tools: Sequence[Tool], mirror: str, folder: Path) -> Session:
    """Describe the circumstances as they are now."""
    return Session(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=describe_machine(folder),
        mirror=mirror,
        versions={tool.name: tool.version() for tool in tools},
        load=round(load(), 1),
        code=code_of_ours(),
    )


def _measure_work(
    work: Work, beds: Sequence[Bed], mirror: Mirror, effort: Effort
) -> dict[str, Measured]:
    """Measure one work: every tool once, then every tool again, ... (A B A B)."""
    columns = {}
    for bed in beds:
        more = 10 if bed.tool.name in LEADING else 1
        columns[bed.tool.name] = Column(bed, effort.patience * more)
    discarded = 0 if work.cold else 1  # a first run that warms what lies below the tools' caches
    for number in range(effort.runs + discarded):
        for column in columns.values():
            if not column.enough and len(column.samples) < effort.runs:
                _run_once(work, column, mirror, effort.settle, keep=number >= discarded)
    reference = columns.get(REFERENCE)
    wanted = reference.found if reference and reference.samples else None
    beside = Series(tuple(reference.samples)).median if reference and reference.samples else None
    found = {
        name: column.measured(wanted, beside)
        for name, column in columns.items()
        if column.samples or column.failure
    }
    shown = "  ".join(
        f"{name} {one.series.median * 1000:.0f} ms" if one.series else f"{name} failed"
        for name, one in found.items()
    )
    print(f"  {work.title:<24} {shown}", flush=True)
    return found


def _run_once(work: Work, column: Column, mirror: Mirror, rest: float, *, keep: bool) -> None:
    for _ in range(_MOST_REPEATS):
        try:
            ready = column.bed.ready(work)
            if ready is None:
                return
            os.sync()  # what one tool left to be written is not to slow the next
            settle(rest)
            mirror.traffic(work.mode)
            misses = mirror.recorder.misses
            sample = column.bed.run(ready)
            column.found = column.bed.outcome(work, ready)
        except CommandFailedError as error:
            column.failure = str(error)
            print(f"  {work.title}: {column.bed.tool.title} failed: {error}", flush=True)
            return
        if mirror.recorder.misses == misses:
            break
    else:
        column.failure = f"the mirror was not complete after {_MOST_REPEATS} runs"
        return
    if keep or sample.wall > _SLOW:
        column.samples.append(sample)
        column.counts = mirror.traffic(work.mode).requests


def _difference(column: Column, reference: Packages | None) -> str:
    if reference is None:
        return ""
    if not column.bed.tool.locks_universally:
        names = {name for name, _ in column.found}
        reference = frozenset(one for one in reference if one[0] in names)
    return difference(column.found, reference)
