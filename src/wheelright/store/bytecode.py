"""Bytecode of stored wheels: made once for each Python, linked into every venv that wants it.

On disk, beside the ``tree`` of a wheel::

    bytecode/PYTHON/files.msgpack    the paths of the files
    bytecode/PYTHON/tree/            the files, below the same folders as their sources

``PYTHON`` is an implementation and its full version. Bytecode says itself which interpreter it is
for, and the time and size of its source; a Python that finds these other than they should be makes
its own. It is committed by one rename, like the wheel, and goes with it.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

import msgspec

from wheelright.outside import files
from wheelright.outside.trees import LinkMode, place_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.store.wheel import StoredWheel

_LIST = "files.msgpack"
_TREE = "tree"
# https://peps.python.org/pep-0552/: magic, flags (0: checked by time and size), time, size.
_HEADER: Final = struct.Struct("<4sIII")
_decode = msgspec.msgpack.Decoder(tuple[str, ...]).decode


class StoredBytecode(msgspec.Struct, frozen=True):
    """The bytecode of a wheel: ``files`` are paths below ``path``, and so below site-packages."""

    path: str
    files: tuple[str, ...]


def find_bytecode(wheel: StoredWheel, python: str) -> StoredBytecode | None:
    """Find the bytecode of a stored wheel for a Python; ``None`` where it was never made."""
    place = _place(wheel, python)
    try:
        with open(f"{place}/{_LIST}", "rb") as file:  # noqa: PTH123 (speed)
            return StoredBytecode(f"{place}/{_TREE}", _decode(file.read()))
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def keep_bytecode(
    wheel: StoredWheel,
    python: str,
    site_packages: str,
    made: Iterable[tuple[str, str]],
    mode: LinkMode = "hardlink",
) -> bool:
    """Keep what a Python made of a wheel's sources; whether it is now in the store.

    ``made`` are pairs of a source and its bytecode, both by their path in the wheel, which is that
    below ``site_packages``. Nothing is kept of a source that is not as the store has it.
    ``mode`` is how the store gets it. Raises ``DiskError`` where the store cannot be written.
    """
    pairs = [
        (compiled, compiled)
        for source, compiled in made
        if _is_of(f"{site_packages}/{compiled}", f"{wheel.path}/{source}")
    ]
    place = _place(wheel, python)
    wheels = os.path.dirname(os.path.dirname(os.path.dirname(wheel.path)))  # noqa: PTH120 (text)
    with files.temporary_directory(f"{wheels}/.new", prefix="") as work:
        new = f"{work}/bytecode"
        files.make_directory(f"{new}/{_TREE}")
        place_tree(site_packages, f"{new}/{_TREE}", pairs, mode)
        names = [path for path, _ in pairs]
        files.create(f"{new}/{_LIST}", [msgspec.msgpack.encode(names)])
        if not os.path.isdir(wheel.path):  # noqa: PTH112 (text)
            return False  # another process removed the wheel
        files.make_directory(os.path.dirname(place))  # noqa: PTH120 (text)
        if os.path.isdir(place):  # noqa: PTH112 (text)
            return True  # another process was faster
        files.replace(new, place)
    return True


def _place(wheel: StoredWheel, python: str) -> str:
    return f"{os.path.dirname(wheel.path)}/bytecode/{python}"  # noqa: PTH120 (text)


def _is_of(compiled: str, source: str) -> bool:
    """Whether bytecode was made of exactly the source that the store has, as far as it says."""
    try:
        stat = os.stat(source)  # noqa: PTH116 (speed)
        with open(compiled, "rb") as file:  # noqa: PTH123 (speed)
            header = file.read(_HEADER.size)
    except OSError:
        return False
    if len(header) < _HEADER.size:
        return False
    _, flags, time, size = _HEADER.unpack(header)
    known = (int(stat.st_mtime) & 0xFFFFFFFF, stat.st_size & 0xFFFFFFFF)
    return not flags and (time, size) == known
