"""What a sync would do: the venv looked at, what it is for, and what it shall hold, compared.

Nothing is changed here, but that the lock was made current before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wheelright.venv import (
    PlanOptions,
    has_guard,
    list_installed,
    make_plan,
    measure_needs,
    read_pending,
    read_record,
    with_damage,
)
from wheelright.workflows.aims import aim_for
from wheelright.workflows.choosing import choose_wanted
from wheelright.workflows.goals import choose_goal
from wheelright.workflows.policy import build_policy
from wheelright.workflows.pythons import choose_python
from wheelright.workflows.venvs import Place, find_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.index import Indexes
    from wheelright.lockfile import Lock
    from wheelright.venv import Installed, Plan, Record, Venv, Wanted
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.goals import Goal
    from wheelright.workflows.options import SyncOptions
    from wheelright.workflows.outcomes import LockOutcome


class Syncing(Struct, frozen=True):
    """One sync, planned: everything that carrying it out needs."""

    context: Context
    options: SyncOptions
    lock: Lock
    aim: Aim
    place: Place
    record: Record | None
    wanted: Sequence[Wanted]
    plan: Plan
    lock_outcome: LockOutcome | None

    @property
    def indexes(self) -> Indexes:
        """Return the indexes, opened when something must come from there."""
        return self.context.indexes(self.options.index)


class _Look(Struct, frozen=True):
    """Looks at the packages of a venv that other tools installed."""

    venv: Venv
    aim: Aim

    def needs(self, installed: Installed) -> Any:
        return measure_needs(self.venv, installed)

    def why_not(self, needs: Any) -> str | None:
        return self.aim.why_not_needs(needs)


def plan_sync(
    context: Context, options: SyncOptions, lock: Lock, lock_outcome: LockOutcome | None
) -> Syncing:
    """Plan a sync. Raises what choosing files, finding Pythons and reading the venv raise."""
    record = read_record(str(context.venv_directory().absolute()))
    goal = choose_goal(context, options, record)
    place = _sound(context, find_place(context, context.project, goal.python), goal, record)
    record = record if place.venv is not None else None
    _tell_lost(context, place, goal, record)
    aim = aim_for(goal, place.interpreter, record)
    policy = build_policy(context, options.build)
    if aim.others:
        from wheelright.workflows.sharing import choose_shared

        wanted = choose_shared(context, lock, aim, options, policy)
    else:
        wanted = choose_wanted(context.project, lock, aim, options, policy, context)
    plan = make_plan(
        wanted,
        _installed(place, options),
        record,
        aim.why_not,
        PlanOptions(
            options.inexact,
            options.reinstall,
            frozenset(options.reinstall_packages),
            options.exact_files,
        ),
        frozenset() if place.venv is None else read_pending(place.venv),
        None if place.venv is None else _Look(place.venv, aim),
    )
    return Syncing(context, options, lock, aim, place, record, wanted, plan, lock_outcome)


def _tell_lost(context: Context, place: Place, goal: Goal, record: Record | None) -> None:
    """Say that a venv of ours knows no longer what it is for: it has a guard and no record."""
    if place.venv is None or record is not None or not has_guard(place.venv):
        return
    aim = goal.name or "this machine"
    context.reporter.note(
        f"`{place.path.name}` has lost its record: it is for {aim} now, and what is installed was"
        " looked at anew"
    )


def _installed(place: Place, options: SyncOptions) -> tuple[Installed, ...]:
    if place.venv is None or not options.verify:
        return place.installed
    return with_damage(place.venv.site_packages, list_installed(place.venv), content=True)


def _sound(context: Context, place: Place, goal: Goal, record: Record | None) -> Place:
    """Return the place, to be made anew where its Python is another one or it was moved."""
    venv = place.venv
    if venv is None:
        return place
    if place.interpreter.python != venv.python:
        made = ".".join(map(str, venv.python))
        why = f"its Python is {place.interpreter.describe()} now, and it was made for {made}"
        return Place(place.path, choose_python(context, goal.python), clear=True, why=why)
    if record is not None and record.path and _is_elsewhere(record.path, venv.path):
        why = f"it was made as `{record.path}`, and its scripts lead there"
        return Place(place.path, place.interpreter, clear=True, why=why)
    return place


def _is_elsewhere(before: str, now: str) -> bool:
    """Whether two paths are of two folders; a folder may be reached by several."""
    if before == now:
        return False
    try:
        return not os.path.samefile(before, now)  # noqa: PTH121 (text)
    except OSError:
        return True
