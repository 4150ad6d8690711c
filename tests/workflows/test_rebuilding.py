"""What is built again, and what is not: `cache-keys`, and a workspace with a bit of everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest

from support.wheels import sdist_files, write_project
from support.workbench import lines, serve
from wheelright.workflows.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.workbench import Workbench

COMPILER = shutil.which("cc")
HEADERS = sysconfig.get_path("include")
NATIVE = """\
[build-system]
requires = []
build-backend = "native"
backend-path = ["."]
[project]
name = "native"
version = "1.0"
[tool.wheelright]
cache-keys = ["native.py", { file = "src/**/*.c" }]
"""
#: Compiles one module in place of setuptools: what is tested is when, not how.
BACKEND = f"""\
import os, subprocess, sysconfig, tempfile, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    python = "cp" + sysconfig.get_config_var("py_version_nodot")
    name = f"native-1.0-{{python}}-{{python}}-{{tag}}.whl"
    module = "_native" + sysconfig.get_config_var("EXT_SUFFIX")
    with tempfile.TemporaryDirectory() as place:
        built = os.path.join(place, module)
        subprocess.run(["cc", "-shared", "-fPIC", "-I{HEADERS}", "src/native.c", "-o", built],
                       check=True)
        with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
            wheel.write(built, module)
            info = "native-1.0.dist-info/"
            wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: native\\n"
                           "Version: 1.0\\n")
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\n"
                           f"Tag: {{python}}-{{python}}-{{tag}}\\n")
            names = (module, info + "METADATA", info + "WHEEL", info + "RECORD")
            wheel.writestr(info + "RECORD", "".join(f"{{one}},,\\n" for one in names))
    return name

build_editable = build_wheel
"""
MODULE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) {{ return PyLong_FromLong({0}); }}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, ""}}, {{0}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "_native", "", -1, methods}};
PyMODINIT_FUNC PyInit__native(void) {{ return PyModule_Create(&module); }}
"""


def git(folder: Path, *args: str) -> None:
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    environ = {
        **dict.fromkeys(names, "a@example.org"),
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(["git", *args], cwd=folder, env=environ, capture_output=True, check=True)


def repository(bench: Workbench) -> str:
    """Make a bare repository with one project, and return its URL."""
    work = write_project(bench.root / "work", sdist_files("remote", "1.0"))
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "first")
    git(bench.root, "clone", "--quiet", "--bare", str(work), "remote.git")
    return (bench.root / "remote.git").as_uri()


@pytest.mark.slow
@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
@pytest.mark.skipif(
    not os.path.exists(f"{HEADERS}/Python.h"),  # noqa: PTH110
    reason="the headers of this Python are missing",
)
def test_exactly_the_changed_member_of_a_workspace_is_built_again(bench: Workbench) -> None:
    packages = bench.project / "packages"
    native = write_project(
        packages / "native",
        {
            "pyproject.toml": NATIVE.encode(),
            "native.py": BACKEND.encode(),
            "src/native.c": MODULE.format(1).encode(),
        },
    )
    write_project(packages / "plain", sdist_files("plain", "1.0", requires=["native"]))
    write_project(packages / "other", sdist_files("other", "1.0", requires=["remote"]))
    near = write_project(bench.root / "near", sdist_files("near", "1.0"))
    more = f"""
[tool.wheelright.workspace]
members = ["packages/*"]
[tool.wheelright.sources]
native = {{ workspace = true }}
remote = {{ git = "{repository(bench)}", branch = "main" }}
near = {{ path = "../near", editable = true }}
"""
    bench.write("plain", "other", "near", more=more)
    bench.ok("sync")
    assert sorted(bench.versions()) == ["native", "near", "other", "plain", "remote"]
    assert bench.ok("sync").err == lines("Nothing to do: 5 packages are as locked")

    (native / "src" / "native.c").write_text(MODULE.format(42))

    assert bench.ok("sync").err == lines(
        " ~ native==1.0: its source changed", "Replaced 1 package in [TIME]"
    )
    assert bench.ok("sync").err == lines("Nothing to do: 5 packages are as locked")
    python = bench.venv / "bin" / "python"
    done = subprocess.run(
        [python, "-c", "import _native; print(_native.answer())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "42\n"

    (near / "src" / "near" / "__init__.py").write_text("changed = True\n")
    assert bench.ok("sync").err == lines("Nothing to do: 5 packages are as locked")
    manifest = packages / "other" / "pyproject.toml"
    manifest.write_text(f"{manifest.read_text()}\n# a remark\n")
    assert bench.ok("sync").err == lines(
        " ~ other==1.0: its source changed", "Replaced 1 package in [TIME]"
    )


# -- what a mark depends on


def tree(root: Path, keys: str) -> Path:
    """Write a project with these `cache-keys`."""
    write_project(root, {"src/a.c": b"one", "src/deep/b.h": b"two", "notes.txt": b"three"})
    (root / "pyproject.toml").write_text(
        f'[project]\nname = "tree"\nversion = "1"\n[tool.uv]\ncache-keys = [{keys}]\n'
    )
    return root


def touch(root: Path, path: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{file.read_text() if file.exists() else ''}more")


@pytest.mark.parametrize(
    ("keys", "change", "is_new"),
    [
        ('{ file = "src/**/*.c" }', lambda root: touch(root, "src/a.c"), True),
        ('{ file = "src/**/*.c" }', lambda root: touch(root, "src/new.c"), True),
        ('{ file = "src/**/*.c" }', lambda root: (root / "src/a.c").unlink(), True),
        ('{ file = "src/**/*.c" }', lambda root: touch(root, "src/deep/b.h"), False),
        ('"src/deep/b.h"', lambda root: touch(root, "src/deep/b.h"), True),
        ('"absent.txt"', lambda root: touch(root, "absent.txt"), True),
        ('{ dir = "vendor" }', lambda root: (root / "vendor").mkdir(), True),
        ('{ dir = "src" }', lambda root: touch(root, "src/new.c"), False),
        ('"src/a.c"', lambda root: touch(root, "setup.py"), True),
    ],
)
@pytest.mark.parametrize("editable", [True, False])
def test_files_and_folders(
    tmp_path: Path, keys: str, change: Callable[[Path], object], *, is_new: bool, editable: bool
) -> None:
    root = tree(tmp_path, keys)
    before = fingerprint(root, editable=editable)
    assert fingerprint(root, editable=editable) == before

    change(root)

    assert (fingerprint(root, editable=editable) != before) is is_new


@pytest.mark.parametrize("editable", [True, False])
def test_what_the_project_says_always_counts(tmp_path: Path, *, editable: bool) -> None:
    root = tree(tmp_path, '"src/a.c"')
    before = fingerprint(root, editable=editable)
    touch(root, "notes.txt")
    assert fingerprint(root, editable=editable) == before
    manifest = root / "pyproject.toml"
    manifest.write_text(f"{manifest.read_text()}# changed\n")
    assert fingerprint(root, editable=editable) != before


def test_a_variable(tmp_path: Path) -> None:
    root = tree(tmp_path, '{ env = "FLAGS" }')
    marks = [
        fingerprint(root, editable=True, environ=environ)
        for environ in ({}, {"FLAGS": ""}, {"FLAGS": "-O2"}, {"OTHER": "-O2"})
    ]
    assert len(set(marks)) == 3
    assert marks[0] == marks[3]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_and_the_tags_of_a_repository(tmp_path: Path, *, packed: bool) -> None:
    whole = tree(tmp_path / "repository" / "tree", "{ git = { commit = true, tags = true } }")
    root = whole.parent
    outside = fingerprint(whole, editable=True)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    first = fingerprint(whole, editable=True)
    touch(root, "beside.txt")
    assert fingerprint(whole, editable=True) == first
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "second")
    second = fingerprint(whole, editable=True)
    git(root, "tag", "v1")
    tagged = fingerprint(whole, editable=True)
    assert len({outside, first, second, tagged}) == 4
    if packed:
        git(root, "pack-refs", "--all")
        assert fingerprint(whole, editable=True) == tagged
    git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "other"), "HEAD~1")
    (tmp_path / "other" / "tree" / "x").write_text("")
    there = fingerprint(tmp_path / "other" / "tree", editable=True)
    assert there not in {first, second}


def test_keys_that_cannot_be_read(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}})
    tree(bench.root / "tree", "{ files = 1 }")
    bench.write("tree", more='[tool.uv.sources]\ntree = { path = "../tree" }\n')

    answer = bench("sync")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `tool.uv.cache-keys[0].files` is not one of `file`, `dir`, `env` and `git`",
            "  in [ROOT]/tree/pyproject.toml:5:17",
            "    |",
            "  5 | cache-keys = [{ files = 1 }]",
            "    |                 ^^^^^",
        ),
    )
