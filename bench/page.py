"""Write ``docs/benchmarks.md`` and its pictures from what was measured."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.bars import verdicts
from bench.picture import Bar, Panel, draw, seconds
from bench.sections import growth, profile, real_projects
from bench.tools import TOOLS
from bench.words import circumstances, in_cell, median, times
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.bars import Verdict
    from bench.profiling import Profile
    from bench.results import CaseResult, Measured
    from bench.works import Work

NOTES: Final = Path(__file__).with_name("notes.toml")
"""What people found: ``text`` for the profile's section, ``rows`` by ``CASE WORK`` or ``WORK``."""
_HEAD: Final = """\
# Benchmarks

Wheelright beside uv, pip, Poetry and PDM, on one machine and one local mirror; real projects,
at the end, from the index itself.
This page is written by `./dev bench`, which installs the tools, records the mirror on the first
use, measures, compares and draws; `bench/README.md` says how to run and to extend it.

## How it is measured

- **The mirror** serves recorded pages and files of PyPI over plain HTTP on the loopback address, \
with PyPI's headers: validators, `max-age=600` for pages, compressed pages, byte ranges and \
PEP 658 metadata files (but for the work that is measured without them).
- **The order** is A B A B: every tool once, then every tool again. Each number is the median of \
the runs; the spread is from the shortest to the longest. A peer that has spent some seconds on a \
work runs it no more, and the table says how often it ran. Works on a warm cache begin with a run \
that does not count.
- **Cold** is an empty cache of the tool, in a new folder. **Warm** is a cache in which the tool \
itself has done the same work before.
- **Processor** is the time of all processes of a run together, **memory** the peak of the largest \
of them.
- **The same work** is checked after each run: the packages and versions that are installed, or \
locked, against those of uv.
- **Flags.** Each tool runs with what makes it fastest: parallel installation, PDM's install cache \
with links, pip without compiling and without resolving what is locked; no update checks, no \
prompts, no progress display. pip locks for this machine only, all others for every platform; \
Poetry and PDM make their venv with virtualenv as part of a sync, pip gets one for free.
- **Alone** are works that no other tool has a counterpart for: a lock by wheels for targets with \
a floor of their own, and a proof of it.
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the page tells of: cases, those that show growth, real projects, profiles."""

    cases: Sequence[CaseResult]
    grown: Sequence[CaseResult] = ()
    corpora: Sequence[CaseResult] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)


def write_page(found: Findings, page: Path, pictures: Path) -> None:
    """Write the page and its pictures."""
    pictures.mkdir(parents=True, exist_ok=True)
    notes = tomllib.loads(NOTES.read_text("utf-8"))
    parts = [_HEAD, "\n".join(_bars(found.cases, notes["rows"]))]
    parts.append("\n".join(profile(found.profiles, notes["text"])))
    for result in found.cases:
        panels = _panels(result)
        if not panels:
            continue
        title = f"{result.name}: median time, shorter is better"
        (pictures / f"{result.name}.svg").write_text(draw(title, panels), encoding="utf-8")
        parts.append(_case(result, f"{pictures.name}/{result.name}.svg"))
    if found.grown:
        parts.append("\n".join(growth(found.grown, pictures)))
    if found.corpora:
        parts.append("\n".join(real_projects(found.corpora)))
    page.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _bars(results: Sequence[CaseResult], notes: Mapping[str, str]) -> Iterator[str]:
    """Write the bar: each row, whether it is met, and what is known of those that are not."""
    found = [one for result in results if "@" not in result.name for one in verdicts(result)]
    yield "## The bar"
    yield ""
    yield (
        "What was set before anything was measured, in multiples of what another tool takes in "
        "the same session: lower is better."
    )
    yield ""
    yield "| case | work | | bar | measured | |"
    yield "|---|---|---|---:|---:|---|"
    titles: dict[str, str] = {work.name: work.title for work in WORKS}
    of_memory = [one for one in found if one.kind == "memory"]
    for one in found:
        if one.kind == "time" or not one.met:
            yield _bar_row(one, titles[one.work])
    if of_memory:
        worst = max(of_memory, key=lambda one: one.ratio)
        met = sum(one.met for one in of_memory)
        yield (
            f"| all | all | memory beside uv | {worst.most:.2f} | at most {worst.ratio:.2f} "
            f"| met in {met} of {len(of_memory)} |"
        )
    yield ""
    said = set()
    for one in found:
        key = f"{one.case} {one.work}"
        note = notes.get(key) or notes.get(one.work)
        if not one.met and one.kind == "time" and note and key not in said:
            said.add(key)
            yield f"- **{one.case}: {titles[one.work]}.** {note.strip()}"
    if said:
        yield ""


def _bar_row(one: Verdict, title: str) -> str:
    beside = TOOLS[one.beside].title
    verdict = one.says if one.met else f"**{one.says}**"
    return (
        f"| {one.case} | {title} | {one.kind} beside {beside} | {one.most:.2f} "
        f"| {one.ratio:.2f} | {verdict} |"
    )


def _panels(result: CaseResult) -> list[Panel]:
    panels = []
    for work, by_tool in _measured(result):
        bars = [
            Bar(TOOLS[name].title, series.median, series.least, series.most)
            for name in TOOLS
            if name in by_tool and (series := by_tool[name].series) is not None
        ]
        if bars:
            panels.append(Panel(work.title, tuple(bars)))
    return panels


def _measured(result: CaseResult) -> Iterator[tuple[Work, Mapping[str, Measured]]]:
    for work in WORKS:
        if work.name in result.works:
            yield work, result.works[work.name]


def _case(result: CaseResult, picture: str) -> str:
    """Write the section of a case."""
    names = [name for name in TOOLS if any(name in tools for tools in result.works.values())]
    listed = ", ".join(f"`{requirement}`" for requirement in result.requirements)
    bars = {one.work: one for one in verdicts(result) if (one.kind, one.beside) == ("time", "uv")}
    lines = [
        f"## {result.title}: {result.name}",
        "",
        f"{listed}; the work “add” adds `{result.added}`.",
        "",
        *circumstances(result),
        *(f"{TOOLS[name].title} took no part: {why}\n" for name, why in result.failures.items()),
        f"![The medians of every work as bars]({picture})",
        "",
        "Medians; Wheelright against uv last:",
        "",
        "| work | " + " | ".join(TOOLS[name].title for name in names) + " | x uv | bar |",
        "|---|" + "---:|" * (len(names) + 1) + "---|",
    ]
    for work, by_tool in _measured(result):
        cells = [_cell(work, name, by_tool.get(name)) for name in names]
        ours = by_tool.get("wheelright")
        bar = bars.get(work.name)
        said = f"{bar.most:.1f}: {bar.says}" if bar else ""
        ratio = times(ours.ratio if ours else None)
        lines.append(f"| {work.title} | {' | '.join(cells)} | {ratio} | {said} |")
    lines.append("")
    for work, by_tool in _measured(result):
        lines += _work(work, by_tool)
    return "\n".join(lines)


def _cell(work: Work, tool: str, one: Measured | None) -> str:
    return "no counterpart" if work.solitary and tool != "wheelright" else median(one)


def _work(work: Work, by_tool: Mapping[str, Measured]) -> Iterator[str]:
    """Write the table of one work."""
    yield f"### {work.title}"
    yield ""
    yield f"{work.meaning[0].upper()}{work.meaning[1:]}."
    yield ""
    yield (
        "| tool | median | x uv | shortest to longest | runs | processor | memory | x uv "
        "| same work |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---|"
    uv = by_tool["uv"].series if "uv" in by_tool else None
    for name in TOOLS:
        if (one := by_tool.get(name)) is None:
            continue
        series = one.series
        if series is None:
            yield f"| {TOOLS[name].title} | failed | | | | | | | {in_cell(one.failure)} |"
            continue
        same = f"{one.packages} packages"
        if one.difference:
            same += f"; {in_cell(one.difference)}"
        memory = times(series.peak / uv.peak if uv else None)
        yield (
            f"| {TOOLS[name].title} | {seconds(series.median)} | {times(one.ratio)} "
            f"| {seconds(series.least)} to {seconds(series.most)} | {len(series.samples)} "
            f"| {seconds(series.cpu)} | {series.peak:.0f} MiB | {memory} | {same} |"
        )
    yield ""
