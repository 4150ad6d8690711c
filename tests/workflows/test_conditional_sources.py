"""Sources that hold in some environments only: by marker, by extra, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.local_index import LocalIndex
from support.wheels import make_wheel, sdist_files, write_project
from support.workbench import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.workbench import Workbench

PER_PLATFORM = """
[tool.uv.sources]
torch = [
    { index = "cpu", marker = "sys_platform != 'linux'" },
    { index = "gpu", marker = "sys_platform == 'linux'" },
]
"""


@pytest.fixture
def second() -> Iterator[LocalIndex]:
    with LocalIndex() as index:
        yield index


@pytest.fixture
def third() -> Iterator[LocalIndex]:
    with LocalIndex() as index:
        yield index


def indexes(cpu: LocalIndex, gpu: LocalIndex) -> str:
    """Define two explicit indexes."""
    return "".join(
        f'[[tool.uv.index]]\nname = "{name}"\nurl = "{index.url}"\nexplicit = true\n'
        for name, index in (("cpu", cpu), ("gpu", gpu))
    )


def torch(bench: Workbench, cpu: LocalIndex, gpu: LocalIndex) -> dict[tuple[str, str], str | None]:
    """Return the marker of each entry of torch, by version and index."""
    names = {bench.index.url: "default", cpu.url: "cpu", gpu.url: "gpu"}
    return {
        (package.version or "", names[package.index] if package.index else ""): package.marker
        for package in bench.lock().packages
        if package.name == "torch"
    }


def test_one_project_from_two_indexes_by_platform(
    bench: Workbench, second: LocalIndex, third: LocalIndex
) -> None:
    bench.index.add("torch", "3.0")
    bench.index.add("vision", "1.0", requires=["torch>=2"])
    for version in ("2.0", "2.5"):
        second.add("torch", version)
        third.add("torch", f"{version}+gpu", requires=["driver"])
    bench.index.add("driver", "1.0")
    bench.write("torch>=2", "vision", more=PER_PLATFORM + indexes(second, third))

    bench.ok("lock")

    assert torch(bench, second, third) == {
        ("2.5", "cpu"): "sys_platform != 'linux'",
        ("2.5+gpu", "gpu"): "sys_platform == 'linux'",
    }
    (driver,) = bench.lock().by_name["driver"]
    assert driver.marker == "sys_platform == 'linux'"
    assert not any("torch" in request.path for request in bench.index.log)
    before = bench.lockfile.read_text()
    second.add("torch", "2.6")
    third.add("torch", "2.6+gpu", requires=["driver"])
    (bench.cache / "index").rename(bench.root / "away")
    bench.write("torch>=2", "vision", "driver", more=PER_PLATFORM + indexes(second, third))
    bench.ok("lock")
    assert torch(bench, second, third).keys() == {("2.5", "cpu"), ("2.5+gpu", "gpu")}
    bench.write("torch>=2", "vision", more=PER_PLATFORM + indexes(second, third))
    bench.ok("lock")
    assert bench.lockfile.read_text() == before
    bench.ok("lock -U")
    assert torch(bench, second, third).keys() == {("2.6", "cpu"), ("2.6+gpu", "gpu")}
    bench.ok("sync")
    assert bench.versions()["torch"] == "2.6+gpu"


def test_where_no_source_holds_the_indexes_are_asked_in_order(
    bench: Workbench, second: LocalIndex
) -> None:
    bench.index.add("torch", "2.0")
    second.add("torch", "2.0")
    more = """
[tool.wheelright.sources]
torch = { index = "cpu", marker = "sys_platform == 'win32'" }
"""
    bench.write("torch", more=more + indexes(second, second).replace("uv", "wheelright"))

    bench.ok("lock")

    found = torch(bench, second, second)
    assert set(found.values()) == {"sys_platform == 'win32'", "sys_platform != 'win32'"}
    assert len(bench.lock().by_name["torch"]) == 2
    bench.ok("sync")
    exported = bench.ok("export --no-hashes --no-header --no-annotate").out
    assert exported == lines(
        "torch==2.0 ; sys_platform != 'win32'", "torch==2.0 ; sys_platform == 'win32'"
    )


def test_an_index_for_each_of_two_extras(
    bench: Workbench, second: LocalIndex, third: LocalIndex
) -> None:
    second.add("torch", "2.0+cpu")
    third.add("torch", "2.0+gpu")
    more = """
[project.optional-dependencies]
cpu = ["torch"]
gpu = ["torch"]
[tool.uv]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
[tool.uv.sources]
torch = [{ index = "cpu", extra = "cpu" }, { index = "gpu", extra = "gpu" }]
"""
    bench.write(more=more + indexes(second, third))

    bench.ok("lock")

    assert torch(bench, second, third) == {
        ("2.0+cpu", "cpu"): "'cpu' in extras",
        ("2.0+gpu", "gpu"): "'gpu' in extras",
    }
    bench.ok("sync --extra gpu")
    assert bench.versions()["torch"] == "2.0+gpu"


def test_extras_that_may_meet_must_be_declared_to_conflict(
    bench: Workbench, second: LocalIndex, third: LocalIndex
) -> None:
    more = """
[project.optional-dependencies]
cpu = ["torch"]
gpu = ["torch"]
[tool.uv.sources]
torch = [{ index = "cpu", extra = "cpu" }, { index = "gpu", extra = "gpu" }]
"""
    bench.write(more=more + indexes(second, third))

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: two sources of `torch` hold in the same environments",
            "  the index `cpu` everywhere",
            "  the index `gpu` everywhere",
            "hint: let their markers exclude each other",
            "hint: extras and groups that are never asked for together belong into `conflicts`",
        ),
    )


def test_markers_that_overlap(bench: Workbench, second: LocalIndex) -> None:
    more = """
[tool.uv.sources]
torch = [
    { index = "cpu", marker = "python_version >= '3.12'" },
    { index = "gpu", marker = "sys_platform == 'linux'" },
]
"""
    bench.write("torch", more=more + indexes(second, second))

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: two sources of `torch` hold in the same environments",
            '  the index `cpu` where `python_version >= "3.12"`',
            '  the index `gpu` where `sys_platform == "linux"`',
            "hint: let their markers exclude each other",
        ),
    )


def test_a_path_here_and_the_index_elsewhere(bench: Workbench) -> None:
    for version in ("1.0", "2.0"):
        bench.index.add("lib", version)
    bench.index.add("base", "1.0", requires=["lib"])
    write_project(bench.root / "lib", sdist_files("lib", "1.5"))
    more = """
[tool.uv.sources]
lib = { path = "../lib", marker = "sys_platform == 'linux'" }
"""
    bench.write("base", "lib", more=more)

    bench.ok("lock")

    found = {package.version: package for package in bench.lock().by_name["lib"]}
    assert {version: package.marker for version, package in found.items()} == {
        "1.5": "sys_platform == 'linux'",
        "2.0": "sys_platform != 'linux'",
    }
    assert found["1.5"].directory is not None
    before = bench.lockfile.read_text()
    assert bench.ok("lock --check").code == 0
    (bench.root / "lib" / "pyproject.toml").write_text(
        (bench.root / "lib" / "pyproject.toml").read_text().replace("1.5", "1.6")
    )
    assert bench("lock --check").code == 1
    bench.ok("lock")
    assert bench.lockfile.read_text() != before


def test_a_wheel_for_each_platform_by_references(bench: Workbench) -> None:
    for tag, name in (("linux_x86_64", "linux"), ("win_amd64", "win32")):
        file, data = make_wheel("lib", "1.0", tag=f"py3-none-{tag}", requires=[f"for-{name}"])
        (bench.root / file).write_bytes(data)
        bench.index.add(f"for-{name}", "1.0")
    root = bench.root
    bench.write(
        f"lib @ file://{root}/lib-1.0-py3-none-linux_x86_64.whl ; sys_platform == 'linux'",
        f"lib @ file://{root}/lib-1.0-py3-none-win_amd64.whl ; sys_platform == 'win32'",
    )

    bench.ok("lock")

    assert {package.name: package.marker for package in bench.lock().packages if
            package.name != "lib"} == {
        "for-linux": "sys_platform == 'linux'",
        "for-win32": "sys_platform == 'win32'",
    }  # fmt: skip
    assert {package.marker for package in bench.lock().by_name["lib"]} == {
        "sys_platform == 'linux'",
        "sys_platform == 'win32'",
    }


def test_the_source_of_a_group_alone(bench: Workbench, second: LocalIndex) -> None:
    """Without a conflict the project cannot have two, so that all of it comes from there."""
    second.add("lib", "1.0")
    bench.index.add("lib", "2.0")
    more = """
[dependency-groups]
dev = ["lib"]
[tool.uv.sources]
lib = { index = "cpu", group = "dev" }
other = { index = "cpu", group = "dev" }
"""
    bench.write("lib", more=more + indexes(second, second))

    bench.ok("lock")

    assert [package.version for package in bench.lock().by_name["lib"]] == ["1.0"]


def test_no_version_on_the_index_of_one_platform(
    bench: Workbench, second: LocalIndex, third: LocalIndex
) -> None:
    second.add("torch", "2.0")
    third.add("torch", "1.0")
    bench.write("torch>=2", more=PER_PLATFORM + indexes(second, third))

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app` where `sys_platform == 'linux'`",
            "  Because `torch==2.0` cannot be used (it is taken from the index `cpu` only where"
            ' `sys_platform != "linux"`) and `app` requires `torch>=2`, the requirements of `app`'
            " cannot be met.",
        ),
    )
