"""Asked of a Python: what it is, in one line of JSON. Runs on Python >= 3.6.

Most Pythons are CPython on a Linux with glibc, and can say so by themselves: what their file tells
is read by who asks. Only the others take ``targets.describing``, whose text is the first argument,
and the modules that it needs: they take longer than to start a Python.
It is started with ``-I -S``, so that neither the user's environment nor ``.pth`` files (a venv's
guard is one) can spoil the answer. Without ``site`` a Python before 3.14 does not know that it is
in a venv; that is worked out here from ``pyvenv.cfg``. Nothing but the standard library, no
syntax younger than 3.6, no import from this package: all is sent as text.
"""
# ruff: noqa: PTH113, PTH118, PTH119, PTH120, PTH123, S102, UP031
# (`os.path` spares the import of `pathlib`, and 3.6 sets the style.)

import os
import sys
import sysconfig

try:
    from _json import encode_basestring_ascii as quote
except ImportError:
    from json.encoder import encode_basestring_ascii as quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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


def glibc() -> "list[int]":
    """Give the version of the glibc that a CPython on Linux runs on; nothing for all others."""
    if sys.platform != "linux" or sys.implementation.name != "cpython":
        return []
    try:
        said = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):
        return []
    numbers = said.replace("glibc ", "").split(".")
    plain = len(numbers) == 2 and all(number.isdigit() for number in numbers)
    return [int(number) for number in numbers] if plain else []


def plain_values() -> "dict[str, str]":
    """Give the values of the markers that do not speak of Python, as ``platform`` has them."""
    system = os.uname()
    return {
        "implementation_name": sys.implementation.name,
        "os_name": os.name,
        "platform_machine": system.machine,
        "platform_python_implementation": "CPython",
        "platform_release": system.release,
        "platform_system": system.sysname,
        "platform_version": system.version,
        "sys_platform": sys.platform,
    }


def describer() -> "dict[str, Any]":
    """Load what describes any machine; it must not start by itself."""
    names = {"__name__": "describing"}  # type: dict[str, Any]
    exec(sys.argv[1], names)
    return names


def full_version(info: "Any") -> str:
    """Give a version as the markers want it (PEP 508): ``3.14.0rc1``."""
    version = "%d.%d.%d" % tuple(info[:3])
    return version if info[3] == "final" else version + info[3][0] + str(info[4])


def of_machine(folders: "list[str]") -> "dict[str, Any]":
    """Give what is to be told of the machine: its values, and what it declines (PEP 600)."""
    found = glibc()
    sys.path.extend(folder for folder in folders if folder not in sys.path)
    try:
        import _manylinux  # type: ignore[import-not-found]  # noqa: F401

        declines = True
    except ImportError:
        declines = False
    values, version = plain_values, sys.version.split(None, 1)[0]
    system, refused = None, []  # type: Any, list[Any]
    if not found or declines:
        import platform

        full = describer()
        libc = full["running_libc"]() if sys.platform.startswith("linux") else None
        system = full["running_system"](() if libc is None else (libc,))
        refused = full["refused_glibc"](folders, system.arch) if libc is not None else []
        values, version = full["marker_values"], platform.python_version()
    told = values()
    told["implementation_version"] = full_version(sys.implementation.version)
    told["python_full_version"] = version
    told["python_version"] = ".".join(version.split(".")[:2])
    return {
        "system": system,
        "glibc": found or None,
        "built_for": sysconfig.get_platform(),
        "refused_glibc": refused,
        "marker_values": told,
    }


def describe() -> "dict[str, Any]":
    """Give all that is asked of a Python."""
    venv = find_venv(sys.executable)
    paths = scheme_paths(venv or sys.prefix, bool(venv))
    answer = of_machine([paths["purelib"], paths["platlib"]])
    answer.update(
        executable=sys.executable,
        version=full_version(sys.version_info),
        implementation=sys.implementation.name,
        prefix=venv or sys.prefix,
        base_prefix=sys.base_prefix,
        base_executable=find_base(venv, sys.executable) if venv else sys.executable,
        pointer_size=64 if sys.maxsize > 1 << 32 else 32,
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        debug=hasattr(sys, "gettotalrefcount"),
        extension_suffix=sysconfig.get_config_var("EXT_SUFFIX") or "",
        externally_managed=not venv
        and os.path.isfile(os.path.join(paths["stdlib"], "EXTERNALLY-MANAGED")),
        is_venv=bool(venv),
        paths={
            name: paths[name]
            for name in ("purelib", "platlib", "scripts", "include", "data", "stdlib")
        },
    )
    return answer


def as_json(value: "Any") -> str:
    """Write JSON; the module for it takes longer to load than all else here."""
    if isinstance(value, dict):
        return "{%s}" % ",".join(quote(key) + ":" + as_json(value[key]) for key in value)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(as_json, value))
    if isinstance(value, str):
        return quote(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


sys.stdout.write(as_json(describe()) + "\n")
