"""Hundreds of real wheels: what we read of their binaries, and what others read of the same.

``readelf`` reads every ELF file, auditwheel every Linux wheel, macholib and pefile the rest. Where
an answer differs, the rule that explains it stands here, or the wheel by its name. The wheels and
the venv of the others are kept between runs (``WHEELRIGHT_TESTS_CACHE``).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.old_machine import CACHE
from support.real_wheels import RealWheel, fetch, listed
from wheelright.targets import parse_wheel_name
from wheelright.targets.needs import (
    BinaryNeeds,
    WheelNeeds,
    floor_of,
    policies,
    policy_for,
    promise_kept,
    read_needs,
)
from wheelright.targets.needs.binary import highest_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = [pytest.mark.network, pytest.mark.slow]

SUPPORT = Path(__file__).parents[2] / "support"
READERS = (
    "altgraph==0.17.5", "auditwheel==6.8.2", "macholib==1.16.4", "packaging==26.3",
    "pefile==2024.8.26", "pyelftools==0.33",
)  # fmt: skip

# What these wheels promise and really do not keep, each looked at by hand.
BROKEN = {
    # A Python that is no shared library has no libpython.
    "fastavro-0.22.12-cp27": "libpython2.7.so.1.0 from outside",
    # unixODBC is to be installed beside it.
    "pyodbc-5.5.0": "libodbc.so.2 from outside",
    # The redistributable of Visual C++ is to be installed beside it.
    "pyclipper-1.4.0-cp311-cp311-win32": "MSVCP140.dll from outside",
    "preshed-3.0.0-cp37": "needs macOS 10.7",
    "py_spy-0.3.7": "needs macOS 10.15",
    "pymongo-3.12.1-cp310-cp310-macosx_10_9_universal2": "has only macOS x86_64 code",
    "safetensors-0.3.3-cp311-cp311-macosx_12_0_universal2": "has only macOS x86_64 code",
}
# What auditwheel cannot read: tags of two libcs, and musl's `libc.so`, for which it takes the
# linker script of that name where this machine has one.
UNREADABLE = re.compile(
    r"WheelToolsError: wheels with multiple libc are not supported|"
    r"ELFError: Magic number does not match"
)
# It finds a library by search paths alone; these wheels load theirs by hand first.
LOADED_BY_HAND = ("Rtree-1.2.0-py3-none-musllinux_1_1_",)
_LOADER = re.compile(r"ld-linux[a-z0-9-]*\.so\.\d+|ld64\.so\.\d|ld-musl-.*")


@dataclass(frozen=True)
class Read:
    """A wheel, where it lies unpacked, and what we read of it; ``weak`` is what it can do without.

    ``weak`` has the symbol versions that readelf calls weak, by library.
    """

    wheel: RealWheel
    root: Path
    needs: WheelNeeds
    held: frozenset[str]
    weak: dict[str, set[str]] = field(default_factory=dict)

    @property
    def elves(self) -> list[BinaryNeeds]:
        """Its ELF files."""
        return [binary for binary in self.needs.binaries if binary.format == "elf"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    folder = tmp_path_factory.mktemp("wheels")
    found = []
    for wheel in fetch(listed()):
        root = folder / wheel.name
        with zipfile.ZipFile(wheel.path) as archive:
            archive.extractall(root)
            entries = [name for name in archive.namelist() if not name.endswith("/")]
        held = frozenset(name.rpartition("/")[2] for name in entries)
        found.append(Read(wheel, root, read_needs(root, entries), held))
    return found


@lru_cache
def _others() -> Path:
    """Give a Python that has the readers of others; made once."""
    place = CACHE / f"readers-{sys.version_info[1]}-{READERS[1]}"
    python = place / "bin" / "python"
    if not (place / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *READERS], check=True)
        (place / "made").touch()
    return python


def _ask(script: str, paths: Iterable[Path]) -> Iterator[Any]:
    done = subprocess.run(
        [_others(), SUPPORT / script],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    yield from map(json.loads, done.stdout.splitlines())


def test_all_kinds_of_machines_are_among_them(wheels: list[Read]) -> None:
    kinds = Counter(
        (binary.system, binary.arch, binary.libc)
        for read in wheels
        for binary in {(b.system, b.arch, b.libc): b for b in read.needs.binaries}.values()
    )
    assert len(wheels) >= 400
    for arch in ("x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64"):
        assert kinds["linux", arch, "glibc"] >= 5, arch
        assert kinds["linux", arch, "musl"] >= 5, arch
    for system, arch in (("macos", "x86_64"), ("macos", "aarch64"), ("windows", "x86_64"),
                         ("windows", "i686"), ("windows", "aarch64"), ("ios", "aarch64"),
                         ("android", "x86_64"), ("android", "aarch64")):  # fmt: skip
        assert kinds[system, arch, None] >= 5, (system, arch)


def test_every_binary_can_be_read(wheels: list[Read]) -> None:
    faults = [(read.wheel.name, b.path) for read in wheels for b in read.needs.binaries if b.fault]
    assert faults == []
    # WebAssembly is none of the formats that machines load.
    without = {read.wheel.name for read in wheels if not read.needs.binaries}
    assert without == {read.wheel.name for read in wheels if "wasm32" in read.wheel.name}


def test_promises_are_kept_but_for_those_that_are_not(wheels: list[Read]) -> None:
    broken = {}
    for read in wheels:
        texts = [one.text for one in promise_kept(_platforms(read), read.needs)]
        if texts:
            broken[read.wheel.name] = texts
    for name, texts in broken.items():
        (why,) = (why for start, why in BROKEN.items() if name.startswith(start))
        assert all(why in text for text in texts), texts
    unseen = [start for start in BROKEN if not any(name.startswith(start) for name in broken)]
    assert unseen == []


def _platforms(read: Read) -> tuple[str, ...]:
    return parse_wheel_name(read.wheel.name).platforms


# -- readelf


_Facts = tuple[str, str, list[str], list[str], list[str], dict[str, tuple[str, ...]]]
_MACHINES = {
    "Advanced Micro Devices X86-64": "x86_64",
    "Intel 80386": "i686",
    "AArch64": "aarch64",
    "ARM": "armv7l",
    "PowerPC64": "ppc64",
    "IBM S/390": "s390x",
    "RISC-V": "riscv64",
}


def test_readelf_reads_the_same(wheels: list[Read]) -> None:
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("needs readelf (Debian and Ubuntu: apt install binutils)")
    checked = 0
    for read in wheels:
        for binary in read.elves:
            text = subprocess.run(
                [readelf, "-W", "-h", "-d", "-V", read.root / binary.path],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert _facts(binary) == _readelf(text, read.weak), (read.wheel.name, binary.path)
            checked += 1
    assert checked >= 800


def _facts(binary: BinaryNeeds) -> _Facts:
    own = [] if binary.own_name is None else [binary.own_name]
    return (
        f"ELF{binary.bits}",
        binary.arch or "",
        list(binary.libraries),
        own,
        list(binary.search),
        binary.versions,
    )


def _readelf(text: str, weak: dict[str, set[str]]) -> _Facts:
    kind = re.search(r"Class: +(\S+)", text)
    machine = re.search(r"Machine: +(.+)", text)
    assert kind is not None
    assert machine is not None
    arch = _MACHINES[machine[1].strip()]
    little = "little endian" in text
    libraries = re.findall(r"\(NEEDED\) .*\[(.*)\]", text)
    paths = re.findall(r"\((?:RPATH|RUNPATH)\) .*\[(.*)\]", text)
    versions: dict[str, list[str]] = {}
    library = ""
    for line in text.partition("Version needs section")[2].splitlines():
        if match := re.search(r" File: (\S+)", line):
            library = match[1]
            versions.setdefault(library, [])
        elif match := re.search(r" Name: (\S+)  Flags: (.*?)  ", line):
            if "WEAK" in match[2]:
                weak.setdefault(library, set()).add(match[1])
            else:
                versions[library].append(match[1])
    return (
        kind[1],
        "ppc64le" if arch == "ppc64" and little else arch,
        list(dict.fromkeys(libraries)),
        re.findall(r"\(SONAME\) .*\[(.*)\]", text),
        list(dict.fromkeys(part for path in paths for part in path.split(":") if part)),
        {name: highest_versions(found) for name, found in versions.items()},
    )


# -- auditwheel


@pytest.fixture(scope="module")
def answers(wheels: list[Read]) -> dict[str, Any]:
    paths = [read.wheel.path for read in wheels if "linux" in read.wheel.name]
    found = {one["wheel"]: one for one in _ask("auditwheel_answers.py", paths)}
    assert len(found) == len(paths) >= 300
    readable = {name: one for name, one in found.items() if "error" not in one}
    for name in found.keys() - readable.keys():
        assert UNREADABLE.match(found[name]["error"]), (name, found[name]["error"])
    return readable


def test_auditwheel_finds_the_same_symbol_versions(
    wheels: list[Read], answers: dict[str, Any]
) -> None:
    _read_weak(wheels)
    for read in wheels:
        if read.wheel.name not in answers:
            continue
        mine: dict[str, set[str]] = {}
        for binary in read.elves:
            for library in binary.outside:
                if _LOADER.fullmatch(library) is None:  # it leaves out the loader
                    mine.setdefault(library, set()).update(binary.versions.get(library, ()))
        for library in mine.keys() & read.weak.keys():
            mine[library] |= read.weak[library]  # it does not tell what a binary can do without
        theirs = {
            library: highest_versions(versions)
            for library, versions in answers[read.wheel.name]["versions"].items()
            if library not in read.held  # it lists some that the wheel brings
        }
        found = {name: highest_versions(list(v)) for name, v in mine.items() if v}
        assert found == theirs, read.wheel.name


def test_auditwheel_misses_the_same_libraries(wheels: list[Read], answers: dict[str, Any]) -> None:
    for read in wheels:
        if read.wheel.name not in answers or read.wheel.name.startswith(LOADED_BY_HAND):
            continue
        for name, theirs in answers[read.wheel.name]["missing"].items():
            if match := re.match(r"(many|musl)linux_(\d+)_(\d+)_", name):
                family = "glibc" if match[1] == "many" else "musl"
                policy = policy_for(family, (int(match[2]), int(match[3])))  # type: ignore[arg-type]
                mine = {library for binary in read.elves for library in binary.outside}
                missing = sorted(library for library in mine if not policy.provides(library))
                assert missing == theirs, (read.wheel.name, name)


def test_auditwheel_comes_to_the_same_policy(wheels: list[Read], answers: dict[str, Any]) -> None:
    _read_weak(wheels)
    for read in wheels:
        answer = answers.get(read.wheel.name)
        if answer is None or read.wheel.name.startswith(LOADED_BY_HAND):
            continue
        assert answer["policy"] == _policy(read, answer), read.wheel.name


def _policy(read: Read, answer: dict[str, Any]) -> str:
    """Give what auditwheel is to say, by what we read."""
    floor = floor_of(read.needs)
    assert floor is not None, read.wheel.name
    assert floor.floor is not None
    assert floor.libc is not None
    newest = policies(floor.libc)[-1]
    outside = {library for binary in read.elves for library in binary.outside}
    if not all(newest.provides(library) for library in outside):
        return f"linux_{floor.arch}"
    lowest = floor.floor
    if not any(binary.libc for binary in read.elves):
        lowest = (0, 0)
    elif floor.libc == "glibc":
        # It counts versions that the binary can do without.
        asked = [name for library, names in read.weak.items() if library in outside
                 for name in names]  # fmt: skip
        lowest = max([lowest, *(_number(m) for name in asked
                                if (m := re.match(r"GLIBC_(\d+)\.(\d+)", name)))])  # fmt: skip
    # Any number is a floor for us; it knows the published policies of the libc that is tagged.
    known = {name: _number(match) for name in answer["missing"]
             if (match := re.match(r"(?:many|musl)linux_(\d+)_(\d+)_", name))}  # fmt: skip
    return min((name for name in known if known[name] >= lowest), key=known.__getitem__)


def _number(match: re.Match[str]) -> tuple[int, int]:
    return int(match[1]), int(match[2])


def _read_weak(wheels: list[Read]) -> None:
    """Let readelf tell what is weak, where its own test did not run before."""
    if not any(read.weak for read in wheels):
        test_readelf_reads_the_same(wheels)


# -- macholib and pefile


def test_macholib_and_pefile_read_the_same(wheels: list[Read]) -> None:
    mine: dict[str, list[Any]] = {}
    for read in wheels:
        for binary in read.needs.binaries:
            if binary.format != "elf":
                version = None if binary.format == "pe" else binary.floor
                row = [binary.arch, version and list(version), sorted(binary.libraries)]
                mine.setdefault(str(read.root / binary.path), []).append(row)
    theirs = dict(_ask("other_readers.py", map(Path, mine)))
    assert len(theirs) == len(mine) >= 250
    for path, rows in mine.items():
        assert _sorted(rows) == _sorted(theirs[path]), path


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=str)
