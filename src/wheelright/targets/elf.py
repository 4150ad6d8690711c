"""The few bytes of an ELF header that tell what runs a program: class, machine, loader.

Only what machine detection needs; what libraries need is read by ``needs``.
Reference: System V ABI, "Object Files"; ``elf.h``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_PT_INTERP = 3
_LONGEST_LOADER = 4096
_MACHINES = {
    (62, 64): "x86_64",
    (3, 32): "i686",
    (183, 64): "aarch64",
    (40, 32): "armv7l",
    (21, 64): "ppc64",
    (22, 64): "s390x",
    (243, 64): "riscv64",
    (258, 64): "loongarch64",
}


class ElfHeader(Struct, frozen=True):
    """What a program is made for: ``bits`` (32 or 64), ``arch`` and ``loader``.

    ``arch`` is spelled as Linux does, ``None`` if unknown. ``loader`` is the program interpreter
    (``PT_INTERP``), ``None`` for a static program or a library.
    """

    bits: int
    arch: str | None
    loader: str | None


def read_elf_header(path: Path) -> ElfHeader | None:
    """Read the header of a file; ``None`` if it cannot be read or is no sound ELF file."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, struct.error, ValueError, OverflowError):
        return None


def _read(file: BinaryIO) -> ElfHeader | None:
    start = file.read(16)
    if (
        len(start) < 16
        or start[:4] != b"\x7fELF"
        or start[4] not in {1, 2}
        or start[5] not in {1, 2}
    ):
        return None
    bits = 32 * start[4]
    order = "<" if start[5] == 1 else ">"
    # e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, e_ehsize, then the size and
    # the number of program headers
    layout = struct.Struct(order + ("HHIQQQIHHH" if bits == 64 else "HHIIIIIHHH"))
    fields = layout.unpack(file.read(layout.size))
    arch = _MACHINES.get((fields[1], bits))
    if arch == "ppc64" and order == "<":
        arch = "ppc64le"
    loader = _loader(file, order, bits, fields[4], fields[8], fields[9])
    return ElfHeader(bits, arch, loader)


def _loader(
    file: BinaryIO, order: str, bits: int, offset: int, entry_size: int, count: int
) -> str | None:
    # 64: p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz; 32: p_type, p_offset, ...
    layout = struct.Struct(order + ("IIQQQQ" if bits == 64 else "IIIII"))
    at, length = (2, 5) if bits == 64 else (1, 4)
    for index in range(count):
        file.seek(offset + index * entry_size)
        entry = layout.unpack(file.read(layout.size))
        if entry[0] == _PT_INTERP:
            file.seek(entry[at])
            size = min(entry[length], _LONGEST_LOADER)
            text = file.read(size)
            if len(text) < size:
                raise ValueError("the file is cut off")
            return text.rstrip(b"\0").decode("utf-8", "surrogateescape") or None
    return None
