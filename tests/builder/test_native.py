"""What shows native code before a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelright.builder import native_evidence

if TYPE_CHECKING:
    from pathlib import Path


def tree(root: Path, system: str = "", **texts: str) -> Path:
    (root / "pyproject.toml").write_text(system)
    for name, text in texts.items():
        (root / name.replace("_", ".")).write_text(text)
    return root


def built_by(backend: str, *requires: str, more: str = "") -> str:
    listed = ", ".join(f'"{one}"' for one in requires)
    return f'[build-system]\nrequires = [{listed}]\nbuild-backend = "{backend}"\n{more}'


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (built_by("maturin"), "its build backend `maturin` compiles (Rust)"),
        (built_by("mesonpy"), "its build backend `mesonpy` compiles (meson)"),
        (
            built_by("scikit_build_core.build"),
            "its build backend `scikit_build_core` compiles (CMake)",
        ),
        (
            built_by("setuptools.build_meta", "setuptools", "Cython>=3"),
            "its build requires `cython` (Cython)",
        ),
        (
            built_by("setuptools.build_meta", "Setuptools_Rust"),
            "its build requires `setuptools-rust` (Rust)",
        ),
        (
            built_by("setuptools.build_meta", more='[[tool.setuptools.ext-modules]]\nname = "x"\n'),
            "its `pyproject.toml` declares `ext-modules`",
        ),
        (built_by("hatchling.build", "hatchling"), None),
        (built_by("flit_core.buildapi", "flit_core"), None),
        (built_by("setuptools.build_meta", "setuptools"), None),
        ("", None),
    ],
)
def test_what_the_build_system_shows(tmp_path: Path, system: str, expected: str | None) -> None:
    assert native_evidence(tree(tmp_path, system)) == expected


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ("setup(ext_modules=[x])", "its `setup.py` speaks of `ext_modules`"),
        ("x = Extension('a', ['a.c'])", "its `setup.py` speaks of `Extension`"),
        ("setup(cffi_modules=['a.py:ffi'])", "its `setup.py` speaks of `cffi_modules`"),
        ("setup(name='x')  # once it had ext_modules", None),
        ("from extensions import setup", None),
    ],
)
def test_what_a_setup_script_shows(tmp_path: Path, setup: str, expected: str | None) -> None:
    assert native_evidence(tree(tmp_path, "", setup_py=setup)) == expected


def test_a_setup_script_of_another_backend_is_not_read(tmp_path: Path) -> None:
    system = built_by("hatchling.build")
    assert native_evidence(tree(tmp_path, system, setup_py="ext_modules")) is None


def test_c_files_alone_show_nothing(tmp_path: Path) -> None:
    assert native_evidence(tree(tmp_path, "", setup_py="", example_c="int x;")) is None
