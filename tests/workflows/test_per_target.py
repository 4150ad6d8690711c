"""One venv for each target, side by side: what sync, run and the programs in ``.venv/bin`` use."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.workbench import BASE_PYTHON, Answer
from wheelright import start

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its machines run Linux")

GLIBC = os.confstr("CS_GNU_LIBC_VERSION").split()[1] if sys.platform == "linux" else ""  # type: ignore[union-attr]
MINOR = f"py{sys.version_info[0]}.{sys.version_info[1]}"
NATIVE = f"x86_64-manylinux_{GLIBC.replace('.', '_')}-{MINOR}"
SETTING = '[tool.wheelright]\nvenv = "per-target"\n'
TARGETS = """\
[tool.wheelright.targets.plc]
platform = "x86_64-manylinux_2_17"
[tool.wheelright.targets.u20]
platform = "x86_64-manylinux_2_31"
[tool.wheelright.targets.win]
platform = "windows"
"""


@pytest.fixture
def several(bench: Workbench) -> Workbench:
    """Serve a pure project with a program, and one with a wheel for each floor."""
    module = {"hello.py": "import sys\ndef main():\n    print(sys.prefix, *sys.argv[1:])\n"}
    bench.index.add("hello", "1.0", files=module, scripts={"hello-there": "hello:main"})
    tags = ["py3-none-manylinux_2_17_x86_64", "py3-none-manylinux_2_31_x86_64",
            "py3-none-win_amd64"]  # fmt: skip
    bench.index.add("binary", "1.0", tags=tags)
    bench.write("hello", "binary", more=SETTING + TARGETS)
    return bench


def go(bench: Workbench, *line: str, **environ: str) -> Answer:
    code = "import sys; from wheelright.start import main; sys.exit(main())"
    return start_program(bench, sys.executable, "-c", code, *line, **environ)


def start_program(bench: Workbench, *line: str | Path, **environ: str) -> Answer:
    done = subprocess.run(
        line,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        cwd=bench.project,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, bench.plain(done.stdout), bench.plain(done.stderr))


def folders(bench: Workbench) -> list[str]:
    return sorted(path.name for path in bench.venv.iterdir() if (path / "pyvenv.cfg").exists())


def test_each_target_has_a_venv_of_its_own(several: Workbench) -> None:
    several.ok("sync --for plc")
    several.ok("sync --for u20")
    several.ok("sync --for win")
    assert folders(several) == [f"plc-{MINOR}", f"u20-{MINOR}", f"win-{MINOR}"]
    tags = {name: several.installed(several.venv / name)["binary"] for name in folders(several)}
    assert tags == {
        f"plc-{MINOR}": "py3-none-manylinux_2_17_x86_64",
        f"u20-{MINOR}": "py3-none-manylinux_2_31_x86_64",
        f"win-{MINOR}": "py3-none-win_amd64",
    }
    for target in ("plc", "u20", "win"):
        assert several.ok(f"sync --check --for {target}").err.startswith("Nothing to do")


def test_a_sync_without_a_target_is_for_the_default_or_this_machine(several: Workbench) -> None:
    several.ok("sync")
    assert folders(several) == [NATIVE]
    default = SETTING + 'default-target = "plc"\n' + TARGETS
    several.write("hello", "binary", more=default)
    several.ok("sync")
    assert folders(several) == [f"plc-{MINOR}", NATIVE]
    assert several.ok("sync --check").err.startswith("Nothing to do")


def test_programs_start_in_the_venv_that_fits(several: Workbench) -> None:
    several.ok("sync --for plc")
    several.ok("sync --for win")
    tool = several.venv / "bin" / "hello-there"
    prefix = f"[PROJECT]/.venv/plc-{MINOR}"
    assert start_program(several, tool, "x") == Answer(0, f"{prefix} x\n", "")
    several.ok("sync --for u20")
    prefix = f"[PROJECT]/.venv/u20-{MINOR}"
    assert start_program(several, tool, "x") == Answer(0, f"{prefix} x\n", "")
    code = "import hello; hello.main()"
    python = several.venv / "bin" / "python"
    assert start_program(several, python, "-c", code) == Answer(0, f"{prefix}\n", "")
    several.ok("sync")
    assert start_program(several, tool) == Answer(0, f"[PROJECT]/.venv/{NATIVE}\n", "")


def test_run_uses_the_first_that_fits(several: Workbench) -> None:
    several.ok("sync --for plc")
    several.ok("sync --for win")
    prefix = f"[PROJECT]/.venv/plc-{MINOR}"
    for options in ((), ("--no-sync",), ("--for", "plc")):
        assert go(several, "run", *options, "hello-there", "x") == Answer(0, f"{prefix} x\n", "")
    done = go(several, "run", "--for", "win", "hello-there")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: `[PROJECT]/.venv/win-{MINOR}` is for win (Windows, x86_64)")


def test_run_makes_one_for_this_machine_where_none_fits(several: Workbench) -> None:
    several.ok("sync --for win")
    done = go(several, "run", "hello-there")
    assert (done.code, done.out) == (0, f"[PROJECT]/.venv/{NATIVE}\n")
    assert done.err == "note: installed 3 packages in [TIME]\n" or "installed 2" in done.err
    assert folders(several) == [f"win-{MINOR}", NATIVE]


def test_the_fast_answer_is_that_of_the_right_venv(several: Workbench) -> None:
    for name in ("WHEELRIGHT_NO_PROGRESS", "WHEELRIGHT_PYTHON", "WHEELRIGHT_DEFAULT_INDEX"):
        several.patch.delenv(name)
    url = several.index.url
    index = f'[[tool.wheelright.index]]\nname = "local"\nurl = "{url}"\ndefault = true\n'
    several.write("hello", "binary", more=SETTING + TARGETS + index)
    several.patch.setenv("PATH", f"{BASE_PYTHON.parent}:/usr/bin:/bin")

    def answered(*, exact: bool = True) -> str | None:
        claim = start.read_claim(os.environ, exact=exact)
        return None if claim is None else several.plain(claim["venv"])

    several.ok("sync --for plc")
    assert answered() is None
    assert go(several, "run", "hello-there").code == 0
    # A run settles for any venv that fits; a sync would be for this machine.
    assert answered() is None
    assert answered(exact=False) == f"[PROJECT]/.venv/plc-{MINOR}"
    several.ok("sync")
    assert answered() == f"[PROJECT]/.venv/{NATIVE}"
    assert go(several, "sync").err == "Nothing to do: 2 packages are as locked\n"
    assert go(several, "run", "hello-there", "y").out == f"[PROJECT]/.venv/{NATIVE} y\n"
    # Another venv appears, which may be a better choice: the table of them is watched.
    several.ok("sync --for u20")
    assert answered() is None


def test_files_are_stored_once(several: Workbench) -> None:
    several.ok("sync --for plc --link-mode hardlink")
    several.ok("sync --for win --link-mode hardlink")
    modules = [path.stat().st_ino for path in several.venv.glob("*/lib/*/site-packages/hello.py")]
    assert len(modules) == 2
    assert len(set(modules)) == 1


def test_from_one_to_several_and_back(several: Workbench) -> None:
    several.write("hello", "binary", more=TARGETS)
    several.ok("sync")
    several.write("hello", "binary", more=SETTING + TARGETS)
    before = sorted(several.venv.iterdir())
    several.ok("sync --dry-run")
    assert sorted(several.venv.iterdir()) == before
    assert several.ok("sync").err.startswith("note: made `.venv` anew: it held one environment\n")
    assert folders(several) == [NATIVE]
    several.write("hello", "binary", more=TARGETS)
    several.ok("sync --dry-run")
    assert folders(several) == [NATIVE]
    said = several.ok("sync").err
    assert said.startswith("note: made `.venv` anew: it held one environment for each target\n")
    assert set(several.installed()) == {"hello", "binary"}
    assert not (several.venv / "wheelright-venvs").exists()


def test_a_python_that_will_do_is_kept(several: Workbench) -> None:
    several.ok("sync --for plc")
    # The tests name a Python; without that any other one may be found first.
    several.patch.delenv("WHEELRIGHT_PYTHON")
    several.patch.setenv("PATH", "/usr/bin:/bin")
    several.ok("sync --for plc")
    assert folders(several) == [f"plc-{MINOR}"]


def test_add_and_remove_change_the_one_of_the_default(several: Workbench) -> None:
    several.index.add("docs", "1.0")
    groups = '[dependency-groups]\ndocs = ["docs"]\n'
    more = SETTING + 'default-target = "plc"\n' + TARGETS + groups
    several.write("hello", "binary", more=more)
    several.ok("sync --group docs")
    several.index.add("six", "1.0")
    several.ok("add six")
    several.ok("remove binary")
    assert folders(several) == [f"plc-{MINOR}"]
    assert set(several.installed(several.venv / f"plc-{MINOR}")) == {"docs", "hello", "six"}


def test_a_kill_before_the_launchers_were_written_is_mended(several: Workbench) -> None:
    several.ok("sync --for plc")
    (several.venv / "wheelright-venvs").unlink()
    (several.venv / "bin" / "hello-there").unlink()
    several.ok("sync --for plc")
    tool = several.venv / "bin" / "hello-there"
    prefix = f"[PROJECT]/.venv/plc-{MINOR}"
    assert start_program(several, tool) == Answer(0, f"{prefix}\n", "")


def test_an_empty_venv_is_that_of_a_target(several: Workbench) -> None:
    made = several.ok("venv", WHEELRIGHT_TARGET="plc").err
    assert made.startswith(f"Made .venv/plc-{MINOR} with Python ")
    several.ok("sync --for u20")
    assert folders(several) == [f"plc-{MINOR}", f"u20-{MINOR}"]
    several.ok("sync --for plc")
    answer = several("venv", WHEELRIGHT_TARGET="plc")
    assert answer.code == 2
    assert "hint: " in answer.err
    several.ok("venv --clear", WHEELRIGHT_TARGET="plc")
    # It holds nothing any more, so that the programs pick the other one.
    done = start_program(several, several.venv / "bin" / "python", "-c", "print('on')")
    assert (done.code, done.out) == (0, "on\n")
    assert several.ok("sync --for plc").err.endswith("Installed 2 packages in [TIME]\n")
