"""``wheelright export``: the lock in a form that other tools read."""

from __future__ import annotations

import os
import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.errors import UsageError
from wheelright.lockfile import LocalDirectory, LockedPackage, dumps
from wheelright.lockfile.export import Chosen, Style, to_pylock, to_requirements
from wheelright.lockfile.narrow import Kind, narrow
from wheelright.lockfile.select import check_apart, check_covered, is_covered
from wheelright.outside import files
from wheelright.workflows.choosing import not_packages, open_doors
from wheelright.workflows.current import lock_to_read
from wheelright.workflows.declared import asked_in, targets_for
from wheelright.workflows.freshness import LOCK_NAME
from wheelright.workflows.outcomes import ExportOutcome
from wheelright.workflows.pythons import choose_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.lockfile import Lock
    from wheelright.project import Project
    from wheelright.workflows.choosing import Doors
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import ExportOptions, Selection


def export(context: Context, options: ExportOptions) -> ExportOutcome:
    """Return the lock as requirements or as a lock without extras and groups, perhaps written.

    The lock is made current first, unless ``frozen`` or ``locked`` say otherwise. Raises
    ``UsageError`` for an output file that must not be written, and the errors of the lock.
    """
    project = context.project
    options = replace(options, target=options.target or asked_in(context.environ))
    target = None if options.output_file is None else context.directory / options.output_file
    if options.format == "pylock.toml":
        _check_pylock(options, target, project)
    lock = lock_to_read(
        context,
        options.resolve,
        options.index,
        frozen=options.frozen,
        must_be_current=options.locked,
    )
    doors = open_doors(options.selection, lock, context)
    check_apart(lock, doors.extras, doors.groups)
    lock = _for_targets(context, options, lock, doors)
    left_out = (*options.no_emit_packages, *not_packages(context))
    chosen = Chosen(doors.extras, doors.groups, doors.project, left_out)
    if doors.project and project.is_package and not options.no_emit_project:
        lock = _with_project(lock, project)
    if options.no_editable:
        lock = _without_editables(lock)
    if options.format == "pylock.toml":
        place = project.root if target is None else target.parent
        text = dumps(_moved(to_pylock(lock, chosen), project.root, place), place)
    else:
        command = None if options.no_header else _command(options)
        style = Style(command, not options.no_hashes, not options.no_annotate)
        text = to_requirements(lock, chosen, style)
    if target is None:
        return ExportOutcome(text)
    files.write_atomic(target, text)
    return ExportOutcome(text, str(target))


def _for_targets(context: Context, options: ExportOptions, lock: Lock, doors: Doors) -> Lock:
    """Return the lock with what the targets of ``--for`` install, all of it where none is named.

    Raises ``TargetError``, and ``NotCoveredError`` for a target that the lock does not cover.
    """
    asked = options.target
    if asked is None:
        return lock
    kinds = []
    for target in targets_for(asked, context.project, context.settings):
        every = [Kind(target.values(python), target.tags(python)) for python in target.pythons]
        covered = [kind for kind in every if is_covered(lock, kind.values)]
        if not covered:
            check_covered(lock, every[-1].values)
        kinds += covered
    if not kinds:
        interpreter = choose_python(context)
        kinds.append(Kind(interpreter.marker_values, interpreter.tags))
        check_covered(lock, kinds[-1].values)
    return narrow(lock, kinds, doors.extras, doors.groups)


def _check_pylock(options: ExportOptions, target: Path | None, project: Project) -> None:
    """Refuse what PEP 751 does not allow, and writing over the lock itself."""
    if options.no_hashes:
        raise UsageError(
            "a `pylock.toml` has hashes",
            where="--no-hashes",
            hints=["leave `--no-hashes` out, or export `--format requirements.txt`"],
        )
    if target is None:
        return
    name = target.name
    parts = name.split(".")
    if parts[0] != "pylock" or parts[-1] != "toml" or len(parts) > 3 or "" in parts:
        raise UsageError(
            f"a lock cannot be named `{name}`",
            where="--output-file",
            details=["PEP 751 asks for `pylock.toml` or `pylock.NAME.toml`"],
            hints=["write to `pylock.export.toml`"],
        )
    if target.resolve() == (project.root / LOCK_NAME).resolve():
        raise UsageError(
            f"`{LOCK_NAME}` is the lock of the project itself, and the export holds less",
            where=str(target),
            hints=["write to `pylock.export.toml`"],
        )


def _with_project(lock: Lock, project: Project) -> Lock:
    own = LockedPackage(project.name, directory=LocalDirectory(".", editable=True))
    others = (package for package in lock.packages if package.name != project.name)
    return replace(lock, packages=(own, *others))


def _without_editables(lock: Lock) -> Lock:
    return replace(
        lock,
        packages=tuple(
            package
            if package.directory is None
            else replace(package, directory=replace(package.directory, editable=False))
            for package in lock.packages
        ),
    )


def _moved(lock: Lock, root: Path, place: Path) -> Lock:
    """Let relative paths start where the new file will stand."""
    if place.resolve() == root.resolve():
        return lock
    return replace(
        lock,
        packages=tuple(
            package
            if package.directory is None
            else replace(package, directory=_seen_from(package.directory, root, place))
            for package in lock.packages
        ),
    )


def _seen_from(directory: LocalDirectory, root: Path, place: Path) -> LocalDirectory:
    if PurePosixPath(directory.path).is_absolute() or Path(directory.path).is_absolute():
        return directory
    path = os.path.relpath(root.resolve() / directory.path, place.resolve())
    return replace(directory, path=Path(path).as_posix())


def _command(options: ExportOptions) -> str:
    """Return the command that writes the same again, for the header.

    Indexes are left out: they do not change what is written, and may hold secrets.
    """
    words = ["wheelright", "export", *_selection(options.selection)]
    if options.target is not None:
        words += ["--for", options.target]
    switches = {
        "--no-hashes": options.no_hashes,
        "--no-annotate": options.no_annotate,
        "--no-editable": options.no_editable,
        "--no-emit-project": options.no_emit_project,
        "--frozen": options.frozen,
        "--locked": options.locked,
    }
    words += [switch for switch, on in switches.items() if on]
    for name in options.no_emit_packages:
        words += ["--no-emit-package", name]
    if options.output_file is not None:
        words += ["--output-file", options.output_file]
    return shlex.join(words)


def _selection(chosen: Selection) -> Iterator[str]:
    for switch, on in (
        ("--all-extras", chosen.all_extras),
        ("--all-groups", chosen.all_groups),
        ("--no-default-groups", chosen.no_default_groups),
    ):
        if on:
            yield switch
    for flag, names in (
        ("--extra", chosen.extras),
        ("--no-extra", chosen.no_extras),
        ("--group", chosen.groups),
        ("--no-group", chosen.no_groups),
        ("--only-group", chosen.only_groups),
    ):
        for name in names:
            yield from (flag, name)
