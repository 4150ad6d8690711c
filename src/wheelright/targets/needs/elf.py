"""ELF: what the dynamic loader of Linux will ask of a machine.

Only what the loader itself follows is read (program headers, the dynamic section, the version needs
it points to), never section headers: those may be stripped, and may lie.
References: System V ABI, "Object Files" and "Dynamic Linking"; Linux Standard Base, "Symbol
Versioning"; glibc's ``dl-version.c`` for what it does with a version that is missing.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct, field

from wheelright.targets.needs.binary import (
    BinaryNeeds,
    Image,
    Malformed,
    Version,
    highest_versions,
    numeric,
)
from wheelright.targets.needs.policies import watched_symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\x7fELF"

_ARCHES = {
    (3, 32): "i686",
    (8, 32): "mips",
    (8, 64): "mips64",
    (20, 32): "ppc",
    (21, 64): "ppc64",
    (22, 64): "s390x",
    (40, 32): "armv7l",
    (62, 64): "x86_64",
    (62, 32): "x32",
    (183, 64): "aarch64",
    (243, 32): "riscv32",
    (243, 64): "riscv64",
    (258, 64): "loongarch64",
}
# EI_OSABI: none, GNU, and what old Arm linkers wrote are all Linux.
_SYSTEMS = {
    0: "linux",
    3: "linux",
    97: "linux",
    2: "netbsd",
    6: "solaris",
    9: "freebsd",
    12: "openbsd",
}
_EXECUTABLE, _SHARED = 2, 3
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ = 1, 4, 5, 6, 10
_DT_SONAME, _DT_RPATH, _DT_RUNPATH, _DT_RELR = 14, 15, 29, 36
_DT_GNU_HASH, _DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFEF5, 0x6FFFFFFE, 0x6FFFFFFF
_VER_FLG_WEAK = 2
_STB_WEAK = 2
# More than any real file has by far; whoever claims more is lying.
_MOST_ENTRIES = 100_000
_MOST_SYMBOLS = 1_000_000
_MOST_LIBRARIES = 10_000

# Words in glibc's namespace are features of the loader, not numbers. Each stands for the version
# that brought it; one that is not known here is newer than all of them.
_GLIBC_WORDS: dict[str, Version] = {"ABI_DT_RELR": (2, 36)}
_GLIBC_NEWEST_WORD: Version = (2, 42)
_MUSL_LIBRARY = re.compile(r"libc\.so|libc\.musl-.*\.so\.1|ld-musl-.*\.so\.1")
_MUSL_FLOORS: tuple[Version, Version] = (1, 1), (1, 2)


class _Found(Struct):
    """What is gathered while the file is read; the part that stands when reading stops early."""

    interpreter: str = ""
    android: bool = False
    relr: bool = False
    own_name: str | None = None
    libraries: list[str] = field(default_factory=list)
    versions: dict[str, list[str]] = field(default_factory=dict)
    search: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)


def read_elf(path: str, image: Image) -> BinaryNeeds | None:
    """Read an ELF file, whose magic number was seen; ``None`` for what no loader loads (``.o``)."""
    try:
        reader = _Reader(image)
    except Malformed as error:
        return BinaryNeeds(path, "elf", fault=str(error))
    if reader.type not in {_EXECUTABLE, _SHARED}:
        return None
    fault = None
    try:
        reader.read()
    except Malformed as error:
        fault = str(error)
    found = reader.found
    needs = BinaryNeeds(
        path,
        "elf",
        system=_system(reader.os_abi, found),
        arch=reader.arch,
        bits=reader.bits,
        big_endian=reader.order == ">",
        own_name=found.own_name,
        libraries=tuple(dict.fromkeys(found.libraries)),
        versions={name: highest_versions(all_) for name, all_ in found.versions.items()},
        search=tuple(dict.fromkeys(found.search)),
        fault=fault,
    )
    if needs.system != "linux":
        return needs
    libc = _libc(needs, found.interpreter)
    floor: Version | None = None
    private: list[str] = []
    if libc == "glibc":
        floor = _glibc_floor(needs, relr=found.relr)
    elif libc == "musl":
        floor = _MUSL_FLOORS[bool(found.imports & watched_symbols()["musl"])]
    for library in needs.libraries:
        private.extend(found.imports & watched_symbols().get(library, frozenset()))
    return msgspec.structs.replace(
        needs, libc=libc, floor=floor, private=tuple(sorted(set(private)))
    )


def _system(os_abi: int, found: _Found) -> str | None:
    # Bionic, Android's libc, is as unversioned as musl's `libc.so`, but names its one version.
    bionic = any("LIBC" in versions for versions in found.versions.values())
    if found.android or bionic or found.interpreter.startswith("/system/bin/linker"):
        return "android"
    return _SYSTEMS.get(os_abi)


def _libc(needs: BinaryNeeds, interpreter: str) -> Literal["glibc", "musl"] | None:
    if any(name.startswith("GLIBC_") for name in _libc_versions(needs)):
        return "glibc"
    for name in (*needs.libraries, interpreter.rpartition("/")[2]):
        if name == "libc.so.6" or re.match(r"ld-linux|ld64\.so", name):
            return "glibc"
        if _MUSL_LIBRARY.fullmatch(name):
            return "musl"
    return None


def _libc_versions(needs: BinaryNeeds) -> list[str]:
    """List the versions asked of all libraries but GCC's, whose ``GLIBC_2.0`` musl systems have."""
    return [
        name
        for library, names in needs.versions.items()
        if not library.startswith("libgcc_s")
        for name in names
    ]


def _glibc_floor(needs: BinaryNeeds, *, relr: bool) -> Version | None:
    # Some linkers pack relocations without saying so in a version need; old loaders then crash.
    floors: list[Version] = [_GLIBC_WORDS["ABI_DT_RELR"]] if relr else []
    for name in _libc_versions(needs):
        namespace, _, version = name.partition("_")
        if namespace != "GLIBC" or version == "PRIVATE":
            continue
        number = numeric(version)
        if number is None:
            floors.append(_GLIBC_WORDS.get(version, _GLIBC_NEWEST_WORD))
        elif len(number) > 1:
            floors.append((number[0], number[1]))
    return max(floors, default=None)


class _Reader:
    """One ELF file; everything found goes to ``found`` as it is found."""

    def __init__(self, image: Image) -> None:
        self._image = image
        ident = image.take(0, 16, "header")
        if ident[4] not in {1, 2} or ident[5] not in {1, 2}:
            raise Malformed("its class or its byte order is unknown")
        self.bits = 32 * ident[4]
        self.order = "<" if ident[5] == 1 else ">"
        self.os_abi = ident[7]
        wide = self.bits == 64
        # e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, e_ehsize, then the size
        # and the number of program headers
        header = image.unpack(self._layout("HHIQQQIHHH" if wide else "HHIIIIIHHH"), 16, "header")
        self.type, machine = header[0], header[1]
        self._program = (header[4], header[8], header[9])
        arch = _ARCHES.get((machine, self.bits))
        self.arch = "ppc64le" if arch == "ppc64" and self.order == "<" else arch
        self._loads: list[tuple[int, int, int]] = []
        self._dynamic: dict[int, int] = {}
        self.found = _Found()

    def _layout(self, fields: str) -> struct.Struct:
        return struct.Struct(self.order + fields)

    def read(self) -> None:
        """Read all that the loader would follow; raises :class:`Malformed` where it cannot."""
        dynamic = None
        for kind, offset, address, size in self._segments():
            if kind == _PT_LOAD:
                self._loads.append((address, offset, size))
            elif kind == _PT_DYNAMIC:
                dynamic = (offset, size)
            elif kind == _PT_INTERP:
                self.found.interpreter = self._image.text(offset, "loader's name", offset + size)
            elif kind == _PT_NOTE and not self.found.android:
                note = self._image.take(offset, min(size, 4096), "note")
                self.found.android = b"Android\0" in note
        if dynamic is not None:
            strings = self._read_dynamic(*dynamic)
            self._read_versions(strings)
            self._read_imports(strings)

    def _segments(self) -> Iterator[tuple[int, int, int, int]]:
        offset, entry_size, count = self._program
        wide = self.bits == 64
        # 64: p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz; 32: p_type, p_offset, ...
        layout = self._layout("IIQQQQ" if wide else "IIIII")
        if count and entry_size < layout.size:
            raise Malformed("its program headers are too small")
        for index in range(count):
            entry = self._image.unpack(layout, offset + index * entry_size, "program header")
            yield (
                (entry[0], entry[2], entry[3], entry[5])
                if wide
                else (
                    entry[0],
                    entry[1],
                    entry[2],
                    entry[4],
                )
            )

    def _offset(self, address: int, what: str) -> int:
        """Find where in the file an address of the loaded program comes from."""
        for start, offset, size in self._loads:
            if start <= address < start + size:
                return address - start + offset
        raise Malformed(f"its {what} is in no part that is loaded")

    def _read_dynamic(self, offset: int, size: int) -> tuple[int, int]:
        layout = self._layout("QQ" if self.bits == 64 else "II")
        if size > _MOST_ENTRIES * layout.size:
            raise Malformed("its dynamic section is too long")
        named: list[tuple[int, int]] = []
        whole = size - size % layout.size
        for tag, value in layout.iter_unpack(self._image.take(offset, whole, "dynamic section")):
            if tag == 0:
                break
            if tag in {_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH}:
                named.append((tag, value))
            self._dynamic[tag] = value
        self.found.relr = _DT_RELR in self._dynamic
        if _DT_STRTAB not in self._dynamic:
            if named or _DT_VERNEED in self._dynamic:
                raise Malformed("it has names but no table of names")
            return 0, 0
        start = self._offset(self._dynamic[_DT_STRTAB], "table of names")
        strings = (start, start + self._dynamic.get(_DT_STRSZ, self._image.size - start))
        self._keep_names(strings, named)
        return strings

    def _keep_names(self, strings: tuple[int, int], named: list[tuple[int, int]]) -> None:
        if len(named) > _MOST_LIBRARIES:
            raise Malformed("it needs too many libraries")
        for tag, value in named:
            name = self._name(strings, value)
            if tag == _DT_NEEDED:
                self.found.libraries.append(name)
            elif tag == _DT_SONAME:
                self.found.own_name = name
            else:
                self.found.search.extend(part for part in name.split(":") if part)

    def _name(self, strings: tuple[int, int], at: int) -> str:
        if at >= strings[1] - strings[0]:
            raise Malformed("a name lies beyond its table of names")
        return self._image.text(strings[0] + at, "name", strings[1])

    def _read_versions(self, strings: tuple[int, int]) -> None:
        if _DT_VERNEED not in self._dynamic:
            return
        need = self._layout("HHIII")  # vn_version, vn_cnt, vn_file, vn_aux, vn_next
        version = self._layout("IHHII")  # vna_hash, vna_flags, vna_other, vna_name, vna_next
        at = self._offset(self._dynamic[_DT_VERNEED], "version needs")
        left = _MOST_LIBRARIES
        for _ in range(min(self._dynamic.get(_DT_VERNEEDNUM, 0), _MOST_LIBRARIES)):
            _, count, file, first, following = self._image.unpack(need, at, "version needs")
            library = self.found.versions.setdefault(self._name(strings, file), [])
            inner = at + first
            for _ in range(count):
                left -= 1
                if left < 0:
                    raise Malformed("its version needs do not end")
                _, flags, _, name, after = self._image.unpack(version, inner, "version needs")
                # Without a weak version the loader goes on; it is a wish, not a need.
                if not flags & _VER_FLG_WEAK:
                    library.append(self._name(strings, name))
                if not after:
                    break
                inner += after
            if not following:
                break
            at += following

    def _read_imports(self, strings: tuple[int, int]) -> None:
        """Look for the few symbols that policies speak of; weak ones are wishes."""
        watched = watched_symbols()
        names = set[str]()
        for library in self.found.libraries:
            if _MUSL_LIBRARY.fullmatch(library):
                names |= watched["musl"]
            names |= watched.get(library, frozenset())
        table = self._image.take(
            strings[0], min(strings[1], self._image.size) - strings[0], "table of names"
        )
        present = {name for name in names if b"\0" + name.encode() + b"\0" in table}
        if not present or _DT_SYMTAB not in self._dynamic:
            return
        wide = self.bits == 64
        # 64: st_name, st_info, st_other, st_shndx, st_value, st_size
        # 32: st_name, st_value, st_size, st_info, st_other, st_shndx
        layout = self._layout("IBBHQQ" if wide else "IIIBBH")
        info, section = (1, 3) if wide else (3, 5)
        count = self._count_symbols()
        start = self._offset(self._dynamic[_DT_SYMTAB], "symbols")
        entries = self._image.take(start, count * layout.size, "symbols")
        for entry in layout.iter_unpack(entries):
            if entry[section] == 0 and entry[info] >> 4 != _STB_WEAK and entry[0]:
                end = table.find(b"\0", entry[0])
                name = table[entry[0] : end].decode("utf-8", "replace")
                if name in present:
                    self.found.imports.add(name)

    def _count_symbols(self) -> int:
        """Count the symbols that may be imported: those before the first hashed one, or all."""
        if _DT_GNU_HASH in self._dynamic:
            at = self._offset(self._dynamic[_DT_GNU_HASH], "table of symbols")
            count = self._image.unpack(self._layout("II"), at, "table of symbols")[1]
        elif _DT_HASH in self._dynamic:
            at = self._offset(self._dynamic[_DT_HASH], "table of symbols")
            # Only s390x has 64-bit entries here.
            wide = self.arch == "s390x"
            layout = self._layout("QQ" if wide else "II")
            count = self._image.unpack(layout, at, "table of symbols")[1]
        else:
            return 0
        if count > _MOST_SYMBOLS:
            raise Malformed("it has too many symbols")
        return count
