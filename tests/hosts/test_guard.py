"""A project directory that this machine and a real old one share, as over NFS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.old_machine import CACHE, OldMachine, old_machine
from wheelright.targets.machine import detect_machine

pytestmark = [pytest.mark.hosts, pytest.mark.network]

SOURCES = Path(__file__).parents[2] / "src"
HERE = detect_machine().describe()
PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.9,<3.10"
dependencies = ["{}"]
[tool.wheelright]
package = false
"""
# This release has one wheel for glibc 2.34 and one for 2.28.
TOO_NEW = "cryptography==45.0.5"
USE = "from cryptography.hazmat.bindings import _rust; print('on')"


@pytest.fixture
def machine() -> OldMachine:
    return old_machine()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make the directory that both machines see at the same path."""
    project = tmp_path / "app"
    project.mkdir()
    return project


def wheelright(machine: OldMachine, project: Path, *arguments: str) -> None:
    """Run the program here, with the Python that both machines have."""
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, "--python", machine.shared_python],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "WHEELRIGHT_CACHE_DIR": str(CACHE / "wheelright"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_venv_for_this_machine_says_so_there(machine: OldMachine, shared: Path) -> None:
    (shared / "pyproject.toml").write_text(PROJECT.format(TOO_NEW))
    wheelright(machine, shared, "sync")
    python = shared / ".venv" / "bin" / "python"
    line = (
        f"wheelright: `{shared}/.venv` is for {HERE}, and this machine is glibc 2.31, x86_64:"
        " `cryptography` needs glibc 2.34; `wheelright sync --for x86_64-manylinux_2_31` makes it"
        " serve both\n"
    )
    for arguments in (["-c", "print('on')"], ["-I", "-c", "print('on')"]):
        there = machine.run([python, *arguments], read_only=[shared])
        assert (there.returncode, there.stdout, there.stderr) == (0, "on\n", line)
    there = machine.run([python, "-S", "-c", "print('on')"], read_only=[shared])
    assert (there.returncode, there.stderr) == (0, "")
    there = machine.run([python, "-c", USE], read_only=[shared])
    assert there.stderr.startswith(line)
    assert "version `GLIBC_2.3" in there.stderr
    # Moved, and with nothing but the venv.
    moved = machine.run(["/other/bin/python", "-c", "print('on')"],
                        read_only=[(shared / ".venv", "/other")])  # fmt: skip
    assert moved.stderr == line.replace(f"{shared}/.venv", "/other")


def test_what_the_line_says_helps(machine: OldMachine, shared: Path) -> None:
    (shared / "pyproject.toml").write_text(PROJECT.format(TOO_NEW))
    wheelright(machine, shared, "sync")
    wheelright(machine, shared, "sync", "--for", "x86_64-manylinux_2_31")
    python = shared / ".venv" / "bin" / "python"
    there = machine.run([python, "-c", USE], read_only=[shared])
    assert (there.returncode, there.stdout, there.stderr) == (0, "on\n", "")
    here = subprocess.run([python, "-S", "-c", "print('on')"], capture_output=True, check=False)
    assert (here.returncode, here.stderr) == (0, b"")


def test_an_old_machine_may_be_refused(machine: OldMachine, shared: Path) -> None:
    (shared / "pyproject.toml").write_text(PROJECT.format(TOO_NEW) + 'guard = "error"\n')
    wheelright(machine, shared, "sync")
    python = shared / ".venv" / "bin" / "python"
    there = machine.run([python, "-c", "print('on')"], read_only=[shared])
    assert (there.returncode, there.stdout, there.stderr.count("\n")) == (2, "", 1)


def test_what_runs_there_is_not_complained_of(machine: OldMachine, shared: Path) -> None:
    """A venv of this machine with nothing in it that needs a newer libc."""
    (shared / "pyproject.toml").write_text(PROJECT.format("markupsafe"))
    wheelright(machine, shared, "sync")
    code = "import markupsafe; print(markupsafe.escape('<'))"
    there = machine.run([shared / ".venv" / "bin" / "python", "-c", code], read_only=[shared])
    assert (there.returncode, there.stdout, there.stderr) == (0, "&lt;\n", "")


def test_each_machine_starts_the_venv_of_its_own(machine: OldMachine, shared: Path) -> None:
    targets = (
        'venv = "per-target"\n[tool.wheelright.targets.old]\nplatform = "x86_64-manylinux_2_31"\n'
    )
    (shared / "pyproject.toml").write_text(PROJECT.format(TOO_NEW) + targets)
    wheelright(machine, shared, "sync", "--for", "old")
    wheelright(machine, shared, "sync")
    python = shared / ".venv" / "bin" / "python"
    code = "import sys; print(sys.prefix)"
    there = machine.run([python, "-c", f"{USE}; {code}"], read_only=[shared])
    assert (there.returncode, there.stderr) == (0, "")
    assert there.stdout == f"on\n{shared}/.venv/old-py3.9\n"
    here = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    platform = detect_machine().platform
    assert (here.stdout, here.stderr) == (f"{shared}/.venv/{platform}-py3.9\n", "")
