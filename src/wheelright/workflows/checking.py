"""``wheelright check``: the lock as it is against the targets, and its binaries where asked.

Must live here: which targets are proved, whether the lock is current, joining proof and
measurement. Must not live here: the proof itself (``proving``), reading binaries (``measuring``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.lockfile import staleness
from wheelright.targets import detect_machine
from wheelright.workflows.declared import (
    NATIVE,
    VARIABLE,
    TargetError,
    declared_targets,
    find_target,
    read_target,
)
from wheelright.workflows.freshness import (
    LOCK_NAME,
    prepare,
    read_existing,
    require_current,
    require_lock,
)
from wheelright.workflows.options import BuildOptions, LockOptions
from wheelright.workflows.policy import build_policy
from wheelright.workflows.proofs import Proof
from wheelright.workflows.proving import Rules, prove

if TYPE_CHECKING:
    from wheelright.lockfile import Lock
    from wheelright.project import Project, Settings
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import CheckOptions

#: What a project without targets is looked at for, softly: names that ``--for`` takes too.
COMMON = (
    "linux",
    "aarch64-unknown-linux-gnu",
    "macos",
    "x86_64-apple-darwin",
    "windows",
)


def check(context: Context, options: CheckOptions) -> Proof:
    """Prove the lock as it stands; it is never made current here, and no index is asked for it.

    With ``binaries`` the chosen wheels are fetched and read. Raises ``MissingLockError``,
    ``StaleLockError`` with ``locked``, :class:`TargetError`, ``InvalidLockError`` and what
    fetching raises.
    """
    started = time.monotonic()
    lock, stale = lock_to_prove(context, options)
    targets, hard = targets_to_prove(context, options)
    rules = rules_of(context)
    proofs = tuple(prove(lock, target, rules, hard=hard) for target in targets)
    proof = Proof(
        str(context.project.root / LOCK_NAME),
        proofs,
        tuple((one.name, one.version, one.marker) for one in lock.packages),
        stale,
        declared=hard,
    )
    if options.binaries:
        from wheelright.workflows.measuring import measure

        proof = measure(context, options.index, lock, proof, targets)
    return replace(proof, seconds=time.monotonic() - started)


def rules_of(context: Context) -> Rules:
    """Return what hard targets may be served with."""
    settings = context.settings
    policy = build_policy(context, BuildOptions())
    return Rules(policy, settings.wheels, frozenset(settings.allow_build))


def lock_to_prove(context: Context, options: CheckOptions) -> tuple[Lock, tuple[str, ...]]:
    """Return the lock, and why it is not current (nothing where it is, or with ``frozen``).

    Raises ``MissingLockError``, and ``StaleLockError`` with ``locked``.
    """
    path = context.project.root / LOCK_NAME
    asked = LockOptions(index=options.index)
    if options.locked:
        return require_current(context, asked), ()
    lock = require_lock(read_existing(context, path), path)
    if options.frozen:
        return lock, ()
    stale = staleness(lock, prepare(context, asked).inputs)
    return lock, () if stale is None else stale.reasons


def targets_to_prove(
    context: Context, options: CheckOptions
) -> tuple[tuple[DeclaredTarget, ...], bool]:
    """Return the targets that count, and whether they are hard.

    Raises :class:`TargetError` for unknown names, and for all targets where none is declared.
    """
    project, settings = context.project, context.settings
    names = options.targets
    if not names and not options.all_targets:
        names = tuple(context.environ.get(VARIABLE, "").replace(",", " ").split())
    if names:
        named = dict.fromkeys(names)
        return tuple(target_named(name, project, settings) for name in named), True
    declared = declared_targets(project, settings)
    if declared:
        return declared, True
    if options.all_targets:
        raise TargetError(
            "the project declares no targets",
            where=str(project.path),
            hints=[
                'declare them: `targets = ["x86_64-manylinux_2_17"]` in `[tool.wheelright]`',
                "`--for` takes the name of any platform",
            ],
        )
    from wheelright.project import Target

    return tuple(read_target(Target(name), project) for name in COMMON), False


def target_named(name: str, project: Project | None, settings: Settings) -> DeclaredTarget:
    """Return a declared target, a platform, or this machine (``native``).

    Raises :class:`TargetError`.
    """
    return this_machine(name, project) if name in NATIVE else find_target(name, project, settings)


def this_machine(name: str, project: Project | None) -> DeclaredTarget:
    """Return the machine at hand as a target, for every Python of the project."""
    from wheelright.project import Target

    here = Target("here", platform=str(detect_machine().platform))
    return replace(read_target(here, project), name=name)
