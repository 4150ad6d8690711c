"""What a lock and a sync ask of an index: requests and bytes, which are the time on a real network.

A number here is what the code needs today; see ``test_start_up``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.local_index import Request
    from support.workbench import Workbench

PACKAGES = 12
LARGE = 2_000_000
TAIL = 32 * 1024


def fill(bench: Workbench, *, size: int = 100) -> None:
    """Fill the index: each package needs the two after it, each has three versions."""
    names = [f"package-{number}" for number in range(PACKAGES)]
    noise = bytes((number * number >> 7) % 251 for number in range(size))
    for number, name in enumerate(names):
        needs = [f"{other}>=1" for other in names[number + 1 : number + 3]]
        for version in ("1.0", "1.1", "1.2"):
            bench.index.add(name, version, requires=needs, files={f"{name}.bin": noise})
    bench.write(names[0])


def bytes_asked(requests: Sequence[Request], size: int) -> int:
    """Count the bytes that range requests ask for."""
    total = 0
    for request in requests:
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", request.range or "")
        if found is not None and found[1]:
            total += int(found[2] or size) - int(found[1]) + 1
        elif found is not None:
            total += int(found[2])
    return total


def test_a_first_lock_asks_once_per_project(bench: Workbench) -> None:
    fill(bench)

    bench.ok("lock")

    assert bench.index.count("page") == PACKAGES
    assert bench.index.count("metadata") == PACKAGES
    assert len(bench.index.log) == 2 * PACKAGES


def test_a_lock_from_what_is_fresh_asks_nothing(bench: Workbench) -> None:
    fill(bench)
    bench.ok("lock")
    bench.lockfile.unlink()
    bench.index.clear_log()

    bench.ok("lock")

    assert bench.index.log == []


def test_a_lock_from_what_is_stale_asks_for_changes_only(bench: Workbench) -> None:
    bench.index.max_age = 0
    fill(bench)
    bench.ok("lock")
    bench.lockfile.unlink()
    bench.index.clear_log()

    bench.ok("lock")

    assert bench.index.count("page", status=304) == PACKAGES
    assert len(bench.index.log) == PACKAGES


def test_a_lock_with_nothing_changed_asks_nothing(bench: Workbench) -> None:
    bench.index.max_age = 0
    fill(bench)
    bench.ok("lock")
    bench.index.clear_log()

    bench.ok("lock")
    bench.ok("lock --check")

    assert bench.index.log == []


def test_without_metadata_files_the_end_of_each_wheel_is_enough(bench: Workbench) -> None:
    bench.index.metadata = False
    fill(bench, size=LARGE)

    bench.ok("lock")

    ranges = [request for request in bench.index.log if request.kind == "range"]
    assert len(ranges) == PACKAGES
    assert bytes_asked(ranges, LARGE) <= PACKAGES * 5 * TAIL
    assert len(bench.index.log) == 2 * PACKAGES


@pytest.mark.parametrize("ranges", [True, False])
def test_a_small_wheel_is_asked_for_once(bench: Workbench, *, ranges: bool) -> None:
    """A wheel smaller than what is asked for at its end costs one request in any case."""
    bench.index.metadata = False
    bench.index.ranges = ranges
    fill(bench)

    bench.ok("lock")

    assert len(bench.index.log) == 2 * PACKAGES


def test_a_sync_asks_for_each_file_once(bench: Workbench) -> None:
    fill(bench)
    bench.ok("lock")
    bench.index.clear_log()

    bench.ok("sync")

    assert bench.index.count("file") == PACKAGES
    assert len(bench.index.log) == PACKAGES
