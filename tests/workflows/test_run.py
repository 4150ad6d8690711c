"""Running commands: on what, with which variables, and what is said where it cannot be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from support.venvs import Listening
from support.wheels import sdist_files, write_project
from support.workbench import BASE_PYTHON
from wheelright.errors import WheelrightError
from wheelright.workflows.context import make_context
from wheelright.workflows.options import GlobalOptions, IndexOptions, RunOptions, SyncOptions
from wheelright.workflows.run import run

if TYPE_CHECKING:
    from support.workbench import Workbench

SHOW = "import json, os, sys; print(json.dumps([sys.prefix, sys.argv, dict(os.environ)]))"


class Noting(Listening):
    """Keeps notes too."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Runner:
    """Runs in a child of this process, as with ``--no-cache``, and reads what it prints."""

    def __init__(self, bench: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
        self.bench = bench
        self.capfd = capfd
        self.listening = Noting()

    def __call__(self, *command: str, **options: Any) -> int:
        index = IndexOptions(default_index=self.bench.index.url)
        asked = RunOptions(command=command, **options)
        asked = replace(asked, sync=replace(asked.sync, index=index))
        everywhere = GlobalOptions(python=str(BASE_PYTHON))
        cache = self.bench.cache
        with closing(make_context(everywhere, self.listening, temporary_cache=cache)) as context:
            return run(context, asked)

    def said(self, *command: str, **options: Any) -> str:
        """Run with success and return what was printed."""
        self.capfd.readouterr()
        assert self(*command, **options) == 0
        return self.capfd.readouterr().out.strip()

    def shown(self, *command: str, **options: Any) -> tuple[str, list[str], dict[str, str]]:
        """Run a command that prints what :data:`SHOW` does."""
        prefix, arguments, environ = json.loads(self.said(*command, **options))
        return prefix, arguments, environ

    def refused(self, *command: str, **options: Any) -> WheelrightError:
        """Run without success."""
        with pytest.raises(WheelrightError) as raised:
            self(*command, **options)
        return raised.value


@pytest.fixture
def go(bench: Workbench, capfd: pytest.CaptureFixture[str]) -> Runner:
    """Serve a few projects, and a project that needs one of them."""
    module = {"hello.py": "def main():\n    import sys\n    print('hello', *sys.argv[1:])\n"}
    bench.index.add("hello", "1.0", files=module, scripts={"hello-there": "hello:main"})
    bench.index.add("extra", "2.0", files={"extra.py": "version = 2\n"})
    bench.index.add("extra", "1.0", files={"extra.py": "version = 1\n"})
    bench.write("hello")
    return Runner(bench, capfd)


def _text(bench: Workbench, error: WheelrightError) -> tuple[str, ...]:
    parts = (error.message, error.where or "", *error.details, *error.hints)
    return tuple(bench.plain(part) for part in parts)


# -- what is run


def test_the_venv_is_made_and_the_program_found_in_it(go: Runner) -> None:
    assert go.said("hello-there", "a", "--b") == "hello a --b"
    assert go.listening.notes[0].startswith("installed 1 package in ")
    assert go.said("hello-there") == "hello"
    assert len(go.listening.notes) == 1


def test_python_is_that_of_the_venv(go: Runner) -> None:
    prefix, arguments, environ = go.shown("python", "-c", SHOW, "x")
    assert Path(prefix) == go.bench.venv
    assert arguments == ["-c", "x"]
    assert environ["VIRTUAL_ENV"] == str(go.bench.venv)
    assert environ["PATH"].split(os.pathsep)[0] == str(go.bench.venv / "bin")


def test_scripts_modules_and_directories_run_with_it(go: Runner) -> None:
    (go.bench.project / "show.py").write_text(SHOW)
    (go.bench.project / "plain").write_text(SHOW)
    (go.bench.project / "pack").mkdir()
    (go.bench.project / "pack" / "__main__.py").write_text(SHOW)
    for command, options in (
        (("show.py", "-x"), {}),
        (("plain", "-x"), {"script": True}),
        (("pack", "-x"), {}),
        (("show", "-x"), {"module": True}),
    ):
        prefix, arguments, _ = go.shown(*command, **options)
        assert Path(prefix) == go.bench.venv
        assert arguments[1:] == ["-x"]


def test_the_exit_code_is_that_of_the_command(go: Runner) -> None:
    assert go("python", "-c", "raise SystemExit(7)") == 7
    assert go("python", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)") == 143


def test_what_else_was_installed_stays_unless_exact(go: Runner) -> None:
    go.bench.write("hello", "extra")
    go("python", "-c", "")
    go.bench.write("hello")
    go("python", "-c", "")
    assert set(go.bench.installed()) == {"extra", "hello"}
    go("python", "-c", "", sync=SyncOptions())
    assert set(go.bench.installed()) == {"hello"}


def test_no_sync_leaves_lock_and_venv_alone(go: Runner) -> None:
    assert go("python", "-c", "", no_sync=True) == 0
    assert go.bench.installed() == {}
    assert not go.bench.lockfile.exists()
    assert go.bench.index.log == []


def test_frozen_takes_the_lock_as_it_is(go: Runner) -> None:
    go.bench.ok("lock")
    go.bench.write("hello", "extra")
    go("python", "-c", "", sync=SyncOptions(frozen=True, inexact=True))
    assert set(go.bench.installed()) == {"hello"}


# -- the standard input, and scripts of their own


def _through_program(
    bench: Workbench, *line: str, feed: str | None = None
) -> subprocess.CompletedProcess[str]:
    code = "import sys; from wheelright.start import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *line],
        input=feed,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=bench.project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_standard_input_is_run(go: Runner) -> None:
    done = _through_program(go.bench, "run", "-q", "-", "a", feed="import hello, sys\nprint(1)\n")
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    script = '# /// script\n# dependencies = ["extra<2"]\n# ///\nimport extra\nprint(extra)\n'
    done = _through_program(go.bench, "run", "-q", "-", feed=script)
    assert "/environments/" in done.stdout, done.stderr


def test_the_program_becomes_the_command(go: Runner) -> None:
    done = _through_program(go.bench, "run", "python", "-c", "raise SystemExit(9)")
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.startswith("note: installed 1 package in ")
    done = _through_program(go.bench, "run", "nothing-there")
    assert done.returncode == 2


SCRIPT = '# /// script\n# dependencies = ["extra{}"]\n{}# ///\nimport extra\nprint(extra.version)\n'


def test_a_script_has_what_it_says_that_it_needs(go: Runner) -> None:
    (go.bench.project / "own.py").write_text(SCRIPT.format("", ""))
    assert go.said("own.py") == "2"
    assert not go.bench.venv.exists()
    asked = len(go.bench.index.log)
    assert go.said("own.py") == "2"
    assert len(go.bench.index.log) == asked
    (go.bench.project / "own.py").write_text(SCRIPT.format("<2", ""))
    assert go.said("own.py") == "1"


def test_the_settings_of_a_script_count(go: Runner) -> None:
    more = '# [tool.wheelright]\n# resolution = "lowest"\n'
    (go.bench.project / "own.py").write_text(SCRIPT.format("", more))
    assert go.said("own.py") == "1"
    write_project(
        go.bench.project / "tree",
        sdist_files("extra", "3", files={"extra.py": "version = 'tree'\n"}),
    )
    more = '# [tool.wheelright.sources]\n# extra = { path = "tree" }\n'
    (go.bench.project / "own.py").write_text(SCRIPT.format("", more))
    assert go.said("own.py") == "tree"


def test_a_script_with_faults_is_pointed_at(go: Runner) -> None:
    (go.bench.project / "own.py").write_text(SCRIPT.format("=1", ""))
    error = go.refused("own.py")
    assert error.excerpt is not None
    assert (error.excerpt.line, error.where) == (2, str(go.bench.project / "own.py"))


def test_a_script_whose_requirements_cannot_be_met(go: Runner) -> None:
    (go.bench.project / "own.py").write_text(SCRIPT.format(">5", ""))
    error = go.refused("own.py")
    assert (error.message, error.doing) == (
        "no versions satisfy the requirements of `own.py`",
        "preparing the environment of `own.py`",
    )


def test_a_script_for_a_python_that_is_not_there(go: Runner) -> None:
    (go.bench.project / "own.py").write_text(SCRIPT.format("", '# requires-python = ">=3.99"\n'))
    error = go.refused("own.py")
    assert "3.99" in " ".join((error.message, *error.details))


# -- what is laid over the project


def test_with_brings_a_package_for_one_run(go: Runner) -> None:
    code = "import extra, hello; print(extra.version)"
    assert go.said("python", "-c", code, with_requirements=("extra<2",)) == "1"
    assert set(go.bench.installed()) == {"hello"}
    assert go("python", "-c", "import extra") == 1
    asked = len(go.bench.index.log)
    assert go.said("python", "-c", code, with_requirements=("extra<2",)) == "1"
    assert len(go.bench.index.log) == asked


def test_with_takes_several_and_prefers_what_the_project_has(go: Runner) -> None:
    go.bench.write("hello", "extra<2")
    code = "import extra, hello; print(extra.version)"
    assert go.said("python", "-c", code, with_requirements=("extra,hello>=1,<2",)) == "1"


def test_a_program_of_the_project_sees_what_is_laid_over_it(go: Runner) -> None:
    module = {"probe.py": "def main():\n    import extra\n    print(extra.version)\n"}
    go.bench.index.add("probe", "1.0", files=module, scripts={"probe": "probe:main"})
    go.bench.write("probe")
    assert go("probe") == 1
    assert go.said("probe", with_requirements=("extra",)) == "2"


def test_isolated_leaves_no_trace(go: Runner) -> None:
    prefix, _, environ = go.shown("python", "-c", SHOW, isolated=True)
    assert not go.bench.venv.exists()
    assert not Path(prefix).exists()
    assert "WHEELRIGHT_PROJECT_ENVIRONMENT" not in environ
    assert go.said("hello-there", isolated=True) == "hello"


# -- without a project


def test_without_a_project_the_active_venv_is_used(go: Runner) -> None:
    go.bench.ok("sync")
    go.bench.pyproject.unlink()
    go.bench.patch.setenv("VIRTUAL_ENV", str(go.bench.venv))
    cache = go.bench.cache
    with closing(make_context(GlobalOptions(), go.listening, temporary_cache=cache)) as context:
        assert run(context, RunOptions(command=("hello-there",))) == 0
    assert go.capfd.readouterr().out == "hello\n"


def test_without_a_venv_the_python_found_is_used(go: Runner) -> None:
    prefix, _, environ = go.shown("python", "-c", SHOW, no_project=True)
    assert Path(prefix) == BASE_PYTHON.parent.parent
    assert "VIRTUAL_ENV" not in environ
    code = "import extra; print(extra.version)"
    assert go.said("python", "-c", code, no_project=True, with_requirements=("extra",)) == "2"
    assert not go.bench.venv.exists()


# -- variables


def test_variables_come_from_files_and_the_process_wins(go: Runner) -> None:
    (go.bench.project / "a.env").write_text("ONE=a\nTWO=a\nTHREE=a\n")
    (go.bench.project / "b.env").write_text("export TWO=b\nFOUR=$ONE$TWO\n")
    go.bench.patch.setenv("THREE", "process")
    _, _, environ = go.shown("python", "-c", SHOW, env_files=("a.env", "b.env"))
    found = [environ[name] for name in ("ONE", "TWO", "THREE", "FOUR")]
    assert found == ["a", "b", "process", "ab"]
    _, _, environ = go.shown("python", "-c", SHOW, env_files=("a.env",), no_env_file=True)
    assert "ONE" not in environ


def test_a_file_of_variables_must_be_there(go: Runner) -> None:
    error = go.refused("python", env_files=("no.env",))
    assert _text(go.bench, error) == (
        "the environment file `no.env` does not exist",
        "[PROJECT]/no.env",
    )
    (go.bench.project / "bad.env").write_text("one\n")
    assert _text(go.bench, go.refused("python", env_files=("bad.env",))) == (
        "line 1 of the environment file cannot be read: it is not `NAME=value`",
        "[PROJECT]/bad.env:1",
    )
    (go.bench.project / "bytes.env").write_bytes(b"A=\xff\n")
    assert _text(go.bench, go.refused("python", env_files=("bytes.env",))) == (
        "the environment file `bytes.env` cannot be read: it is not UTF-8",
        "[PROJECT]/bytes.env",
    )


# -- what cannot be run


def test_a_program_that_is_nowhere_is_named_with_what_is_near(go: Runner) -> None:
    error = go.refused("hello-three")
    assert error.exit_code == 2
    assert _text(go.bench, error) == (
        "the command `hello-three` was not found",
        "",
        "looked in `[PROJECT]/.venv/bin` and `PATH`",
        "did you mean `hello-there`?",
        (
            "`wheelright add PACKAGE` installs what brings it;"
            " `wheelright run --with PACKAGE hello-three` does so for one run"
        ),
    )


def test_a_script_that_is_not_there_is_named_with_what_is_near(go: Runner) -> None:
    (go.bench.project / "main.py").write_text("")
    error = go.refused("mian.py")
    assert error.exit_code == 2
    assert _text(go.bench, error) == (
        "the script `mian.py` does not exist",
        "[PROJECT]/mian.py",
        "did you mean `main.py`?",
    )
    assert go.bench.index.log == []


def test_a_path_that_is_no_program(go: Runner) -> None:
    (go.bench.project / "text").write_text("")
    assert _text(go.bench, go.refused("./text"))[0] == "`./text` does not exist or is no program"


def test_nothing_to_run_lists_what_there_is(go: Runner) -> None:
    error = go.refused()
    assert error.exit_code == 2
    assert _text(go.bench, error) == (
        "there is nothing to run",
        "",
        "available are `hello-there`",
        "give a command, as in `wheelright run python`",
    )


# -- signals


def test_what_asks_us_to_end_is_handed_on(go: Runner) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", program, "run", "--isolated", "python", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 5
