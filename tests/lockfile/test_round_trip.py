"""Laws of writing and reading: nothing is lost, nothing depends on order, two ways are one."""

from __future__ import annotations

import random
import sys
import tomllib
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from packaging.pylock import Pylock

from support.locks import file, inputs, lock, locks, package
from wheelright.lockfile import Lock, LockedPackage, LockInputs, canonical, dumps, loads, read_lock

if TYPE_CHECKING:
    from wheelright.store.file import File

PATH = Path("/project/pylock.toml")
reader = sys.modules["wheelright.lockfile.read"]


@settings(max_examples=40)
@given(locks)
def test_what_is_written_is_read_back(any_lock: Lock) -> None:
    assert loads(dumps(any_lock), PATH) == canonical(any_lock)


@settings(max_examples=40)
@given(locks)
def test_what_is_read_is_written_back(any_lock: Lock) -> None:
    text = dumps(any_lock)
    assert dumps(loads(text, PATH)) == text


@settings(max_examples=40)
@given(locks)
def test_canonical_twice_is_canonical_once(any_lock: Lock) -> None:
    once = canonical(any_lock)

    assert canonical(once) is once
    assert canonical(replace(once)) == once


@settings(max_examples=40)
@given(locks, st.randoms(use_true_random=False))
def test_the_order_of_anything_does_not_show(any_lock: Lock, chance: Random) -> None:
    def shuffled(items: Any) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    entries = tuple(
        replace(
            entry,
            wheels=shuffled(entry.wheels),
            dependencies=shuffled(entry.dependencies),
            requires=shuffled(entry.requires),
            extras=shuffled(entry.extras),
        )
        for entry in any_lock.packages
    )
    other = replace(
        any_lock,
        packages=shuffled(entries),
        extras=shuffled(any_lock.extras),
        groups=shuffled(any_lock.groups),
    )
    assert dumps(other) == dumps(any_lock)


@settings(max_examples=40)
@given(locks)
def test_the_quick_way_reads_what_tomllib_reads(any_lock: Lock) -> None:
    text = dumps(any_lock)
    plain = reader._reading(tomllib.loads(text), PATH)
    assert read_lock(text, PATH) == plain


@settings(max_examples=40)
@given(inputs)
def test_a_digest_belongs_to_its_inputs(some: Any) -> None:
    text = dumps(lock(inputs=some))
    assert loads(text, PATH).intact
    assert not loads(text.replace('digest = "sha256:', 'digest = "sha256:0'), PATH).intact


def test_the_quick_way_is_taken_for_our_own_files() -> None:
    names = [f"a-1.0-cp312-cp312-manylinux_2_{number}_x86_64.whl" for number in range(5, 35)]
    wheels = tuple(file(name, size=5, uploaded="2024-01-01T00:00:00Z") for name in names)
    text = dumps(lock(LockedPackage("a", "1.0", wheels=wheels)))
    data = reader._parse_quickly(text)
    assert tuple(sorted(wheels, key=lambda wheel: wheel.name)) == data["packages"][0]["wheels"]


def test_a_line_the_quick_way_cannot_be_sure_of_goes_the_plain_way() -> None:
    text = dumps(lock(LockedPackage("a", "1.0", wheels=(file("a-1.0-py3-none-any.whl"),))))
    for tricky in (
        text.replace("wheels = [", "wheels = [ # 0e-99"),
        text + 'x = """\n    { name = "b", url = "c", hashes = { sha256 = "00" } },\n"""\n',
    ):
        assert loads(tricky, PATH) == loads(text, PATH)


def test_local_files_are_written_relative_to_the_lock(tmp_path: Path) -> None:
    inside, beside = tmp_path / "app" / "dist", tmp_path / "wheels"
    wheels = (
        replace_url(file("a-1.0-py2-none-any.whl"), inside),
        replace_url(file("a-1.0-py3-none-any.whl"), beside),
    )
    written = dumps(lock(LockedPackage("a", "1.0", wheels=wheels)), tmp_path / "app")
    assert 'path = "dist/a-1.0-py2-none-any.whl"' in written
    assert 'path = "../wheels/a-1.0-py3-none-any.whl"' in written
    assert str(tmp_path) not in written
    assert loads(written, tmp_path / "app" / "pylock.toml").packages[0].wheels == wheels


def test_local_files_far_from_the_lock_keep_their_url(tmp_path: Path) -> None:
    wheel = replace_url(file("a-1.0-py3-none-any.whl"), tmp_path / "far")
    written = dumps(lock(LockedPackage("a", "1.0", wheels=(wheel,))), tmp_path / "x" / "y" / "app")
    assert f'url = "{wheel.url}"' in written


def replace_url(wheel: Any, folder: Path) -> File:
    return type(wheel)(wheel.name, (folder / wheel.name).as_uri(), wheel.hashes)


def test_credentials_are_never_written() -> None:
    secret = "https://user:secret@index.example.org/simple"
    wheel = type(file("x"))("a-1.0-py3-none-any.whl", secret + "/a", {"sha256": "00"})
    text = dumps(lock(package("a", index=secret, wheels=(wheel,))))
    assert "secret" not in text
    assert "user" not in text
    assert 'index = "https://index.example.org/simple"' in text


def test_packaging_accepts_a_lock_of_many_shapes() -> None:
    entries = [package(f"p{number}", requires_python=">=3.8") for number in range(30)]
    random.Random(0).shuffle(entries)
    text = dumps(
        lock(
            *entries,
            requires_python=">=3.9",
            extras=("web",),
            groups=("dev",),
            environments=("sys_platform == 'linux'",),
            inputs=LockInputs(project="app", targets={"plc": "x86_64-manylinux_2_17"}),
        )
    )
    parsed = Pylock.from_dict(tomllib.loads(text))
    parsed.validate()
    assert len(parsed.packages) == 30
