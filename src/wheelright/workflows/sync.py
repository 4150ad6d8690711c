"""``wheelright sync``: make the venv hold what the lock says, for this machine or another.

Looks first, then plans, then fetches and builds, and only then touches the venv.
"""

from __future__ import annotations

import errno
import hashlib
import time
from typing import TYPE_CHECKING

import msgspec

from wheelright.lockfile import dumps
from wheelright.outside.files import DiskError, read_bytes
from wheelright.store import File
from wheelright.targets import detect_machine
from wheelright.venv import (
    ApplyOptions,
    Record,
    RecordedTarget,
    apply_plan,
    guard_is_current,
    lock_venv,
    next_packages,
    read_pending,
    sweep,
    write_guard,
)
from wheelright.workflows.aims import runs_here
from wheelright.workflows.alone import alone
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.fitting import guard_for, with_needs
from wheelright.workflows.freshness import LOCK_NAME, read_existing, require_current, require_lock
from wheelright.workflows.options import LockOptions, SyncOptions
from wheelright.workflows.outcomes import Action, SyncOutcome
from wheelright.workflows.per_target import at_target, refresh
from wheelright.workflows.planning import plan_sync
from wheelright.workflows.policy import build_policy
from wheelright.workflows.remembering import recorded
from wheelright.workflows.stamping import Observation
from wheelright.workflows.venvs import ready_venv

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.lockfile import Lock
    from wheelright.store import StoredWheel
    from wheelright.venv import Origin, Venv, Wanted
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import LockOutcome
    from wheelright.workflows.planning import Syncing
    from wheelright.workflows.venvs import Place


def sync(context: Context, options: SyncOptions) -> SyncOutcome:
    """Make the venv what the lock says and return what was done (or would be)."""
    return synced(context, options)[0]


def synced(context: Context, options: SyncOptions) -> tuple[SyncOutcome, Place]:
    """Do as :func:`sync`, and return where the venv is too."""
    started = time.monotonic()
    picked = context.venv_path is not None
    if options.dry_run or options.check:
        context = at_target(context, options)
        planned = plan_sync(context, options, *_lock_for(context, options))
        return _outcome(planned, started, dry_run=True), planned.place
    while True:
        with alone(context) as current:
            context = at_target(current, options)
            observation = Observation.of(context)
            lock, lock_outcome = _lock_for(context, options)
            digest = lock_digest(lock, context.project.root)
            locked_as = _facts(context)
        path = context.venv_directory()
        mark = path / "pyvenv.cfg"
        ahead = None
        if not mark.is_file():
            # No directory is made before it is certain that there is a file for everything.
            ahead = plan_sync(context, options, lock, lock_outcome)
        held = lock_venv(str(path), context.reporter)
        try:
            held.acquire()
        except DiskError:
            # A venv that may only be read is fine where there is nothing to do.
            planned = plan_sync(context, options, lock, lock_outcome)
            if planned.place.venv is None or not planned.plan.is_empty:
                raise
            return _outcome(planned, started, dry_run=False), planned.place
        try:
            if _facts(context) == locked_as:
                if ahead is None or ahead.place.venv is not None or mark.is_file():
                    planned = plan_sync(context, options, lock, lock_outcome)
                else:
                    planned = ahead  # and nobody made a venv meanwhile
                venv = _carry_out(planned, digest)
                outcome = _outcome(planned, started, dry_run=False)
                refresh(context)
                _stamp(planned, observation, venv, outcome, picked=picked)
                return outcome, planned.place
        finally:
            held.release()
        context = context.again()  # while we waited another process locked something else


def _facts(context: Context) -> tuple[int, int, int] | None:
    """Return what tells a lockfile from another one that took its place."""
    try:
        found = (context.project.root / LOCK_NAME).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _stamp(
    work: Syncing, observation: Observation, venv: Venv, outcome: SyncOutcome, *, picked: bool
) -> None:
    """Note what the sync hung on, so that the next one may be answered without a look.

    ``picked``: a run chose this venv of several, and a sync might choose another one.
    """
    named = {one.name for one in work.wanted}
    observation.stamp(
        work.context,
        venv,
        work.context.project,
        work.options,
        outcome,
        len(work.lock.packages),
        runnable=runs_here(work.aim),
        exact=not picked and all(one.name in named for one in work.plan.kept),
    )


def _lock_for(context: Context, options: SyncOptions) -> tuple[Lock, LockOutcome | None]:
    """Return the lock to install: as it is, as it must be already, or made current first."""
    path = context.project.root / LOCK_NAME
    lock_options = LockOptions(
        dry_run=options.dry_run or options.check,
        resolve=options.resolve,
        index=options.index,
        build=options.build,
    )
    if options.frozen:
        return require_lock(read_existing(context, path), path), None
    if options.locked:
        return require_current(context, lock_options), None
    from wheelright.workflows.lock import locked

    lock, outcome = locked(context, lock_options)
    return lock, outcome


def _carry_out(work: Syncing, digest: str) -> Venv:
    """Fetch, build, then change the venv and write what it is for."""
    context, options = work.context, work.options
    wheels = _wheels(work)
    venv = ready_venv(context, work.place)
    record = Record(
        target=work.aim.full_name,
        platform=str(work.aim.platform),
        targets=_several(work.aim),
        setting=context.settings.default_target,
        path=venv.path,
        python=venv.version,
        lock=digest,
        options=_said(options, work.record),
    )
    packages = next_packages(work.record, work.plan, wheels)
    packages = with_needs(packages, venv, work.plan.kept, wheels, context.store)
    record = msgspec.structs.replace(record, packages=packages)
    guard = guard_for(context.settings, record, work.plan.kept)
    if work.plan.is_empty and record == work.record and not read_pending(venv):
        if not guard_is_current(venv, guard):
            sweep(venv)
            write_guard(venv, guard)
        return venv
    mode = options.link_mode or context.settings.link_mode or "clone"
    compile_bytecode = options.compile_bytecode or context.settings.compile_bytecode
    how = ApplyOptions(mode, compile_bytecode, detect_machine().arch, guard)
    try:
        apply_plan(venv, work.plan, wheels, record, context.reporter, how)
    except DiskError as error:
        if error.errno == errno.ENOENT and context.store.prune().files:
            error.hints = ("run again: the cache was damaged, and what was has been removed",)
        raise
    return venv


def _said(options: SyncOptions, before: Record | None) -> dict[str, str]:
    """Return what else decided what the venv holds.

    A run, or an add, that leaves alone what is there changes nothing about what that is there for.
    """
    said = recorded(options)
    return before.options if options.inexact and not said and before is not None else said


def _wheels(work: Syncing) -> dict[str, StoredWheel]:
    """Return the stored wheel of everything that the plan installs."""
    context = work.context
    _heal_store(work)
    coming = [action.wanted for action in work.plan.actions if action.wanted is not None]
    if not any(one.origin or one.file is None or not one.file.is_wheel for one in coming):
        files = {one.name: one.file for one in coming if one.file is not None}
        return Fetcher(lambda: work.indexes, context.store, context.reporter).wheels(files)
    wheels = _built(work, coming)
    _check_built(work, wheels)
    return wheels


def _heal_store(work: Syncing) -> None:
    """Forget stored wheels that were damaged along with the venv: links share their files.

    Both the file that was installed and the one that is about to be, which is mostly the same;
    where another tool's venv was taken over, only the latter is known.
    """
    damaged: dict[str, File] = {}
    recorded = {} if work.record is None else {one.name: one for one in work.record.packages}
    for action in work.plan.actions:
        if action.wanted is None or all(old.problem is None for old in action.old):
            continue
        known, coming = recorded.get(action.name), action.wanted.file
        if known is not None and known.sha256:
            damaged[known.file] = File(known.file, "", {"sha256": known.sha256})
        if coming is not None and coming.is_wheel:
            damaged[coming.name] = coming
    for file in damaged.values():
        if work.context.store.heal(file):
            work.context.reporter.note(
                f"`{file.name}` was damaged in the cache too, and is fetched or built anew"
            )


def _built(work: Syncing, coming: list[Wanted]) -> dict[str, StoredWheel]:
    """Return the stored wheels where some are built, or come from one place."""
    from wheelright.workflows.building import Builds
    from wheelright.workflows.direct.installing import DirectWheels, Stated

    context = work.context
    builds = Builds(
        context,
        work.indexes,
        work.place.interpreter,
        aim=work.aim,
        options=work.options.build.how,
        runtime={one.name: one.version for one in work.wanted if one.version is not None},
        venv=work.place.venv,
    )
    policy = build_policy(context, work.options.build)
    direct = DirectWheels(builds, policy, Stated.of_project(context))
    fetched: dict[str, File] = {}
    built: list[tuple[Wanted, Origin]] = []
    for one in coming:
        if one.origin is not None and direct.needs_build(one.origin, one.file):
            built.append((one, one.origin))
        elif one.file is not None:
            fetched[one.name] = one.file if one.origin is None else direct.stated.file(one.file)
    fetcher = Fetcher(lambda: work.indexes, context.store, context.reporter, builds.sdist)
    wheels = fetcher.wheels(fetched)
    for one, origin in built:
        wheels[one.name] = direct.wheel(one.name, origin, one.file)
    return wheels


def _check_built(work: Syncing, wheels: dict[str, StoredWheel]) -> None:
    """Refuse a wheel that was built here and does not fit what the venv is for."""
    from wheelright.errors import RequestError

    for name, wheel in wheels.items():
        why = work.aim.why_not(wheel.file.name, wheel.facts.needs)
        if why is not None:
            raise RequestError(
                f"`{name}` was built on this machine, and the result does not fit {work.aim.words}",
                details=[why],
                hints=["ask for a version that has a wheel for this platform"],
            )


def lock_digest(lock: Lock, root: Path) -> str:
    """Return the digest of a lock as it stands on disk, or would."""
    path = root / LOCK_NAME
    data = read_bytes(path) if path.is_file() else dumps(lock, root).encode()
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _several(aim: Aim) -> tuple[RecordedTarget, ...]:
    """Name the targets where there are several."""
    if not aim.others:
        return ()
    return tuple(RecordedTarget(one.name or "", str(one.platform)) for one in aim.members)


def _outcome(work: Syncing, started: float, *, dry_run: bool) -> SyncOutcome:
    return SyncOutcome(
        target=work.aim.full_name or str(work.aim.platform),
        environment_path=str(work.place.path),
        actions=tuple(
            Action(a.kind, a.name, a.version, a.old_version, a.file, a.reason)
            for a in work.plan.actions
        ),
        unchanged=len(work.plan.kept),
        seconds=time.monotonic() - started,
        dry_run=dry_run,
        verified=work.options.verify,
        lock=work.lock_outcome,
    )
