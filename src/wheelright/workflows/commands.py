"""What ``run`` is to run: a program, a script, a module or the standard input.

Must live here: telling them apart, finding a program on a PATH, and the error that names what is
near. Must not live here: the environment that it runs in (``run``), starting it (``outside``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.project import nearest_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.workflows.options import RunOptions

Kind = Literal["program", "script", "module", "stdin"]

_PYTHON_FILES = (".py", ".pyw", ".pyc", ".pyz")
_MOST_NAMES = 40
# What every venv has and nobody asks for by looking it up.
_EVERYWHERE = ("python", "pypy", "activate", "deactivate", "Activate")


class Command(Struct, frozen=True):
    """A command: ``what`` it is (a program's name, a path, a module), and its ``arguments``."""

    kind: Kind
    what: str
    arguments: tuple[str, ...] = ()

    def python_arguments(self) -> tuple[str, ...]:
        """Return what the Python is given, for all kinds but a program."""
        match self.kind:
            case "module":
                return ("-m", self.what, *self.arguments)
            case "stdin":
                return ("-", *self.arguments)
            case _:
                return (self.what, *self.arguments)


def read_command(options: RunOptions, directory: Path) -> Command:
    """Tell what the command is. Raises ``UsageError`` for a script that does not exist."""
    first, arguments = options.command[0], options.command[1:]
    if options.module:
        return Command("module", first, arguments)
    if first == "-":
        return Command("stdin", first, arguments)
    path = directory / Path(first).expanduser()
    if options.script or first.lower().endswith(_PYTHON_FILES):
        if not path.is_file():
            raise _missing_script(first, path)
        return Command("script", str(Path(first).expanduser()), arguments)
    if path.is_dir() and (path / "__main__.py").is_file():
        return Command("script", first, arguments)
    return Command("program", first, arguments)


def _missing_script(first: str, path: Path) -> UsageError:
    what = "is a directory" if path.is_dir() else "does not exist"
    try:
        around = [one.name for one in path.parent.iterdir() if one.suffix == path.suffix]
    except OSError:
        around = []
    near = nearest_name(path.name, around)
    return UsageError(
        f"the script `{first}` {what}",
        where=str(path),
        hints=[f"did you mean `{near}`?"] if near else [],
    )


def find_program(name: str, search: str, directory: Path) -> str | None:
    """Return the path of a program on ``search`` (a PATH), or None.

    A name with a slash is a path from ``directory``.
    """
    if os.sep in name or "/" in name:
        path = os.path.join(directory, name)  # noqa: PTH118 (text)
        return path if _is_program(path) else None
    endings = [""]
    if os.name == "nt":
        endings = [*os.environ.get("PATHEXT", ".EXE;.BAT;.CMD").lower().split(";"), ""]
    for folder in search.split(os.pathsep):
        for ending in endings:
            path = os.path.join(directory, folder, name + ending)  # noqa: PTH118 (text)
            if _is_program(path):
                return path
    return None


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113 (text)


def scripts_in(folder: str) -> list[str]:
    """Return the commands that packages brought into a venv's folder of programs, sorted."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (text)
    except OSError:
        return []
    found = {
        name.removesuffix(".exe")
        for name in names
        if not name.startswith(_EVERYWHERE) and _is_program(f"{folder}/{name}")
    }
    return sorted(found)


def no_command(folders: Sequence[str]) -> UsageError:
    """Return the error for ``run`` with nothing to run: it lists what there is."""
    names = sorted({name for folder in folders for name in scripts_in(folder)})
    details = []
    if names:
        more = len(names) - _MOST_NAMES
        listed = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
        details.append(f"available are {listed}" + (f" and {more} more" if more > 0 else ""))
    return UsageError(
        "there is nothing to run",
        details=details,
        hints=["give a command, as in `wheelright run python`"],
    )


def not_found(
    command: Command, folders: Sequence[str], environ: Mapping[str, str], *, in_project: bool
) -> UsageError:
    """Return the error for a program that is nowhere."""
    name = command.what
    if os.sep in name or "/" in name:
        return UsageError(
            f"`{name}` does not exist or is no program",
            hints=["a file that is no program is run with `python`, or `sh`"],
        )
    names = [script for folder in folders for script in scripts_in(folder)]
    near = nearest_name(name, [*names, "python"])
    places = [*(f"`{folder}`" for folder in folders), *(["`PATH`"] if environ.get("PATH") else [])]
    hints = [f"did you mean `{near}`?"] if near else []
    hints.append(
        "`wheelright add PACKAGE` installs what brings it;"
        f" `wheelright run --with PACKAGE {name}` does so for one run"
        if in_project
        else f"`wheelright run --with PACKAGE {name}` installs what brings it"
    )
    return UsageError(
        f"the command `{name}` was not found",
        details=[f"looked in {' and '.join(places)}"] if places else [],
        hints=hints,
    )
