"""A wheel: the needs of all its binaries, read from its unpacked files, and kept as plain data."""

from __future__ import annotations

import mmap
import posixpath
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from wheelright.targets.needs import elf, macho, pe
from wheelright.targets.needs.binary import BinaryNeeds, Image, Version, highest_versions
from wheelright.targets.needs.policies import macos_provides, policies, windows_provides

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

# Raised whenever the meaning of the plain data changes; data under another number is not read.
PLAIN_VERSION = 2
MAGIC_SIZE = 4
"""How many first bytes of a file :func:`is_binary` has to see."""

_MODULE = re.compile(r".*\.(?:pyd|(?:cpython|pypy|graalpy|abi3|cp3)[^/]*\.so)", re.IGNORECASE)
_ORIGINS = {"$ORIGIN", "${ORIGIN}", "@loader_path"}


class Floor(Struct, frozen=True):
    """The lowest version that all of a wheel's code for one kind of machine loads on.

    ``version`` is that of the libc or of macOS, ``None`` where any will do; ``path`` is the binary
    that needs it.
    """

    system: str | None
    arch: str | None
    libc: Literal["glibc", "musl"] | None
    version: Version | None
    path: str


class WheelNeeds(Struct, frozen=True):
    """What the binaries of a wheel need, in the order of their paths; empty for a pure wheel."""

    binaries: tuple[BinaryNeeds, ...]

    @property
    def arches(self) -> tuple[str, ...]:
        """The architectures of its code, sorted, spelled alike for all systems."""
        return tuple(sorted({binary.arch for binary in self.binaries if binary.arch}))

    @property
    def floors(self) -> tuple[Floor, ...]:
        """The floor for each kind of machine that it has code for, by system, arch and libc.

        Code without a libc of its own counts with that of the same kind which has one.
        """
        found: dict[tuple[str, str, str], BinaryNeeds] = {}
        for binary in self.binaries:
            if binary.fault is not None:
                continue
            key = (binary.system or "", binary.arch or "", binary.libc or "")
            held = found.get(key)
            if held is None or (held.floor or (0, 0)) < (binary.floor or (0, 0)):
                found[key] = binary
        with_libc = {key[:2] for key in found if key[2]}
        return tuple(
            Floor(binary.system, binary.arch, binary.libc, binary.floor, binary.path)
            for key, binary in sorted(found.items())
            if key[2] or key[:2] not in with_libc
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """The highest symbol version of each namespace asked of libraries it does not hold."""
        return highest_versions(
            [
                name
                for binary in self.binaries
                for library in binary.versions
                if library in binary.outside
                for name in binary.versions[library]
            ]
        )

    @property
    def outside(self) -> tuple[tuple[str, str], ...]:
        """Libraries that neither it nor any machine of a policy has: library, path needing it."""
        return tuple(
            (library, binary.path)
            for binary in self.binaries
            for library in binary.outside
            if not _any_machine_has(binary, library)
        )


def _any_machine_has(binary: BinaryNeeds, library: str) -> bool:
    if binary.system == "windows":
        return windows_provides(library)
    if binary.system == "macos":
        return macos_provides(library)
    if binary.system != "linux" or binary.libc is None:
        return False
    return policies(binary.libc)[-1].provides(library)


def is_binary(start: bytes) -> bool:
    """Say whether a file that starts with these bytes may be a binary (``MAGIC_SIZE`` will do)."""
    return start[:2] == pe.MAGIC or start[:4] == elf.MAGIC or start[:4] in macho.MAGICS


def is_module(path: str) -> bool:
    """Say whether the name of a file is that of an extension module of Python."""
    return _MODULE.fullmatch(path.rpartition("/")[2]) is not None


def read_binary(path: str, data: bytes | mmap.mmap) -> tuple[BinaryNeeds, ...]:
    """Read the needs of the file ``path`` (used as a name only) from its bytes.

    Gives one value for a binary, several for a universal file of macOS, none for anything that no
    system loads. A malformed file gives a value with a ``fault``; this never raises for any bytes.
    """
    start = data[:MAGIC_SIZE]
    if start == elf.MAGIC:
        needs = elf.read_elf(path, Image(data))
    elif start in macho.MAGICS:
        return macho.read_macho(path, Image(data))
    elif start[:2] == pe.MAGIC:
        needs = pe.read_pe(path, Image(data))
    else:
        return ()
    return () if needs is None else (needs,)


def read_needs(
    root: Path | str, entries: Iterable[str], binaries: Iterable[str] | None = None
) -> WheelNeeds:
    """Read the needs of an unpacked wheel.

    ``entries`` are the paths of all its files, relative to ``root``, with slashes. ``binaries`` are
    those of them whose first bytes :func:`is_binary` accepted, where the caller knows already;
    otherwise the first bytes of every file are read. Raises ``OSError`` for a file that is missing.
    """
    held = tuple(entries)
    found: list[BinaryNeeds] = []
    for path in sorted(held if binaries is None else binaries):
        found.extend(_read_file(root, path))
    if not found:
        return WheelNeeds(())
    names = {path.rpartition("/")[2] for path in held}
    names.update(binary.own_name for binary in found if binary.own_name)
    names_lowered = {name.lower() for name in names}
    directories = _directories(held)
    return WheelNeeds(
        tuple(
            msgspec.structs.replace(
                binary,
                outside=_outside(binary, names, names_lowered),
                elsewhere=_elsewhere(binary, directories),
            )
            for binary in found
        )
    )


def _read_file(root: Path | str, path: str) -> tuple[BinaryNeeds, ...]:
    # Plain `open` and concatenation: this runs for every file of a wheel.
    with open(f"{root}/{path}", "rb", buffering=0) as file:  # noqa: PTH123
        start = file.read(MAGIC_SIZE)
        if not is_binary(start):
            return ()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read_binary(path, data)


def _outside(
    binary: BinaryNeeds, names: Collection[str], names_lowered: Collection[str]
) -> tuple[str, ...]:
    """Find the libraries that the wheel does not hold under any of its paths.

    Where the loader would look is not weighed: wheels load their libraries first, by hand, when
    they have no way to say where they are.
    """
    if binary.format == "pe":
        return tuple(
            library for library in binary.libraries if library.lower() not in names_lowered
        )
    if binary.format == "mach-o":
        return tuple(
            library
            for library in binary.libraries
            if library not in names and not _is_held_mac(library, names)
        )
    return tuple(library for library in binary.libraries if library not in names)


def _is_held_mac(library: str, names: Collection[str]) -> bool:
    first, _, rest = library.partition("/")
    relative = first in {"@rpath", "@loader_path", "@executable_path"}
    return relative and rest.rpartition("/")[2] in names


def _directories(paths: Iterable[str]) -> set[str]:
    found = {""}
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def _elsewhere(binary: BinaryNeeds, directories: Collection[str]) -> tuple[str, ...]:
    found = []
    for path in binary.search:
        origin, _, rest = path.partition("/")
        if origin not in _ORIGINS:
            continue
        here = binary.path.rpartition("/")[0]
        beside = posixpath.normpath(posixpath.join(here, rest))
        # Above the directory that wheels are installed into lies no wheel.
        if beside != "." and beside not in directories and not beside.startswith(".."):
            found.append(beside)
    return tuple(dict.fromkeys(found))


def to_plain(needs: WheelNeeds) -> list[Any]:
    """Give lists, texts and numbers that any encoding keeps; :func:`from_plain` reads them back."""
    # By way of bytes, for they come back as what any encoding gives: lists, never tuples.
    plain: list[Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(needs.binaries))
    return [PLAIN_VERSION, plain]


def from_plain(plain: Any) -> WheelNeeds | None:
    """Read what :func:`to_plain` gave; ``None`` for ``None`` and for data of another version."""
    if not isinstance(plain, (list, tuple)) or len(plain) != 2 or plain[0] != PLAIN_VERSION:
        return None
    try:
        return WheelNeeds(msgspec.convert(plain[1], tuple[BinaryNeeds, ...]))
    except msgspec.ValidationError:
        return None
