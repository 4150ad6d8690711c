"""A resolution written as the packages of a lock: files by name and hash, markers by entry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from wheelright.lockfile import Edge, LocalDirectory, LockedPackage
from wheelright.resolver.pythons import lower_bound
from wheelright.targets import InvalidFileName, parse_wheel_name
from wheelright.workflows.judges import usable_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelright.index import Release
    from wheelright.lockfile import Lock
    from wheelright.resolver import Entry, Package, Resolution
    from wheelright.store import File
    from wheelright.workflows.driver import Driver
    from wheelright.workflows.local import LocalProject
    from wheelright.workflows.policy import BuildPolicy

_MINOR = re.compile(r"cp3(\d+)")


def write_packages(
    resolution: Resolution,
    driver: Driver,
    local: Mapping[str, LocalProject],
    policy: BuildPolicy,
    lowest_minor: int = 0,
    before: Lock | None = None,
) -> tuple[LockedPackage, ...]:
    """Return the packages of a lock for an answer of the resolver.

    Wheels for Pythons older than ``3.lowest_minor`` are left out: nobody whom the lock serves
    could install them. ``before`` is the lock that is replaced: what it tells of a file and the
    index does not (a mirror without sizes, say) stays.
    """
    remember = _memory(before)
    versions: dict[str, int] = {}
    for package in resolution.packages:
        versions[package.name] = versions.get(package.name, 0) + 1
    packages = []
    for package in resolution.packages:
        edges = tuple(
            Edge(name, version if versions[name] > 1 else None) for name, version in package.edges
        )
        key = f"{package.name}@{package.origin}" if package.origin else package.name
        own = local.get(key)
        if own is not None:
            packages.append(_direct(package, own, edges))
            continue
        page = driver.pages[key]
        release = next(one for one in page.releases if one.version == package.version)
        found = _indexed(package, release, edges, driver, policy, lowest_minor)
        packages.append(
            replace(
                found,
                wheels=tuple(map(remember, found.wheels)),
                sdist=None if found.sdist is None else remember(found.sdist),
            )
        )
    return tuple(packages)


def write_pins(
    resolution: Resolution, local: Mapping[str, LocalProject]
) -> tuple[LockedPackage, ...]:
    """Return the packages of an answer without their files, which are not even looked at."""
    packages = []
    for package in resolution.packages:
        key = f"{package.name}@{package.origin}" if package.origin else package.name
        own = local.get(key)
        if own is None:
            marker = lock_marker(package.markers)
            packages.append(LockedPackage(package.name, package.version, marker))
        else:
            packages.append(_direct(package, own, ()))
    return tuple(packages)


def _memory(before: Lock | None) -> Callable[[File], File]:
    """Return a function that completes a file by what a lock tells of the same bytes."""
    packages = () if before is None else before.packages
    known = {
        (file.name, file.hashes.get("sha256")): file
        for package in packages
        for file in package.files
    }

    def complete(file: File) -> File:
        old = known.get((file.name, file.hashes.get("sha256")))
        if old is None or (file.size is not None and file.uploaded is not None):
            return file
        return msgspec.structs.replace(
            file,
            size=old.size if file.size is None else file.size,
            uploaded=old.uploaded if file.uploaded is None else file.uploaded,
        )

    return complete


def _direct(package: Package, own: LocalProject, edges: tuple[Edge, ...]) -> LockedPackage:
    is_tree = own.archive is None and own.vcs is None
    return LockedPackage(
        package.name,
        package.version,
        lock_marker(package.markers),
        _lower_bound(package.requires_python),
        directory=LocalDirectory(own.path, own.editable) if is_tree else None,
        archive=own.archive,
        vcs=own.vcs,
        dependencies=edges,
        requires=package.requires,
        extras=package.extras,
    )


def _indexed(
    package: Package,
    release: Release,
    edges: tuple[Edge, ...],
    driver: Driver,
    policy: BuildPolicy,
    lowest_minor: int,
) -> LockedPackage:
    files = usable_files(package.name, release, policy)
    wheels = [file for file in files if file.is_wheel and _serves(file, lowest_minor)]
    sdists = sorted(
        (file for file in files if not file.is_wheel),
        key=lambda file: (not file.name.endswith(".tar.gz"), file.name),
    )
    key = f"{package.name}@{package.origin}" if package.origin else package.name
    pinned = key in driver.pinned_index
    return LockedPackage(
        package.name,
        package.version,
        lock_marker(package.markers),
        _lower_bound(package.requires_python),
        index=release.index if pinned else None,
        wheels=tuple(_hashed(driver, wheels)),
        sdist=next(iter(_hashed(driver, sdists[:1])), None),
        dependencies=edges,
        requires=package.requires,
        extras=package.extras,
    )


def _hashed(driver: Driver, files: Iterable[File]) -> list[File]:
    """Return files with a hash each; one that its index gives none for is fetched and measured."""
    return [file if file.hashes else driver.indexes.with_hash(file) for file in files]


def _serves(file: File, lowest_minor: int) -> bool:
    """Whether some Python that is served could install a wheel."""
    try:
        wheel = parse_wheel_name(file.name)
    except InvalidFileName:
        return False
    for python in wheel.pythons:
        match = _MINOR.fullmatch(python)
        if match is None:
            if not python.startswith("cp2") and python != "py2":
                return True
        elif int(match[1]) >= lowest_minor or "abi3" in wheel.abis or "none" in wheel.abis:
            return True
    return False


def _lower_bound(text: str | None) -> str | None:
    """Return the lower bound of a ``Requires-Python``, which is all of it that is obeyed.

    Installers refuse an entry whose ``requires-python`` is not met, so an upper bound that the
    resolver did not obey must not stand in the lock either.
    """
    bound = None if text is None else lower_bound(text)
    if bound is None:
        return None
    major, minor, micro = bound
    return f">={major}.{minor}" if micro == 0 else f">={major}.{minor}.{micro}"


def lock_marker(markers: Mapping[Entry, str | None]) -> str | None:
    """Join the markers of a package's entries into one, with PEP 751's extras and groups.

    None where the project itself needs it everywhere.
    """
    whole: dict[str | None, list[str]] = {}
    base: str | None = ""
    for entry, marker in markers.items():
        if entry.kind == "project":
            base = marker
        else:
            kind = "extras" if entry.kind == "extra" else "dependency_groups"
            whole.setdefault(marker, []).append(f"'{entry.name}' in {kind}")
    if base is None:
        return None
    parts = [base] if base else []
    for marker, doors in whole.items():
        if marker == base:
            continue
        said = base.split(" or ") if marker is None and "(" not in base else []
        text = " or ".join(sorted(door for door in doors if door not in said))
        if marker is not None:
            text = f"({text})" if len(doors) > 1 else text
            inner = f"({marker})" if " or " in marker else marker
            text = f"{text} and {inner}"
        if text and text not in parts:
            parts.append(text)
    return " or ".join(parts)
