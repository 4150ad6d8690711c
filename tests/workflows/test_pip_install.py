"""``pip install`` and ``pip sync``: what ends up where, what stays, and what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

import wheelright
from support.wheels import make_sdist, make_wheel
from support.workbench import BASE_PYTHON, VERSION, lines
from wheelright.interpreters import Search, probe
from wheelright.workflows.pip import sites

if TYPE_CHECKING:
    from support.workbench import Workbench

NEW, OLD = "manylinux_2_28_x86_64", "manylinux_2_17_x86_64"
FOREIGN = "--target out --python-version 3.12 --python-platform x86_64-manylinux2014"


@pytest.fixture
def served(bench: Workbench) -> Workbench:
    """Serve a few projects, and make a venv."""
    bench.index.add("app-kit", "1.0", requires=["leaf>=1"])
    bench.index.add("app-kit", "2.0", requires=["leaf>=2", "stem ; extra == 'fast'"])
    bench.index.add("leaf", "1.5")
    bench.index.add("leaf", "2.1")
    bench.index.add("stem", "1.0")
    bench.ok("venv")
    return bench


def _tree(folder: Path, name: str = "local-one", *, requires: tuple[str, ...] = ()) -> Path:
    """Write a source tree that needs no backend from an index."""
    _, data = make_sdist(name, "0.3", requires=requires)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder.parent, filter="data")
        top = archive.getnames()[0].split("/")[0]
    (folder.parent / top).rename(folder)
    return folder


def _install(bench: Workbench, line: str) -> str:
    return bench.ok(f"pip install -p .venv {line}").err


# -- into a venv


def test_installs_what_is_asked_for_and_what_it_requires(served: Workbench) -> None:
    assert _install(served, "app-kit") == (
        " + app-kit==2.0\n + leaf==2.1\nInstalled 2 packages in [TIME]\n"
    )
    assert served.versions() == {"app-kit": "2.0", "leaf": "2.1"}


def test_marks_what_was_asked_for_as_requested(served: Workbench) -> None:
    _install(served, "app-kit")
    found = {path.parent.name for path in served.venv.rglob("REQUESTED")}
    assert found == {"app_kit-2.0.dist-info"}


def test_asks_no_index_where_all_is_satisfied(served: Workbench) -> None:
    _install(served, "app-kit")
    served.index.clear_log()
    assert _install(served, "app-kit leaf>=1") == "Nothing to do: 2 packages are there already\n"
    assert served.index.log == []


def test_an_extra_that_is_not_there_yet_is_not_satisfied(served: Workbench) -> None:
    _install(served, "app-kit")
    assert " + stem==1.0\n" in _install(served, "app-kit[fast]")
    assert _install(served, "app-kit[fast]") == "Nothing to do: 3 packages are there already\n"


def test_keeps_installed_versions_that_satisfy(served: Workbench) -> None:
    _install(served, "leaf<2")
    assert _install(served, "app-kit<2") == " + app-kit==1.0\nInstalled 1 package in [TIME]\n"
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.5"}


def test_replaces_installed_versions_that_do_not(served: Workbench) -> None:
    _install(served, "leaf<2")
    assert _install(served, "app-kit") == (
        " + app-kit==2.0\n ~ leaf 1.5 -> 2.1\nInstalled 1, replaced 1 packages in [TIME]\n"
    )


def test_keeps_an_installed_version_that_no_index_has(served: Workbench) -> None:
    _install(served, "leaf<2")
    served.index.remove("leaf")
    _install(served, "app-kit<2")
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.5"}


def test_keeps_an_installed_version_that_was_yanked_since(served: Workbench) -> None:
    _install(served, "leaf<2")
    served.index.remove("leaf")
    served.index.add("leaf", "1.5", yanked="broken")
    _install(served, "app-kit<2 --refresh")
    assert served.versions()["leaf"] == "1.5"


@pytest.mark.parametrize("upgrade", ["-U", "-P leaf -P app-kit", "--reinstall"])
def test_upgrades_when_asked(served: Workbench, upgrade: str) -> None:
    _install(served, "leaf<2 app-kit")
    err = _install(served, f"app-kit leaf {upgrade}")
    assert " ~ leaf 1.5 -> 2.1" in err
    assert served.versions() == {"app-kit": "2.0", "leaf": "2.1"}


def test_upgrades_one_package_alone(served: Workbench) -> None:
    _install(served, "leaf<2 stem")
    served.index.add("stem", "2.0")
    _install(served, "leaf stem -P leaf --refresh")
    assert served.versions() == {"leaf": "2.1", "stem": "1.0"}


def test_reinstalls_one_package(served: Workbench) -> None:
    _install(served, "app-kit")
    assert _install(served, "app-kit --reinstall-package leaf") == (
        " ~ leaf==2.1: asked to reinstall\nReplaced 1 package in [TIME]\n"
    )


def test_repairs_what_is_damaged(served: Workbench) -> None:
    _install(served, "leaf")
    next(served.venv.rglob("leaf/__init__.py")).unlink()
    assert _install(served, "leaf") == (
        " ~ leaf==2.1: damaged: `leaf/__init__.py` is missing\nReplaced 1 package in [TIME]\n"
    )


def test_exact_removes_the_rest(served: Workbench) -> None:
    _install(served, "app-kit stem")
    assert _install(served, "leaf --exact") == (
        " - app-kit==2.0\n - stem==1.0\nRemoved 2 packages in [TIME]\n"
    )


def test_a_dry_run_changes_nothing(served: Workbench) -> None:
    before = sorted(served.venv.rglob("*"))
    assert _install(served, "leaf --dry-run") == " + leaf==2.1\nWould install 1 package\n"
    assert sorted(served.venv.rglob("*")) == before


def test_leaves_dependencies_out(served: Workbench) -> None:
    _install(served, "app-kit[fast] --no-deps")
    assert served.versions() == {"app-kit": "2.0"}
    assert _install(served, "app-kit --no-deps") == "Nothing to do: 1 package is there already\n"


def test_answers_in_json(served: Workbench) -> None:
    document = json.loads(served.ok("pip install -p .venv leaf --dry-run --output-format json").out)
    assert document["dry_run"] is True
    assert [(one["action"], one["name"], one["version"]) for one in document["actions"]] == [
        ("install", "leaf", "2.1")
    ]


def test_without_a_venv_says_what_to_do(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WHEELRIGHT_PYTHON")
    answer = bench("pip install leaf")
    assert (answer.code, answer.err) == (
        2,
        (
            "error: no virtual environment is active, and there is no `.venv` here\n"
            "  in [PROJECT]\n"
            "hint: make one with `wheelright venv`\n"
            "hint: `--system` installs into the Python that is first on PATH\n"
        ),
    )


def test_a_version_alone_never_means_a_python_outside_of_a_venv(bench: Workbench) -> None:
    version = ".".join(VERSION.split(".")[:2])
    answer = bench(f"pip install -p {version} leaf")
    assert answer.code == 2
    assert answer.err.startswith(
        f"error: no virtual environment that is active or here has Python {version}\n"
    )


def test_finds_the_venv_of_a_folder_above(
    served: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHEELRIGHT_PYTHON")
    below = served.project / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    served.ok("pip install leaf")
    assert served.versions() == {"leaf": "2.1"}


def test_a_python_of_the_system_is_left_alone(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = probe(BASE_PYTHON, Search.here())
    managed = replace(python, externally_managed=True, is_venv=False)
    monkeypatch.setattr(sites, "find", lambda *_, **__: managed)
    answer = bench("pip install leaf")
    assert answer.code == 2
    assert answer.err == (
        f"error: the Python at `{bench.plain(str(python.executable))}` is managed by the system\n"
        "  its packages are installed by another package manager (PEP 668)\n"
        "hint: make a virtual environment with `wheelright venv` and install into that\n"
        "hint: `--break-system-packages` installs anyway, and may break what the system needs\n"
    )
    bench.index.add("leaf", "1.0")
    assert bench("pip install leaf --break-system-packages --dry-run").code == 0


# -- folders


def test_a_target_holds_nothing_of_ours(served: Workbench) -> None:
    served.index.add("tool", "1.0", scripts={"tool": "tool:main"})
    served.ok("pip install --target out tool leaf")
    out = served.project / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "bin",
        "leaf",
        "leaf-2.1.dist-info",
        "tool",
        "tool-1.0.dist-info",
    ]
    assert [path.name for path in (out / "bin").iterdir()] == ["tool"]


def test_a_target_is_looked_at_first(served: Workbench) -> None:
    served.ok("pip install --target out leaf<2")
    served.index.clear_log()
    err = served.ok("pip install --target out leaf").err
    assert (err, served.index.log) == ("Nothing to do: 1 package is there already\n", [])
    err = served.ok("pip install --target out leaf -U").err
    assert err == " ~ leaf 1.5 -> 2.1\nReplaced 1 package in [TIME]\n"
    assert not (served.project / "out" / "leaf-1.5.dist-info").exists()


def test_a_prefix_has_the_layout_of_an_installation(served: Workbench) -> None:
    served.ok("pip install --prefix out leaf")
    found = next((served.project / "out").rglob("leaf/__init__.py"))
    assert found.parent.parent.name == "site-packages"
    assert not list((served.project / "out").rglob("wheelright*"))


def test_a_target_is_compiled_when_asked(served: Workbench) -> None:
    served.ok("pip install --target out leaf --compile-bytecode")
    assert list((served.project / "out" / "leaf").glob("__pycache__/*.pyc"))
    answer = served.ok("pip install --target old leaf --compile-bytecode --python-version 3.8")
    assert "cannot compile for Python 3.8\n" in answer.err
    assert not list((served.project / "old").rglob("*.pyc"))


def test_two_installs_into_one_target_wait_for_each_other(served: Workbench) -> None:
    def install(name: str) -> int:
        program = "import sys; from wheelright.start import main; sys.exit(main())"
        line = ["pip", "install", "--target", "out", name]
        source = str(Path(wheelright.__file__).parent.parent)
        return subprocess.run(
            [sys.executable, "-c", program, *line],
            env={**os.environ, "PYTHONPATH": source},
            check=False,
            capture_output=True,
        ).returncode

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(install, ["app-kit", "stem"])) == [0, 0]
    found = {path.name for path in (served.project / "out").glob("*.dist-info")}
    assert found == {"app_kit-2.0.dist-info", "leaf-2.1.dist-info", "stem-1.0.dist-info"}


# -- other machines


@pytest.fixture
def wheels(bench: Workbench) -> Workbench:
    """Serve a project whose newest version needs a newer glibc."""
    bench.index.add("fast", "1.0", tags=[f"cp312-cp312-{OLD}"], sdist=True)
    bench.index.add("fast", "2.0", tags=[f"cp312-cp312-{NEW}", f"cp313-cp313-{NEW}"], sdist=True)
    return bench


def test_another_machine_gets_the_newest_version_that_fits(wheels: Workbench) -> None:
    answer = wheels.ok(f"pip install {FOREIGN} fast")
    assert answer.err == (
        "note: fast 2.0 passed over: its wheels need glibc 2.28 or newer"
        " (nearest: cp312-manylinux_2_28_x86_64);"
        " `--python-platform x86_64-manylinux_2_28` takes it; `--no-binary fast` builds it\n"
        " + fast==1.0\nInstalled 1 package in [TIME]\n"
    )
    assert (wheels.project / "out" / "fast-1.0.dist-info").is_dir()


def test_nothing_is_noted_of_versions_that_were_not_wanted(wheels: Workbench) -> None:
    answer = wheels.ok(f"pip install {FOREIGN} fast<2")
    assert answer.err == " + fast==1.0\nInstalled 1 package in [TIME]\n"


def test_a_machine_without_any_version_is_a_conflict(wheels: Workbench) -> None:
    answer = wheels(f"pip install {FOREIGN} fast>=2")
    assert answer.code == 1
    assert (
        "its wheels need glibc 2.28 or newer (nearest: cp312-manylinux_2_28_x86_64)" in answer.err
    )
    assert answer.err.endswith(
        "hint: the wheels must fit x86_64-manylinux2014 (glibc 2.17, x86_64) with Python 3.12\n"
        "hint: allow a build with `--no-binary fast`, or ask for another platform with"
        " `--python-platform`\n"
    )
    assert not (wheels.project / "out").exists()


def test_files_that_fit_for_many_reasons_not_are_told_by_the_newest(bench: Workbench) -> None:
    for minor in range(8, 12):
        bench.index.add("fast", f"1.{minor}", tags=[f"cp3{minor}-cp3{minor}-{OLD}"], sdist=True)
    bench.index.add("fast", "2.0", tags=[f"cp312-cp312-{NEW}"], sdist=True)
    bench.index.add("fast", "2.1", yanked="broken", tags=[f"cp312-cp312-{NEW}"])
    answer = bench(f"pip install {FOREIGN} fast")
    assert answer.err == lines(
        "error: no versions satisfy the requirements of `pip install`",
        "  Because `fast==2.0` cannot be used (its wheels need glibc 2.28 or newer"
        " (nearest: cp312-manylinux_2_28_x86_64)), nor can 4 older versions, `fast==2.1` is yanked"
        " (broken) and `pip install` requires `fast`, the requirements of `pip install` cannot be"
        " met.",
        "hint: the wheels must fit x86_64-manylinux2014 (glibc 2.17, x86_64) with Python 3.12",
        "hint: allow a build with `--no-binary fast`, or ask for another platform with"
        " `--python-platform`",
    )


def test_old_versions_without_wheels_are_not_built_for_another_machine(bench: Workbench) -> None:
    """What was published before there were wheels is no better an answer than the newest."""
    bench.index.add("fast", "0.9", tags=(), sdist=True)
    bench.index.add("fast", "1.0", tags=[f"cp312-cp312-{NEW}"], sdist=True)
    bench.index.add("plain", "1.0", tags=(), sdist=True)
    answer = bench(f"pip install {FOREIGN} fast")
    assert answer.code == 1
    assert (
        "`fast==0.9` cannot be used (it has no wheel, and is built for another platform only when"
        " asked)"
    ) in answer.err
    bench.ok(f"pip install {FOREIGN} fast<1 --no-binary fast")
    bench.ok(f"pip install {FOREIGN} plain")
    found = {path.name for path in (bench.project / "out").glob("*.dist-info")}
    assert found == {"fast-0.9.dist-info", "plain-1.0.dist-info"}


def test_a_build_is_made_for_another_machine_when_asked(wheels: Workbench) -> None:
    wheels.ok(f"pip install {FOREIGN} fast --no-binary fast")
    assert (wheels.project / "out" / "fast-2.0.dist-info").is_dir()


def test_what_was_built_and_does_not_fit_is_not_installed(bench: Workbench) -> None:
    name, data = make_sdist("fast", "1.0", build_tag="cp311-cp311-linux_x86_64")
    bench.index.add_file("fast", "1.0", name, data)
    answer = bench(f"pip install {FOREIGN} fast")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: `fast` 1.0 was built, and the result does not serve x86_64-manylinux2014"
        " (glibc 2.17, x86_64)\n"
        "  `fast-1.0-cp311-cp311-linux_x86_64.whl` is not a pure wheel\n"
    )
    assert not (bench.project / "out").exists()


def test_what_fits_another_machine_is_replaced(wheels: Workbench) -> None:
    wheels.ok(f"pip install {FOREIGN} fast")
    wheels.index.add("fast", "1.0", tags=["cp312-cp312-musllinux_1_1_x86_64"])
    line = FOREIGN.replace("x86_64-manylinux2014", "x86_64-musllinux_1_2")
    answer = wheels.ok(f"pip install {line} fast --refresh")
    assert " ~ fast==1.0: cp312-cp312-manylinux_2_17_x86_64 does not fit" in answer.err


def test_markers_are_those_of_the_other_machine(bench: Workbench) -> None:
    bench.index.add(
        "base",
        "1.0",
        requires=[
            "winonly ; sys_platform == 'win32'",
            "oldonly ; python_full_version < '3.9.1'",
            "macs ; sys_platform == 'darwin'",
        ],
    )
    for name in ("winonly", "oldonly", "macs"):
        bench.index.add(name, "1.0")
    bench.ok("pip install --target out --python-version 3.9 --python-platform windows base")
    found = {path.name for path in (bench.project / "out").glob("*.dist-info")}
    assert found == {"base-1.0.dist-info", "winonly-1.0.dist-info", "oldonly-1.0.dist-info"}


def test_a_version_that_is_none_is_refused(bench: Workbench) -> None:
    answer = bench("pip install --target out --python-version latest six")
    assert (answer.code, answer.err) == (
        2,
        (
            "error: `latest` is not a Python version\n"
            "  in --python-version\n"
            "hint: write it as `3.12` or `3.12.4`\n"
        ),
    )


# -- wheels and sdists


@pytest.fixture
def both(bench: Workbench) -> Workbench:
    """Serve a project as wheel and sdist; 2.0 as an sdist only."""
    bench.index.add("duo", "1.0", sdist=True)
    bench.index.add("duo", "2.0", tags=(), sdist=True)
    return bench


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ("", "2.0"),
        ("--no-build", "1.0"),
        ("--only-binary duo", "1.0"),
        ("--only-binary :all:", "1.0"),
        ("--only-binary :all: --no-binary duo", "2.0"),
        ("--only-binary other", "2.0"),
        ("--only-binary duo --only-binary :none:", "2.0"),
    ],
)
def test_only_wheels_where_that_is_asked(both: Workbench, options: str, version: str) -> None:
    answer = both.ok(f"pip install --target out --dry-run duo {options}")
    assert f" + duo=={version}\n" in answer.err


def test_a_version_that_would_have_to_be_built_is_named(both: Workbench) -> None:
    assert both("pip install --target out duo==2.0 --no-build").err == lines(
        "error: no versions satisfy the requirements of `pip install`",
        "  `pip install` requires `duo==2.0`, but no version of `duo` matches.",
        "hint: `duo` 2.0 cannot be used: it has no wheel, and building it is off",
    )


def test_no_wheels_where_that_is_asked(both: Workbench) -> None:
    both.ok("pip install --target out --no-binary duo duo==1.0")
    assert both.index.count("file", path="*.whl") == 0
    assert (both.project / "out" / "duo-1.0.dist-info").is_dir()


# -- places


def test_installs_a_directory_editable_and_once(served: Workbench) -> None:
    _tree(served.project / "lib", requires=("leaf",))
    assert _install(served, "-e ./lib") == (
        " + leaf==2.1\n + local-one==0.3\nInstalled 2 packages in [TIME]\n"
    )
    assert _install(served, "-e ./lib") == "Nothing to do: 2 packages are there already\n"
    assert " ~ local-one==0.3: no longer editable\n" in _install(served, "./lib")


def test_a_directory_in_a_target_is_built_again(served: Workbench) -> None:
    tree = _tree(served.project / "lib")
    served.ok("pip install --target out ./lib")
    module = next((tree / "src").rglob("__init__.py"))
    module.write_text("changed = True\n")
    served.ok("pip install --target out ./lib")
    installed = served.project / "out" / module.parent.name / "__init__.py"
    assert installed.read_text() == "changed = True\n"


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@pytest.mark.parametrize("where", ["path", "named path", "url", "named url"])
def test_installs_an_archive(served: Workbench, kind: str, where: str) -> None:
    make = make_wheel if kind == "wheel" else make_sdist
    name, data = make("solo", "1.2", requires=["leaf"])
    (served.project / name).write_bytes(data)
    served.index.add_file("elsewhere", "1.2", name, data)
    place = f"./{name}" if where.endswith("path") else served.index.file_url(name)
    if where == "named path":
        place = (served.project / name).as_uri()
    _install(served, f"solo@{place}" if where.startswith("named") else place)
    assert served.versions() == {"leaf": "2.1", "solo": "1.2"}
    (direct,) = served.venv.rglob("direct_url.json")
    assert json.loads(direct.read_text())["url"].endswith(f"/{name}")
    assert served.index.count("page", path="*/solo/") == 0


def test_a_place_conflicts_with_other_versions_clearly(served: Workbench) -> None:
    _tree(served.project / "lib", "leaf")
    answer = served("pip install -p .venv ./lib app-kit")
    assert answer.code == 1
    assert answer.err.startswith("error: no versions satisfy the requirements of `pip install`\n")
    assert answer.err.endswith(
        "hint: `leaf` comes from `[PROJECT]/lib` (the command line), which is version 0.3; no"
        " other can be chosen\n"
    )


def test_one_project_from_two_places_is_refused(served: Workbench) -> None:
    _tree(served.project / "one")
    _tree(served.project / "two")
    answer = served("pip install -p .venv ./one ./two")
    assert (answer.code, answer.err) == (
        1,
        (
            "error: `local-one` is asked for from two places\n"
            "  the command line takes it from `[PROJECT]/one`\n"
            "  the command line takes it from `[PROJECT]/two`\n"
            "hint: leave one of them out\n"
        ),
    )


def test_a_place_may_name_further_places(served: Workbench) -> None:
    other = _tree(served.project / "other", "other-one")
    _tree(served.project / "lib", requires=(f"other-one @ {other.as_uri()}",))
    _install(served, "./lib")
    assert served.versions() == {"local-one": "0.3", "other-one": "0.3"}


def test_an_index_may_not_name_places(served: Workbench) -> None:
    name, data = make_wheel("solo", "1.0")
    served.index.add_file("solo", "1.0", name, data)
    url = served.index.file_url(name)
    served.index.add("sly", "1.0", requires=[f"solo @ {url}"])
    answer = served("pip install -p .venv sly")
    assert answer.code == 1
    assert "it takes `solo` from a URL, which is used only where the user names it" in answer.err
    _install(served, f"sly solo@{url}")
    assert served.versions() == {"sly": "1.0", "solo": "1.0"}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            "./nowhere",
            (
                "error: there is nothing at the path that is asked for\n"
                "  in [PROJECT]/nowhere\n"
                "  the command line asks for it\n"
                "hint: correct the path; it is relative to the file that names it\n"
            ),
        ),
        (
            "./empty",
            (
                "error: the directory that is asked for holds no Python project\n"
                "  in [PROJECT]/empty\n"
                "  the command line asks for it\n"
                "hint: it needs a `pyproject.toml` or a `setup.py`\n"
            ),
        ),
        (
            "leaf=2",
            (
                "error: `leaf=2` is not a valid requirement: `leaf=2`: expected semicolon (after"
                " name with no version specifier) or end\n"
                "  in the command line\n"
                "hint: a version is pinned with `==`\n"
            ),
        ),
        (
            "",
            (
                "error: `wheelright pip install` was given no requirement\n"
                "hint: name a package (`wheelright pip install NAME`) or a file (`-r FILE`)\n"
            ),
        ),
    ],
)
def test_says_what_cannot_be_installed(bench: Workbench, what: str, said: str) -> None:
    (bench.project / "empty").mkdir()
    answer = bench(f"pip install --target out {what}")
    assert answer.code in {1, 2}
    assert answer.err == said
    assert not (bench.project / "out").exists()


def test_a_wheel_that_does_not_fit_is_refused(bench: Workbench) -> None:
    name, data = make_wheel("solo", "1.0", tag="cp312-cp312-win_amd64")
    (bench.project / name).write_bytes(data)
    answer = bench(f"pip install {FOREIGN} ./{name}")
    assert (answer.code, answer.err.splitlines()[0]) == (
        1,
        f"error: `{name}` does not fit glibc 2.17, x86_64 with Python 3.12",
    )


# -- files


def test_reads_requirements_files_with_what_they_include(served: Workbench) -> None:
    (served.project / "base.txt").write_text("leaf<2\n")
    (served.project / "all.txt").write_text("-r base.txt\n-c limits.txt\napp-kit\n")
    (served.project / "limits.txt").write_text("stem==1.0\n")
    _install(served, "-r all.txt")
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.5"}


def test_options_in_files_say_where_to_look(served: Workbench) -> None:
    name, data = make_wheel("aside", "1.0")
    (served.project / "wheels").mkdir()
    (served.project / "wheels" / name).write_bytes(data)
    (served.project / "deep").mkdir()
    (served.project / "deep" / "all.txt").write_text(
        "--no-index\n--find-links ../wheels\n--pre\naside\n"
    )
    served.index.clear_log()
    _install(served, "-r deep/all.txt")
    assert served.versions() == {"aside": "1.0"}
    assert served.index.log == []


def test_a_file_without_its_option_is_noticed(served: Workbench) -> None:
    (served.project / "requirements.txt").write_text("leaf\n")
    answer = served("pip install -p .venv requirements.txt")
    assert (answer.code, answer.err) == (
        1,
        (
            "error: `requirements.txt` is a file of requirements, not a package\n"
            "hint: `-r requirements.txt` installs what it asks for\n"
        ),
    )


def test_constraints_and_overrides_of_files(served: Workbench) -> None:
    (served.project / "limits.txt").write_text("leaf<2\n")
    _install(served, "app-kit -c limits.txt")
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.5"}
    _install(served, "app-kit==2 --override limits.txt")
    assert served.versions() == {"app-kit": "2.0", "leaf": "1.5"}


def test_installs_the_dependencies_of_a_project_file(served: Workbench) -> None:
    served.write(
        "leaf<2",
        more='[project.optional-dependencies]\nx = ["stem"]\nall = ["app[x]"]\n'
        '[dependency-groups]\ndev = ["app-kit"]\n',
    )
    _install(served, "-r pyproject.toml")
    assert served.versions() == {"leaf": "1.5"}
    _install(served, "-r pyproject.toml --extra all --group dev")
    assert served.versions() == {"leaf": "1.5", "stem": "1.0", "app-kit": "1.0"}
    answer = served("pip install -p .venv -r pyproject.toml --extra y")
    assert answer.err == (
        "error: the project has no extra `y`\n"
        "  in [PROJECT]/pyproject.toml\n"
        "hint: it has `x`, `all`\n"
    )


def test_installs_from_a_lock(served: Workbench) -> None:
    served.write("app-kit<2", python=">=3.8")
    served.ok("lock")
    served.index.clear_log()
    _install(served, "-r pylock.toml")
    assert served.versions() == {"app-kit": "1.0", "leaf": "2.1"}
    assert served.index.count("page") == 0
    answer = served("pip install -p .venv -r pylock.toml stem")
    assert answer.err == (
        "error: a `pylock.toml` stands alone: it says all that is to be installed\n"
        "  in [PROJECT]/pylock.toml\n"
        "hint: install from the lock and from the other requirements one after the other\n"
    )


def test_a_constraint_may_say_where_its_project_is(served: Workbench) -> None:
    name, data = make_wheel("leaf", "1.9")
    (served.project / name).write_bytes(data)
    url = (served.project / name).as_uri()
    (served.project / "limits.txt").write_text(f"leaf @ {url}\n")
    _install(served, "app-kit -c limits.txt")
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.9"}
    _install(served, "stem -c limits.txt")
    assert served.versions() == {"app-kit": "1.0", "leaf": "1.9", "stem": "1.0"}


# -- hashes


def _pin(bench: Workbench, *, right: bool = True) -> None:
    listed = bench.index.find("leaf-2.1-py3-none-any.whl")
    assert listed is not None
    digest = listed.hashes["sha256"] if right else hashlib.sha256(b"other").hexdigest()
    (bench.project / "pins.txt").write_text(f"leaf==2.1 --hash=sha256:{digest}\n")


def test_installs_files_with_a_given_hash(served: Workbench) -> None:
    _pin(served)
    _install(served, "-r pins.txt --require-hashes")
    assert served.versions() == {"leaf": "2.1"}


def test_refuses_files_with_another_hash(served: Workbench) -> None:
    _pin(served, right=False)
    answer = served("pip install -p .venv -r pins.txt")
    assert answer.code == 1
    assert answer.err.endswith(
        "hint: only files of `leaf` with the hashes that are given can be chosen\n"
    )
    _install(served, "-r pins.txt --no-verify-hashes")


def test_measures_a_file_whose_index_tells_no_hash(served: Workbench) -> None:
    served.index.fault("*.whl", "no-hash")
    _pin(served)
    _install(served, "-r pins.txt")
    _pin(served, right=False)
    answer = served("pip install --target out -r pins.txt")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: `leaf-2.1-py3-none-any.whl` has none of the hashes that are given for it\n"
    )


def test_an_archive_needs_one_of_its_hashes(served: Workbench) -> None:
    name, data = make_wheel("solo", "1.0")
    (served.project / name).write_bytes(data)
    right, wrong = (hashlib.sha256(one).hexdigest() for one in (data, b"other"))
    pins = served.project / "pins.txt"
    pins.write_text(f"./{name} --hash=sha256:{wrong} --hash=sha256:{wrong[::-1]}\n")
    answer = served("pip install -p .venv -r pins.txt")
    assert answer.err.startswith(f"error: `{name}` has none of the hashes that are given for it\n")
    pins.write_text(f"./{name} --hash=sha256:{wrong}\n")
    assert served("pip install -p .venv -r pins.txt").code == 1
    assert served.versions() == {}
    pins.write_text(f"./{name} --hash=sha256:{wrong} --hash=sha256:{right}\n")
    _install(served, "-r pins.txt")
    assert served.versions() == {"solo": "1.0"}


@pytest.mark.parametrize(
    ("text", "what"), [("leaf==2.1", "has no hash"), ("leaf>=2", "is not pinned with `==`")]
)
def test_insists_on_hashes(served: Workbench, text: str, what: str) -> None:
    answer = served(f"pip install -p .venv --require-hashes {text}")
    assert (answer.code, answer.err) == (
        1,
        (
            f"error: `leaf` {what}, and hashes are required\n"
            "  in the command line\n"
            "hint: `wheelright pip compile --generate-hashes` writes pins with hashes\n"
        ),
    )


# -- sync


def test_sync_makes_it_what_the_files_say(served: Workbench) -> None:
    _install(served, "stem")
    (served.project / "pins.txt").write_text("app-kit==2.0\n")
    assert served.ok("pip sync -p .venv pins.txt").err == (
        " + app-kit==2.0\n - stem==1.0\nInstalled 1, removed 1 packages in [TIME]\n"
    )
    assert served.versions() == {"app-kit": "2.0"}


def test_sync_keeps_what_came_with_the_venv(served: Workbench) -> None:
    name, data = make_wheel("pip", "24.0")
    (served.project / name).write_bytes(data)
    _install(served, f"./{name}")
    installer = next(served.venv.rglob("pip-24.0.dist-info/INSTALLER"))
    (served.project / "pins.txt").write_text("leaf==2.1\n")
    installer.write_text("ensurepip")
    served.ok("pip sync -p .venv pins.txt")
    assert served.versions() == {"pip": "24.0", "leaf": "2.1"}


def test_sync_removes_everything_only_when_told_twice(served: Workbench) -> None:
    _install(served, "stem")
    (served.project / "none.txt").write_text("# nothing\n")
    answer = served("pip sync -p .venv none.txt")
    assert (answer.code, answer.err) == (
        2,
        (
            "error: the files hold no requirement, so that everything would be removed\n"
            "hint: `--allow-empty-requirements` says that this is meant\n"
        ),
    )
    served.ok("pip sync -p .venv none.txt --allow-empty-requirements")
    assert served.versions() == {}
