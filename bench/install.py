"""Install the tools that are compared, each into a venv of its own, from the default index."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.places import PROGRAMS, ROOT, VENVS

REQUIREMENTS: Final = {
    "uv": "uv==0.13.8",
    "pip": "pip",
    "poetry": "poetry",
    "pdm": "pdm[locked]",
}
"""What is asked of the index; without a version the newest at the time of the first use."""


class NotInstalledError(Exception):
    """A tool could not be installed; says why."""


def base_python() -> Path:
    """Return the interpreter, outside of any venv, that everything is made of."""
    return Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # noqa: SLF001


def install_peer(name: str, *, renew: bool = False) -> Path:
    """Return the ``bin`` folder of a peer, installed on the first use or with ``renew``."""
    wanted = f"{REQUIREMENTS[name]} {base_python()}"
    return _install(name, wanted, REQUIREMENTS[name], renew=renew)


def install_ours(commit: str | None = None) -> Path:
    """Return the ``bin`` folder of Wheelright, built as a wheel from this checkout as it is now.

    Or as it was at a ``commit``. A wheel, since an editable install is slower to import than what
    users get; pip compiles it.
    """
    source = ROOT if commit is None else _unpack(commit)
    wanted = f"{_digest(source)} {base_python()}"
    mark = VENVS / "wheelright" / "made-from.json"
    if mark.exists() and json.loads(mark.read_text()) == wanted:
        return VENVS / "wheelright" / "bin"
    wheels = PROGRAMS / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    _quietly([*build, "--wheel-dir", str(wheels), str(source)])
    [wheel] = wheels.glob("wheelright-*.whl")
    return _install("wheelright", wanted, str(wheel), renew=True)


def code_of_ours() -> str:
    """Return what stands for the source of the Wheelright that is installed."""
    mark = VENVS / "wheelright" / "made-from.json"
    return str(json.loads(mark.read_text())).partition(" ")[0][:12] if mark.exists() else ""


def _install(name: str, wanted: str, requirement: str, *, renew: bool) -> Path:
    venv = VENVS / name
    mark = venv / "made-from.json"
    if not renew and mark.exists() and json.loads(mark.read_text()) == wanted:
        return venv / "bin"
    print(f"installing {name}", flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    pip = _newest_pip()
    _quietly([str(base_python()), "-m", "venv", "--without-pip", str(venv)])
    _quietly([*pip, "--python", str(venv), "install", "--quiet", "--compile", requirement])
    mark.write_text(json.dumps(wanted))
    return venv / "bin"


def _newest_pip() -> list[str]:
    """Return how the newest pip is called; the one that a Python brings makes slower launchers.

    The tools' own venvs have none, as where pipx or uv installs them.
    """
    venv = VENVS / "installer"
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    mark = venv / "ready"
    if not mark.exists():
        shutil.rmtree(venv, ignore_errors=True)
        _quietly([str(base_python()), "-m", "venv", str(venv)])
        _quietly([*pip, "install", "--quiet", "--upgrade", "pip"])
        mark.touch()
    return pip


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        raise NotInstalledError(f"{' '.join(command[:4])} ... failed: {' / '.join(last)}")


def _unpack(commit: str) -> Path:
    """Lay out the tree of a commit and return where."""
    folder = PROGRAMS / "source"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = PROGRAMS / "source.tar"
    _quietly(["git", "-C", str(ROOT), "archive", "--output", str(archive), commit])
    _quietly(["tar", "-xf", str(archive), "-C", str(folder)])
    return folder


def _digest(source: Path) -> str:
    """Return what stands for the code below ``source``."""
    digest = hashlib.sha256()
    for path in (source / "pyproject.toml", *sorted((source / "src").rglob("*.py"))):
        digest.update(f"{path.relative_to(source)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
