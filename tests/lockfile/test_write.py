from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.locks import file, lock, package
from wheelright.lockfile import (
    Archive,
    Edge,
    LocalDirectory,
    Lock,
    LockInputs,
    MissingHashError,
    Vcs,
    dumps,
    loads,
)
from wheelright.lockfile.model import is_utc_time, utc_time
from wheelright.lockfile.write import quoted
from wheelright.store.file import File

DATA = Path(__file__).parent / "data"


def every_shape() -> Lock:
    wheels = (
        file("numpy-2.0-cp312-cp312-win_amd64.whl", size=7, uploaded="2024-07-25T10:59:52.5Z"),
        file("numpy-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", size=9),
    )
    return lock(
        package("app", None, directory=LocalDirectory(".", editable=True)),
        package("tools", None, directory=LocalDirectory("../tools", subdirectory="python")),
        package(
            "numpy",
            "2.0",
            marker="python_full_version >= '3.10' or 'dev' in dependency_groups",
            requires_python=">=3.10",
            index="https://index.example.org/simple",
            wheels=wheels,
            sdist=file("numpy-2.0.tar.gz"),
            extras=("fast",),
            requires=("blas>=1", 'numba; extra == "fast"'),
            dependencies=(Edge("blas", "2.0"), Edge("numba")),
        ),
        package("numpy", "1.26", marker="python_full_version < '3.10'"),
        package("blas", "2.0"),
        package("numba", None, archive=Archive(file("numba.zip", size=5), "lib")),
        package("forge", None, vcs=Vcs("git", "abc123", "https://git.example.org/f", None, "main")),
        requires_python=">=3.9",
        environments=("sys_platform == 'linux'", "sys_platform == 'win32'"),
        extras=("web", "docs"),
        groups=("dev",),
        default_groups=("dev",),
        inputs=LockInputs(
            project="app",
            requires_python=">=3.9",
            requirements=("numpy>=1",),
            extras={"web": ("forge", "blas>=1"), "docs": ()},
            groups={"dev": ("numba",)},
            constraints=("blas<3",),
            resolution="lowest",
            exclude_newer="2025-01-01T00:00:00Z",
            targets={"plc": "x86_64-manylinux_2_17 python >=3.9"},
            sources={"forge": "git https://git.example.org/f main"},
            metadata={"numba==0.1": ("requires-dist blas",)},
        ),
    )


def test_every_shape_is_written_as_the_golden_file() -> None:
    golden = DATA / "pylock.every-shape.toml"
    assert dumps(every_shape()) == golden.read_text(encoding="utf-8")
    assert dumps(loads(golden.read_text(encoding="utf-8"), golden)) == dumps(every_shape())


def test_an_empty_lock() -> None:
    assert dumps(lock(inputs=None)) == (
        'lock-version = "1.0"\ncreated-by = "wheelright"\npackages = []\n'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('a == "b"', "'a == \"b\"'"),
        (r"C:\x", r"'C:\x'"),
        ("both ' and \"", '"both \' and \\""'),
        ("line\nend\t\\", '"line\\nend\\t\\\\"'),
        ("\x00\x7f", '"\\u0000\\u007f"'),
        ("grün", '"grün"'),
    ],
)
def test_strings_take_the_quotes_that_need_no_escapes(text: str, written: str | None) -> None:
    assert quoted(text) == written


@pytest.mark.parametrize(
    ("published", "written"),
    [
        ("2024-07-25T10:59:52Z", "2024-07-25T10:59:52Z"),
        ("2024-07-25T10:59:52.000000Z", "2024-07-25T10:59:52Z"),
        ("2024-07-25T10:59:52.5Z", "2024-07-25T10:59:52.500000Z"),
        ("2024-07-25T12:59:52+02:00", "2024-07-25T10:59:52Z"),
        ("2024-07-25T10:59:52", "2024-07-25T10:59:52Z"),
        ("0001-01-01T00:00:00+10:00", None),
        ("soon", None),
    ],
)
def test_times_are_in_utc(published: str, written: str | None) -> None:
    assert utc_time(published) == written


@given(
    st.datetimes().map(lambda time: f"{time.isoformat()}Z")
    | st.from_regex(r"20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:\d\d(:\d\d)?(\.\d{1,6})?(Z|\+0\d:00)*\Z")
)
def test_a_time_that_is_written_already_is_known_by_its_form(text: str) -> None:
    assert is_utc_time(text) == (utc_time(text) == text)


def test_files_without_a_hash_are_refused_all_at_once() -> None:
    bare = File("a-1.0-py3-none-any.whl", "https://files.example.org/a")
    other = File("b-1.0.tar.gz", "https://files.example.org/b")
    with pytest.raises(MissingHashError) as caught:
        dumps(lock(package("a", wheels=(bare,)), package("b", sdist=other)))
    assert str(caught.value) == (
        "`a-1.0-py3-none-any.whl` cannot be locked, because its hash is not known"
    )
    assert caught.value.details == ("`b-1.0.tar.gz` has no hash either",)
