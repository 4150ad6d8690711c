"""``wheelright target``: the targets of a project, what follows from them, and declaring them."""

from __future__ import annotations

import os
import pkgutil
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.interpreters import find, list_interpreters
from wheelright.outside import files, processes
from wheelright.outside.errors import ProcessError
from wheelright.project import Target
from wheelright.project.edit_targets import declare_target
from wheelright.targets import WELL_KNOWN_NAMES, detect_machine, parse_platform
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet
from wheelright.targets.target_file import TargetFile
from wheelright.workflows.declared import (
    NATIVE,
    asked_in,
    declared_targets,
    find_target,
    read_target,
    split_names,
)
from wheelright.workflows.outcomes import (
    DescribeOutcome,
    ListedTarget,
    ShownTarget,
    TargetAddOutcome,
    TargetListOutcome,
)
from wheelright.workflows.pythons import python_wish, search_in

if TYPE_CHECKING:
    from wheelright.project import Project
    from wheelright.targets import Interpreter
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import DescribeOptions, TargetAddOptions, TargetOptions

_TIMEOUT = 120.0
"""Seconds for a machine to describe itself: it asks every Python on it."""


def list_targets(context: Context, _options: TargetOptions) -> TargetListOutcome:
    """Return the declared targets and the well-known names. Raises what reading targets does."""
    project = context.find_project()
    declared = () if project is None else declared_targets(project, context.settings)
    default = context.settings.default_target
    return TargetListOutcome(
        tuple(
            _listed(target, _bounds(context, target), target.name == default) for target in declared
        ),
        tuple(_well_known(name) for name in WELL_KNOWN_NAMES),
    )


def _well_known(name: str) -> ListedTarget:
    platform = parse_platform(name)
    return ListedTarget(name, str(platform), platform.describe())


def _bounds(context: Context, target: DeclaredTarget) -> SpecifierSet | None:
    """Return the Pythons that the target itself names."""
    settings = context.settings
    found = (one.python for one in (*settings.targets, *settings.target) if one.name == target.name)
    return next((python for python in found if python is not None), None)


def _listed(
    target: DeclaredTarget, bounds: SpecifierSet | None = None, default: bool = False
) -> ListedTarget:
    return ListedTarget(
        target.name,
        str(target.platform),
        target.platform.describe(),
        "" if bounds is None else str(bounds),
        tuple(f"{major}.{minor}" for major, minor in target.pythons),
        target.file,
        default,
    )


# -- what follows from a target


def show_target(context: Context, options: TargetOptions) -> ShownTarget:
    """Return all that follows from a target: the named one, the default one, or this machine.

    Where none is named, the variable may name it.
    Raises ``TargetError``, which names the nearest, and ``UsageError`` for a ``--python`` that the
    target does not run.
    """
    project = context.find_project()
    settings = context.settings
    name = options.name or _only_one(context) or settings.default_target
    if name is None or name in NATIVE:
        return _show_native(context)
    declared = {target.name for target in declared_targets(project, settings)}
    target = find_target(name, project, settings)
    python = _shown_python(context, target)
    kind: Literal["declared", "platform"] = "declared" if name in declared else "platform"
    return ShownTarget(
        _listed(target, _bounds(context, target), name == settings.default_target),
        kind,
        f"{python[0]}.{python[1]}",
        target.implementation,
        target.tags(python).tags,
        target.values(python),
    )


def _only_one(context: Context) -> str | None:
    """Return what the variable names, where it names one target."""
    names = split_names(asked_in(context.environ) or "")
    return names[0] if len(names) == 1 else None


def _shown_python(context: Context, target: DeclaredTarget) -> tuple[int, int]:
    asked = context.options.python
    if asked is None:
        return target.pythons[-1]
    if (numbers := re.fullmatch(r"(?:cpython-?|python)?(\d+\.\d+)(?:\.\d+)?", asked)) is None:
        # A path, or a range: the Python of this machine that is meant by it.
        python = _python(context).python
        asked = f"{python[0]}.{python[1]}"
    else:
        asked = numbers[1]
    by_text = {f"{major}.{minor}": (major, minor) for major, minor in target.pythons}
    if asked not in by_text:
        raise UsageError(
            f"the target `{target.name}` does not run Python `{asked}`",
            where="--python",
            details=[f"it runs {', '.join(by_text)}"],
            hints=["give one of these, as in `--python 3.12`"],
        )
    return by_text[asked]


def _show_native(context: Context) -> ShownTarget:
    python = _python(context)
    platform = python.platform
    found = list_interpreters(None, search=search_in(context, venvs=False))
    minors = sorted({one.python for one in found} | {python.python})
    return ShownTarget(
        ListedTarget(
            "native",
            str(platform),
            platform.describe(),
            pythons=tuple(f"{major}.{minor}" for major, minor in minors),
            default=context.settings.default_target in {None, *NATIVE},
        ),
        "native",
        python.version,
        python.implementation,
        python.tags.tags,
        dict(python.marker_values),
        tuple(map(str, detect_machine().libcs)),
    )


def _python(context: Context) -> Interpreter:
    """Return the Python asked for, else the one the project would get."""
    wish = python_wish(context, context.find_project())
    search = search_in(context, venvs=False)
    return find(wish.request, wish.requires_python, search=search, origin=wish.origin)


# -- describing this machine


def describe_machine(context: Context, options: DescribeOptions) -> DescribeOutcome:
    """Return this machine as a target file, or the script that makes one; written where asked.

    The Python that is asked with ``--python`` describes it, else the one that runs Wheelright.
    Raises ``RequestError`` where that fails.
    """
    text = describing_script() if options.script else _description(context)
    if options.output_file is None:
        return DescribeOutcome(text)
    path = context.directory / Path(options.output_file).expanduser()
    files.write_atomic(path, text.encode())
    return DescribeOutcome(text, str(path))


def describing_script() -> str:
    """Return the script that describes a machine; it runs alone on Python 3.6 and newer."""
    source = pkgutil.get_data("wheelright.targets", "describing.py")
    assert source is not None
    return source.decode()


def _description(context: Context) -> str:
    program = Path(sys.executable)
    if context.options.python is not None:
        search = search_in(context, venvs=False)
        program = find(context.options.python, None, search=search).executable
    args = [str(program), "-I", "-c", describing_script()]
    try:
        done = processes.run(args, env=context.environ, timeout=_TIMEOUT)
    except ProcessError as error:
        raise RequestError(
            "this machine cannot be described", where=str(program), details=[error.message]
        ) from None
    said = [line for line in done.stderr.splitlines() if line.strip()]
    try:
        if done.code == 0:
            msgspec.json.decode(done.stdout, type=TargetFile)
            return done.stdout
    except (msgspec.MsgspecError, UnicodeError) as error:
        said.append(str(error))
    raise RequestError(
        "this machine cannot be described",
        where=str(program),
        details=said[-1:] or [f"it ended with code {done.code}"],
        hints=["name another Python with `--python`"],
    )


# -- declaring a target


def add_target(context: Context, options: TargetAddOptions) -> TargetAddOutcome:
    """Declare a target in ``pyproject.toml``, whose other text stays as it is.

    Raises ``RequestError`` for a name that is taken, ``TargetError`` for a target that contradicts
    itself or the project, ``UnknownPlatform`` with the nearest names, ``TargetFileError``.
    """
    project = context.project
    _check_free(project, context, options.name)
    described = _described(context, project, options)
    text = _description(context) if options.here else None
    target = _checked(project, options, described, text)
    edited = declare_target(project.text, options.name, described)
    outcome = TargetAddOutcome(
        _listed(target, SpecifierSet(options.python) if options.python else None),
        None if text is None else str(project.root / described["file"]),
        options.dry_run,
    )
    if options.dry_run:
        return outcome
    if text is not None:
        files.write_atomic(project.root / described["file"], text.encode())
    mark = b"\xef\xbb\xbf"
    before = project.path.read_bytes()
    files.write_atomic(project.path, (mark if before.startswith(mark) else b"") + edited.encode())
    return outcome


def _check_free(project: Project, context: Context, name: str) -> None:
    for target in declared_targets(project, context.settings):
        if target.name == name:
            raise RequestError(
                f"the target `{name}` is declared already",
                where=str(project.path),
                details=[f"it is `{target.platform}`"],
                hints=["change it there, or give the new one another name"],
            )


def _described(context: Context, project: Project, options: TargetAddOptions) -> dict[str, str]:
    """Return what is written of the target; paths are relative to the project."""
    found: dict[str, str] = {}
    if options.platform is not None:
        found["platform"] = options.platform
    elif options.file is not None:
        path = context.directory / Path(options.file).expanduser()
        found["file"] = Path(os.path.relpath(path, project.root)).as_posix()
    elif options.here:
        found["file"] = f"{options.name}.json"
        if (project.root / found["file"]).exists():
            raise RequestError(
                f"`{found['file']}` exists already",
                where=str(project.root / found["file"]),
                hints=[
                    f"`wheelright target add {options.name} --file {found['file']}` declares it",
                    "remove it, or give the target another name",
                ],
            )
    if options.python is not None:
        found["python"] = options.python
    return found


def _checked(
    project: Project, options: TargetAddOptions, described: dict[str, str], text: str | None
) -> DeclaredTarget:
    """Read the target as it will be declared. Raises what reading it does."""
    python = None
    if options.python is not None:
        try:
            python = SpecifierSet(options.python)
        except InvalidSpecifier:
            raise UsageError(
                f"`{options.python}` bounds no Python versions",
                where="--python-versions",
                hints=["give bounds such as `>=3.10,<3.13`"],
            ) from None
    platform = described.get("platform")
    if text is not None:
        # The file is written only when all is well.
        platform = msgspec.json.decode(text, type=TargetFile).platform
        read = read_target(Target(options.name, platform, None, python), project)
        return replace(read, file=described["file"])
    try:
        return read_target(Target(options.name, platform, described.get("file"), python), project)
    except UnknownPlatform as unknown:
        if platform is not None or "file" in described:
            raise
        raise UsageError(
            f"nothing says what the target `{options.name}` is, and no platform has that name",
            hints=[
                "say it with `--platform`, `--file` or `--here`",
                *unknown.hints,
            ],
        ) from None
