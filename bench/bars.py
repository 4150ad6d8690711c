"""The bar: what a row of the page is held against, as multiples of what another tool needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.results import CaseResult, Measured

TIMES: Final = {
    ("jupyter", "noop"): 1.0,
    ("jupyter", "run"): 1.0,
    ("jupyter", "sync-warm"): 0.5,
    ("jupyter", "sync-cold"): 0.8,
    ("jupyter", "lock-cold"): 1.0,
    ("jupyter", "lock-warm"): 0.5,
    ("jupyter", "lock-cached"): 3.0,
    ("large", "lock-cold"): 2.0,
    ("large", "lock-warm"): 2.0,
    ("large", "lock-cached"): 2.0,
}
"""The most, in multiples of uv's median, that Wheelright's may be."""
CORPUS_COLD: Final = 1.0
CORPUS_CACHED: Final = 3.0
CORPUS_SECONDS: Final = 0.3
CORPUS_MEMORY: Final = 3.0
"""The same for real projects; with all cached, so many seconds are allowed in any case."""
MEMORY: Final = 2.0
"""The most, in multiples of uv's peak, that Wheelright's peak memory may be, at any work."""
FASTER: Final = {"poetry": 10.0, "pdm": 10.0, "pip": 5.0}
"""How often as long the others must take at least."""
FASTER_AT: Final = ("jupyter", "sync-warm")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar and what was measured. ``most`` and ``ratio`` are multiples; lower is better."""

    case: str
    work: str
    kind: str
    beside: str
    most: float
    ratio: float

    @property
    def met(self) -> bool:
        """Whether the bar is met."""
        return self.ratio <= self.most

    @property
    def says(self) -> str:
        """Say that it is met, or by how much it is missed."""
        return "met" if self.met else f"missed: {self.ratio / self.most:.2f} times the bar"


def verdicts(result: CaseResult) -> Iterator[Verdict]:
    """Yield every bar of a case that could be measured: times first, then memory."""
    memory = []
    for work, tools in result.works.items():
        ours, uv = tools.get("wheelright"), tools.get("uv")
        if ours is None or ours.series is None:
            continue
        most = TIMES.get((result.name, work))
        if most is not None and ours.ratio is not None:
            yield Verdict(result.name, work, "time", "uv", most, ours.ratio)
        if (result.name, work) == FASTER_AT:
            yield from _beside_others(result.name, work, tools)
        if uv is not None and uv.series is not None:
            ratio = ours.series.peak / uv.series.peak
            memory.append(Verdict(result.name, work, "memory", "uv", MEMORY, ratio))
    yield from memory


def corpus_verdicts(result: CaseResult) -> Iterator[Verdict]:
    """Yield every bar of a real project that could be measured, work by work."""
    for work, tools in result.works.items():
        ours, uv = tools.get("wheelright"), tools.get("uv")
        if ours is None or ours.series is None or uv is None or uv.series is None:
            continue
        most = CORPUS_COLD
        if work.endswith("-cached"):
            most = max(CORPUS_CACHED, CORPUS_SECONDS / uv.series.median)
        ratio = ours.series.median / uv.series.median
        yield Verdict(result.name, work, "time", "uv", most, ratio)
        ratio = ours.series.peak / uv.series.peak
        yield Verdict(result.name, work, "memory", "uv", CORPUS_MEMORY, ratio)


def _beside_others(case: str, work: str, tools: dict[str, Measured]) -> Iterator[Verdict]:
    """Compare through uv, which each tool was measured beside in a session of its own."""
    ours = tools["wheelright"].ratio
    for name, factor in FASTER.items():
        theirs = tools[name].ratio if name in tools else None
        if ours and theirs:
            yield Verdict(case, work, "time", name, 1 / factor, ours / theirs)
