"""The environment that is meant: a venv, a Python's own packages, or a bare folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.interpreters import PythonNotFound, find, parse_request
from wheelright.targets import marker_values
from wheelright.venv import Venv, find_venv
from wheelright.workflows.aims import Aim, aim_for, choose_aim
from wheelright.workflows.pip.errors import ManagedPythonError, NoEnvironmentError
from wheelright.workflows.pythons import search_in

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wheelright.interpreters import Search
    from wheelright.targets import Interpreter
    from wheelright.venv import Installed, Record
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.pip_options import PipPlace

Kind = Literal["venv", "system", "target", "prefix"]
_VERSION = r"3\.(\d{1,3})(?:\.(\d{1,3})((?:a|b|rc)\d{1,3})?)?"


class Site(Struct, frozen=True):
    """Where packages are: the layout as a venv has it, and the Python that it is for.

    Only a venv remembers what it is for; elsewhere nothing of ours is left behind.
    """

    kind: Kind
    venv: Venv
    interpreter: Interpreter

    @property
    def record(self) -> Record | None:
        """What the venv remembers."""
        from wheelright.venv import read_record

        return read_record(self.venv) if self.kind == "venv" else None

    @property
    def pending(self) -> frozenset[str]:
        """What an interrupted change of the venv had in hand."""
        from wheelright.venv import read_pending

        return read_pending(self.venv) if self.kind == "venv" else frozenset()

    def installed(self) -> tuple[Installed, ...]:
        """Look at what is installed, files included."""
        from wheelright.venv import list_installed

        return list_installed(self.venv, check_files=True)

    def lock(self, context: Context) -> AbstractContextManager[object]:
        """Keep other processes out. The lock of what is no venv lies in the cache."""
        if self.kind == "venv":
            from wheelright.venv import lock_venv

            return lock_venv(self.venv.path, context.reporter)
        import hashlib

        from wheelright.outside.locks import FileLock

        key = hashlib.sha256(self.venv.path.encode()).hexdigest()[:24]
        path = context.cache_directory / "locks" / f"{key}.lock"
        return FileLock(path, context.reporter, purpose=f"`{self.venv.path}`")


def find_site(context: Context, place: PipPlace, *, changes: bool = True) -> Site:
    """Find the environment. ``changes`` says that it is to be written.

    Raises :class:`NoEnvironmentError`, :class:`ManagedPythonError` and ``PythonNotFound``.
    """
    if place.target is not None or place.prefix is not None:
        return _folder(context, place)
    interpreter = _interpreter(context, place, changes=changes)
    if interpreter.is_venv:
        venv = find_venv(interpreter.prefix)
        if venv is not None:
            return Site("venv", venv, interpreter)
    if interpreter.externally_managed and changes and not place.break_system_packages:
        raise ManagedPythonError(
            f"the Python at `{interpreter.executable}` is managed by the system",
            details=["its packages are installed by another package manager (PEP 668)"],
            hints=[
                "make a virtual environment with `wheelright venv` and install into that",
                "`--break-system-packages` installs anyway, and may break what the system needs",
            ],
        )
    paths = interpreter.paths
    return Site(
        "system",
        _layout(str(paths.data), str(paths.purelib), str(paths.scripts), interpreter),
        interpreter,
    )


def _interpreter(context: Context, place: PipPlace, *, changes: bool) -> Interpreter:
    asked = context.options.python
    if place.system:
        return find(asked, search=search_in(context, venvs=False))
    search = near_venv(context)
    explicit = asked is not None and parse_request(asked, context.directory).is_explicit
    if explicit:
        return find(asked, search=search)
    try:
        interpreter = find(asked, search=search)
    except PythonNotFound:
        if asked is not None:
            raise
        interpreter = None
    if interpreter is None or (changes and not _is_environment(interpreter, search)):
        what = "no virtual environment is active, and there is no `.venv` here"
        if asked is not None:
            what = f"no virtual environment that is active or here has Python {asked}"
        raise NoEnvironmentError(
            what,
            where=str(context.directory),
            hints=[
                "make one with `wheelright venv`",
                "`--system` installs into the Python that is first on PATH",
            ],
        )
    return interpreter


def _is_environment(interpreter: Interpreter, search: Search) -> bool:
    conda = search.environ.get("CONDA_PREFIX")
    return interpreter.is_venv or (conda is not None and interpreter.prefix == Path(conda))


def near_venv(context: Context) -> Search:
    """Return a search that begins with the active venv and the nearest ``.venv`` upwards."""
    search = search_in(context, venvs=True)
    for folder in (context.directory, *context.directory.parents):
        if (folder / ".venv" / "pyvenv.cfg").is_file():
            return replace(search, directory=folder)
    return search


def _folder(context: Context, place: PipPlace) -> Site:
    """Return the layout of ``--target`` or ``--prefix``."""
    interpreter = find_python(context, place.python_version)
    if place.target is not None:
        root = str((context.directory / Path(place.target).expanduser()).absolute())
        scripts = "Scripts" if _windows(interpreter) else "bin"
        return Site("target", _layout(root, root, f"{root}/{scripts}", interpreter), interpreter)
    assert place.prefix is not None
    root = str((context.directory / Path(place.prefix).expanduser()).absolute())
    if _windows(interpreter):
        packages, scripts = f"{root}/Lib/site-packages", f"{root}/Scripts"
    else:
        minor = ".".join(map(str, interpreter.python))
        packages, scripts = f"{root}/lib/python{minor}/site-packages", f"{root}/bin"
    return Site("prefix", _layout(root, packages, scripts, interpreter), interpreter)


def find_python(
    context: Context, version: str | None = None, search: Search | None = None
) -> Interpreter:
    """Find a Python to ask and to build with, best of the version that is resolved for."""
    search = search or near_venv(context)
    if context.options.python is not None:
        return find(context.options.python, search=search)
    if version is not None:
        try:
            return find(version, search=search)
        except PythonNotFound:
            context.reporter.debug(f"there is no Python {version} here; another one is used")
    return find(None, search=search)


def _layout(root: str, packages: str, scripts: str, interpreter: Interpreter) -> Venv:
    return Venv(
        path=root.replace("\\", "/").rstrip("/") or "/",
        version=interpreter.version,
        home=str(interpreter.base_executable.parent),
        site_packages=packages.replace("\\", "/"),
        scripts=scripts.replace("\\", "/"),
        executable=str(interpreter.executable),
        windows=_windows(interpreter),
        implementation=interpreter.implementation,
    )


def _windows(interpreter: Interpreter) -> bool:
    return interpreter.platform.os == "windows"


class Purpose(Struct, frozen=True):
    """What is resolved for, and whether that is another machine or Python than the one here."""

    aim: Aim
    foreign: bool


def purpose_of(
    interpreter: Interpreter,
    record: Record | None,
    *,
    python_version: str | None,
    python_platform: str | None,
    targets: tuple[DeclaredTarget, ...] | None = None,
) -> Purpose:
    """Return the Python and platform to choose files for.

    A venv keeps what it was made for. ``targets`` are those asked for by name; none of them means
    this machine. Raises ``UnknownPlatform``, and ``UsageError`` for a version that is none.
    """
    if targets is None:
        aim = choose_aim(python_platform, record, interpreter)
    else:
        from wheelright.workflows.goals import Goal

        aim = aim_for(Goal(targets, asked=True), interpreter, record)
    full = interpreter.version if python_version is None else full_version(python_version)
    minor = int(full.split(".")[1])
    for target in targets or ():
        if (3, minor) not in target.pythons:
            raise RequestError(
                f"the target `{target.name}` runs Python {target.python}, and this is for {full}",
                hints=["choose another one with `--python` or `--python-version`"],
            )
    if python_version is None:
        return Purpose(aim, aim.foreign)
    first, *others = (_at_version(one, interpreter, full) for one in aim.members)
    other = (3, minor) != interpreter.python
    return Purpose(replace(first, others=tuple(others)), aim.foreign or other)


def _at_version(aim: Aim, interpreter: Interpreter, full: str) -> Aim:
    """Return the aim on the same platform with another version of Python."""
    from wheelright.targets import compatible_tags

    native = aim.name is None
    tags = compatible_tags(
        aim.platform,
        (3, int(full.split(".")[1])),
        interpreter.implementation,
        free_threaded=interpreter.free_threaded,
        native=native,
        refused=interpreter.refused_glibc if native else frozenset(),
    )
    values = marker_values(aim.platform, full, interpreter.implementation)
    if native:
        measured = interpreter.marker_values
        own = ("platform_release", "platform_version", "platform_machine")
        values |= {name: measured[name] for name in own if name in measured}
    return Aim(aim.name, aim.platform, tags, values)


def full_version(text: str) -> str:
    """Return a Python version with all three numbers: ``3.11`` is 3.11.0."""
    match = re.fullmatch(_VERSION, text, re.ASCII)
    if match is None:
        raise UsageError(
            f"`{text}` is not a Python version",
            where="--python-version",
            hints=["write it as `3.12` or `3.12.4`"],
        )
    return text if match[2] else f"{text}.0"
