"""What is said of a lock for targets: versions passed over, Pythons left out, what is built.

Must live here: the words of notes. Must not live here: the judging itself (``targets_judge``), and
what is said where nothing serves (``unserved``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.outside.urls import redact
from wheelright.resolver.candidates import version_of
from wheelright.targets import nearest_wheel
from wheelright.targets.conditions import holds_plainly
from wheelright.workflows.direct.errors import WrongPlaceError
from wheelright.workflows.judges import usable_files, wheel_names
from wheelright.workflows.targets_judge import minors_in_words, where

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from wheelright.index import ProjectPage, Release
    from wheelright.resolver import Resolution
    from wheelright.resolver.result import Package
    from wheelright.targets import Misfit
    from wheelright.workflows.local import LocalProject
    from wheelright.workflows.targets_judge import Cell, TargetsJudge


class Chosen:
    """Which version of each project an answer has for each target and Python."""

    def __init__(self, judge: TargetsJudge, resolution: Resolution) -> None:
        self._judge = judge
        self.packages: dict[str, list[Package]] = {}
        for package in resolution.packages:
            self.packages.setdefault(package.name, []).append(package)
        left_out = {(one.point, one.minor) for one in resolution.left_out}
        self.cells = tuple(cell for cell in judge.cells if cell not in left_out)

    def at(self, name: str, cell: Cell) -> Package | None:
        """Return what a target has of a project on a Python, whatever entry asks for it."""
        found = self.packages.get(name, [])
        point, minor = cell
        values = self._judge.targets[point].values((3, minor))
        for package in found:
            texts = package.markers.values()
            if any(text is None or holds_at(text, values) for text in texts):
                return package
        return None


def holds_at(text: str, values: Mapping[str, str]) -> bool:
    """Whether a marker of an answer holds where no extra and no group is asked for."""
    nothing = frozenset[str]()
    said: dict[str, str | frozenset[str]] = {
        **values,
        "extras": nothing,
        "dependency_groups": nothing,
    }
    plain = holds_plainly(text, said)
    if plain is not None:
        return plain
    from packaging.markers import Marker

    return Marker(text).evaluate(said, "lock_file")


def notes(
    judge: TargetsJudge,
    resolution: Resolution,
    pages: Mapping[str, ProjectPage],
    *,
    oldest_first: bool = False,
) -> tuple[str, ...]:
    """Return what the user should know of the choice, one line per package."""
    chosen = Chosen(judge, resolution)
    return (
        *_passed_over(judge, resolution, pages, chosen, oldest_first=oldest_first),
        *_left_out(judge, resolution, pages, chosen),
        *_built(judge, resolution, pages, chosen),
    )


def _passed_over(
    judge: TargetsJudge,
    resolution: Resolution,
    pages: Mapping[str, ProjectPage],
    chosen: Chosen,
    *,
    oldest_first: bool,
) -> Iterator[str]:
    """Tell the best version of each project that was passed over, and what was taken instead."""
    found = sorted(
        resolution.passed_over, key=lambda one: version_of(one.version), reverse=not oldest_first
    )
    told: set[str] = set()
    for one in sorted(found, key=lambda one: one.name):
        if one.name in told or one.name not in pages:
            continue
        instead: dict[Cell, str] = {}
        for cell in sorted(one.cells.intersection(chosen.cells)):
            package = chosen.at(one.name, cell)
            worse = package is not None and (
                version_of(package.version) > version_of(one.version)
                if oldest_first
                else version_of(package.version) < version_of(one.version)
            )
            if package is not None and worse:
                instead[cell] = package.version
        release = _release(pages[one.name], one.version)
        if not instead or release is None:
            continue
        told.add(one.name)
        taken = max(set(instead.values()), key=version_of)
        why = reason(judge, one.name, release, instead)
        serves = _serves(judge, chosen, one.name, taken, {point for point, _ in instead})
        yield f"{one.name} {one.version} passed over: {why}; {taken} serves {serves}"


def _serves(
    judge: TargetsJudge, chosen: Chosen, name: str, version: str, points: Container[int]
) -> str:
    """Say where a version was chosen: for all targets, or what it is for of those in question."""
    reached = {cell: package for cell in chosen.cells if (package := chosen.at(name, cell))}
    cells = {cell for cell, package in reached.items() if package.version == version}
    if len(cells) == len(chosen.cells):
        return "all targets"
    asked = [cell for cell in cells if cell[0] in points]
    return where(judge.targets, asked, chosen.cells)


def _left_out(
    judge: TargetsJudge,
    resolution: Resolution,
    pages: Mapping[str, ProjectPage],
    chosen: Chosen,
) -> Iterator[str]:
    groups: dict[tuple[int, str], list[int]] = {}
    for one in resolution.left_out:
        groups.setdefault((one.point, one.name), []).append(one.minor)
    for (point, name), minors in groups.items():
        target = judge.targets[point]
        here = [chosen.at(name, cell) for cell in chosen.cells if cell[0] == point]
        package = next((one for one in reversed(here) if one is not None), None)
        page = pages.get(name)
        release = None
        if page is not None and page.releases:
            release = page.releases[0] if package is None else _release(page, package.version)
        why = ""
        if release is not None:
            why = f" ({release.version}: {reason(judge, name, release, [(point, minors[0])])})"
        verb = "is" if len(minors) == 1 else "are"
        them = "it" if len(minors) == 1 else "them"
        yield (
            f"{target.name}: Python {minors_in_words(minors)} {verb} left out: no version of"
            f' {name} serves {them}{why}; say `python = "{target.python or ">=3.8"}"` for'
            f" {target.name} to insist"
        )


def _built(
    judge: TargetsJudge,
    resolution: Resolution,
    pages: Mapping[str, ProjectPage],
    chosen: Chosen,
) -> Iterator[str]:
    """Tell what will be built where it is installed, for want of a wheel."""
    for package in resolution.packages:
        key = f"{package.name}@{package.origin}" if package.origin else package.name
        release = _release(pages[key], package.version) if key in pages else None
        if release is None:
            continue
        mask = judge.by_wheels(key, release)
        missing = judge.set_of(judge.full & ~mask).intersection(chosen.cells)
        cells = {cell for cell in missing if chosen.at(package.name, cell) is package}
        if not cells:
            continue
        reached = sum(chosen.at(package.name, cell) is not None for cell in chosen.cells)
        everywhere = len(cells) == reached == len(chosen.cells)
        places = "all targets" if everywhere else where(judge.targets, cells, chosen.cells)
        why = reason(judge, key, release, cells)
        yield f"{package.name} {package.version} will be built for {places}: {why}"


def check_archives(
    judge: TargetsJudge, resolution: Resolution, direct: Mapping[str, LocalProject]
) -> None:
    """Check the wheels that stand for projects by their address: there are no others to choose.

    Raises ``WrongPlaceError`` for one that does not fit a target which needs it.
    """
    chosen = Chosen(judge, resolution)
    for package in resolution.packages:
        key = f"{package.name}@{package.origin}" if package.origin else package.name
        own = direct.get(key)
        if own is None or own.archive is None or not own.archive.file.is_wheel:
            continue
        file = own.archive.file
        missing = judge.set_of(judge.full & ~judge.wheel_mask(file.name))
        cells = [
            cell
            for cell in sorted(missing.intersection(chosen.cells))
            if chosen.at(package.name, cell) is package
        ]
        if cells:
            places = where(judge.targets, cells, chosen.cells, words=True)
            raise WrongPlaceError(
                f"the wheel of `{package.name}` does not fit {places}",
                where=redact(file.url),
                hints=["name the place of another wheel or of an sdist, or add a marker"],
            )


def _release(page: ProjectPage, version: str) -> Release | None:
    return next((one for one in page.releases if one.version == version), None)


def reason(judge: TargetsJudge, name: str, release: Release, cells: Iterable[Cell]) -> str:
    """Say why the wheels of a release do not serve cells, by the one that comes nearest."""
    wheels = wheel_names(usable_files(name.partition("@")[0], release, judge.policy))
    if not wheels:
        return "it has only an sdist"
    nearest = nearest_of(judge, release, name, cells)
    if nearest is None:
        return "it has no wheel that fits"
    (point, minor), misfit = nearest
    by_wheels = judge.by_wheels(name, release)
    target = judge.targets[point]
    text = misfit.text.partition(" (nearest: ")[0]
    if misfit.kind == "floor":
        floor = target.platform.describe().rpartition(",")[0].rpartition(" ")[2]
        return f"{text}, {target.name} has {floor}"
    if misfit.kind == "python":
        served = [minor for at, minor in sorted(judge.set_of(by_wheels)) if at == point]
        if served:
            return f"its wheels are for Python {minors_in_words(served)}"
        return f"{text}, not for 3.{minor}" if " are for " in text else f"{text}, not 3.{minor}"
    return f"{text}, not for {target.words}" if " are for " in text else text


def nearest_of(
    judge: TargetsJudge, release: Release, name: str, cells: Iterable[Cell]
) -> tuple[Cell, Misfit] | None:
    """Return the wheel of a release that comes nearest to one of the cells, and to which."""
    wheels = wheel_names(usable_files(name.partition("@")[0], release, judge.policy))
    found = []
    for point, minor in sorted(cells):
        misfit = nearest_wheel(wheels, judge.targets[point].tags((3, minor)))
        if misfit is not None:
            found.append(((point, minor), misfit))
    return min(found, key=lambda one: one[1].distance, default=None)
