"""A sync that is killed at any instant: the next one makes the venv what a fresh one is.

An instant is a step of the killed process that changes the disk, counted by an audit hook, which
hears of each before it is done. A few are tried always; the session `slow` tries hundreds.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.venvs import tree_of
from support.workbench import serve

if TYPE_CHECKING:
    from support.workbench import Workbench

SOURCE = Path(__file__).parents[2] / "src"
VICTIM = """
import os, signal, sys
root, line, end = sys.argv[1], sys.argv[2].split(), int(sys.argv[3])
changes = {
    "os.mkdir", "os.link", "os.rename", "os.remove", "os.symlink", "os.rmdir", "os.chmod",
    "os.utime", "os.truncate",
}
steps = 0
def hear(event, arguments):
    global steps
    if event == "open":
        path, _, flags = arguments
        if not isinstance(path, (str, bytes)) or not flags & (os.O_WRONLY | os.O_RDWR):
            return
        if not os.fsdecode(path).startswith(root):
            return
    elif event not in changes:
        return
    steps += 1
    if steps == end:
        os.kill(os.getpid(), signal.SIGKILL)
from wheelright.cli import main
sys.addaudithook(hear)
code = main(line)
print(steps)
sys.exit(code)
"""
PACKAGES = {
    "alpha 1.0": {
        "files": {"alpha/__init__.py": "", "alpha/one.py": "1", "alpha/deep/er/x.py": ""},
        "scripts": {"alpha": "alpha:main"},
    },
    "alpha 2.0": {
        "files": {"alpha/__init__.py": "2", "alpha/two.py": "2", "other/y.py": ""},
        "scripts": {"alpha": "alpha:main", "alpha2": "alpha:main"},
        "requires": ["delta"],
    },
    "beta 1.0": {"files": {"beta.py": "1", "moves.py": "1"}},
    "beta 2.0": {"files": {"beta.py": "22"}},
    "delta 1.0": {"files": {"delta/z.py": "", "moves.py": "22"}},
    "gamma 1.0": {},
}


def prepare(bench: Workbench, before: str) -> dict[str, bytes | str]:
    """Leave a project to be synced, with a venv or none; returns what is to come."""
    serve(bench.index, PACKAGES)
    bench.write("alpha==2.0", "beta==2.0")
    bench.ok("sync")
    wanted = look(bench)
    text = bench.lockfile.read_bytes()
    shutil.rmtree(bench.venv)
    if before != "no-venv":
        bench.write("alpha==1.0", "beta==1.0", "gamma")
        bench.ok("sync")
        bench.write("alpha==2.0", "beta==2.0")
        bench.lockfile.write_bytes(text)
        if before == "moved-venv":  # which is made anew
            record = bench.venv / "wheelright.json"
            record.write_text(record.read_text().replace(str(bench.venv), "/elsewhere/.venv"))
        shutil.copytree(bench.venv, bench.root / "before", symlinks=True)
    return wanted


def look(bench: Workbench) -> dict[str, bytes | str]:
    """Read all of the venv but the stamp, which holds times."""
    found = tree_of(bench.venv)
    found.pop(".wheelright-stamp", None)
    # One Python goes by several names.
    found["bin/python"] = os.path.realpath(bench.venv / "bin" / "python")
    return found


def put_back(bench: Workbench) -> None:
    """Bring the venv back to what it was before a sync."""
    if bench.venv.exists():
        shutil.rmtree(bench.venv)
    if (bench.root / "before").exists():
        shutil.copytree(bench.root / "before", bench.venv, symlinks=True)


def start(bench: Workbench, line: str, end: int) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", VICTIM, str(bench.root), line, str(end)]
    return subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def steps_of(bench: Workbench, line: str) -> int:
    victim = start(bench, line, -1)
    out, said = victim.communicate()
    assert victim.returncode == 0, said
    return int(out)


def check_whole(bench: Workbench, wanted: dict[str, bytes | str], what: str) -> None:
    answer = bench.ok("sync")
    found = look(bench)
    assert found.keys() == wanted.keys(), (what, answer.err)
    assert found == wanted, (what, answer.err)
    assert bench.ok("sync").err == "Nothing to do: 3 packages are as locked\n"
    left = [path.name for path in bench.project.iterdir()]
    assert sorted(left) == [".venv", "pylock.toml", "pyproject.toml"]


def kill_at(bench: Workbench, wanted: dict[str, bytes | str], instants: list[int]) -> None:
    """Kill at each of these steps; the last few are not taken by every run (it may stamp twice)."""
    escaped = 0
    for instant in instants:
        put_back(bench)
        victim = start(bench, "sync", instant)
        victim.communicate()
        escaped += victim.returncode == 0
        assert victim.returncode in {0, -signal.SIGKILL}
        check_whole(bench, wanted, f"killed at step {instant}")
    assert escaped <= 4


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("before", ["no-venv", "another-venv", "moved-venv"])
def test_some_instants(before: str, bench: Workbench) -> None:
    wanted = prepare(bench, before)
    put_back(bench)
    steps = steps_of(bench, "sync")
    assert steps > 40
    kill_at(bench, wanted, [1, 2, steps // 4, steps // 2, steps - 8])


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("before", ["no-venv", "another-venv", "moved-venv"])
def test_every_instant(before: str, bench: Workbench) -> None:
    """Together well over two hundred."""
    wanted = prepare(bench, before)
    put_back(bench)
    kill_at(bench, wanted, list(range(1, steps_of(bench, "sync") + 1)))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_instants_that_nobody_chose(bench: Workbench) -> None:
    """Killed from outside, between any two instructions; and killed again while it repairs."""
    wanted = prepare(bench, "another-venv")
    put_back(bench)
    started = time.monotonic()
    steps_of(bench, "sync")
    longest = time.monotonic() - started
    choose = random.Random(5)
    for number in range(200):
        if number % 3 == 0:
            put_back(bench)
        victim = start(bench, "sync", -1)
        try:
            victim.communicate(timeout=choose.uniform(0.2, 1) * longest)
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.communicate()
        if number % 3 == 2:
            check_whole(bench, wanted, f"killed by the clock, number {number}")
