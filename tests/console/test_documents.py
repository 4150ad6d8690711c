"""Documents for programs, whole."""

from __future__ import annotations

import io
import json
from typing import Any

from wheelright.console import Screen
from wheelright.console.documents import (
    lock_document,
    pythons_document,
    sync_document,
    tree_document,
)
from wheelright.workflows.outcomes import (
    Action,
    Change,
    FoundPython,
    LockedItem,
    LockOutcome,
    ServedItem,
    SyncOutcome,
    TreeNode,
    TreeOutcome,
)

LOCK = LockOutcome(
    "/p/pylock.toml",
    changes=(Change("flask", (), ("3.1.0",)),),
    notes=("a note",),
    environments=("linux",),
    packages=(LockedItem("flask", "3.1.0", "sys_platform == 'linux'"), LockedItem("app")),
    targets=(ServedItem("plc", "x86_64-manylinux_2_17", ("3.12", "3.13"), ("3.14",)),),
    seconds=1.5,
    wrote=True,
)


def printed(document: dict[str, Any]) -> Any:
    """The document after a trip through stdout."""
    out = io.StringIO()
    Screen(out, io.StringIO(), environ={}, quiet=2).document(document)
    text = out.getvalue()
    assert text.endswith("}\n")
    assert text.isascii()
    return json.loads(text)


def test_lock() -> None:
    assert printed(lock_document(LOCK)) == {
        "schema": 1,
        "lock": "/p/pylock.toml",
        "wrote": True,
        "stale": None,
        "packages": [
            {"name": "flask", "version": "3.1.0", "marker": "sys_platform == 'linux'"},
            {"name": "app", "version": None, "marker": None},
        ],
        "environments": ["linux"],
        "targets": [
            {
                "name": "plc",
                "platform": "x86_64-manylinux_2_17",
                "pythons": ["3.12", "3.13"],
                "left_out": ["3.14"],
            }
        ],
        "notes": ["a note"],
        "changes": [{"name": "flask", "old": [], "new": ["3.1.0"]}],
    }


def test_sync() -> None:
    action = Action("reinstall", "flask", "3.1.0", "3.0.0", "flask-3.1.0.whl", "the lock changed")
    outcome = SyncOutcome("x86_64-manylinux_2_17", "/p/é", (action,), 3, 0.1, lock=LOCK)
    assert printed(sync_document(outcome)) == {
        "schema": 1,
        "target": "x86_64-manylinux_2_17",
        "environment": "/p/é",
        "dry_run": False,
        "unchanged": 3,
        "actions": [
            {
                "action": "reinstall",
                "name": "flask",
                "version": "3.1.0",
                "old_version": "3.0.0",
                "file": "flask-3.1.0.whl",
                "reason": "the lock changed",
            }
        ],
        "notes": ["a note"],
    }


def test_sync_without_a_lock() -> None:
    document = printed(sync_document(SyncOutcome("t", "e", dry_run=True)))
    assert (document["dry_run"], document["actions"], document["notes"]) == (True, [], [])


def test_tree() -> None:
    leaf = TreeNode("jinja2", "3", ("x",), ">=3", (), repeated=True, label="extra: a", marker="m")
    assert printed(tree_document(TreeOutcome((TreeNode("app", children=(leaf,)),)))) == {
        "schema": 1,
        "roots": [
            {
                "name": "app",
                "version": None,
                "extras": [],
                "requirement": "",
                "marker": None,
                "label": "",
                "repeated": False,
                "children": [
                    {
                        "name": "jinja2",
                        "version": "3",
                        "extras": ["x"],
                        "requirement": ">=3",
                        "marker": "m",
                        "label": "extra: a",
                        "repeated": True,
                        "children": [],
                    }
                ],
            }
        ],
    }


def test_pythons() -> None:
    found = FoundPython("3.12.1", "cpython", "/usr/bin/python3", "PATH", default=True)
    assert printed(pythons_document((found,))) == {
        "schema": 1,
        "pythons": [
            {
                "version": "3.12.1",
                "implementation": "cpython",
                "path": "/usr/bin/python3",
                "source": "PATH",
                "default": True,
            }
        ],
    }
