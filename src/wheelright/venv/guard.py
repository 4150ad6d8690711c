"""The guard: what a venv holds so that an unfit machine is told so, and writing it.

Two files in site-packages. ``_wheelright_guard.pth`` has one line, which Python runs at every
start: an expression that is true on a machine that certainly fits. Wherever it is not, the line
imports ``_wheelright_guard.py``, which judges with care and speaks. So a start on a fitting
machine costs one short line, compiled each time (0.8 million instructions of 45, some 0.2 ms), and
no import: with the module the same start would cost 3 ms where bytecode cannot be written.

No package owns them: no installer lists or removes them. The module is written before the line
that needs it, and removed after it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wheelright.outside import files
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.platform import cpu_name, parse_platform
from wheelright.venv._guard_script import (
    MODE_VARIABLE,
    TOLD_VARIABLE,
    is_fit,
    misfit_help,
    misfit_words,
    plain_cpu,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.targets.platform import Platform, Version
    from wheelright.venv._guard_script import Found
    from wheelright.venv.inspect import Venv
    from wheelright.venv.record import Record

__all__ = [
    "LINE_NAME",
    "MODE_VARIABLE",
    "MODULE_NAME",
    "TOLD_VARIABLE",
    "Need",
    "Needs",
    "found_of",
    "guard_facts",
    "guard_files",
    "guard_is_current",
    "has_guard",
    "is_fit",
    "misfit_help",
    "misfit_words",
    "needs_of",
    "write_guard",
]

MODULE_NAME = "_wheelright_guard.py"
LINE_NAME = "_wheelright_guard.pth"
_IMPORT = '"try:\\n  import _wheelright_guard\\nexcept Exception:\\n  pass"'
_ENDING = """

# An environment must never break because of its guard: whatever goes wrong in here is let pass.
try:
    check(FACTS)
except Exception:
    pass
"""


class Need(Struct, frozen=True):
    """The highest version of the libc (or of macOS) that any binary needs, and whose it is."""

    version: Version
    package: str
    path: str


class Needs(Struct, frozen=True):
    """What all packages of a venv need on its platform, measured.

    ``highest`` is None where no binary needs any version. ``binary`` says that there is code for
    this platform at all. ``unknown`` names the packages that nobody measured.
    """

    highest: Need | None = None
    binary: bool = False
    unknown: tuple[str, ...] = ()


def needs_of(record: Record, platform: Platform) -> Needs:
    """Sum up what the recorded packages need on a platform.

    Binaries of a wheel for any machine are loaded on some machines only, and bind none.
    """
    from wheelright.targets.needs import from_plain

    highest: Need | None = None
    binary = False
    unknown = []
    for package in record.packages:
        needs = from_plain(package.needs)
        if needs is None:
            unknown.append(package.name)
            continue
        if package.file.endswith("-any.whl"):
            continue
        for floor in needs.floors:
            if floor.system != platform.os or floor.libc not in {None, platform.libc}:
                continue
            if platform.os == "macos" and floor.arch != platform.cpu:
                continue
            binary = True
            if floor.version and (highest is None or floor.version > highest.version):
                highest = Need(floor.version, package.name, floor.path)
    return Needs(highest, binary, tuple(unknown))


def guard_facts(record: Record, mode: str, *, complete: bool = True) -> dict[str, Any] | None:
    """Return what a guard goes by, as plain data; None where the record names no known platform.

    A venv with a target is for machines that serve the target. One without was made for the
    machine at hand, and is fit for any that runs what it holds: its floor is what its binaries
    were measured to need. Where they were not (or other tools installed more: not ``complete``),
    it is the version of the machine that it was made on.
    """
    recorded = [(one.name, one.platform) for one in record.targets]
    recorded = recorded or [(record.target or "", record.platform)]
    try:
        served = [(name, parse_platform(platform)) for name, platform in recorded]
    except UnknownPlatform:
        return None
    platform = parse_platform(record.platform) if record.platform else served[0][1]
    needs = needs_of(record, platform)
    need = needs.highest
    if complete and not needs.unknown and record.target is None:
        serves = [_measured(platform, needs)]
    else:
        serves = [_plain(one, one.floor) for _, one in served]
    return {
        "words": " and ".join(
            f"{name} ({one.describe()})" if name else one.describe() for name, one in served
        ),
        "serves": serves,
        "arch": platform.arch,
        "need": None if need is None else need.version,
        "holder": None if need is None else need.package,
        "mode": mode,
    }


def _measured(platform: Platform, needs: Needs) -> Found:
    if not needs.binary:
        return (platform.os, "", None, None)
    return _plain(platform, None if needs.highest is None else needs.highest.version)


def found_of(platform: Platform) -> Found:
    """Return a platform in the form that a guard compares."""
    return _plain(platform, platform.floor)


def _plain(platform: Platform, floor: Version | None) -> Found:
    return (platform.os, plain_cpu(cpu_name(platform.cpu)), platform.libc, floor)


def guard_files(facts: Mapping[str, Any] | None) -> dict[str, bytes] | None:
    """Return the two files by name, the module first; None for a venv without a guard."""
    if facts is None or facts["mode"] == "off":
        return None
    import pkgutil

    source = pkgutil.get_data(__package__, "_guard_script.py")
    assert source is not None
    module = source + f"\nFACTS = {dict(facts)!a}\n{_ENDING}".encode("ascii")
    line = f"import os, sys; {_certainly_fit(facts)} or exec({_IMPORT})\n"
    return {MODULE_NAME: module, LINE_NAME: line.encode("ascii")}


def _certainly_fit(facts: Mapping[str, Any]) -> str:
    """Return an expression that is true on fitting machines only, and raises on none.

    What it calls is there when ``site`` runs. It is kept short: Python compiles it at each start.
    """
    system, cpu, libc, floor = facts["serves"][0]
    if system == "linux":
        start = f"{cpu}-linux-" if cpu else ""
        built = "getattr(sys.implementation, '_multiarch', '')"
        term = f"{built}[:{len(start)}] == '{start}'" if start else "sys.platform == 'linux'"
        if libc == "musl":
            return f"{term} and {built}[-5:] == '-musl'"
        if libc == "glibc":
            # From 2.10 to 2.99 text compares as numbers do; nothing older runs Python 3.8.
            lowest = max(floor or (2, 10), (2, 10))
            asked = "'CS_GNU_LIBC_VERSION'"
            return (
                f"{term} and {asked} in os.confstr_names"
                f" and os.confstr({asked}) >= 'glibc {lowest[0]}.{lowest[1]}'"
            )
        return term
    if system == "windows":
        mark = {"x86_64": "(AMD64)", "aarch64": "(ARM64)", "": ""}.get(cpu, "(Intel)")
        return f"sys.platform == 'win32' and '{mark}' in sys.version"
    if system == "macos":
        machine = {"aarch64": "arm64"}.get(cpu, cpu)
        term = f" and os.uname()[4] == '{machine}'" if machine else ""
        return f"sys.platform == 'darwin'{term}{_darwin(floor)}"
    return "0"


def _darwin(floor: Version | None) -> str:
    """Return the term that compares the kernel's version: macOS 11 has Darwin 20, 26 has 25."""
    if floor is None:
        return ""
    number = floor[0] - 1 if floor[0] > 25 else floor[0] + 9
    if floor[0] == 10:
        number = floor[1] + 4
    elif floor[1]:
        number += 1  # a minor version does not show: the next one certainly fits
    # Every Darwin that runs Python 3.8 has two digits.
    return f" and os.uname()[2][:2] >= '{number}'"


def write_guard(venv: Venv, wanted: Mapping[str, bytes] | None) -> None:
    """Put the files of :func:`guard_files` into a venv, or take the guard away."""
    if wanted is None:
        for name in (LINE_NAME, MODULE_NAME):
            files.remove_file(f"{venv.site_packages}/{name}")
        return
    # Bytecode lands here at the first misfit; the folder itself must not change by that.
    files.make_directory(f"{venv.site_packages}/__pycache__")
    for name, data in wanted.items():
        path = f"{venv.site_packages}/{name}"
        if _content(path) != data:
            files.write_atomic(path, data, lasting=False)


def guard_is_current(venv: Venv, wanted: Mapping[str, bytes] | None) -> bool:
    """Whether a venv has the guard that it should have: the module, which decides the line."""
    has_line = has_guard(venv)
    if wanted is None:
        return not has_line
    return has_line and _content(f"{venv.site_packages}/{MODULE_NAME}") == wanted[MODULE_NAME]


def has_guard(venv: Venv) -> bool:
    """Whether a guard was written into a venv."""
    return os.path.lexists(f"{venv.site_packages}/{LINE_NAME}")


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (speed)
            return file.read()
    except OSError:
        return None
