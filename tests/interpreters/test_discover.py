from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.pythons import PYTHONS, python
from wheelright.interpreters import PythonNotFound, Search, discover, find, list_interpreters

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes programs of shell scripts")


class Notes:
    """A reporter that keeps what is said at `debug`."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def debug(self, text: str) -> None:
        self.said.append(text)


class World:
    """A home, a working directory and folders of Pythons, apart from the real ones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.directory = root / "project"
        self.directory.mkdir()
        self.environ = {"PATH": ""}
        self.notes = Notes()

    def link(self, place: str, version: tuple[int, int]) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(python(*version))
        return path

    def script(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def venv(self, place: str, version: tuple[int, int]) -> Path:
        path = self.root / place
        subprocess.run([python(*version), "-I", "-m", "venv", "--without-pip", path], check=True)
        return path

    def path(self, *folders: str) -> None:
        self.environ["PATH"] = os.pathsep.join(str(self.root / folder) for folder in folders)

    def pyenv(self, *versions: tuple[int, int]) -> None:
        for version in versions:
            real = python(*version)
            name = real.parent.parent.name
            folder = self.root / ".pyenv" / "versions" / name
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.symlink_to(real.parent.parent)
        self.script(".pyenv/shims/python3", "exit 99")
        self.script(".pyenv/shims/python", "exit 99")

    def search(self, *, venvs: bool = True) -> Search:
        return Search(
            environ=self.environ,
            directory=self.directory,
            home=self.root,
            venvs=venvs,
            reporter=self.notes,  # type: ignore[arg-type]
        )

    def find(self, request: str | None = None, required: str | None = None) -> tuple[int, int]:
        return find(request, required, search=self.search()).python


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_first_on_path_wins(world: World) -> None:
    world.link("a/python3", (3, 10))
    world.link("b/python3", (3, 12))
    world.path("none", "a", "b")
    assert world.find() == (3, 10)
    assert world.find(None, ">=3.11") == (3, 12)
    assert world.find("3.12") == (3, 12)


def test_the_name_with_the_version_is_found(world: World) -> None:
    world.link("a/python3", (3, 10))
    world.link("a/python3.12", (3, 12))
    world.link("a/python3.9", (3, 9))
    world.path("a")
    assert world.find() == (3, 10)
    assert world.find("3.9") == (3, 9)
    assert world.find(">=3.11") == (3, 12)


def test_the_name_is_never_the_answer(world: World) -> None:
    world.link("a/python3.12", (3, 9))
    world.path("a")
    with pytest.raises(PythonNotFound) as caught:
        world.find("3.12")
    assert caught.value.details[-1].startswith("Found: CPython 3.9.")


def test_a_name_that_rules_it_out_is_not_run(world: World) -> None:
    world.script("a/python3.8", f"touch {world.root}/ran; exit 1")
    world.link("b/python3", (3, 12))
    world.path("a", "b")
    assert world.find(None, ">=3.11") == (3, 12)
    assert not (world.root / "ran").exists()


def test_a_link_to_a_name_that_rules_it_out_is_not_run(world: World) -> None:
    world.script("real/python3.8", f"touch {world.root}/ran; exit 1")
    (world.root / "a").mkdir()
    (world.root / "a" / "python3").symlink_to(world.root / "real" / "python3.8")
    world.link("b/python3", (3, 12))
    world.path("a", "b")
    assert world.find(None, ">=3.11") == (3, 12)
    assert not (world.root / "ran").exists()


def test_venvs_come_first(world: World) -> None:
    world.link("a/python3", (3, 10))
    world.path("a")
    world.venv("project/.venv", (3, 12))
    assert world.find() == (3, 12)
    world.environ["VIRTUAL_ENV"] = str(world.venv("active", (3, 11)))
    assert world.find() == (3, 11)
    assert world.find("3.12") == (3, 12)
    assert find(search=world.search(venvs=False)).python == (3, 10)


def test_a_broken_shim_is_passed_over_with_a_word(world: World) -> None:
    shim = world.script("a/python3", "echo 'not installed' >&2; exit 1")
    world.link("b/python3", (3, 12))
    world.path("a", "b")
    assert world.find() == (3, 12)
    assert world.notes.said == [
        (
            f"The Python at `{shim}` cannot be used: "
            "it ended with code 1 and said `not installed`; passed over"
        )
    ]


def test_pyenv_shims_stand_for_what_pyenv_selects(world: World) -> None:
    world.pyenv((3, 9), (3, 10), (3, 12))
    world.path(".pyenv/shims")
    (world.root / ".pyenv" / "version").write_text("3.10\n", encoding="utf-8")
    assert world.find() == (3, 10)
    (world.directory / ".python-version").write_text("3.9\n", encoding="utf-8")
    assert world.find() == (3, 9)
    world.environ["PYENV_VERSION"] = "9.9.9:3.12"
    assert world.find() == (3, 12)
    assert world.notes.said == ["pyenv selects `9.9.9`, which is not installed; passed over"]


def test_every_version_of_pyenv_is_found_newest_first(world: World) -> None:
    world.pyenv((3, 9), (3, 10), (3, 12))
    assert world.find() == (3, 12)
    assert world.find("<3.12") == (3, 10)
    world.environ["PYENV_ROOT"] = str(world.root / "elsewhere")
    with pytest.raises(PythonNotFound):
        world.find()


def test_pythons_of_uv_are_found(world: World) -> None:
    real = python(3, 11)
    folder = world.root / ".local/share/uv/python/cpython-3.11.7-linux-x86_64-gnu"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(real.parent.parent)
    assert world.find() == (3, 11)
    assert world.find("cpython-3.11") == (3, 11)


def test_a_place_is_taken_as_it_is(world: World) -> None:
    world.path("a")
    world.link("a/mine", (3, 9))
    venv = world.venv("env", (3, 10))
    assert world.find("mine") == (3, 9)
    assert world.find(str(world.root / "a" / "mine")) == (3, 9)
    assert world.find("../env") == (3, 10)
    assert world.find(str(venv / "bin" / "python")) == (3, 10)
    assert find(str(venv), search=world.search()).is_venv


def test_one_installation_is_listed_once(world: World) -> None:
    for place in ("a/python3", "a/python", "a/python3.12", "b/python3"):
        world.link(place, (3, 12))
    world.link("b/python3.9", (3, 9))
    world.path("a", "b")
    world.venv("project/.venv", (3, 9))
    found = discover(search=world.search())
    assert [(one.python, one.is_venv) for one in found] == [
        ((3, 9), True),
        ((3, 12), False),
        ((3, 9), False),
    ]
    assert [one.python for one in discover("3.12", search=world.search())] == [(3, 12)]
    listed = list_interpreters(search=world.search())
    assert [one.python for one in listed] == [(3, 12), (3, 9), (3, 9)]


def test_all_real_pythons_are_listed(world: World) -> None:
    world.pyenv(*(version for version in PYTHONS if version >= (3, 6)))
    listed = [one.python for one in list_interpreters(search=world.search())]
    assert listed == sorted((v for v in PYTHONS if v >= (3, 8)), reverse=True)


def test_the_error_says_what_was_asked_looked_for_and_found(world: World) -> None:
    first = world.link("a/python3", (3, 10))
    shim = world.script("a/python", "exit 4")
    named = world.link("a/python3.9", (3, 9))
    world.path("a")
    with pytest.raises(PythonNotFound) as caught:
        find("3.12", ">=3.11", search=world.search(), origin=".python-version")
    version = python(3, 10).parent.parent.name
    assert caught.value.message == "No Python found meets `3.12` and `requires-python` `>=3.11`"
    assert caught.value.where == ".python-version"
    assert caught.value.details == (
        "Looked in: PATH (1 folder)",
        f"Found: CPython {version} at `{first}`",
        f"Found: Python 3.9, by its name, at `{named}`",
        f"The Python at `{shim}` cannot be used: it ended with code 4",
    )
    assert caught.value.hints == (
        "Install a Python that meets `3.12`, or name one with `--python PATH`",
    )
    assert caught.value.exit_code == 1


def test_the_error_where_there_is_none_at_all(world: World) -> None:
    with pytest.raises(PythonNotFound) as caught:
        world.find()
    assert caught.value.message == "No usable Python was found"
    assert caught.value.details == ("Looked in: PATH (0 folders)", "Found: none")
    assert caught.value.hints == ("Install a Python, or name one with `--python PATH`",)


def test_a_request_outside_requires_python_says_so(world: World) -> None:
    with pytest.raises(PythonNotFound) as caught:
        world.find("3.9", ">=3.11")
    assert caught.value.hints == ("`3.9` lies outside `requires-python`; change one of them",)


def test_a_place_that_does_not_fit(world: World) -> None:
    path = world.link("mine", (3, 9))
    version = python(3, 9).parent.parent.name
    with pytest.raises(PythonNotFound) as caught:
        world.find("../mine", ">=3.11")
    assert caught.value.message == (
        f"The Python at `../mine` is CPython {version}, but `requires-python` is `>=3.11`"
    )
    assert caught.value.details == (f"Found: CPython {version} at `{path}`",)


def test_a_name_that_is_not_on_path(world: World) -> None:
    with pytest.raises(PythonNotFound) as caught:
        world.find("nonesuch")
    assert caught.value.message == "No usable Python named `nonesuch` is on PATH"
    assert caught.value.hints == ("Name another with `--python`, by its version or its path",)


def test_a_python_too_old_to_be_managed(world: World) -> None:
    world.link("old", (3, 7))
    with pytest.raises(PythonNotFound) as caught:
        world.find("../old")
    version = python(3, 7).parent.parent.name
    assert caught.value.message == (
        f"The Python at `../old` is CPython {version}; only 3.8 and newer can be managed"
    )


ANSWER = """cat <<'END'
{"executable": "%(path)s", "version": "%(version)s", "implementation": "%(implementation)s",
"prefix": "/x", "base_prefix": "/x", "base_executable": "/x/python",
"system": ["linux", "x86_64", [["glibc", [2, 36]]], null],
"pointer_size": 64, "free_threaded": %(threads)s,
"debug": false, "extension_suffix": ".pypy310-pp73-x86_64-linux-gnu.so",
"externally_managed": false, "is_venv": false, "refused_glibc": [], "paths": {"purelib": "/x",
"platlib": "/x", "scripts": "/x", "include": "/x", "data": "/x", "stdlib": "/x"},
"marker_values": {"platform_machine": "x86_64"}}
END"""


def _fake(
    world: World,
    place: str,
    version: str,
    implementation: str = "cpython",
    *,
    free_threaded: bool = False,
) -> None:
    values = {
        "path": world.root / place,
        "version": version,
        "implementation": implementation,
        "threads": str(free_threaded).lower(),
    }
    world.script(place, (ANSWER % values).replace('\n"', ' "'))


def test_ordinary_pythons_are_preferred(world: World) -> None:
    _fake(world, "a/python3", "3.14.0rc1")
    _fake(world, "b/python3", "3.10.14", "pypy")
    _fake(world, "c/python3", "3.13.0", free_threaded=True)
    _fake(world, "d/python3", "3.12.1")
    world.path("a", "b", "c")
    world.environ["PATH"] += os.pathsep + "/bin"
    search = world.search()
    assert find(search=search, requires_python=">=3.13").version == "3.14.0rc1"
    assert find("3.14", search=search).version == "3.14.0rc1"
    assert find("pypy", search=search).abi == "pypy310_pp73"
    assert find("3.13t", search=search).free_threaded
    with pytest.raises(PythonNotFound):
        find("==3.13.*", search=search)
    world.path("a", "b", "c", "d")
    world.environ["PATH"] += os.pathsep + "/bin"
    assert find(search=world.search()).version == "3.12.1"
