"""Bytecode in the store: kept only where it is of the source that the store has."""

from __future__ import annotations

import os
import py_compile
import shutil
from pathlib import Path

import pytest

from support.venvs import put_wheel
from wheelright.outside.files import DiskError
from wheelright.outside.reporting import Silent
from wheelright.store import Store, StoredWheel
from wheelright.store.bytecode import find_bytecode, keep_bytecode

PYTHON = "cpython-3.12.1"
SOURCES = {"app/__init__.py": "x = 1\n", "app/more.py": "y = 2\n"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", Silent())


@pytest.fixture
def wheel(store: Store) -> StoredWheel:
    return put_wheel(store, "app", files=SOURCES)


def installed(wheel: StoredWheel, place: Path) -> list[tuple[str, str]]:
    """Put a wheel's files into a folder and compile them; sources and bytecode by their paths."""
    shutil.copytree(wheel.path, place, dirs_exist_ok=True)
    return [
        (path, str(Path(py_compile.compile(str(place / path))).relative_to(place)))
        for path in SOURCES
    ]


def test_what_is_kept_is_found_for_that_python_alone(
    store: Store, wheel: StoredWheel, tmp_path: Path
) -> None:
    assert find_bytecode(wheel, PYTHON) is None
    before = store.size()
    made = installed(wheel, tmp_path / "site")
    assert keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made)
    found = find_bytecode(wheel, PYTHON)
    assert found is not None
    assert found.files == tuple(compiled for _, compiled in made)
    for path in found.files:
        assert Path(found.path, path).read_bytes() == (tmp_path / "site" / path).read_bytes()
    assert find_bytecode(wheel, "cpython-3.12.2") is None
    assert store.size().files == before.files + len(SOURCES) + 1


def test_bytecode_of_another_source_is_not_kept(wheel: StoredWheel, tmp_path: Path) -> None:
    site = tmp_path / "site"
    made = installed(wheel, site)
    (site / "app/more.py").write_text("y = 22\n")  # another size
    py_compile.compile(str(site / "app/more.py"))
    assert keep_bytecode(wheel, PYTHON, str(site), made)
    found = find_bytecode(wheel, PYTHON)
    assert found is not None
    assert found.files == (made[0][1],)


@pytest.mark.parametrize("damage", ["older", "by hash", "short", "missing"])
def test_bytecode_that_does_not_say_what_it_is_of_is_not_kept(
    damage: str, wheel: StoredWheel, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    made = installed(wheel, site)[:1]
    source, compiled = site / made[0][0], site / made[0][1]
    if damage == "older":
        os.utime(source, (1, 1))
        py_compile.compile(str(source))
    elif damage == "by hash":
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), invalidation_mode=mode)
    elif damage == "short":
        compiled.write_bytes(compiled.read_bytes()[:15])
    else:
        compiled.unlink()
    assert keep_bytecode(wheel, PYTHON, str(site), made)
    found = find_bytecode(wheel, PYTHON)
    assert found is not None
    assert found.files == ()


def test_it_goes_with_its_wheel(store: Store, wheel: StoredWheel, tmp_path: Path) -> None:
    made = installed(wheel, tmp_path / "site")
    keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made)
    assert store.prune().files == 0
    store.clean(["app"])
    assert find_bytecode(wheel, PYTHON) is None
    assert not keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made)
    assert store.get(wheel.file) is None
    assert store.size().files == 0


def test_who_comes_second_keeps_what_is_there(wheel: StoredWheel, tmp_path: Path) -> None:
    made = installed(wheel, tmp_path / "site")
    assert keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made)
    assert keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made[:1])
    found = find_bytecode(wheel, PYTHON)
    assert found is not None
    assert len(found.files) == len(SOURCES)


def test_a_store_that_lost_its_place_says_so(wheel: StoredWheel, tmp_path: Path) -> None:
    made = installed(wheel, tmp_path / "site")
    place = Path(wheel.path).parent / "bytecode"
    place.write_text("a file is in the way")
    with pytest.raises(DiskError) as caught:
        keep_bytecode(wheel, PYTHON, str(tmp_path / "site"), made)
    assert str(place) in (caught.value.where or caught.value.message)
    assert find_bytecode(wheel, PYTHON) is None
