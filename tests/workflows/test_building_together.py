"""Several builds at once: as many as the memory allows, and all ended together."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from support.wheels import make_sdist
from wheelright.outside import processes
from wheelright.outside.errors import ProcessError
from wheelright.workflows import fetching
from wheelright.workflows.fetching import BYTES_PER_BUILD, builds_at_once

if TYPE_CHECKING:
    from support.workbench import Workbench

SLEEPING = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.mark.parametrize(
    ("wanted", "free", "processors", "expected"),
    [(4, 64, 2, 2), (4, 64, 8, 4), (8, 3, 8, 3), (8, 0, 8, 1), (1, 64, 8, 1)],
)
def test_as_many_as_processors_and_memory_allow(
    monkeypatch: pytest.MonkeyPatch, wanted: int, free: int, processors: int, expected: int
) -> None:
    monkeypatch.setattr(fetching.os, "cpu_count", lambda: processors)
    assert builds_at_once(wanted, free * BYTES_PER_BUILD) == expected


def test_what_this_machine_says_is_a_number() -> None:
    assert builds_at_once(1) == 1
    assert builds_at_once(100) >= 1


def test_programs_of_all_threads_are_ended_with_one_that_failed() -> None:
    codes: list[int] = []

    def run() -> None:
        codes.append(processes.run(SLEEPING, env={}).code)

    threads = [threading.Thread(target=run) for _ in range(2)]
    with processes.ending_together() as end:
        for thread in threads:
            thread.start()
        while len(processes._running.processes) < 2:
            time.sleep(0.01)
        end()
        for thread in threads:
            thread.join(20)
        assert codes == [-15, -15]
        with pytest.raises(ProcessError, match="was not run: the work was given up"):
            processes.run([sys.executable, "-c", ""], env={})
    assert processes.run([sys.executable, "-c", ""], env={}).code == 0


def test_several_sdists_are_all_built(bench: Workbench) -> None:
    names = ("one", "two", "three", "four")
    for name in names:
        bench.index.add_file(name, "1.0", *make_sdist(name, "1.0"))
    bench.ok(f"pip install --target out {' '.join(names)}")
    assert all((bench.project / "out" / f"{name}-1.0.dist-info").is_dir() for name in names)


def test_one_that_fails_is_told_and_nothing_is_installed(bench: Workbench) -> None:
    for name in ("one", "two", "three"):
        bench.index.add_file(name, "1.0", *make_sdist(name, "1.0"))
    name, data = make_sdist("bad", "1.0", broken="build-fails")
    bench.index.add_file("bad", "1.0", name, data)
    answer = bench("pip install --target out one two three bad")
    assert answer.code == 1
    assert "the build of bad fails on purpose" in answer.err
    assert not (bench.project / "out").exists()
