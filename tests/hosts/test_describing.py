"""The describing script, and the question we ask of Pythons, on a real old machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from support.old_machine import OldMachine, old_machine
from wheelright.interpreters.probe import _Answer, _question
from wheelright.targets.target_file import TargetFile
from wheelright.workflows.target import describing_script

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.hosts, pytest.mark.network]

MACHINES = [("amd64", "x86_64"), ("i386", "i686")]
HIDDEN = ("/usr/bin/ldd", "/usr/bin/dash")


def describe(machine: OldMachine, folder: Path, *hidden: str) -> TargetFile:
    script, nothing = folder / "describe.py", folder / "nothing"
    script.write_text(describing_script())
    nothing.touch()
    done = machine.run(
        [machine.python, script],
        read_only=[folder, *((nothing, place) for place in hidden)],
    )
    assert (done.returncode, done.stderr) == (0, "")
    return msgspec.json.decode(done.stdout, type=TargetFile)


@pytest.mark.parametrize(("arch", "name"), MACHINES)
def test_the_old_machine_describes_itself(arch: str, name: str, tmp_path: Path) -> None:
    found = describe(old_machine(arch), tmp_path)
    uname = os.uname()
    assert found == TargetFile(
        platform=f"{name}-manylinux_2_31",
        pythons=("3.9.2",),
        libcs=("glibc 2.31",),
        values={
            "implementation_name": "cpython",
            "os_name": "posix",
            # A 32-bit Python calls the machine what its kernel does, as pip sees it.
            "platform_machine": uname.machine,
            "platform_python_implementation": "CPython",
            "platform_release": uname.release,
            "platform_system": "Linux",
            "platform_version": uname.version,
            "sys_platform": "linux",
        },
    )


@pytest.mark.parametrize("hidden", [HIDDEN[:1], HIDDEN[1:], HIDDEN])
def test_it_does_so_without_ldd_and_without_a_shell(
    hidden: tuple[str, ...], tmp_path: Path
) -> None:
    machine = old_machine()
    assert describe(machine, tmp_path, *hidden) == describe(machine, tmp_path)


@pytest.mark.parametrize(("arch", "name"), MACHINES)
def test_our_question_is_answered_there_as_the_script_does(
    arch: str, name: str, tmp_path: Path
) -> None:
    machine = old_machine(arch)
    asking, describing = _question()
    answers = []
    for prelude in ("", "import os; del os.confstr\n"):
        done = machine.run([machine.python, "-I", "-S", "-c", prelude + asking, describing])
        assert done.stderr == ""
        answers.append(msgspec.json.decode(done.stdout, type=_Answer))
    short, whole = answers
    assert (short.system, short.glibc) == (None, (2, 31))
    assert whole.system is not None
    assert str(whole.system.platform) == describe(machine, tmp_path).platform
    assert msgspec.structs.replace(short, system=whole.system) == msgspec.structs.replace(
        whole, glibc=(2, 31)
    )
    assert whole.pointer_size == {"x86_64": 64, "i686": 32}[name]
    assert whole.paths.purelib.startswith("/usr/")
