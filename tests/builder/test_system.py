from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelright.builder import BuildSystemError
from wheelright.builder.system import LEGACY_BACKEND, LEGACY_REQUIRES, read_build_system

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, text: str) -> Path:
    source = root / "demo"
    source.mkdir()
    (source / "pyproject.toml").write_text(text)
    return source


def test_the_table_is_read(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        '[build-system]\nrequires = ["a", "b>=1"]\nbuild-backend = "x.y:z"\nbackend-path = ["."]\n'
        '[project]\nname = "Other"\n',
    )

    system = read_build_system(source)

    assert system.project == "Other"
    assert system.requires == ("a", "b>=1")
    assert system.backend == "x.y:z"
    assert [path.resolve() for path in system.backend_path] == [source.resolve()]


@pytest.mark.parametrize("text", ["", '[project]\nname = "demo"\n', "[tool.something]\nkey = 1\n"])
def test_without_a_table_setuptools_builds(tmp_path: Path, text: str) -> None:
    system = read_build_system(write(tmp_path, text))

    assert (system.requires, system.backend) == (LEGACY_REQUIRES, LEGACY_BACKEND)


def test_a_lone_setup_py_is_built_by_setuptools(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()

    system = read_build_system(tmp_path)

    assert (system.project, system.backend) == (tmp_path.name, LEGACY_BACKEND)


def test_a_table_without_a_backend_keeps_what_it_requires(tmp_path: Path) -> None:
    system = read_build_system(write(tmp_path, '[build-system]\nrequires = ["setuptools<70"]\n'))

    assert (system.requires, system.backend) == (("setuptools<70",), LEGACY_BACKEND)


def test_a_folder_with_nothing_to_build(tmp_path: Path) -> None:
    source = tmp_path / "demo"
    source.mkdir()

    with pytest.raises(BuildSystemError) as caught:
        read_build_system(source)

    error = caught.value
    assert error.message == (
        "`demo` cannot be built: there is neither a `pyproject.toml` nor a `setup.py`"
    )
    assert error.where == str(source)
    assert error.hints == ("Check that the path is the root of a Python project",)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("build-system = 3\n", "`build-system` is not a table"),
        ('[build-system]\nbuild-backend = "x"\n', "`[build-system]` has no `requires`"),
        ("[build-system]\nrequires = 3\n", "`requires` is not a list of strings"),
        ("[build-system]\nrequires = [3]\n", "`requires` is not a list of strings"),
        ("[build-system]\nrequires = []\nbuild-backend = 3\n", "`build-backend` is not a name"),
        (
            '[build-system]\nrequires = []\nbackend-path = ["."]\n',
            "`backend-path` is given without `build-backend`",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "x"\nbackend-path = [".."]\n',
            "the `backend-path` entry `..` is outside the project",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "x"\nbackend-path = ["/"]\n',
            "the `backend-path` entry `/` is outside the project",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "x"\nbackend-path = ["no"]\n',
            "the `backend-path` entry `no` is not a folder",
        ),
        (
            "[build-system\n",
            (
                "its `pyproject.toml` is not valid TOML "
                "(Expected ']' at the end of a table declaration (at line 1, column 14))"
            ),
        ),
    ],
)
def test_a_broken_table_says_what_and_where(tmp_path: Path, text: str, cause: str) -> None:
    source = write(tmp_path, text)

    with pytest.raises(BuildSystemError) as caught:
        read_build_system(source)

    assert caught.value.message == f"`demo` cannot be built: {cause}"
    assert caught.value.where == str(source / "pyproject.toml")
