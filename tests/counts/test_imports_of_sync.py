"""What commands that change no lock must not load: the parts that make one, fetch or build.

A number here is what the code needs today; see ``test_start_up``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.counted import run_counted
from support.workbench import BASE_PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from support.counted import Counted
    from support.workbench import Workbench

#: What makes a lock, fetches and builds: modules, and with them all that is below.
MAKING = (
    "wheelright.builder",
    "wheelright.index",
    "wheelright.outside.connections",
    "wheelright.outside.exchange",
    "wheelright.outside.http",
    "wheelright.resolver.parts",
    "wheelright.resolver.search",
    "wheelright.resolver.universe",
    "wheelright.workflows.building",
    "wheelright.workflows.direct.git",
    "wheelright.workflows.direct.reading",
    "wheelright.workflows.driver",
    "wheelright.workflows.locking",
)
ELSEWHERE = ("asyncio", "concurrent.futures", "http.client", "rich", "ssl", "tomlkit")


def count(tmp_path: Path, bench: Workbench, *arguments: str) -> Counted:
    """Run in the project as a user would."""
    for name in ("WHEELRIGHT_DEFAULT_INDEX", "WHEELRIGHT_PYTHON", "WHEELRIGHT_NO_PROGRESS"):
        bench.patch.delenv(name, raising=False)
    bench.patch.setenv("PATH", f"{BASE_PYTHON.parent}:/usr/bin:/bin")
    return run_counted(*arguments, cwd=bench.project, report=tmp_path / "report.json")


def needless(done: Counted) -> list[str]:
    """Return what was loaded and must not be."""
    barred = (*MAKING, *ELSEWHERE)
    return sorted(
        name for name in done.loaded if any(f"{name}.".startswith(f"{one}.") for one in barred)
    )


@pytest.fixture
def locked(bench: Workbench) -> Workbench:
    """Lock a project that needs three packages, and fill the store with them."""
    names = [f"package-{number}" for number in range(3)]
    for name in names:
        bench.index.add(name, "1.0")
    index = (
        f'[[tool.wheelright.index]]\nname = "local"\nurl = "{bench.index.url}"\ndefault = true\n'
    )
    bench.write(*names, more=f"[tool.wheelright]\npackage = false\n{index}")
    bench.ok("sync")
    bench.ok("venv --clear")
    return bench


@pytest.mark.parametrize("arguments", [(), ("--frozen",), ("--locked",)])
def test_a_sync_from_the_store(locked: Workbench, tmp_path: Path, arguments: tuple[str]) -> None:
    done = count(tmp_path, locked, "sync", *arguments)

    assert done.code == 0, done.err
    assert "Installed 3 packages" in done.err
    assert needless(done) == []
    assert len(done.ours) <= 141
    assert len(done.loaded) <= 270  # of the standard library it depends on the Python


@pytest.mark.parametrize("command", ["check", "export", "status", "tree"])
def test_a_command_that_reads_the_lock(locked: Workbench, tmp_path: Path, command: str) -> None:
    locked.ok("sync")

    done = count(tmp_path, locked, *command.split())

    assert done.code == 0, done.err
    assert needless(done) == []


def test_a_run_until_its_command_starts(locked: Workbench, tmp_path: Path) -> None:
    """The command is none that there is: a process that became it could not tell."""
    locked.ok("sync")

    done = count(tmp_path, locked, "run", "no-such-command")

    assert done.code == 2
    assert "no-such-command" in done.err
    assert needless(done) == []
