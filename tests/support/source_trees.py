"""Source trees with a backend of their own, and a Python for their builds: no network needed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from wheelright.builder import BuildPython
from wheelright.targets.interpreter import Interpreter, SchemePaths
from wheelright.targets.platform import parse_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

BACKEND = """
import os, sys, zipfile

def wheel(folder, name="demo", version="1.0", file_name=None, members=()):
    dist_info = f"{name}-{version}.dist-info"
    file_name = file_name or f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file_name), "w") as archive:
        archive.writestr(f"{dist_info}/METADATA", metadata(name, version))
        for path, text in members:
            archive.writestr(path, text)
    return file_name

def metadata(name="demo", version="1.0"):
    head = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
    return head + "Requires-Dist: idna\\n\\nName: body\\n"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return wheel(folder)

def build_editable(folder, config_settings=None, metadata_directory=None):
    return wheel(folder, members=[("demo.pth", os.getcwd())])
"""


def write_tree(
    root: Path, hooks: str = "", *, requires: str = "[]", name: str = "demo", project: str = ""
) -> Path:
    """Write a project whose in-tree backend is the usual one with ``hooks`` put over it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").write_text(
        f'[build-system]\nrequires = {requires}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "1.0"\n{project}'
    )
    (root / "backend.py").write_text(BACKEND + dedent(hooks))
    return root


@dataclass
class Provided:
    """Answers every request for a build Python with the one that runs the tests, and notes it."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    places: list[Path] = field(default_factory=list)

    def __call__(
        self, venv_dir: Path, interpreter: Interpreter, requirements: Sequence[str]
    ) -> BuildPython:
        """Note what was asked for."""
        assert isinstance(interpreter, Interpreter)
        self.asked.append(tuple(requirements))
        self.places.append(venv_dir)
        executable = Path(sys.executable)
        return BuildPython(executable, executable.parent.parent, executable.parent)


def some_interpreter() -> Interpreter:
    """Make an interpreter value; builds only hand it on."""
    there = Path(sys.prefix)
    return Interpreter(
        executable=Path(sys.executable),
        version="3.11.7",
        implementation="cpython",
        prefix=there,
        base_prefix=there,
        base_executable=Path(sys.executable),
        platform=parse_platform("x86_64-manylinux_2_28"),
        paths=SchemePaths(there, there, there, there, there, there),
        marker_values={},
    )
