"""Measure one corpus: a real requirements file, compiled by us and by uv, from the index itself.

With an empty cache most of the time goes by between a question and its answer. So here, unlike in
all other cases, the index is asked that pip is set to on this machine, and no mirror.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.agree import Packages, compiled_packages, difference
from bench.cases import CUTOFF
from bench.install import base_python
from bench.machine import settle
from bench.measure import CommandFailedError, Meter, Sample, Series
from bench.results import CaseResult, Measured
from bench.session import REFERENCE, session_of
from wheelright.index.default import default_index
from wheelright.interpreters import PythonNotFound, find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.cases import Corpus
    from bench.session import Effort
    from bench.tools.tool import Tool

CAPABLE: Final = ("wheelright", "uv")
MODES: Final = {"plain": (), "universal": ("--universal",)}
"""What is compiled for: this platform, or all."""
STATES: Final = ("cold", "cached")
PYTHON: Final = "3.12"
COUNTS: Final = ("steps", "conflicts", "visited", "pages", "metadata")
_COUNTED: Final = re.compile(
    r"resolved[^:]*: (\d+) steps, (\d+) conflicts, (\d+) versions visited,"
    r" (\d+) pages, (\d+) metadata"
)
_FEWEST: Final = 3
_REACH: Final = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
"""What of this process's variables is needed to reach the index."""


def _python() -> str:
    """Return the Python that tools ask: of the version that is compiled for, where there is one."""
    try:
        return str(find(PYTHON).base_executable)
    except PythonNotFound:
        return str(base_python())


class _Desk:
    """One tool at one corpus in one mode."""

    def __init__(self, tool: Tool, corpus: Corpus, mode: str, folder: Path) -> None:
        self.tool = tool
        self.folder = folder
        self.meter = Meter(folder / "output")
        source = Path(corpus.file)
        for name in ("home", "source", "here"):
            (folder / name).mkdir(parents=True)
        shutil.copy(source, folder / "source")
        # Where a command is run, its settings are looked for: there are none.
        self.here = folder / "here"
        (self.here / "pyproject.toml").write_text('[project]\nname = "here"\nversion = "1"\n')
        self.index = default_index().url
        self.command = [
            tool.program, "pip", "compile", "--python", _python(), "--python-version", PYTHON,
            "--no-build", "--no-sources", "--exclude-newer", CUTOFF, "--default-index", self.index,
            *MODES[mode], *corpus.options, f"../source/{source.name}",
        ]  # fmt: skip
        self.numbers = 0
        self.packages: Packages = frozenset()
        self.failure = ""
        self.counts: dict[str, int] = {}
        self.samples: dict[str, list[Sample]] = {state: [] for state in STATES}

    def run(self, state: str, *options: str) -> Sample:
        """Compile once; raises CommandFailedError."""
        self.numbers += 1
        cache = self.folder / (f"cache-{self.numbers}" if state == "cold" else "cache")
        out = self.here / f"{self.numbers}.txt"
        offline = ("--offline",) if state == "cached" else ()
        environ = self.tool.environ(self.folder / "home", cache, self.index)
        environ |= {name: os.environ[name] for name in _REACH if name in os.environ}
        command = [*self.command, *offline, *options, "-o", str(out)]
        sample = self.meter.run(command, self.here, environ)
        self.packages = compiled_packages(out.read_text("utf-8"))
        return sample

    def prime(self) -> None:
        """Fill the cache that ``cached`` works with, and keep what the tool says it counted."""
        try:
            self.run("prime", *(("-v",) if self.tool.name == "wheelright" else ()))
        except CommandFailedError as error:
            self.failure = str(error)
        counted = _COUNTED.search(self.meter.said())
        if counted:
            self.counts = dict(zip(COUNTS, map(int, counted.groups()), strict=True))

    def keep(self, state: str, rest: float) -> None:
        """Compile once and keep how long it took; remember a failure."""
        if self.failure:
            return
        os.sync()
        settle(rest)
        try:
            self.samples[state].append(self.run(state))
        except CommandFailedError as error:
            self.failure = str(error)

    def spent(self, state: str) -> float:
        """Return the seconds that the runs took together."""
        return sum(sample.wall for sample in self.samples[state])


def measure_corpus(
    corpus: Corpus, tools: Sequence[Tool], folder: Path, *, effort: Effort
) -> CaseResult:
    """Measure a corpus with the tools that can compile for every platform, tool by tool in turn.

    A work that has taken ten times the ``patience`` is run no more, but three times in any case.
    """
    tools = [tool for tool in tools if tool.name in CAPABLE]
    session = session_of(tools, "none, the index itself over the network", folder)
    works: dict[str, dict[str, Measured]] = {}
    for mode in MODES:
        desks = {tool.name: _Desk(tool, corpus, mode, folder / mode / tool.name) for tool in tools}
        for desk in desks.values():
            desk.prime()
        for state in STATES:
            _run(list(desks.values()), state, effort)
            works[f"{mode}-{state}"] = _measured(desks, state)
            _show(corpus, f"{mode}, {state}", works[f"{mode}-{state}"])
    return CaseResult(corpus.name, corpus.name, (), "", (session,), works)


def _run(desks: Sequence[_Desk], state: str, effort: Effort) -> None:
    for number in range(effort.runs):
        spent = max(desk.spent(state) for desk in desks)
        if number >= _FEWEST and spent > effort.patience * 10:
            return
        for desk in desks:
            desk.keep(state, effort.settle)


def _measured(desks: Mapping[str, _Desk], state: str) -> dict[str, Measured]:
    reference = desks.get(REFERENCE)
    wanted = reference.packages if reference and not reference.failure else None
    theirs = tuple(reference.samples[state]) if reference else ()
    return {
        name: Measured(
            samples=tuple(desk.samples[state]),
            packages=len(desk.packages),
            difference="" if wanted is None else difference(desk.packages, wanted),
            failure=desk.failure,
            counts=desk.counts,
            beside=Series(theirs).median if theirs else None,
        )
        for name, desk in desks.items()
    }


def _show(corpus: Corpus, what: str, by_tool: Mapping[str, Measured]) -> None:
    shown = "  ".join(
        f"{name} {one.series.median * 1000:.0f} ms" if one.series else f"{name}: {one.failure}"
        for name, one in by_tool.items()
    )
    print(f"  {corpus.name:<24} {what:<18} {shown}", flush=True)
