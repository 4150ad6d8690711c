"""What the solver and the store do for a result: steps, and bytes that are written.

A number here is what the code needs today; see ``test_start_up``.
"""

from __future__ import annotations

import re
import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest

from support.counted import run_counted

if TYPE_CHECKING:
    from pathlib import Path

    from support.counted import Counted
    from support.workbench import Workbench

SIZE = 1_000_000
SMALL = 40_000
"""Bytes: records, stamps, scripts and what else belongs to a small venv."""


def steps(said: str) -> tuple[int, int]:
    """Return the steps and the conflicts that ``--verbose`` tells of."""
    found = re.search(r"resolved `app`: (\d+) steps?, (\d+) conflicts?", said)
    assert found is not None, said
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("packages", [10, 40])
def test_a_chain_takes_a_step_for_each_package(bench: Workbench, packages: int) -> None:
    for number in range(packages):
        needs = [f"package-{number + 1}"] if number + 1 < packages else []
        for version in ("1.0", "2.0"):
            bench.index.add(f"package-{number}", version, requires=needs)
    bench.write("package-0")

    done = bench("lock --verbose")

    assert done.code == 0, done.err
    assert steps(done.err) == (packages, 0)


def test_versions_that_cannot_be_used_take_one_conflict_each(bench: Workbench) -> None:
    """Thirty versions need what the project excludes; each says so in metadata of its own."""
    bench.index.add("low", "1.0")
    bench.index.add("low", "2.0")
    bench.index.add("high", "1.0", requires=["low<2"])
    for number in range(30):
        bench.index.add("high", f"2.{number}", requires=["low>=2"])
    bench.write("high", "low<2")

    done = bench("lock --verbose")

    assert done.code == 0, done.err
    taken, conflicts = steps(done.err)
    assert conflicts <= 30
    assert taken <= 33


def sync(tmp_path: Path, bench: Workbench) -> Counted:
    """Sync in a process of its own."""
    done = run_counted("sync", cwd=bench.project, report=tmp_path / "report.json")
    assert done.code == 0, done.err
    if done.written is None:
        pytest.skip("the system does not tell how many bytes were written")
    return done


def test_a_wheel_is_kept_unpacked_once_and_then_linked(bench: Workbench, tmp_path: Path) -> None:
    bench.index.add("package", "1.0", files={"package/data.bin": Random(1).randbytes(SIZE)})
    bench.write("package")
    bench.ok("lock")

    first = sync(tmp_path, bench).written
    shutil.rmtree(bench.venv)
    second = sync(tmp_path, bench).written

    assert first is not None
    assert second is not None
    assert first <= 2 * SIZE + SMALL  # as it comes, and what is in it
    assert second <= SMALL
