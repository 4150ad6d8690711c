"""``wheelright run``: a command in the project's venv, made current first.

Three grounds to run on: the project's venv; the environment of a script that says what it needs
(PEP 723); and without either, the venv or Python that is found. ``--with`` lays an environment
over the ground. Then this process becomes the command.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import UsageError
from wheelright.interpreters import find
from wheelright.outside import files, processes
from wheelright.targets import detect_machine
from wheelright.venv import BrokenVenv, NotAVenv, find_venv, list_installed, read_record
from wheelright.venv.guard import TOLD_VARIABLE
from wheelright.workflows.commands import find_program, no_command, not_found, read_command
from wheelright.workflows.dotenv import parse_dotenv
from wheelright.workflows.fitting import (
    UnfitMachineError,
    misfit_of,
    misfit_of_goal,
    why_not_ours,
)
from wheelright.workflows.pythons import python_wish, search_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.project import Project
    from wheelright.project.scripts import Script
    from wheelright.targets import Interpreter, Platform
    from wheelright.venv import Record, Venv
    from wheelright.workflows.asked import Asked
    from wheelright.workflows.commands import Command
    from wheelright.workflows.context import Context
    from wheelright.workflows.environments import EnvironmentRequest
    from wheelright.workflows.options import RunOptions
    from wheelright.workflows.outcomes import SyncOutcome
    from wheelright.workflows.venvs import Place


class Ground(Struct, frozen=True):
    """What a command runs on: venvs, the top one first, and the Python to run scripts with.

    ``told`` says that the user knows already that this machine does not fit.
    """

    python: str
    venvs: tuple[Venv, ...] = ()
    in_project: bool = False
    told: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of programs that come first on PATH."""
        return tuple(venv.scripts for venv in self.venvs)


def run(context: Context, options: RunOptions) -> int:
    """Run a command and return its exit code; where it can, this process becomes the command.

    Raises ``UsageError`` for a command that does not exist, :class:`UnfitMachineError`, and what
    syncing raises.
    """
    with ExitStack() as stack:
        variables = _variables(context, options)
        command = read_command(options, context.directory) if options.command else None
        script = None if command is None or options.no_project else _script_of(context, command)
        if script is not None:
            ground = _script_ground(context, options, script)
        else:
            around = _isolated(context, options, stack)
            ground = _ground(around, options)
            ground = _with_more(context, options, ground)
        if command is None:
            raise no_command(ground.folders)
        environ = _environ(variables, ground)
        arguments = _arguments(context, command, ground, environ)
        if context.temporary_cache is not None or options.isolated or os.name == "nt":
            return processes.follow(arguments, environ, context.directory)
        return _become(context, arguments, environ)


def _become(context: Context, arguments: Sequence[str], environ: dict[str, str]) -> NoReturn:
    """Become the command, in the directory that the run is for."""
    if context.directory != Path.cwd():
        os.chdir(context.directory)
    processes.replace(arguments, environ)


# -- the environment variables


def _variables(context: Context, options: RunOptions) -> dict[str, str]:
    """Return the variables of this process, over those of the files that were named."""
    found: dict[str, str] = {}
    for name in () if options.no_env_file else options.env_files:
        path = context.directory / Path(name).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise UsageError(
                f"the environment file `{name}` does not exist", where=str(path)
            ) from None
        except (OSError, UnicodeDecodeError) as problem:
            why = "it is not UTF-8"
            if isinstance(problem, OSError):
                why = (problem.strerror or type(problem).__name__).lower()
            raise UsageError(
                f"the environment file `{name}` cannot be read: {why}", where=str(path)
            ) from None
        found.update(parse_dotenv(str(path), text, context.environ, found))
    return {**found, **context.environ}


def _environ(variables: dict[str, str], ground: Ground) -> dict[str, str]:
    """Return the variables that the command gets."""
    environ = dict(variables)
    folders = list(ground.folders)
    if ground.venvs:
        environ["VIRTUAL_ENV"] = ground.venvs[0].path
        if ground.told:
            environ[TOLD_VARIABLE] = ground.venvs[0].path
        environ.pop("PYTHONHOME", None)
    else:
        folders.append(os.path.dirname(ground.python))  # noqa: PTH120 (text)
    environ["PATH"] = os.pathsep.join([*folders, environ.get("PATH") or os.defpath])
    return environ


# -- the command


def _arguments(
    context: Context, command: Command, ground: Ground, environ: dict[str, str]
) -> list[str]:
    """Return the command line to start."""
    if command.kind != "program":
        return [ground.python, *command.python_arguments()]
    if command.what in {"python", "python3"}:
        return [ground.python, *command.arguments]
    found = find_program(command.what, environ["PATH"], context.directory)
    if found is None:
        raise not_found(command, ground.folders, environ, in_project=ground.in_project)
    below = ground.venvs[1:]
    if any(found.startswith(venv.scripts) and _is_script_of(found, venv) for venv in below):
        # Its first line names the Python below, which does not see what is laid over it.
        return [ground.python, found, *command.arguments]
    return [found, *command.arguments]


def _is_script_of(path: str, venv: Venv) -> bool:
    """Whether a program is a script for a venv's own Python."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(1024)
    except OSError:
        return False
    return start.startswith(b"#!") and os.fsencode(venv.scripts) in start


def _script_of(context: Context, command: Command) -> Script | None:
    """Return what a script says that it needs; None for any other command."""
    from wheelright.project.scripts import read_script, script_from_text

    if command.kind == "script" and command.what.lower().endswith((".py", ".pyw")):
        return read_script(context.directory / command.what)
    if command.kind == "script":
        path = context.directory / command.what
        return read_script(path) if path.is_file() and _is_text(path) else None
    if command.kind == "stdin" and not sys.stdin.isatty():
        text = _read_ahead()
        return script_from_text(context.directory / "stdin", text)
    return None


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" not in file.read(4096)


def _read_ahead() -> str:
    """Read the standard input, and put it back for the Python that is to run it."""
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError, io.UnsupportedOperation):
        return ""
    data = b""
    while chunk := os.read(descriptor, 1 << 20):
        data += chunk
    processes.give_back(descriptor, data)
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


# -- the ground


def _isolated(context: Context, options: RunOptions, stack: ExitStack) -> Context:
    """With ``--isolated``, return a context whose venv is made for this run, and goes with it."""
    if not options.isolated:
        return context
    place = stack.enter_context(
        files.temporary_directory(context.cache_directory / "isolated", "venv-")
    )
    environ = {**context.environ, "WHEELRIGHT_PROJECT_ENVIRONMENT": str(place / "venv")}
    environ.pop("VIRTUAL_ENV", None)
    return context.again(environ=environ)


def _ground(context: Context, options: RunOptions) -> Ground:
    project = None if options.no_project else context.find_project()
    if project is not None:
        return _project_ground(context, options, project)
    if options.isolated:
        return _bare_ground(context)
    return _found_ground(context)


def _project_ground(context: Context, options: RunOptions, project: Project) -> Ground:
    """Return the project's venv, made current unless it is to be left as it is."""
    from wheelright.workflows.per_target import at_machine
    from wheelright.workflows.sync import synced
    from wheelright.workflows.venvs import find_place, ready_venv

    context = at_machine(context, options.sync, detect_machine().platform)
    if options.no_sync:
        place = find_place(context, project)
        venv = ready_venv(context, place)
        misfit = misfit_of(venv, read_record(venv), place.interpreter.platform)
        mode = context.settings.guard
        if misfit is not None and mode == "error":
            raise misfit.error(venv.path)
        if misfit is not None and mode == "warn":
            context.reporter.warn(misfit.line)
        return Ground(venv.executable, (venv,), in_project=True, told=misfit is not None)
    _check_goal(context, options, project)
    outcome, place = synced(context, options.sync)
    _tell(context, outcome)
    found = find_venv(place.path)
    if found is None:
        raise BrokenVenv(str(place.path), "it went away while it was synced")
    _check_target(found, place.interpreter.platform)
    return Ground(found.executable, (found,), in_project=True)


def _check_goal(context: Context, options: RunOptions, project: Project) -> None:
    """Refuse to change a venv for this machine's sake that others use, or to sync in vain."""
    from wheelright.workflows.goals import VARIABLE, choose_goal
    from wheelright.workflows.venvs import find_place

    path = context.venv_directory().absolute()
    sync = options.sync
    if sync.target or sync.python_platform or context.environ.get(VARIABLE):
        goal = choose_goal(context, sync, None)
        misfit = misfit_of_goal(goal, detect_machine().platform, str(path))
        if misfit is not None:
            raise misfit.error(str(path))
        return
    record = read_record(str(path))
    if record is None or record.setting != context.settings.default_target:
        return
    place = find_place(context, project)
    if place.venv is None:
        _check_gone(record, place)
        return
    misfit = misfit_of(place.venv, record, place.interpreter.platform)
    if misfit is None:
        return
    if record.target is not None:
        raise misfit.error(place.venv.path)
    why = why_not_ours(place.venv)
    if sync.frozen:
        why = "it is left as it is, as `--frozen` asks for"
    if why is not None:
        raise misfit.error(place.venv.path, why)


def _check_gone(record: Record, place: Place) -> None:
    """Refuse to make a venv anew here that was made for a target, maybe on another machine."""
    if record.target is None or not place.clear:
        return
    raise UnfitMachineError(
        f"`{place.path}` is for {record.target}, and it cannot be used as it is",
        where=str(place.path),
        details=[place.why],
        hints=["`wheelright sync` makes it anew with a Python of this machine"],
    )


def _check_target(venv: Venv, here: Platform) -> None:
    """Refuse a venv that was made for a target that this machine does not serve."""
    record = read_record(venv)
    misfit = misfit_of(venv, record, here)
    if misfit is not None and record is not None and record.target is not None:
        raise misfit.error(venv.path)


def _tell(context: Context, outcome: SyncOutcome) -> None:
    """Say in one line what the sync before the command changed."""
    counts = {
        verb: sum(action.kind == kind for action in outcome.actions)
        for kind, verb in (
            ("install", "installed"),
            ("reinstall", "replaced"),
            ("remove", "removed"),
        )
    }
    parts = [f"{verb} {number}" for verb, number in counts.items() if number]
    if parts:
        noun = "package" if len(outcome.actions) == 1 else "packages"
        context.reporter.note(f"{', '.join(parts)} {noun} in {outcome.seconds:.2f}s")


def _found_ground(context: Context) -> Ground:
    """Return the active venv, ``.venv`` here or above, or the Python that is found."""
    wish = python_wish(context, None)
    search = search_in(context, venvs=True)
    interpreter = find(wish.request, None, search=search, origin=wish.origin)
    venv = _venv_of(interpreter)
    if venv is None:
        return Ground(str(interpreter.executable))
    _check_target(venv, interpreter.platform)
    return Ground(venv.executable, (venv,))


def _bare_ground(context: Context) -> Ground:
    from wheelright.venv import create_venv

    wish = python_wish(context, None)
    search = search_in(context, venvs=False)
    interpreter = find(wish.request, None, search=search, origin=wish.origin)
    venv = create_venv(context.venv_directory(), interpreter)
    return Ground(venv.executable, (venv,))


def _venv_of(interpreter: Interpreter) -> Venv | None:
    if not interpreter.is_venv:
        return None
    try:
        return find_venv(interpreter.prefix)
    except (NotAVenv, BrokenVenv):  # made by a tool that keeps things elsewhere
        return None


# -- what is laid over it


def _with_more(context: Context, options: RunOptions, ground: Ground) -> Ground:
    """Lay an environment with the packages of ``--with`` over the ground."""
    if not options.with_requirements:
        return ground
    from wheelright.interpreters import probe
    from wheelright.workflows.environments import EnvironmentRequest

    base = ground.venvs[0] if ground.venvs else None
    preferred = {}
    if base is not None:
        preferred = {
            one.name: (one.version,) for one in list_installed(base) if one.version is not None
        }
    request = EnvironmentRequest(
        "--with",
        probe(Path(ground.python), search_in(context, venvs=False)),
        _asked(context, options, context.directory),
        context.directory,
        base,
        preferred,
    )
    venv = _environment(context, request, options)
    return replace(ground, python=venv.executable, venvs=(venv, *ground.venvs))


def _environment(context: Context, request: EnvironmentRequest, options: RunOptions) -> Venv:
    """Return the environment that a request led to before, or make it."""
    from wheelright.workflows.environments import Making, known_environment

    work = Making(context, request, options.sync)
    known = known_environment(work)
    if known is not None:
        return known
    from wheelright.workflows.furnishing import make_environment

    return make_environment(work)


def _asked(context: Context, options: RunOptions, root: Path) -> list[Asked]:
    from wheelright.workflows.asked import read_arguments

    texts = [part for text in options.with_requirements for part in _split(text)]
    return read_arguments(context, texts, root, options.sync.index)


def _split(text: str) -> list[str]:
    """Split ``a,b>=1,<2`` at the commas that stand between requirements."""
    parts: list[str] = []
    for part in text.split(","):
        inside = parts and parts[-1].count("[") > parts[-1].count("]")
        if parts and (inside or part.strip()[:1] in tuple("<>=!~")):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return [part for part in parts if part.strip()]


def _script_ground(context: Context, options: RunOptions, script: Script) -> Ground:
    """Return the environment of a script that says what it needs."""
    from wheelright.workflows.environments import EnvironmentRequest
    from wheelright.workflows.script_settings import script_context

    root = script.path.parent
    around = script_context(context, script)
    search = search_in(context, venvs=False)
    python = find(
        context.options.python, script.requires_python, search=search, origin=str(script.path)
    )
    from wheelright.workflows.asked import from_requirements

    asked = from_requirements(around, script.dependencies, root)
    asked += _asked(around, options, root)
    request = EnvironmentRequest(script.path.name, python, asked, root)
    venv = _environment(around, request, options)
    return Ground(venv.executable, (venv,))
