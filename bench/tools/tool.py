"""What all tools have in common, and what each must say."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from bench.install import base_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name


def project_table(case: Case, python: str) -> str:
    """Write the ``[project]`` table (PEP 621) of a case."""
    listed = "".join(f'    "{requirement}",\n' for requirement in case.requirements)
    return (
        f'[project]\nname = "bench-project"\nversion = "1.0"\nrequires-python = "{python}"\n'
        f"dependencies = [\n{listed}]\n"
    )


class Tool(ABC):
    """One tool, installed in ``programs``."""

    name: ClassVar[str]
    title: ClassVar[str]
    lock_name: ClassVar[str] = "pylock.toml"
    locks_universally: ClassVar[bool] = True

    def __init__(self, programs: Path) -> None:
        self.programs = programs

    @property
    def program(self) -> str:
        """The path of the executable."""
        return str(self.programs / self.name)

    def version(self) -> str:
        """Return the version that the tool says it has."""
        said = subprocess.run(
            [self.program, "--version"], check=True, capture_output=True, text=True
        ).stdout.split()
        return next(word.rstrip(")") for word in said if word[0].isdigit())

    def environ(self, home: Path, cache: Path, index: str) -> dict[str, str]:
        """Return all variables that the tool runs with; nothing of this process is passed on."""
        return {
            "HOME": str(home),
            "PATH": f"{base_python().parent}{os.pathsep}{os.defpath}",
            "LANG": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            **self.variables(cache, index),
        }

    @abstractmethod
    def variables(self, cache: Path, index: str) -> dict[str, str]:
        """Return the variables that name cache and index, and switch off what is not work."""

    @abstractmethod
    def write_project(self, case: Case, folder: Path, index: str) -> None:
        """Write the project's files."""

    def add_targets(self, folder: Path) -> None:
        """Declare the targets of ``bench.works`` in a project; only for a tool that knows them."""
        raise NotImplementedError

    @abstractmethod
    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured, ``None`` where the tool has no such command."""

    @abstractmethod
    def lock_command(self, case: Case) -> Sequence[str]:
        """Return what writes the lock when a project is prepared."""

    @abstractmethod
    def sync_command(self, case: Case) -> Sequence[str]:
        """Return what fills the venv when a project is prepared."""

    def venv_command(self) -> Sequence[str] | None:
        """Return what makes the venv, where that is not the tool's own work."""
        return None
