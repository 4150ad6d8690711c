from __future__ import annotations

import os
import platform
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.targets import (
    Libc,
    Machine,
    Platform,
    describing,
    detect_machine,
    machine_misfit,
    parse_platform,
    platform_fits,
)
from wheelright.targets.describing import (
    ElfHeader,
    libc_by_ldd,
    libc_of,
    loader_libc,
    machine_libcs,
    parse_version,
    process_arch,
    read_elf_header,
    running_libc,
)

if TYPE_CHECKING:
    from pathlib import Path

LINUX = sys.platform == "linux"
only_linux = pytest.mark.skipif(not LINUX, reason="needs Linux")
only_glibc = pytest.mark.skipif(
    not LINUX or platform.libc_ver()[0] != "glibc", reason="needs a Linux with glibc"
)


def _elf(
    bits: int = 64, machine: int = 62, loader: bytes | None = b"/lib64/ld-linux-x86-64.so.2\0"
) -> bytes:
    """Make the smallest program: a header, one program header, the loader's name."""
    wide = bits == 64
    head, entry = (64, 56) if wide else (52, 32)
    count = 0 if loader is None else 1
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    layout = "<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH"
    header = ident + struct.pack(layout, 2, machine, 1, 0, head, 0, 0, head, entry, count, 0, 0, 0)
    if loader is None:
        return header
    at = head + entry
    size = len(loader)
    if wide:
        return header + struct.pack("<IIQQQQQQ", 3, 4, at, 0, 0, size, size, 1) + loader
    return header + struct.pack("<IIIIIIII", 3, at, 0, 0, size, size, 4, 1) + loader


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (_elf(), ElfHeader(64, "x86_64", "/lib64/ld-linux-x86-64.so.2")),
        (_elf(32, 3, b"/lib/ld-linux.so.2\0"), ElfHeader(32, "i686", "/lib/ld-linux.so.2")),
        (_elf(machine=183, loader=None), ElfHeader(64, "aarch64", None)),
        (_elf(machine=4711, loader=None), ElfHeader(64, None, None)),
        (b"#!/bin/sh\n", None),
        (b"", None),
        (b"\x7fELF" + bytes(60), None),
    ],
)
def test_elf_headers(tmp_path: Path, data: bytes, header: ElfHeader | None) -> None:
    (tmp_path / "program").write_bytes(data)
    assert read_elf_header(str(tmp_path / "program")) == header


def test_a_cut_program_is_no_program(tmp_path: Path) -> None:
    whole = _elf()
    for length in range(1, len(whole)):
        (tmp_path / "program").write_bytes(whole[:length])
        assert read_elf_header(str(tmp_path / "program")) is None, length


def test_a_missing_program_has_no_header(tmp_path: Path) -> None:
    assert read_elf_header(str(tmp_path / "nothing")) is None
    assert read_elf_header(str(tmp_path)) is None
    assert libc_of(str(tmp_path / "nothing")) is None


@given(st.binary(max_size=200), st.integers(16, 120))
def test_mangled_headers_never_crash(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "mangled"
    path.write_bytes(_elf()[:at] + junk)
    header = read_elf_header(str(path))
    assert header is None or header.bits == 64


@only_glibc
def test_memory_disk_and_ldd_agree_on_glibc() -> None:
    expected = parse_version(os.confstr("CS_GNU_LIBC_VERSION") or "")
    assert expected is not None
    assert running_libc() == Libc("glibc", expected)
    assert libc_of("/bin/sh") == Libc("glibc", expected)
    assert libc_by_ldd() == Libc("glibc", expected)
    assert machine_libcs() == (Libc("glibc", expected),)


def test_without_ldd_nothing_is_concluded() -> None:
    assert libc_by_ldd("no-such-ldd") is None


def test_musl_says_its_version_in_its_file(tmp_path: Path) -> None:
    loader = tmp_path / "ld-musl-x86_64.so.1"
    loader.write_bytes(b"\x7fELF...\0TZ\x001.2.5\0musl libc (x86_64)\nVersion %s\n\0")
    (tmp_path / "program").write_bytes(_elf(loader=bytes(loader) + b"\0"))
    assert libc_of(str(tmp_path / "program")) == Libc("musl", (1, 2))


@only_linux
def test_musl_says_its_version_when_run(tmp_path: Path) -> None:
    loader = tmp_path / "ld-musl-aarch64.so.1"
    loader.write_text(
        "#!/bin/sh\necho 'musl libc (aarch64)' >&2\necho 'Version 1.1.24' >&2\nexit 1\n",
        encoding="utf-8",
    )
    loader.chmod(0o755)
    assert loader_libc(str(loader)) == Libc("musl", (1, 1))


def test_a_musl_that_says_nothing_is_still_musl(tmp_path: Path) -> None:
    assert loader_libc(str(tmp_path / "ld-musl-x86_64.so.1")) == Libc("musl", None)


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (
            b"\0GNU C Library (Debian GLIBC 2.31-13+deb11u11) stable release version 2.31.\n",
            (2, 31),
        ),
        (b"\0GLIBC_2.2.5\0GLIBC_2.17\0GLIBC_2.4\0GLIBC_PRIVATE\0", (2, 17)),
        (b"nothing", None),
    ],
)
def test_glibc_is_read_beside_its_loader(
    tmp_path: Path, content: bytes, version: tuple[int, int] | None
) -> None:
    (tmp_path / "ld-linux-x86-64.so.2").write_bytes(b"")
    (tmp_path / "libc.so.6").write_bytes(content)
    assert loader_libc(str(tmp_path / "ld-linux-x86-64.so.2")) == Libc("glibc", version)


def test_other_loaders_are_of_no_known_library() -> None:
    assert loader_libc("/system/bin/linker64") is None


@only_linux
def test_this_machine() -> None:
    machine = detect_machine()
    assert machine.os == "linux"
    assert machine.arch == platform.machine() or struct.calcsize("P") == 4
    assert machine.libcs
    assert parse_platform(str(machine.platform)) == machine.platform
    assert platform_fits(machine.platform, machine)


@only_glibc
def test_this_machine_is_found_without_running_programs(tmp_path: Path) -> None:
    source = (
        "import sys\n"
        "sys.addaudithook(lambda name, args: name in ('subprocess.Popen', 'os.posix_spawn',"
        " 'os.exec', 'os.fork') and sys.exit('ran a program'))\n"
        "from wheelright.targets import detect_machine\n"
        "print(detect_machine().platform)\n"
    )
    environ = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", source], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (str(detect_machine().platform), "")


@pytest.mark.parametrize(
    ("built_for", "bits", "arch"),
    [
        ("x86_64", 64, "x86_64"),
        ("x86_64", 32, "i686"),
        ("aarch64", 32, "armv8l"),
        ("armv7l", 32, "armv7l"),
        ("i586", 32, "i686"),
    ],
)
def test_a_narrow_python_on_a_wide_kernel(built_for: str, bits: int, arch: str) -> None:
    assert process_arch(built_for, bits) == arch


@pytest.mark.parametrize(
    ("built_for", "bits", "header", "arch"),
    [
        # An x86_64 program under an emulator that does not hide the kernel's name.
        ("aarch64", 64, ElfHeader(64, "x86_64", None), "x86_64"),
        ("x86_64", 32, ElfHeader(32, "i686", None), "i686"),
        # Only the kernel tells 32-bit ARMs apart.
        ("armv6l", 32, ElfHeader(32, "armv7l", None), "armv6l"),
        ("aarch64", 32, ElfHeader(32, "armv7l", None), "armv8l"),
        # The program that was found is not the one that runs.
        ("x86_64", 32, ElfHeader(64, "x86_64", None), "i686"),
        ("x86_64", 64, ElfHeader(64, None, None), "x86_64"),
    ],
)
def test_the_program_knows_its_architecture_best(
    built_for: str, bits: int, header: ElfHeader, arch: str
) -> None:
    assert process_arch(built_for, bits, header) == arch


GLIBC, MUSL = Libc("glibc", (2, 36)), Libc("musl", (1, 2))
UNKNOWN_MUSL, UNKNOWN_GLIBC = Libc("musl", None), Libc("glibc", None)


@pytest.mark.parametrize(
    ("running", "of_shell", "by_ldd", "found"),
    [
        (GLIBC, GLIBC, None, (GLIBC,)),
        (GLIBC, None, None, (GLIBC,)),  # no /bin/sh
        (MUSL, GLIBC, None, (MUSL, GLIBC)),  # a musl Python on a glibc system
        (GLIBC, MUSL, None, (GLIBC, MUSL)),
        (None, MUSL, None, (MUSL,)),
        (None, None, GLIBC, (GLIBC,)),
        (None, None, None, ()),
        (UNKNOWN_MUSL, None, None, (UNKNOWN_MUSL,)),  # a static Python, and nothing to ask
        (UNKNOWN_MUSL, GLIBC, None, (UNKNOWN_MUSL, GLIBC)),
        (UNKNOWN_MUSL, None, MUSL, (MUSL,)),
        (GLIBC, UNKNOWN_MUSL, None, (GLIBC,)),
        (UNKNOWN_GLIBC, UNKNOWN_GLIBC, GLIBC, (GLIBC,)),
    ],
)
def test_a_machine_may_have_two_libcs_or_hide_them(
    monkeypatch: pytest.MonkeyPatch,
    running: Libc | None,
    of_shell: Libc | None,
    by_ldd: Libc | None,
    found: tuple[Libc, ...],
) -> None:
    monkeypatch.setattr(describing, "running_libc", lambda: running)
    monkeypatch.setattr(describing, "libc_of", lambda _path: of_shell)
    monkeypatch.setattr(describing, "libc_by_ldd", lambda: by_ldd)
    assert machine_libcs() == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("ldd (Debian GLIBC 2.36-9+deb12u13) 2.36\nCopyright (C) 2022", GLIBC),
        ("ldd (GNU libc) 2.17\nCopyright", Libc("glibc", (2, 17))),
        ("ldd (GNU C Library) 2.36", GLIBC),
        ("musl libc (x86_64)\nVersion 1.2.4_git20230717\nDynamic Program Loader", MUSL),
        ("ldd: unknown option", None),
    ],
)
@only_linux
def test_what_ldd_says(tmp_path: Path, said: str, found: Libc | None) -> None:
    program = tmp_path / "ldd"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n", encoding="utf-8")
    program.chmod(0o755)
    assert libc_by_ldd(str(program)) == found


GLIBC_217 = Machine("linux", "x86_64", (Libc("glibc", (2, 17)),))
BOTH = Machine("linux", "x86_64", (Libc("musl", (1, 2)), Libc("glibc", (2, 36))))
MACOS_13 = Machine("macos", "arm64", (), (13, 5))


@pytest.mark.parametrize(
    ("machine", "platform"),
    [
        (GLIBC_217, Platform("linux", "x86_64", "glibc", (2, 17))),
        (BOTH, Platform("linux", "x86_64", "musl", (1, 2))),
        (MACOS_13, Platform("macos", "arm64", None, (13, 5))),
        (Machine("windows", "x86_64", (), (10, 0)), Platform("windows", "x86_64")),
        (Machine("linux", "mips64"), Platform("linux", "mips64")),
    ],
)
def test_the_platform_of_a_machine(machine: Machine, platform: Platform) -> None:
    assert machine.platform == platform


@pytest.mark.parametrize(
    ("name", "machine", "reason"),
    [
        ("x86_64-manylinux_2_17", GLIBC_217, None),
        (
            "x86_64-manylinux_2_28",
            GLIBC_217,
            "needs glibc 2.28 or newer, this machine has 2.17",
        ),
        ("musl", GLIBC_217, "needs musl 1.2 or newer, this machine has glibc 2.17"),
        ("musl", BOTH, None),
        ("linux", BOTH, None),
        (
            "linux",
            Machine("linux", "x86_64"),
            "needs glibc 2.28 or newer, this machine has no known C library",
        ),
        ("aarch64-manylinux_2_17", GLIBC_217, "is for aarch64, this process is x86_64"),
        ("windows", GLIBC_217, "is for Windows, this machine runs Linux"),
        ("macos", MACOS_13, None),
        ("macos-14-arm64", MACOS_13, "needs macOS 14 or newer, this machine has 13.5"),
    ],
)
def test_whether_a_platform_fits_a_machine(name: str, machine: Machine, reason: str | None) -> None:
    assert machine_misfit(parse_platform(name), machine) == reason
    assert platform_fits(parse_platform(name), machine) == (reason is None)
