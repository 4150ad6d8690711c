"""Syncing: real venvs of this Python, and nothing lost when something fails on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from support.rights import read_only
from support.wheels import make_wheel, sdist_files, write_project
from support.workbench import lines, serve
from wheelright.venv.place import Placer

if TYPE_CHECKING:
    from support.workbench import Workbench
    from wheelright.store import StoredWheel

SOURCE = Path(__file__).parents[2] / "src"
THREE = {"alpha 1.0": {"requires": ["beta", "gamma"]}, "beta 1.0": {}, "gamma 1.0": {}}
NO_VENV = lines(
    "error: `[PROJECT]/.venv` is not a virtual environment: WHY",
    "  in [PROJECT]/.venv",
    "hint: it was left as it is; move it away, or set `WHEELRIGHT_PROJECT_ENVIRONMENT`",
)


def denied(what: str, place: str) -> str:
    """Return what is said where rights lack."""
    return lines(
        f"error: could not {what} `{place}`: permission denied",
        f"  in {place}",
        "hint: check who owns the place and its rights",
    )


def run_in(venv: Path, code: str) -> str:
    """Run code with a venv's Python, away from the project, and return what it prints."""
    done = subprocess.run(
        [venv / "bin" / "python", "-c", code], capture_output=True, text=True, cwd="/", check=True
    )
    return done.stdout.strip()


def test_what_is_installed_runs(bench: Workbench) -> None:
    serve(
        bench.index,
        {
            "tool 2.0": {
                "files": {"tool.py": "def main(): print('it runs')"},
                "scripts": {"tool": "tool:main"},
            }
        },
    )
    bench.write("tool")
    bench.ok("sync")
    done = subprocess.run([bench.venv / "bin" / "tool"], capture_output=True, text=True, check=True)
    assert done.stdout == "it runs\n"
    assert (bench.venv / "pyvenv.cfg").read_text().count("prompt = app") == 1


def test_the_document_for_programs(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    document = json.loads(bench.ok("sync --python-platform windows --output-format json").out)
    assert document == {
        "schema": 1,
        "target": "windows",
        "environment": "[PROJECT]/.venv",
        "dry_run": False,
        "unchanged": 0,
        "actions": [
            {
                "action": "install",
                "name": "beta",
                "version": "1.0",
                "old_version": None,
                "file": "beta-1.0-py3-none-any.whl",
                "reason": "new",
            }
        ],
        "notes": [],
    }


def test_going_back_to_this_machine(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {"tags": ["py3-none-any", "cp37-abi3-win_amd64"]}})
    bench.write("alpha")
    bench.ok("sync --python-platform windows")
    assert bench.installed() == {"alpha": "cp37-abi3-win_amd64"}
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"
    answer = bench.ok("sync --python-platform native")
    assert bench.installed() == {"alpha": "py3-none-any"}
    first = answer.err.splitlines()[0]
    assert first.startswith(" ~ alpha==1.0: cp37-abi3-win_amd64 does not fit ")
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"


# -- what must not be touched


def test_a_directory_that_is_no_venv_stays(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.venv.mkdir()
    (bench.venv / "thesis.txt").write_text("all my work")
    for line in ("sync", "sync --reinstall", "sync --dry-run", "venv", "venv --clear"):
        answer = bench(line)
        assert (answer.code, answer.err) == (2, NO_VENV.replace("WHY", "it has no `pyvenv.cfg`"))
    assert [path.name for path in bench.venv.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_venv_stays(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.venv.write_text("all my work")
    answer = bench("sync")
    assert (answer.code, answer.err) == (2, NO_VENV.replace("WHY", "it is a file"))
    assert bench.venv.read_text() == "all my work"


def test_a_read_only_venv_is_told_and_stays(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("sync")
    bench.write("gamma")
    bench.ok("lock")
    with read_only(bench.venv):
        answer = bench("sync")
    assert (answer.code, answer.err) == (2, denied("lock", "[PROJECT]/.venv/.wheelright-lock"))
    assert bench.versions() == {"beta": "1.0"}
    bench.ok("sync")
    assert bench.versions() == {"gamma": "1.0"}


def test_a_read_only_cache_is_told_before_anything_is_installed(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("lock")
    with read_only(bench.cache):
        answer = bench("sync")
    assert (answer.code, answer.err) == (2, denied("make the folder", "[CACHE]/store"))
    assert bench.installed() == {}


def test_an_unknown_python_is_told_before_anything_is_made(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("lock")
    answer = bench("sync --python 3.99", PATH=str(bench.root))
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no Python found meets `3.99` and `requires-python` `>=3.9`",
            "  Looked in: PATH (1 folder)",
            "  Found: none",
            "hint: install a Python that meets `3.99`, or name one with `--python PATH`",
        ),
    )
    assert not bench.venv.exists()


# -- where the venv is


@pytest.mark.parametrize("place", ["envs/dev", "[ROOT]/elsewhere"])
def test_another_place_for_the_venv(place: str, bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    place = place.replace("[ROOT]", str(bench.root))
    for expected in (
        " + beta==1.0\nInstalled 1 package in [TIME]\n",
        "Nothing to do: 1 package is as locked\n",
    ):
        answer = bench.ok("sync", WHEELRIGHT_PROJECT_ENVIRONMENT=place)
        assert answer.err.removeprefix("Locked 1 package in [TIME]\n") == expected
    assert bench.installed(bench.project / place) == {"beta": "py3-none-any"}
    assert not bench.venv.exists()


def test_a_venv_of_another_python_is_made_anew(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("sync")
    config = bench.venv / "pyvenv.cfg"
    (bench.venv / "bin" / "python").unlink()
    answer = bench.ok("sync")
    assert answer.err == lines(
        "note: making `.venv` anew: the virtual environment `[PROJECT]/.venv` cannot be used:"
        " its interpreter `[PROJECT]/.venv/bin/python` is gone",
        " + beta==1.0",
        "Installed 1 package in [TIME]",
    )
    assert config.is_file()
    assert bench.versions() == {"beta": "1.0"}


@pytest.mark.parametrize("mode", ["clone", "hardlink", "copy", "symlink"])
def test_link_modes(mode: str, bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok(f"sync --link-mode {mode}")
    (module,) = bench.venv.glob("lib/python3*/site-packages/beta/__init__.py")
    (stored,) = bench.cache.glob("store/wheels/*/*/tree/beta/__init__.py")
    assert module.is_symlink() == (mode == "symlink")
    if mode in {"hardlink", "symlink"}:
        assert module.samefile(stored)
    if mode == "copy":
        assert not module.samefile(stored)
    assert run_in(bench.venv, "import beta; print(beta.__version__)") == "1.0"


def test_compiling(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("sync --compile-bytecode")
    assert len(list(bench.venv.glob("lib/python3*/site-packages/beta/__pycache__/*.pyc"))) == 1


# -- repairs


def test_what_others_damaged_is_repaired(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("alpha")
    bench.ok("sync --link-mode copy")
    (module,) = bench.venv.glob("lib/python3*/site-packages/beta/__init__.py")
    module.unlink()
    assert bench.ok("sync").err == lines(
        " ~ beta==1.0: damaged: `beta/__init__.py` is missing", "Replaced 1 package in [TIME]"
    )
    assert module.is_file()


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_kill_between_two_actions_is_completed_by_the_next_sync(
    steps: int, bench: Workbench
) -> None:
    serve(bench.index, {**THREE, "beta 2.0": {}})
    bench.write("alpha", "beta<2")
    bench.ok("sync")
    bench.write("alpha", "beta>=2")
    bench.ok("lock")
    assert _killed(steps, "sync --reinstall") == -signal.SIGKILL
    bench.ok("sync")
    assert bench.versions() == {"alpha": "1.0", "beta": "2.0", "gamma": "1.0"}
    assert run_in(bench.venv, "import alpha, beta, gamma; print(beta.__version__)") == "2.0"
    assert bench.ok("sync").err == "Nothing to do: 3 packages are as locked\n"


def _killed(steps: int, line: str) -> int:
    """Run a command that is killed when it is about to place its file number ``steps``."""
    program = f"""
import os, signal, sys
from wheelright.venv.place import Placer
from wheelright.cli import main
place, done = Placer.place, []
def placing(*args, **options):
    if len(done) == {steps}:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(place(*args, **options))
Placer.place = placing
sys.exit(main({line.split()!r}))
"""
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run([sys.executable, "-c", program], env=environ, check=False).returncode


def test_a_failure_between_two_actions_is_completed_by_the_next_sync(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(bench.index, THREE)
    bench.write("alpha")
    real = Placer.place

    def failing(self: Placer, wheel: StoredWheel, **options: object) -> None:
        if wheel.name == "gamma":
            (stored,) = bench.cache.glob("store/wheels/*/*/tree/gamma/__init__.py")
            stored.unlink()
        real(self, wheel, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Placer, "place", failing)
        answer = bench("sync")
    (library,) = bench.venv.glob("lib/python3*")
    place = bench.plain(f"{library}/site-packages/gamma/__init__.py")
    assert (answer.code, answer.err) == (
        2,
        lines(
            f"error: could not place `{place}`: no such file or folder",
            f"  in {place}",
            "hint: run again: the cache was damaged, and what was has been removed",
        ),
    )
    assert bench.ok("sync").err == lines(
        " ~ alpha==1.0: an earlier sync was interrupted",
        " ~ beta==1.0: an earlier sync was interrupted",
        " ~ gamma==1.0: an earlier sync was interrupted",
        "Replaced 3 packages in [TIME]",
    )
    assert run_in(bench.venv, "import alpha, beta, gamma; print(1)") == "1"


def test_two_syncs_at_once_wait_for_each_other(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("alpha")
    bench.ok("lock")
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "sync"]
    both = [
        subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = sorted(bench.plain(one.communicate()[1]) for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert said == [
        lines(" + alpha==1.0", " + beta==1.0", " + gamma==1.0", "Installed 3 packages in [TIME]"),
        "Nothing to do: 3 packages are as locked\n",
    ]
    assert bench.versions() == {"alpha": "1.0", "beta": "1.0", "gamma": "1.0"}


def test_a_file_that_left_its_place_is_found_by_name(bench: Workbench) -> None:
    serve(bench.index, THREE)
    bench.write("beta")
    bench.ok("lock")
    text = bench.lockfile.read_text()
    bench.lockfile.write_text(text.replace("/files/beta", "/gone/beta"))
    bench.ok("sync --frozen")
    assert bench.versions() == {"beta": "1.0"}


def test_a_wheel_that_lies_about_itself_installs_nothing(bench: Workbench) -> None:
    serve(bench.index, THREE)
    name, data = make_wheel("delta", "1.0", broken="record-hash")
    bench.index.add_file("delta", "1.0", name, data)
    bench.write("alpha", "delta")
    answer = bench("sync")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the wheel `delta-1.0-py3-none-any.whl` is broken: `delta/__init__.py` is not"
            " the file that its RECORD lists",
            "  expected sha256=2SmKENGwc1g33EvYXaxkGw887yekfl1TpU8vP1svz_o",
            "  got      sha256=kM55qqhSrc4b-StNTuN03Srg0kwfg1G4BckCKhUytaE",
        ),
    )
    assert bench.installed() == {}


# -- the project itself


def write_package(bench: Workbench, **options: object) -> None:
    """Make the project one that is built by its own backend."""
    write_project(bench.project, sdist_files("app", "0.1.0", requires_python=">=3.9", **options))  # type: ignore[arg-type]


def test_the_project_is_installed_editable_without_a_network(bench: Workbench) -> None:
    write_package(bench, files={"app.py": "answer = 41"}, scripts={"app": "app:main"})
    answer = bench.ok("sync --offline")
    assert answer.err == lines(
        "Locked 0 packages in [TIME]", " + app==0.1.0", "Installed 1 package in [TIME]"
    )
    assert bench.index.log == []
    (bench.project / "src" / "app.py").write_text("answer = 42")
    assert run_in(bench.venv, "import app; print(app.answer)") == "42"
    assert (bench.venv / "bin" / "app").is_file()
    assert bench.ok("sync --offline").err == "Nothing to do: 1 package is as locked\n"


def test_how_the_project_is_installed_may_change(bench: Workbench) -> None:
    write_package(bench, files={"app.py": "answer = 41"})
    bench.ok("sync --offline")
    assert bench.ok("sync --offline --no-editable").err == lines(
        " ~ app==0.1.0: no longer editable", "Replaced 1 package in [TIME]"
    )
    (bench.project / "src" / "app.py").write_text("answer = 42")
    assert run_in(bench.venv, "import app; print(app.answer)") == "41"
    assert bench.ok("sync --offline --no-install-project").err == lines(
        " - app==0.1.0", "Removed 1 package in [TIME]"
    )
    assert bench.installed() == {}


def test_a_changed_project_is_built_again(bench: Workbench) -> None:
    write_package(bench)
    bench.ok("sync")
    text = bench.pyproject.read_text()
    bench.pyproject.write_text(text + '[project.scripts]\nhello = "app:main"\n')
    assert bench.ok("sync").err == lines(
        " ~ app==0.1.0: its source changed", "Replaced 1 package in [TIME]"
    )
    assert bench.ok("sync").err == "Nothing to do: 1 package is as locked\n"


def test_a_project_that_is_no_package_stays_out(bench: Workbench) -> None:
    write_package(bench)
    bench.pyproject.write_text(bench.pyproject.read_text() + "[tool.wheelright]\npackage = false\n")
    assert bench.ok("sync").err == lines(
        "Locked 0 packages in [TIME]", "Nothing to do: 0 packages are as locked"
    )


def test_what_a_build_needs_comes_from_the_index(bench: Workbench) -> None:
    serve(bench.index, {"helper 1.0": {"requires": ["more"]}, "more 1.0": {}})
    write_package(bench, build_requires=["helper>=1"])
    bench.ok("sync")
    assert bench.installed() == {"app": "py3-none-any"}
    bench.index.clear_log()
    bench.ok("sync --reinstall --offline")
    assert bench.index.log == []


def test_a_build_that_fails_is_told_with_its_reason(bench: Workbench) -> None:
    write_package(bench, fails=True)
    answer = bench("sync")
    assert answer.code == 1
    said = answer.err.splitlines()
    assert said[0] == (
        "error: `app` could not be built: the backend `in_tree_backend` failed in `build_editable`"
        " (exit code 1)"
    )
    assert said[1:3] == ["  in [PROJECT]", "  Traceback (most recent call last):"]
    assert "  RuntimeError: the build of app fails on purpose" in said
    assert bench.installed() == {}


def test_what_an_older_wheelright_measured_is_measured_once_more(bench: Workbench) -> None:
    """Its measures may mean something else; the store keeps the new ones."""
    bench.index.add("core", "1.0")
    bench.write("core")
    bench.ok("sync")
    (facts,) = bench.cache.glob("store/wheels/*/*/wheel.msgpack")
    whole = facts.read_bytes()
    known = msgspec.msgpack.decode(whole)
    facts.write_bytes(msgspec.msgpack.encode([*known[:-1], None]))
    bench.ok("venv --clear")

    bench.ok("sync")

    assert facts.read_bytes() == whole
