"""What is installed here for the old machine starts there; what is for a newer one does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.old_machine import CACHE, OldMachine, old_machine

pytestmark = [pytest.mark.hosts, pytest.mark.network]

SOURCES = Path(__file__).parents[2] / "src"
PLATFORM = "x86_64-manylinux_2_31"
TOO_NEW = "x86_64-manylinux_2_34"
COUNT = """
import json, sys
import numpy
from cryptography.hazmat.primitives import hashes
digest = hashes.Hash(hashes.SHA256())
digest.update(b"wheelright")
print(json.dumps([numpy.arange(5).sum().item(), digest.finalize().hex()[:8], sys.prefix]))
"""
DIGEST = "18ba9de8"


def wheelright(*args: str | Path, cwd: Path) -> str:
    """Run the program, on the index that pip is set up for, and give what it says."""
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *args],
        cwd=cwd,
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
    return done.stderr


@pytest.fixture
def machine() -> OldMachine:
    return old_machine()


def test_a_folder_installed_for_it(machine: OldMachine, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    wheelright(
        "pip", "install", "--target", packages, "--python-platform", PLATFORM,
        "--python-version", "3.9", "numpy", "cryptography", cwd=tmp_path,
    )  # fmt: skip
    done = machine.run(
        [machine.python, "-c", COUNT], read_only=[packages], env={"PYTHONPATH": str(packages)}
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [10, DIGEST, "/usr"]


def test_a_folder_installed_for_a_newer_one(machine: OldMachine, tmp_path: Path) -> None:
    # This release has one wheel for glibc 2.34 and one for 2.28; each machine gets its own.
    for platform, works in ((PLATFORM, True), (TOO_NEW, False)):
        packages = tmp_path / platform
        wheelright(
            "pip", "install", "--target", packages, "--python-platform", platform,
            "--python-version", "3.9", "cryptography==45.0.5", cwd=tmp_path,
        )  # fmt: skip
        done = machine.run(
            [machine.python, "-c", "from cryptography.hazmat.bindings import _rust"],
            read_only=[packages],
            env={"PYTHONPATH": str(packages)},
        )
        if works:
            assert (done.returncode, done.stderr) == (0, "")
        else:
            assert done.returncode == 1
            last = done.stderr.splitlines()[-1]
            assert last.startswith(
                "ImportError: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.3"
            )
            assert last.endswith("_rust.abi3.so)")


def test_a_machine_that_described_itself(machine: OldMachine, tmp_path: Path) -> None:
    project = tmp_path / "app"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.9"\n'
        'dependencies = ["numpy", "cryptography"]\n'
    )
    wheelright("target", "describe", "--script", "-o", tmp_path / "describe.py", cwd=project)
    described = machine.run([machine.python, tmp_path / "describe.py"], read_only=[tmp_path])
    (project / "plc.json").write_text(described.stdout)
    wheelright("target", "add", "plc", "--file", "plc.json", cwd=project)
    wheelright("sync", "--for", "plc", "--python", machine.shared_python, cwd=project)
    locked = tomllib.loads((project / "pylock.toml").read_text())
    assert {package["name"] for package in locked["packages"]} >= {"numpy", "cryptography"}
    python = project / ".venv" / "bin" / "python"
    done = machine.run([python, "-c", COUNT], binds=[project])
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [10, DIGEST, str(project / ".venv")]


def test_a_venv_made_for_it_here(machine: OldMachine, tmp_path: Path) -> None:
    project = tmp_path / "app"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.9"\n'
        'dependencies = ["numpy", "cryptography"]\n'
    )
    wheelright(
        "sync", "--python-platform", PLATFORM, "--python", machine.shared_python, cwd=project
    )
    python = project / ".venv" / "bin" / "python"
    done = machine.run([python, "-c", COUNT], binds=[project])
    assert done.stderr == ""
    assert json.loads(done.stdout) == [10, DIGEST, str(project / ".venv")]
