"""What was measured, kept as one JSON file per case, so that the page can be written from all.

A case may be measured in pieces: some works or some tools now, the others another time. What is
measured anew takes the place of what was there, the rest stays with the session it came from.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (msgspec reads the annotations)
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from bench.measure import Sample, Series

if TYPE_CHECKING:
    from collections.abc import Iterable


class Session(msgspec.Struct, frozen=True):
    """The circumstances: ``load`` is the load average when the case began.

    ``code`` stands for Wheelright's source.
    """

    date: str
    machine: dict[str, str]
    mirror: str
    versions: dict[str, str]
    load: float
    code: str = ""


class Measured(msgspec.Struct, frozen=True):
    """One tool at one work. ``difference`` is from what uv did, empty where it did the same.

    ``failure`` says why there are no samples. ``counts`` is what else was counted: requests of the
    last run by kind, and the steps of the solver where it says them. ``session`` is the number of
    the session it was measured in, ``beside`` the median of uv in seconds in that session.
    """

    samples: tuple[Sample, ...] = ()
    packages: int = 0
    difference: str = ""
    failure: str = ""
    counts: dict[str, int] = {}
    session: int = 0
    beside: float | None = None

    @property
    def series(self) -> Series | None:
        """The runs, ``None`` where there were none."""
        return Series(self.samples) if self.samples else None

    @property
    def ratio(self) -> float | None:
        """How often as long as uv's the median is, both of one session."""
        return self.series.median / self.beside if self.series and self.beside else None


class CaseResult(msgspec.Struct, frozen=True):
    """One case: by the name of the work, then of the tool; ``failures`` by tool."""

    name: str
    title: str
    requirements: tuple[str, ...]
    added: str
    sessions: tuple[Session, ...]
    works: dict[str, dict[str, Measured]]
    failures: dict[str, str] = {}

    @property
    def session(self) -> Session:
        """The latest session."""
        return self.sessions[-1]


def merged(old: CaseResult | None, new: CaseResult) -> CaseResult:
    """Put what was measured now, in one session, into what was known."""
    if old is None:
        return new
    number = len(old.sessions)
    works = dict(old.works)
    for work, tools in new.works.items():
        now = {name: replace(one, session=number) for name, one in tools.items()}
        works[work] = works.get(work, {}) | now
    took_part = {name for tools in new.works.values() for name in tools}
    failures = {name: why for name, why in old.failures.items() if name not in took_part}
    return _without_unused_sessions(
        replace(
            new,
            sessions=(*old.sessions, *new.sessions),
            works=works,
            failures=failures | new.failures,
        )
    )


def _without_unused_sessions(result: CaseResult) -> CaseResult:
    every = [one for tools in result.works.values() for one in tools.values()]
    used = sorted({one.session for one in every} | {len(result.sessions) - 1})
    works = {
        work: {name: replace(one, session=used.index(one.session)) for name, one in tools.items()}
        for work, tools in result.works.items()
    }
    return replace(result, sessions=tuple(result.sessions[one] for one in used), works=works)


def write_result(folder: Path, result: CaseResult) -> None:
    """Keep a result, in place of an earlier one of the same case."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    half = path.with_suffix(".part")
    half.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
    half.replace(path)


def read_result(folder: Path, name: str) -> CaseResult | None:
    """Return what is known of a case; ``None`` if nothing, or in a form of another time."""
    try:
        return msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=CaseResult)
    except (FileNotFoundError, msgspec.ValidationError):
        return None


def read_results(folder: Path, names: Iterable[str]) -> list[CaseResult]:
    """Return the results that are there, in the order of the names."""
    return [result for name in names if (result := read_result(folder, name)) is not None]
