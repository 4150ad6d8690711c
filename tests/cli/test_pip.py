"""What the ``pip`` commands read from the command line, and how they tell what was done."""

from __future__ import annotations

import io
from typing import Any

import pytest

from wheelright.cli.parsing import parse
from wheelright.cli.registry import Registry
from wheelright.console import Screen
from wheelright.workflows.outcomes import Action
from wheelright.workflows.pip_options import (
    CheckOutcome,
    CompileOutcome,
    PipBuildOptions,
    PipOutcome,
    PipPlace,
    ShowOutcome,
)


def read(line: str) -> Any:
    parsed = parse(line.split(), {}, Registry())
    assert parsed.command is not None
    return parsed.command.read(parsed.given)


def render(line: str, outcome: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    parsed = parse(line.split(), {}, Registry())
    assert parsed.command is not None
    code = parsed.command.render(outcome, parsed.given, Screen(out, err, environ={}))
    return code, out.getvalue(), err.getvalue()


def test_install_reads_what_pip_users_type() -> None:
    options = read("pip install -r a.txt -c b.txt -e ./x --pre -U -t out six rich>=13")
    assert options.requests.requirements == ("six", "rich>=13")
    assert options.requests.requirement_files == ("a.txt",)
    assert options.requests.constraint_files == ("b.txt",)
    assert options.requests.editables == ("./x",)
    assert options.resolve.prerelease == "allow"
    assert options.resolve.upgrade
    assert options.place == PipPlace(target="out")
    assert (options.exact, options.no_deps) == (False, False)


def test_formats_are_read_by_name_or_for_all() -> None:
    options = read("pip install x --only-binary a,b --no-binary :all: --no-build")
    assert options.build == PipBuildOptions(
        no_build=True, only_binary=("a", "b"), no_binary=(":all:",)
    )


def test_sync_is_exact_and_takes_files() -> None:
    options = read("pip sync a.txt b.txt")
    assert options.requests.requirement_files == ("a.txt", "b.txt")
    assert (options.exact, options.no_deps, options.allow_empty) == (True, True, False)


@pytest.mark.parametrize(
    ("line", "format_"),
    [
        ("pip compile a.in", "requirements.txt"),
        ("pip compile a.in -o pins.txt", "requirements.txt"),
        ("pip compile a.in -o pylock.toml", "pylock.toml"),
        ("pip compile a.in -o out --format pylock.toml", "pylock.toml"),
    ],
)
def test_compile_tells_the_format_by_the_name(line: str, format_: str) -> None:
    assert read(line).format == format_


def test_the_command_in_the_header_holds_what_decides_and_no_secret() -> None:
    options = read(
        "pip compile a.in --universal -p 3.12 --index-url https://me:secret@example.com/simple"
        " --cache-dir /tmp/x -c b.txt --only-binary x -o out.txt"
    )
    assert options.command == (
        "wheelright pip compile a.in -c b.txt --universal --only-binary x -o out.txt"
    )


OUTCOME = PipOutcome(
    "/p/.venv",
    "linux",
    (
        Action("install", "six", "1.0", reason="new"),
        Action("reinstall", "rich", "2.0", "1.0", reason="1.0 -> 2.0"),
        Action("reinstall", "idna", "3.0", "3.0", reason="damaged: its RECORD is missing"),
    ),
    notes=("numpy 2 passed over: too new",),
    seconds=0.5,
)


@pytest.mark.parametrize(
    ("line", "outcome", "expected"),
    [
        (
            "pip install x",
            OUTCOME,
            (
                0,
                "",
                (
                    "note: numpy 2 passed over: too new\n"
                    " ~ idna==3.0: damaged: its RECORD is missing\n"
                    " ~ rich 1.0 -> 2.0\n + six==1.0\n"
                    "Installed 1, replaced 2 packages in 0.50s\n"
                ),
            ),
        ),
        (
            "pip install x",
            PipOutcome("/p/.venv", "linux", unchanged=1),
            (0, "", "Nothing to do: 1 package is there already\n"),
        ),
        (
            "pip compile x",
            CompileOutcome("six==1.0\n", None, 1, ("a note",)),
            (0, "six==1.0\n", "note: a note\n"),
        ),
        (
            "pip compile x -o out",
            CompileOutcome("six==1.0\n", "out", 1, seconds=0.5, wrote=True),
            (0, "", "Compiled 1 package in 0.50s\nWrote out\n"),
        ),
        ("pip check", CheckOutcome(2), (0, "", "Checked 2 packages: all fit together\n")),
        (
            "pip check",
            CheckOutcome(2, ("`a` 1 is damaged: its RECORD is missing",)),
            (
                1,
                "",
                " ! `a` 1 is damaged: its RECORD is missing\nChecked 2 packages: 1 problem\n",
            ),
        ),
        ("pip show x", ShowOutcome((), ("x",)), (1, "", "`x` is not installed\n")),
        ("pip list", (), (0, "", "")),
        ("pip freeze", (), (0, "", "")),
        (
            "pip uninstall x",
            PipOutcome("/p/.venv", "linux"),
            (0, "", "Nothing to do: none of them is installed\n"),
        ),
    ],
)
def test_tells_what_was_done(line: str, outcome: Any, expected: tuple[int, str, str]) -> None:
    assert render(line, outcome) == expected
