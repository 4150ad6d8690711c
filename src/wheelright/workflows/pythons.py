"""Which Python a verb uses: asked for, pinned, or the first that the project admits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.interpreters import Search, find, find_pin

if TYPE_CHECKING:
    from wheelright.project import Project
    from wheelright.targets import Interpreter
    from wheelright.targets.specifiers import SpecifierSet
    from wheelright.workflows.context import Context


class Wish(Struct, frozen=True):
    """The Python that is wanted. ``origin`` is the file that says so, where one does."""

    request: str | None
    requires_python: SpecifierSet | None
    origin: str | None = None


def search_in(context: Context, *, venvs: bool) -> Search:
    """Return where Pythons are looked for in this run."""
    return Search(
        dict(context.environ),
        context.directory,
        Path(os.path.expanduser("~")),  # noqa: PTH111 - a missing home is no error here
        context.cache_directory / "pythons",
        venvs,
        context.reporter,
    )


def python_wish(
    context: Context, project: Project | None, bounds: SpecifierSet | None = None
) -> Wish:
    """Return which Python is wanted: ``--python``, else a pin, else what the project admits.

    ``bounds`` are those of a target, which lie within the project's.
    """
    required = None if project is None else project.requires_python
    required = required if bounds is None else bounds
    if context.options.python is not None:
        return Wish(context.options.python, required)
    start = context.directory if project is None else project.root
    pin = find_pin(start, None if project is None else project.root)
    if pin is not None:
        return Wish(pin.request, required, str(pin.path))
    return Wish(None, required)


def choose_python(context: Context, bounds: SpecifierSet | None = None) -> Interpreter:
    """Find the Python that makes the project's venv. Raises ``PythonNotFound``."""
    wish = python_wish(context, context.find_project(), bounds)
    search = search_in(context, venvs=False)
    return find(wish.request, wish.requires_python, search=search, origin=wish.origin)
