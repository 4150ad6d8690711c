"""The real Pythons of the machine that the tests run on, for tests that need several."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

import pytest


def _found() -> dict[tuple[int, int], Path]:
    # HOME may point elsewhere during tests.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    root = home / ".pyenv" / "versions"
    found: dict[tuple[int, int], Path] = {}
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        match = re.fullmatch(r"(\d+)\.(\d+)\.\d+", folder.name)
        if match is not None and (folder / "bin" / "python").exists():
            found[int(match[1]), int(match[2])] = folder / "bin" / "python"
    return found


PYTHONS = _found()
"""The executable for each minor version."""


def python(major: int, minor: int) -> Path:
    """Give one of them; skips the test where it is not installed."""
    try:
        return PYTHONS[major, minor]
    except KeyError:
        pytest.skip(f"needs a Python {major}.{minor} under pyenv")
