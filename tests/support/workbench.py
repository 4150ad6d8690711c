"""A project, a cache and an index of their own, and the whole program to run on them.

Runs in this process, so that a run takes milliseconds; what it prints is read as a user reads it,
with paths, addresses and times replaced by names: ``[PROJECT]``, ``[CACHE]``, ``[INDEX]``,
``[TIME]``, ``[MACHINE]``.
"""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelright.cli import main
from wheelright.lockfile import Lock, read_lock
from wheelright.venv import find_venv, list_installed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from support.local_index import LocalIndex

BASE_PYTHON = Path(os.path.realpath(sys._base_executable))  # type: ignore[attr-defined]
"""The Python that venvs are made of: the one that runs the tests."""
VERSION = platform.python_version()
_MACHINE = re.compile(r"(?<=this machine \()[^()]+(?=\))")
_TIME = re.compile(r"(?<= in )(\d+m )?\d+(\.\d+)?s\b")


@dataclass(frozen=True)
class Answer:
    """What one run printed and its exit code; ``seconds`` are not kept: machines differ."""

    code: int
    out: str
    err: str


def lines(*texts: str) -> str:
    """Join lines as a program prints them."""
    return "".join(f"{text}\n" for text in texts)


class Workbench:
    """``project`` is the directory of the project, ``cache`` that of the cache."""

    def __init__(self, root: Path, index: LocalIndex, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.project = root / "app"
        self.cache = root / "cache"
        self.index = index
        self.patch = patch
        self.project.mkdir(parents=True)
        for name, value in {
            "WHEELRIGHT_CACHE_DIR": str(self.cache),
            "WHEELRIGHT_DEFAULT_INDEX": index.url,
            "WHEELRIGHT_PYTHON": str(BASE_PYTHON),
            "WHEELRIGHT_NO_PROGRESS": "1",
            "PATH": "/usr/bin:/bin",
            "PYENV_ROOT": str(root / "pyenv"),
        }.items():
            patch.setenv(name, value)
        patch.chdir(self.project)

    @property
    def venv(self) -> Path:
        """Where the project's venv is, unless a test says otherwise."""
        return self.project / ".venv"

    @property
    def pyproject(self) -> Path:
        """The project's file."""
        return self.project / "pyproject.toml"

    @property
    def lockfile(self) -> Path:
        """The project's lock."""
        return self.project / "pylock.toml"

    def write(self, *requirements: str, more: str = "", python: str = ">=3.9") -> None:
        """Write a project ``app`` that needs these; ``more`` is further TOML."""
        listed = ", ".join(f'"{requirement}"' for requirement in requirements)
        self.pyproject.write_text(
            f'[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = "{python}"\n'
            f"dependencies = [{listed}]\n{more}"
        )

    def __call__(self, line: str, **environ: str) -> Answer:
        """Run ``wheelright LINE`` in the project."""
        out, err = io.StringIO(), io.StringIO()
        with self.patch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            code = main(line.split(), out=out, err=err)
        return Answer(code, self.plain(out.getvalue()), self.plain(err.getvalue()))

    def ok(self, line: str, **environ: str) -> Answer:
        """Run, and require success."""
        answer = self(line, **environ)
        assert answer.code == 0, answer.err
        return answer

    def plain(self, text: str) -> str:
        """Replace what differs from run to run by names."""
        for path, name in (
            (self.project, "[PROJECT]"),
            (self.cache, "[CACHE]"),
            (self.root, "[ROOT]"),
            (self.index.root, "[INDEX]"),
            (BASE_PYTHON, "[PYTHON]"),
        ):
            text = text.replace(str(path), name)
        text = _MACHINE.sub("[MACHINE]", text)
        return _TIME.sub("[TIME]", text.replace(f"Python {VERSION}", "Python [VERSION]"))

    def lock(self) -> Lock:
        """Read the project's lock."""
        return read_lock(self.lockfile.read_text(), self.lockfile).lock

    def locked(self) -> dict[str, str | None]:
        """Return the locked versions; where there are several of a name, the last."""
        return {package.name: package.version for package in self.lock().packages}

    def installed(self, venv: Path | None = None) -> dict[str, str]:
        """Return the tags of what is installed, by name; nothing without a venv."""
        found = find_venv(venv or self.venv)
        if found is None:
            return {}
        return {package.name: ".".join(package.tags) for package in list_installed(found)}

    def versions(self) -> dict[str, str | None]:
        """Return the versions of what is installed, by name."""
        found = find_venv(self.venv)
        assert found is not None
        return {package.name: package.version for package in list_installed(found)}


def make_workbench(
    root: Path, index: LocalIndex, patch: pytest.MonkeyPatch, known_pythons: Path
) -> Workbench:
    """Make one that knows already what this machine's Pythons answer."""
    bench = Workbench(root, index, patch)
    if known_pythons.is_dir():
        shutil.copytree(known_pythons, bench.cache / "pythons")
    return bench


def serve(index: LocalIndex, packages: Mapping[str, Mapping[str, Any]]) -> None:
    """Fill an index: ``{"six 1.0": {"requires": [...], "tags": [...]}}``."""
    for title, facts in packages.items():
        name, version = title.split()
        index.add(name, version, **facts)
