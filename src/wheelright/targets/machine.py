"""The machine at hand, as found; and whether it can serve a platform.

Must hold on odd systems: no ``ldd``, no ``/bin/sh``, a musl Python on a glibc system, a 32-bit
Python on a 64-bit kernel, an emulated Python. So what the running Python was built for counts
(``sysconfig``), never the kernel's word (``uname``).
"""

from __future__ import annotations

import struct
import sys
from functools import lru_cache

from msgspec import Struct

from wheelright.targets.libc import Libc, machine_libcs, parse_version
from wheelright.targets.platform import Platform, System, Version, cpu_name, system_words

_NARROW = {"x86_64": "i686", "aarch64": "armv8l", "ppc64le": "ppc", "s390x": "s390"}


class Machine(Struct, frozen=True):
    """A computer as found.

    ``arch`` is that of this process, spelled as the system does. ``libcs`` lists every C library
    found, the one of this process first. ``os_version`` is the version of macOS, iOS or Windows or
    the Android API level, where there is one.
    """

    os: System
    arch: str
    libcs: tuple[Libc, ...] = ()
    os_version: Version | None = None

    @property
    def libc(self) -> str | None:
        """The family of the C library of this process: ``glibc``, ``musl`` or ``None``."""
        return self.libcs[0].family if self.libcs else None

    @property
    def libc_version(self) -> Version | None:
        """The version of the C library of this process."""
        return self.libcs[0].version if self.libcs else None

    @property
    def platform(self) -> Platform:
        """The highest platform that this machine serves."""
        if self.os == "linux":
            if not self.libcs:
                return Platform("linux", self.arch)
            return Platform("linux", self.arch, self.libcs[0].family, self.libcs[0].version)
        return Platform(self.os, self.arch, None, self.os_version if self.os != "windows" else None)

    def describe(self) -> str:
        """Words for people: ``glibc 2.36, x86_64``."""
        return self.platform.describe()


@lru_cache(maxsize=1)
def detect_machine() -> Machine:
    """Look at the machine this process runs on; asked once, as it does not change."""
    import sysconfig

    name = sysconfig.get_platform()
    if name.startswith("linux"):
        return Machine("linux", process_arch(name.partition("-")[2]), machine_libcs())
    if name.startswith("macosx"):
        import platform

        return Machine("macos", platform.machine(), (), _macos_version(platform.mac_ver()[0]))
    if name.startswith("win"):
        arch = {"win32": "x86", "win-amd64": "x86_64", "win-arm64": "arm64"}.get(name, "x86_64")
        return Machine("windows", arch, (), _windows_version())
    return _other_machine(name)


def _windows_version() -> Version | None:
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        return version.major, version.minor
    return None


def _other_machine(name: str) -> Machine:
    parts = name.split("-")
    if parts[0] == "android" and len(parts) == 3:
        return Machine("android", parts[2], (), (int(parts[1]), 0))
    if parts[0] == "ios" and len(parts) >= 3:
        return Machine("ios", parts[2], (), parse_version(parts[1] + ".0"))
    if parts[0] == "emscripten":
        return Machine("pyodide", "wasm32")
    # A Unix that has no wheels of its own: only pure ones fit.
    return Machine("linux", parts[-1])


def process_arch(built_for: str, pointer_bits: int = struct.calcsize("P") * 8) -> str:
    """Name the architecture of a Linux process from what its Python was built for.

    A 32-bit Python on a 64-bit kernel names the kernel's.
    """
    arch = cpu_name(built_for)
    return _NARROW.get(arch, arch) if pointer_bits == 32 else arch


def _macos_version(text: str) -> Version | None:
    version = parse_version(text + ".0")
    if version == (10, 16):
        # A Python built against an old SDK is told 10.16 by every later macOS; the file is not.
        return _macos_version_on_disk() or version
    return version


def _macos_version_on_disk() -> Version | None:
    import plistlib
    from pathlib import Path

    # The plain name of this file is answered with 10.16 as well; this name is never rewritten.
    path = Path("/System/Library/CoreServices/.SystemVersionPlatform.plist")
    try:
        found = plistlib.loads(path.read_bytes()).get("ProductVersion", "")
    except (OSError, ValueError):
        return None
    return parse_version(f"{found}.0")


def platform_fits(platform: Platform, machine: Machine) -> bool:
    """Whether what is built for ``platform`` starts on ``machine``."""
    return machine_misfit(platform, machine) is None


def machine_misfit(platform: Platform, machine: Machine) -> str | None:
    """Why what is built for ``platform`` does not start on ``machine``; ``None`` if it does.

    Reads as the end of a sentence: ``needs glibc 2.28 or newer, this machine has 2.17``.
    """
    if platform.os != machine.os:
        other = system_words(machine.platform)
        return (
            f"is for {_SYSTEMS[platform.os]}, this machine runs {_SYSTEMS.get(machine.os, other)}"
        )
    if platform.cpu != cpu_name(machine.arch):
        return f"is for {platform.arch}, this process is {machine.arch}"
    if platform.os == "linux":
        return _libc_misfit(platform, machine)
    if platform.floor and machine.os_version and machine.os_version < platform.floor:
        needed = platform.describe().rpartition(",")[0]
        found = ".".join(map(str, machine.os_version))
        return f"needs {needed} or newer, this machine has {found}"
    return None


_SYSTEMS = {
    "linux": "Linux",
    "macos": "macOS",
    "windows": "Windows",
    "android": "Android",
    "ios": "iOS",
    "pyodide": "Pyodide",
}


def _libc_misfit(platform: Platform, machine: Machine) -> str | None:
    if platform.libc is None or platform.floor is None:
        return None
    needed = f"{platform.libc} {platform.floor[0]}.{platform.floor[1]}"
    alike = [libc for libc in machine.libcs if libc.family == platform.libc]
    if not alike:
        found = " and ".join(map(str, machine.libcs)) or "no known C library"
        return f"needs {needed} or newer, this machine has {found}"
    newest = max((libc.version for libc in alike if libc.version), default=None)
    if newest is None or newest >= platform.floor:
        return None
    return f"needs {needed} or newer, this machine has {newest[0]}.{newest[1]}"
