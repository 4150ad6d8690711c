"""Outcomes as text for people, whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wheelright.console import Style
from wheelright.console.outcomes import (
    cache_lines,
    edit_lines,
    export_lines,
    init_lines,
    lock_lines,
    python_lines,
    sync_lines,
    venv_lines,
)
from wheelright.workflows.outcomes import (
    Action,
    AddOutcome,
    CacheReport,
    Change,
    ExportOutcome,
    FoundPython,
    InitOutcome,
    LockedItem,
    LockOutcome,
    RemoveOutcome,
    SyncOutcome,
    VenvOutcome,
)

if TYPE_CHECKING:
    from pathlib import Path

FLASK = LockedItem("flask", "3.1.0")
JINJA = LockedItem("jinja2", "3.1.4", "sys_platform == 'win32'")

FIRST = LockOutcome(
    "/p/pylock.toml",
    changes=(Change("flask", (), ("3.1.0",)), Change("jinja2", (), ("3.1.4",))),
    notes=("pyzmq 27.3.0 passed over: its wheels need glibc 2.26",),
    packages=(FLASK, JINJA),
    resolved_count=2,
    seconds=0.412,
    wrote=True,
)

CHANGED = LockOutcome(
    "/p/pylock.toml",
    changes=(
        Change("click", ("8.1.0",), ()),
        Change("flask", ("3.0.0",), ("3.1.0",)),
        Change("jinja2", (), ("3.1.4",)),
        Change("numpy", ("1.26.0",), ("1.26.0", "2.1.0")),
    ),
    packages=(FLASK, JINJA, LockedItem("numpy", "1.26.0"), LockedItem("numpy", "2.1.0")),
    seconds=12.3,
    wrote=True,
)


def sync(*actions: Action, **fields: object) -> SyncOutcome:
    return SyncOutcome("x86_64-manylinux_2_17", "/p/.venv", actions, **fields)  # type: ignore[arg-type]


INSTALL = Action("install", "zlib-ng", "1.0", file="z.whl", reason="it is not installed")
REMOVE = Action("remove", "click", "8.1.0", reason="the lock does not name it")
REPLACE = Action(
    "reinstall",
    "cryptography",
    "46.0.1",
    "46.0.1",
    "c.whl",
    "manylinux_2_34 does not fit x86_64-manylinux_2_17",
)
UPGRADE = Action("reinstall", "flask", "3.1.0", "3.0.0", "f.whl", "the lock changed")


def test_first_lock_lists_no_packages() -> None:
    assert lock_lines(FIRST) == [
        "note: pyzmq 27.3.0 passed over: its wheels need glibc 2.26",
        "Locked 2 packages in 0.41s",
    ]


def test_first_lock_lists_them_on_demand() -> None:
    assert lock_lines(FIRST, every_change=True)[1:3] == [" + flask==3.1.0", " + jinja2==3.1.4"]


def test_changed_lock() -> None:
    assert lock_lines(CHANGED) == [
        " - click==8.1.0",
        " ~ flask 3.0.0 -> 3.1.0",
        " + jinja2==3.1.4",
        " ~ numpy 1.26.0 -> 1.26.0, 2.1.0",
        "Locked 4 packages in 12s",
    ]


def test_additions_to_a_lock_are_listed() -> None:
    outcome = LockOutcome(
        "l", changes=(Change("jinja2", (), ("3.1.4",)),), packages=(FLASK, JINJA), wrote=True
    )
    assert lock_lines(outcome) == [" + jinja2==3.1.4", "Locked 2 packages in 0.00s"]


def test_current_lock() -> None:
    assert lock_lines(LockOutcome("l", packages=(FLASK,))) == [
        "Nothing to do: the lock is current (1 package)"
    ]


def test_lock_dry_run() -> None:
    outcome = LockOutcome("l", (Change("flask", ("2",), ("3.1.0",)),), packages=(FLASK,))
    assert lock_lines(outcome, dry_run=True) == [" ~ flask 2 -> 3.1.0", "Would lock 1 package"]


def test_lock_check() -> None:
    stale = LockOutcome("l", packages=(FLASK,), stale_reason="`flask` was added to the project")
    assert lock_lines(stale, check=True) == [
        "The lock is not current: `flask` was added to the project"
    ]
    assert lock_lines(LockOutcome("l", packages=(FLASK,)), check=True) == [
        "Nothing to do: the lock is current (1 package)"
    ]


def test_sync() -> None:
    outcome = sync(INSTALL, REMOVE, REPLACE, UPGRADE, unchanged=90, seconds=0.123)
    assert sync_lines(outcome) == [
        " - click==8.1.0",
        " ~ cryptography==46.0.1: manylinux_2_34 does not fit x86_64-manylinux_2_17",
        " ~ flask 3.0.0 -> 3.1.0: the lock changed",
        " + zlib-ng==1.0",
        "Installed 1, replaced 2, removed 1 packages in 0.12s",
    ]


def test_sync_with_every_reason() -> None:
    assert sync_lines(sync(INSTALL, REMOVE), every_reason=True)[:2] == [
        " - click==8.1.0: the lock does not name it",
        " + zlib-ng==1.0: it is not installed",
    ]


@pytest.mark.parametrize(
    ("actions", "dry_run", "summary"),
    [
        ((), False, "Nothing to do: 97 packages are as locked"),
        ((), True, "Nothing to do: 97 packages are as locked"),
        ((INSTALL,), False, "Installed 1 package in 0.00s"),
        ((INSTALL, INSTALL), False, "Installed 2 packages in 0.00s"),
        ((REMOVE,), False, "Removed 1 package in 0.00s"),
        ((REPLACE, REMOVE), True, "Would replace 1, remove 1 packages"),
    ],
)
def test_sync_summary(actions: tuple[Action, ...], dry_run: bool, summary: str) -> None:
    assert sync_lines(sync(*actions, unchanged=97, dry_run=dry_run))[-1] == summary


def test_sync_of_one_package() -> None:
    assert sync_lines(sync(unchanged=1)) == ["Nothing to do: 1 package is as locked"]


def test_sync_tells_of_a_lock_that_changed() -> None:
    lines = sync_lines(sync(INSTALL, lock=FIRST))
    assert lines[1:] == [
        "Locked 2 packages in 0.41s",
        " + zlib-ng==1.0",
        "Installed 1 package in 0.00s",
    ]


def test_sync_does_not_tell_of_a_lock_that_was_current() -> None:
    assert sync_lines(sync(unchanged=2, lock=LockOutcome("l", packages=(FLASK, JINJA)))) == [
        "Nothing to do: 2 packages are as locked"
    ]


def test_sync_in_colour() -> None:
    lines = sync_lines(sync(INSTALL), Style(enabled=True))
    assert lines == [
        " \x1b[32m+\x1b[0m zlib-ng==1.0",
        "\x1b[1mInstalled 1 package\x1b[0m in 0.00s",
    ]


def test_add() -> None:
    outcome = AddOutcome(("flask>=3.1.0", "rich"), sync=sync(INSTALL, lock=FIRST), lock=FIRST)
    assert edit_lines(outcome) == [
        "Added `flask>=3.1.0`, `rich` to the project",
        "note: pyzmq 27.3.0 passed over: its wheels need glibc 2.26",
        "Locked 2 packages in 0.41s",
        " + zlib-ng==1.0",
        "Installed 1 package in 0.00s",
    ]


def test_remove_without_sync() -> None:
    lock = LockOutcome("l", (Change("flask", ("3.1.0",), ()),), wrote=True)
    assert edit_lines(RemoveOutcome(("flask",), lock=lock)) == [
        "Removed `flask` from the project",
        " - flask==3.1.0",
        "Locked 0 packages in 0.00s",
    ]


def test_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = InitOutcome(str(tmp_path / "app"), ("pyproject.toml", "main.py"), "app")
    assert init_lines(outcome) == [
        " + pyproject.toml",
        " + main.py",
        "Made project `app` in app",
    ]


def test_venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = ".venv\\Scripts\\activate" if os.name == "nt" else "source .venv/bin/activate"
    assert venv_lines(VenvOutcome(str(tmp_path / ".venv"), "3.12.1", "python")) == [
        "Made .venv with Python 3.12.1",
        f"Activate it with: {script}",
    ]


def test_paths_outside_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    target = str(tmp_path / "out.txt")
    assert export_lines(ExportOutcome("text", target)) == [f"Wrote {target}"]
    assert export_lines(ExportOutcome("text")) == []


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (CacheReport(0, 0), "Removed 0 files (0 B)"),
        (CacheReport(1, 1023), "Removed 1 file (1023 B)"),
        (CacheReport(120, 56_623_104), "Removed 120 files (54.0 MiB)"),
        (CacheReport(9, 3 << 40), "Removed 9 files (3.0 TiB)"),
    ],
)
def test_cache(report: CacheReport, line: str) -> None:
    assert cache_lines(report, "Removed") == [line]


def test_pythons() -> None:
    found = (
        FoundPython("3.13.1", "cpython", "/usr/bin/python3.13", "PATH", default=True),
        FoundPython("3.9.20", "pypy", "/opt/pypy/bin/pypy3", "pyenv"),
    )
    assert python_lines(found) == [
        "*  cpython 3.13.1  /usr/bin/python3.13  PATH",
        "   pypy 3.9.20     /opt/pypy/bin/pypy3  pyenv",
    ]
    assert python_lines(()) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00s"),
        (9.994, "9.99s"),
        (10, "10s"),
        (119.4, "119s"),
        (125, "2m 05s"),
        (3600, "60m 00s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    from wheelright.console.text import duration

    assert duration(seconds) == text
