"""A venv and a machine that do not fit each other: what ``run`` and the venv's own Python do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.workbench import Answer
from wheelright.targets.needs import BinaryNeeds, WheelNeeds, to_plain
from wheelright.venv._guard_script import describe, find_machine

if TYPE_CHECKING:
    from support.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="misfits are made for Linux here")

HERE = describe(find_machine())
GLIBC = os.confstr("CS_GNU_LIBC_VERSION").split()[1] if sys.platform == "linux" else ""  # type: ignore[union-attr]
BOTH = f"x86_64-manylinux_{GLIBC.replace('.', '_')}"
WORDS = (
    f"`[PROJECT]/.venv` is for glibc 2.99, x86_64, and this machine is {HERE}: `hello` needs"
    " glibc 2.99"
)
HELP = f"`wheelright sync --for {BOTH}` makes it serve both"


@pytest.fixture
def ready(bench: Workbench) -> Workbench:
    """Serve a project and sync a venv for this machine."""
    bench.index.add("hello", "1.0", scripts={"hello-there": "hello:main"},
                    files={"hello.py": "def main():\n    print('hello')\n"})  # fmt: skip
    bench.write("hello")
    bench.ok("sync")
    return bench


def go(bench: Workbench, *line: str, **environ: str) -> Answer:
    """Run the program as a process, in the project."""
    code = "import sys; from wheelright.start import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *line],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        cwd=bench.project,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, bench.plain(done.stdout), bench.plain(done.stderr))


def python(bench: Workbench) -> Answer:
    """Start the venv's Python with nothing around it."""
    command = [bench.venv / "bin" / "python", "-c", "print('on')"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    return Answer(done.returncode, done.stdout, bench.plain(done.stderr))


def from_afar(bench: Workbench, **changes: Any) -> None:
    """Let the venv be one that a newer machine made, with a wheel that only serves that one."""
    path = bench.venv / "wheelright.json"
    record = json.loads(path.read_text())
    needs = BinaryNeeds("_h.so", "elf", "linux", "x86_64", 64, libc="glibc", floor=(2, 99))
    record["platform"] = "x86_64-manylinux_2_99"
    package = next(one for one in record["packages"] if one["name"] == "hello")
    package["file"] = "hello-1.0-py3-none-manylinux_2_99_x86_64.whl"
    package["needs"] = to_plain(WheelNeeds((needs,)))
    path.write_text(json.dumps({**record, **changes}))


def test_a_sync_writes_the_guard_and_follows_the_setting(ready: Workbench) -> None:
    assert python(ready).err == ""
    ready.ok("sync --for windows")
    assert python(ready) == Answer(
        0,
        "on\n",
        "wheelright: `[PROJECT]/.venv` is for windows (Windows, x86_64), and this machine is"
        f" {HERE}; `wheelright sync --for native` makes it for this machine\n",
    )
    ready.write("hello", more='[tool.wheelright]\nguard = "error"\n')
    ready.ok("sync")
    assert python(ready).code == 2
    ready.write("hello", more='[tool.wheelright]\nguard = "off"\n')
    ready.ok("sync")
    assert python(ready) == Answer(0, "on\n", "")
    assert not list(ready.venv.rglob("_wheelright_guard.p*"))
    ready.write("hello")
    ready.ok("sync --for native")
    assert python(ready) == Answer(0, "on\n", "")
    assert list(ready.venv.rglob("_wheelright_guard.pth"))


def test_no_command_takes_the_guard_for_a_package(ready: Workbench) -> None:
    assert "guard" not in ready.ok("pip list --python .venv").out
    assert ready.ok("sync --check").err == "Nothing to do: 1 package is as locked\n"


def test_a_refusing_guard_lets_wheelright_work(ready: Workbench) -> None:
    ready.write("hello", more='[tool.wheelright]\nguard = "error"\n')
    ready.ok("sync --for windows")
    assert python(ready).code == 2
    ready.ok("sync --reinstall --compile-bytecode")
    assert list(ready.venv.rglob("hello*.pyc"))
    assert ready.ok("sync --for native").err == "Nothing to do: 1 package is as locked\n"
    assert python(ready).code == 0


def test_needs_that_were_measured_in_another_way_are_measured_anew(ready: Workbench) -> None:
    path = ready.venv / "wheelright.json"
    before = path.read_text()
    record = json.loads(before)
    for needs in ([0, ["what an old version wrote"]], None):
        record["packages"][0]["needs"] = needs
        path.write_text(json.dumps(record))
        ready.ok("sync")
        assert path.read_text() == before


def test_run_makes_a_private_venv_fit_again(ready: Workbench) -> None:
    from_afar(ready)
    done = go(ready, "run", "hello-there")
    assert (done.code, done.out) == (0, "hello\n")
    assert done.err == "note: replaced 1 package in [TIME]\n"
    assert go(ready, "run", "hello-there") == Answer(0, "hello\n", "")


def test_run_leaves_alone_what_is_frozen(ready: Workbench) -> None:
    from_afar(ready)
    before = (ready.venv / "wheelright.json").read_text()
    assert go(ready, "run", "--frozen", "hello-there") == Answer(
        2,
        "",
        f"error: {WORDS}\n  in [PROJECT]/.venv\n  it is left as it is, as `--frozen` asks for\n"
        f"hint: {HELP}\n",
    )
    assert (ready.venv / "wheelright.json").read_text() == before


def test_no_sync_tells_and_runs(ready: Workbench) -> None:
    from_afar(ready)
    told = f"warning: {WORDS}; {HELP}\n"
    assert go(ready, "run", "--no-sync", "hello-there") == Answer(0, "hello\n", told)
    # The venv's Python does not say it a second time, where it would say the same.
    ready.ok("sync --for windows")
    done = go(ready, "run", "--no-sync", "hello-there")
    assert done.err.count("this machine is") == 1
    off = go(ready, "run", "--no-sync", "hello-there", WHEELRIGHT_GUARD="off")
    assert off == Answer(0, "hello\n", "")
    refused = go(ready, "run", "--no-sync", "hello-there", WHEELRIGHT_GUARD="error")
    assert (refused.code, refused.out) == (2, "")


def test_run_leaves_alone_what_is_for_a_target(ready: Workbench) -> None:
    ready.ok("sync --for windows")
    before = (ready.venv / "wheelright.json").read_text()
    refusal = Answer(
        2,
        "",
        f"error: `[PROJECT]/.venv` is for windows (Windows, x86_64), and this machine is {HERE}\n"
        "  in [PROJECT]/.venv\n"
        "hint: `wheelright sync --for native` makes it for this machine\n",
    )
    assert go(ready, "run", "hello-there") == refusal
    assert (ready.venv / "wheelright.json").read_text() == before
    assert go(ready, "run", "--for", "native", "hello-there").out == "hello\n"
    assert go(ready, "run", "--for", "windows", "hello-there") == refusal
    assert go(ready, "run", "hello-there") == Answer(0, "hello\n", "")


def test_run_leaves_alone_what_another_user_made(ready: Workbench) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    from_afar(ready)
    os.chown(ready.venv, 12345, -1)
    done = go(ready, "run", "hello-there")
    assert (done.code, done.out) == (2, "")
    assert "  it is left as it is, for it belongs to another user\n" in done.err


def test_run_does_not_make_a_target_s_venv_anew(ready: Workbench) -> None:
    ready.ok("sync --for x86_64-manylinux_2_17")
    (ready.venv / "bin" / "python").unlink()
    assert go(ready, "run", "hello-there") == Answer(
        2,
        "",
        "error: `[PROJECT]/.venv` is for x86_64-manylinux_2_17, and it cannot be used as it is\n"
        "  in [PROJECT]/.venv\n"
        "  the virtual environment `[PROJECT]/.venv` cannot be used: its interpreter"
        " `[PROJECT]/.venv/bin/python` is gone\n"
        "hint: `wheelright sync` makes it anew with a Python of this machine\n",
    )


def test_a_project_on_nobody_s_mind_is_told_too(ready: Workbench) -> None:
    ready.ok("sync --for windows")
    ready.pyproject.unlink()
    done = go(ready, "run", "python", "-c", "1", VIRTUAL_ENV=str(ready.venv), WHEELRIGHT_PYTHON="")
    assert (done.code, done.err.count("is for windows")) == (2, 1)


def test_the_guard_runs_from_where_it_was_written(ready: Workbench) -> None:
    site = next(Path(ready.venv).glob("lib/*/site-packages"))
    assert sorted(path.name for path in site.glob("_wheelright*")) == [
        "_wheelright_guard.pth",
        "_wheelright_guard.py",
    ]
