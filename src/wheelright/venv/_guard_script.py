"""The guard of a venv: says so when a machine starts it that it is not for.

Wheelright's sync writes this file into the venv, with the facts that it goes by, and a ``.pth``
line that imports it wherever the machine is not certainly a fitting one. It runs at the start of
the venv's Python, before anything else; it must run alone, on Python >= 3.8, where there is no
Wheelright. Wheelright itself imports it too, so that ``run`` and ``status`` say the same in the
same words.
"""
# ruff: noqa: UP006, UP035, UP045, UP031 (it is Python 3.8)

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    Version = Tuple[int, int]
    # System, processor, C library, and the version of that or of the system.
    Found = Tuple[str, str, Optional[str], Optional[Version]]

MODE_VARIABLE = "WHEELRIGHT_GUARD"
TOLD_VARIABLE = "WHEELRIGHT_GUARD_TOLD"
EXIT_CODE = 2
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows", "emscripten": "pyodide"}
_WORDS = {"macos": "macOS", "windows": "Windows", "android": "Android", "ios": "iOS"}
# A Python names what it was built for; the kernel may run more than one kind of program.
_CPUS = {"amd64": "x86_64", "arm64": "aarch64", "powerpc64le": "ppc64le", "powerpc64": "ppc64"}
_OLD_X86 = ("i386", "i486", "i586", "x86")
_NARROW = {"x86_64": "i686", "aarch64": "arm", "ppc64le": "ppc", "s390x": "s390"}


def find_machine() -> Found:
    """Return system, processor, C library and version of this process; ``None`` for the unknown.

    The version is that of the C library or of macOS. musl does not tell its own in passing.
    """
    system = _SYSTEMS.get(sys.platform, sys.platform)
    if system == "windows":
        built = sys.version.lower()
        cpu = "x86_64" if "amd64" in built else "aarch64" if "arm64" in built else "i686"
        return system, cpu, None, None
    if hasattr(sys, "getandroidapilevel"):
        return "android", _cpu(), None, (sys.getandroidapilevel(), 0)
    if system == "macos":
        # Darwin 20 is macOS 11, 24 is 15, and from 25 on they lie one apart: macOS 26.
        darwin = int(os.uname().release.split(".")[0])
        later = darwin + 1 if darwin > 24 else darwin - 9
        return system, _cpu(), None, (later, 0) if darwin > 19 else (10, darwin - 4)
    if system != "linux":
        return system, _cpu(), None, None
    try:
        name, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    except (AttributeError, OSError, ValueError):
        return system, _cpu(), "musl", None
    major, minor = number.split(".")[:2]
    return system, _cpu(), name, (int(major), int("".join(filter(str.isdigit, minor))))


def _cpu() -> str:
    name = getattr(sys.implementation, "_multiarch", "").partition("-")[0]
    if not name or name == "darwin":
        name = os.uname().machine.lower()
        if sys.maxsize < 2**32:
            name = _NARROW.get(name, name)
    return plain_cpu(name)


def plain_cpu(name: str) -> str:
    """Return one spelling for a processor; all of 32-bit ARM are one."""
    name = _CPUS.get(name, name)
    return "i686" if name in _OLD_X86 else "arm" if name[:4] in ("arm", "armv") else name


def is_fit(facts: dict[str, Any], found: Found) -> bool:
    """Say whether a machine (see :func:`find_machine`) fits any of those that a venv serves."""
    return any(_serves(one, found) for one in facts["serves"])


def _serves(one: Found, found: Found) -> bool:
    system, cpu, libc, floor = one
    if system != found[0] or cpu not in ("", found[1]) or libc not in (None, found[2]):
        return False
    return not (floor and found[3] and found[3] < floor)


def describe(found: Found) -> str:
    """Return words for a machine: ``glibc 2.36, x86_64``."""
    system, cpu, libc, version = found
    number = ""
    if version:
        number = " %d" % version[0] if system != "linux" and not version[1] else " %d.%d" % version
    return "%s%s, %s" % (libc or _WORDS.get(system, system), number, cpu)


def misfit_words(facts: dict[str, Any], found: Found, venv: str) -> str:
    """Return what venv and machine are, and which package is known to need more."""
    why = ""
    if _is_alike(facts, found) and found[3] and facts["need"] and found[3] < facts["need"]:
        family = found[2] or _WORDS.get(found[0], found[0])
        why = ": `%s` needs %s %d.%d" % (facts["holder"], family, *facts["need"])
    return "`%s` is for %s, and this machine is %s%s" % (venv, facts["words"], describe(found), why)


def misfit_help(facts: dict[str, Any], found: Found) -> str:
    """Return the command that helps, and what it does."""
    system, _, _, version = found
    if not version or not _is_alike(facts, found):
        return "`wheelright sync --for native` makes it for this machine"
    # What is for the lower version serves the machine with the higher one too.
    if system == "linux":
        name = "%s-manylinux_%d_%d" % (facts["arch"], *version)
    else:
        name = "%s-%d.%d-%s" % (system, *version, facts["arch"])
    return "`wheelright sync --for %s` makes it serve both" % name


def _is_alike(facts: dict[str, Any], found: Found) -> bool:
    """Say whether a lower version is all that keeps the machine from fitting."""
    return any(one[:3] == found[:3] for one in facts["serves"])


def misfit_line(facts: dict[str, Any], found: Found, venv: str) -> str:
    """Return all of it in one line."""
    return "%s; %s" % (misfit_words(facts, found, venv), misfit_help(facts, found))


def check(facts: dict[str, Any]) -> None:
    """Tell of a misfit on stderr, and end the process where that is asked for."""
    found = find_machine()
    if is_fit(facts, found):
        return
    mode = os.environ.get(MODE_VARIABLE) or facts["mode"]
    if mode == "off":
        return
    # A process that this one starts with the same venv need not say it again.
    told = os.environ.get(TOLD_VARIABLE) == sys.prefix
    if sys.stderr is not None and not (told and mode != "error"):
        sys.stderr.write("wheelright: %s\n" % misfit_line(facts, found, sys.prefix))
        sys.stderr.flush()
    if mode == "error":
        # `site` prints an exception and goes on, and takes `SystemExit` for a failed start.
        os._exit(EXIT_CODE)
    os.environ[TOLD_VARIABLE] = sys.prefix
