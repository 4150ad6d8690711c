"""The stamp: what the world looked like when a sync found (or left) nothing to do.

``VENV/.wheelright-stamp`` lets ``start`` answer a no-op ``sync`` or ``lock``, or a ``run``, with a
handful of ``stat`` calls. The stamp is a claim: *while all this is so, a plain sync changes
nothing*, and so the lock is current. It is therefore compared for equality, never for order, and
anything else means doubt:

- every file that the sync's answer hangs on, present or absent, by times, size and inode. Files
  that the sync reads must be observed **before** they are read (:func:`observe`), or an edit
  during the sync would be taken for what was synced. The venv's own (``pyvenv.cfg``, record,
  interpreter, site-packages, journal) are observed here, at the end
- the installed files, for a `sync` alone, by time, size and inode: all of them in a venv of up to a
  thousand, which takes a millisecond or two; of a larger one the dist-infos, so that what other
  tools did shows (what is changed inside a package there is found by ``sync --verify``, or by the
  next sync that looks). Bytecode does not count, nor the number of links, which other venvs change
- the working directory, the machine (``uname``), Wheelright's version
- the environment variables that settings come from
- times that lie within a clock tick before the observation: a second edit in the same tick would
  look the same, so such a stamp is not trusted. (git calls these entries racy.) It heals by
  itself: the full path finds nothing to do, and stamps again

Text, one fact a line, since ``start`` may not import a parser; the last line proves it is whole.
"""

from __future__ import annotations

import os
import time
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright import __version__
from wheelright.outside import files
from wheelright.venv.apply import PENDING_NAME, STAMP_NAME
from wheelright.venv.inspect import RECORD_NAME
from wheelright.venv.launchers import TABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelright.venv.inspect import Venv

STAMP_HEAD = "wheelright stamp 3"
# Beside all that begin with these, the variables that say where user settings lie.
ENVIRONMENT_PREFIXES = ("WHEELRIGHT_", "UV_")
ENVIRONMENT_NAMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "APPDATA", "USERPROFILE")
MOST_FILES = 1_000
"""So many installed files are looked at one by one."""
# Linux stamps files with the time of the last timer tick, at most 10 ms ago. File systems that
# know whole or even seconds only show it by their times.
_TICK = 10_000_000
_COARSE_TICK = 2_000_000_000


class FileState(Struct, frozen=True):
    """A file as observed: ``facts`` is ``"-"`` for one that is absent.

    ``settled`` says that its times lie far enough before the observation that any later edit
    shows.
    """

    path: str
    facts: str
    settled: bool


def observe(paths: Iterable[str | os.PathLike[str]]) -> tuple[FileState, ...]:
    """Look at files (or directories) before they are read; those that do not exist count too."""
    return tuple(_observe(os.path.abspath(path)) for path in paths)  # noqa: PTH100 (text)


def write_stamp(
    venv: Venv,
    project: str | os.PathLike[str],
    inputs: Iterable[FileState],
    *,
    messages: Mapping[str, str],
    exact: bool,
    runnable: bool,
    place: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> bool:
    """Write the stamp of a sync with default options; tells whether it could be written.

    Call it, while the venv's lock is held, after a sync whose options were all defaults and which
    is complete. ``project`` is the directory of the ``pyproject.toml`` that is nearest to the
    working directory. ``inputs`` were observed before they were read: ``pyproject.toml``,
    ``pylock.toml`` (after it was written, where this sync wrote it), each place of user or
    project configuration (absent ones too), ``.python-version`` files, and what the fingerprints
    of local directories are made of. ``messages`` are what a no-op ``sync`` and ``lock`` say.
    ``exact``: what the lock does not name was removed, so that ``sync`` may be answered too.
    ``runnable``: this machine fits what the venv is for, so that ``run`` may be answered.
    ``place`` is where ``start`` looks, where that is not the venv but the folder that has it and
    others side by side.

    Inputs observed within a clock tick of their last change are not trusted: no stamp then.
    """
    path = f"{place or venv.path}/{STAMP_NAME}"
    own = observe(
        [
            *([] if place is None else [f"{place}/{TABLE_NAME}"]),
            f"{venv.path}/pyvenv.cfg",
            f"{venv.path}/{RECORD_NAME}",
            f"{venv.path}/{PENDING_NAME}",
            venv.executable,
            venv.site_packages,
        ]
    )
    states = (*inputs, *own)
    root = os.path.abspath(project)  # noqa: PTH100 (text)
    variables = watched_environment(os.environ if environ is None else environ)
    lines = [
        STAMP_HEAD,
        f"version {__version__}",
        f"machine {machine_name()}",
        f"cwd {os.getcwd()}",  # noqa: PTH109 (text)
        f"project {root}",
        *([] if place is None else [f"venv {venv.path}"]),
        f"exact {int(exact)}",
        f"runnable {int(runnable)}",
        *(f"{verb} {text}" for verb, text in messages.items()),
        *(f"env {name}={value}" for name, value in variables),
        *(f"file {state.facts} {state.path}" for state in states),
        *(held_lines(venv) if exact else ()),
        "end",
    ]
    whole = all(state.settled for state in states) and not any("\n" in line for line in lines)
    if not whole:
        files.remove_file(path)
        return False
    new = f"{path}-{os.getpid()}"
    files.remove_file(new)
    # Not flushed: a stamp that lost its end in a power cut is no stamp.
    files.create(new, [os.fsencode("\n".join(lines) + "\n")])
    files.replace(new, path)
    return True


def held_lines(venv: Venv) -> list[str]:
    """Return a line for each installed file, or for each dist-info where there are too many."""
    roots = [venv.site_packages, venv.scripts]
    found = list(islice(_files_below(roots), MOST_FILES + 1))
    if len(found) > MOST_FILES:
        with os.scandir(venv.site_packages) as entries:
            found = [entry.path for entry in entries if entry.name.endswith(".dist-info")]
    start = len(venv.path) + 1
    lines = []
    for path in found:
        try:
            state = os.stat(path)  # noqa: PTH116 (text)
        except FileNotFoundError:
            continue  # a link that leads nowhere, which another file of RECORD may not be
        lines.append(f"held {state.st_mtime_ns},{state.st_size},{state.st_ino} {path[start:]}")
    return lines


def _files_below(folders: Iterable[str]) -> Iterator[str]:
    """Yield the path of every file, but for bytecode."""
    left = list(folders)
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        yield entry.path
                    elif entry.name != "__pycache__":
                        left.append(entry.path)
        except FileNotFoundError:
            continue


def remove_stamp(venv: Venv, place: str | None = None) -> None:
    """Forget the stamp: whatever changes the venv, or what it is for, calls this first."""
    files.remove_file(f"{place or venv.path}/{STAMP_NAME}")


def watched_environment(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pick the variables that settings come from, sorted; ``start`` does the same."""
    return sorted(
        (name, value)
        for name, value in environ.items()
        if name.startswith(ENVIRONMENT_PREFIXES) or name in ENVIRONMENT_NAMES
    )


def machine_name() -> str:
    """Return what tells this machine from another one that shares the directory."""
    return " ".join(os.uname()) if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def _observe(path: str) -> FileState:
    now = time.time_ns()
    try:
        found = os.stat(path)  # noqa: PTH116 (text)
    except (FileNotFoundError, NotADirectoryError):
        return FileState(path, "-", settled=True)
    modified, changed = found.st_mtime_ns, found.st_ctime_ns
    tick = _COARSE_TICK if modified % 1_000_000_000 == 0 else _TICK
    facts = f"{modified},{changed},{found.st_size},{found.st_ino}"
    return FileState(path, facts, settled=max(modified, changed) < now - tick)
