"""One venv for several targets: the packages that any of them needs, in files that fit them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wheelright.errors import RequestError
from wheelright.lockfile.choose import NoFile
from wheelright.lockfile.errors import NoFileFitsError
from wheelright.workflows.choosing import choose_wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.venv import Wanted
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import SyncOptions
    from wheelright.workflows.policy import BuildPolicy

_SEPARATE = '`venv = "per-target"` in `[tool.wheelright]` keeps a venv for each target'


class DifferentVersionsError(RequestError):
    """Targets that shall share a venv are locked to different versions of a package."""


def choose_shared(
    context: Context, lock: Lock, aim: Aim, options: SyncOptions, policy: BuildPolicy
) -> list[Wanted]:
    """Return what a venv for all members of ``aim`` shall hold.

    Raises ``NoFileFitsError`` that names each package without a file for all,
    :class:`DifferentVersionsError`, and what choosing for one target raises.
    """
    project = context.project
    shared = replace(lock, packages=tuple(_for_all(one, aim) for one in lock.packages))
    known = {(one.name, one.version): one for one in lock.packages}
    found: dict[str, Wanted] = {}
    failures: list[LockedPackage] = []
    for member in aim.members:
        # Each target first by itself: what fits it alone is no question of sharing.
        alone = choose_wanted(project, lock, member, options, policy, context)
        for one in alone:
            before = found.setdefault(one.name, one)
            if before.version != one.version:
                raise _versions(before, one, aim)
            package = known.get((one.name, one.version))
            if package is not None and package not in failures and not _served(package, aim, one):
                failures.append(package)
    if failures:
        raise _no_common_file(failures, aim)
    chosen: dict[str, Wanted] = {}
    for member in aim.members:
        for one in choose_wanted(project, shared, member, options, policy, context):
            # All files of the lock stay known: one that is installed and does not fit all is no
            # stranger.
            chosen.setdefault(one.name, replace(one, files=found[one.name].files))
    return [chosen[name] for name in found]


def _for_all(package: LockedPackage, aim: Aim) -> LockedPackage:
    """Return a package with those of its wheels alone that fit all targets."""
    fitting = tuple(file for file in package.wheels if aim.why_not(file.name) is None)
    return package if fitting == package.wheels else replace(package, wheels=fitting)


def _served(package: LockedPackage, aim: Aim, wanted: Wanted) -> bool:
    """Whether all targets can have the same file of a package, or the same build of it."""
    if wanted.file is None or not wanted.file.is_wheel:
        return True
    return any(aim.why_not(file.name) is None for file in package.wheels)


def _versions(one: Wanted, other: Wanted, aim: Aim) -> DifferentVersionsError:
    return DifferentVersionsError(
        f"`{one.name}` is locked to {one.version} and to {other.version} for {aim.full_name}",
        hints=[_SEPARATE],
    )


def _no_common_file(packages: Sequence[LockedPackage], aim: Aim) -> NoFileFitsError:
    details = []
    for package in packages:
        reasons = []
        for member in aim.members:
            misfit = NoFile(package, "unfit").nearest(member.tags)
            best = [file.name for file in package.wheels if member.why_not(file.name) is None]
            if misfit is not None:
                reasons.append(f"for {member.name} {misfit.text}")
            else:
                reasons.append(f"{member.name} takes {best[0]}")
        name = f"`{package.name}` {package.version or ''}".rstrip()
        details.append(f"{name}: {'; '.join(reasons)}")
    if len(packages) == 1:
        package = packages[0]
        message = (
            f"the locked `{package.name}` {package.version or ''}".rstrip()
            + f" has no file that fits all of {aim.words}"
        )
    else:
        message = f"{len(packages)} locked packages have no file that fits all of {aim.words}"
    return NoFileFitsError(message, details=details, hints=[_SEPARATE])
