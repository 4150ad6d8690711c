"""``wheelright status``: what the venv is for, what this machine is, and what is out of date.

Nothing is changed and no index is asked. What cannot be found out is told as such; only a project
that cannot be read is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.errors import WheelrightError
from wheelright.lockfile import staleness
from wheelright.outside.reporting import Silent
from wheelright.targets import detect_machine
from wheelright.targets.platform import parse_platform, system_words
from wheelright.venv import (
    BrokenVenv,
    NotAVenv,
    find_venv,
    guard_facts,
    list_installed,
    read_record,
)
from wheelright.venv.guard import needs_of
from wheelright.workflows.fitting import misfit_of
from wheelright.workflows.freshness import LOCK_NAME, prepare, read_existing
from wheelright.workflows.options import LockOptions, SyncOptions
from wheelright.workflows.outcomes import StatusOutcome, VenvNeed, VenvStatus
from wheelright.workflows.per_target import at_machine, is_per_target, root_of, side_venvs
from wheelright.workflows.planning import plan_sync
from wheelright.workflows.remembering import remembered

if TYPE_CHECKING:
    from wheelright.lockfile import Lock
    from wheelright.targets import Platform
    from wheelright.venv import Record, Venv
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import LockState

# Reasons that the counts tell already.
_PLAIN_REASONS = ("new", "not in the lock")


def status(context: Context) -> StatusOutcome:
    """Look at project, lock, venvs and machine. Raises ``ProjectFileError`` and its like."""
    here = detect_machine().platform
    project = context.find_project()
    if project is None:
        venvs = _without_project(context, here)
        return StatusOutcome(str(here), here.describe(), venvs=venvs)
    lock, state, reasons = _lock_state(context)
    return StatusOutcome(
        machine=str(here),
        machine_words=here.describe(),
        project=str(project.root),
        name=project.name,
        lock=state,
        lock_reasons=reasons,
        default_target=context.settings.default_target,
        venvs=tuple(_venvs(context, lock, here)),
    )


def _lock_state(context: Context) -> tuple[Lock | None, LockState, tuple[str, ...]]:
    path = context.project.root / LOCK_NAME
    try:
        lock = read_existing(context, path)
        if lock is None:
            return None, "missing", ()
        stale = staleness(lock, prepare(context, LockOptions()).inputs)
    except WheelrightError as error:
        return None, "unreadable", (error.message,)
    if stale is None:
        return lock, "current", ()
    return lock, "stale", stale.reasons


def _venvs(context: Context, lock: Lock | None, here: Platform) -> list[VenvStatus]:
    """Describe the venv of the project, or each of those side by side."""
    if not is_per_target(context):
        path = context.venv_directory().absolute()
        found = _describe(context, path, lock, here)
        return [] if found is None else [found]
    picked = at_machine(context, SyncOptions(), here).venv_path
    root = root_of(context)
    described = []
    for side in side_venvs(context):
        path = root / side.name
        one = _describe(context.at(path), path, lock, here, picked=path == picked)
        if one is not None:
            described.append(one)
    return described


def _without_project(context: Context, here: Platform) -> tuple[VenvStatus, ...]:
    """Describe the active venv, else `.venv` here."""
    active = context.environ.get("VIRTUAL_ENV")
    path = Path(active) if active else context.directory / ".venv"
    found = _describe(context, path.absolute(), None, here)
    return () if found is None else (found,)


def _describe(
    context: Context, path: Path, lock: Lock | None, here: Platform, *, picked: bool = True
) -> VenvStatus | None:
    try:
        venv = find_venv(path)
    except BrokenVenv as broken:
        return _of_record(VenvStatus(str(path), problem=broken.message, picked=picked), path, here)
    except NotAVenv as other:
        # It is left as it is, so that nothing can be made in its place.
        return VenvStatus(str(path), problem=other.message, refusal=other.message, picked=picked)
    if venv is None:
        return None
    record = read_record(venv)
    installed = list_installed(venv)
    found = VenvStatus(
        str(path),
        python=venv.version,
        packages=len(installed),
        guard=context.settings.guard,
        picked=picked,
    )
    found = _of_record(found, path, here, venv)
    return found if lock is None else _compared(context, found, record, lock)


def _of_record(
    found: VenvStatus, path: Path, here: Platform, venv: Venv | None = None
) -> VenvStatus:
    """Add what the venv remembers, and whether this machine fits that."""
    from msgspec.structs import replace

    record = read_record(str(path))
    facts = None if record is None else guard_facts(record, found.guard)
    if record is None or facts is None:
        return found
    platform = parse_platform(record.platform)
    needs = needs_of(record, platform)
    need = None
    if needs.highest is not None:
        number = ".".join(map(str, needs.highest.version))
        words = f"{system_words(platform)} {number}"
        need = VenvNeed(words, needs.highest.package, needs.highest.path)
    misfit = None if venv is None else misfit_of(venv, record, here)
    return replace(
        found,
        target=record.target,
        platform=record.platform,
        words=facts["words"],
        python=found.python or record.python,
        fits=None if venv is None else misfit is None,
        misfit=None if misfit is None else misfit.words,
        help=None if misfit is None else misfit.help,
        need=need,
        unmeasured=needs.unknown,
    )


def _compared(context: Context, found: VenvStatus, record: Record | None, lock: Lock) -> VenvStatus:
    """Add what a sync would do, with the extras and groups of the last one."""
    from msgspec.structs import replace

    quiet = context.again(reporter=Silent(), venv_path=Path(found.path))
    options = SyncOptions() if record is None else remembered(record.options, lock)
    options = replace(options, dry_run=True, frozen=True)
    try:
        work = plan_sync(quiet, options, lock, None)
    except WheelrightError as error:
        return replace(found, refusal=error.message)
    names: dict[str, list[str]] = {"install": [], "reinstall": [], "remove": []}
    reasons = []
    for action in work.plan.actions:
        names[action.kind].append(action.name)
        if action.reason not in _PLAIN_REASONS:
            reasons.append(f"{action.name}: {action.reason}")
    return replace(
        found,
        install=tuple(names["install"]),
        replace=tuple(names["reinstall"]),
        remove=tuple(names["remove"]),
        reasons=tuple(reasons),
        anew=work.place.why if work.place.venv is None else None,
    )
