"""Measure one corpus: a real requirements file, locked for every platform, by us and by uv."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench.agree import Packages, compiled_packages, difference
from bench.cases import CUTOFF
from bench.measure import CommandFailedError, Meter, Sample, Series
from bench.results import CaseResult, Measured
from bench.session import REFERENCE, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.cases import Corpus
    from bench.mirror import Mirror
    from bench.tools.tool import Tool

CAPABLE = ("wheelright", "uv")
_MODE = "fresh"


class _Desk:
    """One tool at one corpus."""

    def __init__(self, tool: Tool, corpus: Corpus, folder: Path, mirror: Mirror) -> None:
        self.tool = tool
        self.folder = folder
        self.mirror = mirror
        self.meter = Meter(folder / "output")
        source = Path(corpus.file)
        (folder / "home").mkdir()
        self.project = folder / "project"
        self.project.mkdir()
        shutil.copy(source, self.project)
        self.base = [
            tool.program, "pip", "compile", "--universal", "--python-version", "3.12",
            "--no-build", "--no-sources", "--exclude-newer", CUTOFF,
            "--default-index", mirror.urls[_MODE], *corpus.options, source.name,
        ]  # fmt: skip
        self.numbers = 0
        self.packages: Packages = frozenset()
        self.failure = ""
        self.counts: dict[str, int] = {}
        self.samples: dict[str, list[Sample]] = {"cold": [], "cached": []}

    def run(self, work: str, *options: str) -> Sample | None:
        """Run one work; ``None`` where the mirror had to record something."""
        self.numbers += 1
        cache = self.folder / (f"cache-{self.numbers}" if work == "cold" else "cache")
        out = self.project / f"{self.numbers}.txt"
        offline = ("--offline",) if work == "cached" else ()
        environ = self.tool.environ(self.folder / "home", cache, self.mirror.urls[_MODE])
        self.mirror.traffic(_MODE)
        misses = self.mirror.recorder.misses
        command = [*self.base, *offline, *options, "-o", str(out)]
        sample = self.meter.run(command, self.project, environ)
        if self.mirror.recorder.misses != misses:
            return None
        self.packages = compiled_packages(out.read_text("utf-8"))
        if work == "cold":
            self.counts |= self.mirror.traffic(_MODE).requests
        return sample

    def prime(self) -> None:
        """Record what is lacking, fill the cache, and count the steps where the tool says them."""
        try:
            self.run("prime")
            self.run("cached", "-v")
        except CommandFailedError as error:
            self.failure = str(error)
            return
        steps = re.search(r"resolved[^:]*: (\d+) steps", self.meter.said())
        if steps:
            self.counts["steps"] = int(steps[1])

    def keep(self, work: str) -> None:
        """Run one work until a run counts; remember a failure."""
        for _ in range(3):
            if self.failure:
                return
            try:
                sample = self.run(work)
            except CommandFailedError as error:
                self.failure = str(error)
                return
            if sample is not None:
                self.samples[work].append(sample)
                return
        self.failure = "the mirror was not complete after 3 runs"


def _median(desk: _Desk | None, work: str) -> float | None:
    samples = tuple(desk.samples[work]) if desk else ()
    return Series(samples).median if samples else None


def measure_corpus(
    corpus: Corpus, tools: Sequence[Tool], mirror: Mirror, folder: Path, *, runs: int
) -> CaseResult:
    """Measure a corpus with the tools that can compile for every platform."""
    tools = [tool for tool in tools if tool.name in CAPABLE]
    session = session_of(tools, mirror, folder)
    desks = {}
    for tool in tools:
        place = folder / tool.name
        place.mkdir()
        desks[tool.name] = _Desk(tool, corpus, place, mirror)
        desks[tool.name].prime()
    for work in ("cold", "cached"):
        for _ in range(runs):
            for desk in desks.values():
                desk.keep(work)
    reference = desks.get(REFERENCE)
    wanted = reference.packages if reference and not reference.failure else None
    works = {
        work: {
            name: Measured(
                samples=tuple(desk.samples[work]),
                packages=len(desk.packages),
                difference="" if wanted is None else difference(desk.packages, wanted),
                failure=desk.failure,
                counts=desk.counts if work == "cold" else {},
                beside=_median(reference, work),
            )
            for name, desk in desks.items()
        }
        for work in ("cold", "cached")
    }
    for work, by_tool in works.items():
        shown = "  ".join(
            f"{name} {one.series.median * 1000:.0f} ms" if one.series else f"{name}: {one.failure}"
            for name, one in by_tool.items()
        )
        print(f"  {corpus.name:<24} {work:<7} {shown}", flush=True)
    return CaseResult(corpus.name, corpus.name, (), "", (session,), works)
