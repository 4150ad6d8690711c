"""The old machine of the tests: it is what it says, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path

import pytest

from support.old_machine import old_machine

pytestmark = [pytest.mark.hosts, pytest.mark.network]

WHO = "import os, sys; print(os.confstr('CS_GNU_LIBC_VERSION'), sys.version_info[:2], sys.maxsize)"


def test_it_is_an_old_machine() -> None:
    machine = old_machine()
    done = machine.run([machine.python, "-c", WHO])
    assert (done.stdout, done.stderr) == (f"glibc 2.31 (3, 9) {2**63 - 1}\n", "")


def test_one_python_is_shared_by_both_machines() -> None:
    machine = old_machine()
    here = subprocess.run(
        [machine.shared_python, "-I", "-c", WHO], capture_output=True, text=True, check=True
    )
    there = machine.run([machine.shared_python, "-I", "-c", WHO])
    assert there.stdout == f"glibc 2.31 (3, 9) {2**63 - 1}\n"
    assert here.stdout != there.stdout
    assert here.stdout.endswith(f"(3, 9) {2**63 - 1}\n")


def test_a_32_bit_one() -> None:
    machine = old_machine("i386")
    done = machine.run([machine.python, "-c", WHO + "; print(os.uname().machine)"])
    kernel = os.uname().machine
    assert done.stdout == f"glibc 2.31 (3, 9) {2**31 - 1}\n{kernel}\n"


def test_folders_are_bound_and_nothing_else_is_changed(tmp_path: Path) -> None:
    machine = old_machine()
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    (other / "kept").write_text("kept")
    script = f"echo here >{mine}/new; cat /given/kept; echo no >/given/kept; echo no >/usr/x"
    done = machine.run(
        ["sh", "-c", script], binds=[mine], read_only=[(other, "/given")], env={"LANG": "C"}
    )
    assert done.stdout == "kept"
    assert done.stderr.count("Read-only file system") == 2
    assert (mine / "new").read_text() == "here\n"
    assert (other / "kept").read_text() == "kept"
    assert str(machine.root) not in Path("/proc/mounts").read_text()
    assert not (machine.root / "given").exists()
    assert not list((machine.root / "tmp").iterdir())


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    machine = old_machine()
    with pytest.raises(subprocess.TimeoutExpired):
        machine.run(["sh", "-c", f"sleep 31536 & sleep 3; echo >{tmp_path}/late"], timeout=0.5)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"sleep\x0031536" in path.read_bytes():
                ended, _, _ = select.select([os.pidfd_open(int(path.parent.name))], [], [], 10)
                assert ended
        except (FileNotFoundError, ProcessLookupError):
            continue
