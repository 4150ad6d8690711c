"""What pip and uv make of our lockfile; needs the public index and a network of its own session.

pip comes from the index (25.1 or newer); uv is used where it is on PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

import pytest
from msgspec.structs import replace

from support.locks import lock
from wheelright.lockfile import Edge, LockedPackage, LockInputs, dumps
from wheelright.store.file import File

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scripts(venv: Path) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    venv = tmp_path_factory.mktemp("pip") / "venv"
    run(sys.executable, "-m", "venv", venv)
    run(scripts(venv) / "python", "-m", "pip", "install", "-q", "-U", "pip>=25.1")
    return scripts(venv) / "python"


@pytest.fixture(scope="module")
def real(pip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lockfile of real packages, their files as pip finds them."""
    folder = tmp_path_factory.mktemp("real")
    wanted = ["attrs==25.3.0", "markupsafe==3.0.2", "iniconfig==2.0.0"]
    run(pip, "-m", "pip", "lock", "-q", "-o", folder / "pylock.pip.toml", *wanted)
    text = (folder / "pylock.pip.toml").read_text(encoding="utf-8")
    entries = {}
    for url, digest in re.findall(r'url = "([^"]+)".*?sha256 = "([0-9a-f]+)"', text, re.DOTALL):
        name = unquote(urljoin(url, url).rpartition("/")[2])
        project, version = name.lower().split("-")[:2]
        when = "2025-01-01T00:00:00.25Z"
        wheel = File(name, url, {"sha256": digest}, None, when)
        entries[project] = LockedPackage(project, version, wheels=(wheel,))
    inputs = LockInputs(
        project="app",
        requires_python=">=3.9",
        requirements=("attrs",),
        extras={"web": ("iniconfig",)},
        groups={"dev": ("iniconfig",)},
    )
    some = lock(
        replace(entries["attrs"], dependencies=(Edge("markupsafe"),), requires=("markupsafe>=2",)),
        replace(entries["markupsafe"], requires_python=">=3.9", extras=("x",)),
        replace(entries["iniconfig"], marker="'dev' in dependency_groups or 'web' in extras"),
        requires_python=">=3.9",
        extras=("web",),
        groups=("dev",),
        environments=("os_name == 'posix'", "os_name == 'nt'"),
        inputs=inputs,
    )
    path = folder / "pylock.toml"
    path.write_text(dumps(some), encoding="utf-8")
    return path


def installed(venv: Path) -> set[str]:
    return {
        path.name.split("-")[0].lower()
        for path in venv.rglob("*.dist-info")
        if not path.name.startswith(("pip-", "setuptools-"))
    }


def test_pip_installs_it(pip: Path, real: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = scripts(tmp_path / "venv") / "python"
    run(pip, "-m", "pip", "--python", python, "install", "-r", real)
    assert installed(tmp_path / "venv") == {"attrs", "markupsafe"}


def test_uv_syncs_it(real: Path, tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on PATH")
    venv = tmp_path / "venv"
    run(uv, "venv", "-q", "--python", sys.executable, venv)
    run(uv, "pip", "sync", "-q", "--preview", real, VIRTUAL_ENV=str(venv))
    assert installed(venv) == {"attrs", "markupsafe"}
    run(uv, "pip", "sync", "-q", "--preview", "--extra", "web", real, VIRTUAL_ENV=str(venv))
    assert installed(venv) == {"attrs", "markupsafe", "iniconfig"}
