"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Final

from bench.install import base_python

_WINDOW: Final = 0.1
_RESTING: Final = 0.2
"""Below this share of busy time the processors count as resting."""


def describe_machine(folder: Path) -> dict[str, str]:
    """Return what decides speed here: processor, memory, kernel, file system of ``folder``."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{_memory() / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "file system": _file_system(folder),
        "Python": f"{platform.python_implementation()} {_python()}",
    }


def load() -> float:
    """Return how many processes wanted a processor, averaged over the last minute."""
    return os.getloadavg()[0]


def settle(longest: float) -> None:
    """Wait until nothing else keeps the processors busy, but no longer than so many seconds."""
    end = time.monotonic() + longest
    while time.monotonic() < end:
        busy, total = _ticks()
        time.sleep(_WINDOW)
        busy_then, total_then = _ticks()
        if total_then > total and (busy_then - busy) / (total_then - total) < _RESTING:
            return


def _ticks() -> tuple[int, int]:
    """Return how long all processors were busy, and how long they ran, since the start."""
    try:
        line = Path("/proc/stat").read_text("ascii").partition("\n")[0]
    except FileNotFoundError:
        return 0, int(time.monotonic() * 100)  # not known here: they count as resting
    ticks = [int(word) for word in line.split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _processor() -> str:
    try:
        found = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE
        )
    except FileNotFoundError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _file_system(folder: Path) -> str:
    done = subprocess.run(["df", "-PT", folder], check=False, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return lines[1].split()[1] if done.returncode == 0 and len(lines) > 1 else "unknown"


def _python() -> str:
    done = subprocess.run([base_python(), "-V"], check=True, capture_output=True, text=True)
    return done.stdout.split()[1]
