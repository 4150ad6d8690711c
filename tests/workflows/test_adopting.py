"""Venvs that other tools made: what fits stays, what does not is replaced with a reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.wheels import make_sdist, make_wheel
from support.workbench import BASE_PYTHON, lines

if TYPE_CHECKING:
    from support.workbench import Workbench

BINARIES = Path(__file__).parents[1] / "targets" / "needs" / "binaries"
NEEDS_2_25 = (BINARIES / "glibc_random.so").read_bytes()
NEEDS_2_2 = (BINARIES / "glibc_x86_64.so").read_bytes()
NEW, OLD = "cp37-abi3-manylinux_2_34_x86_64", "cp37-abi3-manylinux_2_17_x86_64"
UV = os.environ.get("UV") or shutil.which("uv")


def fast(tag: str, data: bytes = NEEDS_2_25, version: str = "1.0") -> tuple[str, bytes]:
    """Make a wheel of `fast` that holds one binary, which needs glibc 2.25."""
    return make_wheel("fast", version, tag=tag, files={"fast/_x.abi3.so": data, "fast/a.py": ""})


def serve(bench: Workbench, *wheels: tuple[str, bytes]) -> None:
    for name, data in wheels:
        bench.index.add_file("fast", "1.0", name, data)
    bench.index.add("plain", "1.0")


def run(*command: str | Path) -> None:
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("WHEELRIGHT")
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["pip", "uv"])
def tool(request: pytest.FixtureRequest) -> str:
    if request.param == "uv" and UV is None:
        pytest.skip("uv is not installed (`UV` may name it)")
    return str(request.param)


def make_venv(bench: Workbench, tool: str) -> None:
    if tool == "uv":
        assert UV is not None
        run(UV, "venv", "-q", "--no-config", "-p", BASE_PYTHON, bench.venv)
    else:
        run(BASE_PYTHON, "-m", "venv", "--without-pip", bench.venv)


def install(bench: Workbench, tool: str, *what: str) -> None:
    options = ["-q", "--no-deps", "--index-url", bench.index.url]
    python = bench.venv / "bin" / "python"
    if tool == "uv":
        assert UV is not None
        cache = str(bench.root / "uv-cache")
        more = ["--no-config", "--cache-dir", cache, "--python", str(python)]
        run(UV, "pip", "install", *more, *options, *what)
    else:
        pip = [sys.executable, "-m", "pip", "--isolated", "--python", str(python), "install"]
        run(*pip, "--disable-pip-version-check", "--no-cache-dir", *options, *what)


def record(bench: Workbench) -> dict[str, dict[str, Any]]:
    document = json.loads((bench.venv / "wheelright.json").read_text())
    return {one["name"]: one for one in document["packages"]}


def inodes(bench: Workbench) -> dict[str, int]:
    return {
        str(path.relative_to(bench.venv)): path.lstat().st_ino
        for path in bench.venv.glob("lib/*/site-packages/*/*")
        if "__pycache__" not in path.parts
    }


def test_what_fits_stays_and_is_known_from_then_on(tool: str, bench: Workbench) -> None:
    serve(bench, fast(NEW), fast(OLD, NEEDS_2_2))
    make_venv(bench, tool)
    install(bench, tool, "fast", "plain")
    before = inodes(bench)
    bench.write("fast", "plain")
    bench.ok("lock")
    assert bench.ok("sync").err == "Nothing to do: 2 packages are as locked\n"
    assert inodes(bench) == before
    known = record(bench)
    assert (known["fast"]["installer"], known["fast"]["file"]) == (tool, f"fast-1.0-{NEW}.whl")
    assert known["fast"]["needs"][1][0][0] == "fast/_x.abi3.so"
    assert known["plain"]["needs"][1] == []
    assert bench.ok("sync").err == "Nothing to do: 2 packages are as locked\n"
    assert record(bench) == known


def test_what_does_not_fit_is_replaced_with_the_reason(tool: str, bench: Workbench) -> None:
    serve(bench, fast(NEW), fast(OLD, NEEDS_2_2))
    make_venv(bench, tool)
    install(bench, tool, "fast", "plain")
    bench.write("fast", "plain")
    bench.ok("lock")
    for line in ("sync --dry-run", "sync"):
        answer = bench.ok(f"{line} --for x86_64-manylinux_2_17")
        assert answer.err.splitlines()[0] == (
            " ~ fast==1.0: manylinux_2_34_x86_64 does not fit x86_64-manylinux_2_17"
        )
    assert bench.ok("sync").err == "Nothing to do: 2 packages are as locked\n"
    assert record(bench)["fast"]["file"] == f"fast-1.0-{OLD}.whl"


def test_a_tag_that_promises_too_much_is_found_out(bench: Workbench) -> None:
    serve(bench, fast(OLD))
    make_venv(bench, "pip")
    install(bench, "pip", "fast")
    bench.write("fast")
    bench.ok("lock")
    answer = bench.ok("sync --for x86_64-manylinux_2_17")
    assert answer.err == lines(
        " ~ fast==1.0: `_x.abi3.so` needs GLIBC_2.25, x86_64-manylinux_2_17 has 2.17",
        "Replaced 1 package in [TIME]",
    )
    # There is no better file: it is not replaced by itself for ever.
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"


def test_what_was_built_here_is_judged_by_what_it_needs(bench: Workbench) -> None:
    """Tagged `linux_x86_64`, which promises nothing about any other machine."""
    name, data = fast("cp37-abi3-linux_x86_64")
    (bench.root / name).write_bytes(data)
    sdist, source = make_sdist("fast", "1.0")
    bench.index.add_file("fast", "1.0", sdist, source)
    bench.write("fast")
    bench.ok("lock")
    make_venv(bench, "pip")
    install(bench, "pip", "--find-links", str(bench.root), "fast")
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"
    answer = bench.ok("sync --for x86_64-manylinux_2_25")
    assert answer.err == "Nothing to do: 1 package is as locked\n"
    answer = bench.ok("sync --for x86_64-manylinux_2_24 --dry-run")
    assert answer.err == lines(
        " ~ fast==1.0: `_x.abi3.so` needs GLIBC_2.25, x86_64-manylinux_2_24 has 2.24",
        "Would replace 1 package",
    )


def test_what_another_tool_puts_over_ours_is_said_and_replaced(tool: str, bench: Workbench) -> None:
    serve(bench, fast(OLD, NEEDS_2_2))
    bench.index.add("extra", "1.0")
    bench.index.add("plain", "0.9")
    bench.write("fast", "plain")
    bench.ok("sync")
    again = "--reinstall" if tool == "uv" else "--force-reinstall"
    install(bench, tool, again, "fast", "plain==0.9", "extra")
    assert bench.ok("sync --dry-run").err == lines(
        " - extra==1.0: not in the lock",
        f" ~ fast==1.0: {tool} installed it anew",
        " ~ plain 0.9 -> 1.0",
        "Would replace 2, remove 1 packages",
    )
    bench.ok("sync")
    assert bench.versions() == {"fast": "1.0", "plain": "1.0"}
    assert bench.ok("sync").err == "Nothing to do: 2 packages are as locked\n"


def test_what_stays_beside_the_lock_is_known_too(bench: Workbench) -> None:
    serve(bench, fast(OLD))
    make_venv(bench, "pip")
    install(bench, "pip", "fast", "plain")
    bench.write("plain")
    bench.ok("sync --inexact")
    assert sorted(record(bench)) == ["fast", "plain"]


def test_exact_files_are_those_of_a_fresh_venv(bench: Workbench) -> None:
    serve(bench, fast(NEW, NEEDS_2_2), fast(OLD, NEEDS_2_2))
    make_venv(bench, "pip")
    install(bench, "pip", "plain")
    bench.write("fast", "plain")
    bench.ok("sync --for x86_64-manylinux_2_17")
    assert bench.ok("sync --for x86_64-manylinux_2_36").err == (
        "Nothing to do: 2 packages are as locked\n"
    )
    for line in ("sync --dry-run --exact-files", "sync --exact-files"):
        said = bench.ok(line).err.splitlines()
        assert said[:2] == [
            f" ~ fast==1.0: a fresh environment gets fast-1.0-{NEW}.whl",
            " ~ plain==1.0: pip installed it, from a file that nobody knows",
        ]
    assert bench.ok("sync --exact-files").err == "Nothing to do: 2 packages are as locked\n"
