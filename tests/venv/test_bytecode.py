"""Bytecode of installed packages: made once by the right Python, then shared through the store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from support.pythons import PYTHONS, python
from support.venvs import Listening, put_wheel, this_interpreter, tree_of
from wheelright.interpreters import Search, probe
from wheelright.venv import Venv, create_venv
from wheelright.venv.bytecode import compile_packages
from wheelright.venv.place import Placer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.outside.trees import LinkMode
    from wheelright.store import Store, StoredWheel

APP = {"app/__init__.py": "def where():\n    return where.__code__.co_filename\n"}
TAG = sys.implementation.cache_tag


def install(venv: Venv, wheels: Sequence[StoredWheel], mode: LinkMode = "hardlink") -> Listening:
    """Place wheels and compile them."""
    reporter = Listening()
    placer = Placer(venv, mode, reporter.warn)
    for wheel in wheels:
        placer.place(wheel)
    compile_packages(venv, wheels, placer.mode, reporter)
    return reporter


def without_python(venv: Venv) -> Venv:
    """Describe a venv so that nothing can be compiled for it."""
    return msgspec.structs.replace(venv, executable=sys.executable + "-absent")


def compiled(venv: Venv) -> set[str]:
    """Name the bytecode below site-packages."""
    return {path for path in tree_of(venv.site_packages) if path.endswith(".pyc")}


@pytest.fixture
def other(tmp_path: Path) -> Venv:
    return create_venv(tmp_path / "other" / ".venv", this_interpreter())


@pytest.mark.parametrize("mode", ["hardlink", "copy", "symlink"])
def test_the_second_venv_gets_what_the_first_made(
    mode: LinkMode, venv: Venv, other: Venv, store: Store
) -> None:
    wheel = put_wheel(store, "app", files=APP)
    install(venv, [wheel], mode)
    reporter = install(without_python(other), [wheel], mode)
    assert reporter.debugs == []
    path = f"app/__pycache__/__init__.{TAG}.pyc"
    assert compiled(venv) == compiled(other) == {path}
    shared = Path(other.site_packages, path)
    (kept,) = Path(wheel.path).parent.glob(f"bytecode/*/tree/{path}")
    assert not kept.is_symlink()
    assert shared.is_symlink() == (mode == "symlink")
    assert shared.samefile(kept) == (mode != "copy")


def test_shared_bytecode_is_used_and_speaks_of_its_own_place(
    venv: Venv, other: Venv, store: Store
) -> None:
    wheel = put_wheel(store, "app", files=APP)
    install(venv, [wheel])
    install(other, [wheel])
    program = "import app; print(app.where()); print(app.__spec__.cached)"
    done = subprocess.run(
        [other.executable, "-v", "-c", program], check=True, capture_output=True, text=True
    )
    source = Path(other.site_packages, "app/__init__.py")
    cached = Path(other.site_packages, f"app/__pycache__/__init__.{TAG}.pyc")
    assert done.stdout.splitlines() == [str(source), str(cached)]
    assert f"# {cached} matches {source}" in done.stderr
    assert venv.path.encode() not in cached.read_bytes()


def test_a_source_that_is_edited_is_compiled_anew_by_its_venv_alone(
    venv: Venv, other: Venv, store: Store
) -> None:
    wheel = put_wheel(store, "app", files={"app.py": "x = 1\n"})
    install(venv, [wheel], "copy")
    install(other, [wheel], "copy")
    Path(other.site_packages, "app.py").write_text("x = 'edited'\n")
    for place, expected in ((other, "edited"), (venv, "1")):
        said = subprocess.run(
            [place.executable, "-c", "import app; print(app.x)"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        assert said.strip() == expected


def test_what_two_wheels_bring_is_not_shared(venv: Venv, store: Store) -> None:
    """Both have the same size, and maybe the same time: the bytecode could not be told apart."""
    wheels = [
        put_wheel(store, name, files={"common.py": f"x = '{name}'\n", f"{name}.py": ""})
        for name in ("one", "two")
    ]
    install(venv, wheels)
    assert compiled(venv) == {f"__pycache__/{name}.{TAG}.pyc" for name in ("common", "one", "two")}
    assert not list(Path(wheels[0].path).parent.glob("bytecode"))
    said = subprocess.run(
        [venv.executable, "-c", "import common; print(common.x)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert said.strip() == "two"


def test_what_is_no_python_is_said_and_the_rest_compiled(venv: Venv, store: Store) -> None:
    files = {f"app/{number}.py": "{{ no python }}\n" for number in range(12)}
    wheel = put_wheel(store, "app", files={**files, "b.py": ""})
    reporter = install(venv, [wheel])
    shown = ", ".join(f"`app/{number}.py`" for number in (0, 1, 10, 11, 2, 3, 4, 5, 6, 7))
    assert reporter.debugs == [f"Some files could not be compiled: {shown} and 2 more"]
    assert compiled(venv) == {f"__pycache__/b.{TAG}.pyc"}


def test_a_python_that_does_not_start_is_said(venv: Venv, store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no room >&2\nexit 3\n")
    broken.chmod(0o755)
    wheel = put_wheel(store, "app", files=APP)
    reporter = install(msgspec.structs.replace(venv, executable=str(broken)), [wheel])
    assert reporter.debugs == ["Some files could not be compiled: no room"]
    assert compiled(venv) == set()


def test_many_files_are_compiled_by_several_processes(venv: Venv, store: Store) -> None:
    files = {f"many/m{number}.py": f"x = {number}\n" for number in range(250)}
    reporter = install(venv, [put_wheel(store, "many", files=files)])
    assert reporter.debugs == []
    assert len(compiled(venv)) == 250


def test_bytecode_by_hash_is_made_for_the_venv_that_asks(
    venv: Venv, other: Venv, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = put_wheel(store, "app", files=APP)
    install(venv, [wheel])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    install(other, [wheel])
    flags = [
        int.from_bytes(Path(one.site_packages, path).read_bytes()[4:8], "little")
        for one in (venv, other)
        for path in compiled(one)
    ]
    assert flags == [0, 3]


@pytest.mark.parametrize("version", sorted(one for one in PYTHONS if one >= (3, 8)))
def test_every_python_that_is_managed_can_compile(
    version: tuple[int, int], tmp_path: Path, store: Store
) -> None:
    search = Search(environ={}, directory=tmp_path, home=tmp_path)
    venv = create_venv(tmp_path / "venv", probe(python(*version), search))
    wheel = put_wheel(store, "app", files=APP)
    reporter = install(venv, [wheel])
    assert reporter.debugs == []
    (made,) = compiled(venv)
    assert f".cpython-{version[0]}{version[1]}." in made
    (kept,) = (Path(wheel.path).parent / "bytecode").iterdir()
    assert kept.name == f"cpython-{venv.version}"
