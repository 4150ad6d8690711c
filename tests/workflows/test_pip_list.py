"""``pip list``, ``freeze``, ``show``, ``tree``, ``check`` and ``uninstall``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.wheels import make_sdist, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench


@pytest.fixture
def filled(bench: Workbench) -> Workbench:
    """Install a few packages that require one another."""
    bench.index.add("top", "1.0", requires=["mid>=1", "leaf ; sys_platform == 'nowhere'"])
    bench.index.add("mid", "1.5", requires=["leaf[x]>=2,<3"])
    bench.index.add("leaf", "2.1", requires=["far ; extra == 'x'"], extras={"x": []})
    bench.index.add("far", "0.1")
    bench.ok("venv")
    bench.ok("pip install -p .venv top")
    return bench


def test_lists_what_is_installed(filled: Workbench) -> None:
    assert filled.ok("pip list -p .venv").out == "far   0.1\nleaf  2.1\nmid   1.5\ntop   1.0\n"
    assert filled.ok("pip list -p .venv --exclude far,mid").out == "leaf  2.1\ntop   1.0\n"
    document = json.loads(filled.ok("pip list -p .venv --output-format json").out)
    assert document["packages"][0] == {
        "name": "far",
        "version": "0.1",
        "url": None,
        "editable": False,
    }


def test_lists_a_folder(filled: Workbench) -> None:
    filled.ok("pip install --target out leaf")
    assert filled.ok("pip list --target out").out == "leaf  2.1\n"
    assert filled.ok("pip list --target nowhere").out == ""


def test_freezes_places_as_places(filled: Workbench, tmp_path: Path) -> None:
    name, data = make_wheel("solo", "1.0")
    (tmp_path / name).write_bytes(data)
    archive, data = make_sdist("own", "0.3")
    (tmp_path / archive).write_bytes(data)
    import tarfile

    with tarfile.open(tmp_path / archive) as packed:
        packed.extractall(tmp_path, filter="data")
    tree = tmp_path / archive.removesuffix(".tar.gz")
    filled.ok(f"pip install -p .venv {tmp_path / name} -e {tree}")
    assert filled.ok("pip freeze -p .venv").out == (
        "far==0.1\nleaf==2.1\nmid==1.5\n-e file://[ROOT]/own-0.3\n"
        "solo @ file://[ROOT]/solo-1.0-py3-none-any.whl\ntop==1.0\n"
    )
    assert filled.ok("pip list -p .venv -e").out == "own  0.3  [ROOT]/own-0.3\n"
    assert "own" not in filled.ok("pip freeze -p .venv --exclude-editable").out


def test_shows_a_package(filled: Workbench) -> None:
    answer = filled("pip show -p .venv Leaf nosuch --files")
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert lines[:2] == ["Name: leaf", "Version: 2.1"]
    assert lines[3:6] == ["Installer: wheelright", "Requires:", "Required-by: mid"]
    assert "  leaf/__init__.py" in lines
    assert answer.err == "`nosuch` is not installed\n"
    assert filled("pip show -p .venv nosuch").code == 1


def test_draws_what_depends_on_what(filled: Workbench) -> None:
    assert filled.ok("pip tree -p .venv").out == (
        "top 1.0\n`-- mid 1.5 (>=1)\n    `-- leaf[x] 2.1 (<3,>=2)\n        `-- far 0.1\n"
    )
    assert filled.ok("pip tree -p .venv --depth 1").out == "top 1.0\n`-- mid 1.5 (>=1)\n"
    assert filled.ok("pip tree -p .venv --invert --package leaf").out == (
        "leaf 2.1\n`-- mid 1.5 (<3,>=2)\n    `-- top 1.0 (>=1)\n"
    )


def test_a_circle_is_drawn_once(bench: Workbench) -> None:
    bench.index.add("hen", "1.0", requires=["egg"])
    bench.index.add("egg", "1.0", requires=["hen"])
    bench.ok("pip install --target out hen")
    assert bench.ok("pip tree --target out").out == (
        "egg 1.0\n`-- hen 1.0\n    `-- egg 1.0 (*)\n(*) its dependencies are shown above\n"
    )


def test_checks_that_everything_fits_together(filled: Workbench) -> None:
    answer = filled("pip check -p .venv")
    assert (answer.code, answer.err) == (0, "Checked 4 packages: all fit together\n")
    filled.index.add("leaf", "3.0", requires_python=">=3")
    filled.ok("pip install -p .venv leaf==3.0 --no-deps --refresh")
    filled.ok("pip uninstall -p .venv mid")
    filled.ok("pip install -p .venv mid --no-deps")
    filled.ok("pip uninstall -p .venv far -y")
    answer = filled("pip check -p .venv")
    assert (answer.code, answer.err) == (
        1,
        (
            " ! `mid` 1.5 requires `leaf[x]<3,>=2`, and 3.0 is installed\n"
            "Checked 3 packages: 1 problem\n"
        ),
    )


def test_removes_packages(filled: Workbench) -> None:
    answer = filled.ok("pip uninstall -p .venv Top mid nosuch")
    assert answer.err == (
        "warning: `nosuch` is not installed, so that there is nothing to remove\n"
        " - mid==1.5\n - top==1.0\nRemoved 2 packages in [TIME]\n"
    )
    assert filled.versions() == {"leaf": "2.1", "far": "0.1"}
    answer = filled.ok("pip uninstall -p .venv top -q")
    assert answer.err == "warning: `top` is not installed, so that there is nothing to remove\n"


def test_removes_nothing_in_a_dry_run(filled: Workbench) -> None:
    (filled.project / "going.txt").write_text("leaf==9\n")
    answer = filled.ok("pip uninstall -p .venv -r going.txt --dry-run")
    assert answer.err == " - leaf==2.1\nWould remove 1 package\n"
    assert "leaf" in filled.versions()


def test_a_removal_must_say_what(filled: Workbench) -> None:
    answer = filled("pip uninstall -p .venv")
    assert (answer.code, answer.err) == (
        2,
        (
            "error: `wheelright pip uninstall` was given no package\n"
            "hint: name a package, or a file with `-r FILE`\n"
        ),
    )
