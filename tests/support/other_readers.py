"""What macholib and pefile say of binaries, one line of JSON each; run by a Python that has them.

Paths come on standard input. Mach-O gives a row of arch, lowest macOS and libraries for each part.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pefile  # type: ignore[import-not-found]
from macholib.mach_o import (  # type: ignore[import-not-found]
    CPU_TYPE_NAMES,
    LC_BUILD_VERSION,
    LC_VERSION_MIN_MACOSX,
)
from macholib.MachO import MachO  # type: ignore[import-not-found]

_MACHINES = {0x14C: "i686", 0x8664: "x86_64", 0xAA64: "aarch64"}
_ARCHES = {"ARM64": "aarch64", "x86_64": "x86_64", "i386": "i686"}
_NEEDED = {"LC_LOAD_DYLIB", "LC_REEXPORT_DYLIB", "LC_LOAD_UPWARD_DYLIB"}


def read_pe(path: str) -> list[Any]:
    """Give machine and imports."""
    with pefile.PE(path, fast_load=True) as file:
        file.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"]])
        imports = [one.dll.decode() for one in getattr(file, "DIRECTORY_ENTRY_IMPORT", [])]
        return [[_MACHINES.get(file.FILE_HEADER.Machine), None, sorted(imports)]]


def read_macho(path: str) -> list[Any]:
    """Give architecture, lowest version and libraries of each part."""
    return [_part(header) for header in MachO(path).headers]


def _part(header: Any) -> list[Any]:
    minimum, libraries = None, []
    for load, command, data in header.commands:
        name = load.get_cmd_name()
        if load.cmd == LC_VERSION_MIN_MACOSX:
            minimum = int(command.version)
        elif load.cmd == LC_BUILD_VERSION:
            minimum = int(command.minos)
        elif name in _NEEDED or (isinstance(name, int) and name & 0xFF in {0x1F, 0x23}):
            libraries.append(data.rstrip(b"\0").decode())
    version = None if minimum is None else [minimum >> 16, minimum >> 8 & 0xFF]
    kind = CPU_TYPE_NAMES.get(header.header.cputype, str(header.header.cputype))
    return [_ARCHES.get(kind, kind), version, sorted(libraries)]


if __name__ == "__main__":
    for name in sys.stdin.read().split("\n"):
        is_pe = Path(name).read_bytes()[:2] == b"MZ"
        rows = read_pe(name) if is_pe else read_macho(name)
        sys.stdout.write(json.dumps([name, rows]) + "\n")
