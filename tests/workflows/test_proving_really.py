"""Real projects, locked for old and foreign machines on the public index, and proved."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from support.old_machine import CACHE

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.network, pytest.mark.slow]

SOURCES = Path(__file__).parents[2] / "src"
OLDEST = (
    "x86_64-manylinux_2_17",
    "aarch64-manylinux_2_17",
    "x86_64-musllinux_1_2",
    "aarch64-musllinux_1_2",
    "macos-11-x86_64",
    "macos-11-arm64",
    "windows",
)
PLC = '[tool.wheelright.targets]\nplc = { platform = "x86_64-manylinux_2_17" }\n'
THREE = (
    PLC
    + 'edge = { platform = "aarch64-musllinux_1_2" }\nlaptop = { platform = "macos-12-arm64" }\n'
)


def wheelright(project: Path, *args: str) -> str:
    """Run the program, on the index that pip is set up for; give what it says on stdout."""
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    cache = {"PYTHONPATH": str(SOURCES), "WHEELRIGHT_CACHE_DIR": str(CACHE / "wheelright")}
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        cwd=project,
        env={**os.environ, **cache},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout or done.stderr


def made(folder: Path, requirements: Sequence[str], targets: str) -> Path:
    listed = json.dumps(list(requirements))
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        f"dependencies = {listed}\n{targets}"
    )
    return folder


def document(project: Path, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(wheelright(project, *args, "--output-format", "json"))
    return found


def test_wheelright_itself_installs_on_the_oldest_machines(tmp_path: Path) -> None:
    """By wheels alone, with every extra, on every Python that it runs on."""
    said = tomllib.loads((SOURCES.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    kept = ("name", "version", "requires-python", "dependencies", "optional-dependencies")
    wanted = {"targets": list(OLDEST), "wheels": "require"}
    written = {"project": {key: said[key] for key in kept}, "tool": {"wheelright": wanted}}
    (tmp_path / "pyproject.toml").write_text(tomlkit.dumps(written), encoding="utf-8")
    wheelright(tmp_path, "lock")
    proved = document(tmp_path, "check", "--all-targets", "--binaries")
    assert proved["passed"]
    assert [target["name"] for target in proved["targets"]] == list(OLDEST)
    for target in proved["targets"]:
        # No Python is left out, and nothing is built.
        assert (target["pythons"][0], target["left_out"]) == ("3.11", [])
        assert {cell["verdict"] for cell in target["cells"]} == {"wheel", "pure"}
    assert {one["package"] for one in proved["targets"][0]["cells"]} >= {"msgspec", "keyring"}


def test_jupyter_on_an_old_machine(tmp_path: Path) -> None:
    project = made(tmp_path, ["jupyter"], PLC)
    notes = wheelright(project, "lock")
    assert re.search(r"note: pyzmq \S+ passed over: its wheels need glibc", notes)
    assert document(project, "check", "--all-targets", "--offline")["passed"]
    proved = document(project, "check", "--binaries")
    (plc,) = proved["targets"]
    assert proved["passed"]
    assert len(plc["cells"]) > 250
    # No binary of a wheel for this platform needs more than the platform has.
    number = re.match(r"glibc 2\.(\d+) ", plc["most"])
    assert number is not None
    assert int(number[1]) <= 17
    looks = {
        row["package"]: row["squares"][0]["look"] for row in document(project, "matrix")["rows"]
    }
    assert looks["pyzmq"] == "passed"
    assert document(project, "floor")["floors"][0]["floor"] in {"2.17", "2.12", "2.5"}
    said = document(project, "explain", "pyzmq")["candidates"]
    assert {"no-file", "chosen"} <= {one["against"] for one in said}


def test_three_machines_that_are_not_here(tmp_path: Path) -> None:
    project = made(tmp_path, ["numpy", "cryptography", "pydantic", "pandas"], THREE)
    wheelright(project, "lock")
    proved = document(project, "check", "--all-targets", "--binaries")
    assert proved["passed"]
    assert [target["name"] for target in proved["targets"]] == ["plc", "edge", "laptop"]
    for target, most in zip(proved["targets"], ("glibc 2.", "musl 1.", "macOS 1"), strict=True):
        assert target["most"].startswith(most)
        assert {cell["verdict"] for cell in target["cells"]} == {"wheel", "pure"}
    wheelright(project, "matrix", "--html", "page.html")
    assert (project / "page.html").stat().st_size > 20_000
