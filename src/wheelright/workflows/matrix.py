"""``wheelright matrix``: what every package gets on every target, as rows and columns.

Must live here: arranging a proof, and which newer versions a target was the reason to pass over,
as far as pages in the cache tell. Must not live here: signs, colours and pages (``console``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import WheelrightError
from wheelright.lockfile import LockedPackage
from wheelright.resolver.candidates import is_prerelease, version_of
from wheelright.resolver.pythons import lower_bound
from wheelright.workflows.checking import check, lock_to_prove, rules_of, targets_to_prove
from wheelright.workflows.proving import cell_of, standings
from wheelright.workflows.requiring import forbids, requirers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.index import ProjectPage, Release
    from wheelright.lockfile import Lock
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import CheckOptions
    from wheelright.workflows.proofs import Cell, Proof, TargetProof
    from wheelright.workflows.proving import Rules, Standing

Look = Literal["wheel", "pure", "passed", "built", "missing", "absent"]
"""``passed``: an older version, for newer ones have no file there; ``absent``: not needed."""

#: From best to worst: of several Pythons the worst is shown.
ORDER: tuple[Look, ...] = ("absent", "pure", "wheel", "passed", "built", "missing")


class Square(Struct, frozen=True):
    """One package on one target: the worst of its Pythons, and each of them.

    ``note`` says which newer version was passed over, or why the package is not needed there.
    """

    look: Look
    cells: tuple[Cell, ...] = ()
    note: str = ""


class Row(Struct, frozen=True):
    """One entry of the lock, with a square for each target in order."""

    package: str
    version: str | None
    marker: str | None
    squares: tuple[Square, ...]


class MatrixOutcome(Struct, frozen=True):
    """What ``matrix`` answers; ``html`` is where the page is to be written."""

    project: str
    proof: Proof
    rows: tuple[Row, ...]
    html: str | None = None


def matrix(context: Context, options: CheckOptions) -> MatrixOutcome:
    """Arrange the proof of the lock as rows and columns.

    Raises as :func:`~wheelright.workflows.checking.check` does.
    """
    proof = check(context, options)
    passed = _passed_over(context, options, proof)
    by_target = [_by_entry(target) for target in proof.targets]
    rows = []
    for name, version, marker in dict.fromkeys(proof.packages):
        squares = tuple(
            _square(
                cells.get((name, version), ()), marker, passed.get((name, version, target.name), "")
            )
            for cells, target in zip(by_target, proof.targets, strict=True)
        )
        rows.append(Row(name, version, marker, squares))
    html = None if options.html is None else str(context.directory / Path(options.html))
    return MatrixOutcome(context.project.name, proof, tuple(rows), html)


def _by_entry(target: TargetProof) -> dict[tuple[str, str | None], list[Cell]]:
    found: dict[tuple[str, str | None], list[Cell]] = {}
    for cell in target.cells:
        found.setdefault((cell.package, cell.version), []).append(cell)
    return found


def _square(cells: Sequence[Cell], marker: str | None, passed: str) -> Square:
    if not cells:
        note = "not covered by the lock" if marker is None else f"needed only where `{marker}`"
        return Square("absent", (), note)
    looks: list[Look] = [cell.verdict for cell in cells]
    worst = max(looks, key=ORDER.index)
    if passed and worst in {"wheel", "pure"}:
        return Square("passed", tuple(cells), passed)
    return Square(worst, tuple(cells))


def _passed_over(
    context: Context, options: CheckOptions, proof: Proof
) -> dict[tuple[str, str | None, str], str]:
    """Return which version was passed over for want of a file, by package, version and target.

    Only pages in the cache are read, and only for hard targets: others were no reason.
    """
    targets, hard = targets_to_prove(context, options)
    if not hard:
        return {}
    lock, _ = lock_to_prove(context, replace(options, locked=False, frozen=True))
    rules = rules_of(context)
    found: dict[tuple[str, str | None, str], str] = {}
    known = [
        (target, {one.text: one for one in standings(lock, target)}, _by_entry(proved))
        for target, proved in zip(targets, proof.targets, strict=True)
    ]
    pages = _cached_pages(context, options, lock)
    for entry in lock.packages:
        page = pages.get(entry.name)
        if entry.version is None or page is None:
            continue
        newer = _newer(page, entry.version)
        for target, at, cells in known if newer else ():
            pythons = [cell.python for cell in cells.get((entry.name, entry.version), ())]
            standing_here = [at[python] for python in pythons]
            reason = _why_passed(entry.name, newer, target, standing_here, lock, rules)
            if reason is not None:
                found[entry.name, entry.version, target.name] = reason
    return found


def _cached_pages(context: Context, options: CheckOptions, lock: Lock) -> dict[str, ProjectPage]:
    """Return the pages that the cache has, however old, of packages with wheels."""
    offline = replace(context, options=replace(context.options, offline=True))
    for name in ("settings", "project", "project_directory", "cache_directory"):
        if name in vars(context):
            vars(offline)[name] = vars(context)[name]
    pages = {}
    try:
        indexes = offline.indexes(options.index)
        for name, entries in lock.by_name.items():
            if entries[0].wheels:
                try:
                    pages[name] = indexes.page(name, entries[0].index)
                except WheelrightError:
                    continue  # nothing is known of it without a request
    finally:
        offline.close()
    return pages


def _newer(page: ProjectPage, version: str) -> list[Release]:
    """Return the final releases newer than a version, newest first."""
    bar = version_of(version)
    return [
        release
        for release in page.releases
        if not is_prerelease(release.version)
        and release.summary.yanked is False
        and version_of(release.version) > bar
    ]


def _why_passed(
    name: str,
    newer: Sequence[Release],
    target: DeclaredTarget,
    pythons: Sequence[Standing],
    lock: Lock,
    rules: Rules,
) -> str | None:
    """Say which release some Python would have got here, had it a file; ``None``: none."""
    for standing in pythons:
        known = requirers(lock, name, standing.values)
        for release in newer:
            said = release.summary
            bound = lower_bound(said.requires_python) if said.requires_python else None
            if (bound is not None and bound[:2] > standing.python) or forbids(
                known, release.version
            ):
                continue
            wheels = tuple(file for file in release.files if file.is_wheel)
            sdist = next((file for file in release.files if not file.is_wheel), None)
            package = LockedPackage(name, release.version, wheels=wheels, sdist=sdist)
            cell = cell_of(package, target, standing, rules, hard=True)
            if cell.verdict == "missing":
                return f"{release.version} passed over: {cell.reason}"
            break
    return None


def counts(rows: Sequence[Row], target: int) -> Mapping[Look, int]:
    """Count the looks in one column."""
    looks = [row.squares[target].look for row in rows]
    return {look: looks.count(look) for look in ORDER}
