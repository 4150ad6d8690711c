"""The project's venv: found, checked against what is wanted, made where it is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.interpreters import BrokenPython, parse_request, probe
from wheelright.interpreters.request import admits, release_of
from wheelright.venv import BrokenVenv, find_venv, list_installed, read_record
from wheelright.venv.launchers import is_side_root
from wheelright.workflows.per_target import clear_place
from wheelright.workflows.pythons import choose_python, python_wish, search_in

if TYPE_CHECKING:
    from wheelright.project import Project
    from wheelright.targets import Interpreter
    from wheelright.targets.specifiers import SpecifierSet
    from wheelright.venv import Installed, Record, Venv
    from wheelright.workflows.context import Context


class Place(Struct, frozen=True):
    """Where the venv is or will be, and the Python that it has or will have.

    ``venv`` is None where it must be made; ``clear`` says that another stands there. ``why`` says
    in words why it is made.
    """

    path: Path
    interpreter: Interpreter
    venv: Venv | None = None
    clear: bool = False
    why: str = ""

    @property
    def record(self) -> Record | None:
        """Return what the venv remembers."""
        return None if self.venv is None else read_record(self.venv)

    @property
    def installed(self) -> tuple[Installed, ...]:
        """Return what is installed in the venv."""
        return () if self.venv is None else list_installed(self.venv, check_files=True)


def find_place(context: Context, project: Project, bounds: SpecifierSet | None = None) -> Place:
    """Look at the project's venv without touching it. ``bounds`` are the Pythons of its target.

    Raises ``NotAVenv`` for something else in its place, and ``PythonNotFound``.
    """
    path = context.venv_directory()
    try:
        venv = None if is_side_root(path) else find_venv(path)
    except BrokenVenv as broken:
        return Place(path, choose_python(context, bounds), clear=True, why=broken.message)
    if venv is None:
        return Place(path, choose_python(context, bounds), why="there is none")
    search = search_in(context, venvs=False)
    try:
        interpreter = probe(Path(venv.executable), search)
    except BrokenPython as broken:
        return Place(path, choose_python(context, bounds), clear=True, why=broken.message)
    why = _why_unfit(context, project, interpreter, bounds)
    if why is not None:
        return Place(path, choose_python(context, bounds), clear=True, why=why)
    return Place(path, interpreter, venv)


def _why_unfit(
    context: Context, project: Project, interpreter: Interpreter, bounds: SpecifierSet | None
) -> str | None:
    wish = python_wish(context, project)
    have = interpreter.describe()
    if wish.requires_python is not None and not admits(
        str(wish.requires_python), release_of(interpreter.version)
    ):
        return f"it has {have}, and the project requires Python {wish.requires_python}"
    if bounds is not None and not admits(str(bounds), release_of(interpreter.version)):
        return f"it has {have}, and its target runs Python {bounds}"
    if wish.request is not None:
        request = parse_request(wish.request, context.directory)
        if not request.is_met_by(interpreter):
            return f"it has {have}, and {wish.request} was asked for"
    return None


def ready_venv(context: Context, place: Place) -> Venv:
    """Make the venv where it is missing, and return it. Raises ``UsageError``, ``NotAVenv``."""
    if place.venv is not None:
        return place.venv
    clear_place(context)
    if place.clear:
        context.reporter.note(f"making `{place.path.name}` anew: {place.why}")
    prompt = context.project_directory.name
    from wheelright.venv import create_venv

    return create_venv(place.path, place.interpreter, prompt=prompt, clear=place.clear)
