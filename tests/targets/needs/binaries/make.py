"""Make the binaries of this folder: `python make.py`, with gcc and `ziglang` (from PyPI) installed.

They are committed, because what a compiler writes today another will not write tomorrow. Each is a
few lines of C without a C library at start, so that it stays small; none is ever run.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ZIG = [sys.executable, "-m", "ziglang", "cc"]
GCC = ["gcc"]
SMALL = ["-Os", "-s", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-g0"]
ELF_SMALL = ["-Wl,-z,noseparate-code", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096"]

RANDOM = """
#include <stddef.h>
long getrandom(void *, size_t, unsigned);
void *memcpy(void *, const void *, size_t);
void *PyInit__x(void *to, void *from, size_t n) { getrandom(to, n, 0); return memcpy(to, from, n); }
"""
PLAIN = 'int puts(const char *); int PyInit__x(void) { return puts("x"); }'
NEW_MUSL = "int gettid(void); int PyInit__x(void) { return gettid(); }"
WEAK = """
int puts(const char *);
int gettid(void) __attribute__((weak));
int PyInit__x(void) { return gettid ? gettid() : puts("x"); }
"""
TABLE = "int puts(const char *); void *table[8] = {puts, puts, puts, puts, puts, puts, puts, puts};"
CXX = """
#include <stdexcept>
extern "C" void PyInit__x() { throw std::runtime_error("x"); }
"""
PRIVATE = """
int inflate_table(int);
int inflate(int);
int PyInit__x(void) { return inflate_table(0) + inflate(0); }
"""
BOX = """
__declspec(dllimport) int __stdcall MessageBoxA(void *, char *, char *, int);
__declspec(dllexport) int PyInit__x(void) { return MessageBoxA(0, 0, 0, 0); }
"""
PROGRAM = 'int puts(const char *); int main(void) { return puts("x"); }'
STATIC = "void _start(void) { for (;;) {} }"


def zig(name: str, target: str, source: str, *flags: str) -> None:
    compile_(name, [*ZIG, "-target", target], source, *flags)


def compile_(name: str, compiler: list[str], source: str, *flags: str, suffix: str = ".c") -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, f"source{suffix}")
        file.write_text(source)
        target = HERE / name
        subprocess.run([*compiler, *SMALL, str(file), "-o", str(target), *flags], check=True)
        (HERE / "source.lib").unlink(missing_ok=True)
        target.with_suffix(".pdb").unlink(missing_ok=True)


def cut_macho(path: Path) -> None:
    """Keep the header and the load commands; the rest is pages of zeros."""
    data = path.read_bytes()
    path.write_bytes(data[: 32 + struct.unpack_from("<I", data, 20)[0]])


def fat(name: str, parts: list[tuple[int, int, Path]]) -> None:
    """Join thin files (cputype, cpusubtype, file) as `lipo` does, without its 16 KB alignment."""
    header, body = struct.pack(">II", 0xCAFEBABE, len(parts)), b""
    first = (8 + 20 * len(parts) + 15) // 16 * 16
    for cpu, subtype, path in parts:
        data = path.read_bytes()
        header += struct.pack(">IIIII", cpu, subtype, first + len(body), len(data), 4)
        body += data + b"\0" * (-len(data) % 16)
    (HERE / name).write_bytes(header.ljust(first, b"\0") + body)


SHARED = ("-shared", "-fPIC")
BARE = (*SHARED, "-nostartfiles")


def main() -> None:
    make_glibc()
    make_linux()
    make_macos()
    make_windows()


def make_glibc() -> None:
    compile_(
        "glibc_random.so",
        GCC,
        RANDOM,
        *BARE,
        *ELF_SMALL,
        "-Wl,-soname,_x.so",
        "-Wl,-rpath,$ORIGIN/../x.libs:$ORIGIN/../../nvidia/lib",
        "-Wl,--enable-new-dtags",
    )
    compile_("glibc_relr.so", GCC, TABLE, *BARE, *ELF_SMALL, "-Wl,-z,pack-relative-relocs")
    compile_("glibc_weak.so", GCC, WEAK, *BARE, *ELF_SMALL)
    compile_("glibc_cxx.so", ["g++"], CXX, *BARE, *ELF_SMALL, suffix=".cpp")
    compile_("program_glibc", GCC, PROGRAM, *ELF_SMALL)
    compile_("program_static", GCC, STATIC, "-static", "-nostdlib", *ELF_SMALL)
    compile_("object.o", GCC, PLAIN, "-c")
    with tempfile.TemporaryDirectory() as directory:
        zlib = Path(directory, "libz.so")
        subprocess.run(
            [
                "gcc",
                "-x",
                "c",
                "-",
                "-shared",
                "-fPIC",
                "-nostdlib",
                "-o",
                zlib,
                "-Wl,-soname,libz.so.1",
            ],
            input=b"void inflate_table(void) {} void inflate(void) {}",
            check=True,
        )
        compile_("zlib_private.so", GCC, PRIVATE, *BARE, *ELF_SMALL, str(zlib))


def make_linux() -> None:
    for arch in ("x86_64", "aarch64", "x86", "s390x", "powerpc64le", "riscv64"):
        floor = {"riscv64": ".2.39", "powerpc64le": ".2.24"}.get(arch, ".2.17")
        zig(f"glibc_{arch}.so", f"{arch}-linux-gnu{floor}", PLAIN, *SHARED)
    zig("glibc_armv7.so", "arm-linux-gnueabihf.2.17", PLAIN, *SHARED)
    zig("musl_x86_64.so", "x86_64-linux-musl", PLAIN, *SHARED, "-dynamic")
    zig("musl_new.so", "x86_64-linux-musl", NEW_MUSL, *SHARED, "-dynamic")
    zig("musl_weak.so", "x86_64-linux-musl", WEAK, *SHARED, "-dynamic")


def make_macos() -> None:
    for arch, version in (("x86_64", "10.13"), ("aarch64", "11.0"), ("aarch64", "14.2")):
        zig(
            f"macos_{arch}_{version}.so",
            f"{arch}-macos.{version}",
            PLAIN,
            "-shared",
            "-Wl,-rpath,@loader_path/../.dylibs",
            "-install_name",
            "@rpath/_x.so",
        )
        cut_macho(HERE / f"macos_{arch}_{version}.so")
    fat("macos_universal.so", [
        (0x01000007, 3, HERE / "macos_x86_64_10.13.so"),
        (0x0100000C, 0, HERE / "macos_aarch64_11.0.so"),
    ])  # fmt: skip


def make_windows() -> None:
    for arch in ("x86_64", "x86", "aarch64"):
        zig(
            f"windows_{arch}.pyd",
            f"{arch}-windows-gnu",
            BOX,
            "-shared",
            "-nostdlib",
            "-luser32",
            "-Wl,--no-entry",
            "-e",
            "PyInit__x",
        )


if __name__ == "__main__":
    main()
