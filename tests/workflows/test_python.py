"""Listing and finding Pythons."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from support.workbench import BASE_PYTHON, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

MINOR = ".".join(VERSION.split(".")[:2])


@pytest.fixture
def alone(bench: Workbench) -> Workbench:
    """Let this Python be the only one on the machine, and let nobody ask for it."""
    bench.patch.delenv("WHEELRIGHT_PYTHON")
    bench.patch.setenv("PATH", str(BASE_PYTHON.parent))
    return bench


def other_python(place: Path, version: str) -> Path:
    """Make a program that answers as this Python, but for its version and prefix."""
    place.mkdir(parents=True)
    program = place / "python3"
    sed = shutil.which("sed", path="/usr/bin:/bin")
    short = ".".join(version.split(".")[:2])
    program.write_text(
        f"""#!/bin/sh
"{BASE_PYTHON}" "$@" | {sed} -e 's|"version": *"[^"]*"|"version": "{version}"|' \\
  -e 's|"base_prefix": *"[^"]*"|"base_prefix": "{place.parent}"|' \\
  -e 's|"python_full_version": *"[^"]*"|"python_full_version": "{version}"|' \\
  -e 's|"python_version": *"[^"]*"|"python_version": "{short}"|'
"""
    )
    program.chmod(0o755)
    return program


def test_the_list_marks_the_one_that_is_used(alone: Workbench) -> None:
    other_python(alone.root / "one" / "bin", "3.9.1")
    other_python(alone.root / "two" / "bin", "3.9.8")
    path = os.pathsep.join(
        [str(BASE_PYTHON.parent), str(alone.root / "one/bin"), str(alone.root / "two/bin")]
    )
    document = json.loads(alone.ok("python list --output-format json", PATH=path).out)
    shown = [(one["version"], one["default"]) for one in document["pythons"]]
    assert shown == [(VERSION, True), ("3.9.8", False)]
    assert document["pythons"][0]["source"] == "PATH"
    document = json.loads(
        alone.ok("python list --all-versions --output-format json", PATH=path).out
    )
    assert [one["version"] for one in document["pythons"]] == [VERSION, "3.9.8", "3.9.1"]
    alone.write(python="<3.9.5")
    document = json.loads(alone.ok("python list --output-format json", PATH=path).out)
    shown = [(one["version"], one["default"]) for one in document["pythons"]]
    assert shown == [(VERSION, False), ("3.9.8", False), ("3.9.1", True)]


def test_the_variable_marks_and_does_not_narrow(alone: Workbench) -> None:
    other = other_python(alone.root / "one" / "bin", "3.9.1")
    path = os.pathsep.join([str(BASE_PYTHON.parent), str(alone.root / "one/bin")])

    def listed(line: str) -> list[tuple[str, bool]]:
        document = json.loads(
            alone.ok(f"{line} --output-format json", PATH=path, WHEELRIGHT_PYTHON=str(other)).out
        )
        return [(one["version"], one["default"]) for one in document["pythons"]]

    assert listed("python list") == [(VERSION, False), ("3.9.1", True)]
    assert listed(f"python list -p {MINOR}") == [(VERSION, True)]


def test_the_list_for_people(alone: Workbench) -> None:
    shutil.rmtree(alone.cache / "pythons", ignore_errors=True)
    shown = alone.ok(f"python list {MINOR}").out
    assert shown.startswith("*  CPython [VERSION]  ")
    assert shown.endswith("  PATH\n")
    assert shown.count("\n") == 1
    answer = alone.ok("python list 3.99")
    assert (answer.out, answer.err) == ("", "No Python was found\n")


def test_a_project_s_venv_is_found_from_anywhere_in_it(alone: Workbench) -> None:
    alone.write()
    alone.ok("venv")
    (alone.project / "src").mkdir()
    for line in ("python find", "python find --directory src", f"python find {MINOR}"):
        assert alone.ok(line).out == "[PROJECT]/.venv/bin/python\n", line
    alone.ok("venv", WHEELRIGHT_PROJECT_ENVIRONMENT="env")
    found = alone.ok("python find", WHEELRIGHT_PROJECT_ENVIRONMENT="env").out
    assert found == "[PROJECT]/env/bin/python\n"


def test_a_request_is_not_held_to_the_project(alone: Workbench) -> None:
    alone.write(python=">=3.90")
    assert alone.ok(f"python find {MINOR}").code == 0
    assert alone.ok("python find --no-project").code == 0
    answer = alone("python find")
    assert answer.code == 1
    assert answer.err.startswith("error: no Python found meets `requires-python` `>=3.90`\n")


def test_a_pin_counts(alone: Workbench) -> None:
    (alone.project / ".python-version").write_text("3.77\n")
    answer = alone("python find")
    assert answer.code == 1
    assert answer.err.splitlines()[:2] == [
        "error: no Python found meets `3.77`",
        "  in [PROJECT]/.python-version",
    ]
