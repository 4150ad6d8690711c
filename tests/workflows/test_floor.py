"""The lowest floors of a lock, and what would lower them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.locks import file, lock, package
from wheelright.targets import Platform, compatible_tags, parse_platform
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import DeclaredTarget
from wheelright.workflows.floor import lowest_floor
from wheelright.workflows.policy import BuildPolicy
from wheelright.workflows.proving import Rules, prove

if TYPE_CHECKING:
    from support.workbench import Workbench
    from wheelright.store.file import File


GLIBC, MUSL = "x86_64-manylinux_2_99", "x86_64-musllinux_1_99"
ARM, INTEL = "macos-99-arm64", "macos-99-x86_64"


@pytest.mark.parametrize(
    ("platform", "tags", "floor"),
    [
        (GLIBC, ["cp312-manylinux_2_17_x86_64"], (2, 17)),
        (GLIBC, ["cp312-manylinux_2_28_x86_64.manylinux2010_x86_64"], (2, 12)),
        (GLIBC, ["cp312-manylinux_2_28_x86_64", "cp313-manylinux_2_17_x86_64"], (2, 28)),
        (GLIBC, ["cp312-manylinux_2_28_x86_64", "cp312-any"], (0, 0)),
        (GLIBC, ["cp312-musllinux_1_2_x86_64"], None),
        (MUSL, ["cp312-musllinux_1_1_x86_64"], (1, 1)),
        (ARM, ["cp312-macosx_10_9_universal2"], (11, 0)),
        (INTEL, ["cp312-macosx_10_9_universal2"], (10, 9)),
        (ARM, ["cp312-macosx_14_0_arm64", "cp312-macosx_12_0_arm64"], (12, 0)),
        (GLIBC, [], None),
    ],
)
def test_how_low_wheels_go(platform: str, tags: list[str], floor: tuple[int, int] | None) -> None:
    files = [file(f"a-1.0-{tag.replace('-', '-none-')}.whl") for tag in tags]
    assert lowest_floor(files, compatible_tags(parse_platform(platform), (3, 12))) == floor


numbers = st.sampled_from(["2_5", "2_12", "2_17", "2_24", "2_28", "2_34"])
pythons = st.sampled_from(["cp311-cp311", "cp312-cp312", "cp313-cp313", "cp310-abi3", "py3-none"])
platforms = st.lists(numbers, min_size=1, max_size=3, unique=True).map(
    lambda found: ".".join(f"manylinux_{number}_x86_64" for number in found)
)
tag_lists = st.lists(st.builds("{}-{}".format, pythons, platforms), min_size=1, max_size=5)


@given(tag_lists)
def test_the_lowest_floor_is_served_and_none_below_it(tags: list[str]) -> None:
    wheels = tuple(file(f"a-1.0-{tag}.whl") for tag in dict.fromkeys(tags))
    highest = parse_platform(GLIBC)
    lowest = lowest_floor(wheels, compatible_tags(highest, (3, 12)))
    served = [_is_served(wheels, minor) for minor in range(41)]
    if lowest is None:
        assert not any(served)
    else:
        assert served == [minor >= lowest[1] for minor in range(41)]


def _is_served(wheels: tuple[File, ...], minor: int) -> bool:
    platform = Platform("linux", "x86_64", "glibc", (2, minor))
    target = DeclaredTarget("t", platform, SpecifierSet(), ((3, 12),))
    proof = prove(lock(package("a", wheels=wheels)), target, Rules(BuildPolicy()), hard=True)
    return not proof.failed


def floors(bench: Workbench, line: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bench.ok(f"{line} --output-format json").out)["floors"]
    return found


def tagged(*numbers: str) -> list[str]:
    return [f"cp312-cp312-manylinux_{number}_x86_64" for number in numbers]


@pytest.fixture
def one_python(bench: Workbench) -> Workbench:
    bench.write("high", "low", python=">=3.12,<3.13")
    return bench


LINUX = "--for x86_64-manylinux_2_17"


def test_who_holds_it_up_and_what_would_lower_it(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "4.0", tags=tagged("2_34"))
    bench.index.add("high", "3.5rc1", tags=tagged("2_17"))  # a pre-release
    bench.index.add("high", "3.0", tags=tagged("2_17"), yanked=True)
    bench.index.add("high", "2.0", tags=tagged("2_28"))
    bench.index.add("high", "1.0", tags=tagged("2_17"))
    bench.index.add("low", "1.0", tags=tagged("2_17"))
    bench.ok("lock")
    (kind,) = floors(bench, f"floor {LINUX}")
    assert (kind["words"], kind["floor"], kind["oldest"]) == ("glibc 2.34, x86_64", "2.34", False)
    assert kind["holders"] == [
        {
            "package": "high", "version": "4.0", "floor": "2.34", "pythons": ["3.12"],
            "lowering": {"version": "2.0", "floor": "2.28", "pythons": ["3.12"],
                         "forbidden": None, "unknown": None},
        },
        {"package": "low", "version": "1.0", "floor": "2.17", "pythons": ["3.12"],
         "lowering": None},
    ]  # fmt: skip


def test_a_lower_version_that_somebody_forbids(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "2.0", tags=tagged("2_34"))
    bench.index.add("high", "1.0", tags=tagged("2_17"))
    bench.index.add("low", "1.0", requires=["high>=2"])
    bench.ok("lock")
    assert (
        "high 2.0 holds it up; 1.0 needs 2.17, but low 1.0 requires `high>=2`\n"
        in bench.ok(f"floor {LINUX}").out
    )


def test_versions_that_are_lower_for_some_pythons_only(bench: Workbench) -> None:
    bench.write("high", python=">=3.11,<3.13")
    bench.index.add("high", "2.0", tags=["cp311-abi3-manylinux_2_28_x86_64"])
    bench.index.add("high", "1.0", tags=["cp311-cp311-manylinux_2_17_x86_64"])
    bench.ok("lock")
    out = bench.ok(f"floor {LINUX}").out
    assert "  high 2.0 holds it up; 1.0 needs 2.17 with Python 3.11\n" in out


def test_nothing_lower_and_a_pure_one(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "1.0", tags=tagged("2_28"))
    bench.index.add("low", "2.0", tags=tagged("2_28"))
    bench.index.add("low", "1.0")
    bench.ok("lock")
    out = bench.ok(f"floor {LINUX}").out
    assert "  high 1.0 holds it up; no version of it is lower\n" in out
    assert "  low 2.0 holds it up; 1.0 runs on any\n" in out


def test_what_is_not_known_offline_is_said(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "2.0", tags=tagged("2_28"))
    bench.index.add("low", "1.0")
    bench.ok("lock")
    bench.ok("cache clean")
    out = bench.ok(f"floor {LINUX} --offline").out
    assert (
        "  high 2.0 holds it up; what would lower it is unknown: The cache does not know `high`"
        " and the network is off\n"
    ) in out


def test_all_kinds_of_machines_without_targets(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "1.0", tags=[*tagged("2_17"), "cp312-cp312-musllinux_1_2_aarch64"])
    bench.index.add("low", "1.0", tags=(), sdist=True)
    bench.ok("lock")
    assert [
        (kind["platform"], kind["floor"], [one["package"] for one in kind["missing"]])
        for kind in floors(bench, "floor")
    ] == [
        ("x86_64-manylinux_2_17", "2.17", []),
        ("aarch64-manylinux_2_17", None, ["high"]),
        ("x86_64-musllinux_1_2", None, ["high"]),
        ("aarch64-musllinux_1_2", "1.2", []),
        ("macos-11-arm64", None, ["high"]),
        ("macos-11-x86_64", None, ["high"]),
    ]


def test_what_has_wheels_elsewhere_is_not_built_for_a_target(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "1.0", tags=["cp312-cp312-win_amd64"], sdist=True)
    bench.index.add("low", "1.0", tags=tagged("2_28"))
    bench.ok("lock")
    assert bench.ok(f"floor {LINUX}").out == (
        "glibc, x86_64: no floor serves all: high 1.0 has no file\n"
        "  asked for by x86_64-manylinux_2_17 (glibc 2.17, x86_64)\n"
        "  low 1.0 holds it up; no version of it is lower\n"
    )
    assert "  high 1.0 is built: no wheel serves\n" in bench.ok("floor").out


def test_targets_without_floors(one_python: Workbench) -> None:
    bench = one_python
    bench.index.add("high", "1.0")
    bench.index.add("low", "1.0")
    bench.ok("lock")
    assert bench.ok("floor --for windows").out == (
        "No target has a floor: they are neither Linux nor macOS\n"
    )
    assert bench.ok(f"floor {LINUX}").out == (
        "glibc, x86_64: any serves Python 3.12, for nothing has wheels of its own there\n"
        "  asked for by x86_64-manylinux_2_17 (glibc 2.17, x86_64)\n"
    )
