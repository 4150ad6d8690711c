"""Whether a source tree shows native code before it is built: by its backend, or by what it says.

Nothing is proved here: only a wheel without binaries proves that there is no native code. What is
shown saves a build that cannot serve, or has a compiler made ready for one that needs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wheelright.builder.system import LEGACY_BACKEND, read_pyproject

if TYPE_CHECKING:
    from pathlib import Path

# Backends that exist for native code.
_NATIVE_BACKENDS = {
    "maturin": "Rust",
    "mesonpy": "meson",
    "scikit_build_core": "CMake",
    "skbuild": "CMake",
    "py_build_cmake": "CMake",
    "sipbuild": "SIP",
    "enscons": "SCons",
}
# Requirements that only a build of native code has.
_NATIVE_REQUIREMENTS = {
    "cython": "Cython",
    "pybind11": "pybind11",
    "nanobind": "nanobind",
    "cffi": "cffi",
    "setuptools-rust": "Rust",
    "maturin": "Rust",
    "scikit-build": "CMake",
    "cmake": "CMake",
    "numpy": "numpy's C headers",
    "oldest-supported-numpy": "numpy's C headers",
    "mypyc": "mypyc",
    "swig": "SWIG",
}
_IN_SETUP = re.compile(
    r"\b(ext_modules|cffi_modules|rust_extensions|cythonize|Extension\s*\(|CMakeExtension"
    r"|Pybind11Extension|build_clib)"
)
_REQUIREMENT_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_MOST_BYTES = 1 << 20


def native_evidence(source: Path) -> str | None:
    """Return what shows that a tree holds native code, in words; None where nothing does.

    Reads ``its `setup.py` speaks of `ext_modules` ``. Raises BuildSystemError for a
    ``pyproject.toml`` that is not TOML.
    """
    document = read_pyproject(source) or {}
    system = document.get("build-system")
    table: dict[str, Any] = system if isinstance(system, dict) else {}
    backend = table.get("build-backend") or LEGACY_BACKEND
    backend = backend.partition(":")[0].partition(".")[0] if isinstance(backend, str) else ""
    if backend in _NATIVE_BACKENDS:
        return f"its build backend `{backend}` compiles ({_NATIVE_BACKENDS[backend]})"
    requires = table.get("requires")
    for text in requires if isinstance(requires, list) else ():
        match = _REQUIREMENT_NAME.match(str(text))
        name = re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""
        if name in _NATIVE_REQUIREMENTS:
            return f"its build requires `{name}` ({_NATIVE_REQUIREMENTS[name]})"
    tool = document.get("tool")
    setuptools = tool.get("setuptools") if isinstance(tool, dict) else None
    if isinstance(setuptools, dict) and "ext-modules" in setuptools:
        return "its `pyproject.toml` declares `ext-modules`"
    if backend == "setuptools":
        return _in_setup(source)
    return None


def _in_setup(source: Path) -> str | None:
    for name in ("setup.py", "setup.cfg"):
        try:
            with (source / name).open("rb") as file:
                text = file.read(_MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        code = "\n".join(line.partition("#")[0] for line in text.splitlines())
        match = _IN_SETUP.search(code)
        if match is not None:
            word = match[1].rstrip("( ")
            return f"its `{name}` speaks of `{word}`"
    return None
