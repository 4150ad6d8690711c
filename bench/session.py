"""Measure one case: all tools, all works, in alternating order."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bench.agree import Packages, difference
from bench.bed import Bed
from bench.machine import describe_machine, load, settle
from bench.measure import CommandFailedError, Meter, Sample
from bench.results import CaseResult, Measured, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.mirror import Mirror
    from bench.tools.tool import Tool
    from bench.works import Work

_MOST_REPEATS: Final = 3
"""How often a run is repeated because the mirror had to record something during it."""
REFERENCE: Final = "uv"
_LEAST_RUNS: Final = 3
_PATIENCE: Final = 60.0
"""Seconds: a tool that has run a work so long, and ``_LEAST_RUNS`` times, runs it no more."""


class Column:
    """One tool at one work, while it is measured."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.samples: list[Sample] = []
        self.found: Packages = frozenset()
        self.counts: dict[str, int] = {}
        self.failure = ""

    @property
    def enough(self) -> bool:
        """Whether further runs would only take long."""
        spent = sum(sample.wall for sample in self.samples)
        return bool(self.failure) or (len(self.samples) >= _LEAST_RUNS and spent > _PATIENCE)

    def measured(self, reference: Packages | None) -> Measured:
        """Return what is kept of it, compared with the packages of the reference."""
        return Measured(
            samples=tuple(self.samples),
            packages=len(self.found),
            difference=_difference(self, reference) if self.samples else "",
            failure=self.failure,
            counts=self.counts,
        )


def measure_case(  # ``patience``: seconds to wait, before each run, for a machine at rest
    case: Case,
    tools: Sequence[Tool],
    works: Sequence[Work],
    mirror: Mirror,
    folder: Path,
    *,
    runs: int,
    patience: float,
) -> CaseResult:
    """Measure every work with every tool that could be prepared."""
    session = session_of(tools, mirror, folder)
    beds, failures = [], {}
    for tool in tools:
        print(f"{case.name}: preparing {tool.title}", flush=True)
        bed = Bed(tool, case, folder / tool.name, mirror, Meter(folder / "output" / tool.name))
        try:
            bed.prime()
        except CommandFailedError as error:
            failures[tool.name] = str(error)
            print(f"  {tool.title} cannot take part: {error}", flush=True)
        else:
            beds.append(bed)
    measured = {work.name: _measure_work(work, beds, mirror, runs, patience) for work in works}
    return CaseResult(
        name=case.name,
        title=case.title,
        requirements=case.requirements,
        added=case.added,
        session=session,
        works={name: by_tool for name, by_tool in measured.items() if by_tool},
        failures=failures,
    )


def session_of(tools: Sequence[Tool], mirror: Mirror, folder: Path) -> Session:
    """Describe the circumstances as they are now."""
    return Session(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=describe_machine(folder),
        mirror=mirror.kind,
        versions={tool.name: tool.version() for tool in tools},
        load=round(load(), 1),
    )


def _measure_work(
    work: Work, beds: Sequence[Bed], mirror: Mirror, runs: int, patience: float
) -> dict[str, Measured]:
    """Measure one work: every tool once, then every tool again, ... (A B A B)."""
    columns = {bed.tool.name: Column(bed) for bed in beds}
    discarded = 0 if work.cold else 1  # a first run that warms what lies below the tools' caches
    for number in range(runs + discarded):
        for column in columns.values():
            if not column.enough:
                _run_once(work, column, mirror, patience, keep=number >= discarded)
    reference = columns.get(REFERENCE)
    wanted = reference.found if reference and reference.samples else None
    found = {
        name: column.measured(wanted)
        for name, column in columns.items()
        if column.samples or column.failure
    }
    shown = "  ".join(
        f"{name} {one.series.median * 1000:.0f} ms" if one.series else f"{name} failed"
        for name, one in found.items()
    )
    print(f"  {work.title:<24} {shown}", flush=True)
    return found


def _run_once(work: Work, column: Column, mirror: Mirror, patience: float, *, keep: bool) -> None:
    for _ in range(_MOST_REPEATS):
        try:
            ready = column.bed.ready(work)
            if ready is None:
                return
            os.sync()  # what one tool left to be written is not to slow the next
            settle(patience)
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
    if keep:
        column.samples.append(sample)
        column.counts = mirror.traffic(work.mode).requests


def _difference(column: Column, reference: Packages | None) -> str:
    if reference is None:
        return ""
    if not column.bed.tool.locks_universally:
        names = {name for name, _ in column.found}
        reference = frozenset(one for one in reference if one[0] in names)
    return difference(column.found, reference)
