"""What a start costs, in modules and files: times differ from machine to machine, these do not.

A number here is what the code needs today. Lower it when less is needed; raise it only for a
reason that is worth every user's time on every command.
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

FAST = {"wheelright", "wheelright.start"}
HEAVY = {
    "argparse",
    "asyncio",
    "dataclasses",
    "msgspec",
    "packaging",
    "pathlib",
    "rich",
    "ssl",
    "tomlkit",
    "zipfile",
}


def count(tmp_path: Path, bench: Workbench, *arguments: str) -> Counted:
    """Run in the project, as a user would: with the variables that leave the fast path open."""
    for name in ("WHEELRIGHT_DEFAULT_INDEX", "WHEELRIGHT_PYTHON", "WHEELRIGHT_NO_PROGRESS"):
        bench.patch.delenv(name, raising=False)
    bench.patch.setenv("PATH", f"{BASE_PYTHON.parent}:/usr/bin:/bin")
    return run_counted(*arguments, cwd=bench.project, report=tmp_path / "report.json")


def synced(bench: Workbench, packages: int, tmp_path: Path) -> None:
    """Sync a project that needs so many packages, its index named by the project."""
    names = [f"package-{number}" for number in range(packages)]
    for name in names:
        if not bench.index.files_of(name):
            bench.index.add(name, "1.0")
    index = (
        f'[[tool.wheelright.index]]\nname = "local"\nurl = "{bench.index.url}"\ndefault = true\n'
    )
    bench.write(*names, more=f"[tool.wheelright]\npackage = false\n{index}")
    done = count(tmp_path, bench, "sync")
    assert done.code == 0, done.err


def test_version(bench: Workbench, tmp_path: Path) -> None:
    done = count(tmp_path, bench, "--version")

    assert done.code == 0
    assert len(done.ours) <= 16
    assert len(done.loaded) <= 50  # of the standard library it depends on the Python
    assert not done.loaded & HEAVY


@pytest.mark.parametrize("packages", [2, 12])
def test_a_sync_with_nothing_to_do(bench: Workbench, tmp_path: Path, packages: int) -> None:
    synced(bench, packages, tmp_path)

    done = count(tmp_path, bench, "sync")

    assert done.err == f"Nothing to do: {packages} packages are as locked\n"
    assert done.ours == FAST
    assert done.loaded == FAST
    assert done.opened_below(tmp_path) == [f"{bench.project}/.venv/.wheelright-stamp"]
    # What the answer depends on, and each of the six files of a package once.
    assert len(done.seen_below(bench.project)) <= 25 + 6 * packages


@pytest.mark.parametrize("option", [(), ("--check",)])
def test_a_lock_with_nothing_to_do(
    bench: Workbench, tmp_path: Path, option: tuple[str, ...]
) -> None:
    synced(bench, 12, tmp_path)

    done = count(tmp_path, bench, "lock", *option)

    assert done.code == 0
    assert done.ours == FAST
    # What is installed is not looked at; the full path says the same.
    assert len(done.seen_below(bench.project)) <= 25
    full = count(tmp_path, bench, "lock", *option, "--no-progress")
    assert done.err == full.err == "Nothing to do: the lock is current (12 packages)\n"
    assert len(full.ours) > len(FAST)


def test_what_is_looked_at_in_a_large_venv_does_not_grow_with_its_files(
    bench: Workbench, tmp_path: Path
) -> None:
    bench.index.add("package-0", "1.0", files={f"package_0/{n}.py": b"" for n in range(1_200)})
    synced(bench, 2, tmp_path)

    done = count(tmp_path, bench, "sync")

    assert done.err == "Nothing to do: 2 packages are as locked\n"
    assert len(done.seen_below(bench.project)) <= 25


@pytest.mark.parametrize("packages", [2, 12])
def test_the_full_path_of_a_sync_with_nothing_to_do(
    bench: Workbench, tmp_path: Path, packages: int
) -> None:
    """Without the stamp: three files are read of each package, and some that are always read."""
    synced(bench, packages, tmp_path)

    done = count(tmp_path, bench, "sync", "--verbose")

    assert done.code == 0
    # Four of them are the locks of project and venv, made and looked at when they are given back.
    assert len(done.opened_below(tmp_path)) <= 27 + 3 * packages
    assert len(done.ours) <= 141
