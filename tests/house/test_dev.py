"""The script ``./dev``, as far as it can be tried without making a venv."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.tools import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a POSIX shell script")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a tree with the script and what it reads, in a path with a space."""
    clone = tmp_path / "a clone"
    (clone / "requirements").mkdir(parents=True)
    for name in ("dev", "pyproject.toml", "requirements/dev.txt"):
        (clone / name).write_bytes((ROOT / name).read_bytes())
    (clone / "dev").chmod(0o755)
    return clone


def run(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", clone / "dev", *arguments],
        cwd="/",
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_help_needs_nothing(clone: Path) -> None:
    done = run(clone, "help")

    assert done.returncode == 0
    assert done.stdout.startswith("usage: ./dev COMMAND [ARGUMENT ...]\n")
    assert not (clone / ".dev").exists()


def test_an_unknown_command(clone: Path) -> None:
    done = run(clone, "tset")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dev: unknown command `tset`\ndev: run ./dev help for the list\n"


def test_a_python_that_is_too_old(clone: Path, tmp_path: Path) -> None:
    script = 'cat >/dev/null; printf "is Python 3.10, older than 3.11"'
    python = fake_python(tmp_path / "my python", script)

    done = run(clone, "test", WHEELRIGHT_DEV_PYTHON=python)

    assert done.returncode == 2
    assert done.stderr == (
        f"dev: WHEELRIGHT_DEV_PYTHON names `{python}`, which cannot be used:\n"
        f"  {python} is Python 3.10, older than 3.11\n"
        "dev: install one, or name it: WHEELRIGHT_DEV_PYTHON=/path/to/python ./dev ...\n"
    )


def test_a_python_without_venv_names_the_package(clone: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "ensurepip.py").write_text("raise ImportError\n")
    script = f'PYTHONPATH="{blocked}" exec "{sys.executable}" "$@"'
    python = fake_python(tmp_path / "my python", script)

    done = run(clone, "test", WHEELRIGHT_DEV_PYTHON=python)

    version = "{}.{}".format(*sys.version_info[:2])
    assert done.returncode == 2
    assert (
        f"  {python} has no venv module (Debian and Ubuntu: apt install python{version}-venv)\n"
    ) in done.stderr


def test_a_python_that_does_not_start(clone: Path, tmp_path: Path) -> None:
    python = fake_python(tmp_path / "my python", "exit 127")

    done = run(clone, "test", WHEELRIGHT_DEV_PYTHON=python)

    assert f"  {python} does not start\n" in done.stderr


def test_no_python_at_all(clone: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "mkdir", "rm", "sleep"):
        found = next(
            candidate
            for folder in os.environ["PATH"].split(os.pathsep)
            if os.access(candidate := f"{folder}/{name}", os.X_OK)
        )
        (programs / name).symlink_to(found)

    done = run(clone, "test", PATH=str(programs))

    assert done.returncode == 2
    assert done.stderr == (
        "dev: no usable Python >= 3.11 with the venv module was found:\n"
        "  no such command on PATH\n"
        "dev: install one, or name it: WHEELRIGHT_DEV_PYTHON=/path/to/python ./dev ...\n"
    )
    assert not (clone / ".dev" / "lock").exists()
