"""Venvs side by side: the order of them, and programs that pick the one that fits the machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.venvs import this_interpreter
from wheelright.targets import parse_platform
from wheelright.venv import Record, create_venv, find_venv, write_record
from wheelright.venv.launchers import (
    clear_for,
    is_side_root,
    list_side_venvs,
    side_name,
    write_launchers,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the launchers are shell programs")

HELP = "`wheelright sync` on this machine mends it"
TOOL = '#!/bin/sh\necho {} "$@"\n'


class Root:
    """A folder of venvs, and machines that it is looked at from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "a project" / ".venv"
        self.machine = folder / "machine"
        self.machine.mkdir()

    def add(self, target: str | None, platform: str, *programs: str, python: str = "3.11.7") -> str:
        name = side_name(target, parse_platform(platform), (3, int(python.split(".")[1])))
        venv = create_venv(self.path / name, this_interpreter())
        for program in programs:
            path = Path(venv.scripts, program)
            path.write_text(TOOL.format(name))
            path.chmod(0o755)
        write_record(venv, Record(target=target, platform=platform, python=python))
        return name

    def write(self, preferred: str | None = None) -> None:
        write_launchers(str(self.path), list_side_venvs(str(self.path), preferred))

    def order(self, preferred: str | None = None) -> list[str]:
        return [one.name for one in list_side_venvs(str(self.path), preferred)]

    def be(self, system: str, cpu: str, libc: str = "", macos: str = "") -> None:
        """Be another machine: what the launcher asks answers as it does there."""
        answers = {"uname": f'[ "$1" = -s ] && echo {system} || echo {cpu}',
                   "getconf": f'[ -n "{libc}" ] && echo "{libc}"',
                   "sw_vers": f"echo {macos}"}  # fmt: skip
        for name, answer in answers.items():
            program = self.machine / name
            program.write_text(f"#!/bin/sh\n{answer}\n")
            program.chmod(0o755)

    def run(self, name: str, *arguments: str, through: Path | None = None) -> tuple[int, str, str]:
        done = subprocess.run(
            [through or self.path / "bin" / name, *arguments],
            env={"PATH": f"{self.machine}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            cwd=self.machine,
        )
        return done.returncode, done.stdout, done.stderr.replace(str(self.path), "[ROOT]")


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_the_order(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17")
    ubuntu = root.add("ubuntu22", "x86_64-manylinux_2_35")
    old = root.add(None, "x86_64-manylinux_2_31", python="3.9.2")
    new = root.add(None, "x86_64-manylinux_2_36")
    newer = root.add(None, "x86_64-manylinux_2_36", python="3.12.1")
    (root.path / "bin").mkdir()
    (root.path / "other").mkdir()
    assert root.order() == [newer, new, old, ubuntu, plc]
    assert root.order("plc") == [plc, newer, new, old, ubuntu]
    assert (plc, new) == ("plc-py3.11", "x86_64-manylinux_2_36-py3.11")
    assert side_name("plc,u22", parse_platform("linux"), (3, 12)) == "plc+u22-py3.12"


def test_each_machine_gets_its_own(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17", "tool")
    ubuntu = root.add("ubuntu22", "x86_64-manylinux_2_35", "tool")
    arm = root.add("pi", "aarch64-manylinux_2_31", "tool")
    small = root.add("pi32", "armv7l-manylinux_2_31", "tool")
    mac = root.add("mac", "macos-14-arm64", "tool")
    root.write()
    for machine, name in (
        (("Linux", "x86_64", "glibc 2.36"), ubuntu),
        (("Linux", "x86_64", "glibc 2.35"), ubuntu),
        (("Linux", "x86_64", "glibc 2.34"), plc),
        (("Linux", "x86_64", "glibc 2.17"), plc),
        (("Linux", "aarch64", "glibc 2.31"), arm),
        (("Linux", "armv7l", "glibc 2.36"), small),
        (("Darwin", "arm64", "", "14.5"), mac),
        (("Darwin", "arm64", "", "26.0.1"), mac),
    ):
        root.be(*machine)
        assert root.run("tool", "a b", "*") == (0, f"{name} a b *\n", "")


def test_a_machine_that_none_fits_is_told_so(root: Root) -> None:
    root.add("plc", "x86_64-manylinux_2_17", "tool")
    root.add("mac", "macos-14-arm64", "tool")
    root.write()
    helps = "`wheelright sync --for native` makes one for it"
    both = "mac (macOS 14, arm64), plc (glibc 2.17, x86_64)"
    for machine, words in (
        (("Linux", "x86_64", "glibc 2.12"), "glibc 2.12, x86_64"),
        (("Linux", "riscv64", "glibc 2.39"), "glibc 2.39, riscv64"),
        (("Darwin", "arm64", "", "13.1"), "macOS 13.1, arm64"),
        (("FreeBSD", "amd64"), "FreeBSD, amd64"),
    ):
        root.be(*machine)
        assert root.run("tool") == (
            126,
            "",
            f"wheelright: `[ROOT]` is for {both}, and this machine is {words}; {helps}\n",
        )


def test_python_is_that_of_the_venv(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17")
    root.write()
    root.be("Linux", "x86_64", "glibc 2.36")
    code = "import sys; print(sys.prefix, sys.stdin.read())"
    for name in ("python", "python3"):
        assert root.run(name, "-c", code) == (0, f"{root.path}/{plc} \n", "")


def test_links_to_a_launcher_and_a_moved_root(root: Root, tmp_path: Path) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17", "tool")
    root.write()
    root.be("Linux", "x86_64", "glibc 2.36")
    (tmp_path / "one").symlink_to(root.path / "bin" / "tool")
    (tmp_path / "two").symlink_to("one")
    assert root.run("", "x", through=tmp_path / "two") == (0, f"{plc} x\n", "")
    root.path = root.path.rename(tmp_path / "moved")
    assert root.run("tool", "x") == (0, f"{plc} x\n", "")


def test_a_venv_whose_python_is_not_here_is_passed_over(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17", "tool")
    ubuntu = root.add("ubuntu22", "x86_64-manylinux_2_35", "tool", "other")
    root.write()
    root.be("Linux", "x86_64", "glibc 2.36")
    python = root.path / ubuntu / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert root.run("tool") == (0, f"{plc}\n", "")
    (root.path / plc / "bin" / "python").unlink()
    assert root.run("tool") == (
        127,
        "",
        f"wheelright: `[ROOT]`: {plc} has no Python on this machine; {HELP}\n",
    )


def test_programs_come_and_go(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17", "tool")
    root.write()
    root.be("Linux", "x86_64", "glibc 2.36")
    folder = root.path / "bin"
    assert sorted(path.name for path in folder.iterdir()) == [
        "activate", "python", "python3", "python3.11", "tool", "wheelright-venv",
    ]  # fmt: skip
    (root.path / plc / "bin" / "tool").unlink()
    assert root.run("tool") == (
        127,
        "",
        f"wheelright: `[ROOT]`: {plc} has no `tool`; {HELP}\n",
    )
    root.write()
    assert not (folder / "tool").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    root.write()
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_activation(root: Root) -> None:
    plc = root.add("plc", "x86_64-manylinux_2_17")
    root.write()
    root.be("Linux", "x86_64", "glibc 2.36")
    script = f'. "{root.path}/bin/activate"; echo "$VIRTUAL_ENV"'
    for shell in ("sh", "bash"):
        done = subprocess.run(
            [shell, "-c", script],
            env={"PATH": f"{root.machine}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, f"{root.path}/{plc}\n"), done.stderr


def test_what_is_in_the_way(root: Root) -> None:
    create_venv(root.path, this_interpreter())
    assert clear_for(str(root.path), side=False) is None
    assert clear_for(str(root.path), side=True) == "one environment"
    assert list(root.path.iterdir()) == []
    root.add("plc", "x86_64-manylinux_2_17", "tool")
    root.write()
    assert is_side_root(root.path)
    assert clear_for(str(root.path), side=True) is None
    assert clear_for(str(root.path), side=False) == "one environment for each target"
    assert list(root.path.iterdir()) == []


def test_what_is_somebody_s_stays(root: Root) -> None:
    root.path.mkdir(parents=True)
    (root.path / "notes.txt").write_text("mine")
    with pytest.raises(Exception, match="is no place for environments") as raised:
        clear_for(str(root.path), side=True)
    assert str(raised.value).startswith(f"`{root.path}` is no place for environments")
    assert clear_for(str(root.path), side=False) is None
    assert (root.path / "notes.txt").exists()
    assert find_venv(root.path / "missing") is None
