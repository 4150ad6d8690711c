from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import packaging
import packaging.tags
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.platforms import linux, macos, platforms
from support.pythons import PYTHONS
from wheelright.targets import (
    Platform,
    compatible_tags,
    detect_machine,
    parse_platform,
    parse_wheel_name,
)

SYS_TAGS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from packaging.tags import sys_tags
print(json.dumps([str(tag) for tag in sys_tags()]))
"""


@pytest.mark.parametrize("version", [v for v in PYTHONS if v >= (3, 9)])
def test_tags_of_this_machine_are_those_of_packaging(version: tuple[int, int]) -> None:
    # `packaging` needs 3.9, so 3.8 cannot be asked.
    library = Path(packaging.__file__).parent.parent
    done = subprocess.run(
        [PYTHONS[version], "-I", "-c", SYS_TAGS, library],
        capture_output=True,
        text=True,
        check=True,
    )
    tags = compatible_tags(detect_machine().platform, version, native=True)
    assert list(tags.tags) == json.loads(done.stdout)


def _oracle(platform_tags: list[str], python: tuple[int, int], abis: list[str]) -> list[str]:
    interpreter = f"cp{python[0]}{python[1]}"
    own = packaging.tags.cpython_tags(python, abis, platform_tags)
    pure = packaging.tags.compatible_tags(python, interpreter, platform_tags)
    return [str(tag) for tag in (*own, *pure)]


@given(macos(), st.integers(8, 15))
def test_tags_of_macos_are_those_of_packaging(platform: Platform, minor: int) -> None:
    assert platform.floor is not None
    expected = list(packaging.tags.mac_platforms(platform.floor, platform.arch))
    tags = compatible_tags(platform, (3, minor))
    assert list(tags.tags) == _oracle(expected, (3, minor), [f"cp3{minor}"])


@pytest.mark.parametrize(
    ("free_threaded", "debug", "abis"),
    [
        (False, False, ["cp313"]),
        (True, False, ["cp313t"]),
        (False, True, ["cp313d", "cp313"]),
        (True, True, ["cp313td", "cp313t"]),
    ],
)
def test_abis_are_those_of_packaging(free_threaded: bool, debug: bool, abis: list[str]) -> None:
    tags = compatible_tags(
        parse_platform("windows"), (3, 13), free_threaded=free_threaded, debug=debug
    )
    assert list(tags.tags) == _oracle(["win_amd64"], (3, 13), abis)


@pytest.mark.parametrize("name", ["arm64-apple-ios", "ios_15_4_x86_64_iphonesimulator"])
def test_tags_of_ios_are_those_of_packaging(name: str) -> None:
    platform = parse_platform(name)
    kind = f"{platform.arch}-iphone{'simulator' if platform.simulator else 'os'}"
    expected = list(packaging.tags.ios_platforms(platform.floor, kind))
    assert list(compatible_tags(platform, (3, 13)).platform_tags) == expected


def test_tags_of_android_are_those_of_packaging() -> None:
    expected = list(packaging.tags.android_platforms(24, "arm64_v8a"))
    found = compatible_tags(parse_platform("aarch64-linux-android"), (3, 13))
    assert list(found.platform_tags) == expected


def test_tags_of_pypy() -> None:
    tags = compatible_tags(parse_platform("win32"), (3, 10), "pypy").tags
    assert tags[:5] == (
        "pp310-pypy310_pp73-win32",
        "pp310-none-win32",
        "py310-none-win32",
        "py3-none-win32",
        "py39-none-win32",
    )
    assert "pp3-none-any" in tags
    assert not [tag for tag in tags if "abi3" in tag or tag.startswith("cp")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "x86_64-manylinux_2_6",
            ["manylinux_2_6_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"],
        ),
        (
            "aarch64-manylinux_2_18",
            ["manylinux_2_18_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"],
        ),
        ("aarch64-manylinux_2_16", []),
        ("armv6l-manylinux_2_36", []),
        ("x86_64-musllinux_1_1", ["musllinux_1_1_x86_64", "musllinux_1_0_x86_64"]),
        ("x86_64-linux-unknown", []),
        ("wasm32-pyodide2024", ["pyemscripten_2024_0_wasm32", "pyodide_2024_0_wasm32"]),
        ("win_arm64", ["win_arm64"]),
    ],
)
def test_platform_tags(name: str, expected: list[str]) -> None:
    assert list(compatible_tags(parse_platform(name), (3, 12)).platform_tags) == expected


def test_a_plain_linux_wheel_fits_only_the_machine_at_hand() -> None:
    wheel = parse_wheel_name("x-1-cp312-cp312-linux_x86_64.whl")
    platform = parse_platform("linux")
    assert compatible_tags(platform, (3, 12)).rank(wheel) is None
    assert compatible_tags(platform, (3, 12), native=True).rank(wheel) == 0


def test_a_narrow_arm_takes_what_the_older_processor_takes() -> None:
    tags = compatible_tags(parse_platform("armv8l-manylinux_2_17"), (3, 12), native=True)
    assert tags.platform_tags == (
        "linux_armv8l",
        "linux_armv7l",
        "manylinux_2_17_armv8l",
        "manylinux2014_armv8l",
        "manylinux_2_17_armv7l",
        "manylinux2014_armv7l",
    )


def test_refused_glibc_versions_are_left_out() -> None:
    tags = compatible_tags(
        parse_platform("x86_64-manylinux_2_6"), (3, 12), refused=frozenset({(2, 5)})
    )
    assert tags.platform_tags == ("manylinux_2_6_x86_64",)


@given(linux() | macos(), st.data())
def test_a_lower_floor_takes_a_subset(platform: Platform, data: st.DataObject) -> None:
    assert platform.floor is not None
    first = {"glibc": 0, "musl": 0, None: 4 if platform.floor[0] == 10 else 0}[platform.libc]
    lower = platform.with_floor(
        (platform.floor[0], data.draw(st.integers(first, platform.floor[1])))
    )
    higher_tags = compatible_tags(platform, (3, 12)).tags
    lower_tags = set(compatible_tags(lower, (3, 12)).tags)
    # ... and in the same order.
    assert [tag for tag in higher_tags if tag in lower_tags] == list(
        compatible_tags(lower, (3, 12)).tags
    )


@given(platforms(), st.integers(8, 15), st.booleans(), st.data())
def test_the_rank_is_the_place_among_the_tags(
    platform: Platform, minor: int, free_threaded: bool, data: st.DataObject
) -> None:
    tags = compatible_tags(platform, (3, minor), free_threaded=free_threaded)
    listed = tags.tags
    assert len(set(listed)) == len(listed)
    place = data.draw(st.integers(0, len(listed) - 1))
    assert tags.rank(parse_wheel_name(f"x-1-{listed[place]}.whl")) == place


def test_the_best_of_compressed_tags_counts() -> None:
    tags = compatible_tags(parse_platform("linux"), (3, 12))
    wheel = parse_wheel_name(
        "x-1-cp39.cp312-abi3.cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    )
    assert tags.rank(wheel) == tags.tags.index("cp312-cp312-manylinux_2_17_x86_64")


def test_pure_wheels_come_last_but_fit_everywhere() -> None:
    tags = compatible_tags(parse_platform("linux"), (3, 12))
    assert tags.rank(parse_wheel_name("x-1-py2.py3-none-any.whl")) == tags.tags.index(
        "py3-none-any"
    )
    assert tags.rank(parse_wheel_name("x-1-py2-none-any.whl")) is None
    assert tags.rank(parse_wheel_name("x-1-cp312-none-any.whl")) == len(tags.tags) - 15


def test_the_same_arguments_give_the_same_set() -> None:
    platform = parse_platform("linux")
    again = Platform("linux", "AMD64", "glibc", (2, 28))
    assert compatible_tags(platform, (3, 12)) is compatible_tags(again, (3, 12))


def test_this_python_takes_its_own_tags() -> None:
    own = next(iter(packaging.tags.sys_tags()))
    tags = compatible_tags(detect_machine().platform, sys.version_info[:2], native=True)
    assert tags.rank(parse_wheel_name(f"x-1-{own}.whl")) == 0
