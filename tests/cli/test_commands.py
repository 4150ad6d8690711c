"""What each command prints of its outcome, where, and its exit code."""

from __future__ import annotations

import inspect
import io
import json
from typing import Any

import pytest

from wheelright.cli.parsing import parse
from wheelright.cli.registry import Registry
from wheelright.console import Screen
from wheelright.workflows.outcomes import (
    Action,
    AddOutcome,
    CacheReport,
    ExportOutcome,
    FoundPython,
    InitOutcome,
    LockedItem,
    LockOutcome,
    SyncOutcome,
    TreeNode,
    TreeOutcome,
    VenvOutcome,
)


def render(line: str, outcome: Any, encoding: str = "utf-8") -> tuple[int, str, str]:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    err = io.StringIO()
    parsed = parse(line.split(), {}, Registry())
    assert parsed.command is not None
    screen = Screen(
        out,
        err,
        environ={},
        quiet=parsed.given.count("quiet"),
        verbose=parsed.given.count("verbose"),
    )
    code = parsed.command.render(outcome, parsed.given, screen)
    return code, raw.getvalue().decode(encoding), err.getvalue()


CURRENT = LockOutcome("/p/pylock.toml", packages=(LockedItem("flask", "3.1.0"),))
STALE = LockOutcome("/p/pylock.toml", stale_reason="`flask` was added")
DIFFERS = SyncOutcome("linux", "/p/.venv", (Action("install", "flask", "3.1.0", reason="new"),))
SAME = SyncOutcome("linux", "/p/.venv", unchanged=2)
TREE = TreeOutcome((TreeNode("app", "1", children=(TreeNode("flask", "3"),)),))
PYTHON = FoundPython("3.12.1", "cpython", "/usr/bin/python3", "PATH")


@pytest.mark.parametrize(
    ("line", "outcome", "expected"),
    [
        ("lock", CURRENT, (0, "", "Nothing to do: the lock is current (1 package)\n")),
        ("lock --check", CURRENT, (0, "", "Nothing to do: the lock is current (1 package)\n")),
        ("lock --check", STALE, (1, "", "The lock is not current: `flask` was added\n")),
        ("lock --check -q", STALE, (1, "", "The lock is not current: `flask` was added\n")),
        ("lock --check -qq", STALE, (1, "", "")),
        ("sync", DIFFERS, (0, "", " + flask==3.1.0\nInstalled 1 package in 0.00s\n")),
        ("sync -v", DIFFERS, (0, "", " + flask==3.1.0: new\nInstalled 1 package in 0.00s\n")),
        ("sync -q", DIFFERS, (0, "", "")),
        ("sync --check", SAME, (0, "", "Nothing to do: 2 packages are as locked\n")),
        ("run x", 7, (7, "", "")),
        ("add x", AddOutcome(("x>=1",)), (0, "", "Added `x>=1` to the project\n")),
        (
            "init",
            InitOutcome("/elsewhere/x", (), "x"),
            (0, "", "Made project `x` in /elsewhere/x\n"),
        ),
        ("tree", TREE, (0, "app 1\n└── flask 3\n", "")),
        ("tree", TreeOutcome(), (0, "", "")),
        ("export", ExportOutcome("flask==3\n"), (0, "flask==3\n", "")),
        ("export -q", ExportOutcome("flask==3"), (0, "flask==3\n", "")),
        ("export -o /x/r.txt", ExportOutcome("flask", "/x/r.txt"), (0, "", "Wrote /x/r.txt\n")),
        ("python list", (PYTHON,), (0, "   cpython 3.12.1  /usr/bin/python3  PATH\n", "")),
        ("python list", (), (0, "", "No Python was found\n")),
        ("python find", PYTHON, (0, "/usr/bin/python3\n", "")),
        ("cache dir", "/c", (0, "/c\n", "")),
        ("cache size", CacheReport(3, 2048), (0, "2048\n", "")),
        ("cache size --human", CacheReport(3, 2048), (0, "2.0 KiB\n", "")),
        ("cache clean", CacheReport(3, 2048), (0, "", "Removed 3 files (2.0 KiB)\n")),
        ("cache prune", CacheReport(1, 1), (0, "", "Removed 1 file (1 B)\n")),
    ],
)
def test_render(line: str, outcome: Any, expected: tuple[int, str, str]) -> None:
    assert render(line, outcome) == expected


def test_sync_check_that_differs() -> None:
    planned = SyncOutcome("linux", "/p/.venv", DIFFERS.actions, dry_run=True)
    assert render("sync --check", planned) == (
        1,
        "",
        " + flask==3.1.0: new\nWould install 1 package\n",
    )


def test_venv() -> None:
    code, out, err = render("venv", VenvOutcome("/elsewhere/.venv", "3.12.1", "python"))
    assert (code, out) == (0, "")
    assert err.startswith("Made /elsewhere/.venv with Python 3.12.1\nActivate it with: ")


def test_the_tree_where_the_encoding_has_no_lines() -> None:
    assert render("tree", TREE, "ascii") == (0, "app 1\n`-- flask 3\n", "")


@pytest.mark.parametrize(
    ("line", "outcome", "code", "keys"),
    [
        ("lock", CURRENT, 0, "changes environments lock notes packages schema stale targets wrote"),
        (
            "lock --check",
            STALE,
            1,
            "changes environments lock notes packages schema stale targets wrote",
        ),
        ("sync -q", DIFFERS, 0, "actions dry_run environment notes schema target unchanged"),
        ("sync --check", DIFFERS, 1, "actions dry_run environment notes schema target unchanged"),
        ("tree", TREE, 0, "roots schema"),
        ("python list", (PYTHON,), 0, "pythons schema"),
    ],
)
def test_json_is_one_document_on_stdout(line: str, outcome: Any, code: int, keys: str) -> None:
    exit_code, out, err = render(f"{line} --output-format json", outcome)
    assert (exit_code, err) == (code, "")
    assert " ".join(sorted(json.loads(out))) == keys


def test_help() -> None:
    code, out, err = render("help cache size", "cache size")
    assert (code, err) == (0, "")
    assert out.startswith("Show how large the cache is\n")


def test_every_command_does_its_work_by_one_late_import() -> None:
    """No command module names a workflow at its top: help and errors stay fast."""
    for entry in Registry().entries:
        module = inspect.getmodule(entry.load().work)
        assert module is not None
        top = [line for line in inspect.getsource(module).split("\n") if line.startswith("from")]
        workflows = [line for line in top if "wheelright.workflows" in line]
        options = ("from wheelright.workflows.options", "from wheelright.workflows.pip_options")
        assert all(line.startswith(options) for line in workflows)
