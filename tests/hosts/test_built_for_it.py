"""What is built here for the old machine is imported there, and for another processor too."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.old_machine import CACHE, old_machine
from support.pythons import python
from support.real_builds import forget_builds, highest_glibc, install, modules

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.hosts, pytest.mark.network, pytest.mark.slow]

SUITE = "bullseye"
CODE = "import markupsafe._speedups, markupsafe; print(markupsafe.escape('<'))"
ESCAPED = "&lt;\n"


def build(platform: str, out: Path) -> None:
    forget_builds()
    install(
        platform, "markupsafe==3.0.2", out=out, built="markupsafe",
        more=("--python", str(python(3, 9))),
    )  # fmt: skip


def test_a_module_built_here_is_imported_on_the_old_machine(tmp_path: Path) -> None:
    machine = old_machine()
    out = tmp_path / "out"
    build("x86_64-manylinux_2_31", out)
    (module,) = modules(out)
    assert highest_glibc(module) <= machine.glibc
    done = machine.run([machine.python, "-c", CODE], read_only=[out], env={"PYTHONPATH": str(out)})
    assert (done.stdout, done.stderr) == (ESCAPED, "")


def emulated_root() -> Path:
    """Give the files of an old Debian for 64-bit ARM, fetched the first time."""
    for program in ("qemu-aarch64-static", "debootstrap", "dpkg"):
        if shutil.which(program) is None:
            pytest.skip(f"needs `{program}`")
    root = CACHE / f"{SUITE}-arm64-files"
    if not root.is_dir():
        making = root.with_name(f"{root.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--foreign", "--variant=minbase", "--arch=arm64", "--include=python3",
             SUITE, making],
            check=True,
            capture_output=True,
        )  # fmt: skip
        for package in sorted((making / "var/cache/apt/archives").glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, making], check=True)
        making.rename(root)
    return root


def test_a_module_built_here_is_imported_on_another_processor(tmp_path: Path) -> None:
    root = emulated_root()
    out = tmp_path / "out"
    build("aarch64-manylinux_2_28", out)
    done = subprocess.run(
        ["qemu-aarch64-static", "-L", root, "-E", f"PYTHONPATH={out}", root / "usr/bin/python3.9",
         "-c", CODE],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (ESCAPED, "")
