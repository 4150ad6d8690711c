"""The describing script alone, on every Python at hand; what it finds is held in test_machine."""

from __future__ import annotations

import ast
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.pythons import PYTHONS
from wheelright.interpreters import Search, probe
from wheelright.targets import Libc, detect_machine, parse_platform
from wheelright.targets.describing import SCHEMA, System, libc_of, loader_libc, platform_name
from wheelright.targets.machine import machine_of
from wheelright.targets.target_file import read_target_file
from wheelright.workflows.target import describing_script

SCRIPT = describing_script()
OLDEST = (3, 6)
MUSL = Path("/lib/ld-musl-x86_64.so.1")


def _described(python: Path | str, folder: Path, **environ: str) -> dict[str, Any]:
    """Run the script as a user would, from a file of its own."""
    script = folder / "describe-this-machine.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [python, script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("version", [v for v in PYTHONS if v >= OLDEST])
def test_every_python_describes_this_machine_alike(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    found = _described(PYTHONS[version], tmp_path)
    pythons = found.pop("pythons")
    assert set(PYTHONS[version].parents[1].name.split()) <= set(pythons)
    uname = platform.uname()
    assert found == {
        "schema": SCHEMA,
        "platform": str(detect_machine().platform),
        "implementation": "cpython",
        "values": {
            "implementation_name": "cpython",
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": "CPython",
            "platform_release": uname.release,
            "platform_system": uname.system,
            "platform_version": uname.version,
            "sys_platform": sys.platform,
        },
        "libcs": [str(libc) for libc in detect_machine().libcs],
    }


def test_what_it_prints_is_a_target_file_that_says_what_we_detect(tmp_path: Path) -> None:
    path = tmp_path / "here.json"
    path.write_text(json.dumps(_described(sys.executable, tmp_path)), encoding="utf-8")
    read = read_target_file(path)
    assert read.parsed_platform == detect_machine().platform
    search = Search(environ={}, directory=tmp_path, home=tmp_path, cache=None)
    assert read.parsed_platform == probe(Path(sys.executable), search).platform


def test_it_finds_the_pythons_around_it(tmp_path: Path) -> None:
    versions = sorted(PYTHONS)
    if len(versions) < 3 or sys.platform == "win32":
        pytest.skip("needs several Pythons under pyenv")
    root = tmp_path / "pyenv" / "versions"
    root.mkdir(parents=True)
    chosen = [version for version in versions if version >= OLDEST][:2]
    for version in chosen:
        (root / PYTHONS[version].parents[1].name).symlink_to(PYTHONS[version].parents[1])
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "python3.99"
    shim.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    shim.chmod(0o755)
    found = _described(
        sys.executable,
        tmp_path,
        PATH=str(tmp_path / "bin"),
        PYENV_ROOT=str(tmp_path / "pyenv"),
    )
    expected = [root.joinpath(PYTHONS[version].parents[1].name).name for version in chosen]
    assert set(expected) <= set(found["pythons"])
    assert not any(version.startswith("3.99") for version in found["pythons"])
    numbers = [tuple(map(int, version.split(".")[:2])) for version in found["pythons"]]
    assert numbers == sorted(numbers)


def test_a_distribution_may_decline_wheels(tmp_path: Path) -> None:
    (tmp_path / "_manylinux.py").write_text("manylinux2014_compatible = False\n", encoding="utf-8")
    if detect_machine().libc != "glibc":
        pytest.skip("needs glibc")
    assert _described(sys.executable, tmp_path)["refused_glibc"] == [[2, 17]]


def test_it_runs_where_there_is_no_path_no_home_and_no_locale(tmp_path: Path) -> None:
    found = _described(sys.executable, tmp_path, PATH="", HOME="", LC_ALL="C")
    assert found["platform"] == str(detect_machine().platform)


def test_it_needs_nothing_younger_than_its_oldest_python() -> None:
    tree = ast.parse(SCRIPT, feature_version=OLDEST)
    imported = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert imported - {"_manylinux"} <= sys.stdlib_module_names
    # Windows takes no longer command line, and a probe sends some more.
    assert len(SCRIPT) < 25_000
    assert SCRIPT.isascii()


@pytest.mark.parametrize(
    ("system", "name"),
    [
        (System("linux", "x86_64", (Libc("glibc", (2, 17)),)), "x86_64-manylinux_2_17"),
        (System("linux", "aarch64", (Libc("musl", (1, 2)),)), "aarch64-musllinux_1_2"),
        (System("linux", "armv7l", (Libc("musl", None),)), "armv7l-linux-musl"),
        (System("linux", "riscv64"), "riscv64-linux-unknown"),
        (System("macos", "arm64", (), (14, 0)), "macos-14-arm64"),
        (System("macos", "x86_64", (), (10, 15)), "macos-10.15-x86_64"),
        (System("windows", "arm64", (), (10, 0)), "windows-arm64"),
        (System("windows", "x86", (), (10, 0)), "windows-x86"),
        (System("android", "aarch64", (), (24, 0)), "android-24-aarch64"),
        (System("ios", "arm64", (), (13, 4)), "ios-13.4-arm64"),
    ],
)
def test_platforms_are_named_as_wheelright_names_them(system: System, name: str) -> None:
    assert platform_name(system) == name
    assert str(machine_of(system).platform) == name
    assert parse_platform(name) == machine_of(system).platform


@pytest.mark.skipif(not MUSL.exists(), reason="needs musl (Debian and Ubuntu: apt install musl)")
def test_a_real_musl() -> None:
    found = loader_libc(str(MUSL))
    assert found is not None
    assert (found.family, found.version and found.version[0]) == ("musl", 1)


def test_a_real_musl_program(tmp_path: Path) -> None:
    compiler = shutil.which("musl-gcc")
    if compiler is None:
        pytest.skip("needs musl-gcc (Debian and Ubuntu: apt install musl-tools)")
    (tmp_path / "program.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    for name, options in (("program", []), ("static", ["-static"])):
        subprocess.run(
            [compiler, *options, "-o", tmp_path / name, tmp_path / "program.c"], check=True
        )
    found = libc_of(str(tmp_path / "program"))
    assert found is not None
    assert found.family == "musl"
    assert libc_of(str(tmp_path / "static")) is None
