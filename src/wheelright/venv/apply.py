"""Carrying out a plan, so that a kill at any instant is repaired by the next sync.

1. the journal (``VENV/.wheelright-pending``) names every package of the plan
2. what goes is removed, all of it, so that a file that moves from one package to another stays
3. what comes is placed
4. the record is written, then the journal removed

Whoever finds a journal treats the packages it names as damaged: whatever state they are in, they
are removed and placed again.

But for a record that says what stands nowhere else, nothing is flushed to the disk, which would
wait for everything that was placed. File systems keep the order of names through a power cut, but
may lose what was in files written shortly before it. A journal or a record that has become empty
therefore counts as a journal that names every package.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from wheelright.outside import files
from wheelright.outside.locks import FileLock
from wheelright.venv.guard import write_guard
from wheelright.venv.inspect import LOCK_NAME, RECORD_NAME, list_installed, read_record_paths
from wheelright.venv.place import Placement, Placer
from wheelright.venv.record import Record, RecordedPackage, write_record
from wheelright.venv.remove import remove_package

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.outside.reporting import Reporter
    from wheelright.outside.trees import LinkMode
    from wheelright.store import StoredWheel
    from wheelright.venv.inspect import Installed, Venv
    from wheelright.venv.plan import Plan

PENDING_NAME = ".wheelright-pending"
# What `stamp` writes; it goes before anything in the venv changes.
STAMP_NAME = ".wheelright-stamp"


class ApplyOptions(Struct, frozen=True):
    """``link_mode`` is tried first and gives way where the disks cannot do it.

    ``arch`` is the arch of the venv's Python (for launchers on Windows). ``guard`` are the files
    of the venv's guard (``guard.guard_files``), ``None`` for none.
    """

    link_mode: LinkMode = "clone"
    compile_bytecode: bool = False
    arch: str = "x86_64"
    guard: Mapping[str, bytes] | None = None


_PLAIN: Final = ApplyOptions()


def lock_venv(path: str, reporter: Reporter) -> FileLock:
    """Return the lock that keeps other processes out of the venv at ``path`` (a context manager).

    Hold it from before the venv is inspected until after the plan is applied.
    """
    return FileLock(f"{path}/{LOCK_NAME}", reporter, purpose="this environment")


def read_pending(venv: Venv) -> frozenset[str]:
    """Name the packages that an interrupted sync had in hand; all of them after a power cut."""
    found = _read(f"{venv.path}/{PENDING_NAME}")
    if _is_hollow(found) or _is_hollow(_read(f"{venv.path}/{RECORD_NAME}")):
        return frozenset(one.name for one in list_installed(venv))
    try:
        document: Any = msgspec.json.decode(found or b"{}")
        return frozenset(str(name) for name in document["packages"])
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError):
        # It is written atomically: what cannot be read is not ours.
        return frozenset()


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (speed)
            return file.read()
    except FileNotFoundError:
        return None


def _is_hollow(data: bytes | None) -> bool:
    """Whether a power cut kept the name of a file that we wrote, and lost what was in it."""
    return data is not None and not data.strip(b"\0")


def next_packages(
    previous: Record | None, plan: Plan, wheels: Mapping[str, StoredWheel]
) -> tuple[RecordedPackage, ...]:
    """Return what the record says of the packages once the plan is applied, sorted by name.

    What stays keeps what was recorded, or is recorded as it was adopted. ``wheels`` are those that
    are installed, by normalized name.
    """
    known = {} if previous is None else {package.name: package for package in previous.packages}
    adopted = {package.name: package for package in plan.adopted}
    packages = []
    for kept in plan.kept:
        recorded = adopted.get(kept.name) or known.get(kept.name)
        if recorded is not None and recorded.is_of(kept.installer):
            packages.append(recorded)
    for action in plan.actions:
        wanted = action.wanted
        if wanted is None:
            continue
        wheel = wheels[action.name]
        sdist = wanted.file if wanted.file is not None and not wanted.file.is_wheel else None
        packages.append(
            RecordedPackage(
                name=action.name,
                version=wheel.version,
                file=wheel.file.name,
                sha256=wheel.sha256,
                tags=wheel.tags,
                source=sdist.hashes.get("sha256") if sdist is not None else None,
                url=wanted.origin.url if wanted.origin is not None else None,
                editable=wanted.origin.editable if wanted.origin is not None else False,
                fingerprint=wanted.origin.fingerprint if wanted.origin is not None else None,
                needs=wheel.facts.needs,
            )
        )
    return tuple(sorted(packages, key=lambda package: package.name))


def apply_plan(
    venv: Venv,
    plan: Plan,
    wheels: Mapping[str, StoredWheel],
    record: Record,
    reporter: Reporter,
    options: ApplyOptions = _PLAIN,
) -> None:
    """Do what the plan says, then write ``record``. The caller holds :func:`lock_venv`.

    ``wheels`` holds every wheel that the plan installs, by normalized name. ``record`` is the
    whole record afterwards; :func:`next_packages` makes its packages.
    Raises ``BrokenWheel``, ``PathOutsideVenv``, and ``UsageError`` where the disk refuses; the
    journal then stays, and the next sync makes the venv whole.
    """
    pending = f"{venv.path}/{PENDING_NAME}"
    files.remove_file(f"{venv.path}/{STAMP_NAME}")
    sweep(venv)
    if not plan.is_empty:
        names = read_pending(venv).union(action.name for action in plan.actions)
        document = msgspec.json.encode({"packages": sorted(names)})
        files.write_atomic(pending, document, lasting=False)
        _change(venv, plan, wheels, reporter, options)
    write_guard(venv, options.guard)
    write_record(venv, record)
    files.remove_file(pending)


def sweep(venv: Venv) -> None:
    """Remove unfinished files that killed processes left. The caller holds :func:`lock_venv`."""
    for folder in (venv.path, venv.site_packages):
        for name in os.listdir(folder):  # noqa: PTH208 (text)
            if files.is_temporary(name) or name.startswith(f"{STAMP_NAME}-"):
                files.remove_file(f"{folder}/{name}")


def _change(
    venv: Venv,
    plan: Plan,
    wheels: Mapping[str, StoredWheel],
    reporter: Reporter,
    options: ApplyOptions,
) -> None:
    reporter.begin("install", len(plan.actions))
    others = _paths_of(venv, plan.kept) if any(action.old for action in plan.actions) else ()
    try:
        for action in plan.actions:
            for old in action.old:
                remove_package(venv, old, others)
            if action.wanted is None:
                reporter.advance("install", detail=action.name)
        placer = Placer(venv, options.link_mode, reporter.warn, options.arch)
        coming = [
            Placement(wheels[action.name], action.wanted.origin, action.wanted.requested)
            for action in plan.actions
            if action.wanted is not None
        ]
        placer.place_all(coming, lambda name: reporter.advance("install", detail=name))
        if options.compile_bytecode:
            from wheelright.venv.bytecode import compile_packages

            compile_packages(venv, [one.wheel for one in coming], placer.mode, reporter)
    finally:
        reporter.end("install")


def _paths_of(venv: Venv, packages: Iterable[Installed]) -> frozenset[str]:
    """Return all paths that packages list in RECORD."""
    return frozenset(
        path for package in packages for path in read_record_paths(venv, package) or ()
    )
