"""What the wheels of a proof really need, read from their binaries, beside what they promise.

Must live here: which files are fetched and measured, and what follows for the proof.
Must not live here: reading binaries and policies (``targets.needs``), fetching (``fetching``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from wheelright.targets import parse_wheel_name
from wheelright.targets.needs import (
    floor_of,
    from_plain,
    promise_kept,
    read_needs,
    why_needs_misfit,
)
from wheelright.targets.platform import system_words
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.proofs import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.lockfile import Lock
    from wheelright.store import File, StoredWheel
    from wheelright.targets import Platform
    from wheelright.targets.needs import WheelNeeds
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import IndexOptions
    from wheelright.workflows.proofs import Cell, Proof, TargetProof


def measure(
    context: Context,
    index: IndexOptions,
    lock: Lock,
    proof: Proof,
    targets: Iterable[DeclaredTarget],
) -> Proof:
    """Return the proof with the needs of every wheel that it chose.

    A wheel whose binaries need more than a target has is missing there. Offline, wheels that are
    not in the store cannot be measured, and count as missing too. Raises what fetching raises.
    """
    files = _chosen(lock, proof)
    stored, absent = _fetched(context, index, files)
    needs = {name: _needs(wheel) for name, wheel in stored.items()}
    names = {cell.file: cell.package for target in proof.targets for cell in target.cells}
    measured = tuple(
        _measured(name, names[name], needs[name]) for name in sorted(needs) if needs[name].binaries
    )
    platforms = {target.name: target.platform for target in targets}
    proved = tuple(
        _judged(target, platforms[target.name], needs, absent) for target in proof.targets
    )
    return replace(proof, targets=proved, measured=measured)


def _chosen(lock: Lock, proof: Proof) -> dict[str, File]:
    wanted = {
        cell.file
        for target in proof.targets
        for cell in target.cells
        if cell.verdict in {"wheel", "pure"}
    }
    listed = [file for package in lock.packages for file in package.wheels]
    listed += [package.archive.file for package in lock.packages if package.archive is not None]
    return {name: file for file in listed if (name := file.name.rpartition("/")[2]) in wanted}


def _fetched(
    context: Context, index: IndexOptions, files: Mapping[str, File]
) -> tuple[dict[str, StoredWheel], set[str]]:
    """Return the stored wheels, and the names of those that cannot be had offline."""
    if not context.offline:
        fetcher = Fetcher(lambda: context.indexes(index), context.store, context.reporter)
        return fetcher.wheels(files), set()
    found = {name: context.store.get(file) for name, file in files.items()}
    stored = {name: wheel for name, wheel in found.items() if wheel is not None}
    return stored, files.keys() - stored.keys()


def _needs(wheel: StoredWheel) -> WheelNeeds:
    """Return what the store measured when the wheel came in; read now where it did not."""
    kept = from_plain(wheel.facts.needs)
    if kept is not None:
        return kept
    return read_needs(wheel.path, [entry.path for entry in wheel.entries])


def _measured(file: str, package: str, needs: WheelNeeds) -> Measured:
    wheel = parse_wheel_name(file)
    lowest = floor_of(needs)
    return Measured(
        file,
        package,
        len(needs.binaries),
        None if lowest is None else str(lowest),
        needs.versions,
        tuple(broken.text for broken in promise_kept(wheel.platforms, needs)),
    )


def _judged(
    proof: TargetProof, platform: Platform, needs: Mapping[str, WheelNeeds], absent: set[str]
) -> TargetProof:
    known: dict[str, str | None] = {}
    cells = []
    used: dict[str, str] = {}
    for cell in proof.cells:
        file = cell.file
        if file in absent:
            cells.append(_unmeasured(cell))
            continue
        if file is None or file not in needs:
            cells.append(cell)
            continue
        if file not in known:
            known[file] = _misfit(needs[file], platform, proof.name)
            used[file] = cell.package
        why = known[file]
        # A wheel for any machine may hold what only some of them load, and do without it.
        spared = why is None or cell.verdict == "pure"
        cells.append(cell if spared or why is None else _unfit(cell, why))
    native = [one for name in used for one in _native(name, needs[name], platform)]
    bound = [one for one in native if not parse_wheel_name(one.file).is_pure]
    notes = [
        f"`{one.name}` of {used[one.file]} needs {_numbered(platform, one.floor)}; its wheel is"
        " tagged for any machine, and may do without"
        for one in native
        if one not in bound and platform.floor is not None and one.floor > platform.floor
    ]
    most = max(bound, key=lambda one: one.floor, default=None)
    said = None
    if most is not None:
        said = f"{_numbered(platform, most.floor)} (`{most.name}` of {used[most.file]})"
    return replace(proof, cells=tuple(cells), notes=tuple(notes), most=said)


class _Native(NamedTuple):
    """A binary for the machines of a target, with the lowest version that it loads on."""

    floor: tuple[int, int]
    file: str
    name: str


def _native(file: str, needs: WheelNeeds, platform: Platform) -> list[_Native]:
    return [
        _Native(binary.floor, file, binary.name)
        for binary in needs.binaries
        if (binary.system, binary.arch) == (platform.os, platform.cpu)
        and binary.libc == platform.libc
        and binary.floor is not None
    ]


def _numbered(platform: Platform, floor: tuple[int, int]) -> str:
    return f"{system_words(platform)} {floor[0]}.{floor[1]}"


def _misfit(needs: WheelNeeds, platform: Platform, name: str) -> str | None:
    """Say why binaries cannot run on a target, missing libraries apart: some machines have them."""
    strict = why_needs_misfit(needs, platform, name, policy=True)
    if strict is not None and " from outside" in strict:
        return why_needs_misfit(needs, platform, name)
    return strict


def _unfit(cell: Cell, why: str) -> Cell:
    tag = "" if cell.tag is None else f", though the wheel is tagged {cell.tag}"
    return replace(
        cell,
        verdict="missing",
        kind="needs",
        reason=f"{why}{tag}",
        fixes=("ask for another version, and tell the maintainers of this one",),
    )


def _unmeasured(cell: Cell) -> Cell:
    return replace(
        cell,
        verdict="missing",
        kind="unmeasured",
        reason=f"`{cell.file}` is not in the store, and the network may not be used",
        fixes=("leave `--offline` out",),
    )
