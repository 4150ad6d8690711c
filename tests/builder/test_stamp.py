"""Built wheels measured and stamped."""

from __future__ import annotations

import base64
import csv
import hashlib
import time
import zipfile
from pathlib import Path

import pytest

from support.wheels import make_wheel
from wheelright.builder import (
    BuildTarget,
    measure_wheel,
    misfit,
    misfit_in_tree,
    stamp_wheel,
)
from wheelright.builder.stamp import DETAILS
from wheelright.outside.reporting import Silent
from wheelright.store import File, Store
from wheelright.targets.platform import parse_platform

BINARIES = Path(__file__).parents[1] / "targets" / "needs" / "binaries"
MODULE = "demo/_x.cpython-311-x86_64-linux-gnu.so"


def here(platform: str = "x86_64-manylinux_2_36") -> BuildTarget:
    return BuildTarget(parse_platform(platform))


def plc(platform: str) -> BuildTarget:
    return BuildTarget(parse_platform(platform), "plc")


def wheel(folder: Path, tag: str, binary: str | None = None, path: str = MODULE) -> Path:
    """Write a wheel with one of the binaries that tests keep."""
    held: dict[str, str | bytes] = {"demo/__init__.py": "", "demo/a,b.txt": "odd name"}
    if binary is not None:
        held[path] = (BINARIES / binary).read_bytes()
    name, data = make_wheel("demo", "1.0", tag=tag, files=held)
    (folder / name).write_bytes(data)
    return folder / name


def stamped(path: Path, target: BuildTarget, details: bytes | None = None) -> str:
    return stamp_wheel(path, measure_wheel(path, target), details).name


def test_a_floor_is_measured_and_stamped(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64", "glibc_x86_64.so")
    measured = measure_wheel(built, here())
    final = stamp_wheel(built, measured)
    assert final.name == "demo-1.0-cp311-cp311-manylinux_2_5_x86_64.whl"
    assert measured.floor == parse_platform("x86_64-manylinux_2_5")
    assert sorted(path.name for path in tmp_path.iterdir()) == [final.name]
    with zipfile.ZipFile(final) as archive:
        text = archive.read("demo-1.0.dist-info/WHEEL").decode()
        assert "Tag: cp311-cp311-manylinux_2_5_x86_64\n" in text

        assert "Tag: cp311-cp311-linux_x86_64" not in text


def test_record_holds_for_every_file_afterwards(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64", "glibc_x86_64.so")
    final = stamp_wheel(built, measure_wheel(built, here()), b'{"project": "demo"}\n')
    with zipfile.ZipFile(final) as archive:
        rows = list(csv.reader(archive.read("demo-1.0.dist-info/RECORD").decode().splitlines()))
        assert {row[0] for row in rows} == set(archive.namelist())
        for path, digest, size in rows:
            if path.endswith("/RECORD"):
                assert (digest, size) == ("", "")
                continue
            data = archive.read(path)
            expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            assert (digest, size) == (f"sha256={expected.decode()}", str(len(data)))
        assert archive.read(f"demo-1.0.dist-info/{DETAILS}") == b'{"project": "demo"}\n'


def test_the_store_takes_what_was_stamped(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64", "glibc_x86_64.so")
    final = stamp_wheel(built, measure_wheel(built, here()), b"{}")
    data = final.read_bytes()
    store = Store(tmp_path / "store", Silent())
    file = File(final.name, final.as_uri(), {"sha256": hashlib.sha256(data).hexdigest()})
    assert store.add(file, [data]).tags == ("cp311-cp311-manylinux_2_5_x86_64",)


def test_a_pure_wheel_stays_as_it_is(tmp_path: Path) -> None:
    built = wheel(tmp_path, "py3-none-any")
    before = built.read_bytes()
    measured = measure_wheel(built, plc("windows"))
    assert measured.pure
    assert stamp_wheel(built, measured) == built
    assert built.read_bytes() == before
    assert misfit(measured, plc("windows")) is None


def test_a_wheel_that_says_any_and_holds_a_module_says_what_it_needs(tmp_path: Path) -> None:
    built = wheel(tmp_path, "py3-none-any", "glibc_x86_64.so")
    assert stamped(built, here()) == "demo-1.0-py3-none-manylinux_2_5_x86_64.whl"


def test_what_needs_no_machine_code_fits_the_oldest_of_its_kind(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64")
    assert stamped(built, plc("x86_64-manylinux_2_28")) == (
        "demo-1.0-cp311-cp311-manylinux_2_5_x86_64.whl"
    )


def test_on_this_machine_it_keeps_what_its_backend_said(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64")
    assert stamped(built, here()) == "demo-1.0-cp311-cp311-linux_x86_64.whl"


def test_musl_is_stamped_as_such(tmp_path: Path) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64", "musl_x86_64.so")
    measured = measure_wheel(built, plc("x86_64-musllinux_1_2"))
    assert measured.tag == "musllinux_1_2_x86_64"
    assert misfit(measured, plc("x86_64-musllinux_1_2")) is None


@pytest.mark.parametrize(
    ("binary", "platform", "expected"),
    [
        (
            "glibc_relr.so",
            "x86_64-manylinux_2_17",
            "`_x.cpython-311-x86_64-linux-gnu.so` needs GLIBC_ABI_DT_RELR, plc has 2.17",
        ),
        (
            "glibc_random.so",
            "x86_64-manylinux_2_17",
            "`_x.cpython-311-x86_64-linux-gnu.so` needs GLIBC_2.25, plc has 2.17",
        ),
        (
            "glibc_x86_64.so",
            "x86_64-musllinux_1_2",
            "`_x.cpython-311-x86_64-linux-gnu.so` needs glibc, plc has musl",
        ),
        (
            "glibc_aarch64.so",
            "x86_64-manylinux_2_28",
            "`_x.cpython-311-x86_64-linux-gnu.so` is for Linux aarch64, plc is Linux x86_64",
        ),
        ("glibc_x86_64.so", "x86_64-manylinux_2_17", None),
    ],
)
def test_what_does_not_serve_says_file_symbol_and_version(
    tmp_path: Path, binary: str, platform: str, expected: str | None
) -> None:
    built = wheel(tmp_path, "cp311-cp311-linux_x86_64", binary)
    target = plc(platform)
    assert misfit(measure_wheel(built, target), target) == expected


def test_modules_that_an_editable_build_leaves_in_its_tree_are_read(tmp_path: Path) -> None:
    target = plc("x86_64-manylinux_2_17")
    for folder in ("src", ".venv", "build"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "_x.abi3.so").write_bytes((BINARIES / "glibc_random.so").read_bytes())
    assert misfit_in_tree(tmp_path, time.time() + 60, target) is None
    assert misfit_in_tree(tmp_path, 0, target) == "`_x.abi3.so` needs GLIBC_2.25, plc has 2.17"
    (tmp_path / "src" / "_x.abi3.so").unlink()
    assert misfit_in_tree(tmp_path, 0, target) is None


def test_a_compiler_that_names_itself_is_told(tmp_path: Path) -> None:
    data = (BINARIES / "glibc_x86_64.so").read_bytes() + b"\0GCC: (Debian 12.2.0-14) 12.2.0\0"
    files: dict[str, str | bytes] = {MODULE: data}
    name, whole = make_wheel("demo", "1.0", tag="cp311-cp311-linux_x86_64", files=files)
    (tmp_path / name).write_bytes(whole)
    measured = measure_wheel(tmp_path / name, here())
    assert "GCC: (Debian 12.2.0-14) 12.2.0" in measured.compilers
