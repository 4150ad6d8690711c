"""PE: what the loader of Windows will ask of a machine.

Reference: Microsoft's "PE Format", sections 3 to 6.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from wheelright.targets.needs.binary import BinaryNeeds, Image, Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"MZ"

_ARCHES = {
    0x014C: "i686",
    0x01C0: "armv7l",
    0x01C2: "armv7l",
    0x01C4: "armv7l",
    0x8664: "x86_64",
    0xAA64: "aarch64",
    0xA641: "aarch64",  # code that also serves x86_64 programs (Arm64EC)
    0xA64E: "aarch64",
}
_IMPORTS, _DELAYED_IMPORTS = 1, 13
_MOST_LIBRARIES = 10_000
_MOST_SECTIONS = 96  # the loader's own limit


def read_pe(path: str, image: Image) -> BinaryNeeds | None:
    """Read a file that starts with ``MZ``; ``None`` if it is none of Windows."""
    if image.size < 64:
        return None
    start = image.unpack(struct.Struct("<I"), 60, "header")[0]
    if start + 4 > image.size or image.take(start, 4, "header") != b"PE\0\0":
        return None
    try:
        reader = _Reader(image, start + 4)
    except Malformed as error:
        return BinaryNeeds(path, "pe", fault=str(error))
    fault = None
    try:
        reader.read()
    except Malformed as error:
        fault = str(error)
    return BinaryNeeds(
        path,
        "pe",
        system="windows",
        arch=reader.arch,
        bits=reader.bits,
        libraries=tuple(dict.fromkeys(reader.libraries)),
        fault=fault,
    )


class _Reader:
    """One file; the libraries are kept as they are met."""

    def __init__(self, image: Image, start: int) -> None:
        self._image = image
        # Machine, NumberOfSections, TimeDateStamp, two about symbols, SizeOfOptionalHeader, flags
        header = image.unpack(struct.Struct("<HHIIIHH"), start, "header")
        self.arch = _ARCHES.get(header[0])
        self._section_count = header[1]
        self._optional = start + 20
        self._sections_start = self._optional + header[5]
        self._optional_size = header[5]
        self.bits = 0
        self.libraries: list[str] = []
        self._sections: list[tuple[int, int, int]] = []

    def read(self) -> None:
        """Read both tables of imports; raises :class:`Malformed`."""
        magic = self._image.unpack(struct.Struct("<H"), self._optional, "optional header")[0]
        if magic not in {0x10B, 0x20B}:
            raise Malformed("its optional header is of an unknown kind")
        self.bits = 32 if magic == 0x10B else 64
        directories = 96 if magic == 0x10B else 112
        if self._section_count > _MOST_SECTIONS:
            raise Malformed("it has too many sections")
        # VirtualSize, VirtualAddress, SizeOfRawData, PointerToRawData
        layout = struct.Struct("<4I")
        for index in range(self._section_count):
            at = self._sections_start + index * 40 + 8
            size, address, stored, offset = self._image.unpack(layout, at, "section header")
            self._sections.append((address, max(size, stored), offset))
        for index, layout in ((_IMPORTS, struct.Struct("<5I")), (_DELAYED_IMPORTS, _DELAYED)):
            at = directories + index * 8
            count = self._number(self._optional + directories - 4)
            if index >= count or at + 8 > self._optional_size:
                continue
            address = self._number(self._optional + at)
            if address:
                column = 3 if index == _IMPORTS else 1
                self.libraries.extend(self._names(address, layout, column))

    def _number(self, at: int) -> int:
        return self._image.unpack(struct.Struct("<I"), at, "optional header")[0]

    def _offset(self, address: int, what: str) -> int:
        for start, size, offset in self._sections:
            if start <= address < start + size:
                return address - start + offset
        raise Malformed(f"its {what} is in no section")

    def _names(self, address: int, layout: struct.Struct, column: int) -> Iterator[str]:
        at = self._offset(address, "table of imports")
        for _ in range(_MOST_LIBRARIES):
            entry = self._image.unpack(layout, at, "table of imports")
            # Before Visual C++ 7 delayed imports held addresses that only loading tells.
            old_style = layout is _DELAYED and not entry[0] & 1
            if not any(entry) or not entry[column] or old_style:
                return
            yield self._image.text(self._offset(entry[column], "import"), "import's name")
            at += layout.size
        raise Malformed("its table of imports does not end")


# Attributes, DllNameRVA and six more
_DELAYED = struct.Struct("<8I")
