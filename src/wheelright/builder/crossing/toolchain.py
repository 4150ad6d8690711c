"""The files and variables that make a build system build for another machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wheelright.builder.crossing.headers import write_headers
from wheelright.builder.crossing.python import MODULE, python_facts, python_module
from wheelright.builder.crossing.triples import Triples, triples_for
from wheelright.outside import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.builder.target import BuildTarget
    from wheelright.targets.interpreter import Interpreter

_COMPILER = Path(__file__).with_name("compiler.py")
_KINDS = ("cc", "c++", "ar", "ranlib")
# Where compilers and `pkg-config` look besides what they are told: all of it is this machine's.
_OF_THIS_MACHINE = frozenset(
    {
        "CPATH",
        "C_INCLUDE_PATH",
        "CPLUS_INCLUDE_PATH",
        "LIBRARY_PATH",
        "LD_RUN_PATH",
        "PKG_CONFIG_PATH",
        "CMAKE_PREFIX_PATH",
        "CPPFLAGS",
        "LDSHARED",
        "GCC_EXEC_PREFIX",
        "COMPILER_PATH",
        "SDKROOT",
    }
)
_IGNORED_BY_CMAKE = (
    "/usr/include;/usr/local/include;/usr/lib;/usr/lib64;/usr/local/lib;/usr/local/lib64"
    ";/lib;/lib64"
)
_MESON_FAMILIES = {"i686": "x86", "armv7l": "arm", "ppc64le": "ppc64"}


class Toolchain(Struct, frozen=True):
    """What a build is told: variables to set and to leave out, and settings of some backends.

    ``compiler`` says in words what compiles. ``asked`` is a file that is there once a compiler
    was called which is not there (see :func:`without_compiler`).
    """

    variables: Mapping[str, str]
    without: frozenset[str] = frozenset()
    meson_file: Path | None = None
    compiler: str | None = None
    asked: Path | None = None

    def config_settings(self, backend: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return config settings with what a backend must be told by them."""
        settings = dict(given)
        if self.meson_file is not None and backend.partition(":")[0] == "mesonpy":
            before = settings.get("setup-args", [])
            before = [before] if isinstance(before, str) else list(before)
            settings["setup-args"] = [f"--cross-file={self.meson_file}", *before]
        return settings

    def was_asked(self) -> bool:
        """Whether the build called a compiler where there is none."""
        return self.asked is not None and self.asked.exists()


def make_toolchain(
    root: Path,
    zig: Path,
    version: str,
    target: BuildTarget,
    interpreter: Interpreter,
    cache: Path,
) -> Toolchain:
    """Write what building for a Linux target needs below ``root``, and return how to use it.

    ``zig`` is its program, ``version`` its version, and ``cache`` a folder that it may fill.
    """
    names = triples_for(target.platform)
    files.make_directory(root)
    headers = write_headers(root / "include", interpreter, names)
    for kind in _KINDS:
        command = (
            *(str(interpreter.executable), "-I", "-S", str(_COMPILER), str(zig), kind),
            *(names.compiler, names.gnu, "" if headers is None else str(headers)),
        )
        script = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
        files.create(root / kind, [script.encode()], executable=True)
    facts = python_facts(root, names, interpreter, headers)
    files.create(root / f"{MODULE}.py", [python_module(facts).encode()])
    cmake = root / "toolchain.cmake"
    foreign = _is_foreign(target, interpreter)
    files.create(cmake, [_cmake_text(root, names, foreign=foreign).encode()])
    meson = root / "meson-cross.ini"
    files.create(meson, [_meson_text(root, names).encode()])
    variables = {
        **_compiler_variables(root),
        **_cargo_variables(root, names),
        "_PYTHON_SYSCONFIGDATA_NAME": MODULE,
        "_PYTHON_HOST_PLATFORM": f"linux-{names.cpu}",
        "PYTHONPATH": str(root),
        "CMAKE_TOOLCHAIN_FILE": str(cmake),
        "PKG_CONFIG_LIBDIR": str(root / "no-libraries"),
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(cache),
        **_apart(root),
    }
    if foreign:
        variables |= {
            "PYO3_CROSS": "1",
            "PYO3_CROSS_LIB_DIR": str(root),
            "PYO3_CROSS_PYTHON_VERSION": ".".join(map(str, interpreter.python)),
            # Scripts made by autoconf take these for `--host` and `--build`.
            "host_alias": names.gnu,
            "build_alias": triples_for(interpreter.platform).gnu,
        }
    return Toolchain(
        variables,
        _OF_THIS_MACHINE,
        meson if foreign else None,
        f"ziglang {version} for {names.compiler}",
    )


def without_compiler(root: Path, why: str) -> Toolchain:
    """Return a toolchain in which every compiler fails with the words ``why``, and says so."""
    files.make_directory(root)
    asked = root / "asked"
    said = shlex.quote(f"wheelright: {why}")
    script = f"#!/bin/sh\n: > {shlex.quote(str(asked))}\necho {said} >&2\nexit 1\n"
    for name in ("cc", "c++"):
        files.create(root / name, [script.encode()], executable=True)
    cc, cxx = shlex.quote(str(root / "cc")), shlex.quote(str(root / "c++"))
    variables = {"CC": cc, "CXX": cxx, "LDSHARED": cc, "RUSTC": cc, **_apart(root)}
    return Toolchain(variables, _OF_THIS_MACHINE - {"LDSHARED"}, asked=asked)


def _apart(root: Path) -> dict[str, str]:
    """Have setuptools and Cargo compile elsewhere than in the tree.

    They would take what was compiled there for another machine for their own.
    """
    config = root / "setuptools.cfg"
    files.create(config, [f"[build]\nbuild_base = {root / 'build'}\n".encode()])
    return {"DIST_EXTRA_CONFIG": str(config), "CARGO_TARGET_DIR": str(root / "cargo")}


def _is_foreign(target: BuildTarget, interpreter: Interpreter) -> bool:
    """Whether programs of the target do not run here."""
    here, there = interpreter.platform, target.platform
    return (here.cpu, here.libc) != (there.cpu, there.libc)


def _compiler_variables(root: Path) -> dict[str, str]:
    # All of these are taken for commands with arguments.
    cc, cxx, ar, ranlib = (shlex.quote(str(root / kind)) for kind in _KINDS)
    return {
        "CC": cc,
        "CXX": cxx,
        "AR": ar,
        "RANLIB": ranlib,
        "LDSHARED": f"{cc} -shared",
        "LDCXXSHARED": f"{cxx} -shared",
    }


def _cargo_variables(root: Path, names: Triples) -> dict[str, str]:
    upper = names.rust.upper().replace("-", "_")
    lower = names.rust.replace("-", "_")
    found = {
        "CARGO_BUILD_TARGET": names.rust,
        f"CARGO_TARGET_{upper}_LINKER": str(root / "cc"),
        f"CC_{lower}": str(root / "cc"),
        f"CXX_{lower}": str(root / "c++"),
        f"AR_{lower}": str(root / "ar"),
    }
    if names.musl:  # an extension module is a shared library, which links the libc it is loaded by
        found[f"CARGO_TARGET_{upper}_RUSTFLAGS"] = "-C target-feature=-crt-static"
    return found


def _cmake_text(root: Path, names: Triples, *, foreign: bool) -> str:
    lines = [
        f'set(CMAKE_C_COMPILER "{root / "cc"}")',
        f'set(CMAKE_CXX_COMPILER "{root / "c++"}")',
        f'set(CMAKE_AR "{root / "ar"}" CACHE FILEPATH "")',
        f'set(CMAKE_RANLIB "{root / "ranlib"}" CACHE FILEPATH "")',
        f'set(CMAKE_SYSTEM_IGNORE_PATH "{_IGNORED_BY_CMAKE};/usr/lib/{names.gnu}")',
    ]
    if foreign:
        lines[:0] = [
            "set(CMAKE_SYSTEM_NAME Linux)",
            f"set(CMAKE_SYSTEM_PROCESSOR {names.cpu})",
        ]
    return "\n".join(lines) + "\n"


def _meson_text(root: Path, names: Triples) -> str:
    family = _MESON_FAMILIES.get(names.cpu, names.cpu)
    endian = "big" if names.big_endian else "little"
    binaries = {kind: str(root / kind) for kind in _KINDS}
    rows = [
        "[binaries]",
        f"c = {binaries['cc']!r}",
        f"cpp = {binaries['c++']!r}",
        f"ar = {binaries['ar']!r}",
        f"ranlib = {binaries['ranlib']!r}",
        "[host_machine]",
        "system = 'linux'",
        "kernel = 'linux'",
        f"cpu_family = {family!r}",
        f"cpu = {names.cpu!r}",
        f"endian = {endian!r}",
        "[properties]",
        "needs_exe_wrapper = true",
        # What a program that cannot be run here would tell (numpy asks for it).
        "longdouble_format = " + repr(_long_double(names)),
    ]
    return "\n".join(rows) + "\n"


def _long_double(names: Triples) -> str:
    """Return numpy's name for how the processor keeps a ``long double``."""
    match names.cpu:
        case "x86_64":
            return "INTEL_EXTENDED_16_BYTES_LE"
        case "i686":
            return "INTEL_EXTENDED_12_BYTES_LE"
        case "armv7l":
            return "IEEE_DOUBLE_LE"
        case "ppc64le":
            return "IBM_DOUBLE_DOUBLE_LE"
        case "s390x":
            return "IEEE_QUAD_BE"
        case _:
            return "IEEE_QUAD_LE"
