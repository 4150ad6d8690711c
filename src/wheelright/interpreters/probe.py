"""Asking a Python what it is: one short run, remembered on disk.

An answer is remembered for one state of one file on one machine: its path, the time, size and
inode of what it leads to, the venv configuration beside it, and the host with its C library, since
containers may share a cache but not a system. Scripts (the shims of version managers) are asked
each time: they answer by what surrounds them.
"""

from __future__ import annotations

import os
import pkgutil
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wheelright.interpreters.errors import BrokenPython
from wheelright.outside import files, processes
from wheelright.outside.errors import DiskError, ProcessError
from wheelright.targets import Interpreter, Platform, SchemePaths
from wheelright.targets.libc import Libc, libc_of, machine_libcs, parse_version
from wheelright.targets.machine import process_arch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.interpreters.search import Search

_TIMEOUT = 30.0
"""Seconds; a first run on a network drive takes some."""
_FORMAT = "interpreters-v1"


class _Paths(msgspec.Struct, frozen=True):
    purelib: str
    platlib: str
    scripts: str
    include: str
    data: str
    stdlib: str


class _Answer(msgspec.Struct, frozen=True):
    """What the probe script prints; see there."""

    executable: str
    version: str
    implementation: str
    prefix: str
    base_prefix: str
    base_executable: str
    built_for: str
    pointer_size: int
    glibc: str
    system_version: str
    free_threaded: bool
    debug: bool
    extension_suffix: str
    externally_managed: bool
    is_venv: bool
    refused_glibc: list[tuple[int, int]]
    paths: _Paths
    marker_values: dict[str, str]


def probe(executable: Path, search: Search) -> Interpreter:
    """Ask the Python at ``executable`` what it is.

    Raises:
        BrokenPython: it cannot be run, fails, or answers nothing sensible.

    """
    path = Path(os.path.abspath(executable))  # noqa: PTH100 - a venv's link must not be resolved
    script = _is_script(path)
    entry = None if script or search.cache is None else _cache_entry(path, search.cache)
    answer = None if entry is None else _remembered(entry)
    if answer is None:
        answer = _ask(path, search.environ)
        if entry is not None:
            _remember(entry, answer, search)
    return _interpreter(answer, Path(answer.executable) if script else path)


def _ask(path: Path, environ: Mapping[str, str]) -> _Answer:
    source = pkgutil.get_data(__package__, "_probe_script.py")
    assert source is not None
    args = [str(path), "-I", "-S", "-c", source.decode()]
    try:
        done = processes.run(args, env=environ, timeout=_TIMEOUT)
    except ProcessError as error:
        reason = error.message.partition(": ")[2] or error.message
        raise BrokenPython(str(path), reason) from error
    if done.code != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = f"it ended with code {done.code}" + (
            f" and said `{said[-1][:200]}`" if said else ""
        )
        raise BrokenPython(str(path), reason)
    try:
        return msgspec.json.decode(done.stdout.strip().rpartition("\n")[2], type=_Answer)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BrokenPython(str(path), "it does not answer as a Python does") from error


def _interpreter(answer: _Answer, executable: Path) -> Interpreter:
    paths = msgspec.structs.asdict(answer.paths)
    return Interpreter(
        executable=executable,
        version=answer.version,
        implementation=answer.implementation,
        prefix=Path(answer.prefix),
        base_prefix=Path(answer.base_prefix),
        base_executable=Path(answer.base_executable),
        platform=_platform(answer, executable),
        paths=SchemePaths(**{name: Path(path) for name, path in paths.items()}),
        marker_values=answer.marker_values,
        free_threaded=answer.free_threaded,
        debug=answer.debug,
        abi=None if answer.implementation == "cpython" else _abi(answer.extension_suffix),
        pointer_size=answer.pointer_size,
        externally_managed=answer.externally_managed,
        is_venv=answer.is_venv,
        refused_glibc=frozenset(answer.refused_glibc),
    )


def _abi(extension_suffix: str) -> str | None:
    """Read the ABI tag off extension modules: ``.pypy310-pp73-x86_64-linux-gnu.so``."""
    parts = extension_suffix.split(".")
    if len(parts) < 3:
        return None
    pieces = parts[1].split("-")
    kept = {"pypy": 2, "graalpy": 3}.get(re.sub(r"\d.*", "", pieces[0]), len(pieces))
    return "_".join(pieces[:kept]).replace(".", "_").lower()


def _platform(answer: _Answer, executable: Path) -> Platform:
    name, _, rest = answer.built_for.partition("-")
    if name.startswith("linux"):
        arch = process_arch(rest, answer.pointer_size)
        libc = _libc(answer, executable)
        if libc is None or libc.version is None:
            return Platform("linux", arch, libc.family if libc else None)
        return Platform("linux", arch, libc.family, libc.version)
    if name.startswith("macos"):
        version = parse_version(answer.system_version + ".0")
        return Platform("macos", answer.marker_values["platform_machine"], None, version)
    if name.startswith("win"):
        arch = {"win32": "x86", "win-arm64": "arm64"}.get(answer.built_for, "x86_64")
        return Platform("windows", arch)
    return Platform("linux", answer.built_for.rpartition("-")[2])


def _libc(answer: _Answer, executable: Path) -> Libc | None:
    version = parse_version(answer.glibc)
    if version is not None:
        return Libc("glibc", version)
    return libc_of(executable) or libc_of(Path(answer.base_executable))


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


@lru_cache(maxsize=1)
def _host() -> str:
    """Say which system this is, so far as the answers of its Pythons depend on it."""
    import platform

    system = platform.uname()
    libcs = ",".join(map(str, machine_libcs()))
    return "\0".join((*system[:5], libcs, platform.mac_ver()[0]))


def _cache_entry(path: Path, cache: Path) -> Path | None:
    import hashlib

    facts = [str(path), _host()]
    try:
        found = path.stat()
    except OSError:
        return None
    facts += [str(number) for number in (found.st_mtime_ns, found.st_size, found.st_ino)]
    facts.append(os.path.realpath(path))
    for folder in (path.parent.parent, path.parent):
        try:
            facts.append(str((folder / "pyvenv.cfg").stat().st_mtime_ns))
        except OSError:
            facts.append("")
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()
    return cache / _FORMAT / f"{digest[:32]}.json"


def _remembered(entry: Path) -> _Answer | None:
    try:
        return msgspec.json.decode(entry.read_bytes(), type=_Answer)
    except (OSError, msgspec.DecodeError, UnicodeError):
        return None


def _remember(entry: Path, answer: _Answer, search: Search) -> None:
    try:
        files.make_directory(entry.parent)
        files.write_atomic(entry, msgspec.json.encode(answer))
    except DiskError as error:
        search.reporter.debug(f"The answer of a Python is not remembered: {error}")
