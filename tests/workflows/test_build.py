"""``wheelright build``: what is made, where, and what its tags say."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.native_trees import THREADS, fake_compiler, native_files, needs_compiler
from support.wheels import sdist_files, write_project
from support.workbench import lines

if TYPE_CHECKING:
    from support.workbench import Workbench

ARCH = platform.machine()
ABI = f"cp3{sys.version_info.minor}"


def dist(bench: Workbench, folder: str = "dist") -> list[str]:
    return sorted(path.name for path in (bench.project / folder).iterdir())


@pytest.fixture
def plain(bench: Workbench) -> Workbench:
    write_project(bench.project, sdist_files("app", "1.0"))
    return bench


def test_an_sdist_and_of_that_a_wheel(plain: Workbench) -> None:
    answer = plain.ok("build")
    assert dist(plain) == ["app-1.0-py3-none-any.whl", "app-1.0.tar.gz"]
    sizes = [(plain.project / "dist" / name).stat().st_size for name in reversed(dist(plain))]
    assert answer.err.splitlines()[:2] == [
        "note: building the sdist of `app`",
        "note: building the wheel of `app` for this machine ([MACHINE])",
    ]
    assert answer.err.splitlines()[2:] == [
        f"+ dist/app-1.0.tar.gz ({sizes[0] / 1024:.1f} KiB)",
        f"+ dist/app-1.0-py3-none-any.whl ({sizes[1]} B, fits every platform)",
        "Built 2 files in [TIME]",
    ]


def test_a_project_that_states_no_name_is_called_as_its_sdist(plain: Workbench) -> None:
    plain.pyproject.write_text(plain.pyproject.read_text().partition("[project]")[0])
    plain.ok("build --sdist")
    answer = plain.ok("build dist/app-1.0.tar.gz")
    assert answer.err.splitlines()[0] == (
        "note: building the wheel of `app` for this machine ([MACHINE])"
    )


def test_only_one_of_them(plain: Workbench) -> None:
    plain.ok("build --sdist -o one")
    plain.ok("build --wheel --out two")
    assert (dist(plain, "one"), dist(plain, "two")) == (
        ["app-1.0.tar.gz"],
        ["app-1.0-py3-none-any.whl"],
    )


def test_the_wheel_of_a_given_sdist_lies_beside_it(plain: Workbench) -> None:
    plain.ok("build --sdist")
    plain.ok("build dist/app-1.0.tar.gz")
    assert dist(plain) == ["app-1.0-py3-none-any.whl", "app-1.0.tar.gz"]
    answer = plain("build dist/app-1.0.tar.gz --sdist")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: an sdist is given, of which only a wheel can be built",
            "  in [PROJECT]/dist/app-1.0.tar.gz",
            "hint: leave `--sdist` out",
        ),
    )


def test_as_a_document(plain: Workbench) -> None:
    document = json.loads(plain.ok("build --wheel --output-format json").out)
    assert document["schema"] == 1
    (made,) = document["files"]
    assert made.pop("size") > 0
    assert len(made.pop("sha256")) == 64
    assert made.pop("target").startswith(f"{ARCH}-")
    assert made == {
        "path": "[PROJECT]/dist/app-1.0-py3-none-any.whl",
        "name": "app-1.0-py3-none-any.whl",
        "kind": "wheel",
        "floor": None,
        "needs": [],
    }


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        (
            "build nowhere",
            2,
            [
                "error: there is neither a directory nor an sdist to build",
                "  in [PROJECT]/nowhere",
                "hint: give a directory with a `pyproject.toml`, or an sdist",
            ],
        ),
        (
            "build empty",
            1,
            [
                (
                    "error: `empty` cannot be built: there is neither a `pyproject.toml` nor a"
                    " `setup.py`"
                ),
                "  in [PROJECT]/empty",
                "hint: check that the path is the root of a Python project",
            ],
        ),
        (
            "build -C seen",
            2,
            [
                "error: `seen` is no config setting",
                "  in --config-setting",
                "hint: write `KEY=VALUE`",
            ],
        ),
    ],
)
def test_what_cannot_be_built(plain: Workbench, line: str, code: int, expected: list[str]) -> None:
    (plain.project / "empty").mkdir()
    answer = plain(line)
    shown = [one for one in answer.err.splitlines() if not one.startswith("note: ")]
    assert (answer.code, shown) == (code, expected)


def test_an_unknown_target(plain: Workbench) -> None:
    answer = plain("build --for x86_64-manylinux_2")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: `x86_64-manylinux_2` is neither a declared target nor the name of a platform\n"
    )
    assert not (plain.project / "dist").exists()


@needs_compiler
def test_one_wheel_for_each_target(bench: Workbench) -> None:
    write_project(bench.project, native_files("native", "1.0"))
    manifest = bench.project / "pyproject.toml"
    manifest.write_text(
        manifest.read_text()
        + f'[tool.wheelright]\ntargets = ["plc"]\n[tool.wheelright.target.plc]\n'
        f'platform = "{ARCH}-manylinux_2_28"\n'
    )
    log = fake_compiler(bench.index, bench.root / "compiled.txt")
    document = json.loads(
        bench.ok(f"build --wheel --for plc,{ARCH}-manylinux_2_17,native --output-format json").out
    )
    made = [(one["target"], one["floor"] is not None) for one in document["files"]]
    assert made[:2] == [("plc", True), (f"{ARCH}-manylinux_2_17", True)]
    assert f"-target {ARCH}-linux-gnu.2.28 " in log.read_text()
    assert f"-target {ARCH}-linux-gnu.2.17 " in log.read_text()
    assert all(name.startswith(f"native-1.0-{ABI}-{ABI}-manylinux_2_") for name in dist(bench))
    with zipfile.ZipFile(bench.project / "dist" / dist(bench)[0]) as archive:
        assert "native-1.0.dist-info/wheelright-build.json" in archive.namelist()


@needs_compiler
def test_a_wheel_that_does_not_serve_is_not_delivered(bench: Workbench) -> None:
    write_project(bench.project, native_files("native", "1.0", THREADS))
    fake_compiler(bench.index, bench.root / "compiled.txt")
    answer = bench(f"build --wheel --for {ARCH}-musllinux_1_2")
    assert answer.code == 1
    assert f"needs glibc, {ARCH}-musllinux_1_2 has musl\n" in answer.err
    assert dist(bench) == []


def test_members_of_a_workspace(bench: Workbench) -> None:
    for name in ("core", "lib"):
        write_project(bench.project / "packages" / name, sdist_files(name, "1.0"))
    bench.write(more='[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    bench.ok("build --package core --wheel")
    assert dist(bench) == ["core-1.0-py3-none-any.whl"]
    bench.ok("build --all-packages --wheel")
    assert dist(bench) == ["core-1.0-py3-none-any.whl", "lib-1.0-py3-none-any.whl"]
    answer = bench("build --package cor")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the workspace has no member `cor`",
            "  its members are `app`, `core`, `lib`",
            "hint: did you mean `core`?",
        ),
    )


def test_without_isolation_the_venv_of_the_project_builds(bench: Workbench) -> None:
    tree = sdist_files("app", "1.0", build_requires=["helper"])
    tree["in_tree_backend.py"] = b"import helper\n" + tree["in_tree_backend.py"]
    write_project(bench.project, tree)
    answer = bench("build --wheel --no-build-isolation")
    assert answer.code == 1
    assert answer.err.splitlines()[1:] == [
        "error: the build backend `in_tree_backend` of `app` could not be imported",
        "  in [PROJECT]",
        "  ModuleNotFoundError: No module named 'helper'",
        "hint: without build isolation, what it requires must be installed already: `helper`",
    ]
    bench.index.add("helper", "1.0")
    bench.ok("venv")
    bench.ok("pip install -p .venv helper")
    bench.ok("build --wheel --no-build-isolation")
    assert dist(bench) == ["app-1.0-py3-none-any.whl"]
