"""Asked of a Python: what it is, in one line of JSON. Runs on Python >= 3.6.

What it says of the machine is said by ``targets.describing``, whose text is sent before this one.
It is started with ``-I -S``, so that neither the user's environment nor ``.pth`` files (a venv's
guard is one) can spoil the answer. Without ``site`` a Python before 3.14 does not know that it is
in a venv; that is worked out here from ``pyvenv.cfg``. Nothing but the standard library, no
syntax younger than 3.6, no import from this package: all is sent as text.
"""
# ruff: noqa: PTH113, PTH118, PTH119, PTH120, PTH123, TC004, UP031
# (`os.path` spares the import of `pathlib`, and 3.6 sets the style.)

import json
import os
import platform
import struct
import sys
import sysconfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wheelright.targets.describing import (
        full_version,
        marker_values,
        refused_glibc,
        running_libc,
        running_system,
    )


def find_venv(executable: str) -> str:
    """Give the folder of the venv that a Python belongs to, or nothing."""
    folder = os.path.dirname(executable)
    for candidate in (os.path.dirname(folder), folder):
        if os.path.isfile(os.path.join(candidate, "pyvenv.cfg")):
            return candidate
    return ""


def find_base(venv: str, executable: str) -> str:
    """Give the Python that a venv was made with."""
    home = ""
    with open(os.path.join(venv, "pyvenv.cfg"), encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition("=")
            if key.strip().lower() == "home":
                home = value.strip()
    suffix = ".exe" if os.name == "nt" else ""
    names = [os.path.basename(executable), "python%d.%d" % sys.version_info[:2] + suffix]
    for name in [*names, "python3" + suffix, "python" + suffix]:
        candidate = os.path.join(home, name)
        if home and os.path.isfile(candidate):
            return candidate
    return os.path.realpath(executable)


def scheme_paths(prefix: str, is_venv: bool) -> "dict[str, str]":
    """Give where this Python installs to."""
    names = sysconfig.get_scheme_names()
    if is_venv:
        plain = "nt" if os.name == "nt" else "posix_prefix"
        scheme = "venv" if "venv" in names else plain
    else:
        get = getattr(sysconfig, "get_default_scheme", None)
        get = get or getattr(sysconfig, "_get_default_scheme", None)
        scheme = get() if get else "posix_prefix"
    given = {"base": prefix, "platbase": prefix} if is_venv else {}
    return dict(sysconfig.get_paths(scheme, vars=given))


def describe() -> "dict[str, object]":
    """Give all that is asked of a Python."""
    venv = find_venv(sys.executable)
    prefix = venv or sys.prefix
    paths = scheme_paths(prefix, bool(venv))
    libc = running_libc() if sys.platform.startswith("linux") else None
    system = running_system(() if libc is None else (libc,))
    values = marker_values()
    values["implementation_version"] = full_version(sys.implementation.version)
    values["python_full_version"] = platform.python_version()
    values["python_version"] = ".".join(platform.python_version_tuple()[:2])
    return {
        "executable": sys.executable,
        "version": full_version(sys.version_info),
        "implementation": sys.implementation.name,
        "prefix": prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": find_base(venv, sys.executable) if venv else sys.executable,
        "system": system,
        "pointer_size": struct.calcsize("P") * 8,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "debug": hasattr(sys, "gettotalrefcount"),
        "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "externally_managed": not venv
        and os.path.isfile(os.path.join(paths["stdlib"], "EXTERNALLY-MANAGED")),
        "is_venv": bool(venv),
        "refused_glibc": refused_glibc([paths["purelib"], paths["platlib"]], system.arch)
        if libc is not None
        else [],
        "paths": {
            name: paths[name]
            for name in ("purelib", "platlib", "scripts", "include", "data", "stdlib")
        },
        "marker_values": values,
    }


sys.stdout.write(json.dumps(describe()) + "\n")
