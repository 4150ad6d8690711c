"""Mach-O: what the dynamic loader of macOS will ask of a machine.

References: ``mach-o/loader.h`` and ``mach-o/fat.h``.
"""

from __future__ import annotations

import struct

from wheelright.targets.needs.binary import BinaryNeeds, Image, Malformed, Version

_THIN = {
    b"\xce\xfa\xed\xfe": ("<", 32),
    b"\xcf\xfa\xed\xfe": ("<", 64),
    b"\xfe\xed\xfa\xce": (">", 32),
    b"\xfe\xed\xfa\xcf": (">", 64),
}
_FAT = {b"\xca\xfe\xba\xbe": 32, b"\xca\xfe\xba\xbf": 64}
MAGICS = frozenset((*_THIN, *_FAT))

_ARCHES = {
    7: "i686",
    12: "armv7l",
    18: "ppc",
    0x01000007: "x86_64",
    0x0100000C: "aarch64",
    0x01000012: "ppc64",
    0x0200000C: "arm64_32",
}
_EXECUTE, _DYLIB, _BUNDLE = 2, 6, 8
_LC_REQUIRED = 0x80000000
_LC_LOADS = {
    0xC,
    _LC_REQUIRED | 0x1F,
    0x20,
    _LC_REQUIRED | 0x23,
}  # plain, re-exported, lazy, upward
_LC_ID, _LC_RPATH, _LC_BUILD_VERSION = 0xD, _LC_REQUIRED | 0x1C, 0x32
_LC_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}
_PLATFORMS = {1: "macos", 2: "ios", 3: "tvos", 4: "watchos", 6: "macos", 7: "ios"}
_MOST_COMMANDS = 10_000
# A class file of Java starts as a universal file does; its version stands where the count is.
_MOST_ARCHES = 40


def read_macho(path: str, image: Image) -> tuple[BinaryNeeds, ...]:
    """Read a file whose magic number was seen: a value for each architecture; none for Java's."""
    magic = image.take(0, 4, "header") if image.size >= 4 else b""
    if magic not in _FAT:
        needs = _read_thin(path, image)
        return () if needs is None else (needs,)
    try:
        count = image.unpack(struct.Struct(">I"), 4, "header")[0]
        if count > _MOST_ARCHES:
            return ()
        # cputype, cpusubtype, offset, size, align
        layout = struct.Struct(">IIIII" if _FAT[magic] == 32 else ">IIQQII")
        found = []
        for index in range(count):
            entry = image.unpack(layout, 8 + index * layout.size, "list of architectures")
            found.append(_read_slice(path, image, entry[0], entry[2], entry[3]))
    except Malformed as error:
        return (BinaryNeeds(path, "mach-o", fault=str(error)),)
    return tuple(needs for needs in found if needs is not None)


def _read_slice(path: str, image: Image, cpu: int, offset: int, size: int) -> BinaryNeeds | None:
    arch = _ARCHES.get(cpu)
    try:
        part = Image(image.data, image.start + offset, size)
    except Malformed as error:
        return BinaryNeeds(path, "mach-o", arch=arch, fault=str(error))
    if part.size < 4 or part.take(0, 4, "header") not in _THIN:
        # An archive of objects (`.a`) may be universal too.
        return None
    return _read_thin(path, part)


def _read_thin(path: str, image: Image) -> BinaryNeeds | None:
    try:
        reader = _Reader(path, image)
    except Malformed as error:
        return BinaryNeeds(path, "mach-o", fault=str(error))
    if reader.type not in {_EXECUTE, _DYLIB, _BUNDLE}:
        return None
    try:
        reader.read()
    except Malformed as error:
        return reader.needs(str(error))
    return reader.needs(None)


class _Reader:
    """One architecture of a file; what its load commands say is kept as it is met."""

    def __init__(self, path: str, image: Image) -> None:
        self._path = path
        self._image = image
        self._order, self._bits = _THIN[image.take(0, 4, "header")]
        # magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags
        header = image.unpack(struct.Struct(self._order + "7I"), 0, "header")
        self._arch = _ARCHES.get(header[1])
        self.type = header[3]
        self._commands = header[4]
        self._start = 32 if self._bits == 64 else 28
        self._end = self._start + header[5]
        self._system: str | None = None
        self._floor: Version | None = None
        self._own_name: str | None = None
        self._libraries: list[str] = []
        self._search: list[str] = []

    def needs(self, fault: str | None) -> BinaryNeeds:
        """Give what was found."""
        return BinaryNeeds(
            self._path,
            "mach-o",
            # Files from before versions were written are for the systems of then.
            system=self._system or ("macos" if fault is None else None),
            arch=self._arch,
            bits=self._bits,
            big_endian=self._order == ">",
            floor=self._floor,
            own_name=self._own_name,
            libraries=tuple(dict.fromkeys(self._libraries)),
            search=tuple(dict.fromkeys(self._search)),
            fault=fault,
        )

    def read(self) -> None:
        """Follow the load commands; raises :class:`Malformed` where they lead out of the file."""
        if self._end > self._image.size:
            raise Malformed("its load commands lie beyond its end")
        if self._commands > _MOST_COMMANDS:
            raise Malformed("it has too many load commands")
        head = struct.Struct(self._order + "II")
        at = self._start
        for _ in range(self._commands):
            command, size = self._image.unpack(head, at, "load command")
            if size < head.size or at + size > self._end:
                raise Malformed("a load command has an impossible size")
            self._read_command(command, at, size)
            at += size

    def _read_command(self, command: int, at: int, size: int) -> None:
        if command in _LC_LOADS:
            self._libraries.append(self._text(at, size))
        elif command == _LC_ID:
            self._own_name = self._text(at, size)
        elif command == _LC_RPATH:
            self._search.append(self._text(at, size))
        elif command in _LC_VERSION_MIN:
            self._set_floor(_LC_VERSION_MIN[command], self._number(at, 8))
        elif command == _LC_BUILD_VERSION:
            # A file for macOS and for apps brought over from iOS says both, macOS first.
            system = _PLATFORMS.get(self._number(at, 8))
            if self._system is None:
                self._set_floor(system, self._number(at, 12))

    def _set_floor(self, system: str | None, version: int) -> None:
        self._system = system
        self._floor = (version >> 16, version >> 8 & 0xFF)

    def _number(self, at: int, offset: int) -> int:
        return self._image.unpack(struct.Struct(self._order + "I"), at + offset, "load command")[0]

    def _text(self, at: int, size: int) -> str:
        offset = self._number(at, 8)
        if not 12 <= offset < size:
            raise Malformed("a name lies outside its load command")
        # A name that fills its command exactly needs no zero byte.
        raw = self._image.take(at + offset, size - offset, "name")
        return raw.partition(b"\0")[0].decode("utf-8", "replace")
