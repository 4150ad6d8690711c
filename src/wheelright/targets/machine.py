"""The machine at hand, as found (see ``describing``); and whether it can serve a platform."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.targets.describing import cpu_name, running_system
from wheelright.targets.platform import Platform, system_words

if TYPE_CHECKING:
    from wheelright.targets.describing import Libc, System
    from wheelright.targets.platform import SystemName, Version


class Machine(Struct, frozen=True):
    """A computer as found.

    ``arch`` is that of this process, spelled as the system does. ``libcs`` lists every C library
    found, the one of this process first. ``os_version`` is the version of macOS, iOS or Windows or
    the Android API level, where there is one.
    """

    os: SystemName
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
    return machine_of(running_system())


def machine_of(system: System) -> Machine:
    """Give the machine that was described."""
    return Machine(system.os, system.arch, system.libcs, system.version)


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
