"""What was measured, kept as one JSON file per case, so that the page can be written from all."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 (msgspec reads the annotations)
from typing import TYPE_CHECKING

import msgspec

from bench.measure import Sample, Series

if TYPE_CHECKING:
    from collections.abc import Iterable


class Session(msgspec.Struct, frozen=True):
    """The circumstances: ``load`` is the load average when the case began."""

    date: str
    machine: dict[str, str]
    mirror: str
    versions: dict[str, str]
    load: float


class Measured(msgspec.Struct, frozen=True):
    """One tool at one work. ``difference`` is from what uv did, empty where it did the same.

    ``failure`` says why there are no samples. ``counts`` is what else was counted: requests of the
    last run by kind, and the steps of the solver where it says them.
    """

    samples: tuple[Sample, ...] = ()
    packages: int = 0
    difference: str = ""
    failure: str = ""
    counts: dict[str, int] = {}

    @property
    def series(self) -> Series | None:
        """The runs, ``None`` where there were none."""
        return Series(self.samples) if self.samples else None


class CaseResult(msgspec.Struct, frozen=True):
    """One case: by the name of the work, then of the tool; ``failures`` by tool."""

    name: str
    title: str
    requirements: tuple[str, ...]
    added: str
    session: Session
    works: dict[str, dict[str, Measured]]
    failures: dict[str, str] = {}


def write_result(folder: Path, result: CaseResult) -> None:
    """Keep a result, in place of an earlier one of the same case."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(result)))


def read_results(folder: Path, names: Iterable[str]) -> list[CaseResult]:
    """Return the results that are there, in the order of the names."""
    paths = [folder / f"{name}.json" for name in names]
    return [
        msgspec.json.decode(path.read_bytes(), type=CaseResult) for path in paths if path.exists()
    ]
