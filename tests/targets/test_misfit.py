from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.platforms import platforms
from wheelright.targets import (
    Platform,
    compatible_tags,
    nearest_wheel,
    parse_platform,
    parse_wheel_name,
    why_not,
)
from wheelright.targets.misfit import misfit

OLD = "x86_64-manylinux_2_17"


def _wheel(tag: str) -> str:
    return f"x-1-{tag}.whl"


@pytest.mark.parametrize(
    ("tag", "name", "kind", "text"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", OLD, "floor", "needs glibc 2.28 or newer"),
        ("cp39-abi3-manylinux_2_34_x86_64", OLD, "floor", "needs glibc 2.34 or newer"),
        (
            "py3-none-musllinux_1_2_x86_64",
            "x86_64-musllinux_1_1",
            "floor",
            "needs musl 1.2 or newer",
        ),
        ("cp312-cp312-macosx_14_0_arm64", "macos", "floor", "needs macOS 14 or newer"),
        (
            "cp312-cp312-macosx_14_0_universal2",
            "macos-13-x86_64",
            "floor",
            "needs macOS 14 or newer",
        ),
        ("cp312-cp312-win_amd64", OLD, "platform", "is for Windows"),
        ("cp312-cp312-manylinux2014_aarch64", OLD, "platform", "is for aarch64"),
        ("cp312-cp312-musllinux_1_2_x86_64", OLD, "platform", "is for musl"),
        ("cp312-cp312-manylinux2014_x86_64", "musl", "platform", "is for glibc"),
        ("cp312-cp312-macosx_11_0_arm64", "macos-13-x86_64", "platform", "is for arm64"),
        (
            "cp312-cp312-linux_x86_64",
            OLD,
            "platform",
            "is tagged `linux_x86_64`, which promises no floor",
        ),
        ("cp312-cp312-plan9_mips", OLD, "platform", "is for `plan9_mips`"),
        ("cp311-cp311-manylinux2014_x86_64", OLD, "python", "is for CPython 3.11"),
        ("cp313-abi3-manylinux2014_x86_64", OLD, "python", "needs CPython 3.13 or newer"),
        ("pp310-pypy310_pp73-manylinux2014_x86_64", OLD, "python", "is for PyPy 3.10"),
        ("py2-none-any", OLD, "python", "is for Python 2"),
        ("py313-none-any", OLD, "python", "needs Python 3.13 or newer"),
        (
            "cp311-cp311-manylinux_2_28_x86_64",
            OLD,
            "python",
            "is for CPython 3.11 and needs glibc 2.28 or newer",
        ),
        ("cp312-cp312t-manylinux2014_x86_64", OLD, "abi", "needs a free-threaded Python"),
        ("cp312-cp312d-manylinux2014_x86_64", OLD, "abi", "has the ABI `cp312d`"),
    ],
)
def test_why_a_wheel_does_not_fit(tag: str, name: str, kind: str, text: str) -> None:
    found = why_not(parse_wheel_name(_wheel(tag)), parse_platform(name), (3, 12))
    assert found is not None
    assert (found.kind, found.text) == (kind, text)


def test_a_free_threaded_python_takes_no_stable_abi() -> None:
    wheel = parse_wheel_name(_wheel("cp39-abi3-manylinux2014_x86_64"))
    found = why_not(wheel, parse_platform(OLD), (3, 13), free_threaded=True)
    assert found is not None
    assert (found.kind, found.text) == ("abi", "needs a Python with the GIL")


def test_the_platform_that_would_fit_is_named() -> None:
    wheel = parse_wheel_name(_wheel("cp312-cp312-manylinux_2_28_x86_64"))
    found = why_not(wheel, parse_platform(OLD), (3, 12))
    assert found is not None
    assert found.platform is not None
    assert wheel in compatible_tags(found.platform, (3, 12))


def test_of_compressed_tags_the_nearest_counts() -> None:
    wheel = parse_wheel_name(_wheel("cp312-cp312-manylinux_2_34_x86_64.manylinux_2_27_x86_64"))
    found = why_not(wheel, parse_platform(OLD), (3, 12))
    assert found is not None
    assert found.tag == "cp312-manylinux_2_27_x86_64"


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (
            [
                "cp312-cp312-manylinux_2_34_x86_64",
                "cp312-cp312-manylinux_2_28_x86_64",
                "cp311-cp311-manylinux_2_17_x86_64",
                "cp312-cp312-win_amd64",
            ],
            "its wheels need glibc 2.28 or newer (nearest: cp312-manylinux_2_28_x86_64)",
        ),
        (
            [
                "cp38-cp38-manylinux2014_x86_64",
                "cp310-cp310-manylinux2014_x86_64",
                "cp39-cp39-manylinux2014_x86_64",
                "cp312-cp312-win_amd64",
            ],
            (
                "its wheels are for CPython 3.8, CPython 3.9 and CPython 3.10 "
                "(nearest: cp310-manylinux2014_x86_64)"
            ),
        ),
        (
            ["cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64"],
            "its wheels are for Windows and macOS (nearest: cp312-win_amd64)",
        ),
        (
            ["cp312-cp312-manylinux2014_aarch64", "cp312-cp312-win_amd64"],
            "its wheels are for aarch64 (nearest: cp312-manylinux2014_aarch64)",
        ),
    ],
)
def test_the_nearest_of_several_speaks_for_all(tags: list[str], text: str) -> None:
    wheels = [parse_wheel_name(_wheel(tag)) for tag in tags]
    found = nearest_wheel(wheels, compatible_tags(parse_platform(OLD), (3, 12)))
    assert found is not None
    assert found.text == text


def test_there_is_no_nearest_where_one_fits_or_none_is_given() -> None:
    tags = compatible_tags(parse_platform(OLD), (3, 12))
    fits = parse_wheel_name(_wheel("py3-none-any"))
    unfit = parse_wheel_name(_wheel("cp312-cp312-win_amd64"))
    assert nearest_wheel([unfit, fits], tags) is None
    assert nearest_wheel([], tags) is None


_part = st.from_regex(r"[a-z]{2,9}[0-9]{0,2}(_[0-9]{1,2}){0,2}(_x86_64)?", fullmatch=True)


@given(_part, _part, _part, platforms(), st.booleans())
def test_every_misfit_has_a_reason(
    python: str, abi: str, tag: str, platform: Platform, free_threaded: bool
) -> None:
    wheel = parse_wheel_name(f"x-1-{python}-{abi}-{tag}.whl")
    tags = compatible_tags(platform, (3, 13), free_threaded=free_threaded)
    found = misfit(wheel, tags)
    assert (found is None) == (tags.rank(wheel) is not None)
    assert found is None or found.text
