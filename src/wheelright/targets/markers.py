"""The values of the environment markers (PEP 508) on a platform.

What only a running machine knows (``platform_release``, ``platform_version``) is blank.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.targets.platform import Platform

_IMPLEMENTATIONS = {
    "cpython": "CPython",
    "pypy": "PyPy",
    "graalpy": "GraalVM",
    "jython": "Jython",
    "ironpython": "IronPython",
}
_SYSTEMS: dict[str, tuple[str, str, str]] = {
    # os_name, sys_platform, platform_system
    "linux": ("posix", "linux", "Linux"),
    "macos": ("posix", "darwin", "Darwin"),
    "windows": ("nt", "win32", "Windows"),
    "android": ("posix", "android", "Android"),
    "ios": ("posix", "ios", "iOS"),
    "pyodide": ("posix", "emscripten", "Emscripten"),
}
_WINDOWS_MACHINES = {"x86_64": "AMD64", "arm64": "ARM64", "x86": "x86"}


def marker_values(
    platform: Platform,
    python_full_version: str,
    implementation: str = "cpython",
    implementation_version: str | None = None,
) -> dict[str, str]:
    """Give the value of every marker variable but ``extra``.

    ``python_full_version`` is ``3.12.4`` or ``3.14.0rc1``; a mere ``3.12`` stands for ``3.12.0``.
    ``implementation_version`` is the same unless given (PyPy has versions of its own).
    """
    if re.fullmatch(r"\d+\.\d+", python_full_version):
        python_full_version += ".0"
    os_name, sys_platform, platform_system = _SYSTEMS[platform.os]
    machine = platform.arch
    if platform.os == "windows":
        machine = _WINDOWS_MACHINES.get(machine, machine)
    return {
        "implementation_name": implementation,
        "implementation_version": implementation_version or python_full_version,
        "os_name": os_name,
        "platform_machine": machine,
        "platform_python_implementation": _IMPLEMENTATIONS.get(implementation, implementation),
        "platform_release": "",
        "platform_system": platform_system,
        "platform_version": "",
        "python_full_version": python_full_version,
        "python_version": ".".join(re.findall(r"\d+", python_full_version)[:2]),
        "sys_platform": sys_platform,
    }
