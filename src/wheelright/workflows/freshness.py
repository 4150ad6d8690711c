"""The lock that there is: read, and judged by whether it still belongs to its project.

Must not live here: making one (``locking``), which needs the resolver and the indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.lockfile import read_lock, staleness
from wheelright.workflows.declared import require_declared
from wheelright.workflows.members import joined_project, static_members, warn_of_settings

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.lockfile import Lock, LockInputs
    from wheelright.project import Project, Workspace
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.direct.reading import DirectReader
    from wheelright.workflows.options import LockOptions, ResolveOptions
    from wheelright.workflows.roots import Roots

LOCK_NAME = "pylock.toml"


class MissingLockError(RequestError):
    """There is no lockfile where one is needed."""


class StaleLockError(RequestError):
    """The lockfile does not belong to the project as it is now."""


class Locking(Struct, frozen=True):
    """Everything that one locking of a project works with.

    ``direct`` reads what comes from one place; None where the project names none.
    """

    context: Context
    project: Project
    options: LockOptions
    roots: Roots
    direct: DirectReader | None
    inputs: LockInputs
    targets: tuple[DeclaredTarget, ...] = ()

    @property
    def path(self) -> Path:
        """Return where the lockfile is."""
        return self.project.root / LOCK_NAME


def prepare(context: Context, options: LockOptions) -> Locking:
    """Gather what a lock is made from, without asking an index."""
    from wheelright.workflows.roots import DEFAULT_PYTHONS, gather_roots, lock_inputs

    settings, workspace = context.settings, context.workspace
    project = joined_project(context.project, workspace)
    if project.requires_python is None and project.named:
        context.reporter.warn(
            f"`{project.path.name}` has no `requires-python`; the lock serves Python"
            f" {DEFAULT_PYTHONS}"
        )
    no_sources = options.resolve.no_sources
    roots = gather_roots(project, settings, no_sources=no_sources, workspace=workspace)
    if workspace is not None:
        warn_of_settings(context, workspace)
    direct = None
    if roots.direct or roots.forced:
        direct = _reader(context, project.root, options, workspace)
        direct.declare(roots.direct, roots.forced)
    declared = {} if direct is None else direct.declared
    targets = require_declared(None, project, settings)
    require_declared(options.target, project, settings)
    inputs = lock_inputs(project, settings, options.resolve, roots, declared, targets)
    return Locking(context, project, options, roots, direct, inputs, targets)


def _reader(
    context: Context, root: Path, options: LockOptions, workspace: Workspace | None
) -> DirectReader:
    """Return what reads the places that the project in ``root`` names."""
    from wheelright.workflows.sources import direct_reader

    indexes = context.indexes(options.index)
    no_sources, how = options.resolve.no_sources, options.build.how
    direct = direct_reader(context, root, indexes, no_sources=no_sources, how=how)
    if workspace is not None:
        direct.members = frozenset(workspace.members)
        direct.stating = frozenset(static_members(workspace))
    return direct


def read_existing(context: Context, path: Path) -> Lock | None:
    """Read the lockfile, or return None where there is none. Warnings are reported."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    reading = read_lock(text, path)
    for warning in reading.warnings:
        context.reporter.warn(warning)
    return reading.lock


def require_lock(known: Lock | None, path: Path) -> Lock:
    """Return the lock, or raise :class:`MissingLockError`."""
    if known is None:
        raise MissingLockError(
            "there is no lockfile", where=str(path), hints=["run `wheelright lock` to make one"]
        )
    return known


def require_current(context: Context, options: LockOptions) -> Lock:
    """Return the lock if it is current, for ``--locked``. Raises :class:`StaleLockError`."""
    path = context.project.root / LOCK_NAME
    known = require_lock(read_existing(context, path), path)
    stale = staleness(known, prepare(context, options).inputs)
    if stale is not None:
        raise StaleLockError(
            "the lockfile is not current",
            where=str(path),
            details=stale.reasons,
            hints=["run `wheelright lock` to make it current, or leave `--locked` out"],
        )
    return known


def upgrades(options: ResolveOptions) -> bool:
    """Whether anything shall leave its locked version."""
    return options.upgrade or bool(options.upgrade_package)


def why_not_current(work: Locking, known: Lock | None) -> str | None:
    """Say why a lock must be made; None where the one that there is will do."""
    if known is None:
        return "there was no lockfile"
    stale = staleness(known, work.inputs)
    if stale is not None:
        return "; ".join(stale.reasons)
    return "an upgrade was asked for" if upgrades(work.options.resolve) else None


def requires_python(project: Project) -> str:
    """Return the Pythons that a project's lock serves."""
    from wheelright.workflows.roots import DEFAULT_PYTHONS

    return DEFAULT_PYTHONS if project.requires_python is None else str(project.requires_python)
