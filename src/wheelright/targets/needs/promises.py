"""Comparing what binaries need with what a platform, or the tags of their wheel, promise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.needs.binary import numeric
from wheelright.targets.needs.policies import (
    Family,
    Policy,
    macos_provides,
    policies,
    policy_for,
    windows_provides,
)
from wheelright.targets.needs.wheel import is_module
from wheelright.targets.platform import MUSL_FLOOR, Platform, cpu_name, parse_platform, system_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelright.targets.needs.binary import BinaryNeeds, Version
    from wheelright.targets.needs.wheel import Floor, WheelNeeds

_UNIVERSAL = re.compile(r"macosx_(\d+)_(\d+)_(universal2|intel)")
_UNIVERSAL_ARCHES = {"universal2": ("x86_64", "arm64"), "intel": ("x86_64",)}
_ARM_32 = frozenset({"armv6l", "armv7l", "armv8l"})
# No Mac with an Apple processor runs anything older, nor does the simulator of one.
_OLDEST_ARM_MACOS: Version = (11, 0)
_OLDEST_ARM_SIMULATOR: Version = (14, 0)
_OLDEST_MACOS: Version = (10, 9)
_OLDEST_FLOOR: dict[Family, Version] = {"glibc": (2, 17), "musl": (1, 1)}
_SYSTEM_NAMES = {"linux": "Linux", "macos": "macOS", "windows": "Windows", "ios": "iOS"}


class Broken(Struct, frozen=True):
    """A promise that a wheel's tag makes and its binary ``file`` (a path in it) breaks.

    ``text`` reads ``tagged manylinux_2_17, needs GLIBC_2.28 in `_rust.abi3.so` ``.
    """

    file: str
    text: str


class _Promise(Struct, frozen=True):
    """A tag in the words of messages, and the platform it stands for."""

    label: str
    platform: Platform


def floor_of(
    needs: WheelNeeds, system: str | None = None, arch: str | None = None
) -> Platform | None:
    """Find the lowest platform that a wheel serves, measured: what it may be tagged for.

    On Linux that is the lowest number that its glibc versions allow, raised to the first policy
    that has the other symbol versions it needs (``GLIBCXX``), and never below the oldest policy.
    ``system`` and ``arch`` choose where it has code for several kinds of machine; without them the
    extension modules decide. ``None`` where even they are for several, for a pure wheel, for one
    whose binaries cannot be read, and where no known policy has what it needs. musl does not number
    its symbols, so nothing proves that a binary runs on 1.1: it is never said here.
    Libraries from outside do not count here: see :func:`promise_kept`.
    """
    floor = _only_floor(needs, system, arch)
    if floor is None or floor.arch is None:
        return None
    match floor.system:
        case "linux":
            # Code without a libc runs on any Linux; a tag must name one, and glibc is everywhere.
            libc = floor.libc or "glibc"
            lowest = _linux_floor(needs, floor.arch, libc, floor.version)
            return None if lowest is None else Platform("linux", floor.arch, libc, lowest)
        case "macos":
            return Platform("macos", floor.arch, None, _macos_floor(floor))
        case "windows":
            return Platform("windows", floor.arch)
        case _:
            return None


def _only_floor(needs: WheelNeeds, system: str | None, arch: str | None) -> Floor | None:
    wanted = None if arch is None else cpu_name(arch)
    floors = [
        floor
        for floor in needs.floors
        if system in {None, floor.system} and wanted in {None, floor.arch}
    ]
    if len(floors) > 1:
        kinds = {(each.system, each.arch) for each in needs.binaries if is_module(each.path)}
        floors = [floor for floor in floors if (floor.system, floor.arch) in kinds]
    return floors[0] if len(floors) == 1 else None


def _macos_floor(floor: Floor) -> Version:
    version = floor.version or _OLDEST_MACOS
    if floor.arch == "aarch64":
        version = max(version, _OLDEST_ARM_MACOS)
    # From macOS 11 on tags count whole versions only.
    return (version[0] + 1, 0) if version[0] > 10 and version[1] else version


def _oldest(family: Family, arch: str) -> Version:
    for policy in policies(family):
        if arch in policy.arches:
            return policy.version
    return _OLDEST_FLOOR[family]


def _linux_floor(
    needs: WheelNeeds, arch: str, libc: Family, measured: Version | None
) -> Version | None:
    version = max(measured or (0, 0), MUSL_FLOOR if libc == "musl" else _oldest(libc, arch))
    known = policies(libc)
    for binary in needs.binaries:
        if (binary.system, binary.arch) != ("linux", arch) or binary.libc not in {None, libc}:
            continue
        for name in _machine_versions(binary, known[-1]):
            if name.startswith("GLIBC_"):
                continue
            fits = [policy.version for policy in known if policy.allows(name, arch)]
            if not fits:
                return None
            version = max(version, fits[0])
    if version == measured:
        # What a distribution brought back to an older glibc counts as the older (2.18 on aarch64).
        for policy in known:
            ceiling = policy.ceiling("GLIBC", arch)
            if policy.version < version and ceiling is not None and version <= ceiling:
                return policy.version
    return version


def _machine_versions(binary: BinaryNeeds, policy: Policy) -> list[str]:
    """List the symbol versions a binary asks of the machine, not of its own wheel."""
    return [
        name
        for library, names in binary.versions.items()
        if library in binary.outside and policy.provides(library)
        for name in names
    ]


def promise_kept(tags: Iterable[str], needs: WheelNeeds) -> tuple[Broken, ...]:
    """Find where the binaries of a wheel need more than its platform tags promise.

    ``tags`` are platform tags (``manylinux_2_17_x86_64``) or whole tags (``cp312-cp312-...``). Of
    several Linux tags for one architecture the lowest counts, for it promises the most. ``any``
    promises nothing but that no extension module is in the wheel. Files that are not for the
    machines of the tags at all (a helper for another system) are let be, unless Python imports
    them. Empty when every promise is kept.
    """
    plain = dict.fromkeys(tag.rpartition("-")[2] for tag in tags)
    promises = _promises(plain)
    broken: list[Broken] = []
    if "any" in plain:
        broken.extend(
            Broken(binary.path, f"tagged any, holds machine code in `{binary.name}`")
            for binary in needs.binaries
            if is_module(binary.path)
        )
    for promise in promises:
        native = [binary for binary in needs.binaries if _is_native(binary, promise.platform)]
        broken.extend(_missing(promise, native, needs.binaries))
        for binary in native:
            broken.extend(
                Broken(binary.path, f"tagged {promise.label}, {text} in `{binary.name}`")
                for text in _excesses(binary, promise.platform)
            )
    broken.extend(
        Broken(binary.path, f"`{binary.name}` cannot be read: {binary.fault}")
        for binary in needs.binaries
        if binary.fault is not None and is_module(binary.path)
    )
    return tuple(dict.fromkeys(broken))


def _promises(tags: Iterable[str]) -> list[_Promise]:
    lowest: dict[tuple[str, str, str | None], _Promise] = {}
    for tag in tags:
        for platform in _platforms(tag):
            key = (platform.os, platform.cpu, platform.libc)
            held = lowest.get(key)
            if held is None or (platform.floor or (0, 0)) < (held.platform.floor or (0, 0)):
                label = tag.removesuffix(f"_{platform.arch}")
                lowest[key] = _Promise(label if platform.os == "linux" else tag, platform)
    return list(lowest.values())


def _platforms(tag: str) -> tuple[Platform, ...]:
    """Give the platforms that a tag stands for; none for ``any`` and for tags not known here."""
    if match := _UNIVERSAL.fullmatch(tag):
        floor = int(match[1]), int(match[2])
        return tuple(Platform("macos", arch, None, floor) for arch in _UNIVERSAL_ARCHES[match[3]])
    if tag.startswith("linux_"):
        return (Platform("linux", tag.removeprefix("linux_")),)
    try:
        return (parse_platform(tag),)
    except UnknownPlatform:
        return ()


def _is_native(binary: BinaryNeeds, platform: Platform) -> bool:
    if binary.system != platform.os or not _same_arch(binary.arch, platform.cpu):
        return False
    return binary.libc is None or platform.libc is None or binary.libc == platform.libc


def _same_arch(binary: str | None, platform: str) -> bool:
    return binary == platform or (binary in _ARM_32 and platform in _ARM_32)


def _missing(
    promise: _Promise, native: Sequence[BinaryNeeds], every: Sequence[BinaryNeeds]
) -> list[Broken]:
    """Find modules, or failing those a program, that the promised machines have no code of."""
    sound = [binary for binary in every if binary.fault is None]
    served = {_module_name(binary.path) for binary in native}
    modules = {
        binary.path: binary
        for binary in sound
        if is_module(binary.path) and _module_name(binary.path) not in served
    }
    if not modules and not native and sound:
        modules = {sound[0].path: sound[0]}
    return [
        Broken(
            path, f"tagged {promise.label}, has only {_made_for(path, every)} in `{binary.name}`"
        )
        for path, binary in modules.items()
    ]


def _module_name(path: str) -> str:
    directory, slash, name = path.rpartition("/")
    return directory + slash + name.partition(".")[0]


def _made_for(path: str, binaries: Sequence[BinaryNeeds]) -> str:
    kinds = dict.fromkeys(
        f"{_SYSTEM_NAMES.get(binary.system or '', binary.system or 'unknown')}"
        f"{f' ({binary.libc})' if binary.libc else ''} {binary.arch or 'unknown'}"
        for binary in binaries
        if binary.path == path
    )
    return " and ".join(kinds) + " code"


def _excesses(binary: BinaryNeeds, platform: Platform) -> list[str]:
    """Say what a binary made for a platform needs beyond it: ``needs GLIBC_2.28``."""
    found = []
    libc_or_system = _beyond_floor(binary, platform)
    versions = [libc_or_system] if libc_or_system else []
    policy = None
    if platform.os == "linux" and platform.libc is not None and platform.floor is not None:
        policy = policy_for(platform.libc, platform.floor)
        versions.extend(_beyond_policy(binary, platform, policy))
        for library in binary.libraries:
            private = sorted(policy.forbidden.get(library, frozenset()) & set(binary.private))
            if private:
                found.append(f"needs the private symbol {private[0]} of {library}")
    if versions:
        found.insert(0, "needs " + " and ".join(versions))
    missing = [library for library in binary.outside if not _provides(platform, policy, library)]
    # A search path beside its own files says that other wheels bring them.
    if missing and not binary.elsewhere:
        found.append(f"needs {', '.join(missing)} from outside")
    return found


def _provides(platform: Platform, policy: Policy | None, library: str) -> bool:
    if platform.os == "windows":
        return windows_provides(library)
    if platform.os == "macos":
        return macos_provides(library)
    # `linux_x86_64` and systems without a policy promise nothing about libraries.
    return policy is None or policy.provides(library)


def _beyond_floor(binary: BinaryNeeds, platform: Platform) -> str | None:
    """Say which version of the libc or of macOS it needs that the platform has not."""
    floor = platform.floor
    if binary.floor is None or floor is None or binary.floor <= floor:
        return None
    if platform.os == "linux":
        if platform.libc == "musl":
            return f"musl {_dotted(binary.floor)}"
        policy = policy_for("glibc", floor)
        ceiling = policy.ceiling("GLIBC", platform.cpu)
        if policy.version == floor and ceiling is not None and binary.floor <= ceiling:
            return None
        return _glibc_name(binary)
    if platform.os == "macos":
        oldest = _OLDEST_ARM_MACOS if platform.arch == "arm64" else floor
        if floor == (10, 16):
            # What 11.0 was called for programs that did not know it.
            oldest = (11, 0)
        return None if binary.floor <= oldest else f"macOS {_dotted(binary.floor)}"
    if platform.simulator and platform.arch == "arm64" and binary.floor <= _OLDEST_ARM_SIMULATOR:
        return None
    return f"{system_words(platform)} {_dotted(binary.floor)}"


def _glibc_name(binary: BinaryNeeds) -> str:
    """Name the symbol version that holds the floor up: ``GLIBC_2.28``, ``GLIBC_ABI_DT_RELR``."""
    assert binary.floor is not None
    names = {name for names in binary.versions.values() for name in names}
    for name in names:
        number = numeric(name.removeprefix("GLIBC_"))
        if number is not None and number[:2] == binary.floor:
            return name
    words = sorted(name for name in names if name.startswith("GLIBC_ABI_"))
    return words[0] if words else f"glibc {_dotted(binary.floor)}"


def _beyond_policy(binary: BinaryNeeds, platform: Platform, policy: Policy) -> list[str]:
    """List symbol versions beyond a policy, but those of glibc, which the floor decides."""
    return sorted(
        {
            name
            for name in _machine_versions(binary, policy)
            if (not name.startswith("GLIBC_") or name == "GLIBC_PRIVATE")
            and not policy.allows(name, platform.cpu)
        }
    )


def why_needs_misfit(
    needs: WheelNeeds, platform: Platform, name: str | None = None, *, policy: bool = False
) -> str | None:
    """Say why a wheel's binaries cannot run on a platform; ``None`` if nothing speaks against it.

    ``name`` is what the platform is called: ``plc`` gives ``_x.so needs GLIBC_2.27, plc has 2.17``
    (the file in backticks). Of several reasons the one furthest from the platform is given. With
    ``policy`` it is also a reason that the platform's policy lacks another symbol version
    (``GLIBCXX``) or a library: right for targets, too strict for the machine that built it.
    """
    called = name or str(platform)
    if not needs.binaries:
        return None
    native = [binary for binary in needs.binaries if _is_native(binary, platform)]
    if missing := _missing(_Promise("", platform), native, needs.binaries):
        binary = next(binary for binary in needs.binaries if binary.path == missing[0].file)
        return f"`{binary.name}` {_foreign(binary, platform, called)}"
    worst = [binary for binary in native if _beyond_floor(binary, platform)]
    if worst:
        binary = max(worst, key=lambda binary: binary.floor or (0, 0))
        has = _dotted(platform.floor) if platform.floor else "none"
        return f"`{binary.name}` needs {_beyond_floor(binary, platform)}, {called} has {has}"
    if policy:
        for binary in native:
            if excesses := _excesses(binary, platform):
                return f"`{binary.name}` {excesses[0]}, which {called} does not have"
    return None


def _foreign(binary: BinaryNeeds, platform: Platform, called: str) -> str:
    if binary.system == platform.os and _same_arch(binary.arch, platform.cpu) and binary.libc:
        has = platform.libc or "an unknown libc"
        return f"needs {binary.libc}, {called} has {has}"
    system = _SYSTEM_NAMES.get(binary.system or "", binary.system or "an unknown system")
    there = _SYSTEM_NAMES.get(platform.os, platform.os)
    return f"is for {system} {binary.arch or 'of unknown arch'}, {called} is {there} {platform.cpu}"


def _dotted(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
