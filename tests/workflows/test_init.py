"""Making a new project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.workbench import Workbench

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"


def _files(bench: Workbench, name: str) -> list[str]:
    root = bench.project / name
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_a_project_is_made_in_a_directory_of_its_name(bench: Workbench) -> None:
    answer = bench.ok("init My.App")
    assert answer.err == (
        " + README.md\n + .python-version\n + .gitignore\n + main.py\n + pyproject.toml\n"
        "Made project `my.app` in My.App\n"
    )
    assert (bench.project / "My.App" / "pyproject.toml").read_text() == (
        '[project]\nname = "my.app"\nversion = "0.1.0"\n'
        'description = "Add your description here"\nreadme = "README.md"\n'
        f'requires-python = ">={PYTHON}"\ndependencies = []\n'
    )
    assert (bench.project / "My.App" / ".python-version").read_text() == f"{PYTHON}\n"


def test_a_new_project_can_be_added_to_and_locked(bench: Workbench) -> None:
    bench.index.add("six", "1.17.0")
    bench.ok("init new")
    bench.patch.chdir(bench.project / "new")
    bench.ok("add six")
    bench.ok("lock --check")


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("init x --bare", ["pyproject.toml"]),
        ("init x --no-readme --no-pin-python", [".gitignore", "main.py", "pyproject.toml"]),
        (
            "init x --lib",
            [
                ".gitignore",
                ".python-version",
                "README.md",
                "pyproject.toml",
                "src/x/__init__.py",
                "src/x/py.typed",
            ],
        ),
        (
            "init x --package",
            [".gitignore", ".python-version", "README.md", "pyproject.toml", "src/x/__init__.py"],
        ),
    ],
)
def test_the_layout_is_chosen(bench: Workbench, line: str, files: list[str]) -> None:
    bench.ok(line)
    assert _files(bench, "x") == files


def test_here_is_the_default_and_what_is_there_stays(bench: Workbench) -> None:
    (bench.project / "README.md").write_text("mine")
    (bench.project / "main.py").write_text("mine = 1")
    answer = bench.ok("init --name other --description Mine")
    assert answer.err == (
        " + .python-version\n + .gitignore\n + pyproject.toml\nMade project `other` in .\n"
    )
    assert (bench.project / "README.md").read_text() == "mine"
    assert (bench.project / "main.py").read_text() == "mine = 1"
    assert 'name = "other"\nversion = "0.1.0"\ndescription = "Mine"\n' in (
        bench.pyproject.read_text()
    )


@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        (
            "init",
            1,
            (
                "error: `app` is a project already\n  in [PROJECT]/pyproject.toml\n"
                "hint: add to it with `wheelright add`\n"
            ),
        ),
        (
            "init file",
            2,
            (
                "error: `file` is a file, where a directory is wanted\n  in [PROJECT]/file\n"
                "hint: give another path\n"
            ),
        ),
        (
            "init new --name -x",
            1,
            (
                "error: `-x` is not a valid project name\n"
                "hint: names hold letters, digits, `-`, `_` and `.`, with a letter or digit at"
                " each end; `x` would do\n"
            ),
        ),
        (
            "init ---",
            1,
            (
                "error: no project name can be made from the directory name `---`\n"
                "hint: give one with `--name`\n"
            ),
        ),
        (
            "init new --lib --no-package",
            2,
            (
                "error: a library is a package: `--lib` and `--no-package` exclude each other\n"
                "hint: leave one of them out\n"
            ),
        ),
    ],
)
def test_what_cannot_be_made_is_said(bench: Workbench, line: str, code: int, error: str) -> None:
    bench.write()
    (bench.project / "file").write_text("")
    before = _files(bench, ".")
    answer = bench(line.replace("init ---", "init -- ---").replace("--name -x", "--name=-x"))
    assert (answer.code, answer.err) == (code, error)
    assert _files(bench, ".") == before
