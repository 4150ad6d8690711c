"""The command ``./dev bench``."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bench.cases import CASES, Case, Corpus, corpora, growing
from bench.corpus import measure_corpus
from bench.growth import make_packages
from bench.install import (
    REQUIREMENTS,
    NotInstalledError,
    code_of_ours,
    install_ours,
    install_peer,
)
from bench.mirror import Mirror
from bench.page import Findings, write_page
from bench.places import BASE, MADE, PAGE, PICTURES, RECORDED, RESULTS, RUNS
from bench.profiling import PROFILED, profile_case, read_profiles
from bench.results import merged, read_result, read_results, write_result
from bench.session import Effort, measure_case
from bench.tools import TOOLS
from bench.works import WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.results import CaseResult
    from bench.tools.tool import Tool
    from bench.works import Work

_ENOUGH_ROOM: Final = 30 << 30
"""Bytes: as long as so many are free, what a case made is kept until all are measured."""
_REMOVER: Final = ("nice", "-n", "19", "rm", "-rf")
_GROUPS: Final = ("cases", "growth", "corpora", "profile")


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for and write the page; 1 where we failed or did other work than uv."""
    asked = _parse(arguments)
    known = _known()
    for name in asked.cases:
        if name not in known and name not in _GROUPS:
            listed = ", ".join([*known, *_GROUPS])
            print(f"unknown case `{name}`; the cases are: {listed}", file=sys.stderr)
            return 2
    wanted = [known[name] for name in _expanded(asked.cases)]
    bad = []
    if not asked.page_only:
        try:
            with _alone():
                bad = _measure_all(wanted, asked)
        except (NotInstalledError, BlockingIOError) as error:
            print(error, file=sys.stderr)
            return 2
    if not asked.no_page:
        names = [case.name for case in CASES]
        delayed = [path.stem for path in sorted(RESULTS.glob("*@*.json"))]
        found = Findings(
            read_results(RESULTS, [*names, *delayed]),
            read_results(RESULTS, [case.name for case in growing()]),
            read_results(RESULTS, [corpus.name for corpus in corpora()]),
            read_profiles(RESULTS),
        )
        write_page(found, PAGE, PICTURES)
        print(f"the page is {PAGE.relative_to(Path.cwd())}")
    for line in bad:
        print(f"not the same work: {line}", file=sys.stderr)
    return 1 if bad else 0


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others from measuring, or installing other programs, at the same time."""
    BASE.mkdir(parents=True, exist_ok=True)
    with (BASE / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError("another benchmark is running in this checkout") from None
        yield


def _known() -> dict[str, Case | Corpus]:
    every: list[Case | Corpus] = [*CASES, *growing(), *corpora()]
    return {case.name: case for case in every}


def _expanded(names: Sequence[str]) -> list[str]:
    """Return the cases that are named, by themselves or by their group, in the order of the page.

    Without any they are all but the corpora, which are not everywhere. The profile is no case.
    """
    groups = {
        "cases": [case.name for case in CASES],
        "growth": [case.name for case in growing()],
        "corpora": [case.name for case in corpora()],
        "profile": [],
    }
    wanted = {one for name in names for one in groups.get(name, [name])}
    if not names:
        wanted = {*groups["cases"], *groups["growth"]}
    return [name for name in _known() if name in wanted]


def _measure_all(cases: Sequence[Case | Corpus], asked: argparse.Namespace) -> list[str]:
    """Measure and keep the results; return what speaks against Wheelright."""
    tools = _install(asked, cases)
    folder = RUNS / str(time.time_ns() // 1_000_000)
    bad: list[str] = []
    with ExitStack() as stack:
        if not asked.keep:
            stack.callback(_remove_later, folder)  # only then, while there is room: see bench.bed
        delay = asked.delay / 1000
        recorded = stack.enter_context(Mirror(RECORDED, folder / "mirror", delay=delay))
        made = stack.enter_context(Mirror(MADE, folder / "made", delay=delay, closed=True))
        print(f"the mirror is {recorded.kind}", flush=True)
        for case in cases:
            started = time.monotonic()
            mirror = recorded if isinstance(case, Corpus) or case.made is None else made
            bad += _measure(case, tools, mirror, folder, asked)
            print(f"{case.name}: {time.monotonic() - started:.0f} s", flush=True)
            if not asked.keep and shutil.disk_usage(folder).free < _ENOUGH_ROOM:
                shutil.rmtree(folder / case.name, ignore_errors=True)
        if not asked.cases or "profile" in asked.cases:
            [case] = [case for case in CASES if case.name == PROFILED]
            profile_case(case, tools["wheelright"], recorded, folder / "profile", RESULTS)
    return bad


def _remove_later(folder: Path) -> None:
    """Remove millions of files without letting anybody wait for it."""
    print(f"removing {folder.relative_to(Path.cwd())} in the background", flush=True)
    nowhere = subprocess.DEVNULL  # or who reads our output would wait for it
    subprocess.Popen([*_REMOVER, folder], start_new_session=True, stdout=nowhere, stderr=nowhere)


def _measure(
    case: Case | Corpus,
    tools: dict[str, Tool],
    mirror: Mirror,
    folder: Path,
    asked: argparse.Namespace,
) -> list[str]:
    """Measure one case, or what is missing of it, and keep it; return what speaks against us."""
    folder = folder / case.name
    if isinstance(case, Corpus):
        folder.mkdir(parents=True)
        effort = Effort(asked.runs, asked.settle, asked.patience)
        result = measure_corpus(case, list(tools.values()), folder, effort=effort)
        write_result(RESULTS, result)
        return _faults(result)
    peers = case.peers if asked.peers is None else asked.peers
    taking_part = [tool for name, tool in tools.items() if name in ("wheelright", *peers)]
    name = f"{case.name}@{asked.delay:.0f}ms" if asked.delay else case.name
    known = read_result(RESULTS, name)
    works = _works(case, asked.works)
    if asked.missing and known is not None:
        works = [work for work in works if _is_missing(work, known, taking_part, case)]
    if not works:
        return []
    if case.made is not None:
        make_packages(MADE, case)
    folder.mkdir(parents=True)

    def keep(result: CaseResult) -> None:
        write_result(RESULTS, merged(known, replace(result, name=name)))

    effort = Effort(asked.runs, asked.settle, asked.patience)
    return _faults(measure_case(case, taking_part, works, mirror, folder, effort=effort, keep=keep))


def _works(case: Case, named: Sequence[str] | None) -> list[Work]:
    return [
        work
        for work in WORKS
        if work.name not in case.left_out
        and (not case.works or work.name in case.works)
        and (named is None or work.name in named)
    ]


def _is_missing(work: Work, known: CaseResult, tools: Sequence[Tool], case: Case) -> bool:
    """Whether a tool has no number for a work, or Wheelright's is of another source."""
    there = known.works.get(work.name, {})
    code = code_of_ours()
    return any(
        tool.command(work.name, case) is not None
        and tool.name not in known.failures
        and (
            tool.name not in there
            or (tool.name == "wheelright" and known.sessions[there[tool.name].session].code != code)
        )
        for tool in tools
    )


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Measure Wheelright beside its peers; see bench/README.md."
    )
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help=f"cases, or {', '.join(_GROUPS)}; all but corpora")  # fmt: skip
    parser.add_argument("--peers", type=_peers, metavar="NAME,...",
                        help="uv,pip,poetry,pdm; `none` measures Wheelright alone; default: those "
                        "of the case")  # fmt: skip
    parser.add_argument("--runs", type=int, default=7, help="runs of each work (default: 7)")
    parser.add_argument("--works", type=_words, metavar="NAME,...",
                        help="default: " + ",".join(work.name for work in WORKS))  # fmt: skip
    parser.add_argument("--missing", action="store_true",
                        help="only what was not yet measured with this source")  # fmt: skip
    parser.add_argument("--patience", type=float, default=6.0, metavar="SECONDS",
                        help="a peer that spent so long on a work runs it no more (6)")  # fmt: skip
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


def _words(text: str) -> list[str]:
    names = text.split(",")
    known = [work.name for work in WORKS]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"`{name}` is none of {','.join(known)}")
    return names


def _peers(text: str) -> list[str]:
    names = [] if text == "none" else text.split(",")
    for name in names:
        if name not in REQUIREMENTS:
            raise argparse.ArgumentTypeError(f"`{name}` is none of {','.join(REQUIREMENTS)}")
    return names


def _install(asked: argparse.Namespace, cases: Sequence[Case | Corpus]) -> dict[str, Tool]:
    """Install Wheelright and the peers that take part, in the order of the page."""
    of_cases = {"uv"}.union(*(case.peers for case in cases if isinstance(case, Case)))
    peers = of_cases if asked.peers is None else asked.peers
    places = {"wheelright": install_ours(asked.commit)}
    places |= {name: install_peer(name, renew=asked.renew) for name in peers}
    return {name: kind(places[name]) for name, kind in TOOLS.items() if name in places}


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
