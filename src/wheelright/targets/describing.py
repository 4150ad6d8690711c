"""A machine, described: its C libraries, its architecture, its Pythons. Runs alone on Python 3.6.

Wheelright imports it to know the machine it runs on, sends it to other Pythons to know them, and
`wheelright target describe --script` prints it, to be run where Wheelright is not: its output is a
target file (JSON). So nothing but the standard library, and no syntax younger than 3.6.

Must hold on odd systems: no `ldd`, no `/bin/sh`, a musl Python on a glibc system, a 32-bit Python
on a 64-bit kernel, an emulated Python. Memory and disk answer before another program is run, and
what the running Python is made for counts, never the kernel's word.
What does not work: `platform.libc_ver` (it reads the highest symbol version the *program* uses, and
says 2.17 on a 2.36 system), and taking a missing `ldd` for a sign of musl.
"""
# ruff: noqa: PTH110, PTH111, PTH113, PTH118, PTH119, PTH120, PTH123, PTH208, TID251
# (`os.path` spares the import of `pathlib`; there is no `outside` where this runs alone.)

import os
import re
import struct
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import BinaryIO, Literal

SCHEMA = 1
"""The schema of target files that this writes."""

_ARCHES = {
    (62, 64): "x86_64",
    (3, 32): "i686",
    (183, 64): "aarch64",
    (40, 32): "armv7l",
    (21, 64): "ppc64",
    (22, 64): "s390x",
    (243, 64): "riscv64",
    (258, 64): "loongarch64",
}
_CPU_NAMES = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "arm64": "aarch64",
    "arm64_v8a": "aarch64",
    "x86": "i686",
    "i386": "i686",
    "i586": "i686",
    "armeabi_v7a": "armv7l",
    "armhf": "armv7l",
    "powerpc64le": "ppc64le",
}
_NARROW = {"x86_64": "i686", "aarch64": "armv8l", "ppc64le": "ppc", "s390x": "s390"}
_PT_INTERP = 3
_LONGEST_LOADER = 4096
# Compiled on first use: most starts need none of them.
_GLIBC_BANNER = rb"GNU C Library[^\n\0]*? version (\d+)\.(\d+)"
_GLIBC_SYMBOL = rb"\0GLIBC_2\.(\d{1,3})(?=[.\0])"
_MUSL_VERSION = rb"\0(1)\.(\d{1,2})\.\d{1,3}(?:-git-[0-9a-z-]+)?(?=\0)"
_MUSL_BANNER = r"musl libc[^\n]*\n\s*Version (\d+)\.(\d+)"
_LDD_GLIBC = r"(?m)(?:GLIBC|GNU libc|GNU C Library)[^\n]*?(\d+)\.(\d+)\s*$"
_MAPPED_LIBC = r"(?m)(/\S*/(?:ld-musl-[^/\s]+|libc\.so\.6|libc-2\.\d+\.so))$"
_PYTHON_NAME = r"python3(\.\d+)?(\.exe)?"


class ElfHeader(NamedTuple):
    """What an ELF program is made for: `bits` (32 or 64), `arch`, and its `loader`.

    `arch` is spelled as Linux does, None if unknown. `loader` is the program interpreter
    (`PT_INTERP`), None for a static program or a library.
    """

    bits: int
    arch: "str | None"
    loader: "str | None"


class Libc(NamedTuple):
    """A C library: "glibc" or "musl", and its version, (2, 36); None if that was not to be had."""

    family: "Literal['glibc', 'musl']"
    version: "tuple[int, int] | None"

    def __str__(self) -> str:
        if self.version is None:
            return self.family
        return "{} {}.{}".format(self.family, *self.version)


class System(NamedTuple):
    """A machine as this process sees it.

    Any other Unix counts as a Linux without a known libc. `arch` is that of this process, spelled
    as the system does; `libcs` every C library found, the one of this process first; `version` that
    of macOS, iOS or Windows or the Android API level.
    """

    os: "Literal['linux', 'macos', 'windows', 'android', 'ios', 'pyodide']"
    arch: str
    libcs: "tuple[Libc, ...]" = ()
    version: "tuple[int, int] | None" = None


def read_elf_header(path: str) -> "ElfHeader | None":
    """Read the header of a file; None if it cannot be read or is no sound ELF file.

    Reference: System V ABI, "Object Files"; `elf.h`.
    """
    try:
        with open(path, "rb") as file:
            return _elf_header(file)
    except (OSError, struct.error, ValueError, OverflowError):
        return None


def _elf_header(file: "BinaryIO") -> "ElfHeader | None":
    seek, read = file.seek, file.read
    start = read(16)
    if len(start) < 16 or start[:4] != b"\x7fELF" or not {start[4], start[5]} <= {1, 2}:
        return None
    bits, order = 32 * start[4], "<" if start[5] == 1 else ">"
    # e_type, e_machine, e_version, e_entry, e_phoff, e_shoff, e_flags, e_ehsize, then the size and
    # the number of program headers
    layout = struct.Struct(order + ("HHIQQQIHHH" if bits == 64 else "HHIIIIIHHH"))
    fields = layout.unpack(read(layout.size))
    arch = _ARCHES.get((fields[1], bits))
    if arch == "ppc64" and order == "<":
        arch = "ppc64le"
    # 64: p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz; 32: p_type, p_offset, ...
    entries = struct.Struct(order + ("IIQQQQ" if bits == 64 else "IIIII"))
    at, length = (2, 5) if bits == 64 else (1, 4)
    for index in range(fields[9]):
        seek(fields[4] + index * fields[8])
        entry = entries.unpack(read(entries.size))
        if entry[0] == _PT_INTERP:
            seek(entry[at])
            size = min(entry[length], _LONGEST_LOADER)
            text = read(size)
            if len(text) < size:
                raise ValueError("the file is cut off")
            loader = text.rstrip(b"\0").decode("utf-8", "surrogateescape")
            return ElfHeader(bits, arch, loader or None)
    return ElfHeader(bits, arch, None)


def parse_version(text: str) -> "tuple[int, int] | None":
    """Read the first two numbers of `2.36` or `glibc 2.20-2014.11`; None if none."""
    match = re.search(r"(\d{1,4})\.(\d{1,4})", text)
    return (int(match.group(1)), int(match.group(2))) if match else None


def running_libc() -> "Libc | None":
    """Find the C library that this process runs on; None where it is neither glibc nor musl.

    Asked in this order: `confstr`, the symbol `gnu_get_libc_version`, the loader of the program,
    what is mapped into memory; and, for a static Python, what it was made for.
    """
    version = _glibc_by_confstr() or _glibc_by_symbol()
    if version is not None:
        return Libc("glibc", version)
    found = None
    for program in (sys.executable, "/proc/self/exe"):
        found = libc_of(program) if program else None
        if found is not None:
            return found
    return _mapped_libc() or _libc_by_build()


def libc_of(program: str) -> "Libc | None":
    """Find the C library that starts `program`; None for scripts and static programs."""
    header = read_elf_header(program)
    if header is None or header.loader is None:
        return None
    return loader_libc(header.loader)


def machine_libcs() -> "tuple[Libc, ...]":
    """Every C library found on this machine: of this process first, then of `/bin/sh`.

    A machine may have both: a musl Python on a glibc system. `ldd` is asked only where neither
    the process nor `/bin/sh` tells a version.
    """
    found = [running_libc(), libc_of("/bin/sh")]
    if not any(libc is not None and libc.version for libc in found):
        found.append(libc_by_ldd())
    known = []  # type: list[Libc]
    for libc in found:
        families = [one.family for one in known if one.version is None]
        if libc is not None and libc.family in families and libc.version:
            known[families.index(libc.family)] = libc
        elif libc is not None and (libc.version or not known) and libc not in known:
            known.append(libc)
    return tuple(known)


def loader_libc(loader: str) -> "Libc | None":
    """Find the C library that a loader (`/lib64/ld-linux-x86-64.so.2`) belongs to."""
    name = os.path.basename(loader)
    if "musl" in name:
        return Libc("musl", _musl_in_file(loader) or _musl_by_banner(loader))
    if re.match(r"ld(64)?[-.]|ld-linux", name) is None:
        return None
    return Libc("glibc", _glibc_beside(loader))


def libc_by_ldd(program: str = "ldd") -> "Libc | None":
    """Read what `ldd --version` says; None if it is missing or says nothing known."""
    text = _output([program, "--version"])
    musl, glibc = re.search(_MUSL_BANNER, text), re.search(_LDD_GLIBC, text)
    if musl:
        return Libc("musl", (int(musl.group(1)), int(musl.group(2))))
    return Libc("glibc", (int(glibc.group(1)), int(glibc.group(2)))) if glibc else None


def _glibc_by_confstr() -> "tuple[int, int] | None":
    try:
        return parse_version(os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (AttributeError, OSError, ValueError):
        return None


def _glibc_by_symbol() -> "tuple[int, int] | None":
    try:
        import ctypes

        function = ctypes.CDLL(None).gnu_get_libc_version
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    function.restype = ctypes.c_char_p
    return parse_version(function().decode("ascii", "replace"))


def _mapped_libc() -> "Libc | None":
    match = re.search(_MAPPED_LIBC, (_read("/proc/self/maps") or b"").decode("utf-8", "replace"))
    if match is None:
        return None
    path = match.group(1)
    return loader_libc(path) if "musl" in path else Libc("glibc", _glibc_in_file(path))


def _libc_by_build() -> "Libc | None":
    import sysconfig

    made_for = [sysconfig.get_config_var(name) or "" for name in ("EXT_SUFFIX", "HOST_GNU_TYPE")]
    return Libc("musl", None) if "linux-musl" in "".join(made_for) else None


def _read(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _glibc_beside(loader: str) -> "tuple[int, int] | None":
    """Read the version of the glibc whose loader this is from `libc.so.6` or the loader."""
    real = os.path.realpath(loader)
    if not os.path.exists(real):
        return None
    for folder in (os.path.dirname(real), os.path.dirname(loader)):
        version = _glibc_in_file(os.path.join(folder, "libc.so.6"))
        if version is not None:
            return version
    return _glibc_in_file(real)


def _glibc_in_file(path: str) -> "tuple[int, int] | None":
    data = _read(path) or b""
    banner = re.search(_GLIBC_BANNER, data)
    if banner:
        return int(banner.group(1)), int(banner.group(2))
    minors = [int(minor) for minor in re.findall(_GLIBC_SYMBOL, data)]
    return (2, max(minors)) if minors else None


def _musl_in_file(loader: str) -> "tuple[int, int] | None":
    found = set(re.findall(_MUSL_VERSION, _read(loader) or b""))
    if len(found) != 1:
        return None
    major, minor = found.pop()
    return int(major), int(minor)


def _musl_by_banner(loader: str) -> "tuple[int, int] | None":
    """Run musl's loader, which says its version when it is given nothing to load."""
    match = re.search(_MUSL_BANNER, _output([loader]))
    return (int(match.group(1)), int(match.group(2))) if match else None


def _output(args: "list[str]") -> str:
    """Give what a program prints on both streams; nothing where it cannot be run."""
    import subprocess

    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    if os.name == "nt":
        env = dict(os.environ)
    try:
        done = subprocess.run(
            args,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            timeout=10.0,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def cpu_name(arch: str) -> str:
    """One spelling for an architecture: `AMD64` is `x86_64`, `arm64` is `aarch64`."""
    lowered = arch.lower()
    return _CPU_NAMES.get(lowered, lowered)


def process_arch(
    built_for: str, bits: int = struct.calcsize("P") * 8, header: "ElfHeader | None" = None
) -> str:
    """Name the architecture of a Linux process.

    `built_for` is what the kernel calls the machine, of which a 32-bit Python sees the 64-bit name
    and an emulated one may see the real one; `header` is that of the running program, which does
    not err. Only the kernel knows the kinds of 32-bit ARM apart.
    """
    arch = cpu_name(built_for)
    if bits == 32:
        arch = _NARROW.get(arch, arch)
    if header is None or header.arch is None or header.bits != bits:
        return arch
    return arch if header.arch == "armv7l" and arch.startswith("arm") else header.arch


def running_system(libcs: "tuple[Libc, ...] | None" = None) -> System:
    """Look at the machine that this process runs on; `libcs` are looked for where not given."""
    import platform
    import sysconfig

    name = sysconfig.get_platform()
    if name.startswith("linux"):
        header = read_elf_header(sys.executable or "/proc/self/exe")
        arch = process_arch(name.partition("-")[2], header=header)
        return System("linux", arch, machine_libcs() if libcs is None else libcs)
    if name.startswith("macosx"):
        return System("macos", platform.machine(), (), _macos_version(platform.mac_ver()[0]))
    if name.startswith("win"):
        arch = {"win32": "x86", "win-amd64": "x86_64", "win-arm64": "arm64"}.get(name, "x86_64")
        version = getattr(sys, "getwindowsversion", lambda: None)()
        return System("windows", arch, (), version and (version.major, version.minor))
    parts = name.split("-")
    if parts[0] == "android" and len(parts) == 3:
        return System("android", parts[2], (), (int(parts[1]), 0))
    if parts[0] == "ios" and len(parts) >= 3:
        return System("ios", parts[2], (), parse_version(parts[1] + ".0"))
    if parts[0] == "emscripten":
        return System("pyodide", "wasm32")
    # A Unix that has no wheels of its own: only pure ones fit.
    return System("linux", cpu_name(parts[-1]))


def _macos_version(text: str) -> "tuple[int, int] | None":
    version = parse_version(text + ".0")
    if version != (10, 16):
        return version
    # A Python built against an old SDK is told 10.16 by every later macOS, and so is who reads the
    # plain name of this file; this name is never rewritten.
    import plistlib

    data = _read("/System/Library/CoreServices/.SystemVersionPlatform.plist") or b""
    try:
        found = plistlib.loads(data).get("ProductVersion", "")
    except (ValueError, AttributeError, plistlib.InvalidFileException):
        return version
    return parse_version(f"{found}.0") or version


def platform_name(system: System) -> str:
    """Name the highest platform that a machine serves, as `wheelright` writes it."""
    arch, version = system.arch, system.version
    if system.os == "linux":
        libc = system.libcs[0] if system.libcs else None
        if libc is None or libc.version is None:
            return f"{arch}-linux-{libc.family if libc else 'unknown'}"
        family = "manylinux" if libc.family == "glibc" else "musllinux"
        return f"{arch}-{family}_{libc.version[0]}_{libc.version[1]}"
    if system.os == "pyodide":
        return "wasm32-pyodide"
    if system.os == "windows" or version is None:
        return f"{system.os}-{arch}"
    number = f"{version[0]}.{version[1]}" if version[1] else str(version[0])
    return f"{system.os}-{number}-{arch}"


def refused_glibc(folders: "list[str]", arch: str) -> "list[list[int]]":
    """Give the glibc versions that a distribution's `_manylinux` module declines (PEP 600).

    The module is looked for on the search path, then in `folders`.
    """
    sys.path.extend(folder for folder in folders if folder not in sys.path)
    try:
        import _manylinux as module  # type: ignore[import-not-found]
    except ImportError:
        return []
    refused = []
    legacy = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
    for minor in range(5, 100):
        if hasattr(module, "manylinux_compatible"):
            answer = module.manylinux_compatible(2, minor, arch)
        else:
            answer = getattr(module, legacy.get(minor, "") + "_compatible", None)
        if answer is not None and not answer:
            refused.append([2, minor])
    return refused


def full_version(info: "sys._version_info") -> str:
    """Give a version as the markers want it (PEP 508): `3.14.0rc1`."""
    version = f"{info[0]}.{info[1]}.{info[2]}"
    return version if info[3] == "final" else version + info[3][0] + str(info[4])


def marker_values() -> "dict[str, str]":
    """Give the values of the markers that do not speak of a Python version (PEP 508)."""
    import platform

    return {
        "implementation_name": sys.implementation.name,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "sys_platform": sys.platform,
    }


_ASK = (
    "import struct, sys; v = sys.version_info; print('wheelright', sys.implementation.name,"
    " struct.calcsize('P'), '%d.%d.%d' % v[:3] + (v[3][0] + str(v[4]) if v[3] != 'final' else ''))"
)


def found_pythons() -> "list[str]":
    """Give the versions of all Pythons of this kind that are found, this one's too, oldest first.

    Looked for on `PATH`, in the usual folders, and where pyenv, uv and the installers of macOS and
    Windows put them. Scripts (the shims of version managers) are left out: what they start is
    found in its own place.
    """
    mine = f"wheelright {sys.implementation.name} {struct.calcsize('P')} "
    versions = {full_version(sys.version_info)}
    for program in _python_programs():
        said = _output([program, "-I", "-S", "-c", _ASK]).strip()
        if said.startswith(mine):
            versions.add(said[len(mine) :])
    return sorted(versions, key=lambda text: [int(n) for n in re.findall(r"\d+", text)[:3]])


def _python_programs() -> "list[str]":
    home, known = os.path.expanduser("~"), {os.path.realpath(sys.executable or "")}
    managed = (
        (os.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv"), "versions", "bin"),
        (os.environ.get("UV_PYTHON_INSTALL_DIR") or home + "/.local/share/uv/python", "", "bin"),
        ("/Library/Frameworks/Python.framework/Versions", "", "bin"),
        (os.path.join(os.environ.get("LOCALAPPDATA") or home, "Programs", "Python"), "", ""),
    )
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    folders += ["/usr/local/bin", "/usr/bin"]
    for root, middle, last in managed:
        top = os.path.join(root, middle)
        folders += [os.path.join(top, name, last) for name in _listed(top)]
    found = []
    for folder in folders:
        for name in _listed(folder):
            path = os.path.join(folder, name)
            real = os.path.realpath(path)
            if real in known or not (re.fullmatch(_PYTHON_NAME, name) or name == "python.exe"):
                continue
            known.add(real)
            if os.path.isfile(real) and os.access(real, os.X_OK) and not _is_script(real):
                found.append(path)
    return found


def _listed(folder: str) -> "list[str]":
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


def describe() -> "dict[str, object]":
    """Give the target file of this machine, as it is for the Python that runs."""
    import sysconfig

    system = running_system()
    found = {
        "schema": SCHEMA,
        "platform": platform_name(system),
        "implementation": sys.implementation.name,
        "pythons": found_pythons(),
        "values": marker_values(),
    }  # type: dict[str, object]
    if system.libcs:
        found["libcs"] = [str(libc) for libc in system.libcs]
        folders = [sysconfig.get_path(name) for name in ("purelib", "platlib")]
        refused = refused_glibc(folders, system.arch)
        if refused:
            found["refused_glibc"] = refused
    return found


if __name__ == "__main__":
    import json

    sys.stdout.write(json.dumps(describe(), indent=2) + "\n")
