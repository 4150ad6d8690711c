"""Removing packages: all that is theirs, nothing else, nothing outside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.venvs import put_wheel, tree_of
from wheelright.venv import Installed, PathOutsideVenv, Venv, list_installed
from wheelright.venv.place import Placer
from wheelright.venv.remove import remove_package

if TYPE_CHECKING:
    from wheelright.store import Store


def _only(venv: Venv) -> Installed:
    (installed,) = list_installed(venv)
    return installed


def test_removing_restores_what_was_before(venv: Venv, store: Store) -> None:
    before = tree_of(venv.path)
    folders = {path for path in Path(venv.path).rglob("*") if path.is_dir()}
    files = {
        "app/__init__.py": "",
        "app/deep/er/x.py": "",
        "single.py": "",
        "app-1.0.data/data/share/app/x": "",
        "app-1.0.data/headers/app.h": "",
    }
    Placer(venv, "hardlink", pytest.fail).place(
        put_wheel(store, "app", files=files, scripts={"app": "app:x"})
    )
    compile_all = [venv.executable, "-m", "compileall", "-q", venv.site_packages]
    subprocess.run(compile_all, check=True)
    assert list(Path(venv.site_packages).rglob("*.pyc"))
    remove_package(venv, _only(venv))
    assert tree_of(venv.path) == before
    assert {path for path in Path(venv.path).rglob("*") if path.is_dir()} == folders


def test_what_is_not_listed_stays(venv: Venv, store: Store) -> None:
    placer = Placer(venv, "hardlink", pytest.fail)
    placer.place(put_wheel(store, "app", files={"shared/a.py": "", "b.py": ""}))
    placer.place(put_wheel(store, "other", files={"shared/c.py": ""}))
    cache = Path(venv.site_packages, "__pycache__")
    cache.mkdir()
    (cache / "b.cpython-312.pyc").touch()
    (cache / "bb.cpython-312.pyc").touch()
    remove_package(venv, list_installed(venv)[0])
    found = {path for path in tree_of(venv.site_packages) if ".dist-info" not in path}
    assert found == {"shared/c.py", "__pycache__/bb.cpython-312.pyc"}


@pytest.mark.parametrize("path", ["../../../../victim", "/etc/hostname", "{victim}", "link/victim"])
def test_paths_outside_are_refused_before_anything_is_touched(
    venv: Venv, store: Store, path: str
) -> None:
    outside = Path(venv.path).parent
    victim = outside / "victim"
    victim.write_text("mine")
    path = path.format(victim=victim)
    Path(venv.site_packages, "link").symlink_to(outside)
    Placer(venv, "hardlink", pytest.fail).place(put_wheel(store, "app"))
    record = Path(venv.site_packages, "app-1.0.dist-info", "RECORD")
    record.write_text(f"{record.read_text()}{path},,\n")
    before = tree_of(venv.path)
    with pytest.raises(PathOutsideVenv) as caught:
        remove_package(venv, _only(venv))
    assert str(caught.value) == (
        f"`app` names the path `{path}`, which is outside of the environment"
    )
    assert tree_of(venv.path) == before
    assert victim.read_text() == "mine"


def test_a_link_to_outside_is_removed_not_followed(venv: Venv, store: Store) -> None:
    Placer(venv, "symlink", pytest.fail).place(put_wheel(store, "app"))
    kept = store.size()
    remove_package(venv, _only(venv))
    assert store.size() == kept
    assert not Path(venv.site_packages, "app").exists()


def test_without_record_only_the_dist_info_goes(venv: Venv, store: Store) -> None:
    Placer(venv, "hardlink", pytest.fail).place(put_wheel(store, "app"))
    Path(venv.site_packages, "app-1.0.dist-info", "RECORD").unlink()
    remove_package(venv, _only(venv))
    assert list_installed(venv) == ()
    assert Path(venv.site_packages, "app", "__init__.py").exists()


def test_a_package_that_is_half_gone_can_still_be_removed(venv: Venv, store: Store) -> None:
    files = {f"app/{name}.py": "" for name in "abc"}
    Placer(venv, "hardlink", pytest.fail).place(put_wheel(store, "app", files=files))
    Path(venv.site_packages, "app", "b.py").unlink()
    remove_package(venv, _only(venv))
    assert os.listdir(venv.site_packages) == []  # noqa: PTH208


def test_legacy_packages(venv: Venv) -> None:
    site = Path(venv.site_packages)
    (site / "old").mkdir()
    (site / "old" / "x.py").touch()
    info = site / "old-1.0-py3.11.egg-info"
    info.mkdir()
    (info / "PKG-INFO").touch()
    (info / "installed-files.txt").write_text("../old/x.py\nPKG-INFO\n")
    (site / "single-1.0.egg-info").touch()
    (site / "dev.egg-link").write_text("/src/dev\n.")
    (site / "easy-install.pth").write_text("/src/dev\n/src/other\n")
    for installed in list_installed(venv):
        remove_package(venv, installed)
    assert tree_of(site) == {"easy-install.pth": b"/src/other\n"}
