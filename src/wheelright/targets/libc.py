"""Which C library a program runs on, and its version.

Asked in this order, so that memory and disk answer before another program is run: the running
process (``confstr``, then the symbol ``gnu_get_libc_version``); the ELF header of the program in
question and the library beside its loader; musl's loader, run for its banner; ``ldd``, last.
What does not work: ``platform.libc_ver`` (it reads the highest symbol version the *program* uses,
and says 2.17 on a 2.36 system), and taking a missing ``ldd`` for a sign of musl.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.targets.elf import read_elf_header

if TYPE_CHECKING:
    from wheelright.targets.platform import LibcFamily, Version

_GLIBC_BANNER = re.compile(rb"GNU C Library[^\n\0]*? version (\d+)\.(\d+)")
_GLIBC_SYMBOL = re.compile(rb"\0GLIBC_2\.(\d{1,3})(?=[.\0])")
_MUSL_VERSION = re.compile(rb"\0(1)\.(\d{1,2})\.\d{1,3}(?:-git-[0-9a-z-]+)?(?=\0)")
_MUSL_BANNER = re.compile(r"musl libc[^\n]*\n\s*Version (\d+)\.(\d+)")
_LDD_GLIBC = re.compile(r"(?:GLIBC|GNU libc|GNU C Library)[^\n]*?(\d+)\.(\d+)\s*$", re.MULTILINE)


class Libc(Struct, frozen=True):
    """A C library: its family and its version, ``(2, 36)``; ``None`` if that was not to be had."""

    family: LibcFamily
    version: Version | None

    def __str__(self) -> str:
        return (
            self.family if self.version is None else "{} {}.{}".format(self.family, *self.version)
        )


@lru_cache(maxsize=1)
def running_libc() -> Libc | None:
    """Find the C library that this process runs on; ``None`` where it is neither glibc nor musl."""
    version = _glibc_by_confstr() or _glibc_by_symbol()
    if version is not None:
        return Libc("glibc", version)
    return libc_of(Path(sys.executable)) if sys.executable else None


def libc_of(program: Path) -> Libc | None:
    """Find the C library that starts ``program``; ``None`` for scripts and static programs."""
    header = read_elf_header(program)
    if header is None or header.loader is None:
        return None
    return loader_libc(Path(header.loader))


def machine_libcs() -> tuple[Libc, ...]:
    """Every C library found on this machine: of this process first, then of ``/bin/sh``.

    A machine may have both: a musl Python on a glibc system. ``ldd`` is asked only where neither
    the process nor ``/bin/sh`` tells.
    """
    found = [running_libc(), libc_of(Path("/bin/sh"))]
    known = tuple(dict.fromkeys(libc for libc in found if libc is not None and libc.version))
    if known:
        return known
    asked = libc_by_ldd()
    return () if asked is None else (asked,)


@lru_cache(maxsize=64)
def loader_libc(loader: Path) -> Libc | None:
    """Find the C library that a loader (``/lib64/ld-linux-x86-64.so.2``) belongs to."""
    if "musl" in loader.name:
        return Libc("musl", _musl_in_file(loader) or _musl_by_banner(loader))
    if re.match(r"ld(64)?[-.]|ld-linux", loader.name) is None:
        return None
    return Libc("glibc", _glibc_beside(loader))


def parse_version(text: str) -> Version | None:
    """Read the first two numbers of ``2.36`` or ``glibc 2.20-2014.11``; ``None`` if none."""
    match = re.search(r"(\d{1,4})\.(\d{1,4})", text)
    return None if match is None else (int(match[1]), int(match[2]))


def _glibc_by_confstr() -> Version | None:
    confstr = getattr(os, "confstr", None)
    if confstr is None:
        return None
    try:
        text = confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):
        return None
    return parse_version(text) if text else None


def _glibc_by_symbol() -> Version | None:
    try:
        import ctypes

        function = ctypes.CDLL(None).gnu_get_libc_version
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    function.restype = ctypes.c_char_p
    return parse_version(function().decode("ascii", "replace"))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _glibc_beside(loader: Path) -> Version | None:
    """Read the version of the glibc whose loader this is from ``libc.so.6`` or the loader."""
    try:
        real = loader.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    for path in dict.fromkeys((real.parent / "libc.so.6", loader.parent / "libc.so.6", real)):
        data = _read(path)
        if data is None:
            continue
        if banner := _GLIBC_BANNER.search(data):
            return int(banner[1]), int(banner[2])
        if minors := [int(minor) for minor in _GLIBC_SYMBOL.findall(data)]:
            return 2, max(minors)
    return None


def _musl_in_file(loader: Path) -> Version | None:
    data = _read(loader)
    found = set(_MUSL_VERSION.findall(data)) if data else set()
    if len(found) != 1:
        return None
    major, minor = found.pop()
    return int(major), int(minor)


def _musl_by_banner(loader: Path) -> Version | None:
    """Run musl's loader, which says its version when it is given nothing to load."""
    match = _MUSL_BANNER.search(_output([str(loader)]))
    return None if match is None else (int(match[1]), int(match[2]))


def libc_by_ldd(program: str = "ldd") -> Libc | None:
    """Read what ``ldd --version`` says; ``None`` if it is missing or says nothing known."""
    text = _output([program, "--version"])
    if musl := _MUSL_BANNER.search(text):
        return Libc("musl", (int(musl[1]), int(musl[2])))
    if glibc := _LDD_GLIBC.search(text):
        return Libc("glibc", (int(glibc[1]), int(glibc[2])))
    return None


def _output(args: list[str]) -> str:
    """Give what a program prints on both streams; nothing where it cannot be run."""
    from wheelright.outside import processes
    from wheelright.outside.errors import ProcessError

    try:
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        done = processes.run(args, env=env, timeout=5.0)
    except ProcessError:
        return ""
    return f"{done.stdout}\n{done.stderr}"
