"""Write ``docs/benchmarks.md`` and its pictures from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.cases import CUTOFF
from bench.picture import Bar, Panel, draw, seconds
from bench.tools import TOOLS
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.results import CaseResult, Measured
    from bench.works import Work

_HEAD: Final = """\
# Benchmarks

Wheelright beside uv, pip, Poetry and PDM, on one machine and one local mirror.
This page is written by `./dev bench`, which installs the tools, records the mirror on the first
use, measures, compares and draws; `bench/README.md` says how to run and to extend it.

## How it is measured

- **The mirror** serves recorded pages and files of PyPI over plain HTTP on the loopback address, \
with PyPI's headers: validators, `max-age=600` for pages, compressed pages, byte ranges and \
PEP 658 metadata files (but for the work that is measured without them).
- **The order** is A B A B: every tool once, then every tool again. Each number is the median of \
the runs; the spread is from the shortest to the longest. A tool that has spent a minute on a work \
runs it three times at least and then no more, and the table says how often. Works on a warm cache \
begin with a run that does not count.
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
"""


def write_page(
    results: Sequence[CaseResult], corpora: Sequence[CaseResult], page: Path, pictures: Path
) -> None:
    """Write the page and one picture per case."""
    pictures.mkdir(parents=True, exist_ok=True)
    parts = [_HEAD]
    for result in results:
        panels = _panels(result)
        if not panels:
            continue
        title = f"{result.name}: median time, shorter is better"
        (pictures / f"{result.name}.svg").write_text(draw(title, panels), encoding="utf-8")
        parts.append(_case(result, f"{pictures.name}/{result.name}.svg"))
    if corpora:
        parts.append("\n".join(_corpora(corpora)))
    page.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _panels(result: CaseResult) -> list[Panel]:
    panels = []
    for work, by_tool in _measured(result):
        bars = [
            Bar(TOOLS[name].title, series.median, series.least, series.most)
            for name, one in by_tool.items()
            if (series := one.series) is not None
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
    lines = [
        f"## {result.title}: {result.name}",
        "",
        f"{listed}; the work “add” adds `{result.added}`.",
        "",
        *_circumstances(result),
        *(f"{TOOLS[name].title} took no part: {why}\n" for name, why in result.failures.items()),
        f"![The medians of every work as bars]({picture})",
        "",
        "Medians; Wheelright against uv last:",
        "",
        "| work | " + " | ".join(TOOLS[name].title for name in names) + " | x uv |",
        "|---|" + "---:|" * (len(names) + 1),
    ]
    for work, by_tool in _measured(result):
        cells = [_median(by_tool.get(name)) for name in names]
        ratio = _ratio(by_tool.get("wheelright"), by_tool.get("uv"))
        lines.append(f"| {work.title} | {' | '.join(cells)} | {ratio} |")
    lines.append("")
    for work, by_tool in _measured(result):
        lines += _work(work, by_tool)
    return "\n".join(lines)


def _circumstances(result: CaseResult) -> Iterator[str]:
    session = result.session
    versions = ", ".join(
        f"{TOOLS[name].title} {version}" for name, version in session.versions.items()
    )
    runs = max((len(one.samples) for tools in result.works.values() for one in tools.values()),
               default=0)  # fmt: skip
    machine = ", ".join(f"{name} {value}" for name, value in session.machine.items())
    yield f"{session.date}; {runs} runs; {versions}; mirror: {session.mirror}."
    yield f"Machine: {machine}; load average at the start {session.load}."
    yield ""


def _work(work: Work, by_tool: Mapping[str, Measured]) -> Iterator[str]:
    """Write the table of one work."""
    yield f"### {work.title}"
    yield ""
    yield f"{work.meaning[0].upper()}{work.meaning[1:]}."
    yield ""
    yield "| tool | median | x uv | shortest to longest | processor | memory | same work |"
    yield "|---|---:|---:|---:|---:|---:|---|"
    most = max(len(one.samples) for one in by_tool.values())
    for name, one in by_tool.items():
        series = one.series
        if series is None:
            yield f"| {TOOLS[name].title} | failed | | | | | {_in_cell(one.failure)} |"
            continue
        spread = f"{seconds(series.least)} to {seconds(series.most)}"
        if len(series.samples) < most:
            spread += f" ({len(series.samples)} runs)"
        same = f"{one.packages} packages"
        if one.difference:
            same += f"; {_in_cell(one.difference)}"
        yield (
            f"| {TOOLS[name].title} | {seconds(series.median)} | {_ratio(one, by_tool.get('uv'))} "
            f"| {spread} | {seconds(series.cpu)} | {series.peak:.0f} MiB | {same} |"
        )
    yield ""


def _median(one: Measured | None) -> str:
    if one is None:
        return "-"
    series = one.series
    return "failed" if series is None else seconds(series.median)


def _ratio(one: Measured | None, reference: Measured | None) -> str:
    first = one.series if one else None
    second = reference.series if reference else None
    return f"{first.median / second.median:.2f}" if first and second else ""


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _corpora(corpora: Sequence[CaseResult]) -> Iterator[str]:
    yield "## Real projects: locking for every platform"
    yield ""
    yield (
        f"`pip compile --universal` of files from real projects, for Python 3.12 and later, as of "
        f"{CUTOFF}, wheels only (`--no-build --no-sources`). “Cold” is an empty cache, “cached” "
        "`--offline` with everything cached. Requests are those of the cold run; steps are those "
        "of Wheelright's solver."
    )
    yield ""
    yield from _circumstances(corpora[0])
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
        return f"{title} | failed | | | | | | | | {_in_cell(why)} |"
    counts = first.counts
    metadata = counts.get("metadata", 0) + counts.get("ranges", 0)
    ratios = _ratio(first, cold.get("uv")), _ratio(second, cached.get("uv"))
    return (
        f"{title} {first.packages} | {_median(first)} | {_median(second)} | {ratios[0]} "
        f"| {ratios[1]} | {counts.get('pages', 0)} | {metadata} | {counts.get('steps', '')} "
        f"| {first.series.peak:.0f} MiB | {_in_cell(first.difference) or 'yes'} |"
    )
