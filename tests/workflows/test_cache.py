"""The cache: its size, and what cleaning and pruning take and leave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.rights import read_only
from support.wheels import sdist_files, write_project
from support.workbench import Workbench, lines, serve

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def full(bench: Workbench) -> Workbench:
    """Fill the cache with two projects, a build and its environment."""
    serve(
        bench.index,
        {"alpha 1.0": {}, "beta 1.0": {"tags": [], "sdist": True}, "helper 1.0": {}},
    )
    write_project(
        bench.project,
        sdist_files(
            "app", "1.0", requires=["alpha", "beta"], requires_python=">=3.9",
            build_requires=["helper"],
        ),
    )  # fmt: skip
    bench.ok("sync")
    return bench


def measured(cache: Path) -> tuple[int, int]:
    """Count files and bytes."""
    sizes = [
        path.lstat().st_size for path in cache.rglob("*") if not path.is_dir() or path.is_symlink()
    ]
    return len(sizes), sum(sizes)


def test_where_it_is(bench: Workbench) -> None:
    assert bench.ok("cache dir").out == "[CACHE]\n"
    assert bench.ok("cache dir --cache-dir other").out == "[PROJECT]/other\n"


def test_its_size(full: Workbench) -> None:
    assert int(full.ok("cache size").out) == measured(full.cache)[1]
    assert full.ok("cache size -H").out.endswith(" KiB\n")


def test_one_that_is_missing_is_fine(bench: Workbench) -> None:
    for line, out, err in (
        ("cache size", "0\n", ""),
        ("cache clean", "", "Removed 0 files (0 B)\n"),
        ("cache clean alpha", "", "Removed 0 files (0 B)\n"),
        ("cache prune", "", "Removed 0 files (0 B)\n"),
    ):
        answer = bench.ok(line, WHEELRIGHT_CACHE_DIR=str(bench.root / "none"))
        assert (answer.out, answer.err) == (out, err)
    assert not (bench.root / "none").exists()


def test_cleaning_takes_all_that_is_ours(full: Workbench) -> None:
    (full.cache / "notes.txt").write_text("mine")
    assert full.ok("cache clean").err.startswith("Removed ")
    assert [path.name for path in full.cache.iterdir()] == ["notes.txt"]
    assert full.ok("sync").err == "Nothing to do: 3 packages are as locked\n"
    assert full.ok("sync --reinstall").err.endswith("Replaced 3 packages in [TIME]\n")
    (full.cache / "notes.txt").unlink()
    full.ok("cache clean")
    assert not full.cache.exists()


def test_cleaning_one_project(full: Workbench) -> None:
    before = measured(full.cache)
    said = full.ok("cache clean Beta").err
    after = measured(full.cache)
    assert said.startswith(f"Removed {before[0] - after[0]} files (")
    left = [path.name for part in ("store", "index") for path in (full.cache / part).rglob("*")]
    assert not [name for name in left if name.startswith("beta")]
    assert [name for name in left if name.startswith("alpha")]
    full.index.clear_log()
    full.ok("sync --reinstall")
    assert {request.path.rpartition("/")[2] for request in full.index.log} == {"beta-1.0.tar.gz"}
    assert full.ok("cache clean nobody").err == "Removed 0 files (0 B)\n"


def test_pruning_takes_what_is_damaged_or_unfinished(full: Workbench) -> None:
    assert full.ok("cache prune").err == "Removed 0 files (0 B)\n"
    (module,) = full.cache.glob("store/wheels/*/*/tree/alpha/__init__.py")
    module.write_text("")
    (page,) = full.cache.glob("index/index/pages/*/alpha.*")
    page.write_bytes(page.read_bytes()[:-3])
    leftover = page.with_suffix(".abc.tmp")
    leftover.write_bytes(b"x")
    os.utime(leftover, (1_600_000_000, 1_600_000_000))
    environment, _other = full.cache.glob("build-environments/*")
    (environment / ".complete").unlink()
    abandoned = full.cache / "builds" / "abandoned"
    abandoned.mkdir()
    os.utime(abandoned, (1_600_000_000, 1_600_000_000))
    full.ok("cache prune")
    for gone in (module, page, leftover, environment, abandoned):
        assert not gone.exists(), gone
    assert list(full.cache.glob("index/index/pages/*/beta.*"))
    assert full.ok("cache prune").err == "Removed 0 files (0 B)\n"
    assert full.ok("sync --reinstall").err.endswith("Replaced 3 packages in [TIME]\n")


def test_a_file_in_its_place_stays(bench: Workbench) -> None:
    (bench.root / "file").write_text("mine")
    for line in ("cache clean", "cache prune"):
        answer = bench(line, WHEELRIGHT_CACHE_DIR=str(bench.root / "file"))
        assert (answer.code, answer.err) == (
            2,
            lines(
                "error: `[ROOT]/file` is no directory",
                "  in --cache-dir",
                "hint: name the directory of the cache",
            ),
        )
    assert (bench.root / "file").read_text() == "mine"


def test_read_only_parts_are_removed_too(full: Workbench) -> None:
    with read_only(full.cache / "store"):
        full.ok("cache clean")
    assert not full.cache.exists()
