"""One process at a time changes a project's files: `pyproject.toml` and the lock.

Order, so that nobody waits for one who waits for him: first the project, then a venv.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wheelright.outside import files
from wheelright.outside.files import DiskError
from wheelright.outside.locks import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelright.workflows.context import Context

LOCK_NAME = ".wheelright-lock"
_BOM = b"\xef\xbb\xbf"
_WRITTEN = (".pyproject.toml.", ".pylock.toml.")

# The projects that this process has for itself: a verb that runs another one goes on holding it.
_held: set[str] = set()


@contextmanager
def alone(context: Context) -> Iterator[Context]:
    """Keep others from changing the project's files; a context manager, reentrant.

    Gives the context to go on with: one that reads the project anew, where it was changed since.
    A project that may only be read is not locked, for nothing of it can change.
    """
    root = context.project_directory
    path = str(root / LOCK_NAME)
    if path in _held or not (root / "pyproject.toml").is_file():
        yield context
        return
    lock = FileLock(path, context.reporter, purpose=f"the project `{root.name}`")
    if not _acquired(lock):
        yield context
        return
    _held.add(path)
    try:
        if lock.took_over:
            _sweep(root)
        yield _current(context)
    finally:
        _held.discard(path)
        lock.release()


def _acquired(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except DiskError:
        return False  # whoever tries to write says why it cannot be done
    return True


def _current(context: Context) -> Context:
    if "project" not in vars(context):
        return context
    project = context.project
    try:
        data = project.path.read_bytes()
    except OSError:
        return context.again()
    return context if data.removeprefix(_BOM) == project.text.encode() else context.again()


def _sweep(root: Path) -> None:
    """Remove unfinished files of a killed process."""
    for name in os.listdir(root):  # noqa: PTH208 (text)
        if files.is_temporary(name) and name.startswith(_WRITTEN):
            files.remove_file(root / name)
