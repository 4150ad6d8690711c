"""The log of a build: where it lies, and the part of it that a person wants to see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# How many lines are shown from the first error on, and how many of the end beside them.
HEAD_LINES = 24
TAIL_LINES = 4
# A log is looked at from its end; what a build says before its last 4 MiB is not its failure.
_READ_BYTES = 4 << 20

_ERROR = re.compile(
    r"(?i:(?:^|[\s:])(?:fatal )?error(?:\[\w+\])?:)|^CMake Error"
    r"|^Traceback \(most recent call last\)"
    r"|^\s*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b(?::|$)|: (?:command )?not found$"
    r"|^FAILED: |^make(?:\[\d+\])?: \*\*\* "
)
_FRAME = re.compile(r'^  File "([^"]+)", line \d+')
_OUR_FRAMES = ("<frozen runpy>", "_in_process.py", "logged.py", "<frozen importlib", "runpy.py")


def read_log(path: Path) -> str:
    """Read the end of a log; one that was never written is empty."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _READ_BYTES))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def first_error(log: str) -> tuple[str, ...]:
    """Return the lines from the first error on, the end included, at most 29 of them.

    Frames of Wheelright's own and of the hook caller are left out. Where nothing looks like an
    error, the end is returned, which is where a program that gives up says why.
    """
    lines = [line.rstrip() for line in _without_our_frames(log.splitlines())]
    while lines and not lines[-1]:
        lines.pop()
    start = next((at for at, line in enumerate(lines) if _ERROR.search(line)), None)
    if start is None:
        return tuple(lines[-HEAD_LINES:])
    rest = lines[start:]
    if len(rest) <= HEAD_LINES + TAIL_LINES + 1:
        return tuple(rest)
    left_out = len(rest) - HEAD_LINES - TAIL_LINES
    return (*rest[:HEAD_LINES], f"... {left_out} lines ...", *rest[-TAIL_LINES:])


def _without_our_frames(lines: list[str]) -> list[str]:
    kept = []
    dropping = False
    for line in lines:
        frame = _FRAME.match(line)
        if frame is not None:
            dropping = frame[1].endswith(_OUR_FRAMES) or frame[1].startswith("<frozen importlib")
        elif not line.startswith("    "):
            dropping = False
        if not dropping:
            kept.append(line)
    return kept
