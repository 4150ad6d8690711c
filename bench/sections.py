"""Sections of the page beside the cases: growth, the profile, the real projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.cases import CUTOFF, growing
from bench.chart import Line, draw_lines
from bench.picture import seconds
from bench.tools import TOOLS
from bench.words import circumstances, in_cell, median, times
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.profiling import Profile
    from bench.results import CaseResult

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
    yield "## Real projects: locking for every platform"
    yield ""
    yield (
        f"`pip compile --universal` of files from real projects, for Python 3.12 and later, as of "
        f"{CUTOFF}, wheels only (`--no-build --no-sources`). “Cold” is an empty cache, “cached” "
        "`--offline` with everything cached. Requests are those of the cold run; steps are those "
        "of Wheelright's solver."
    )
    yield ""
    yield from circumstances(corpora[0])
    yield (
        "| project | tool | packages | cold | cached | x uv, cold | x uv, cached | pages "
        "| metadata | steps | memory | same work |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for result in corpora:
        for name in result.session.versions:
            yield _corpus_row(result, name)
    yield ""


def _corpus_row(result: CaseResult, name: str) -> str:
    cold = result.works.get("cold", {})
    cached = result.works.get("cached", {})
    first, second = cold.get(name), cached.get(name)
    title = f"| {result.name.removeprefix('corpus-')} | {TOOLS[name].title} |"
    if first is None or first.series is None:
        why = first.failure if first else "not measured"
        return f"{title} | failed | | | | | | | | {in_cell(why)} |"
    counts = first.counts
    metadata = counts.get("metadata", 0) + counts.get("ranges", 0)
    ratios = times(first.ratio), times(second.ratio if second else None)
    return (
        f"{title} {first.packages} | {median(first)} | {median(second)} | {ratios[0]} "
        f"| {ratios[1]} | {counts.get('pages', 0)} | {metadata} | {counts.get('steps', '')} "
        f"| {first.series.peak:.0f} MiB | {in_cell(first.difference) or 'yes'} |"
    )
