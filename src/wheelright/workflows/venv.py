"""``wheelright venv``: an empty venv, the project's or any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.venv import BrokenVenv, create_venv, find_venv, lock_venv, remove_stamp
from wheelright.workflows.options import SyncOptions
from wheelright.workflows.outcomes import VenvOutcome
from wheelright.workflows.per_target import at_target, clear_place, refresh
from wheelright.workflows.pythons import choose_python

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.venv import Venv
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import VenvOptions


def venv(context: Context, options: VenvOptions) -> VenvOutcome:
    """Make a venv and return what it is.

    Without a path it is the project's, or ``.venv``; with one venv for each target, that of the
    target that a sync would be for. Raises ``NotAVenv`` for a directory with something else in it,
    which stays as it is, ``UsageError`` for a venv that may not be touched, and ``PythonNotFound``.
    """
    if options.path is None and context.find_project() is not None:
        context = at_target(context, SyncOptions())
    own = context.venv_directory()
    path = own if options.path is None else context.directory / options.path
    interpreter = choose_python(context)
    if path == own and context.venv_path is not None:
        clear_place(context)
    existing = _existing(path)
    with lock_venv(str(path), context.reporter):
        if existing is not None and (options.clear or options.allow_existing):
            remove_stamp(existing)
        made = create_venv(
            path,
            interpreter,
            prompt=_prompt(context, options, is_own=path == own),
            system_site_packages=options.system_site_packages,
            clear=options.clear,
            allow_existing=options.allow_existing,
        )
    if path == own:
        refresh(context)
    return VenvOutcome(made.path, interpreter.version, made.executable)


def _existing(path: Path) -> Venv | None:
    """Return the venv that is there, None where there is none or only the remains of one."""
    try:
        return find_venv(path)
    except BrokenVenv:
        return None


def _prompt(context: Context, options: VenvOptions, *, is_own: bool) -> str | None:
    """Return what the shell shows: ``.`` stands for the name of the directory at hand."""
    if options.prompt == ".":
        return context.directory.name
    if options.prompt is None and is_own:
        return context.project_directory.name
    return options.prompt
