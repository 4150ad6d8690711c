"""Adding and removing requirements: what is written, and that nothing is when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.wheels import sdist_files, write_project
from wheelright.lockfile import dumps
from wheelright.workflows import add as adding

if TYPE_CHECKING:
    from support.workbench import Workbench


@pytest.fixture
def served(bench: Workbench) -> Workbench:
    """Serve a few projects to a project that needs nothing yet."""
    bench.index.add("idna", "3.4")
    bench.index.add("idna", "3.10")
    bench.index.add("six", "1.17.0")
    bench.index.add("anyio", "4.2.1", requires=["idna>=2.8"], extras={"trio": ["trio"]})
    bench.index.add("trio", "0.25.0", requires=["idna"])
    bench.write()
    return bench


def _dependencies(bench: Workbench) -> str:
    return bench.pyproject.read_text().partition("dependencies = ")[2]


# -- add


def test_what_is_given_without_a_version_gets_a_lower_bound(served: Workbench) -> None:
    answer = served.ok("add anyio six==1.17.0")
    assert answer.err == (
        "Added `anyio>=4.2.1`, `six==1.17.0` to the project\n"
        "Locked 3 packages in [TIME]\n"
        " + anyio==4.2.1\n + idna==3.10\n + six==1.17.0\n"
        "Installed 3 packages in [TIME]\n"
    )
    assert _dependencies(served) == '[\n    "anyio>=4.2.1",\n    "six==1.17.0",\n]\n'
    assert set(served.installed()) == {"anyio", "idna", "six"}


def test_the_lock_is_what_lock_would_write(served: Workbench) -> None:
    served.ok("add anyio")
    written = served.lockfile.read_bytes()
    assert served.ok("lock --check").code == 0
    served.lockfile.unlink()
    served.ok("lock")
    assert served.lockfile.read_bytes() == written


def test_no_index_is_asked_for_the_bound(served: Workbench) -> None:
    served.ok("add anyio --no-sync")
    assert served.index.count("page") == 2  # anyio, idna
    served.index.clear_log()
    served.ok("sync")
    assert served.index.count("page") == 0


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ("lower", ">=4.2.1"),
        ("major", ">=4.2.1,<5.0.0"),
        ("minor", ">=4.2.1,<4.3.0"),
        ("exact", "==4.2.1"),
    ],
)
def test_the_bounds_are_those_of_the_settings(
    served: Workbench, bounds: str, expected: str
) -> None:
    served.write(more=f'[tool.wheelright]\nadd-bounds = "{bounds}"\n')
    served.ok("add anyio --no-sync")
    assert f'"anyio{expected}"' in served.pyproject.read_text()


def test_raw_writes_what_was_given(served: Workbench) -> None:
    served.ok("add anyio --raw --no-sync")
    assert _dependencies(served) == '[\n    "anyio",\n]\n'


def test_frozen_edits_and_does_nothing_else(served: Workbench) -> None:
    answer = served.ok("add anyio --frozen")
    assert answer.err == "Added `anyio` to the project\n"
    assert not served.lockfile.exists()
    assert not served.venv.exists()
    assert served.index.log == []


def test_a_requirement_that_is_there_is_merged_and_keeps_its_bound(served: Workbench) -> None:
    served.write("anyio>=4")
    served.ok("add anyio --extra trio --no-sync")
    assert _dependencies(served) == '["anyio[trio]>=4"]\n'
    assert served.locked() == {"anyio": "4.2.1", "idna": "3.10", "trio": "0.25.0"}


def test_groups_and_extras_are_made_and_installed(served: Workbench) -> None:
    served.ok("add --group docs six")
    served.ok("add --optional fast idna")
    served.ok("add --dev trio")
    text = served.pyproject.read_text()
    assert '[dependency-groups]\ndocs = [\n    "six>=1.17.0",\n]\ndev = [\n' in text
    assert '[project.optional-dependencies]\nfast = [\n    "idna>=3.10",\n]\n' in text
    assert set(served.installed()) == {"six", "idna", "trio"}


def test_a_marker_is_written_and_joined(served: Workbench) -> None:
    line = ["add", "six; python_version>='3'", "--marker", "sys_platform != 'win32'", "--no-sync"]
    assert _main(served, line) == ""
    assert _dependencies(served) == (
        "[\n    \"six>=1.17.0; python_version >= '3' and sys_platform != 'win32'\",\n]\n"
    )


def test_versions_of_several_environments_are_bounded_by_the_lowest(served: Workbench) -> None:
    served.index.add("six", "1.18.0", requires_python=">=3.12")
    served.ok("add six --no-sync")
    assert _dependencies(served) == '[\n    "six>=1.17.0",\n]\n'


def test_a_requirements_file_is_added(served: Workbench) -> None:
    (served.project / "requirements.txt").write_text(
        "anyio >=4, <5  # comment\n-r more.txt\n--find-links ./wheels\n"
    )
    (served.project / "more.txt").write_text("six\n")
    answer = served.ok("add -r requirements.txt --no-sync")
    assert _dependencies(served) == '[\n    "anyio>=4,<5",\n    "six>=1.17.0",\n]\n'
    assert answer.err.startswith(
        "warning: only the requirements of `requirements.txt` are added, not its `--find-links`\n"
    )


def test_an_index_by_name_is_pinned_and_written(served: Workbench) -> None:
    served.ok(f"add six --index mine={served.index.url} --no-sync")
    text = served.pyproject.read_text()
    assert '[tool.wheelright.sources]\nsix = { index = "mine" }\n' in text
    assert f'[[tool.wheelright.index]]\nname = "mine"\nurl = "{served.index.url}"\n' in text
    served.ok("lock --check")
    served.ok("add anyio --index mine --no-sync")
    assert 'anyio = { index = "mine" }\n' in served.pyproject.read_text()
    assert served.pyproject.read_text().count("[[tool.wheelright.index]]") == 1


def test_a_directory_becomes_a_source(served: Workbench) -> None:
    write_project(served.root / "lib", sdist_files("lib", "0.3", requires=["six"]))
    served.ok("add ../lib")
    assert _dependencies(served) == (
        '[\n    "lib",\n]\n\n[tool.wheelright.sources]\nlib = { path = "../lib" }\n'
    )
    assert set(served.installed()) == {"lib", "six"}
    served.ok("add --editable ../lib")
    assert 'lib = { path = "../lib", editable = true }\n' in served.pyproject.read_text()
    served.ok("remove lib")
    assert served.pyproject.read_text().endswith("dependencies = []\n")
    assert served.installed() == {}


def test_what_else_is_installed_stays(served: Workbench) -> None:
    served.ok("add six")
    before = served.pyproject.read_text()
    served.write()
    served.ok("lock")
    served.ok("add idna")
    assert set(served.installed()) == {"idna", "six"}
    assert before != served.pyproject.read_text()


def test_comments_line_ends_and_the_byte_order_mark_stay(served: Workbench) -> None:
    text = '\ufeff[project] # mine\r\nname = "app"\r\nversion = "1"\r\ndependencies = []\r\n'
    served.pyproject.write_bytes(text.encode())
    served.ok("add six --frozen")
    written = served.pyproject.read_bytes().decode()
    assert written == text.replace("[]", '[\r\n    "six",\r\n]')


# -- add, refused: everything is as it was


@pytest.mark.parametrize("locked_before", [True, False])
def test_a_conflict_leaves_project_and_lock_as_they_were(
    served: Workbench, *, locked_before: bool
) -> None:
    if locked_before:
        served.ok("add idna==3.10")
    before = _state(served)
    answer = served("add anyio idna<2")
    assert answer.code == 1
    assert answer.err.startswith("error: no versions satisfy the requirements of `app`\n")
    assert _state(served) == before


def test_an_unknown_project_leaves_all_as_it_was(served: Workbench) -> None:
    before = _state(served)
    answer = served("add anyioo")
    assert answer.code == 1
    assert "no index knows a project named `anyioo`" in answer.err
    assert _state(served) == before


def test_a_download_that_fails_leaves_all_as_it_was(served: Workbench) -> None:
    served.ok("add six")
    before = _state(served)
    served.index.fault("idna-*.whl", "wrong-hash")
    answer = served("add idna")
    assert answer.code != 0
    assert _state(served) == before
    assert set(served.installed()) == {"six"}
    served.index.heal()


def test_an_interruption_leaves_all_as_it_was(
    served: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _state(served)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(adding, "synced", interrupted)
    answer = served("add six")
    assert (answer.code, answer.err) == (130, "interrupted\n")
    assert _state(served) == before


@pytest.mark.parametrize("step", ["locked", "_write_bounds", "_write_lock", "synced"])
def test_the_next_command_repairs_what_a_kill_left(
    served: Workbench, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.ok("add idna")
    code = (
        "import os, sys\n"
        "from wheelright.workflows import add\n"
        f"setattr(add, {step!r}, lambda *_: os._exit(9))\n"
        "from wheelright.cli import main\n"
        "sys.exit(main(['add', 'anyio']))\n"
    )
    path = os.pathsep.join(sys.path)
    killed = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert killed.returncode == 9
    served.ok("sync")
    assert set(served.installed()) == {"anyio", "idna"}
    assert dumps(served.lock(), served.project) == served.lockfile.read_text()
    served.ok("lock --check")


def test_locked_refuses_a_change_of_the_lock(served: Workbench) -> None:
    served.ok("add idna")
    before = _state(served)
    answer = served("add six --locked")
    assert (answer.code, answer.err) == (
        1,
        (
            "error: the lockfile would change\n  in [PROJECT]/pylock.toml\n"
            "hint: leave `--locked` out\n"
        ),
    )
    assert _state(served) == before
    served.ok("add idna --locked")


@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        (
            "add six=1",
            2,
            (
                "error: this is not a valid requirement: `six=1`: expected semicolon (after"
                " name with no version specifier) or end\nhint: a version is pinned with `==`\n"
            ),
        ),
        (
            "add ./nowhere",
            1,
            "error: there is nothing at `./nowhere`\n  in [PROJECT]/nowhere\n",
        ),
        (
            "add ./empty",
            1,
            (
                "error: the directory holds no Python project\n  in [PROJECT]/empty\n"
                "hint: it needs a `pyproject.toml` or a `setup.py`\n"
            ),
        ),
        (
            "add git+https://u:secret@example.org/x.git --offline",
            1,
            (
                "error: what is asked of the repository of"
                " `git+https://********@example.org/x.git` is not in the cache, and the network is"
                " off\n"
                "  in https://example.org/x.git\n"
                "hint: run again without `--offline` to allow network requests\n"
            ),
        ),
        (
            "add x@git+https://example.org/x.git --offline",
            1,
            (
                "error: what is asked of the repository of `x` is not in the cache, and the"
                " network is off\n"
                "  while locking `app`\n"
                "  in https://example.org/x.git\n"
                "hint: run again without `--offline` to allow network requests\n"
            ),
        ),
        (
            "add app",
            1,
            (
                "error: `app` is the project itself, which cannot require itself\n"
                "  in [PROJECT]/pyproject.toml\n"
            ),
        ),
        (
            "add six --editable",
            2,
            (
                "error: `six` cannot be editable: it is no directory\n  in --editable\n"
                "hint: give the path of its source tree\n"
            ),
        ),
        (
            "add six --marker windows",
            2,
            (
                "error: `windows` is not a valid marker\n  in --marker\n"
                "  Expected a marker variable or quoted string\n"
                "hint: a marker looks like `sys_platform == 'win32'`\n"
            ),
        ),
        (
            "add six --group a/b",
            2,
            (
                "error: `a/b` is not a valid name of a group\n"
                "hint: names hold letters, digits, `-`, `_` and `.`\n"
            ),
        ),
        (
            "add",
            2,
            "error: there is nothing to add\nhint: name a package, as in `wheelright add flask`\n",
        ),
    ],
)
def test_what_cannot_be_added_is_said(served: Workbench, line: str, code: int, error: str) -> None:
    (served.project / "empty").mkdir()
    before = _state(served)
    answer = served(line)
    assert (answer.code, answer.err) == (code, error)
    assert _state(served) == before


def test_without_a_project_init_is_named(served: Workbench) -> None:
    served.pyproject.unlink()
    for verb in ("add", "remove"):
        answer = served(f"{verb} six")
        assert (answer.code, answer.err) == (
            2,
            (
                "error: no project was found: no `pyproject.toml` with a `[project]` table here or"
                " in any directory above\n  in [PROJECT]\n"
                "hint: run `wheelright init` to make a project here\n"
            ),
        )


def test_warnings_are_said_once(served: Workbench) -> None:
    served.pyproject.write_text('[project]\nname = "app"\nversion = "1"\ndependencies = []\n')
    answer = served.ok("add six")
    assert answer.err.count("warning:") == 1


# -- remove


def test_what_is_removed_goes_with_what_it_required(served: Workbench) -> None:
    served.ok("add anyio six")
    answer = served.ok("remove Anyio")
    assert answer.err == (
        "Removed `anyio>=4.2.1` from the project\n"
        " - anyio==4.2.1\n - idna==3.10\n"
        "Locked 1 package in [TIME]\n"
        " - anyio==4.2.1\n - idna==3.10\n"
        "Removed 2 packages in [TIME]\n"
    )
    assert set(served.installed()) == {"six"}
    served.ok("lock --check")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (
            "remove six",
            (
                "error: `six` is not in the project's dependencies\n"
                "hint: `six` is in group `docs`: use `--group docs`\n"
            ),
        ),
        (
            "remove idnaa",
            "error: `idnaa` is not in the project's dependencies\nhint: did you mean `idna`?\n",
        ),
        ("remove --optional fast six", "error: `six` is not in extra `fast`\n"),
        (
            "remove idna six",
            (
                "error: `six` is not in the project's dependencies\n"
                "hint: `six` is in group `docs`: use `--group docs`\n"
            ),
        ),
    ],
)
def test_what_is_not_there_is_not_removed(served: Workbench, line: str, error: str) -> None:
    served.ok("add idna --frozen")
    served.ok("add six --group docs --frozen")
    before = _state(served)
    answer = served(line)
    assert answer.code == 1
    assert answer.err.startswith(error)
    assert _state(served) == before


def test_a_name_is_wanted(served: Workbench) -> None:
    answer = served("remove six==1")
    assert (answer.code, answer.err) == (
        2,
        "error: `six==1` is not a project's name\nhint: give the names to remove, as in `flask`\n",
    )


def _state(bench: Workbench) -> tuple[bytes, bytes | None]:
    lock = bench.lockfile
    return bench.pyproject.read_bytes(), lock.read_bytes() if lock.exists() else None


def _main(bench: Workbench, line: list[str]) -> str:
    """Run a line whose words have spaces; returns what was said where it failed."""
    import io

    from wheelright.cli import main

    err = io.StringIO()
    return "" if main(line, out=io.StringIO(), err=err) == 0 else bench.plain(err.getvalue())
