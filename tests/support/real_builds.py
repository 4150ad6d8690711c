"""Building real sdists of the public index for targets, with a cache that is kept between runs.

The compiler, its libraries and the pages of the index stay; what was built before is forgotten.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

from support.old_machine import CACHE

SOURCES = Path(__file__).parents[2] / "src"
BUILDS = CACHE / "wheelright-builds"
_HOME = Path(pwd.getpwuid(os.getuid()).pw_dir) if sys.platform != "win32" else Path.home()
_VERSION = re.compile(r"Name: GLIBC_(\d+)\.(\d+)")


def forget_builds() -> None:
    """Forget every wheel that was built, so that it is built again."""
    shutil.rmtree(BUILDS / "built", ignore_errors=True)


def wheelright(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program on the index that pip is set up for; tests' own HOME hides no compiler."""
    program = "import sys; from wheelright.start import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *args],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "WHEELRIGHT_CACHE_DIR": str(BUILDS),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(_HOME / ".rustup")),
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(_HOME / ".cargo")),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def install(
    platform: str, *requirements: str, out: Path, built: str, more: tuple[str, ...] = ()
) -> None:
    """Install into the folder ``out`` for a platform, ``built`` from its sdist."""
    done = wheelright(
        *("pip", "install", "--target", out, "--python-platform", platform),
        *("--no-binary", built, *more, *requirements),
        cwd=out.parent,
    )
    assert done.returncode == 0, done.stderr


def modules(out: Path, package: str = "") -> list[Path]:
    """Return the extension modules of what was installed, below one package where named."""
    return sorted((out / package).rglob("*.so"))


def highest_glibc(binary: Path) -> tuple[int, int]:
    """Ask ``readelf`` for the highest version of glibc that a binary needs; (0, 0) for none."""
    said = subprocess.run(["readelf", "-V", binary], capture_output=True, text=True, check=True)
    found = [(int(major), int(minor)) for major, minor in _VERSION.findall(said.stdout)]
    return max(found, default=(0, 0))


def machine_of(binary: Path) -> str:
    """Ask ``readelf`` what machine a binary is for."""
    said = subprocess.run(["readelf", "-h", binary], capture_output=True, text=True, check=True)
    match = re.search(r"Machine:\s+(.+)", said.stdout)
    assert match is not None
    return match[1].strip()


def run_python(code: str, out: Path) -> str:
    """Run code with what was installed, by the Python that runs the tests."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(out)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
