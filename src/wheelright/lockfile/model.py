"""The lock as values: PEP 751, the packages it holds, and the inputs it was made from.

Must live here: what a lock *is*, and the one canonical form that is written (:func:`canonical`).
Must not live here: TOML, markers' meaning, choosing. A new field needs a line in ``write`` and in
``read``, and one in ``freshness`` where it is an input.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct, field
from msgspec.structs import replace

from wheelright.store.file import File


class Edge(Struct, frozen=True):
    """A direct dependency on another entry; ``version`` only where the name is not enough."""

    name: str
    version: str | None = None


class LocalDirectory(Struct, frozen=True):
    """A source tree on disk; ``path`` is POSIX and, if relative, relative to the lockfile."""

    path: str
    editable: bool = False
    subdirectory: str | None = None


class Archive(Struct, frozen=True):
    """A wheel, sdist or other archive that is referred to directly, not through an index."""

    file: File
    subdirectory: str | None = None


class Vcs(Struct, frozen=True):
    """A source tree in version control at ``commit``; exactly one of ``url`` and ``path`` is set.

    ``kind`` is ``git``, ``hg``, ``bzr`` or ``svn``; ``requested_revision`` is what the user wrote.
    """

    kind: str
    commit: str
    url: str | None = None
    path: str | None = None
    requested_revision: str | None = None
    subdirectory: str | None = None


class LockedPackage(Struct, frozen=True):
    """One entry of ``[[packages]]``: what may be installed, where, and from which files.

    ``name`` is normalised. ``version`` is ``None`` for source trees. ``marker`` tells where the
    entry applies, with ``extras`` and ``dependency_groups`` of the lock (``None``: everywhere).
    ``index`` is the URL of the one index the package is pinned to, without credentials.
    ``requires`` holds the ``Requires-Dist`` lines that are active somewhere in this lock, and
    ``extras`` the extras of this package that are asked for: both inform, they do not install.
    """

    name: str
    version: str | None = None
    marker: str | None = None
    requires_python: str | None = None
    index: str | None = None
    wheels: tuple[File, ...] = ()
    sdist: File | None = None
    directory: LocalDirectory | None = None
    archive: Archive | None = None
    vcs: Vcs | None = None
    dependencies: tuple[Edge, ...] = ()
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[File, ...]:
        """The wheels, then the sdist."""
        return self.wheels if self.sdist is None else (*self.wheels, self.sdist)


class LockedTarget(Struct, frozen=True):
    """A declared target that the lock serves.

    ``platform`` is its canonical name, ``pythons`` the minors that every package has a file for,
    oldest first: ``("3.11", "3.12")``. ``left_out`` are Pythons of the project that are not served
    there, because no version of some package has a file.
    """

    name: str
    platform: str
    pythons: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class LockInputs(Struct, frozen=True):
    """What a lock was made from: equal inputs mean that the lock is current.

    Requirements and other texts are normalised by the caller; their order does not matter.
    Nothing here may depend on the machine, nor on *which* index answers (a lock is portable
    between PyPI and its mirrors): ``indexes`` holds only those that ``sources`` pin packages to.
    ``targets`` maps names to canonical platform and Python text; ``metadata`` maps projects to
    the lines of ``dependency-metadata``; ``sources`` maps names to canonical source text;
    ``options`` takes further scalar settings that decide versions. ``None``: not set.
    """

    project: str | None = None
    requires_python: str | None = None
    requirements: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    required_environments: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    resolution: str | None = None
    prerelease: str | None = None
    exclude_newer: str | None = None
    targets: Mapping[str, str] = field(default_factory=dict)
    indexes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """``sha256:...`` of the canonical JSON of the inputs; stands in the lockfile.

        It makes a lock that was put together by a merge, or edited, tell so: each line may have
        merged well although nobody ever resolved the sum.
        """
        plain = {
            name: value
            for name in self.__struct_fields__
            if (value := _sorted(getattr(self, name)))
        }
        import json

        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Lock(Struct, frozen=True, dict=True):
    """A whole ``pylock.toml``.

    ``environments`` are markers (empty: everywhere). ``groups`` are ``dependency-groups``;
    ``default_groups`` are installed unless the user says otherwise. ``inputs`` is ``None`` for a
    lock written by another tool (``created_by``). ``intact`` is ``False`` where the recorded
    digest does not belong to the recorded inputs (see :meth:`LockInputs.digest`). ``targets`` are
    the declared targets that it serves, sorted by name; a universal lock has none.
    """

    requires_python: str | None = None
    environments: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    default_groups: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...] = ()
    targets: tuple[LockedTarget, ...] = ()
    inputs: LockInputs | None = None
    created_by: str = "wheelright"
    intact: bool = True

    @cached_property
    def by_name(self) -> Mapping[str, tuple[LockedPackage, ...]]:
        """All entries of each package name, in lock order."""
        found: dict[str, list[LockedPackage]] = {}
        for package in self.packages:
            found.setdefault(package.name, []).append(package)
        return {name: tuple(entries) for name, entries in found.items()}


_CANONICAL = "_canonical"
_file_name = attrgetter("name")


def canonical(lock: Lock) -> Lock:
    """Return the lock as it is written and read back: everything sorted, files reduced.

    ``loads(dumps(lock)) == canonical(lock)``, and twice is the same as once: what came from here
    is returned as it is.
    """
    if _CANONICAL in vars(lock):
        return lock
    made = replace(
        lock,
        extras=_unique(lock.extras),
        groups=_unique(lock.groups),
        default_groups=_unique(lock.default_groups),
        packages=_ordered([_canonical_package(package) for package in lock.packages]),
        targets=() if lock.inputs is None else tuple(sorted(lock.targets, key=_name_of)),
        inputs=None if lock.inputs is None else canonical_inputs(lock.inputs),
        intact=True,
    )
    vars(made)[_CANONICAL] = True  # not a field: a copy with changes is not marked
    return made


def bare_packages(packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Return packages as any tool writes them: no requirements, and edges among themselves."""
    names = {package.name for package in packages}
    return tuple(
        replace(
            package,
            dependencies=tuple(edge for edge in package.dependencies if edge.name in names),
            requires=(),
            extras=(),
        )
        for package in packages
    )


def _name_of(target: LockedTarget) -> str:
    return target.name


def canonical_file(file: File) -> File:
    """Return the file as a lock holds it: address, size, upload time and hashes, no secrets."""
    url = without_credentials(file.url)
    uploaded = file.uploaded or None
    if uploaded is not None and not is_utc_time(uploaded):
        uploaded = utc_time(uploaded)
    hashes = file.hashes if len(file.hashes) == 1 else dict(sorted(file.hashes.items()))
    return File(file.name, url, hashes, file.size, uploaded)


def is_utc_time(text: str) -> bool:
    """Whether :func:`utc_time` would leave a time as it is, which nearly all of an index are."""
    plain = text[:-1]
    try:
        time = datetime.fromisoformat(plain)
    except ValueError:
        return False
    return text[-1:] == "Z" and time.tzinfo is None and time.isoformat() == plain


@lru_cache(maxsize=1 << 14)
def utc_time(text: str) -> str | None:
    """Return an RFC 3339 time in UTC with ``Z``, fractions only where not zero; else ``None``.

    A time without an offset is taken as UTC, as PEP 700 demands. Text that is no time gives
    ``None``: an index's mistake must not spoil a lock.
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            time = time.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return time.isoformat() + "Z"


def without_credentials(url: str) -> str:
    """Return the URL without user name and password; with ``ssh`` the user is part of the place."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    info, at, host = parts.netloc.rpartition("@")
    if at and parts.scheme in {"ssh", "git+ssh"}:
        host = f"{info.partition(':')[0]}@{host}"
    return urlunsplit(parts._replace(netloc=host))


def path_of(url: str) -> Path:
    """Return the path that a ``file:`` URL stands for."""
    text = unquote(urlsplit(url).path)
    has_drive = text[2:3] == ":" and text[1].isalpha()
    return Path(text[1:] if has_drive else text)


def _canonical_package(package: LockedPackage) -> LockedPackage:
    archive = package.archive
    vcs = package.vcs
    return replace(
        package,
        index=package.index and without_credentials(package.index),
        wheels=_sorted_files([canonical_file(file) for file in package.wheels]),
        sdist=None if package.sdist is None else canonical_file(package.sdist),
        archive=archive and replace(archive, file=canonical_file(archive.file)),
        vcs=vcs and replace(vcs, url=vcs.url and without_credentials(vcs.url)),
        dependencies=tuple(
            sorted(set(package.dependencies), key=lambda edge: (edge.name, edge.version or ""))
        ),
        requires=_unique(package.requires),
        extras=_unique(package.extras),
    )


def _sorted_files(files: list[File]) -> tuple[File, ...]:
    """Sort by name; what stands beside it only decides between files that share theirs."""
    files.sort(key=_file_name)
    if len({file.name for file in files}) < len(files):
        files.sort(key=lambda file: (file.name, file.url, sorted(file.hashes.items())))
    return tuple(files)


def canonical_inputs(inputs: LockInputs) -> LockInputs:
    """Return the inputs with every list and table sorted; order says nothing in them."""
    values = {name: _sorted(getattr(inputs, name)) for name in inputs.__struct_fields__}
    return LockInputs(**values)


def _ordered(packages: list[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Sort packages; most differ in what is quickly compared, and writing out all takes long."""
    if len({_first(package) for package in packages}) == len(packages):
        return tuple(sorted(packages, key=_first))
    return tuple(sorted(packages, key=_order))


def _first(package: LockedPackage) -> tuple[object, ...]:
    version = package.version or ""
    return (package.name, _natural(version), version, package.marker or "")


def _order(package: LockedPackage) -> tuple[object, ...]:
    """Order by name, version and marker; the rest only decides between entries alike in these."""
    rest = (package.requires_python, package.index, package.directory, package.archive, package.vcs)
    files = [(file.name, file.url, sorted(file.hashes.items())) for file in package.files]
    return (
        *_first(package),
        package.extras,
        package.requires,
        repr(rest),
        repr(files),
        repr(package.dependencies),
    )


def _natural(version: str) -> tuple[object, ...]:
    """Order versions as a reader expects, without parsing: numbers by value, then text."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in version.split(".")
    )


def _unique(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _sorted(value: Any) -> Any:
    if isinstance(value, tuple):
        return _unique(value)
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value
