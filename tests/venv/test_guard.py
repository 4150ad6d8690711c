"""The guard of a venv, in real venvs of every Python that is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from support.pythons import PYTHONS
from wheelright.targets import parse_platform
from wheelright.targets.needs import BinaryNeeds, WheelNeeds, to_plain
from wheelright.venv import Record, RecordedPackage, Venv, find_venv, list_installed
from wheelright.venv._guard_script import describe, find_machine, is_fit, misfit_line
from wheelright.venv.guard import (
    LINE_NAME,
    MODULE_NAME,
    guard_facts,
    guard_files,
    guard_is_current,
    write_guard,
)

if TYPE_CHECKING:
    from wheelright.venv._guard_script import Found

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="misfits are made for Linux here")

HERE = describe(find_machine())
GLIBC = os.confstr("CS_GNU_LIBC_VERSION").split()[1] if sys.platform == "linux" else ""  # type: ignore[union-attr]
FAR = "x86_64-manylinux_2_99"
MINORS = [(3, minor) for minor in range(8, 14)]


def needing(name: str, floor: tuple[int, int]) -> RecordedPackage:
    """Record a package with one binary that needs this version of a libc."""
    binary = BinaryNeeds(f"{name}/_x.so", "elf", "linux", "x86_64", 64, libc="glibc", floor=floor)
    return RecordedPackage(name, "1.0", "", "", needs=to_plain(WheelNeeds((binary,))))


def pure(name: str) -> RecordedPackage:
    return RecordedPackage(name, "1.0", "", "", needs=to_plain(WheelNeeds(())))


def for_any(name: str, floor: tuple[int, int]) -> RecordedPackage:
    """Record a wheel for any machine with a binary that some of them load."""
    return replace(needing(name, floor), file=f"{name}-1.0-py2.py3-none-any.whl")


def guarded(venv: Venv, record: Record, mode: str = "warn") -> None:
    write_guard(venv, guard_files(guard_facts(record, mode)))


def start(venv: Venv | Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start the venv's Python with nothing in its environment, as cron does."""
    place = venv.path if isinstance(venv, Venv) else venv
    return subprocess.run(
        [f"{place}/bin/python", *(arguments or ("-c", "print('on')"))],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("venvs")


@pytest.fixture(params=MINORS, ids=lambda minor: f"{minor[0]}.{minor[1]}")
def any_venv(request: pytest.FixtureRequest, made: Path) -> Venv:
    """Give a venv for each Python, made once; a test writes the guard that it needs."""
    if request.param not in PYTHONS:
        pytest.skip(f"needs a Python {request.param} under pyenv")
    place = made / f"{request.param[0]}.{request.param[1]}"
    if not place.exists():
        subprocess.run([PYTHONS[request.param], "-m", "venv", "--without-pip", place], check=True)
    found = find_venv(place)
    assert found is not None
    write_guard(found, None)
    return found


FAR_LINE = (
    f"wheelright: `{{}}` is for far (glibc 2.99, x86_64), and this machine is {HERE};"
    f" `wheelright sync --for x86_64-manylinux_{GLIBC.replace('.', '_')}` makes it serve both\n"
)


def test_a_machine_that_fits_hears_nothing(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="old", platform="x86_64-manylinux_2_5"))
    # Not even the module is imported, so that no bytecode is missed and no file looked for.
    code = "import sys; print('_wheelright_guard' in sys.modules)"
    done = start(any_venv, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_a_machine_that_does_not_fit_is_told_so(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    line = FAR_LINE.format(any_venv.path)
    for arguments in ((), ("-I",), ("-E", "-s")):
        done = start(any_venv, *arguments, "-c", "print('on')")
        assert (done.returncode, done.stdout, done.stderr) == (0, "on\n", line)
    assert start(any_venv, "-S", "-c", "print('on')").stderr == ""


def test_an_unfit_machine_may_be_refused(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR), "error")
    done = start(any_venv)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == FAR_LINE.format(any_venv.path)
    assert start(any_venv, "-S", "-c", "print('on')").returncode == 0


def test_the_variable_wins(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR), "error")
    done = start(any_venv, WHEELRIGHT_GUARD="off")
    assert (done.returncode, done.stdout, done.stderr) == (0, "on\n", "")
    done = start(any_venv, WHEELRIGHT_GUARD="warn")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (0, "on\n", 1)


def test_it_never_breaks_a_start(any_venv: Venv) -> None:
    facts = guard_facts(Record(target="far", platform=FAR), "error")
    wanted = guard_files(facts)
    assert wanted is not None
    for module in (b"this is no Python", b"import nothing_of_this_name", b"1 / 0", None):
        changed = {**wanted, MODULE_NAME: module or b""}
        write_guard(any_venv, changed)
        if module is None:
            Path(any_venv.site_packages, MODULE_NAME).unlink()
        done = start(any_venv)
        assert (done.returncode, done.stdout, done.stderr) == (0, "on\n", "")


def test_children_do_not_say_it_again(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1)'])"
    assert start(any_venv, "-c", code).stderr == FAR_LINE.format(any_venv.path)


def test_closed_streams_do_no_harm(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    command = f"{any_venv.path}/bin/python -c 'open(\"/dev/null\")' 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


def test_a_venv_that_was_moved_and_may_not_be_written(any_venv: Venv, tmp_path: Path) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    place = tmp_path / "a place with blanks and ü"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(any_venv.path, place, symlinks=True, ignore=ignored)
    next(place.glob("lib/*/site-packages")).joinpath("__pycache__").write_text("no folder")
    done = start(place)
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert done.stderr.startswith("wheelright: `")
    assert "far (glibc 2.99, x86_64)" in done.stderr


def test_it_changes_nothing_that_the_stamp_watches(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    before = Path(any_venv.site_packages).stat().st_mtime_ns
    start(any_venv)
    assert list(Path(any_venv.site_packages, "__pycache__").glob("_wheelright_guard*"))
    assert Path(any_venv.site_packages).stat().st_mtime_ns == before


def test_it_belongs_to_no_package(any_venv: Venv) -> None:
    guarded(any_venv, Record(target="far", platform=FAR))
    assert list_installed(any_venv, check_files=True) == ()


@pytest.mark.parametrize(
    "platform",
    ["windows", "windows-arm64", "macos", "macos-15-x86_64", "aarch64-manylinux_2_17",
     "x86_64-musllinux_1_2", "i686-manylinux_2_17", "armv7l-manylinux_2_17", "wasm32-pyodide2025",
     "android-24-x86_64"],
)  # fmt: skip
def test_every_other_kind_of_machine(any_venv: Venv, platform: str) -> None:
    guarded(any_venv, Record(target=platform, platform=platform))
    words = parse_platform(platform).describe()
    assert start(any_venv).stderr == (
        f"wheelright: `{any_venv.path}` is for {platform} ({words}), and this machine is {HERE};"
        " `wheelright sync --for native` makes it for this machine\n"
    )


def test_several_targets(any_venv: Venv) -> None:
    from wheelright.venv.record import RecordedTarget

    two = (RecordedTarget("win", "windows"), RecordedTarget("plc", "x86_64-manylinux_2_17"))
    guarded(any_venv, Record(target="win,plc", platform="windows", targets=two))
    assert start(any_venv).stderr == ""
    two = (RecordedTarget("win", "windows"), RecordedTarget("arm", "aarch64-manylinux_2_17"))
    guarded(any_venv, Record(target="win,arm", platform="windows", targets=two))
    assert start(any_venv).stderr == (
        f"wheelright: `{any_venv.path}` is for win (Windows, x86_64) and arm (glibc 2.17, aarch64),"
        f" and this machine is {HERE}; `wheelright sync --for native` makes it for this machine\n"
    )


# -- what a venv without a target is fit for: what its binaries were measured to need


def facts_of(*packages: RecordedPackage, **more: Any) -> dict[str, Any]:
    facts = guard_facts(Record(platform=FAR, packages=packages), "warn", **more)
    assert facts is not None
    return facts


LINUX: Found = ("linux", "x86_64", "glibc", (2, 31))


def test_measured_needs_decide_where_no_target_was_named() -> None:
    facts = facts_of(pure("six"), needing("old", (2, 17)), needing("new", (2, 34)))
    assert not is_fit(facts, LINUX)
    assert is_fit(facts, ("linux", "x86_64", "glibc", (2, 34)))
    assert misfit_line(facts, LINUX, "/venv") == (
        "`/venv` is for glibc 2.99, x86_64, and this machine is glibc 2.31, x86_64: `new` needs"
        " glibc 2.34; `wheelright sync --for x86_64-manylinux_2_31` makes it serve both"
    )


def test_nothing_but_pure_packages_fits_every_machine_of_the_system() -> None:
    facts = facts_of(pure("six"))
    assert is_fit(facts, ("linux", "aarch64", "musl", None))
    assert not is_fit(facts, ("macos", "aarch64", None, (14, 0)))


def test_binaries_of_a_wheel_for_any_machine_bind_none() -> None:
    """A debugger may bring what attaches to programs of newer machines."""
    facts = facts_of(needing("old", (2, 17)), for_any("debugpy", (2, 34)))
    assert is_fit(facts, LINUX)
    assert (facts["need"], facts["holder"]) == ((2, 17), "old")


def test_unmeasured_packages_need_the_machine_they_were_installed_on() -> None:
    unknown = RecordedPackage("other", "1.0", "", "")
    assert not is_fit(facts_of(unknown), LINUX)
    assert not is_fit(facts_of(pure("six"), complete=False), LINUX)
    assert is_fit(facts_of(unknown), ("linux", "x86_64", "glibc", (2, 99)))


def test_a_target_decides_whatever_was_measured() -> None:
    facts = guard_facts(Record(target="far", platform=FAR, packages=(pure("six"),)), "warn")
    assert facts is not None
    assert not is_fit(facts, LINUX)


def test_macos() -> None:
    facts = guard_facts(Record(target="mac", platform="macos-14-arm64"), "warn")
    assert facts is not None
    assert is_fit(facts, ("macos", "aarch64", None, (15, 0)))
    assert misfit_line(facts, ("macos", "aarch64", None, (13, 0)), "/venv") == (
        "`/venv` is for mac (macOS 14, arm64), and this machine is macOS 13, aarch64;"
        " `wheelright sync --for macos-13.0-arm64` makes it serve both"
    )


# -- its files


def test_the_files_come_and_go(venv: Venv) -> None:
    wanted = guard_files(guard_facts(Record(platform=FAR), "warn"))
    assert wanted is not None
    assert not guard_is_current(venv, wanted)
    write_guard(venv, wanted)
    assert guard_is_current(venv, wanted)
    assert not guard_is_current(venv, None)
    assert guard_files(guard_facts(Record(platform=FAR), "off")) is None
    write_guard(venv, None)
    assert guard_is_current(venv, None)
    assert not list(Path(venv.site_packages).glob("_wheelright*"))


def test_the_line_is_one_and_plain(venv: Venv) -> None:
    write_guard(venv, guard_files(guard_facts(Record(target="größe", platform=FAR), "warn")))
    line = Path(venv.site_packages, LINE_NAME).read_bytes()
    assert (line.count(b"\n"), line.startswith(b"import "), line.isascii()) == (1, True, True)


def test_a_record_of_an_unknown_platform_has_no_guard() -> None:
    assert guard_facts(Record(platform="z80-cpm"), "warn") is None
    assert guard_files(None) is None


def test_what_it_costs(any_venv: Venv) -> None:
    """Count what is loaded, not time: nothing more than without it."""
    code = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    # A Python that finds any `.pth` file loads what it takes to read one.
    Path(any_venv.site_packages, "empty.pth").write_text("# nothing\n")
    bare = json.loads(start(any_venv, "-c", code).stdout)
    guarded(any_venv, Record(target="old", platform="x86_64-manylinux_2_5"))
    assert json.loads(start(any_venv, "-c", code).stdout) == bare


# -- other systems, played by what `os` and `sys` answer there


class Played:
    """What `os` and `sys` say on a machine."""

    def __init__(
        self, platform: str, machine: str, built: str, *, libc: str = "", release: str = "",
        version: str = "", bits: int = 64,
    ) -> None:  # fmt: skip
        self.platform = platform
        self.version = version
        self.maxsize = 2 ** (bits - 1) - 1
        self.implementation = type("Implementation", (), {"_multiarch": built} if built else {})()
        self._uname = os.uname_result((platform, "host", release, "", machine))
        self.confstr_names = {"CS_GNU_LIBC_VERSION": 2} if libc else {"CS_PATH": 0}
        self._libc = libc

    def uname(self) -> os.uname_result:
        return self._uname

    def confstr(self, name: str) -> str:
        if name not in self.confstr_names:
            raise ValueError(name)
        return self._libc


MACHINES: dict[str, tuple[Played, Found]] = {
    "debian": (
        Played("linux", "x86_64", "x86_64-linux-gnu", libc="glibc 2.31"),
        ("linux", "x86_64", "glibc", (2, 31)),
    ),
    "new": (
        Played("linux", "x86_64", "x86_64-linux-gnu", libc="glibc 2.41"),
        ("linux", "x86_64", "glibc", (2, 41)),
    ),
    "32-bit": (
        Played("linux", "x86_64", "i386-linux-gnu", libc="glibc 2.31", bits=32),
        ("linux", "i686", "glibc", (2, 31)),
    ),
    "pi": (
        Played("linux", "aarch64", "arm-linux-gnueabihf", libc="glibc 2.36", bits=32),
        ("linux", "arm", "glibc", (2, 36)),
    ),
    "alpine": (Played("linux", "x86_64", "x86_64-linux-musl"), ("linux", "x86_64", "musl", None)),
    "old-alpine": (
        # Python before 3.11 names itself after glibc there.
        Played("linux", "aarch64", "aarch64-linux-gnu"),
        ("linux", "aarch64", "musl", None),
    ),
    "nameless": (
        Played("linux", "ppc64le", "", libc="glibc 2.28"),
        ("linux", "ppc64le", "glibc", (2, 28)),
    ),
    "mac": (
        Played("darwin", "arm64", "darwin", release="23.6.0"),
        ("macos", "aarch64", None, (14, 0)),
    ),
    "new-mac": (
        Played("darwin", "arm64", "darwin", release="25.1.0"),
        ("macos", "aarch64", None, (26, 0)),
    ),
    "old-mac": (
        Played("darwin", "x86_64", "darwin", release="19.6.0"),
        ("macos", "x86_64", None, (10, 15)),
    ),
    "windows": (
        Played("win32", "AMD64", "", version="3.12 [MSC v.1940 64 bit (AMD64)]"),
        ("windows", "x86_64", None, None),
    ),
    "windows-arm": (
        Played("win32", "ARM64", "", version="3.12 [MSC v.1940 64 bit (ARM64)]"),
        ("windows", "aarch64", None, None),
    ),
}
FOR = ["x86_64-manylinux_2_17", "x86_64-manylinux_2_31", "x86_64-manylinux_2_36",
       "aarch64-manylinux_2_17", "i686-manylinux_2_17", "armv7l-manylinux_2_31",
       "ppc64le-manylinux_2_17", "x86_64-musllinux_1_2", "aarch64-musllinux_1_2", "macos-14-arm64",
       "macos-14.2-arm64", "macos-15-arm64", "macos-26-arm64", "macos-10.15-x86_64",
       "macos-11-x86_64", "windows", "windows-arm64", "x86_64-linux-unknown"]  # fmt: skip


@pytest.mark.parametrize("name", MACHINES)
def test_machines_of_all_kinds(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from wheelright.venv import _guard_script

    played, found = MACHINES[name]
    monkeypatch.setattr(_guard_script, "os", played)
    monkeypatch.setattr(_guard_script, "sys", played)
    assert find_machine() == found


@pytest.mark.parametrize("platform", FOR)
def test_the_quick_look_never_takes_an_unfit_machine_for_a_fitting_one(platform: str) -> None:
    from wheelright.venv.guard import _certainly_fit

    facts = guard_facts(Record(target="it", platform=platform), "warn")
    assert facts is not None
    expression = _certainly_fit(facts)
    sure = {
        name
        for name, (played, _) in MACHINES.items()
        if eval(expression, {"os": played, "sys": played})
    }
    fitting = {name for name, (_, found) in MACHINES.items() if is_fit(facts, found)}
    assert sure <= fitting
    # Nor is it blind: only machines that tell little of themselves need the long look.
    assert fitting - sure <= {"old-alpine", "nameless", "32-bit"} | (
        {"mac"} if "14.2" in platform else set()
    )
