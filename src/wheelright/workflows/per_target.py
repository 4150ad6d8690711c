"""One venv for each target, below the place of the project's venv (``venv = "per-target"``).

Must live here: which of them a command uses, and keeping table and launchers up to date. Must not
live here: how a launcher picks (``venv.launchers``), what a venv is to be for (``goals``).

``sync`` uses the one of the target that is asked for or set, else that of this machine. ``run``
without a target uses the first that fits this machine, as the launchers do, and makes one for this
machine where none does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.interpreters.request import admits, release_of
from wheelright.targets import detect_machine
from wheelright.venv import lock_venv
from wheelright.venv.launchers import (
    SideVenv,
    clear_for,
    is_side_root,
    list_side_venvs,
    mark_side_root,
    side_name,
    write_launchers,
)
from wheelright.workflows.goals import VARIABLE, choose_goal
from wheelright.workflows.pythons import choose_python, python_wish

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.targets import Platform
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import SyncOptions


def is_per_target(context: Context) -> bool:
    """Whether the project has one venv for each target."""
    return context.settings.venv == "per-target"


def at_target(context: Context, options: SyncOptions) -> Context:
    """Return the same run with the venv of what is asked for or set, else of this machine.

    Raises what ``choose_goal`` raises, and ``PythonNotFound``.
    """
    if context.venv_path is not None or not is_per_target(context):
        return context
    goal = choose_goal(context, options, None)
    wish = python_wish(context, context.find_project(), goal.python)
    root = root_of(context)
    for one in side_venvs(context):
        # As where there is one venv: a Python that will do is kept, whatever else appears.
        if (
            wish.request is None
            and _is_for(one, goal.name)
            and one.whole(str(root))
            and admits(str(wish.requires_python or ""), release_of(one.record.python))
        ):
            return context.at(root / one.name)
    interpreter = choose_python(context, goal.python)
    return context.at(root / side_name(goal.name, interpreter.platform, interpreter.python))


def _is_for(one: SideVenv, name: str | None) -> bool:
    if name is not None:
        return one.record.target == name
    return one.record.target is None and one.record.platform == str(detect_machine().platform)


def at_machine(context: Context, options: SyncOptions, here: Platform) -> Context:
    """Return the same run with the first venv that fits this machine, or as :func:`at_target`."""
    if context.venv_path is not None or not is_per_target(context):
        return context
    if not (options.target or options.python_platform or context.environ.get(VARIABLE)):
        root = root_of(context)
        fitting = [one for one in side_venvs(context) if one.fits(here) and one.whole(str(root))]
        default = context.settings.default_target
        # What was made on this very machine comes before what others made for themselves.
        fitting.sort(
            key=lambda one: (one.record.target or "") != default and not _is_for(one, None)
        )
        if fitting:
            return context.at(root / fitting[0].name)
    return at_target(context, options)


def root_of(context: Context) -> Path:
    """Return the folder that has the venvs side by side."""
    path = context.venv_directory().absolute()
    return path if context.venv_path is None else path.parent


def side_venvs(context: Context) -> list[SideVenv]:
    """Return the venvs of the project in the order in which they are picked."""
    return list_side_venvs(str(root_of(context)), context.settings.default_target)


def clear_place(context: Context) -> None:
    """Take away a venv of the other kind before one is made: one alone, or several. Says so."""
    root = root_of(context)
    side = context.venv_path is not None
    keep = context.venv_path.name if context.venv_path is not None else ""
    if side or is_side_root(root):
        was = clear_for(str(root), side=side, keep=keep)
        if was is not None:
            context.reporter.note(f"made `{root.name}` anew: it held {was}")
    if side:
        mark_side_root(str(root))


def refresh(context: Context) -> None:
    """Bring table and launchers up to date after a sync of one of the venvs."""
    if context.venv_path is None:
        return
    root = str(root_of(context))
    with lock_venv(root, context.reporter):
        write_launchers(root, side_venvs(context))
