"""``wheelright floor``: the lowest floor that a lock really serves on each kind of machine.

Must live here: how low the wheels of each package go, which package holds the floor up, and which
of its versions would lower it. Must not live here: one given floor against the lock (``proving``).
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import WheelrightError
from wheelright.lockfile.choose import NoFile, choose_file
from wheelright.outside.threads import run_all
from wheelright.resolver.candidates import is_prerelease
from wheelright.resolver.pythons import lower_bound
from wheelright.targets import compatible_tags
from wheelright.workflows.checking import lock_to_prove, rules_of, targets_to_prove
from wheelright.workflows.declared import DeclaredTarget, read_target
from wheelright.workflows.freshness import LOCK_NAME
from wheelright.workflows.judges import wheel_names
from wheelright.workflows.proving import Entries, floor_text, standings, tag_floor
from wheelright.workflows.requiring import forbids, requirers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelright.index import ProjectPage, Release
    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.store import File
    from wheelright.targets import Platform, TagSet
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import CheckOptions
    from wheelright.workflows.proving import Rules
    from wheelright.workflows.requiring import Requirer

Number = tuple[int, int]

#: The kinds of machines whose floor is told where no target is declared or named.
KINDS = (
    "x86_64-manylinux_2_17",
    "aarch64-manylinux_2_17",
    "x86_64-musllinux_1_2",
    "aarch64-musllinux_1_2",
    "macos-11-arm64",
    "macos-11-x86_64",
)
_HIGHEST: dict[str, Number] = {"glibc": (2, 99), "musl": (1, 99), "macos": (99, 0)}
#: The floors at and below which hardly any wheel is made: nothing worth lowering.
_OLDEST: dict[str, Number] = {
    "glibc": (2, 17),
    "musl": (1, 2),
    "macos": (10, 9),
    "macos-arm64": (11, 0),
}
_OLDEST_ARM_MACOS: Number = (11, 0)
#: How many floors below the highest are told, with who holds them.
STEPS = 2
#: Pages that are asked for at once.
_REQUESTS = 8


class Lowering(Struct, frozen=True):
    """What would lower a package's floor: the newest such version, and the floor it has.

    ``floor`` is ``None`` where the version runs on any; ``pythons`` are those it has wheels for.
    ``forbidden`` says who in the lock does not admit it: then no lower version is admitted.
    ``version`` is ``None`` where none is lower, and where that is not known: ``unknown`` says why.
    """

    version: str | None = None
    floor: str | None = None
    pythons: tuple[str, ...] = ()
    forbidden: str | None = None
    unknown: str | None = None


class Holder(Struct, frozen=True):
    """A package whose wheels go no lower than ``floor`` for some ``pythons``."""

    package: str
    version: str | None
    floor: str
    pythons: tuple[str, ...]
    lowering: Lowering | None = None


class Lacking(Struct, frozen=True):
    """A package that no wheel serves for some ``pythons``."""

    package: str
    version: str | None
    pythons: tuple[str, ...]


class KindFloor(Struct, frozen=True):
    """One kind of machine and the lowest floor that the lock serves there.

    ``floor`` is ``None`` where any version will do. ``platform`` names the floor as ``--for``
    takes it; ``oldest`` says that hardly a wheel is made for anything older. ``holders`` have the
    packages at the floor, then those of the next lower ones.
    ``built`` are packages that no wheel serves and that are built; ``missing`` those that nothing
    serves, so that no floor would do.
    """

    words: str
    platform: str
    floor: str | None
    pythons: tuple[str, ...]
    oldest: bool = False
    holders: tuple[Holder, ...] = ()
    built: tuple[Lacking, ...] = ()
    missing: tuple[Lacking, ...] = ()
    uncovered: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class FloorOutcome(Struct, frozen=True):
    """What ``floor`` answers."""

    lock: str
    kinds: tuple[KindFloor, ...]
    stale: tuple[str, ...] = ()
    seconds: float = 0.0


_Key = tuple[str, str | None]


class _Held(Struct):
    """One package on one kind of machine, gathered over its Pythons."""

    package: LockedPackage
    floors: dict[str, Number]


def floor(context: Context, options: CheckOptions) -> FloorOutcome:
    """Find the lowest floors of the lock as it is.

    Raises ``MissingLockError``, ``StaleLockError``, ``TargetError`` and ``InvalidLockError``. An
    index that cannot be asked is no error: what would lower a floor is then unknown.
    """
    started = time.monotonic()
    lock, stale = lock_to_prove(context, options)
    entries, rules = Entries(lock), rules_of(context)
    kinds = [
        (_kind(lock, entries, target, rules, names), target)
        for target, names in _targets(context, options)
    ]
    wanted = {
        holder.package
        for kind, _ in kinds
        if not kind.oldest
        for holder in kind.holders
        if holder.floor == kind.floor
    }
    pages = _pages(context, options, wanted)
    return FloorOutcome(
        str(context.project.root / LOCK_NAME),
        tuple(_with_lowerings(lock, kind, target, pages) for kind, target in kinds),
        stale,
        time.monotonic() - started,
    )


def _targets(
    context: Context, options: CheckOptions
) -> list[tuple[DeclaredTarget, tuple[str, ...]]]:
    """Return one target for each kind of machine that is asked about, and whom it stands for."""
    targets, hard = targets_to_prove(context, options)
    if not hard:
        from wheelright.project import Target

        project = context.project
        return [(read_target(Target(name), project), ()) for name in KINDS]
    found: dict[tuple[object, ...], list[DeclaredTarget]] = {}
    for target in targets:
        platform = target.platform
        key = (platform.os, platform.arch, platform.libc, target.implementation, target.pythons)
        found.setdefault(key, []).append(target)
    return [
        (same[0], tuple(f"{one.name} ({one.platform.describe()})" for one in same))
        for same in found.values()
        if _family(same[0].platform) in _HIGHEST
    ]


def _family(platform: Platform) -> str:
    return platform.libc or platform.os


def _kind(
    lock: Lock, entries: Entries, target: DeclaredTarget, rules: Rules, names: tuple[str, ...]
) -> KindFloor:
    highest = target.platform.with_floor(_HIGHEST[_family(target.platform)])
    held: dict[_Key, _Held] = {}
    built: dict[_Key, list[str]] = {}
    missing: dict[_Key, list[str]] = {}
    uncovered = []
    pythons: list[str] = []
    for standing in standings(lock, target):
        if standing.left_out:
            continue
        pythons.append(standing.text)
        if not standing.values:
            uncovered.append(standing.text)
            continue
        tags = compatible_tags(highest, standing.python, target.implementation)
        for package in entries.applying(standing):
            known = (package.name, package.version)
            if not package.files and package.archive is None:
                built.setdefault(known, []).append(standing.text)
                continue
            wheels = package.wheels
            if package.archive is not None:
                wheels = (package.archive.file,) if package.archive.file.is_wheel else ()
            lowest = lowest_floor(wheels, tags)
            if lowest is None:
                lacking = missing if _is_missing(package, tags, rules, hard=bool(names)) else built
                lacking.setdefault(known, []).append(standing.text)
                continue
            one = held.setdefault(known, _Held(package, {}))
            one.floors[standing.text] = lowest
    return replace(
        _summed(target, highest, held),
        pythons=tuple(pythons),
        built=_lacking(built),
        missing=_lacking(missing),
        uncovered=tuple(uncovered),
        targets=names,
    )


def _lacking(found: Mapping[_Key, list[str]]) -> tuple[Lacking, ...]:
    return tuple(Lacking(*key, tuple(pythons)) for key, pythons in found.items())


def _is_missing(package: LockedPackage, tags: TagSet, rules: Rules, *, hard: bool) -> bool:
    """Whether nothing serves a package without a wheel, for it may not be built either."""
    if package.archive is not None:
        return package.archive.file.is_wheel
    no_build = rules.why_no_build(package, hard=hard) is not None
    return isinstance(choose_file(package, tags, no_build=no_build), NoFile)


def _summed(target: DeclaredTarget, highest: Platform, held: Mapping[_Key, _Held]) -> KindFloor:
    levels: dict[Number, list[_Held]] = {}
    for one in held.values():
        most = max(one.floors.values())
        if most > (0, 0):
            levels.setdefault(most, []).append(one)
    top = max(levels, default=None)
    platform = highest.with_floor(top) if top is not None else target.platform
    holders = []
    for level in sorted(levels, reverse=True)[: STEPS + 1]:
        for one in sorted(levels[level], key=lambda one: one.package.name):
            pythons = tuple(python for python, number in one.floors.items() if number == level)
            number = floor_text(highest.with_floor(level))
            holders.append(Holder(one.package.name, one.package.version, number, pythons))
    words = platform.describe()
    return KindFloor(
        words if top is not None else f"{_family_words(platform)}, {platform.arch}",
        str(platform),
        None if top is None else floor_text(platform),
        tuple(f"{major}.{minor}" for major, minor in target.pythons),
        top is None or top <= _oldest(target.platform),
        tuple(holders),
    )


def _oldest(platform: Platform) -> Number:
    return _OLDEST.get(f"{_family(platform)}-{platform.arch}", _OLDEST[_family(platform)])


def _family_words(platform: Platform) -> str:
    return platform.describe().rpartition(",")[0].split()[0]


def lowest_floor(files: Iterable[File], tags: TagSet) -> Number | None:
    """Return the lowest floor at which one of the wheels fits; ``(0, 0)`` for a pure one.

    ``tags`` are those of the kind of machine at the highest floor. ``None``: none ever fits.
    """
    lowest: Number | None = None
    for wheel in wheel_names(files):
        if tags.rank(wheel) is None:
            continue
        if wheel.is_pure:
            return (0, 0)
        fitting = [tag_floor(tag) for tag in wheel.platforms if tag in tags.platform_tags]
        number = min(fitting, default=(0, 0))
        if tags.platform.os == "macos" and tags.platform.arch == "arm64":
            number = max(number, _OLDEST_ARM_MACOS)
        if lowest is None or number < lowest:
            lowest = number
    return lowest


def _pages(
    context: Context, options: CheckOptions, names: set[str]
) -> dict[str, ProjectPage | WheelrightError]:
    """Ask for the pages of projects, all at once; an error stands for a page that is not had."""
    indexes = context.indexes(options.index)
    found: dict[str, ProjectPage | WheelrightError] = {}

    def ask(name: str) -> None:
        try:
            found[name] = indexes.page(name)
        except WheelrightError as error:
            found[name] = error

    run_all(ask, names, _REQUESTS)
    return {name: found[name] for name in sorted(names)}


def _with_lowerings(
    lock: Lock,
    kind: KindFloor,
    target: DeclaredTarget,
    pages: Mapping[str, ProjectPage | WheelrightError],
) -> KindFloor:
    if kind.oldest:
        return kind
    known = {one.text: one for one in standings(lock, target)}
    holders = []
    for holder in kind.holders:
        if holder.floor != kind.floor:
            holders.append(holder)
            continue

        @lru_cache
        def asked(pythons: tuple[str, ...], name: str = holder.package) -> tuple[Requirer, ...]:
            values = [value for python in pythons for value in known[python].values]
            return requirers(lock, name, values)

        found = _lowering(holder, target, pages[holder.package], asked)
        holders.append(replace(holder, lowering=found))
    return replace(kind, holders=tuple(holders))


def _lowering(
    holder: Holder,
    target: DeclaredTarget,
    page: ProjectPage | WheelrightError,
    asked: Callable[[tuple[str, ...]], tuple[Requirer, ...]],
) -> Lowering:
    """Return the newest lower version that is admitted, for all Pythons before some of them."""
    if isinstance(page, WheelrightError):
        return Lowering(unknown=page.message)
    found: list[Lowering] = []
    for release in page.releases:
        said = release.summary
        if release.version == holder.version or said.yanked is not False or not said.wheels:
            continue
        if is_prerelease(release.version):
            continue
        one = _lower(holder, target, release)
        if one is not None:
            by = forbids(asked(one.pythons), release.version)
            words = None if by is None else f"{by.source} requires `{by.requirement}`"
            found.append(replace(one, forbidden=words))
            if words is None and one.pythons == holder.pythons:
                break
    # Of equals, `max` takes the first, which is the newest.
    return max(found, key=lambda one: (one.forbidden is None, len(one.pythons)), default=Lowering())


def _lower(holder: Holder, target: DeclaredTarget, release: Release) -> Lowering | None:
    highest = target.platform.with_floor(_HIGHEST[_family(target.platform)])
    required = release.summary.requires_python
    bound = lower_bound(required) if required else None
    bar = _number_of(holder.floor)
    floors: dict[str, Number] = {}
    for text in holder.pythons:
        major, minor = map(int, text.split("."))
        if bound is not None and bound[:2] > (major, minor):
            continue
        tags = compatible_tags(highest, (major, minor), target.implementation)
        number = lowest_floor(release.files, tags)
        if number is not None and number < bar:
            floors[text] = number
    if not floors:
        return None
    most = max(floors.values())
    number_text = floor_text(highest.with_floor(most)) if most > (0, 0) else None
    return Lowering(release.version, number_text, tuple(floors))


def _number_of(text: str) -> Number:
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)
