"""Real sdists, built for targets without any wheel allowed, and proved by what others say of them.

A session of its own: it fetches a compiler (90 MB) and compiles for minutes. ``readelf`` is asked,
not Wheelright, and what was built is imported.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.real_builds import (
    forget_builds,
    highest_glibc,
    install,
    machine_of,
    modules,
    run_python,
    wheelright,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("readelf") is None, reason="needs Linux and readelf"
    ),
]

OLD = "x86_64-manylinux_2_17"


@pytest.fixture(scope="module", autouse=True)
def _anew() -> None:
    forget_builds()


@pytest.mark.parametrize(
    ("name", "version", "package", "code", "expected"),
    [
        (
            "markupsafe", "3.0.3", "markupsafe",
            "import markupsafe._speedups; print(markupsafe.escape('<'))", "&lt;",
        ),
        (
            "msgpack", "1.1.2", "msgpack",
            "from msgpack import _cmsgpack; print(_cmsgpack.Packer().pack([1]))", r"b'\x91\x01'",
        ),
        # Without libyaml, which no other machine is promised to have, it builds as pure Python.
        ("pyyaml", "6.0.3", "yaml", "import yaml; print(yaml.safe_load('[1]'))", "[1]"),
        (
            "argon2-cffi-bindings", "25.1.0", "_argon2_cffi_bindings",
            "from _argon2_cffi_bindings import lib; print(lib.ARGON2_VERSION_NUMBER)", "19",
        ),
    ],
)  # fmt: skip
def test_built_for_glibc_2_17(
    tmp_path: Path, name: str, version: str, package: str, code: str, expected: str
) -> None:
    out = tmp_path / "out"
    install(OLD, f"{name}=={version}", out=out, built=name)
    found = modules(out, package)
    assert bool(found) == (name != "pyyaml")
    assert max([highest_glibc(each) for each in found], default=(0, 0)) <= (2, 17)
    assert run_python(code, out) == expected


@pytest.mark.skipif(shutil.which("cargo") is None, reason="needs Rust")
def test_rust_built_for_glibc_2_17(tmp_path: Path) -> None:
    # Its sdist brings all crates along, so that the registry of Rust need not be reached.
    out = tmp_path / "out"
    install(OLD, "orjson==3.11.5", out=out, built="orjson")
    assert [highest_glibc(each) <= (2, 17) for each in modules(out, "orjson")] == [True]
    assert run_python("import orjson; print(orjson.dumps([1, None]))", out) == "b'[1,null]'"


def test_meson_built_for_glibc_2_17(tmp_path: Path) -> None:
    out = tmp_path / "out"
    install(OLD, "contourpy==1.3.3", out=out, built="contourpy")
    assert [highest_glibc(each) <= (2, 17) for each in modules(out, "contourpy")] == [True]
    code = "import contourpy; print(len(contourpy.contour_generator(z=[[0,1],[1,2]]).lines(1)))"
    assert run_python(code, out) == "1"


def test_built_for_another_processor(tmp_path: Path) -> None:
    out = tmp_path / "out"
    install("aarch64-manylinux_2_28", "markupsafe==3.0.3", out=out, built="markupsafe")
    (module,) = modules(out)
    assert module.name.endswith("-aarch64-linux-gnu.so")
    assert (machine_of(module), highest_glibc(module)) == ("AArch64", (2, 17))


def test_built_for_musl(tmp_path: Path) -> None:
    out = tmp_path / "out"
    install("x86_64-musllinux_1_2", "markupsafe==3.0.3", out=out, built="markupsafe")
    (module,) = modules(out)
    said = subprocess.run(["readelf", "-d", module], capture_output=True, text=True, check=True)
    assert "[libc.so]" in said.stdout
    assert "libc.so.6" not in said.stdout
    assert highest_glibc(module) == (0, 0)


def test_numpy_with_wheels_never_starts_a_build(tmp_path: Path) -> None:
    done = wheelright(
        *("pip", "install", "-v", "--target", tmp_path / "out", "--python-version", "3.11"),
        *("--python-platform", "x86_64-manylinux2014", "numpy"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "building" not in done.stderr
    assert all(highest_glibc(each) <= (2, 17) for each in modules(tmp_path / "out"))


def test_native_code_for_another_system_is_refused_before_it_is_built(tmp_path: Path) -> None:
    done = wheelright(
        *("pip", "install", "-v", "--target", tmp_path / "out", "--python-platform", "windows"),
        *("--no-binary", "markupsafe", "markupsafe==3.0.3"),
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert "error: `markupsafe` cannot be built on this machine for windows" in done.stderr
    assert "it holds native code: its `setup.py` speaks of `ext_modules`" in done.stderr
