"""A lock narrowed to some machines: entries that apply there, files that fit."""

from __future__ import annotations

import pytest

from support.locks import file, lock, package
from wheelright.lockfile import InvalidLockError, LocalDirectory
from wheelright.lockfile.narrow import Kind, narrow
from wheelright.targets import compatible_tags, marker_values, parse_platform


def kind(platform: str, minor: int = 12) -> Kind:
    parsed = parse_platform(platform)
    return Kind(marker_values(parsed, f"3.{minor}"), compatible_tags(parsed, (3, minor)))


OLD, MAC = kind("x86_64-manylinux_2_17"), kind("macos-12-arm64")
WHEELS = tuple(
    file(f"a-1.0-{tag}.whl")
    for tag in (
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp312-cp312-macosx_11_0_arm64",
    )
)
SDIST = file("a-1.0.tar.gz")
A = package("a", wheels=WHEELS, sdist=SDIST)


@pytest.mark.parametrize(
    ("kinds", "kept", "built"),
    [
        ([OLD], [0], False),
        ([MAC], [3], False),
        ([OLD, MAC], [0, 3], False),
        ([OLD, kind("x86_64-manylinux_2_17", 11)], [0, 2], False),
        ([kind("x86_64-manylinux_2_34")], [0, 1], False),
        ([OLD, kind("x86_64-musllinux_1_2")], [0], True),
        ([kind("windows")], [], True),
    ],
)
def test_files_that_fit_are_kept(kinds: list[Kind], kept: list[int], built: bool) -> None:
    (found,) = narrow(lock(A), kinds, (), ()).packages
    assert found.wheels == tuple(WHEELS[at] for at in kept)
    assert (found.sdist == SDIST) is built


def test_entries_that_apply_are_kept() -> None:
    linux = package("b", marker="sys_platform == 'linux'", wheels=(file("b-1.0-py3-none-any.whl"),))
    extra = package("c", marker="'x' in extras", wheels=(file("c-1.0-py3-none-any.whl"),))
    whole = lock(A, linux, extra, environments=("sys_platform == 'linux'", "os_name == 'nt'"))
    narrowed = narrow(whole, [OLD], ["x"], ())
    assert [(one.name, one.marker) for one in narrowed.packages] == [
        ("a", None),
        ("b", None),
        ("c", "'x' in extras"),
    ]
    assert narrowed.environments == ("sys_platform == 'linux'",)
    assert [one.name for one in narrow(whole, [MAC], (), ()).packages] == ["a"]
    both = narrow(whole, [OLD, MAC], (), ())
    assert [(one.name, one.marker) for one in both.packages][1:] == [("b", linux.marker)]


def test_a_directory_is_kept_as_it_is() -> None:
    tree = package("b", directory=LocalDirectory("."))
    assert narrow(lock(tree), [OLD], (), ()).packages == (tree,)


def test_a_marker_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidLockError) as caught:
        narrow(lock(package("b", marker="nonsense")), [OLD], (), ())
    assert caught.value.message == "`marker` is `nonsense`, which is not a valid marker"
