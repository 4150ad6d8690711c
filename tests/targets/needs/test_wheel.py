"""The needs of whole wheels: what they hold themselves, what they sum up to, and keeping them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.targets.needs import (
    BinaryNeeds,
    Floor,
    WheelNeeds,
    from_plain,
    is_module,
    read_needs,
    to_plain,
)

BINARIES = Path(__file__).parent / "binaries"


def put(root: Path, **held: str) -> list[str]:
    """Lay out a wheel: paths (`__` for a slash) and the binary, or the text, each is."""
    paths = []
    for key, source in held.items():
        path = key.replace("__", "/").replace("_dot_", ".")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        binary = BINARIES / source
        (root / path).write_bytes(binary.read_bytes() if binary.is_file() else source.encode())
        paths.append(path)
    return paths


def test_only_binaries_are_kept(tmp_path: Path) -> None:
    paths = put(
        tmp_path,
        a__x_dot_so="glibc_random.so",
        a__init_dot_py="import os",
        a__empty_dot_py="no",
        a__z_dot_o="object.o",
    )
    (tmp_path / "a/nothing").write_bytes(b"")
    needs = read_needs(tmp_path, [*paths, "a/nothing"])
    assert [binary.path for binary in needs.binaries] == ["a/x.so"]
    assert needs.arches == ("x86_64",)
    assert needs.versions == ("GLIBC_2.25",)
    assert needs.floors == (Floor("linux", "x86_64", "glibc", (2, 25), "a/x.so"),)
    assert read_needs(tmp_path, paths, ["a/x.so"]) == needs


def test_search_paths_to_other_wheels(tmp_path: Path) -> None:
    paths = put(tmp_path, a__b__x_dot_so="glibc_random.so", a__x_dot_libs__y_dot_so="x")
    (binary,) = read_needs(tmp_path, paths).binaries
    assert binary.search == ("$ORIGIN/../x.libs", "$ORIGIN/../../nvidia/lib")
    assert binary.elsewhere == ("nvidia/lib",)


def test_libraries_in_the_wheel_are_not_outside(tmp_path: Path) -> None:
    paths = put(tmp_path, a__x_dot_so="zlib_private.so")
    assert read_needs(tmp_path, paths).binaries[0].outside == ("libz.so.1",)
    held = read_needs(tmp_path, [*paths, *put(tmp_path, a_dot_libs__libz_dot_so_dot_1="no")])
    assert held.binaries[0].outside == ()


def test_dlls_are_compared_without_case(tmp_path: Path) -> None:
    paths = put(tmp_path, a__x_dot_pyd="windows_x86_64.pyd", a__user32_dot_dll="no")
    assert read_needs(tmp_path, paths).binaries[0].outside == ()


def test_libraries_that_nobody_has() -> None:
    binary = BinaryNeeds(
        "a.so", "elf", "linux", libc="glibc", outside=("libc.so.6", "libpq.so.5", "libGL.so.1")
    )
    assert WheelNeeds((binary,)).outside == (("libpq.so.5", "a.so"),)


def test_code_without_a_libc_counts_with_its_kind(tmp_path: Path) -> None:
    paths = put(tmp_path, a="glibc_random.so", b="program_static", c="macos_universal.so")
    assert read_needs(tmp_path, paths).floors == (
        Floor("linux", "x86_64", "glibc", (2, 25), "a"),
        Floor("macos", "aarch64", None, (11, 0), "c"),
        Floor("macos", "x86_64", None, (10, 13), "c"),
    )


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_needs(tmp_path, ["gone.so"])


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("a/_x.cpython-312-x86_64-linux-gnu.so", True),
        ("a/_x.abi3.so", True),
        ("a/_x.pypy311-pp73-x86_64-linux-gnu.so", True),
        ("a/_x.cp312-win_amd64.pyd", True),
        ("a/_x.pyd", True),
        ("a.libs/libx.so.1", False),
        ("a/_x.cpython-312/readme.txt", False),
    ],
)
def test_names_of_extension_modules(path: str, module: bool) -> None:
    assert is_module(path) is module


texts = st.text(max_size=8)
names = st.lists(texts, max_size=3).map(tuple)
versions = st.one_of(st.none(), st.tuples(st.integers(0, 99), st.integers(0, 99)))
binaries = st.builds(
    BinaryNeeds,
    path=texts,
    format=st.sampled_from(["elf", "mach-o", "pe"]),
    system=st.one_of(st.none(), texts),
    arch=st.one_of(st.none(), texts),
    bits=st.sampled_from([0, 32, 64]),
    big_endian=st.booleans(),
    libc=st.sampled_from([None, "glibc", "musl"]),
    floor=versions,
    own_name=st.one_of(st.none(), texts),
    libraries=names,
    outside=names,
    versions=st.dictionaries(texts, names, max_size=3),
    search=names,
    elsewhere=names,
    private=names,
    fault=st.one_of(st.none(), texts),
)


@given(st.lists(binaries, max_size=4))
def test_plain_data_comes_back_whole(found: list[BinaryNeeds]) -> None:
    needs = WheelNeeds(tuple(found))
    plain = to_plain(needs)
    assert from_plain(plain) == needs
    assert json.loads(json.dumps(plain)) == plain
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plain)) == plain


@pytest.mark.parametrize("plain", [None, [], [0, []], [1, []], [2, [["x", "coff"]]], "text"])
def test_other_data_is_not_measured(plain: object) -> None:
    assert from_plain(plain) is None
