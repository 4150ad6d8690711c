"""Asking a Python what it is: one short run, remembered on disk.

An answer is remembered for one state of one file on one machine: its path, the time, size and
inode of what it leads to and of the C library that starts it, the venv configuration beside it, and
the kernel, since containers may share a cache, even a Python, but not a system. It is asked again
when a ``_manylinux`` module comes or goes. Scripts (the shims of version managers) are asked each
time: they answer by what surrounds them.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from wheelright.interpreters.errors import BrokenPython
from wheelright.outside import files
from wheelright.outside.errors import DiskError, ProcessError
from wheelright.targets import Interpreter, SchemePaths
from wheelright.targets.describing import Libc, System, process_arch, read_elf_header
from wheelright.targets.machine import machine_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.interpreters.search import Search
    from wheelright.targets import Platform

_TIMEOUT = 30.0
"""Seconds; a first run on a network drive takes some."""
_FORMAT = "interpreters-v3"


class _Paths(msgspec.Struct, frozen=True):
    purelib: str
    platlib: str
    scripts: str
    include: str
    data: str
    stdlib: str


class _Libc(msgspec.Struct, frozen=True, array_like=True):
    family: Literal["glibc", "musl"]
    version: tuple[int, int] | None


class _System(msgspec.Struct, frozen=True, array_like=True):
    """What ``describing.System`` looks like as JSON."""

    os: Literal["linux", "macos", "windows", "android", "ios", "pyodide"]
    arch: str
    libcs: list[_Libc]
    version: tuple[int, int] | None

    @property
    def platform(self) -> Platform:
        """The highest platform that it serves."""
        libcs = tuple(Libc(libc.family, libc.version) for libc in self.libcs)
        return machine_of(System(self.os, self.arch, libcs, self.version)).platform


class _Answer(msgspec.Struct, frozen=True):
    """What the probe script prints; see there.

    ``system`` is None where ``glibc`` says enough; what the file tells is then read here.
    """

    executable: str
    version: str
    implementation: str
    prefix: str
    base_prefix: str
    base_executable: str
    system: _System | None
    pointer_size: int
    free_threaded: bool
    debug: bool
    extension_suffix: str
    externally_managed: bool
    is_venv: bool
    refused_glibc: list[tuple[int, int]]
    paths: _Paths
    marker_values: dict[str, str]
    glibc: tuple[int, int] | None = None
    built_for: str = ""


class _Entry(msgspec.Struct, frozen=True):
    """What is remembered: the answer, and the state of the modules that would change it."""

    answer: _Answer
    overrides: list[str | None]


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
    from wheelright.outside import processes

    args = [str(path), "-I", "-S", "-c", *_question()]
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
        answer = msgspec.json.decode(done.stdout.strip().rpartition("\n")[2], type=_Answer)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BrokenPython(str(path), "it does not answer as a Python does") from error
    return msgspec.structs.replace(answer, system=_system(answer))


@lru_cache(maxsize=1)
def _question() -> tuple[str, str]:
    """Return the script, and what describes a machine, which the script takes where it must."""
    import pkgutil

    asking = pkgutil.get_data(__package__, "_probe_script.py")
    describing = pkgutil.get_data("wheelright.targets", "describing.py")
    assert asking is not None
    assert describing is not None
    return asking.decode(), describing.decode()


def _system(answer: _Answer) -> _System:
    """Return what a Python runs on; where it left that to us, its file says the architecture."""
    if answer.system is not None:
        return answer.system
    header = read_elf_header(answer.executable)
    arch = process_arch(answer.built_for.partition("-")[2], answer.pointer_size * 8, header)
    return _System("linux", arch, [_Libc("glibc", answer.glibc)], None)


def _interpreter(answer: _Answer, executable: Path) -> Interpreter:
    paths = msgspec.structs.asdict(answer.paths)
    return Interpreter(
        executable=executable,
        version=answer.version,
        implementation=answer.implementation,
        prefix=Path(answer.prefix),
        base_prefix=Path(answer.base_prefix),
        base_executable=Path(answer.base_executable),
        platform=_system(answer).platform,
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


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


@lru_cache(maxsize=1)
def _host() -> str:
    """Say which system this is, so far as the answers of all its Pythons depend on it."""
    import platform

    system = platform.uname()
    facts = (system.system, system.release, system.version, system.machine, platform.mac_ver()[0])
    return "\0".join(facts)


def _cache_entry(path: Path, cache: Path) -> Path | None:
    import hashlib

    facts = [str(path), _host()]
    state = _state(path)
    if state is None:
        return None
    facts += [state, os.path.realpath(path)]
    header = read_elf_header(str(path))
    if header is not None and header.loader is not None:
        # Another system may start the same program with another C library.
        loader = Path(os.path.realpath(header.loader))
        facts += [str(loader), _state(loader) or "", _state(loader.with_name("libc.so.6")) or ""]
    for folder in (path.parent.parent, path.parent):
        try:
            facts.append(str((folder / "pyvenv.cfg").stat().st_mtime_ns))
        except OSError:
            facts.append("")
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()
    return cache / _FORMAT / f"{digest[:32]}.json"


def _state(path: Path) -> str | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"


def _overrides(answer: _Answer) -> list[str | None]:
    """Give the state of the modules that may decline wheels (PEP 600)."""
    return [
        _state(Path(folder, "_manylinux.py"))
        for folder in (answer.paths.purelib, answer.paths.platlib)
    ]


def _remembered(entry: Path) -> _Answer | None:
    try:
        found = msgspec.json.decode(entry.read_bytes(), type=_Entry)
    except (OSError, msgspec.DecodeError, UnicodeError):
        return None
    return found.answer if found.overrides == _overrides(found.answer) else None


def _remember(entry: Path, answer: _Answer, search: Search) -> None:
    try:
        files.make_directory(entry.parent)
        document = msgspec.json.encode(_Entry(answer, _overrides(answer)))
        files.write_atomic(entry, document, lasting=False)
    except DiskError as error:
        search.reporter.debug(f"The answer of a Python is not remembered: {error}")
