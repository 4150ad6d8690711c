"""Outcomes as documents for programs: plain dicts, each with a ``schema`` number.

A reader may rely on every field named here; fields are added without a new number, and
``SCHEMA`` rises when one is removed or changes its meaning. Times are left out: the same work
gives the same document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

if TYPE_CHECKING:
    from wheelright.workflows.outcomes import (
        BuildOutcome,
        FoundPython,
        LockOutcome,
        SyncOutcome,
        TreeNode,
        TreeOutcome,
    )

SCHEMA = 1


def lock_document(outcome: LockOutcome) -> dict[str, Any]:
    """``lock``: the packages, environments and notes of the lock, and what changed."""
    return {
        "schema": SCHEMA,
        "lock": outcome.lock,
        "wrote": outcome.wrote,
        "stale": outcome.stale_reason,
        "packages": [to_builtins(item) for item in outcome.packages],
        "environments": list(outcome.environments),
        "targets": [to_builtins(item) for item in outcome.targets],
        "notes": list(outcome.notes),
        "changes": [
            {"name": change.name, "old": list(change.old), "new": list(change.new)}
            for change in outcome.changes
        ],
    }


def sync_document(outcome: SyncOutcome) -> dict[str, Any]:
    """``sync``: the target and the actions, done or planned."""
    return {
        "schema": SCHEMA,
        "target": outcome.target,
        "environment": outcome.environment_path,
        "dry_run": outcome.dry_run,
        "unchanged": outcome.unchanged,
        "actions": [
            {
                "action": action.kind,
                "name": action.name,
                "version": action.version,
                "old_version": action.old_version,
                "file": action.file,
                "reason": action.reason,
            }
            for action in outcome.actions
        ],
        "notes": list(outcome.lock.notes) if outcome.lock is not None else [],
    }


def build_document(outcome: BuildOutcome) -> dict[str, Any]:
    """``build``: the files that were made, and what the wheels were measured to need."""
    made = [to_builtins(item) for item in outcome.files]
    for one in made:
        del one["seconds"]
    return {"schema": SCHEMA, "files": made}


def tree_document(outcome: TreeOutcome) -> dict[str, Any]:
    """``tree``: the roots, each with its children."""
    return {"schema": SCHEMA, "roots": [_node(root) for root in outcome.roots]}


def pythons_document(pythons: tuple[FoundPython, ...]) -> dict[str, Any]:
    """``python list``: the interpreters found, the preferred first."""
    return {"schema": SCHEMA, "pythons": [to_builtins(python) for python in pythons]}


def _node(node: TreeNode) -> dict[str, Any]:
    return {
        "name": node.name,
        "version": node.version,
        "extras": list(node.extras),
        "requirement": node.requirement,
        "marker": node.marker,
        "label": node.label,
        "repeated": node.repeated,
        "children": [_node(child) for child in node.children],
    }
