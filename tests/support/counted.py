"""One run of the program in a process of its own, and what it loaded and opened on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import wheelright

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = Path(wheelright.__file__).resolve().parent.parent

# Everything that Python itself loads at its start is there before the first line.
_PROGRAM = """\
import atexit, sys
before = set(sys.modules)
opened = []

def heard(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])

def tell(place=sys.argv.pop(1)):
    files, loaded = list(opened), sorted(set(sys.modules) - before)
    import json
    with open(place, "w") as file:
        json.dump({"opened": files, "loaded": loaded}, file)

atexit.register(tell)
sys.addaudithook(heard)
from wheelright.start import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Counted:
    """What one run did: files in the order they were opened, modules by name."""

    code: int
    err: str
    opened: tuple[str, ...]
    loaded: frozenset[str]

    @property
    def ours(self) -> frozenset[str]:
        """The modules of Wheelright itself."""
        return frozenset(name for name in self.loaded if name.partition(".")[0] == "wheelright")

    def opened_below(self, *folders: Path) -> list[str]:
        """The files of these folders that were opened, once for each time."""
        return [
            path
            for path in self.opened
            if any(Path(path).absolute().is_relative_to(folder) for folder in folders)
        ]


def run_counted(
    *arguments: str, cwd: Path, report: Path, environ: Mapping[str, str] | None = None
) -> Counted:
    """Run ``wheelright ARGUMENTS``; ``report`` is a file that may be written."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(report), *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(report.read_text())
    return Counted(done.returncode, done.stderr, tuple(told["opened"]), frozenset(told["loaded"]))
