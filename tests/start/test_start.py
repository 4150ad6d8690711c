"""The fast path: it answers when nothing changed, and never when anything did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.venvs import put_wheel, this_interpreter
from wheelright import start
from wheelright.outside.reporting import Silent
from wheelright.store import Store
from wheelright.venv import (
    Record,
    Venv,
    create_venv,
    list_installed,
    observe,
    remove_stamp,
    stamp,
    write_record,
    write_stamp,
)
from wheelright.venv.place import Placer
from wheelright.venv.remove import remove_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND = 1_000_000_000
MESSAGE = "Nothing to do"
MESSAGES = {"sync": MESSAGE, "lock": "The lock is current"}


@dataclass
class Project:
    root: Path
    venv: Venv
    config: Path

    def stamp(self, **changes: Any) -> bool:
        inputs = observe([self.root / "pyproject.toml", self.root / "pylock.toml", self.config])
        said = {"messages": MESSAGES, "exact": True, "runnable": True, **changes}
        return write_stamp(self.venv, self.root, inputs, **said)


def _age(path: Path) -> None:
    """Let all times below a folder lie in the past, as they do when nobody hurries."""
    for place in (path, *path.rglob("*")):
        if not place.is_symlink():
            os.utime(place, (1_600_000_000, 1_600_000_000))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    root = tmp_path / "project"
    venv = create_venv(root / ".venv", this_interpreter())
    store = Store(tmp_path / "cache", Silent())
    Placer(venv, "hardlink", pytest.fail).place(put_wheel(store, "app"))
    write_record(venv, Record())
    (root / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    (root / "pylock.toml").write_text("lock-version = '1.0'\n")
    # Only the system sets when an inode changed: look from a while later instead of waiting.
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 10 * SECOND)
    monkeypatch.chdir(root)
    _age(root)
    made = Project(root, venv, tmp_path / "home" / "wheelright.toml")
    assert made.stamp()
    yield made
    monkeypatch.undo()


def _answers(*, exact: bool = True) -> bool:
    return start.read_claim(os.environ, exact=exact) is not None


def test_both_sides_use_the_same_names() -> None:
    for name in ("STAMP_NAME", "STAMP_HEAD", "ENVIRONMENT_PREFIXES", "ENVIRONMENT_NAMES"):
        assert getattr(start, name) == getattr(stamp, name)
    assert start._machine() == stamp.machine_name()


def test_nothing_changed(project: Project) -> None:
    assert _answers()
    claim = start.read_claim(os.environ, exact=True)
    assert claim is not None
    assert (claim["sync"], claim["venv"]) == (MESSAGE, project.venv.path)


def test_running_python_in_the_venv_changes_nothing(project: Project) -> None:
    subprocess.run([project.venv.executable, "-c", "import app"], check=True)
    assert _answers()


def _edit(name: str) -> Callable[[Project], object]:
    return lambda project: (project.root / name).write_text("other text")


def _same_size_edit(project: Project) -> None:
    """Change bytes and put the times back: the inode still tells when it was changed."""
    path = project.root / "pyproject.toml"
    before = path.stat()
    path.write_text(path.read_text().replace("'a'", "'b'"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def _clock_set_back(project: Project) -> None:
    """An edit while the clock says long ago: an older time must not look like no change."""
    path = project.root / "pylock.toml"
    path.write_text("lock-version = '2.0'\n")
    os.utime(path, (1_000_000_000, 1_000_000_000))


def _swapped_interpreter(project: Project) -> None:
    python = Path(project.venv.executable)
    other = project.root / "other-python"
    other.write_text("#!/bin/sh\n")
    python.unlink()
    python.symlink_to(other)


def _remove_app(project: Project) -> None:
    for installed in list_installed(project.venv):
        remove_package(project.venv, installed)


def _foreign_install(project: Project) -> None:
    (Path(project.venv.site_packages) / "other-1.0.dist-info").mkdir()


def _user_config_appears(project: Project) -> None:
    project.config.parent.mkdir(exist_ok=True)
    project.config.touch()


def _journal(project: Project) -> None:
    Path(project.venv.path, ".wheelright-pending").write_text("{}")


def _other_target(project: Project) -> None:
    write_record(project.venv, Record(target="plc"))


def _nearer_project(project: Project) -> None:
    inner = project.root / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").touch()
    os.chdir(inner)


def _elsewhere(project: Project) -> None:
    (project.root / "src").mkdir()
    os.chdir(project.root / "src")


def _cut_stamp(project: Project) -> None:
    path = Path(project.venv.path, start.STAMP_NAME)
    path.write_bytes(path.read_bytes()[:-3])


WRONG = {
    "edited-pyproject": _edit("pyproject.toml"),
    "edited-lock": _edit("pylock.toml"),
    "removed-lock": lambda project: (project.root / "pylock.toml").unlink(),
    "same-size-edit-with-the-old-time": _same_size_edit,
    "clock-set-back": _clock_set_back,
    "removed-package": _remove_app,
    "foreign-install": _foreign_install,
    "changed-interpreter": _swapped_interpreter,
    "interpreter-gone": lambda project: Path(project.venv.executable).unlink(),
    "user-config-appears": _user_config_appears,
    "interrupted": _journal,
    "other-target": _other_target,
    "nearer-project": _nearer_project,
    "other-directory": _elsewhere,
    "cut-stamp": _cut_stamp,
    "removed-stamp": lambda project: remove_stamp(project.venv),
    "pyvenv-cfg": _edit(".venv/pyvenv.cfg"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_each_way_of_being_wrong_is_left_to_the_full_path(
    project: Project, change: Callable[[Project], object]
) -> None:
    assert _answers()
    change(project)
    assert not _answers()


@pytest.mark.parametrize(
    ("name", "value", "answers"),
    [
        ("WHEELRIGHT_OUTPUT_FORMAT", "json", False),
        ("WHEELRIGHT_PYTHON_PLATFORM", "windows", False),
        ("WHEELRIGHT_INDEX", "https://b.example/simple", False),
        ("UV_INDEX", "https://b.example/simple", False),
        ("XDG_CONFIG_HOME", "/elsewhere", False),
        ("HOME", "/elsewhere", False),
        ("WHEELRIGHT_PROJECT_ENVIRONMENT", "other", False),
        ("VIRTUAL_ENV", "/other/venv", False),
        ("EDITOR", "ed", True),
    ],
)
def test_variables(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str, value: str, answers: bool
) -> None:
    monkeypatch.setenv(name, value)
    assert _answers() is answers


def test_the_own_venv_may_be_active(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", project.venv.path)
    assert _answers()


def test_variables_that_were_set_when_stamped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEELRIGHT_INDEX", "https://b.example/simple")
    monkeypatch.setenv("WHEELRIGHT_PROJECT_ENVIRONMENT", ".venv")
    assert project.stamp()
    assert _answers()
    # One that asks for another answer is never taken, stamped or not.
    monkeypatch.setenv("WHEELRIGHT_OUTPUT_FORMAT", "json")
    assert project.stamp()
    assert not _answers()


def test_another_machine_and_another_version(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(start, "_machine", lambda: "Linux elsewhere")
        assert not _answers()
    monkeypatch.setattr(start, "__version__", "0.0.1")
    assert not _answers()


def _installed_file(project: Project) -> Path:
    return Path(project.venv.site_packages, "app", "__init__.py")


INSTALLED: dict[str, Callable[[Project], object]] = {
    "edited": lambda project: _installed_file(project).write_text("other"),
    "removed": lambda project: _installed_file(project).unlink(),
    "half-removed": lambda project: Path(
        project.venv.site_packages, "app-1.0.dist-info", "RECORD"
    ).unlink(),
}


@pytest.mark.parametrize("change", INSTALLED.values(), ids=INSTALLED)
def test_what_became_of_installed_files_matters_to_sync_alone(
    project: Project, change: Callable[[Project], object]
) -> None:
    change(project)
    assert not _answers(exact=True)
    assert _answers(exact=False)


def test_of_many_installed_files_only_the_dist_infos_are_looked_at(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamp, "MOST_FILES", 3)
    assert project.stamp()
    INSTALLED["edited"](project)
    assert _answers()
    INSTALLED["half-removed"](project)
    assert not _answers()


def test_other_links_to_installed_files_change_nothing(project: Project) -> None:
    (project.root / "link").hardlink_to(_installed_file(project))
    assert _answers()


def test_an_inexact_sync_answers_run_only(project: Project) -> None:
    project.stamp(exact=False)
    assert not _answers(exact=True)
    assert _answers(exact=False)


def test_a_change_within_a_tick_of_the_observation_is_not_trusted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.root / "pyproject.toml"
    changed = path.stat().st_ctime_ns
    for after, settled in ((0, False), (9_999_999, False), (2 * SECOND + 1, True)):
        monkeypatch.setattr(time, "time_ns", lambda after=after: changed + after)
        (state,) = observe([path])
        assert state.settled is settled
    # A file system that knows whole seconds only needs a longer look.
    os.utime(path, ns=(changed // SECOND * SECOND,) * 2)
    changed = path.stat().st_ctime_ns
    monkeypatch.setattr(time, "time_ns", lambda: changed + 1_000_000_000)
    (state,) = observe([path])
    assert not state.settled


def test_an_unsettled_input_leaves_no_stamp(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = project.root / "pylock.toml"
    lock.write_text("just now")
    monkeypatch.setattr(time, "time_ns", lambda: lock.stat().st_ctime_ns + 1)
    assert not project.stamp()
    assert not Path(project.venv.path, start.STAMP_NAME).exists()


def test_an_edit_during_the_sync_is_seen(project: Project) -> None:
    inputs = observe([project.root / "pyproject.toml"])
    (project.root / "pyproject.toml").write_text("edited while the sync read the rest")
    said = {"messages": MESSAGES, "exact": True, "runnable": True}
    assert write_stamp(project.venv, project.root, inputs, **said)  # type: ignore[arg-type]
    assert not _answers()


def test_a_path_with_a_line_break_leaves_no_stamp(project: Project, tmp_path: Path) -> None:
    inputs = observe([tmp_path / "a\nb"])
    said = {"messages": MESSAGES, "exact": True, "runnable": True}
    assert not write_stamp(project.venv, project.root, inputs, **said)  # type: ignore[arg-type]


# ---- as a process ---------------------------------------------------------------------------

# The full path is stood in for by a module that says so: here only who answers is of interest.
_MAIN = """\
import sys, types
cli = types.ModuleType("wheelright.cli")
cli.main = lambda arguments: print("full", *arguments) or 7
sys.modules["wheelright.cli"] = cli
from wheelright.start import main
code = main()
if code == 0:
    print(sorted(set(sys.modules) - before), file=sys.stdout)
sys.exit(code)
"""


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    source = Path(start.__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-c", "import sys; before = set(sys.modules)\n" + _MAIN, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(source)},
    )


def test_sync_says_so_and_imports_nothing(project: Project) -> None:
    done = _start("sync")
    assert (done.returncode, done.stderr) == (0, f"{MESSAGE}\n")
    loaded = set(done.stdout.strip("[]\n").replace("'", "").split(", "))
    assert loaded == {"types", "wheelright", "wheelright.cli", "wheelright.start"}


@pytest.mark.parametrize("arguments", [("lock",), ("lock", "--check")])
def test_lock_says_so_whatever_else_is_installed(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.stamp(exact=False)
    done = _start(*arguments)
    assert (done.returncode, done.stderr) == (0, "The lock is current\n")
    done = _start(*arguments, "-q")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["pyproject.toml", "pylock.toml"])
def test_an_edited_lock_or_project_is_left_to_the_full_path(project: Project, name: str) -> None:
    with (project.root / name).open("a") as file:
        file.write("# edited\n")
    assert _start("lock").stdout == "full lock\n"


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_sync_says_nothing(project: Project, option: str) -> None:
    done = _start("sync", option)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "--extra", "x"),
        ("sync", "-qq"),
        ("-q", "sync"),
        ("lock", "-U"),
        ("lock", "-q", "--check"),
        ("lock", "--check", "--dry-run"),
        ("sync", "--check"),
        ("run",),
        ("run", "--"),
        ("run", "--with", "x", "python"),
        ("run", "-m", "http.server"),
        ("run", "./tool"),
        ("run", "no-such-command"),
        ("run", "tool.pyw"),
        ("run", "https://example.com/x"),
        ("run", "missing.py"),
        ("run", "inline.py"),
        (),
    ],
)
def test_what_is_left_to_the_full_path(project: Project, arguments: tuple[str, ...]) -> None:
    (project.root / "inline.py").write_text("# /// script\n# dependencies = []\n# ///\n")
    done = _start(*arguments)
    assert (done.stdout, done.returncode) == (" ".join(["full", *arguments]) + "\n", 7)


@pytest.mark.skipif(os.name == "nt", reason="no process becomes another one there")
@pytest.mark.parametrize("dashes", [(), ("--",)])
def test_run_becomes_the_command(project: Project, dashes: tuple[str, ...]) -> None:
    code = (
        "import os, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'], "
        "os.environ['PATH'].split(':')[0], sys.argv[1:]); sys.exit(5)"
    )
    done = _start("run", *dashes, "python", "-c", code, "--", "-x")
    path = project.venv.path
    assert done.stdout == f"{path} {path} {path}/bin ['--', '-x']\n"
    assert done.returncode == 5


@pytest.mark.skipif(os.name == "nt", reason="no process becomes another one there")
def test_run_of_a_plain_script(project: Project) -> None:
    (project.root / "plain.py").write_text("import sys; print(sys.prefix, sys.argv)")
    done = _start("run", "plain.py", "x")
    assert done.stdout == f"{project.venv.path} ['plain.py', 'x']\n"


def test_run_on_a_machine_that_does_not_fit(project: Project) -> None:
    project.stamp(runnable=False)
    assert _start("run", "python", "-c", "1").stdout.startswith("full run")
    assert _start("sync").returncode == 0


_PROGRAM = """\
import atexit, os, sys, threading, types
flushed = threading.Event()
class Out:
    write = sys.stdout.write
    def flush(self):
        sys.__stdout__.flush()
        flushed.set()
def work(arguments):
    print("said")
    threading.Thread(target=lambda: flushed.wait(10) and os.write(1, b"finished\\n")).start()
    sys.stdout = None if arguments else sys.stdout
    flushed.set() if arguments else None
    return 7
cli = types.ModuleType("wheelright.cli")
cli.main = work
sys.modules["wheelright.cli"] = cli
atexit.register(os.write, 1, b"taken apart\\n")
sys.stdout = Out()
from wheelright.start import program
sys.exit(program())
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], {"said", "finished"}), (["broken"], {"said", "finished", "taken apart"})],
)
def test_the_program_ends_once_all_is_written_and_done(
    arguments: list[str], said: set[str]
) -> None:
    source = Path(start.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    assert (done.returncode, done.stderr, set(done.stdout.splitlines())) == (7, "", said)
