"""Time, processor time and peak memory of commands, and what many runs come to."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAUNCH: Final = Path(__file__).with_name("launch.py")


class CommandFailedError(Exception):
    """A command that was to be measured, or to prepare one, failed; says its last words."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds by the clock and of the processor (all its processes), peak megabytes.

    The peak is that of the largest process among them.
    """

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Series:
    """Several runs of one thing."""

    samples: tuple[Sample, ...]

    @property
    def median(self) -> float:
        """The median of the wall seconds."""
        return statistics.median(sample.wall for sample in self.samples)

    @property
    def least(self) -> float:
        """The shortest run in seconds."""
        return min(sample.wall for sample in self.samples)

    @property
    def most(self) -> float:
        """The longest run in seconds."""
        return max(sample.wall for sample in self.samples)

    @property
    def cpu(self) -> float:
        """The median of the processor seconds."""
        return statistics.median(sample.cpu for sample in self.samples)

    @property
    def peak(self) -> float:
        """The largest peak in megabytes."""
        return max(sample.peak for sample in self.samples)


class Meter:
    """Runs commands and measures them. ``folder`` keeps their output."""

    def __init__(self, folder: Path, *, limit: float = 900.0) -> None:
        self.folder = folder
        self.limit = limit
        self._numbers: Iterator[int] = count(1)
        self.output = folder / "none"
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Sample:
        """Run one command; raises CommandFailedError where it fails or takes too long.

        What it printed is in the file ``output`` afterwards.
        """
        number = next(self._numbers)
        report = self.folder / f"{number}.report"
        self.output = self.folder / f"{number}.output"
        places = [str(path) for path in (LAUNCH, report, self.output, folder)]
        launch = [sys.executable, "-I", "-S", *places, *command]
        process = subprocess.Popen(launch, env=dict(environ), start_new_session=True)
        try:
            process.wait(self.limit)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandFailedError(f"took more than {self.limit:.0f} s") from None
            raise
        if process.returncode != 0:
            raise CommandFailedError(f"could not be started: {command[0]}")
        code, wall, user, system, peak = report.read_text("ascii").split()
        if code != "0":
            raise CommandFailedError(f"exit code {code}: {self.last_words()}")
        return Sample(int(wall) / 1e9, float(user) + float(system), int(peak) / 1024)

    def said(self) -> str:
        """Return what the last command printed."""
        return self.output.read_text("utf-8", "replace")

    def last_words(self) -> str:
        """Return the last lines that the last command printed, on one line."""
        lines = [line.strip() for line in self.said().splitlines() if line.strip()]
        return " / ".join(lines[-4:])[-500:]
