"""Sections of the page beside the cases: growth, the profile, the real projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.bars import (
    CORPUS_CACHED,
    CORPUS_COLD,
    CORPUS_MEMORY,
    CORPUS_SECONDS,
    corpus_verdicts,
)
from bench.cases import CUTOFF, growing
from bench.chart import Line, draw_lines
from bench.corpus import COUNTS, MODES, STATES
from bench.picture import seconds
from bench.tools import TOOLS
from bench.words import circumstances, in_cell, median
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.bars import Verdict
    from bench.profiling import Profile
    from bench.results import CaseResult

_CORPUS_BARS: Final = {
    "cold": f"Cold, at most {CORPUS_COLD:g} times uv",
    "cached": f"Cached, at most {CORPUS_CACHED:g} times uv or {CORPUS_SECONDS:g} s",
    "memory": f"Memory, at most {CORPUS_MEMORY:g} times uv",
}
_GROWTH: Final = (
    ("lock-cold", "packages", "Locking with an empty cache"),
    ("lock-cached", "packages", "Locking from the cache"),
    ("noop", "packages", "A sync with nothing to do"),
    ("sync-warm", "files", "Linking from the cache into a new venv"),
    ("noop", "files", "A sync with nothing to do"),
)


def growth(results: Sequence[CaseResult], pictures: Path) -> Iterator[str]:
    """Write how times grow, and draw it."""
    sizes = {case.name: (case.made.packages if case.name.startswith("packages")
                         else case.made.packages * case.made.files)
             for case in growing() if case.made is not None}  # fmt: skip
    yield "## Growth"
    yield ""
    yield (
        "Packages that are made for this, served by the same mirror: nothing else differs but "
        "their number. Of packages each has 4 files and needs up to three others; every tenth has "
        "a newest version that is excluded. Of files 40 packages have more and more. Both axes "
        "of each picture are linear and begin at zero."
    )
    yield ""
    yield from circumstances(results[-1])
    for work, what, title in _GROWTH:
        found = [
            (sizes[one.name], one.works[work])
            for one in results
            if one.name.startswith(f"{what}-") and work in one.works
        ]
        lines = [
            Line(
                tool.title,
                tuple(
                    (size, series.median, series.least, series.most)
                    for size, tools in found
                    if name in tools and (series := tools[name].series) is not None
                ),
            )
            for name, tool in TOOLS.items()
        ]
        lines = [line for line in lines if line.points]
        if not lines:
            continue
        picture = f"growth-{work}-{what}.svg"
        drawn = draw_lines(f"{title}: median time over {what}", what, lines)
        (pictures / picture).write_text(drawn, encoding="utf-8")
        yield f"### {title}, by {what}"
        yield ""
        yield f"![{title}: median time over {what}]({pictures.name}/{picture})"
        yield ""
        yield f"| {what} | " + " | ".join(line.label for line in lines) + " |"
        yield "|---:|" + "---:|" * len(lines)
        for size, _ in found:
            cells = [_at(line, size) for line in lines]
            yield f"| {size:,} | {' | '.join(cells)} |"
        yield ""
        yield from _slope(lines[0], what)


def _at(line: Line, size: int) -> str:
    return next((seconds(point[1]) for point in line.points if point[0] == size), "-")


def _slope(line: Line, what: str) -> Iterator[str]:
    """Say how the time of the largest stands to that of the smallest."""
    first, last = line.points[0], line.points[-1]
    if first[0] < last[0]:
        yield (
            f"{last[0] / first[0]:.0f} times the {what} take {line.label} "
            f"{last[1] / first[1]:.1f} times the time."
        )
        yield ""


def profile(profiles: Mapping[str, Profile], words: str) -> Iterator[str]:
    """Write where the time goes: what is known of it, and the shares that were sampled."""
    yield "## Where the time goes"
    yield ""
    if words:
        yield words.strip()
        yield ""
    if not profiles:
        return
    yield (
        "Shares of the time by the clock of case `jupyter`, sampled a thousand times a second "
        "while Wheelright runs (`bench/sampler.py`), after Python itself has started; a module "
        "counts for whatever it calls outside of Wheelright."
    )
    yield ""
    yield "| work | sampled | shares | largest modules |"
    yield "|---|---:|---|---|"
    for work in WORKS:
        if (one := profiles.get(work.name)) is None:
            continue
        shares = [(name, share) for name, share in one.shares.items() if share >= 0.02]
        said = ", ".join(f"{name} {share:.0%}" for name, share in shares)
        largest = [
            (f"{folder}/{name}", share)
            for folder, _ in shares
            for name, share in one.largest(folder)
            if share >= 0.03
        ]
        largest.sort(key=lambda item: -item[1])
        modules = ", ".join(f"`{name}` {share:.0%}" for name, share in largest[:6])
        yield f"| {work.title} | {seconds(one.wall)} | {said} | {modules} |"
    yield ""


def real_projects(corpora: Sequence[CaseResult]) -> Iterator[str]:
    """Write the table of the corpora."""
    found = [one for result in corpora for one in corpus_verdicts(result)]
    yield "## Real projects"
    yield ""
    yield (
        f"`pip compile` of files from real projects, for Python 3.12 as of {CUTOFF}, wheels only "
        "(`--no-build --no-sources`): plain, for this machine, and universal, for every platform. "
        "“Cold” is an empty cache, and here the index itself is asked over the network, for that "
        "is where the time goes; “cached” is `--offline` with everything cached. Times and peak "
        "memory are those of Wheelright beside uv. Steps, conflicts, the versions that the search "
        "visited, pages and metadata files are those of Wheelright with an empty cache, as `-v` "
        "prints them."
    )
    yield ""
    yield from circumstances(corpora[0])
    for kind, what in (("cold", "cold"), ("cached", "cached"), ("", "memory")):
        wanted = "memory" if what == "memory" else "time"
        of_kind = [one for one in found if one.kind == wanted and one.work.endswith(kind)]
        met = sum(one.met for one in of_kind)
        yield f"- {_CORPUS_BARS[what]}: met in {met} of {len(of_kind)}."
    yield ""
    yield (
        "| project | | packages | cold | x uv | cached | x uv | memory, x uv | steps | conflicts "
        "| visited | pages | metadata | same work |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for result in corpora:
        for mode in MODES:
            yield _corpus_row(result, mode)
    yield ""


def _corpus_row(result: CaseResult, mode: str) -> str:
    cold, cached = (result.works.get(f"{mode}-{state}", {}) for state in STATES)
    title = f"| {result.name.removeprefix('corpus-')} | {mode} |"
    ours, theirs = cold.get("wheelright"), cold.get("uv")
    if ours is None or ours.series is None or theirs is None:
        why = ours.failure if ours else "not measured"
        return f"{title} failed | | | | | | | | | | | {in_cell(why)} |"
    bars = {(one.work, one.kind): one for one in corpus_verdicts(result)}
    memory = [bars[key] for key in bars if key[1] == "memory" and key[0].startswith(mode)]
    cells = [
        f"{ours.packages} / {theirs.packages}",
        f"{median(ours)} / {median(theirs)}",
        _judged(bars.get((f"{mode}-cold", "time"))),
        f"{median(cached.get('wheelright'))} / {median(cached.get('uv'))}",
        _judged(bars.get((f"{mode}-cached", "time"))),
        _judged(max(memory, key=lambda one: one.ratio, default=None)),
        *(str(ours.counts.get(name, "")) for name in COUNTS),
        in_cell(ours.difference) or "yes",
    ]
    return f"{title} {' | '.join(cells)} |"


def _judged(one: Verdict | None) -> str:
    """Write a ratio, in bold where it misses its bar."""
    if one is None:
        return ""
    return f"{one.ratio:.2f}" if one.met else f"**{one.ratio:.2f}**"
