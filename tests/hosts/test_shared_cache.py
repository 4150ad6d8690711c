"""Two machines, one cache, one Python at one path: each gets its own answer.

The second machine is a newer Debian, with a Python that Wheelright itself runs on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.old_machine import CACHE, OldMachine, old_machine
from wheelright.targets import detect_machine

pytestmark = [pytest.mark.hosts, pytest.mark.network]

SOURCES = Path(__file__).parents[2] / "src"
PROGRAM = "import sys; from wheelright.start import main; sys.exit(main())"
REQUIREMENTS = ("installer", "msgspec", "packaging", "platformdirs", "pyproject-hooks", "rich",
                "tomlkit")  # fmt: skip


@pytest.fixture
def newer() -> OldMachine:
    return old_machine(suite="trixie")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def here(cache: Path, *arguments: str | Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=cache.parent,
        env={**os.environ, "PYTHONPATH": str(SOURCES), "WHEELRIGHT_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def there(
    machine: OldMachine, cache: Path, libraries: Path, *arguments: str | Path
) -> dict[str, Any]:
    done = machine.run(
        [machine.python, "-c", PROGRAM, *arguments],
        binds=[cache],
        read_only=[SOURCES, libraries, old_machine().shared_python.parents[1]],
        env={
            "PYTHONPATH": f"{SOURCES}:{libraries}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "WHEELRIGHT_CACHE_DIR": str(cache),
        },
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def libraries(newer: OldMachine, tmp_path: Path) -> Path:
    """Install for the other machine what Wheelright runs on."""
    place = tmp_path / "libraries"
    command = ["pip", "install", "--target", place, "--python-platform", "x86_64-manylinux_2_41",
               "--python-version", "3.13", *REQUIREMENTS]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", PROGRAM, *command],
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "WHEELRIGHT_CACHE_DIR": str(CACHE / "wheelright"),
        },
        check=True,
        capture_output=True,
    )
    return place


def test_a_python_that_two_machines_share(newer: OldMachine, cache: Path, libraries: Path) -> None:
    shared = old_machine().shared_python
    question = ("target", "show", "--output-format", "json", "--python", shared)
    mine = str(detect_machine().platform)
    assert mine != "x86_64-manylinux_2_41"
    for _ in range(2):  # the second time it is remembered
        assert here(cache, *question)["platform"] == mine
        assert there(newer, cache, libraries, *question)["platform"] == "x86_64-manylinux_2_41"
    # One answer each, of this Python (the system's own Python may be asked too).
    entries = list((cache / "pythons").rglob("*.json"))
    answers = [json.loads(entry.read_text())["answer"] for entry in entries]
    systems = [one["system"] for one in answers if one["executable"] == str(shared)]
    assert sorted(system[2][0][1] for system in systems) == sorted(
        [[2, 41], list(detect_machine().libcs[0].version or ())]
    )


def test_that_machine_describes_itself_as_wheelright_there_detects_it(
    newer: OldMachine, cache: Path, libraries: Path
) -> None:
    cache.mkdir()
    described = there(newer, cache, libraries, "target", "describe")
    shown = there(newer, cache, libraries, "target", "show", "--output-format", "json")
    assert described["platform"] == shown["platform"] == "x86_64-manylinux_2_41"
    assert described["libcs"] == shown["libcs"] == ["glibc 2.41"]
    values = {name: shown["values"][name] for name in described["values"]}
    assert described["values"] == values
    assert [python.rpartition(".")[0] for python in described["pythons"]] == shown["pythons"]
