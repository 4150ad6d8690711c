"""``wheelright python list`` and ``wheelright python find``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.shared import OUTPUT_FORMAT
from wheelright.workflows.options import PythonOptions

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import FoundPython


def _read(given: Given) -> PythonOptions:
    return _options(given, given.text("python"))


def _read_list(given: Given) -> PythonOptions:
    # A variable says which Python is used, not which ones are of interest.
    return _options(given, given.text("python") if "python" in given.typed else None)


def _options(given: Given, request: str | None) -> PythonOptions:
    return PythonOptions(
        request=given.arguments[0] if given.arguments else request,
        all_versions=given.flag("all_versions"),
        no_project=given.flag("no_project"),
    )


def _work_list(context: Context, options: PythonOptions) -> tuple[FoundPython, ...]:
    from wheelright.workflows.python import list_pythons

    return list_pythons(context, options)


def _work_find(context: Context, options: PythonOptions) -> FoundPython:
    from wheelright.workflows.python import find_python

    return find_python(context, options)


def _render_list(pythons: tuple[FoundPython, ...], given: Given, screen: Screen) -> int:
    if given.text("output_format") == "json":
        from wheelright.console.documents import pythons_document

        screen.document(pythons_document(pythons))
        return 0
    from wheelright.console.outcomes import python_lines

    if pythons:
        screen.data("\n".join(python_lines(pythons, screen.out_style)))
    else:
        screen.say(["No Python was found"])
    return 0


def _render_find(python: FoundPython, _given: Given, screen: Screen) -> int:
    screen.data(python.path)
    return 0


_REQUEST = Arguments("PYTHON", "A version, a range, a name or a path", 0, 1)
_NO_PROJECT = Option(
    flags=("--no-project",),
    dest="no_project",
    help="Ignore what the project around asks of its Python",
)

LIST = Command(
    name="python list",
    summary="Show the Python interpreters found",
    description="Lists the interpreters that can be used; `*` marks the one that would be.",
    arguments=_REQUEST,
    options=(
        Option(
            flags=("--all-versions",),
            dest="all_versions",
            help="Show every patch release found, not only the newest of each version",
        ),
        _NO_PROJECT,
        OUTPUT_FORMAT,
    ),
    read=_read_list,
    work=_work_list,
    render=_render_list,
)

FIND = Command(
    name="python find",
    summary="Show the interpreter that would be used",
    description="Prints the path of the interpreter that the project, or the request, gets.",
    arguments=_REQUEST,
    options=(_NO_PROJECT,),
    read=_read,
    work=_work_find,
    render=_render_find,
)
