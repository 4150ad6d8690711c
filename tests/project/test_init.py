"""New projects: their files are read by our own reader, and run."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from wheelright.project import load_project
from wheelright.project.edit import add_requirement
from wheelright.project.errors import ProjectFileError
from wheelright.project.init import (
    Layout,
    NewProject,
    check_name,
    module_name,
    project_files,
    project_name,
)

if TYPE_CHECKING:
    from pathlib import Path


def made(root: Path, new: NewProject) -> list[str]:
    files = project_files(new)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return sorted(files)


LAYOUTS: dict[Layout, tuple[list[str], bool]] = {
    "app": ([".gitignore", ".python-version", "README.md", "main.py", "pyproject.toml"], False),
    "package": (
        [".gitignore", ".python-version", "README.md", "pyproject.toml", "src/my_app/__init__.py"],
        True,
    ),
    "library": (
        [
            ".gitignore",
            ".python-version",
            "README.md",
            "pyproject.toml",
            "src/my_app/__init__.py",
            "src/my_app/py.typed",
        ],
        True,
    ),
    "bare": (["pyproject.toml"], False),
}


@pytest.mark.parametrize(
    ("layout", "names", "is_package"), [(one, *rest) for one, rest in LAYOUTS.items()]
)
def test_layouts(tmp_path: Path, layout: Layout, names: list[str], is_package: bool) -> None:
    assert made(tmp_path, NewProject("my-app", "3.12", layout)) == names
    found = load_project(tmp_path)
    assert (found.name, str(found.version), str(found.requires_python)) == (
        "my-app",
        "0.1.0",
        ">=3.12",
    )
    assert found.is_package is is_package
    assert found.has_scripts is (layout == "package")


def test_the_text_of_an_app() -> None:
    files = project_files(NewProject("my-app", "3.12"))
    assert files["pyproject.toml"] == (
        '[project]\nname = "my-app"\nversion = "0.1.0"\n'
        'description = "Add your description here"\nreadme = "README.md"\n'
        'requires-python = ">=3.12"\ndependencies = []\n'
    )
    assert files[".python-version"] == "3.12\n"
    assert add_requirement(files["pyproject.toml"], "rich>=1").text.endswith(
        'dependencies = [\n    "rich>=1",\n]\n'
    )


@pytest.mark.parametrize(("layout", "code"), [("app", "main.py"), ("package", "src")])
def test_a_new_app_runs(tmp_path: Path, layout: Layout, code: str) -> None:
    made(tmp_path, NewProject("my-app", "3.12", layout))
    command = [code] if layout == "app" else ["-c", "from my_app import main; main()"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / code)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Hello from my-app!\n"


def test_without_what_is_declined() -> None:
    files = project_files(NewProject("a", "3.12", readme=False, pin_python=False))
    assert set(files) == {"pyproject.toml", ".gitignore", "main.py"}
    assert "readme" not in files["pyproject.toml"]


@pytest.mark.parametrize(
    ("directory", "name"), [("My App", "my-app"), ("_x_", "x"), ("a.b", "a.b"), ("Été 2", "t-2")]
)
def test_names_from_directories(directory: str, name: str) -> None:
    assert project_name(directory) == name
    assert check_name(name) == name


def test_a_directory_that_gives_no_name() -> None:
    with pytest.raises(ProjectFileError) as caught:
        project_name("___")
    assert caught.value.message == "No project name can be made from the directory name `___`"
    assert caught.value.hints == ("Give one with `--name`",)


def test_bad_names() -> None:
    with pytest.raises(ProjectFileError) as caught:
        check_name("my app")
    assert caught.value.message == "`my app` is not a valid project name"
    assert caught.value.hints == (
        (
            "Names hold letters, digits, `-`, `_` and `.`, with a letter or digit at each end; "
            "`my-app` would do"
        ),
    )


@pytest.mark.parametrize(
    ("name", "module"), [("My.App", "my_app"), ("3d-tool", "_3d_tool"), ("x", "x")]
)
def test_modules(name: str, module: str) -> None:
    assert module_name(name) == module
    text = project_files(NewProject(name, "3.12", "library"))["pyproject.toml"]
    assert (f'packages = ["src/{module}"]' in text) is (module != name)
