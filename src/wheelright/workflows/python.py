"""``wheelright python list`` and ``python find``: which Pythons there are, and which is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.interpreters import (
    PythonNotFound,
    PythonRequest,
    find,
    list_interpreters,
    parse_request,
)
from wheelright.interpreters.sources import candidates
from wheelright.workflows.outcomes import FoundPython
from wheelright.workflows.pythons import Wish, python_wish, search_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from wheelright.interpreters import Search
    from wheelright.targets import Interpreter
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import PythonOptions


def list_pythons(context: Context, options: PythonOptions) -> tuple[FoundPython, ...]:
    """Return the Pythons found, newest first; the one that a venv would be made of is marked.

    Of several patch releases of one kind the newest is listed, unless ``all_versions``; the one
    that would be used is always there. Raises ``InvalidRequest``.
    """
    search = search_in(context, venvs=False)
    wish = _wish(context, options)
    found = list_interpreters(options.request, search=search)
    try:
        used = find(wish.request, wish.requires_python, search=search, origin=wish.origin)
    except PythonNotFound:
        used = None
    mark = None if used is None else _identity(used)
    if not options.all_versions:
        found = list(_newest(found, mark))
    places = _sources(search, parse_request(options.request or "", search.directory))
    return tuple(_described(python, places, default=_identity(python) == mark) for python in found)


def find_python(context: Context, options: PythonOptions) -> FoundPython:
    """Return the Python that the request gets; without one, that of the project or its venv.

    Raises ``PythonNotFound`` and ``InvalidRequest``.
    """
    wish = _wish(context, options)
    search = search_in(context, venvs=True)
    request = parse_request(wish.request or "", search.directory)
    if not options.no_project and context.find_project() is not None:
        search = _around_project(context, search)
    python = find(request, wish.requires_python, search=search, origin=wish.origin)
    return _described(python, _sources(search, request), default=True)


def _wish(context: Context, options: PythonOptions) -> Wish:
    """Return what is asked for. What is asked for here and now is not held to the project."""
    if options.request is not None:
        return Wish(options.request, None)
    return python_wish(context, None if options.no_project else context.find_project())


def _around_project(context: Context, search: Search) -> Search:
    """Look for the project's venv where it is, wherever in the project one stands."""
    environ = dict(search.environ)
    venv = context.venv_directory()
    if environ.get("WHEELRIGHT_PROJECT_ENVIRONMENT") and (venv / "pyvenv.cfg").is_file():
        environ["VIRTUAL_ENV"] = str(venv)
    return replace(search, directory=context.project_directory, environ=environ)


def _identity(python: Interpreter) -> tuple[Path, str, bool]:
    return python.base_prefix.resolve(), python.version, python.free_threaded


def _newest(
    pythons: Iterable[Interpreter], used: tuple[Path, str, bool] | None
) -> Iterator[Interpreter]:
    """Leave out older patch releases of the same kind; ``pythons`` come newest first."""
    met = set()
    for python in pythons:
        kind = (python.implementation, python.python, python.free_threaded, python.debug)
        if kind not in met or _identity(python) == used:
            yield python
        met.add(kind)


def _sources(search: Search, request: PythonRequest) -> Mapping[Path, str]:
    """Return which place names each executable; the first that does counts."""
    places: dict[Path, str] = {}
    for candidate in candidates(search, request):
        places.setdefault(candidate.path.absolute(), candidate.source)
    return places


def _described(python: Interpreter, places: Mapping[Path, str], *, default: bool) -> FoundPython:
    name = python.describe().partition(" ")[0]
    version = python.describe().partition(" ")[2]
    source = places.get(python.executable.absolute(), "")
    return FoundPython(version, name, str(python.executable), source, default)
