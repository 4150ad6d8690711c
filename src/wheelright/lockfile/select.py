"""Selecting from a lock the packages that one environment, with extras and groups, gets.

The steps are those of PEP 751's "Installation". Must live here: which entries count. Must not
live here: which of an entry's files (``choose``), nor what becomes of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from wheelright.lockfile.errors import (
    AmbiguousLockError,
    ConflictingEntriesError,
    InvalidLockError,
    NotCoveredError,
    NotOfferedError,
)
from wheelright.lockfile.markers import door_words, normalised_name
from wheelright.lockfile.walk import reached_names
from wheelright.targets.conditions import holds_plainly
from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from packaging.markers import Marker

    from wheelright.lockfile.model import Lock, LockedPackage


def select(
    lock: Lock,
    marker_values: Mapping[str, str],
    extras: Collection[str] = (),
    groups: Collection[str] = (),
    *,
    project: bool = True,
) -> list[LockedPackage]:
    """Return the entries to install, in lock order, one per package.

    ``marker_values`` has every variable of PEP 508 for the environment. ``groups`` is the whole
    list: the caller adds the lock's default groups. Without ``project`` only what the groups and
    extras themselves reach is selected (``--only-group``), which a lock of another tool does not
    tell, so that there the markers alone decide.

    :raises NotCoveredError: where the lock does not cover the environment.
    :raises NotOfferedError: for extras and groups that the lock does not have.
    :raises ConflictingEntriesError: for two of them that were declared to conflict.
    :raises AmbiguousLockError: where two entries of one package apply.
    :raises InvalidLockError: for a marker or specifier that cannot be read.
    """
    extras = frozenset(map(normalised_name, extras))
    groups = frozenset(map(normalised_name, groups))
    _check_offered("extra", extras, lock.extras)
    _check_offered("group", groups, (*lock.groups, *lock.default_groups))
    check_apart(lock, extras, groups)
    check_covered(lock, marker_values)
    values: dict[str, str | frozenset[str]] = {
        **marker_values,
        "extras": extras,
        "dependency_groups": groups,
    }
    answers: dict[str | None, bool] = {None: True}
    chosen: dict[str, LockedPackage] = {}
    for number, package in enumerate(lock.packages):
        marker = package.marker
        if marker not in answers:
            assert marker is not None
            answers[marker] = _evaluate(marker, values, f"packages[{number}].marker", "lock_file")
        if not answers[marker]:
            continue
        if package.name in chosen:
            raise _ambiguous(chosen[package.name], package)
        chosen[package.name] = package
    if not project and lock.inputs is not None:
        entries = {name: (package,) for name, package in chosen.items()}
        reached = reached_names(lock.inputs, entries, marker_values, extras, groups)
        chosen = {name: package for name, package in chosen.items() if name in reached}
    python = marker_values["python_full_version"]
    for package in chosen.values():
        if not _fits(package.requires_python, python, f"requires-python of {package.name}"):
            raise NotCoveredError(
                f"`{package.name}` {package.version or ''}".rstrip()
                + f" needs Python {package.requires_python}, and this environment has {python}"
            )
    return list(chosen.values())


def applies(
    marker: str | None,
    marker_values: Mapping[str, str],
    extras: Collection[str] = (),
    groups: Collection[str] = (),
) -> bool:
    """Whether a marker of a lock holds in an environment, with extras and groups asked for.

    :raises InvalidLockError: for a marker that cannot be read.
    """
    if marker is None:
        return True
    values: dict[str, str | frozenset[str]] = {
        **marker_values,
        "extras": frozenset(map(normalised_name, extras)),
        "dependency_groups": frozenset(map(normalised_name, groups)),
    }
    return _evaluate(marker, values, "marker", "lock_file")


def check_apart(lock: Lock, extras: Collection[str], groups: Collection[str]) -> None:
    """Check that no two sides of a declared conflict are asked for together.

    :raises ConflictingEntriesError: names the two, and the setting.
    """
    asked = {f"extra {normalised_name(name)}" for name in extras}
    asked |= {f"group {normalised_name(name)}" for name in groups}
    for conflict in () if lock.inputs is None else lock.inputs.conflicts:
        sides = [
            next((entry for entry in side.split(" + ") if entry in asked), None)
            for side in conflict.split(" | ")
        ]
        both = [_entry_words(entry) for entry in sides if entry is not None]
        if len(both) > 1:
            raise ConflictingEntriesError(
                f"{both[0]} and {both[1]} cannot be installed together",
                details=["the project's setting `conflicts` keeps them apart"],
                hints=["leave one of them out"],
            )


def _entry_words(entry: str) -> str:
    kind, _, name = entry.partition(" ")
    return door_words(name[1:]) if name.startswith("@") else f"{kind} `{name}`"


def check_covered(lock: Lock, marker_values: Mapping[str, str]) -> None:
    """Check that the lock was made for an environment.

    :raises NotCoveredError: where it was not; says which environments the lock covers.
    """
    python = marker_values["python_full_version"]
    if not _fits(lock.requires_python, python, "requires-python"):
        raise NotCoveredError(
            f"the lock covers Python {lock.requires_python}, and this environment has {python}",
            hints=["choose another Python with `--python`, or widen `requires-python` and lock"],
        )
    for number, marker in enumerate(lock.environments):
        if _evaluate(marker, marker_values, f"environments[{number}]", "requirement"):
            return
    if lock.environments:
        here = f"{marker_values['sys_platform']} on {marker_values['platform_machine']}"
        raise NotCoveredError(
            f"the lock does not cover this environment ({here}, Python {python})",
            details=[f"it covers `{marker}`" for marker in lock.environments],
            hints=["declare the environment in `targets` or `environments` and lock again"],
        )


def is_covered(lock: Lock, marker_values: Mapping[str, str]) -> bool:
    """Whether the lock was made for an environment."""
    try:
        check_covered(lock, marker_values)
    except NotCoveredError:
        return False
    return True


def _check_offered(kind: str, asked: Collection[str], offered: Iterable[str]) -> None:
    known = sorted({normalised_name(one) for one in offered})
    for name in sorted(asked):
        if name not in known:
            known = [one for one in known if not one.startswith("@")]  # doors of members
            from difflib import get_close_matches

            near = get_close_matches(name, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else None
            listed = ", ".join(f"`{item}`" for item in known)
            raise NotOfferedError(
                f"the lock has no {kind} `{name}`",
                details=[f"it has {listed}"] if known else [f"it has no {kind}s at all"],
                hints=[hint] if hint else [],
            )


@lru_cache(maxsize=4096)
def _marker(text: str) -> Marker | None:
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(text)
    except InvalidMarker:
        return None


def _evaluate(
    text: str,
    values: Mapping[str, str | frozenset[str]],
    place: str,
    context: Literal["lock_file", "requirement"],
) -> bool:
    plain = holds_plainly(text, values)
    if plain is not None:
        return plain
    marker = _marker(text)
    if marker is None:
        raise InvalidLockError(f"`{place}` is `{text}`, which is not a valid marker")
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    try:
        return marker.evaluate(values, context)
    except (UndefinedComparison, UndefinedEnvironmentName):
        raise InvalidLockError(f"`{place}` is `{text}`, which cannot be evaluated") from None


@lru_cache(maxsize=1024)
def _fits(specifier: str | None, python: str, place: str) -> bool:
    try:
        return specifier is None or SpecifierSet(specifier).contains(python, prereleases=True)
    except InvalidSpecifier:
        raise InvalidLockError(f"`{place}` is `{specifier}`, which is no specifier") from None


def _ambiguous(first: LockedPackage, second: LockedPackage) -> AmbiguousLockError:
    if first.version != second.version:
        both = f"{first.version or 'a source tree'} and {second.version or 'a source tree'}"
    else:
        both = f"{first.version or 'a source tree'} from two places"
    return AmbiguousLockError(
        f"the lock has two entries of `{first.name}` for this environment: {both}",
        details=[
            f"one applies {_where(first)}",
            f"the other applies {_where(second)}",
        ],
        hints=["leave out one of the extras or groups, or lock again"],
    )


def _where(package: LockedPackage) -> str:
    return "everywhere" if package.marker is None else f"where `{package.marker}`"
