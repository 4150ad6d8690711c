"""Proving from a lock alone what each package gets on each target, with every Python of it.

Must live here: which entries apply where, which file each gets or why none fits, and what would
help. No file is read, nothing is asked of any index. Must not live here: reading the lock and the
settings (``checking``), binaries (``measuring``), floors (``floors``).

An entry counts on a target if *some* choice of extras and groups installs it there: a lock is
proved for everything that may be asked of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from wheelright.lockfile import InvalidLockError
from wheelright.lockfile.choose import NoFile, choose_file
from wheelright.lockfile.walk import parse_line
from wheelright.targets import (
    nearest_wheel,
    normalize_name,
    parse_platform,
    parse_wheel_name,
)
from wheelright.targets.conditions import holds_plainly
from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet
from wheelright.workflows.declared import NEWEST_MINOR, OLDEST_MINOR
from wheelright.workflows.proofs import Cell, TargetProof, pythons_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.markers import Marker

    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.targets import Misfit, Platform, TagSet, WheelName
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.policy import BuildPolicy

_MICRO = re.compile(r"""['"]3\.(\d+)\.(\d+)""")
# Every name in `werkzeug<3` and in `flask 3.0: werkzeug<3, six`, which is for one package only.
_NAMES = re.compile(r"(?:^|[:,])\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
#: The micro releases among which the first that ``requires-python`` admits stands for a minor.
_MICROS = range(40)


class Rules(Struct, frozen=True):
    """What a hard target may be served with: the settings ``wheels`` and ``allow-build``."""

    policy: BuildPolicy
    wheels: Literal["require", "prefer", "any"] = "prefer"
    allow_build: frozenset[str] = frozenset()

    def why_no_build(self, package: LockedPackage, *, hard: bool) -> str | None:
        """Say why a package may not be built for a target; ``None`` where it may."""
        name = package.name
        if not self.policy.may_build(name):
            return "building it is off"
        if not hard or name in self.allow_build or not self.policy.may_use_wheels(name):
            return None
        if self.wheels == "require":
            return '`wheels = "require"` asks for wheels'
        # A wheel for any platform says nothing of code that would have to be compiled.
        if self.wheels == "prefer" and not all(
            file.name.endswith("-any.whl") for file in package.wheels
        ):
            return "a package with wheels is built for a target only where that is allowed"
        return None


class Standing(Struct, frozen=True):
    """One Python on one target: its tags, and the marker values of the releases it stands for.

    Without ``values`` the lock does not cover it; ``left_out``: because it says so of itself.
    """

    python: tuple[int, int]
    tags: TagSet
    values: tuple[Mapping[str, str], ...]
    left_out: bool = False

    @property
    def text(self) -> str:
        """The Python as ``3.12``."""
        return _dotted(self.python)


def prove(lock: Lock, target: DeclaredTarget, rules: Rules, *, hard: bool) -> TargetProof:
    """Tell what every package of a lock gets on a target.

    Raises ``InvalidLockError`` for a lock with markers, specifiers or file names that are none.
    """
    entries = Entries(lock)
    cells: list[Cell] = []
    uncovered: list[str] = []
    left_out: list[str] = []
    for standing in standings(lock, target):
        if not standing.values:
            (left_out if standing.left_out else uncovered).append(standing.text)
            continue
        applying = entries.applying(standing)
        found = [cell_of(package, target, standing, rules, hard=hard) for package in applying]
        names = {package.name for package in applying}
        cells += found
        cells += [
            _unreached(package, requirement, standing)
            for package, requirement in entries.unreached(standing, applying, names)
        ]
    return TargetProof(
        target.name,
        str(target.platform),
        target.platform.describe(),
        hard,
        tuple(text for python in target.pythons if (text := _dotted(python)) not in left_out),
        tuple(sorted(cells, key=lambda cell: cell.package)),
        tuple(uncovered),
        tuple(left_out),
        _hints(cells, target),
    )


def _dotted(python: tuple[int, int]) -> str:
    return f"{python[0]}.{python[1]}"


def standings(lock: Lock, target: DeclaredTarget) -> Iterator[Standing]:
    """Yield the Pythons of a target; one that the lock does not cover has no values.

    A target that is not declared promises no Pythons: of the newest, those that the lock could not
    cover for its own targets are left out there too.
    """
    found = list(_standings(lock, target))
    declared = any(one.name == target.name for one in lock.targets)
    if lock.targets and not declared and not target.promised and any(one.values for one in found):
        served = max(number for number, one in enumerate(found) if one.values) + 1
        found[served:] = [replace(one, left_out=True) for one in found[served:]]
    yield from found


def _standings(lock: Lock, target: DeclaredTarget) -> Iterator[Standing]:
    mentioned = _mentioned(lock)
    left_out = {
        python
        for one in lock.targets
        if (one.name, one.platform) == (target.name, str(target.platform))
        for python in one.left_out
    }
    for python in target.pythons:
        tags = target.tags(python)
        if _dotted(python) in left_out:
            yield Standing(python, tags, (), left_out=True)
            continue
        values = []
        for micro in _releases(lock.requires_python, python, mentioned.get(python, ())):
            full = f"{python[0]}.{python[1]}.{micro}"
            version = {"python_full_version": full, "implementation_version": full}
            values.append({**target.values(python), **version})
        covered = [one for one in values if _covers(lock, one)]
        yield Standing(python, tags, tuple(covered))


def _mentioned(lock: Lock) -> dict[tuple[int, int], set[int]]:
    """Return the micro releases at which some marker of the lock may change its answer."""
    found: dict[tuple[int, int], set[int]] = {}
    for text in {package.marker for package in lock.packages if package.marker}:
        if "python_full_version" in text:
            for minor, micro in _MICRO.findall(text):
                found.setdefault((3, int(minor)), set()).update((int(micro), int(micro) + 1))
    return found


def _releases(
    requires: str | None, python: tuple[int, int], mentioned: Iterable[int]
) -> tuple[int, ...]:
    admitted = [micro for micro in _MICROS if _admits(requires, (*python, micro))]
    return tuple(sorted({*admitted[:1], *(set(mentioned) & set(admitted))}))


@lru_cache(maxsize=4096)
def _admits(specifier: str | None, version: tuple[int, int, int]) -> bool:
    try:
        text = "{}.{}.{}".format(*version)
        return specifier is None or SpecifierSet(specifier).contains(text, prereleases=True)
    except InvalidSpecifier:
        raise InvalidLockError(f"`{specifier}` in the lockfile is no specifier") from None


def _covers(lock: Lock, values: Mapping[str, str]) -> bool:
    return not lock.environments or any(
        _evaluate(text, values, lock_file=False) for text in lock.environments
    )


@lru_cache(maxsize=4096)
def _marker(text: str) -> Marker:
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(text)
    except InvalidMarker:
        raise InvalidLockError(f"`{text}` in the lockfile is not a marker") from None


def _evaluate(
    text: str, values: Mapping[str, str | frozenset[str]], *, lock_file: bool = True
) -> bool:
    plain = holds_plainly(text, values)
    if plain is not None:
        return plain
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    try:
        return _marker(text).evaluate(values, "lock_file" if lock_file else "requirement")
    except (UndefinedComparison, UndefinedEnvironmentName):
        raise InvalidLockError(f"`{text}` in the lockfile cannot be evaluated") from None


class Entries:
    """The entries of a lock, asked where they apply and whether one is needed that does not."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.doors = tuple(_doors(lock))

    def applying(self, standing: Standing) -> list[LockedPackage]:
        """Return the entries that some choice of extras and groups installs, in lock order."""
        answers: dict[str | None, bool] = {None: True}
        found = []
        for package in self.lock.packages:
            text = package.marker
            if text not in answers:
                assert text is not None
                answers[text] = any(
                    _evaluate(text, {**values, **doors})
                    for values in standing.values
                    for doors in self.doors
                )
            if answers[text]:
                found.append(package)
        return found

    def unreached(
        self, standing: Standing, applying: Iterable[LockedPackage], names: set[str]
    ) -> Iterator[tuple[LockedPackage, str]]:
        """Yield entries that something requires where they do not apply, with its words.

        Only for locks that record requirements; overridden projects are taken as the lock has
        them.
        """
        inputs = self.lock.inputs
        if inputs is None:
            return
        overridden = {
            normalize_name(name) for text in inputs.overrides for name in _NAMES.findall(text)
        }
        entries: dict[str, list[LockedPackage]] = {}
        for package in applying:
            entries.setdefault(package.name, []).append(package)
        groups = (table for table in inputs.groups.values() if _admitted(table, standing))
        tables = (*inputs.extras.values(), *groups)
        own = (*inputs.requirements, *(text for table in tables for text in table))
        queue: list[tuple[str, str, tuple[str, ...]]] = [("the project", text, ()) for text in own]
        holds = _Holds(standing)
        seen: set[tuple[str, tuple[str, ...]]] = set()
        told: set[str] = set()
        while queue:
            source, text, extras = queue.pop()
            line = parse_line(text)
            step = (line.name, line.extras)
            if step in seen or not holds(text, extras):
                continue
            if line.name not in names and line.name not in overridden:
                if line.name in self.lock.by_name and line.name not in told:
                    told.add(line.name)
                    yield self.lock.by_name[line.name][0], f"{source} requires `{text}`"
                continue
            seen.add(step)
            for package in entries.get(line.name, ()):
                known = f"`{package.name}` {package.version or ''}".rstrip()
                queue += [(known, required, line.extras) for required in package.requires]


def _admitted(group: Iterable[str], standing: Standing) -> bool:
    """Whether a group's own ``requires-python``, which stands among its lines, admits a Python."""
    bounds = [text.partition(" ")[2] for text in group if text.startswith("requires-python ")]
    return all(
        _admits(bound, _numbers(values["python_full_version"]))
        for bound in bounds
        for values in standing.values
    )


class _Holds:
    """Whether requirement lines count for one Python on one target, each asked once."""

    def __init__(self, standing: Standing) -> None:
        self._values = standing.values
        self._known: dict[tuple[str, tuple[str, ...]], bool] = {}

    def __call__(self, text: str, extras: tuple[str, ...]) -> bool:
        line = parse_line(text)
        if line.marker is None:
            return True
        key = (text.partition(";")[2], extras)
        known = self._known.get(key)
        if known is None:
            known = any(line.holds(values, extras) for values in self._values)
            self._known[key] = known
        return known


def _doors(lock: Lock) -> Iterator[dict[str, frozenset[str]]]:
    """Yield the choices of extras and groups that can tell entries apart."""
    extras = frozenset(map(normalize_name, lock.extras))
    groups = frozenset(map(normalize_name, (*lock.groups, *lock.default_groups)))
    yield {"extras": extras, "dependency_groups": groups}
    if any(" not in " in (package.marker or "") for package in lock.packages):
        yield {"extras": frozenset(), "dependency_groups": frozenset()}
        for extra in sorted(extras):
            yield {"extras": frozenset({extra}), "dependency_groups": frozenset()}
        for group in sorted(groups):
            yield {"extras": frozenset(), "dependency_groups": frozenset({group})}


def cell_of(
    package: LockedPackage, target: DeclaredTarget, standing: Standing, rules: Rules, *, hard: bool
) -> Cell:
    """Return what an entry gets with one Python on a target; ``standing`` must have values."""
    python = standing.text
    blank = Cell(package.name, package.version, python, "missing")
    if package.requires_python is not None and not any(
        _admits(package.requires_python, _numbers(values["python_full_version"]))
        for values in standing.values
    ):
        return replace(
            blank,
            kind="requires-python",
            reason=f"it needs Python {package.requires_python}",
            fixes=("bound `python` of the target, or lock again",),
        )
    if package.archive is not None:
        return _archive_cell(blank, package, target, standing)
    if not package.files:
        place = "version control" if package.vcs is not None else "a directory"
        return replace(blank, verdict="built", reason=f"its source tree is in {place}")
    chosen = choose_file(
        package, standing.tags, no_binary=not rules.policy.may_use_wheels(package.name)
    )
    if isinstance(chosen, NoFile):
        if chosen.kind == "binary":
            reason = "it has no sdist, and its wheels may not be used"
            return replace(blank, kind="binary", reason=reason, fixes=("leave `no-binary` out",))
        return _misfit_cell(blank, package, target, standing)
    if chosen.is_wheel:
        return wheel_cell(blank, parse_wheel_name(chosen.name), chosen.name, standing)
    forbidden = rules.why_no_build(package, hard=hard)
    if forbidden is not None:
        return _misfit_cell(blank, package, target, standing, forbidden)
    wheels = _names(package)
    nearest = nearest_wheel(wheels, standing.tags)
    if not rules.policy.may_use_wheels(package.name):
        reason = "its wheels may not be used"
    elif nearest is None:
        reason = "it has only an sdist"
    else:
        reason = _misfit_words(nearest, wheels, target)
    tag = None if nearest is None else nearest.tag
    return replace(blank, verdict="built", file=chosen.name, reason=reason, nearest=tag)


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, micro = version.split(".")
    return int(major), int(minor), int(micro)


def wheel_cell(blank: Cell, wheel: WheelName, file: str, standing: Standing) -> Cell:
    """Return the cell of a wheel that fits: its best tag, and the lowest floor it is tagged for."""
    tag = best_tag(wheel, standing.tags)
    if wheel.is_pure:
        return replace(blank, verdict="pure", file=file, tag=tag)
    number = min(
        (tag_floor(one) for one in wheel.platforms if one in standing.tags.platform_tags),
        default=(0, 0),
    )
    lowest = standing.tags.platform.with_floor(number)
    floor = floor_text(lowest) if number > (0, 0) else None
    return replace(blank, verdict="wheel", file=file, tag=tag, floor=floor)


_TAG_FLOOR = re.compile(r"(?:manylinux|musllinux|macosx)_(\d+)_(\d+)_.+")
_LEGACY_FLOORS = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


@lru_cache(maxsize=4096)
def tag_floor(tag: str) -> tuple[int, int]:
    """Return the version that a platform tag promises to run on; ``(0, 0)`` where it says none."""
    match = _TAG_FLOOR.fullmatch(tag)
    if match is not None:
        return int(match[1]), int(match[2])
    return _LEGACY_FLOORS.get(tag.partition("_")[0], (0, 0))


def best_tag(wheel: WheelName, tags: TagSet) -> str | None:
    """Return the tag by which a wheel fits best; ``None`` where it does not."""
    for platform in ("any",) if wheel.is_pure else tags.platform_tags:
        if platform in wheel.platforms:
            rows = ((python, "none") for python in tags.pure_rows) if wheel.is_pure else tags.rows
            for python, abi in rows:
                if python in wheel.pythons and abi in wheel.abis:
                    return f"{python}-{abi}-{platform}"
    return None


def floor_text(platform: Platform) -> str:
    """Return the number of a floor as people write it: ``2.17``, ``1.2``, ``14``."""
    number = platform.describe().rpartition(",")[0].split()[-1]
    return number if platform.floor is not None else ""


def _archive_cell(
    blank: Cell, package: LockedPackage, target: DeclaredTarget, standing: Standing
) -> Cell:
    assert package.archive is not None
    name = package.archive.file.name.rpartition("/")[2]
    if not name.endswith(".whl"):
        return replace(blank, verdict="built", file=name, reason="it comes from one archive")
    wheel = parse_wheel_name(name)
    if standing.tags.rank(wheel) is not None:
        return wheel_cell(blank, wheel, name, standing)
    nearest = nearest_wheel([wheel], standing.tags)
    assert nearest is not None
    fixes = ("name the place of another wheel or of an sdist, or add a marker",)
    return _unfit(blank, nearest, _misfit_words(nearest, [wheel], target), fixes)


def _unfit(blank: Cell, nearest: Misfit, reason: str, fixes: tuple[str, ...]) -> Cell:
    served = None if nearest.platform is None else str(nearest.platform)
    return replace(
        blank,
        kind=nearest.kind,
        reason=reason,
        nearest=nearest.tag,
        fixes=fixes,
        served_from=served,
    )


def _names(package: LockedPackage) -> list[WheelName]:
    return [parse_wheel_name(file.name) for file in package.wheels]


def _misfit_cell(
    blank: Cell,
    package: LockedPackage,
    target: DeclaredTarget,
    standing: Standing,
    forbidden: str | None = None,
) -> Cell:
    """Return the cell of a package without a usable file; ``forbidden`` is why it is not built."""
    wheels = _names(package)
    nearest = nearest_wheel(wheels, standing.tags)
    sdist = package.sdist is not None
    if nearest is None:
        reason = f"it has only an sdist, and {forbidden}"
        return replace(blank, kind="sdist", reason=reason, fixes=(_allow(package.name),))
    reason = _misfit_words(nearest, wheels, target)
    if not sdist:
        reason += ", and it has no sdist"
    shown = f"`wheelright explain {package.name} --for {target.name}`"
    fixes = [f"{shown} shows which versions have a wheel there"]
    if nearest.platform is not None:
        fixes.append(f"raise the floor to `{nearest.platform}`")
    elif nearest.kind == "python":
        fixes.append(f"bound `python` of `{target.name}`, so that it does not have this Python")
    elif nearest.kind == "platform":
        fixes.append("add a marker to the requirement, where the target does without it")
    if sdist:
        fixes.append(_allow(package.name))
    return _unfit(blank, nearest, reason, tuple(fixes))


def _allow(name: str) -> str:
    return f'`allow-build = ["{name}"]` lets it be built for the target'


def _misfit_words(nearest: Misfit, wheels: Sequence[WheelName], target: DeclaredTarget) -> str:
    """Say what the nearest wheels need, and what the target has."""
    text = nearest.text.partition(" (nearest: ")[0]
    if nearest.kind == "floor" and target.platform.floor is not None:
        return f"{text}, {target.name} has {floor_text(target.platform)}"
    if nearest.kind == "python":
        served = [
            _dotted((3, minor))
            for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1)
            if any(target.tags((3, minor)).rank(wheel) is not None for wheel in wheels)
        ]
        if served:
            return f"its wheels are for Python {pythons_words(served)}"
    return text


def _unreached(package: LockedPackage, requirement: str, standing: Standing) -> Cell:
    return Cell(
        package.name,
        package.version,
        standing.text,
        "missing",
        kind="marker",
        reason=f"{requirement}, and the lock has it only where `{package.marker}`",
        fixes=("lock again, with the target among `targets`",),
    )


def _hints(cells: list[Cell], target: DeclaredTarget) -> tuple[str, ...]:
    """Say which floor would serve all that is missing, where only floors stand in the way."""
    missing = [cell for cell in cells if cell.verdict == "missing"]
    if not missing or any(cell.kind != "floor" for cell in missing):
        return ()
    platforms = [parse_platform(cell.served_from) for cell in missing if cell.served_from]
    highest = max(platforms, key=lambda platform: platform.floor or (0, 0))
    return (f"all of it is served by `{highest}` in place of `{target.platform}`",)
