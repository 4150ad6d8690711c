"""The command ``./dev bench``."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.cases import CASES, Case, Corpus, corpora
from bench.corpus import measure_corpus
from bench.install import REQUIREMENTS, NotInstalledError, install_ours, install_peer
from bench.mirror import Mirror
from bench.page import write_page
from bench.places import BASE, CORPUS, PAGE, PICTURES, RECORDED, RESULTS, RUNS
from bench.results import read_results, write_result
from bench.session import measure_case
from bench.tools import TOOLS
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.results import CaseResult
    from bench.tools.tool import Tool

_ENOUGH_ROOM: Final = 64 << 30
"""Bytes: as long as so many are free, what a case made is kept until all are measured."""


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and write the page; 1 where we failed or did other work than uv."""
    asked = _parse(arguments)
    known: dict[str, Case | Corpus] = {case.name: case for case in _all_cases()}
    wanted = [known[name] for name in asked.cases if name in known] or list(known.values())
    absent = [name for name in asked.cases if name not in known]
    for name in absent:
        if not name.startswith("corpus"):
            print(f"unknown case `{name}`; the cases are: {', '.join(known)}", file=sys.stderr)
            return 2
        wanted = [case for case in wanted if isinstance(case, Corpus) or asked.cases != absent]
    if not CORPUS.is_dir() and (absent or not asked.cases):
        print("the corpora are left out: their folder is not there")
    try:
        tools = [] if asked.page_only else _install(asked)
    except NotInstalledError as error:
        print(error, file=sys.stderr)
        return 2
    bad = [] if asked.page_only else _measure_all(wanted, tools, asked)
    if not asked.no_page:
        names = [case.name for case in CASES]
        others = [corpus.name for corpus in corpora()]
        write_page(read_results(RESULTS, names), read_results(RESULTS, others), PAGE, PICTURES)
        print(f"the page is {PAGE.relative_to(Path.cwd())}")
    for line in bad:
        print(f"not the same work: {line}", file=sys.stderr)
    return 1 if bad else 0


def _measure_all(
    cases: Sequence[Case | Corpus], tools: Sequence[Tool], asked: argparse.Namespace
) -> list[str]:
    """Measure and keep the results; return what speaks against Wheelright."""
    folder = RUNS / str(time.time_ns() // 1_000_000)
    bad = []
    with Mirror(RECORDED, folder / "mirror", delay=asked.delay / 1000) as mirror:
        print(f"the mirror is {mirror.kind}", flush=True)
        for case in cases:
            result = _measure(case, tools, mirror, folder / case.name, asked)
            bad += _faults(result)
            write_result(RESULTS, result)
            if not asked.keep and shutil.disk_usage(folder).free < _ENOUGH_ROOM:
                shutil.rmtree(folder / case.name)
    if not asked.keep:
        shutil.rmtree(folder)  # only now, while there is room: see bench.bed
    return bad


def _all_cases() -> list[Case | Corpus]:
    return [*CASES, *corpora()]


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Measure Wheelright beside its peers; see bench/README.md."
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all of them")
    parser.add_argument("--peers", type=_peers, default=list(REQUIREMENTS), metavar="NAME,...",
                        help="uv,pip,poetry,pdm; `none` measures Wheelright alone")  # fmt: skip
    parser.add_argument("--runs", type=int, default=7, help="runs of each work (default: 7)")
    parser.add_argument("--works", type=lambda text: text.split(","), metavar="NAME,...",
                        help="default: " + ",".join(work.name for work in WORKS))  # fmt: skip
    parser.add_argument("--settle", type=float, default=3.0, metavar="SECONDS",
                        help="wait so long before each run for a machine at rest (3)")  # fmt: skip
    parser.add_argument("--delay", type=float, default=0.0, metavar="MS",
                        help="the mirror waits so long before each answer")  # fmt: skip
    parser.add_argument("--renew", action="store_true", help="install the newest peers anew")
    parser.add_argument("--keep", action="store_true", help="keep projects, caches and output")
    parser.add_argument("--commit", help="build Wheelright from this commit, not as it is now")
    parser.add_argument("--page-only", action="store_true", help="write the page, measure nothing")
    parser.add_argument("--no-page", action="store_true", help="measure, but leave the page")
    return parser.parse_args(arguments)


def _peers(text: str) -> list[str]:
    names = [] if text == "none" else text.split(",")
    for name in names:
        if name not in REQUIREMENTS:
            raise argparse.ArgumentTypeError(f"`{name}` is none of {','.join(REQUIREMENTS)}")
    return names


def _install(asked: argparse.Namespace) -> list[Tool]:
    """Install Wheelright and its peers, in the order of the page."""
    BASE.mkdir(parents=True, exist_ok=True)
    places = {"wheelright": install_ours(asked.commit)}
    places |= {name: install_peer(name, renew=asked.renew) for name in asked.peers}
    return [kind(places[name]) for name, kind in TOOLS.items() if name in places]


def _measure(
    case: Case | Corpus,
    tools: Sequence[Tool],
    mirror: Mirror,
    folder: Path,
    asked: argparse.Namespace,
) -> CaseResult:
    folder.mkdir(parents=True)
    if isinstance(case, Corpus):
        return measure_corpus(case, tools, mirror, folder, runs=asked.runs)
    works = [
        work
        for work in WORKS
        if work.name not in case.left_out and (asked.works is None or work.name in asked.works)
    ]
    return measure_case(case, tools, works, mirror, folder, runs=asked.runs,
                        patience=asked.settle)  # fmt: skip


def _faults(result: CaseResult) -> list[str]:
    """Say where Wheelright failed or did other work than uv."""
    ours = [
        (work, tools["wheelright"]) for work, tools in result.works.items() if "wheelright" in tools
    ]
    lines = [f"{result.name}, {work}: {one.failure or one.difference}"
             for work, one in ours if one.failure or one.difference]  # fmt: skip
    if "wheelright" in result.failures:
        lines.append(f"{result.name}: {result.failures['wheelright']}")
    return lines


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the mirror is stopped too
    sys.exit(main(sys.argv[1:]))
