"""What a build is for, and how this machine can build it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from support.source_trees import some_interpreter
from wheelright.builder import BuildTarget, way_to
from wheelright.builder.crossing import triples_for
from wheelright.targets.platform import parse_platform

HERE = replace(some_interpreter(), platform=parse_platform("x86_64-manylinux_2_36"))


def way(to: str, name: str | None = "plc", **python: object) -> str:
    target = BuildTarget(parse_platform(to), name)
    return way_to(target, replace(HERE, **python))


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("x86_64-manylinux_2_36", "native"),
        ("x86_64-manylinux_2_39", "native"),
        ("x86_64-manylinux_2_35", "cross"),
        ("x86_64-manylinux_2_17", "cross"),
        ("x86_64-musllinux_1_2", "cross"),
        ("aarch64-manylinux_2_39", "cross"),
        ("i686-manylinux_2_36", "cross"),
        ("ppc64-manylinux_2_36", "pure"),
        ("x86_64-linux-unknown", "pure"),
        ("windows", "pure"),
        ("macos", "pure"),
        ("aarch64-linux-android", "pure"),
    ],
)
def test_the_way_to_a_target_from_glibc_2_36(platform: str, expected: str) -> None:
    assert way(platform) == expected


def test_the_machine_at_hand_is_built_for_as_it_is() -> None:
    assert way("x86_64-manylinux_2_36", None) == "native"


def test_only_cpython_is_known_for_other_machines() -> None:
    assert way("x86_64-manylinux_2_17", implementation="pypy") == "pure"
    assert way("x86_64-manylinux_2_39", implementation="pypy") == "native"


def test_on_macos_and_windows_the_processor_decides() -> None:
    mac = parse_platform("macos-14-arm64")
    assert way("macos-12-arm64", platform=mac) == "native"
    assert way("macos-13-x86_64", platform=mac) == "pure"
    assert way("x86_64-manylinux_2_28", platform=mac) == "pure"


@pytest.mark.parametrize(
    ("platform", "compiler", "gnu", "rust", "bits"),
    [
        ("x86_64-manylinux_2_17", "x86_64-linux-gnu.2.17", "x86_64-linux-gnu",
         "x86_64-unknown-linux-gnu", 64),
        ("aarch64-musllinux_1_2", "aarch64-linux-musl", "aarch64-linux-musl",
         "aarch64-unknown-linux-musl", 64),
        ("i686-manylinux_2_28", "x86-linux-gnu.2.28", "i386-linux-gnu",
         "i686-unknown-linux-gnu", 32),
        ("armv7l-manylinux_2_31", "arm-linux-gnueabihf.2.31", "arm-linux-gnueabihf",
         "armv7-unknown-linux-gnueabihf", 32),
        ("ppc64le-manylinux_2_28", "powerpc64le-linux-gnu.2.28", "powerpc64le-linux-gnu",
         "powerpc64le-unknown-linux-gnu", 64),
        ("riscv64-manylinux_2_41", "riscv64-linux-gnu.2.38", "riscv64-linux-gnu",
         "riscv64gc-unknown-linux-gnu", 64),
    ],
)  # fmt: skip
def test_what_compilers_call_a_platform(
    platform: str, compiler: str, gnu: str, rust: str, bits: int
) -> None:
    names = triples_for(parse_platform(platform))
    assert (names.compiler, names.gnu, names.rust, names.bits) == (compiler, gnu, rust, bits)


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("x86_64-manylinux_2_17", (3, 12), "cpython-312-x86_64-linux-gnu"),
        ("x86_64-musllinux_1_2", (3, 11), "cpython-311-x86_64-linux-musl"),
        # Until 3.10 CPython did not tell musl apart.
        ("x86_64-musllinux_1_2", (3, 10), "cpython-310-x86_64-linux-gnu"),
        ("i686-manylinux_2_17", (3, 11), "cpython-311-i386-linux-gnu"),
    ],
)
def test_the_name_of_the_binary_interface(
    platform: str, python: tuple[int, int], expected: str
) -> None:
    names = triples_for(parse_platform(platform))
    assert names.soabi(python, free_threaded=False) == expected


def test_a_free_threaded_python_has_its_own() -> None:
    names = triples_for(parse_platform("x86_64-manylinux_2_28"))
    assert names.soabi((3, 13), free_threaded=True) == "cpython-313t-x86_64-linux-gnu"
