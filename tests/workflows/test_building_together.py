"""Several builds at once: as many as the memory allows, and all ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.wheels import make_sdist, sdist_files, sdist_of
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


def processes_with(marker: str) -> list[str]:
    """Return the processes whose command line has ``marker`` in it."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def wait_until(condition: object, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")
def test_an_interrupt_ends_all_builds_with_all_they_started(bench: Workbench) -> None:
    marker = f"orphan-of-{bench.root.name}-{os.getpid()}"
    sleeping = (
        "\n\ndef build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    import subprocess, sys\n"
        f"    subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)', {marker!r}])\n"
    )
    for name in ("one", "two", "three"):
        tree = sdist_files(name, "1.0")
        tree["in_tree_backend.py"] += sleeping.encode()
        bench.index.add_file(name, "1.0", *sdist_of(name, "1.0", tree))
    # A shell that starts the tests in the background has its children ignore the interrupt.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from wheelright.start import main; sys.exit(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "pip", "install", "--target", "out", "one", "two", "three"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert wait_until(lambda: len(processes_with(marker)) == 2)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, said) == (130, "interrupted\n")
    assert wait_until(lambda: not processes_with(marker))
    assert not (bench.project / "out").exists()
