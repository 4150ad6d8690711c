"""Platforms: an operating system, an architecture and a floor, and the names they go by.

The names are those of ``uv --python-platform`` with the meaning uv gives them, the platform tags of
wheels (``manylinux_2_28_x86_64``, ``win_amd64``), and patterns that take any version number.
Adding a name: here, in ``tags.py`` (its tags) and in ``markers.py`` (its marker values).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from wheelright.targets.describing import cpu_name
from wheelright.targets.errors import UnknownPlatform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "PATTERNS",
    "WELL_KNOWN_NAMES",
    "LibcFamily",
    "Platform",
    "SystemName",
    "Version",
    "cpu_name",
    "parse_platform",
    "system_words",
]

Version = tuple[int, int]
SystemName = Literal["linux", "macos", "windows", "android", "ios", "pyodide"]
LibcFamily = Literal["glibc", "musl"]

LINUX_FLOOR: Version = (2, 28)
"""What ``linux`` and ``*-unknown-linux-gnu`` promise (uv's choice)."""
MUSL_FLOOR: Version = (1, 2)
MACOS_FLOOR: Version = (13, 0)
ANDROID_FLOOR: Version = (24, 0)
IOS_FLOOR: Version = (13, 0)
RISCV64_FLOOR: Version = (2, 39)

_CPUS: dict[str, frozenset[str]] = {
    "linux": frozenset({
        "x86_64", "aarch64", "i686", "armv7l", "armv8l", "armv6l", "ppc64", "ppc64le", "s390x",
        "riscv64", "loongarch64",
    }),
    "macos": frozenset({"x86_64", "aarch64"}),
    "windows": frozenset({"x86_64", "aarch64", "i686"}),
    "android": frozenset({"x86_64", "aarch64", "i686", "armv7l"}),
    "ios": frozenset({"aarch64", "x86_64"}),
    "pyodide": frozenset({"wasm32"}),
}  # fmt: skip
_SPELLINGS: dict[str, dict[str, str]] = {
    "macos": {"aarch64": "arm64"},
    "ios": {"aarch64": "arm64"},
    "windows": {"aarch64": "arm64", "i686": "x86"},
}
_LEGACY_GLIBC: dict[str, Version] = {
    "manylinux1": (2, 5),
    "manylinux2010": (2, 12),
    "manylinux2014": (2, 17),
}


class Platform(Struct, frozen=True):
    """An operating system, an architecture and the lowest version that is promised.

    ``arch`` is spelled as the system spells it (``arm64`` on macOS, ``aarch64`` on Linux); any
    known spelling may be given. ``libc`` is for Linux only. ``floor`` is the version of the libc,
    of macOS or iOS, the Android API level as ``(24, 0)``, or Pyodide's year; Windows has none.
    A Linux without ``libc`` is one whose libc could not be found: only pure wheels fit it.
    ``str()`` gives the canonical name, which :func:`parse_platform` reads back.
    """

    os: SystemName
    arch: str
    libc: LibcFamily | None = None
    floor: Version | None = None
    simulator: bool = False

    def __post_init__(self) -> None:
        force_setattr(self, "arch", _spell(self.os, cpu_name(self.arch)))

    @property
    def cpu(self) -> str:
        """The architecture in one spelling for all systems (``aarch64``, ``x86_64``, ``i686``)."""
        return cpu_name(self.arch)

    def __str__(self) -> str:
        version = "" if self.floor is None else f"-{_short(self.floor)}"
        match self.os:
            case "linux":
                if self.libc is None or self.floor is None:
                    return f"{self.arch}-linux-{self.libc or 'unknown'}"
                family = "manylinux" if self.libc == "glibc" else "musllinux"
                return f"{self.arch}-{family}_{self.floor[0]}_{self.floor[1]}"
            case "pyodide":
                return f"wasm32-pyodide{self.floor[0] if self.floor else ''}"
            case "ios":
                return f"ios{version}-{self.arch}" + ("-simulator" if self.simulator else "")
            case _:
                return f"{self.os}{version}-{self.arch}"

    def describe(self) -> str:
        """Words for people: ``glibc 2.17, x86_64``; ``macOS 14, arm64``; ``Windows, x86_64``."""
        family = self.libc or _SYSTEM_WORDS[self.os]
        version = "" if self.floor is None else f" {_number(self)}"
        return f"{family}{version}, {self.arch}" + (" simulator" if self.simulator else "")

    def with_floor(self, floor: Version) -> Platform:
        """Give the same platform promising another version."""
        return Platform(self.os, self.arch, self.libc, floor, self.simulator)


_SYSTEM_WORDS: dict[str, str] = {
    "linux": "Linux of unknown libc",
    "macos": "macOS",
    "windows": "Windows",
    "android": "Android",
    "ios": "iOS",
    "pyodide": "Pyodide",
}


def system_words(platform: Platform) -> str:
    """Name the libc or the system: ``glibc``, ``musl``, ``macOS``, ``Windows``."""
    return platform.libc or _SYSTEM_WORDS[platform.os]


def _short(version: Version) -> str:
    return f"{version[0]}.{version[1]}" if version[1] else str(version[0])


def _number(platform: Platform) -> str:
    assert platform.floor is not None
    if platform.os == "linux":
        return f"{platform.floor[0]}.{platform.floor[1]}"
    return _short(platform.floor)


def _spell(system: str, cpu: str) -> str:
    return _SPELLINGS.get(system, {}).get(cpu, cpu)


def _platform(
    system: SystemName, arch: str, libc: LibcFamily | None = None, floor: Version | None = None
) -> Platform | None:
    """Make a platform; ``None`` where the system never ran on that architecture or version."""
    if cpu_name(arch) not in _CPUS[system]:
        return None
    platform = Platform(system, arch, libc, floor)
    if floor is None:
        return platform
    allowed = {
        "glibc": floor[0] == 2,
        "musl": floor[0] == 1,
        "macos": floor[0] >= 11 or (floor[0] == 10 and 4 <= floor[1] <= 16),
        "android": floor[0] >= 16 and not floor[1],
        "ios": floor[0] >= 12,
        "pyodide": floor[0] >= 2023 and not floor[1],
    }[libc or system]
    arm_on_old_macos = system == "macos" and floor < (11, 0) and platform.arch == "arm64"
    return platform if allowed and not arm_on_old_macos else None


def _named(name: str) -> Platform:
    platform = _platform(*_WELL_KNOWN[name])
    assert platform is not None
    return platform


_Parts = tuple[SystemName, str, LibcFamily | None, Version | None]
_WELL_KNOWN: dict[str, _Parts] = {
    "windows": ("windows", "x86_64", None, None),
    "linux": ("linux", "x86_64", "glibc", LINUX_FLOOR),
    "macos": ("macos", "arm64", None, MACOS_FLOOR),
    "x86_64-pc-windows-msvc": ("windows", "x86_64", None, None),
    "aarch64-pc-windows-msvc": ("windows", "arm64", None, None),
    "i686-pc-windows-msvc": ("windows", "x86", None, None),
    "x86_64-unknown-linux-gnu": ("linux", "x86_64", "glibc", LINUX_FLOOR),
    "aarch64-unknown-linux-gnu": ("linux", "aarch64", "glibc", LINUX_FLOOR),
    "aarch64-apple-darwin": ("macos", "arm64", None, MACOS_FLOOR),
    "x86_64-apple-darwin": ("macos", "x86_64", None, MACOS_FLOOR),
    "x86_64-unknown-linux-musl": ("linux", "x86_64", "musl", MUSL_FLOOR),
    "aarch64-unknown-linux-musl": ("linux", "aarch64", "musl", MUSL_FLOOR),
    "riscv64-unknown-linux": ("linux", "riscv64", "glibc", RISCV64_FLOOR),
    "x86_64-manylinux2014": ("linux", "x86_64", "glibc", (2, 17)),
    "x86_64-manylinux_2_17": ("linux", "x86_64", "glibc", (2, 17)),
    "x86_64-manylinux_2_28": ("linux", "x86_64", "glibc", (2, 28)),
    "x86_64-manylinux_2_34": ("linux", "x86_64", "glibc", (2, 34)),
    "aarch64-manylinux2014": ("linux", "aarch64", "glibc", (2, 17)),
    "aarch64-manylinux_2_17": ("linux", "aarch64", "glibc", (2, 17)),
    "aarch64-manylinux_2_28": ("linux", "aarch64", "glibc", (2, 28)),
    "aarch64-manylinux_2_34": ("linux", "aarch64", "glibc", (2, 34)),
    "aarch64-linux-android": ("android", "aarch64", None, ANDROID_FLOOR),
    "x86_64-linux-android": ("android", "x86_64", None, ANDROID_FLOOR),
    "wasm32-pyodide2024": ("pyodide", "wasm32", None, (2024, 0)),
    "wasm32-pyodide2025": ("pyodide", "wasm32", None, (2025, 0)),
    "arm64-apple-ios": ("ios", "arm64", None, IOS_FLOOR),
    "x86_64-musllinux_1_2": ("linux", "x86_64", "musl", MUSL_FLOOR),
    "aarch64-musllinux_1_2": ("linux", "aarch64", "musl", MUSL_FLOOR),
    "musl": ("linux", "x86_64", "musl", MUSL_FLOOR),
    "macos-14-arm64": ("macos", "arm64", None, (14, 0)),
    "macos-13-x86_64": ("macos", "x86_64", None, (13, 0)),
    "windows-x86_64": ("windows", "x86_64", None, None),
    "windows-arm64": ("windows", "arm64", None, None),
    "win_amd64": ("windows", "x86_64", None, None),
    "win_arm64": ("windows", "arm64", None, None),
    "win32": ("windows", "x86", None, None),
}

WELL_KNOWN_NAMES: tuple[str, ...] = (
    *_WELL_KNOWN,
    "arm64-apple-ios-simulator",
    "x86_64-apple-ios-simulator",
)
"""The names worth listing; :func:`parse_platform` takes any version number besides."""

# An architecture may hold `_` but no `-`; a version number has at most four digits.
_ARCH = r"(?P<arch>[a-z0-9_]+?)"
_MAJOR = r"(?P<major>\d{1,4})"
_MINOR = r"(?P<minor>\d{1,4})"


def _floor(match: re.Match[str]) -> Version:
    groups = match.groupdict()
    return int(groups["major"]), int(groups.get("minor") or 0)


def _linux(family: LibcFamily) -> Callable[[re.Match[str]], Platform | None]:
    return lambda match: _platform("linux", match["arch"], family, _floor(match))


def _legacy(match: re.Match[str]) -> Platform | None:
    return _platform("linux", match["arch"], "glibc", _LEGACY_GLIBC[match["legacy"]])


def _triple(match: re.Match[str]) -> Platform | None:
    family: LibcFamily = "musl" if match["libc"] == "musl" else "glibc"
    if family == "musl":
        floor = MUSL_FLOOR
    else:
        floor = RISCV64_FLOOR if match["arch"] == "riscv64" else LINUX_FLOOR
    return _platform("linux", match["arch"], family, floor)


def _versioned(
    system: SystemName, default: Version | None
) -> Callable[[re.Match[str]], Platform | None]:
    def read(match: re.Match[str]) -> Platform | None:
        floor = _floor(match) if match.groupdict().get("major") else default
        return _platform(system, match["arch"], None, floor)

    return read


def _unknown_libc(match: re.Match[str]) -> Platform | None:
    family: dict[str, LibcFamily | None] = {"unknown": None, "glibc": "glibc", "musl": "musl"}
    return _platform("linux", match["arch"], family[match["libc"]])


def _ios(match: re.Match[str]) -> Platform | None:
    floor = _floor(match) if match.groupdict().get("major") else IOS_FLOOR
    platform = _platform("ios", match["arch"], None, floor)
    if platform is None or not (match["simulator"] or match.groupdict().get("sdk")):
        # There are no iOS devices with an x86_64 processor.
        return platform if platform is None or platform.arch == "arm64" else None
    return Platform("ios", platform.arch, None, floor, simulator=True)


_LEGACY = r"(?P<legacy>manylinux1|manylinux2010|manylinux2014)"
# Compiled when a name is first held against them: most commands know no more than one or two.
_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], Platform | None]], ...] = (
    (rf"{_ARCH}-manylinux_{_MAJOR}_{_MINOR}", _linux("glibc")),
    (rf"manylinux_{_MAJOR}_{_MINOR}_{_ARCH}", _linux("glibc")),
    (rf"{_ARCH}-{_LEGACY}", _legacy),
    (rf"{_LEGACY}_{_ARCH}", _legacy),
    (rf"{_ARCH}-musllinux_{_MAJOR}_{_MINOR}", _linux("musl")),
    (rf"musllinux_{_MAJOR}_{_MINOR}_{_ARCH}", _linux("musl")),
    (rf"{_ARCH}-unknown-linux(?:-(?P<libc>gnu|musl)(?:eabihf)?)?", _triple),
    (rf"linux-{_ARCH}(?:-(?P<libc>gnu|musl))?", _triple),
    (rf"{_ARCH}-linux-(?P<libc>unknown|glibc|musl)", _unknown_libc),
    (rf"macos(?:-{_MAJOR}(?:\.{_MINOR})?)?-{_ARCH}", _versioned("macos", MACOS_FLOOR)),
    (rf"macosx_{_MAJOR}_{_MINOR}_{_ARCH}", _versioned("macos", MACOS_FLOOR)),
    (rf"windows-{_ARCH}", _versioned("windows", None)),
    (rf"android(?:-{_MAJOR})?-{_ARCH}", _versioned("android", ANDROID_FLOOR)),
    (rf"android_{_MAJOR}_{_ARCH}", _versioned("android", ANDROID_FLOOR)),
    (rf"(?P<arch>wasm32)-pyodide{_MAJOR}", _versioned("pyodide", None)),
    (rf"{_ARCH}-apple-ios(?P<simulator>-simulator)?", _ios),
    (rf"ios(?:-{_MAJOR}(?:\.{_MINOR})?)?-{_ARCH}(?P<simulator>-simulator)?", _ios),
    (rf"ios_{_MAJOR}_{_MINOR}_{_ARCH}_iphone(?:os|(?P<simulator>simulator))", _ios),
)

PATTERNS = (
    "ARCH-manylinux_2_N",
    "ARCH-musllinux_1_N",
    "macos-N-ARCH",
    "windows-ARCH",
)
"""How names with a version of one's own are written."""


def parse_platform(name: str, environ: Mapping[str, str] | None = None) -> Platform:
    """Find the platform that ``name`` means; letter case and surrounding blanks do not count.

    With ``environ``, ``MACOSX_DEPLOYMENT_TARGET``, ``IPHONEOS_DEPLOYMENT_TARGET`` and
    ``ANDROID_API_LEVEL`` set the floor of names that give no version, as they do in uv.

    Raises:
        UnknownPlatform: the name is not known; names the nearest three and the patterns.

    """
    platform = _parse(name)
    if platform is None:
        raise _unknown(name)
    if environ and not re.search(r"\d", _without_arch(name)):
        return _deployment_floor(platform, environ)
    return platform


@lru_cache(maxsize=512)
def _parse(name: str) -> Platform | None:
    key = name.strip().lower()
    if key in _WELL_KNOWN:
        return _named(key)
    for pattern, read in _PATTERNS:
        match = re.fullmatch(pattern, key, re.ASCII)
        if match is not None and (platform := read(match)) is not None:
            return platform
    return None


def _without_arch(name: str) -> str:
    return re.sub(r"x86_64|aarch64|arm64|amd64|i686|x86", "", name.lower())


def _deployment_floor(platform: Platform, environ: Mapping[str, str]) -> Platform:
    variable = {
        "macos": "MACOSX_DEPLOYMENT_TARGET",
        "ios": "IPHONEOS_DEPLOYMENT_TARGET",
        "android": "ANDROID_API_LEVEL",
    }.get(platform.os, "")
    match = re.fullmatch(rf"{_MAJOR}(?:\.{_MINOR})?", environ.get(variable, ""), re.ASCII)
    return platform if match is None else platform.with_floor(_floor(match))


def _unknown(name: str) -> UnknownPlatform:
    import difflib

    key = name.strip().lower()[:100]
    nearest = difflib.get_close_matches(key, WELL_KNOWN_NAMES, n=3, cutoff=0.4)
    nearest += [known for known in ("linux", "macos", "windows") if known not in nearest]
    names = ", ".join(f"`{known}`" for known in nearest[:3])
    patterns = ", ".join(f"`{pattern}`" for pattern in PATTERNS)
    return UnknownPlatform(
        f"No platform is named `{name}`",
        hints=(
            f"Nearest names: {names}",
            f"Any version can be named: {patterns}",
        ),
    )
