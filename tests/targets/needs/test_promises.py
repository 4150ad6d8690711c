"""What wheels promise against what their binaries need; whole messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelright.targets import parse_platform
from wheelright.targets.needs import (
    BinaryNeeds,
    Broken,
    WheelNeeds,
    floor_of,
    promise_kept,
    read_needs,
    why_needs_misfit,
)

BINARIES = Path(__file__).parent / "binaries"
MODULE = "a/_x.cpython-312-x86_64-linux-gnu.so"


def needs_of(tmp_path: Path, *binaries: tuple[str, str]) -> WheelNeeds:
    for path, name in binaries:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((BINARIES / name).read_bytes())
    return read_needs(tmp_path, [path for path, _ in binaries])


def linux(
    *versions: str, library: str = "libc.so.6", arch: str = "x86_64", path: str = MODULE
) -> BinaryNeeds:
    """Make the needs of a module that asks one library of the machine for versions."""
    numbers = [name.removeprefix("GLIBC_").split(".") for name in versions if "GLIBC_2" in name]
    floor = max(((int(number[0]), int(number[1])) for number in numbers), default=(2, 2))
    return BinaryNeeds(
        path, "elf", "linux", arch, 64, libc="glibc", floor=floor, libraries=(library,),
        outside=(library,), versions={library: versions},
    )  # fmt: skip


CXX = "libstdc++.so.6"


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("glibc_x86_64.so", "x86_64-manylinux_2_5"),
        ("glibc_random.so", "x86_64-manylinux_2_25"),
        ("glibc_relr.so", "x86_64-manylinux_2_36"),
        ("glibc_cxx.so", "x86_64-manylinux_2_24"),
        ("program_static", "x86_64-manylinux_2_5"),
        ("glibc_aarch64.so", "aarch64-manylinux_2_17"),
        ("glibc_x86.so", "i686-manylinux_2_5"),
        ("glibc_s390x.so", "s390x-manylinux_2_17"),
        ("glibc_riscv64.so", "riscv64-manylinux_2_31"),
        ("musl_x86_64.so", "x86_64-musllinux_1_2"),
        ("macos_x86_64_10.13.so", "macos-10.13-x86_64"),
        ("macos_aarch64_11.0.so", "macos-11-arm64"),
        ("macos_aarch64_14.2.so", "macos-15-arm64"),
        ("windows_x86.pyd", "windows-x86"),
        ("windows_aarch64.pyd", "windows-arm64"),
    ],
)
def test_the_floor_of_one_binary(tmp_path: Path, name: str, platform: str) -> None:
    assert str(floor_of(needs_of(tmp_path, ("x", name)))) == platform


@pytest.mark.parametrize(
    ("binary", "floor"),
    [
        (linux("GLIBC_2.18", arch="aarch64"), "aarch64-manylinux_2_17"),
        (linux("GLIBC_2.18"), "x86_64-manylinux_2_18"),
        (linux("GLIBCXX_3.4.29", library=CXX), "x86_64-manylinux_2_34"),
        (linux("GLIBCXX_3.4.99", library=CXX), "None"),
    ],
)
def test_other_symbol_versions_raise_the_floor(binary: BinaryNeeds, floor: str) -> None:
    assert str(floor_of(WheelNeeds((binary,)))) == floor


def test_versions_of_libraries_in_the_wheel_do_not_count() -> None:
    binary = linux("GLIBCXX_3.4.99", library=CXX)
    held = BinaryNeeds(
        MODULE, "elf", "linux", "x86_64", libc="glibc", floor=(2, 17), versions=binary.versions
    )
    assert str(floor_of(WheelNeeds((held,)))) == "x86_64-manylinux_2_17"
    assert promise_kept(["manylinux_2_17_x86_64"], WheelNeeds((held,))) == ()


def test_one_floor_of_several(tmp_path: Path) -> None:
    needs = needs_of(tmp_path, ("a/x.abi3.so", "macos_universal.so"))
    assert floor_of(needs) is None
    assert str(floor_of(needs, arch="arm64")) == "macos-11-arm64"
    helpers = needs_of(tmp_path, (MODULE, "glibc_random.so"), ("a/t32.exe", "windows_x86.pyd"))
    assert str(floor_of(helpers)) == "x86_64-manylinux_2_25"
    assert str(floor_of(helpers, system="windows")) == "windows-x86"
    assert floor_of(WheelNeeds(())) is None


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (["manylinux_2_25_x86_64"], "glibc_random.so"),
        (["cp312-cp312-manylinux_2_28_x86_64"], "glibc_random.so"),
        (["linux_x86_64"], "glibc_random.so"),
        (["manylinux_2_36_x86_64"], "glibc_relr.so"),
        (["musllinux_1_1_x86_64"], "musl_x86_64.so"),
        (["musllinux_1_1_x86_64"], "musl_weak.so"),
        (["manylinux2014_armv7l"], "glibc_armv7.so"),
        (["macosx_10_13_universal2"], "macos_universal.so"),
        (["macosx_10_13_x86_64"], "macos_universal.so"),
        (["macosx_10_16_arm64"], "macos_aarch64_11.0.so"),
        (["win_amd64"], "windows_x86_64.pyd"),
        (["an_unknown_system"], "glibc_random.so"),
    ],
)
def test_promises_that_are_kept(tmp_path: Path, tags: list[str], name: str) -> None:
    assert promise_kept(tags, needs_of(tmp_path, (MODULE, name))) == ()


NAME = "_x.cpython-312-x86_64-linux-gnu.so"


@pytest.mark.parametrize(
    ("tags", "name", "text"),
    [
        (["manylinux_2_17_x86_64"], "glibc_random.so", "tagged manylinux_2_17, needs GLIBC_2.25"),
        (
            ["manylinux_2_28_x86_64", "manylinux2014_x86_64"],
            "glibc_random.so",
            "tagged manylinux2014, needs GLIBC_2.25",
        ),
        (
            ["manylinux_2_35_x86_64"],
            "glibc_relr.so",
            "tagged manylinux_2_35, needs GLIBC_ABI_DT_RELR",
        ),
        (["manylinux_2_17_x86_64"], "glibc_cxx.so", "tagged manylinux_2_17, needs GLIBCXX_3.4.21"),
        (
            ["manylinux_2_28_x86_64"],
            "zlib_private.so",
            "tagged manylinux_2_28, needs the private symbol inflate_table of libz.so.1",
        ),
        (["musllinux_1_1_x86_64"], "musl_new.so", "tagged musllinux_1_1, needs musl 1.2"),
        (
            ["musllinux_1_2_x86_64"],
            "glibc_random.so",
            "tagged musllinux_1_2, has only Linux (glibc) x86_64 code",
        ),
        (
            ["manylinux_2_28_aarch64"],
            "glibc_random.so",
            "tagged manylinux_2_28, has only Linux (glibc) x86_64 code",
        ),
        (
            ["macosx_12_0_arm64"],
            "macos_aarch64_14.2.so",
            "tagged macosx_12_0_arm64, needs macOS 14.2",
        ),
        (
            ["macosx_11_0_universal2"],
            "macos_aarch64_11.0.so",
            "tagged macosx_11_0_universal2, has only macOS aarch64 code",
        ),
        (["win_arm64"], "windows_x86_64.pyd", "tagged win_arm64, has only Windows x86_64 code"),
        (["any"], "glibc_x86_64.so", "tagged any, holds machine code"),
    ],
)  # fmt: skip
def test_promises_that_are_broken(tmp_path: Path, tags: list[str], name: str, text: str) -> None:
    assert promise_kept(tags, needs_of(tmp_path, (MODULE, name))) == (
        Broken(MODULE, f"{text} in `{NAME}`"),
    )


def test_libraries_from_outside_break_a_promise() -> None:
    binary = linux("GLIBC_2.17", "GLIBCXX_3.4.20", library=CXX)
    outside = BinaryNeeds(
        MODULE, "elf", "linux", "x86_64", libc="glibc", floor=(2, 28), outside=("libpq.so.5", CXX),
        versions={"libc.so.6": ("GLIBC_2.28",), **binary.versions},
    )  # fmt: skip
    assert promise_kept(["manylinux_2_17_x86_64"], WheelNeeds((outside,))) == (
        Broken(
            MODULE, f"tagged manylinux_2_17, needs GLIBC_2.28 and GLIBCXX_3.4.20 in `{NAME}`"
        ),
        Broken(MODULE, f"tagged manylinux_2_17, needs libpq.so.5 from outside in `{NAME}`"),
    )  # fmt: skip


def test_libraries_of_other_wheels_do_not() -> None:
    binary = BinaryNeeds(
        MODULE, "elf", "linux", "x86_64", libc="glibc", floor=(2, 17), outside=("libcublas.so.12",),
        elsewhere=("nvidia/cublas/lib",),
    )  # fmt: skip
    assert promise_kept(["manylinux_2_17_x86_64"], WheelNeeds((binary,))) == ()


def test_helpers_for_other_machines_are_let_be(tmp_path: Path) -> None:
    needs = needs_of(
        tmp_path,
        (MODULE, "glibc_x86_64.so"),
        ("a/attach_arm.so", "glibc_aarch64.so"),
        ("a/t32.exe", "windows_x86.pyd"),
    )
    assert promise_kept(["manylinux_2_17_x86_64"], needs) == ()
    assert promise_kept(["any"], WheelNeeds(needs.binaries[1:])) == ()


def test_a_wheel_of_programs_for_another_machine(tmp_path: Path) -> None:
    needs = needs_of(tmp_path, ("x.data/scripts/tool", "program_static"))
    assert promise_kept(["manylinux_2_17_x86_64"], needs) == ()
    assert promise_kept(["manylinux_2_17_aarch64"], needs) == (
        Broken(
            "x.data/scripts/tool", "tagged manylinux_2_17, has only Linux x86_64 code in `tool`"
        ),
    )


def test_a_module_that_cannot_be_read_breaks_the_promise() -> None:
    needs = WheelNeeds((BinaryNeeds("_x.abi3.so", "elf", fault="its header lies beyond its end"),))
    text = "`_x.abi3.so` cannot be read: its header lies beyond its end"
    assert promise_kept(["manylinux_2_17_x86_64"], needs) == (Broken("_x.abi3.so", text),)


@pytest.mark.parametrize(
    ("name", "platform", "text"),
    [
        ("glibc_random.so", "x86_64-manylinux_2_25", None),
        ("glibc_random.so", "x86_64-manylinux_2_17", "needs GLIBC_2.25, plc has 2.17"),
        ("glibc_random.so", "x86_64-musllinux_1_2", "needs glibc, plc has musl"),
        ("glibc_random.so", "aarch64-manylinux_2_28", "is for Linux x86_64, plc is Linux aarch64"),
        ("glibc_random.so", "macos", "is for Linux x86_64, plc is macOS aarch64"),
        ("musl_new.so", "x86_64-musllinux_1_1", "needs musl 1.2, plc has 1.1"),
        ("macos_aarch64_14.2.so", "macos-13-arm64", "needs macOS 14.2, plc has 13.0"),
        ("macos_universal.so", "macos-10.13-x86_64", None),
        ("windows_x86_64.pyd", "windows", None),
        ("windows_x86.pyd", "windows", "is for Windows i686, plc is Windows x86_64"),
        ("glibc_cxx.so", "x86_64-manylinux_2_17", None),
    ],
)  # fmt: skip
def test_why_a_wheel_cannot_run(tmp_path: Path, name: str, platform: str, text: str | None) -> None:
    needs = needs_of(tmp_path, (MODULE, name))
    expected = None if text is None else f"`{NAME}` {text}"
    assert why_needs_misfit(needs, parse_platform(platform), "plc") == expected


def test_the_worst_reason_is_given(tmp_path: Path) -> None:
    needs = needs_of(tmp_path, ("a.so", "glibc_random.so"), ("b.so", "glibc_relr.so"))
    platform = parse_platform("x86_64-manylinux_2_17")
    expected = "`b.so` needs GLIBC_ABI_DT_RELR, x86_64-manylinux_2_17 has 2.17"
    assert why_needs_misfit(needs, platform) == expected


def test_a_policy_is_asked_when_it_is_wished(tmp_path: Path) -> None:
    needs = needs_of(tmp_path, ("a.so", "glibc_cxx.so"))
    platform = parse_platform("x86_64-manylinux_2_17")
    expected = "`a.so` needs GLIBCXX_3.4.21, which plc does not have"
    assert why_needs_misfit(needs, platform, "plc", policy=True) == expected
    newer = parse_platform("x86_64-manylinux_2_24")
    assert why_needs_misfit(needs, newer, "plc", policy=True) is None


def test_a_pure_wheel_runs_anywhere() -> None:
    assert why_needs_misfit(WheelNeeds(()), parse_platform("windows")) is None
    assert promise_kept(["any"], WheelNeeds(())) == ()
