"""What is read from single binaries; those in `binaries` were made by the script beside them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelright.targets.needs import BinaryNeeds, is_binary, read_binary
from wheelright.targets.needs.binary import highest_versions

BINARIES = Path(__file__).parent / "binaries"
NAMES = sorted(path.name for path in BINARIES.iterdir() if path.suffix != ".py" and path.is_file())

GLIBC: dict[str, Any] = {
    "system": "linux",
    "libc": "glibc",
    "libraries": ("libc.so.6",),
    "bits": 64,
}
MUSL: dict[str, Any] = {"system": "linux", "libc": "musl", "libraries": ("libc.so",), "bits": 64}
MACOS: dict[str, Any] = {
    "system": "macos",
    "bits": 64,
    "own_name": "@rpath/_x.so",
    "libraries": ("/usr/lib/libSystem.B.dylib",),
    "search": ("@loader_path/../.dylibs",),
}
WINDOWS: dict[str, Any] = {"system": "windows", "libraries": ("USER32.dll",), "bits": 64}


def glibc(arch: str, version: str, floor: tuple[int, int], **other: Any) -> dict[str, Any]:
    versions = {"libc.so.6": (f"GLIBC_{version}",)}
    return GLIBC | {"arch": arch, "floor": floor, "versions": versions} | other


EXPECTED: dict[str, dict[str, Any]] = {
    "glibc_aarch64.so": glibc("aarch64", "2.17", (2, 17)),
    "glibc_armv7.so": glibc("armv7l", "2.4", (2, 4), bits=32),
    "glibc_powerpc64le.so": glibc("ppc64le", "2.17", (2, 17)),
    "glibc_riscv64.so": glibc("riscv64", "2.27", (2, 27)),
    "glibc_s390x.so": glibc("s390x", "2.2", (2, 2), big_endian=True),
    "glibc_x86.so": glibc("i686", "2.0", (2, 0), bits=32),
    "glibc_x86_64.so": glibc("x86_64", "2.2.5", (2, 2)),
    "glibc_random.so": glibc(
        "x86_64",
        "2.25",
        (2, 25),
        own_name="_x.so",
        search=("$ORIGIN/../x.libs", "$ORIGIN/../../nvidia/lib"),
    ),
    "glibc_relr.so": glibc(
        "x86_64", "", (2, 36), versions={"libc.so.6": ("GLIBC_2.2.5", "GLIBC_ABI_DT_RELR")}
    ),
    # gettid is asked for weakly, but under a version that is needed all the same.
    "glibc_weak.so": glibc("x86_64", "2.30", (2, 30)),
    "program_glibc": glibc("x86_64", "2.34", (2, 34)),
    "glibc_cxx.so": {
        "system": "linux",
        "arch": "x86_64",
        "bits": 64,
        "libraries": ("libstdc++.so.6", "libgcc_s.so.1"),
        "versions": {
            "libgcc_s.so.1": ("GCC_3.0",),
            "libstdc++.so.6": ("CXXABI_1.3", "GLIBCXX_3.4.21"),
        },
    },
    "zlib_private.so": {
        "system": "linux",
        "arch": "x86_64",
        "bits": 64,
        "libraries": ("libz.so.1",),
        "private": ("inflate_table",),
    },
    "program_static": {"system": "linux", "arch": "x86_64", "bits": 64},
    "musl_x86_64.so": MUSL | {"arch": "x86_64", "floor": (1, 1)},
    "musl_new.so": MUSL | {"arch": "x86_64", "floor": (1, 2)},
    "musl_weak.so": MUSL | {"arch": "x86_64", "floor": (1, 1)},
    "macos_x86_64_10.13.so": MACOS | {"arch": "x86_64", "floor": (10, 13)},
    "macos_aarch64_11.0.so": MACOS | {"arch": "aarch64", "floor": (11, 0)},
    "macos_aarch64_14.2.so": MACOS | {"arch": "aarch64", "floor": (14, 2)},
    "windows_x86_64.pyd": WINDOWS | {"arch": "x86_64"},
    "windows_x86.pyd": WINDOWS | {"arch": "i686", "bits": 32},
    "windows_aarch64.pyd": WINDOWS | {"arch": "aarch64"},
}
FORMATS: dict[str, Any] = {"linux": "elf", "macos": "mach-o", "windows": "pe"}


def read(name: str) -> tuple[BinaryNeeds, ...]:
    return read_binary(name, (BINARIES / name).read_bytes())


@pytest.mark.parametrize("name", EXPECTED)
def test_each_format(name: str) -> None:
    fields = EXPECTED[name]
    assert read(name) == (BinaryNeeds(name, format=FORMATS[fields["system"]], **fields),)


def test_every_binary_is_expected() -> None:
    assert {*EXPECTED, "macos_universal.so", "object.o"} == set(NAMES)


def test_a_universal_file_is_read_for_each_architecture() -> None:
    assert [(needs.arch, needs.floor, needs.path) for needs in read("macos_universal.so")] == [
        ("x86_64", (10, 13), "macos_universal.so"),
        ("aarch64", (11, 0), "macos_universal.so"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"M",
        b"MZ is how some texts start",
        b"MZ".ljust(128, b"\0"),
        b"#!/bin/sh\n",
        b"\xca\xfe\xba\xbe\0\0\0\x41" + b"\0" * 64,  # a class file of Java 21
        (BINARIES / "object.o").read_bytes(),
    ],
)
def test_what_no_system_loads_is_no_binary(data: bytes) -> None:
    assert read_binary("x", data) == ()


def test_four_bytes_tell() -> None:
    assert all(is_binary((BINARIES / name).read_bytes()[:4]) for name in NAMES)
    assert not is_binary(b"")
    assert not is_binary(b"impo")


def test_a_version_marked_weak_is_no_need() -> None:
    data = bytearray((BINARIES / "glibc_weak.so").read_bytes())
    data[_version_entry(data) + 4] = 2  # vna_flags: VER_FLG_WEAK
    (needs,) = read_binary("x.so", bytes(data))
    assert (needs.versions, needs.floor) == ({"libc.so.6": ("GLIBC_2.2.5",)}, (2, 2))


def _elf_hash(name: str) -> int:
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def _version_entry(data: bytearray) -> int:
    """Find the version need of GLIBC_2.30, which starts with the hash of its name."""
    return data.index(struct.pack("<I", _elf_hash("GLIBC_2.30")))


def test_the_highest_of_each_namespace_is_kept() -> None:
    names = ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.9", "GLIBC_PRIVATE", "OPENSSL_1_1_0", "LIBC"]
    assert highest_versions(names) == ("GLIBC_2.17", "GLIBC_PRIVATE", "LIBC", "OPENSSL_1_1_0")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_is_a_fault_or_still_whole(name: str) -> None:
    data = (BINARIES / name).read_bytes()
    whole = read_binary(name, data)
    for size in range(len(data)):
        for needs in read_binary(name, data[:size]):
            assert needs.fault or needs in whole


def test_a_fault_says_what_is_wrong_and_keeps_what_was_read() -> None:
    data = (BINARIES / "glibc_x86_64.so").read_bytes()
    assert read_binary("x", data[:20]) == (
        BinaryNeeds("x", "elf", fault="its header lies beyond its end"),
    )
    (needs,) = read_binary("x", data[:100])
    assert (needs.arch, needs.fault) == ("x86_64", "its program header lies beyond its end")


def elf(entries: list[tuple[int, int]], rest: bytes = b"", load: int = 1 << 20) -> bytes:
    """Make a 64-bit shared library of a dynamic section at 176 and what follows it."""
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    header = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    segments = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, load, load, 0)
    segments += struct.pack("<IIQQQQQQ", 2, 4, 176, 176, 176, len(dynamic), len(dynamic), 8)
    return header + segments + dynamic + rest


VERSION_NEED = 0x6FFFFFFE
VERSION_NEEDS = 0x6FFFFFFF


def test_version_needs_that_never_end_are_a_fault() -> None:
    # One library that claims 65,535 versions, each of them one byte after the one before.
    start = 176 + 4 * 16
    needs = struct.pack("<HHIII", 1, 65535, 0, 16, 0)
    versions = b"\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0" + b"\1\0\0\0" * 40_000
    data = elf([(5, 0), (VERSION_NEED, start), (VERSION_NEEDS, 1 << 40), (0, 0)], needs + versions)
    (found,) = read_binary("x", data)
    assert found.fault is not None


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([(1, 1), (0, 0)], "it has names but no table of names"),
        ([(5, 1 << 30), (1, 1), (0, 0)], "its table of names is in no part that is loaded"),
        ([(5, 176), (10, 4), (1, 9), (0, 0)], "a name lies beyond its table of names"),
        ([(5, 224), (1, 0), (0, 0)], "its name has no end"),
        ([(1, 1)] * 20_000 + [(5, 0), (0, 0)], "it needs too many libraries"),
        ([(2, 0)] * 100_001, "its dynamic section is too long"),
    ],
)
def test_lies_of_the_dynamic_section(entries: list[tuple[int, int]], fault: str) -> None:
    (found,) = read_binary("x", elf(entries, b"xxxx"))
    assert found.fault == fault


def test_android_is_not_musl() -> None:
    strings = b"\0libc.so\0LIBC\0"
    start = 176 + 6 * 16
    needs = struct.pack("<HHIII", 1, 1, 1, 16, 0) + struct.pack("<IHHII", 0, 0, 2, 9, 0)
    data = elf(
        [(5, start), (10, len(strings)), (1, 1), (VERSION_NEED, start + len(strings)),
         (VERSION_NEEDS, 1), (0, 0)],
        strings + needs,
    )  # fmt: skip
    (found,) = read_binary("x", data)
    assert (found.system, found.libc, found.fault) == ("android", None, None)


def test_a_glibc_version_of_gcc_is_no_glibc() -> None:
    # musl systems have it too: `libgcc_s` names its oldest symbols so on every libc.
    data = (BINARIES / "glibc_aarch64.so").read_bytes().replace(b"libc.so.6", b"libgcc_s.")
    (needs,) = read_binary("x", data)
    assert needs.versions == {"libgcc_s.": ("GLIBC_2.17",)}
    assert (needs.libc, needs.floor) == (None, None)


def test_too_many_sections_of_windows() -> None:
    data = bytearray((BINARIES / "windows_x86_64.pyd").read_bytes())
    start = struct.unpack_from("<I", data, 60)[0]
    struct.pack_into("<H", data, start + 6, 97)
    (found,) = read_binary("x", bytes(data))
    assert found.fault == "it has too many sections"


def test_a_load_command_without_size_is_a_fault() -> None:
    data = bytearray((BINARIES / "macos_aarch64_11.0.so").read_bytes())
    struct.pack_into("<I", data, 36, 0)
    (found,) = read_binary("x", bytes(data))
    assert (found.arch, found.fault) == ("aarch64", "a load command has an impossible size")


CONTENTS = {name: (BINARIES / name).read_bytes() for name in NAMES}


@settings(max_examples=300)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), max_size=6),
)
def test_damage_never_raises(name: str, damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(CONTENTS[name])
    for at, piece in damage:
        start = at % len(data)
        data[start : start + len(piece)] = piece
    for needs in read_binary(name, bytes(data)):
        assert needs.fault is None or needs.fault.startswith(("it", "a ", "an "))


@settings(max_examples=200)
@given(
    st.sampled_from(
        [b"\x7fELF\2\1", b"\x7fELF\1\2", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"]
    ),
    st.binary(max_size=400),
)
def test_noise_never_raises(start: bytes, noise: bytes) -> None:
    for needs in read_binary("x", start + noise):
        assert needs.path == "x"
