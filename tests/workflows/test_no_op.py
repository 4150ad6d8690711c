"""The answer without a look is never wrong: every way in which it could be, on a real project."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.pythons import PYTHONS
from support.workbench import BASE_PYTHON
from wheelright import start

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.workbench import Workbench

NOTHING = "Nothing to do: 2 packages are as locked\n"


@pytest.fixture
def settled(bench: Workbench) -> Workbench:
    """Sync a project for a target from a file, as from a shell: the next answer is the fast one."""
    for name in ("WHEELRIGHT_NO_PROGRESS", "WHEELRIGHT_PYTHON", "WHEELRIGHT_DEFAULT_INDEX"):
        bench.patch.delenv(name)
    bench.patch.setenv("PATH", f"{BASE_PYTHON.parent}:/usr/bin:/bin")
    bench.index.add("hello", "1.0")
    bench.index.add("other", "1.0")
    described = '{"schema": 1, "platform": "x86_64-manylinux_2_17"}\n'
    (bench.project / "plc.json").write_text(described)
    write(bench, "hello", "other")
    bench.ok("sync")
    # What was written just now is too young to be told from a later change; it ages by itself.
    for _ in range(20):
        if answers(bench):
            return bench
        bench.ok("sync")
    pytest.fail("no sync was ever answered without a look")


def write(bench: Workbench, *requirements: str, more: str = "") -> None:
    index = (
        f'[[tool.wheelright.index]]\nname = "local"\nurl = "{bench.index.url}"\ndefault = true\n'
    )
    targets = '[tool.wheelright.targets.plc]\nfile = "plc.json"\n'
    bench.write(*requirements, more=f"[tool.wheelright]\n{more}{index}{targets}")


def answers(bench: Workbench, *, exact: bool = True) -> bool:
    """Say whether ``start`` answers by itself."""
    os.chdir(bench.project)
    return start.read_claim(os.environ, exact=exact) is not None


def edited_project(bench: Workbench) -> None:
    write(bench, "hello")


def edited_in_place(bench: Workbench) -> None:
    """Change as many bytes as there were, and put the time back."""
    before = bench.pyproject.stat()
    bench.pyproject.write_text(bench.pyproject.read_text().replace('"other"', '"hello"'))
    os.utime(bench.pyproject, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert bench.pyproject.stat().st_size == before.st_size


def edited_long_ago(bench: Workbench) -> None:
    """Change while the clock is wrong: the file looks older than the venv."""
    write(bench, "hello")
    os.utime(bench.pyproject, (1_000_000_000, 1_000_000_000))


def edited_lock(bench: Workbench) -> None:
    bench.lockfile.write_text(bench.lockfile.read_text().replace("1.0", "1.1"))


def removed_package(bench: Workbench) -> None:
    site = next(bench.venv.glob("lib/*/site-packages"))
    (site / "hello-1.0.dist-info" / "RECORD").unlink()
    next(site.glob("hello-1.0.dist-info")).rename(site / "gone")


def foreign_package(bench: Workbench) -> None:
    site = next(bench.venv.glob("lib/*/site-packages"))
    (site / "strange-1.0.dist-info").mkdir()
    (site / "strange-1.0.dist-info" / "METADATA").write_text("Name: strange\nVersion: 1.0\n")


def removed_guard(bench: Workbench) -> None:
    next(bench.venv.rglob("_wheelright_guard.pth")).unlink()


def changed_interpreter(bench: Workbench) -> None:
    others = [path for path in PYTHONS.values() if path.resolve() != BASE_PYTHON]
    if not others:
        pytest.skip("needs a second Python under pyenv")
    python = bench.venv / "bin" / "python"
    python.unlink()
    python.symlink_to(others[-1])


def changed_setting(bench: Workbench) -> None:
    write(bench, "hello", "other", more='default-target = "plc"\n')


def changed_target_file(bench: Workbench) -> None:
    (bench.project / "plc.json").write_text('{"schema": 1, "platform": "x86_64-manylinux_2_31"}\n')


def changed_target(bench: Workbench) -> None:
    bench.ok("sync --for x86_64-manylinux_2_17")


def pinned_python(bench: Workbench) -> None:
    (bench.project / ".python-version").write_text(f"{BASE_PYTHON}\n")


def taken_into_a_workspace(bench: Workbench) -> None:
    (bench.root / "pyproject.toml").write_text(
        '[project]\nname = "all"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = []\n'
        '[tool.wheelright]\npackage = false\nworkspace = { members = ["app"] }\n'
    )


def settings_of_the_project(bench: Workbench) -> None:
    (bench.project / "wheelright.toml").write_text('link-mode = "copy"\n')


CHANGES = [
    edited_project,
    edited_in_place,
    edited_long_ago,
    edited_lock,
    removed_package,
    foreign_package,
    removed_guard,
    changed_interpreter,
    changed_setting,
    changed_target_file,
    changed_target,
    pinned_python,
    taken_into_a_workspace,
    settings_of_the_project,
]


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_no_change_goes_unseen(settled: Workbench, change: Callable[[Workbench], None]) -> None:
    assert answers(settled)
    change(settled)
    assert not answers(settled)
    assert not answers(settled, exact=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WHEELRIGHT_TARGET", "plc"),
        ("WHEELRIGHT_FOR", "plc"),
        ("WHEELRIGHT_PYTHON_PLATFORM", "windows"),
        ("WHEELRIGHT_GUARD", "off"),
        ("WHEELRIGHT_FROZEN", "1"),
        ("WHEELRIGHT_PYTHON", "3.13"),
    ],
)
def test_no_variable_goes_unseen(settled: Workbench, name: str, value: str) -> None:
    settled.patch.setenv(name, value)
    assert not answers(settled)
    assert not answers(settled, exact=False)


def test_what_a_target_changes_is_done(settled: Workbench) -> None:
    """Go by the whole program: with the variable, then without it."""
    code = "import sys; from wheelright.start import main; sys.exit(main())"

    def sync(*options: str, **environ: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, "sync", *options],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr

    assert sync() == NOTHING
    record = settled.venv / "wheelright.json"
    assert '"target"' not in record.read_text()
    sync(WHEELRIGHT_TARGET="plc")
    assert '"target": "plc"' in record.read_text()
    # The target stays, whoever answers.
    assert sync() == NOTHING
    assert sync() == NOTHING
    assert '"target": "plc"' in record.read_text()
    sync("--for", "native")
    assert '"target"' not in record.read_text()


def test_a_young_edit_is_not_trusted(settled: Workbench) -> None:
    """Edit and sync at once: a second edit in the same tick of the clock would look the same."""
    for number in range(5):
        write(settled, "hello", "other", more=f"# {number}\n")
        settled.ok("sync")
        write(settled, "hello", "other", more=f"# {number + 1}\n")
        assert not answers(settled)
