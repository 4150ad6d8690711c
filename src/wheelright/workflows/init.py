"""``wheelright init``: the files of a new project, none of those that are there replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.interpreters import find, find_pin
from wheelright.outside import files
from wheelright.project import workspace_above
from wheelright.project.edit import add_member
from wheelright.project.init import NewProject, check_name, project_files, project_name
from wheelright.workflows.outcomes import InitOutcome
from wheelright.workflows.pythons import search_in

if TYPE_CHECKING:
    from wheelright.project.init import Layout
    from wheelright.targets import Interpreter
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import InitOptions


class ProjectExistsError(RequestError):
    """There is a project already where one should be made."""


def init(context: Context, options: InitOptions) -> InitOutcome:
    """Make a project in a directory, which is made where it does not exist.

    It starts from the Python that is asked for or pinned, else from the first that is found.
    Raises :class:`ProjectExistsError`, ``ProjectFileError`` for a name that is none, and
    ``UsageError`` where the directory cannot be written.
    """
    root = _place(context, options)
    manifest = root / "pyproject.toml"
    if manifest.exists():
        raise ProjectExistsError(
            f"`{root.name}` is a project already" if root.name else "there is a project already",
            where=str(manifest),
            hints=["add to it with `wheelright add`"],
        )
    name = project_name(root.name) if options.name is None else check_name(options.name)
    python = _python(context, root)
    new = NewProject(
        name,
        "{}.{}".format(*python.python),
        layout=_layout(options),
        readme=not options.no_readme,
        pin_python=not options.no_pin_python,
    )
    if options.description is not None:
        new = replace(new, description=options.description)
    written = []
    for file, text in _in_order(project_files(new)):
        path = root / file
        if path.exists():
            continue
        files.make_directory(path.parent)
        files.write_atomic(path, text)
        written.append(file)
    if not options.no_workspace:
        _join_workspace(context, root, name)
    return InitOutcome(str(root), tuple(written), name)


def _join_workspace(context: Context, root: Path, name: str) -> None:
    """Make the new project a member of the workspace around it, if there is one."""
    found = workspace_above(root)
    if found is None:
        return
    above, is_member = found
    if not is_member:
        manifest = above / "pyproject.toml"
        text = manifest.read_bytes().decode("utf-8")
        path = Path(os.path.relpath(root, above)).as_posix()
        files.write_atomic(manifest, add_member(text, path).encode())
    context.reporter.note(f"`{name}` is a member of the workspace in `{above}`")


def _place(context: Context, options: InitOptions) -> Path:
    start = context.directory / (context.options.project or "")
    root = start if options.path is None else start / Path(options.path).expanduser()
    root = Path(os.path.normpath(root))
    if root.exists() and not root.is_dir():
        raise UsageError(
            f"`{root.name}` is a file, where a directory is wanted",
            where=str(root),
            hints=["give another path"],
        )
    return root


def _python(context: Context, root: Path) -> Interpreter:
    """Return the Python that the project starts from."""
    search = search_in(context, venvs=False)
    if context.options.python is not None:
        return find(context.options.python, None, search=search)
    pin = find_pin(root if root.is_dir() else context.directory, None)
    if pin is not None:
        return find(pin.request, None, search=search, origin=str(pin.path))
    return find(None, None, search=search)


def _layout(options: InitOptions) -> Layout:
    if options.bare:
        return "bare"
    if options.library:
        if options.package is False:
            raise UsageError(
                "a library is a package: `--lib` and `--no-package` exclude each other",
                hints=["leave one of them out"],
            )
        return "library"
    return "package" if options.package else "app"


def _in_order(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Put ``pyproject.toml`` last: a project that was half written is not taken for one."""
    return sorted(texts.items(), key=lambda item: item[0] == "pyproject.toml")
