"""A lock narrowed to some machines: the entries that apply there, with the files that fit.

Must live here: leaving out what no such machine installs. Must not live here: extras and groups
(``export`` evaluates them away), and which of the files is best (``choose``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.lockfile.select import applies
from wheelright.targets.filenames import parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelright.lockfile.model import Lock, LockedPackage
    from wheelright.targets.tags import TagSet


class Kind(Struct, frozen=True):
    """One kind of machine: the marker values and the tags of one Python on it."""

    values: Mapping[str, str]
    tags: TagSet


def narrow(
    lock: Lock, kinds: Iterable[Kind], extras: Collection[str], groups: Collection[str]
) -> Lock:
    """Return a lock with what some of these machines install, and no other file.

    An sdist stays where one of them has no wheel. A marker that holds on all of them is dropped;
    ``extras`` and ``groups`` are those asked for. Raises ``InvalidLockError`` for a marker or a
    file name that cannot be read.
    """
    kinds = tuple(kinds)
    packages = []
    for package in lock.packages:
        here = [kind for kind in kinds if applies(package.marker, kind.values, extras, groups)]
        if here:
            whole = len(here) == len(kinds) and _speaks_of_machines(package.marker)
            marker = None if whole else package.marker
            packages.append(replace(_fitting(package, here), marker=marker))
    environments = tuple(
        text for text in lock.environments if any(applies(text, kind.values) for kind in kinds)
    )
    return replace(lock, packages=tuple(packages), environments=environments)


def _speaks_of_machines(marker: str | None) -> bool:
    """Whether a marker speaks of nothing but the machine: no extras, no groups."""
    return marker is None or not (" in extras" in marker or " in dependency_groups" in marker)


def _fitting(package: LockedPackage, kinds: Sequence[Kind]) -> LockedPackage:
    names = [parse_wheel_name(file.name) for file in package.wheels]
    fits = [[kind.tags.rank(name) is not None for kind in kinds] for name in names]
    wheels = [file for file, row in zip(package.wheels, fits, strict=True) if any(row)]
    served = [any(column) for column in zip(*fits, strict=True)] or [False]
    sdist = None if all(served) else package.sdist
    return replace(package, wheels=tuple(wheels), sdist=sdist)
