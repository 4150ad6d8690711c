"""Asked of a Python: what it is, in one line of JSON. Runs alone on Python >= 3.6.

It is started with ``-I -S``, so that neither the user's environment nor ``.pth`` files (a venv's
guard is one) can spoil the answer. Without ``site`` a Python before 3.14 does not know that it is
in a venv; that is worked out here from ``pyvenv.cfg``. Nothing but the standard library, no
syntax younger than 3.6, no import from this package: it is sent as text.
"""
# ruff: noqa: PTH113, PTH118, PTH119, PTH120, PTH123, UP031
# (`os.path` spares the import of `pathlib`, and 3.6 sets the style.)

import json
import os
import platform
import struct
import sys
import sysconfig


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


def refused_glibc(paths: "dict[str, str]", arch: str) -> "list[list[int]]":
    """Give the glibc versions that a distribution's ``_manylinux`` module declines (PEP 600)."""
    sys.path.extend([paths["purelib"], paths["platlib"]])
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


def glibc_version() -> str:
    """Give what the C library of this process says of itself: ``glibc 2.36``, or nothing."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return ""


def full_version(info: "sys._version_info") -> str:
    """Give a version as the markers want it (PEP 508): ``3.14.0rc1``."""
    version = "%d.%d.%d" % (info[0], info[1], info[2])
    kind = info[3]
    return version if kind == "final" else version + kind[0] + str(info[4])


def describe() -> "dict[str, object]":
    """Give all that is asked of a Python."""
    venv = find_venv(sys.executable)
    prefix = venv or sys.prefix
    paths = scheme_paths(prefix, bool(venv))
    is_windows = sys.platform == "win32"
    version = full_version(sys.version_info)
    return {
        "executable": sys.executable,
        "version": version,
        "implementation": sys.implementation.name,
        "prefix": prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": find_base(venv, sys.executable) if venv else sys.executable,
        "built_for": sysconfig.get_platform(),
        "pointer_size": struct.calcsize("P") * 8,
        "glibc": glibc_version(),
        "system_version": platform.mac_ver()[0] if sys.platform == "darwin" else "",
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "debug": hasattr(sys, "gettotalrefcount"),
        "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX") or "",
        "externally_managed": not venv
        and os.path.isfile(os.path.join(paths["stdlib"], "EXTERNALLY-MANAGED")),
        "is_venv": bool(venv),
        "refused_glibc": [] if is_windows else refused_glibc(paths, platform.machine()),
        "paths": {
            name: paths[name]
            for name in ("purelib", "platlib", "scripts", "include", "data", "stdlib")
        },
        "marker_values": {
            "implementation_name": sys.implementation.name,
            "implementation_version": full_version(sys.implementation.version),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    }


sys.stdout.write(json.dumps(describe()) + "\n")
