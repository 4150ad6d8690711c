"""Exports: what other tools get, and that they can install it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from packaging.pylock import Pylock

from support.wheels import sdist_files, write_project
from support.workbench import Workbench, lines, serve

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
[project.optional-dependencies]
web = ["server"]
[dependency-groups]
dev = ["tester"]
"""


@pytest.fixture
def locked(bench: Workbench) -> Workbench:
    """Lock a project with an extra and a group."""
    serve(
        bench.index,
        {
            "base 1.0": {"requires": ["win; sys_platform == 'win32'"]},
            "win 1.0": {},
            "server 1.0": {"requires": ["base"]},
            "tester 1.0": {},
        },
    )
    bench.write("base", more=PROJECT)
    bench.ok("lock")
    return bench


def short(text: str) -> str:
    """Cut hashes short."""
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:...", text)


def test_requirements(locked: Workbench) -> None:
    assert short(locked.ok("export --extra web").out) == lines(
        "# Written by Wheelright with this command:",
        "#    wheelright export --extra web",
        "base==1.0 \\",
        "    --hash=sha256:...",
        "    # via",
        "    #   app",
        "    #   server",
        "server==1.0 \\",
        "    --hash=sha256:...",
        "    # via app",
        "tester==1.0 \\",
        "    --hash=sha256:...",
        "    # via app:dev",
        "win==1.0 ; sys_platform == 'win32' \\",
        "    --hash=sha256:...",
        "    # via base",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--no-dev", ["base==1.0", "win==1.0 ; sys_platform == 'win32'"]),
        ("--only-group dev", ["tester==1.0"]),
        ("--no-dev --no-emit-package WIN", ["base==1.0"]),
        (
            "--all-extras --no-default-groups",
            ["base==1.0", "server==1.0", "win==1.0 ; sys_platform == 'win32'"],
        ),
    ],
)
def test_parts_of_the_lock(options: str, expected: list[str], locked: Workbench) -> None:
    answer = locked.ok(f"export --no-hashes --no-annotate --no-header {options}")
    assert answer.out == lines(*expected)


def test_the_header_says_how_to_write_it_again_and_no_secrets(locked: Workbench) -> None:
    line = (
        "export --no-hashes --no-annotate --no-emit-package win --all-groups --no-group dev"
        " --no-extra web --frozen --index http://user:secret@127.0.0.1:9/simple/"
    )
    header = locked.ok(line).out.splitlines()[1]
    assert header == (
        "#    wheelright export --all-groups --no-extra web --no-group dev --no-hashes"
        " --no-annotate --frozen --no-emit-package win"
    )
    again = locked.ok(header.removeprefix("#    wheelright "))
    assert again.out.splitlines()[1] == header


def test_the_output_file(locked: Workbench) -> None:
    (locked.project / "req.txt").write_text("old")
    (locked.project / "req.txt").chmod(0o640)
    answer = locked.ok("export -o req.txt --no-dev --no-hashes --no-annotate")
    assert (answer.out, answer.err) == ("", "Wrote req.txt\n")
    written = locked.project / "req.txt"
    assert written.stat().st_mode & 0o777 == 0o640
    assert written.read_text() == lines(
        "# Written by Wheelright with this command:",
        "#    wheelright export --no-group dev --no-hashes --no-annotate --output-file req.txt",
        "base==1.0",
        "win==1.0 ; sys_platform == 'win32'",
    )
    answer = locked("export -o missing/req.txt")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: could not write `[PROJECT]/missing/req.txt`: no such file or folder",
            "  in [PROJECT]/missing/req.txt",
            "hint: check that the path is right",
        ),
    )


def test_the_project_itself(bench: Workbench) -> None:
    write_project(bench.project, sdist_files("app", "0.1.0", requires_python=">=3.9"))
    plain = "export --no-header --no-annotate --no-hashes"
    assert bench.ok(plain).out == "-e .\n"
    assert bench.ok(f"{plain} --no-editable").out == ".\n"
    assert bench.ok(f"{plain} --no-emit-project").out == ""
    text = bench.ok("export --format pylock.toml").out
    assert 'directory = { path = ".", editable = true }' in text
    text = bench.ok("export --format pylock.toml --no-editable").out
    assert 'directory = { path = "." }' in text


def test_a_lock_for_other_tools(locked: Workbench) -> None:
    text = locked.ok("export --extra web -o pylock.web.toml").err
    assert text == "Wrote pylock.web.toml\n"
    document = tomllib.loads((locked.project / "pylock.web.toml").read_text())
    Pylock.from_dict(document).validate()
    assert "extras" not in document
    assert [package["name"] for package in document["packages"]] == [
        "base",
        "server",
        "tester",
        "win",
    ]
    assert [package.get("marker") for package in document["packages"]] == [
        None,
        None,
        None,
        "sys_platform == 'win32'",
    ]


def test_paths_start_where_the_lock_stands(bench: Workbench) -> None:
    write_project(bench.project / "lib", sdist_files("lib", "1.0"))
    bench.write("lib", more='[tool.wheelright.sources]\nlib = { path = "lib" }\n')
    (bench.project / "out").mkdir()
    bench.ok("export -o out/pylock.toml")
    document = tomllib.loads((bench.project / "out" / "pylock.toml").read_text())
    assert [package["directory"] for package in document["packages"]] == [{"path": "../lib"}]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "-o pylock.toml",
            [
                "error: `pylock.toml` is the lock of the project itself, and the export holds less",
                "  in [PROJECT]/pylock.toml",
                "hint: write to `pylock.export.toml`",
            ],
        ),
        (
            "-o locked.toml",
            [
                "error: a lock cannot be named `locked.toml`",
                "  in --output-file",
                "  PEP 751 asks for `pylock.toml` or `pylock.NAME.toml`",
                "hint: write to `pylock.export.toml`",
            ],
        ),
        (
            "--format pylock.toml --no-hashes",
            [
                "error: a `pylock.toml` has hashes",
                "  in --no-hashes",
                "hint: leave `--no-hashes` out, or export `--format requirements.txt`",
            ],
        ),
    ],
)
def test_what_a_lock_cannot_be(options: str, message: list[str], locked: Workbench) -> None:
    before = locked.lockfile.read_bytes()
    answer = locked(f"export {options}")
    assert (answer.code, answer.out, answer.err) == (2, "", lines(*message))
    assert locked.lockfile.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["requirements.txt", "pylock.export.toml"])
def test_pip_installs_it(name: str, locked: Workbench, tmp_path: Path) -> None:
    locked.ok(f"export --extra web -o {name}")
    target = tmp_path / "target"
    command = [sys.executable, "-m", "pip", "install", "--isolated", "--no-deps", "-q"]
    command += ["--no-input", "--disable-pip-version-check", "--index-url", locked.index.url]
    done = subprocess.run(
        [*command, "--target", str(target), "-r", name], capture_output=True, text=True, check=False
    )
    if "Invalid requirement" in done.stderr and name.endswith(".toml"):
        pytest.skip("this pip does not read locks")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in target.iterdir() if "-" not in path.name} == {
        "base",
        "server",
        "tester",
    }
