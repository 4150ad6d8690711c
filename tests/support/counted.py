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
    from collections.abc import Iterable, Mapping, Sequence

SOURCE = Path(wheelright.__file__).resolve().parent.parent

# Everything that Python itself loads at its start is there before the first line.
_PROGRAM = """\
import atexit, os, sys
before = set(sys.modules)
opened = []
looked_at = []

def heard(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])

def looking(look):
    def wrapped(path, *arguments, **named):
        if isinstance(path, (str, os.PathLike)):
            looked_at.append(os.fspath(path))
        return look(path, *arguments, **named)
    return wrapped

def written():
    try:
        file = os.open("/proc/self/io", os.O_RDONLY)
    except OSError:
        return None
    lines = os.read(file, 1000).split()
    os.close(file)
    return int(lines[lines.index(b"wchar:") + 1])

def tell(place=sys.argv.pop(1)):
    sent = written()
    files, loaded = list(opened), sorted(set(sys.modules) - before)
    seen = [path for path in looked_at if isinstance(path, str)]
    import json
    with open(place, "w") as file:
        json.dump({"opened": files, "loaded": loaded, "seen": seen, "written": sent}, file)

atexit.register(tell)
sys.addaudithook(heard)
os.stat, os.lstat = looking(os.stat), looking(os.lstat)
from wheelright.start import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Counted:
    """What one run did: files in the order they were opened, modules by name.

    ``seen`` are the paths that were asked for their state by Python code, ``written`` the bytes
    that the process wrote to files and pipes, where the system tells.
    """

    code: int
    err: str
    opened: tuple[str, ...]
    loaded: frozenset[str]
    seen: tuple[str, ...]
    written: int | None

    @property
    def ours(self) -> frozenset[str]:
        """The modules of Wheelright itself."""
        return frozenset(name for name in self.loaded if name.partition(".")[0] == "wheelright")

    def opened_below(self, *folders: Path) -> list[str]:
        """The files of these folders that were opened, once for each time."""
        return _below(self.opened, folders)

    def seen_below(self, *folders: Path) -> list[str]:
        """The paths in these folders that were asked for their state, once for each time."""
        return _below(self.seen, folders)


def _below(paths: Iterable[str], folders: Sequence[Path]) -> list[str]:
    return [
        path
        for path in paths
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
    return Counted(
        done.returncode,
        done.stderr,
        tuple(told["opened"]),
        frozenset(told["loaded"]),
        tuple(told["seen"]),
        told["written"],
    )
