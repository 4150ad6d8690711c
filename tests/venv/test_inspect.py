"""Reading venvs, made by us or by others, whole or damaged."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.venvs import put_wheel, this_interpreter
from wheelright.venv import BrokenVenv, Installed, Venv, find_venv, list_installed
from wheelright.venv.inspect import read_record_paths
from wheelright.venv.place import Placer

if TYPE_CHECKING:
    from wheelright.store import Store


def _dist_info(venv: Venv, name: str, **files: str) -> Path:
    folder = Path(venv.site_packages) / name
    folder.mkdir()
    for base, text in {"METADATA": "", "RECORD": "", **files}.items():
        (folder / base).write_text(text)
    return folder


def test_a_venv_of_the_standard_library(tmp_path: Path) -> None:
    path = tmp_path / "std"
    python = str(this_interpreter().executable)
    subprocess.run([python, "-m", "venv", "--without-pip", str(path)], check=True)
    venv = find_venv(path)
    assert venv is not None
    code = "import sysconfig; print(sysconfig.get_path('purelib'), sysconfig.get_path('scripts'))"
    done = subprocess.run([venv.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [venv.site_packages, venv.scripts]
    assert venv.version == this_interpreter().version


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "its `pyvenv.cfg` names no Python"),
        (b"home = /usr/bin\nversion = what\n", "its `pyvenv.cfg` names no Python"),
        (b"version = 3.12.1\n", "its `pyvenv.cfg` names no Python"),
        (b"\xff\xfe", "its `pyvenv.cfg` is not UTF-8 text"),
    ],
)
def test_a_pyvenv_cfg_that_makes_no_sense(venv: Venv, text: bytes, why: str) -> None:
    Path(venv.path, "pyvenv.cfg").write_bytes(text)
    with pytest.raises(BrokenVenv) as caught:
        find_venv(venv.path)
    assert str(caught.value) == f"the virtual environment `{venv.path}` cannot be used: {why}"
    assert caught.value.hints == (f"make it again with `wheelright venv --clear {venv.path}`",)


def test_an_interpreter_that_is_gone(venv: Venv) -> None:
    python = Path(venv.executable)
    python.unlink()
    python.symlink_to("/nowhere/python")
    with pytest.raises(BrokenVenv, match=r"its interpreter `.*/bin/python` is gone"):
        find_venv(venv.path)


def test_packages_of_other_tools(venv: Venv) -> None:
    _dist_info(
        venv,
        "Some_App-1.0.dist-info",
        INSTALLER="pip\n",
        WHEEL="Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n",
        REQUESTED="",
    )
    url = json.dumps({"url": "file:///src", "dir_info": {"editable": True}})
    _dist_info(venv, "local-2.0.dist-info", **{"direct_url.json": url})
    assert list_installed(venv) == (
        Installed("local", "2.0", "local-2.0.dist-info", None, (), "file:///src", editable=True),
        Installed(
            "some-app",
            "1.0",
            "Some_App-1.0.dist-info",
            "pip",
            ("py2-none-any", "py3-none-any"),
            requested=True,
        ),
    )


def test_junk_is_left_out_and_damage_is_said(venv: Venv) -> None:
    site = Path(venv.site_packages)
    (site / "~pp-1.0.dist-info").mkdir()  # what pip leaves behind when it is interrupted
    (site / "file.dist-info").touch()
    (site / "half-1.0.dist-info").mkdir()
    (site / "lost-1.0.dist-info").mkdir()
    (site / "lost-1.0.dist-info" / "METADATA").touch()
    _dist_info(venv, "odd-1.0.dist-info", **{"direct_url.json": "[1"})
    _dist_info(venv, "unversioned.dist-info")
    assert [(item.name, item.version, item.problem) for item in list_installed(venv)] == [
        ("half", "1.0", "its METADATA and RECORD are missing"),
        ("lost", "1.0", "its RECORD is missing"),
        ("odd", "1.0", None),
        ("unversioned", None, None),
    ]


def test_packages_from_before_dist_infos(venv: Venv) -> None:
    site = Path(venv.site_packages)
    (site / "old-1.0-py3.11.egg-info").mkdir()
    (site / "older-2.0.egg-info").touch()
    (site / "dev.egg-link").write_text("/src/dev\n.")
    assert list_installed(venv) == (
        Installed("dev", None, "dev.egg-link", None, (), "file:///src/dev", editable=True),
        Installed("old", "1.0", "old-1.0-py3.11.egg-info"),
        Installed("older", "2.0", "older-2.0.egg-info"),
    )


def test_files_that_are_missing_are_found_on_request(venv: Venv, store: Store) -> None:
    placer = Placer(venv, "hardlink", pytest.fail)
    for name in ("one", "two", "whole"):
        files = {f"{name}/{base}.py": "" for base in "abc"}
        placer.place(put_wheel(store, name, files=files))
    site = Path(venv.site_packages)
    (site / "one" / "b.py").unlink()
    shutil.rmtree(site / "two")
    assert [item.problem for item in list_installed(venv)] == [None, None, None]
    assert [item.problem for item in list_installed(venv, check_files=True)] == [
        "`one/b.py` is missing",
        "`two/a.py` and 2 more files are missing",
        None,
    ]


def test_paths_of_record(venv: Venv) -> None:
    record = 'a.py,sha256=x,1\n"b,c.py",,\n"q""uote.py",,\n\n'
    _dist_info(venv, "app-1.0.dist-info", RECORD=record)
    (app,) = list_installed(venv)
    assert read_record_paths(venv, app) == ["a.py", "b,c.py", 'q"uote.py']
    shutil.rmtree(Path(venv.site_packages) / app.dist_info)
    assert read_record_paths(venv, app) is None


def test_a_venv_without_site_packages_is_empty(venv: Venv) -> None:
    shutil.rmtree(Path(venv.path) / "lib")
    found = find_venv(venv.path)
    assert found is not None
    assert list_installed(found) == ()
