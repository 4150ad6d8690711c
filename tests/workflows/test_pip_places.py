"""Git, folders of archives and archives of any name in the front without a project."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.wheels import sdist_files, write_project
from support.workbench import lines, serve

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def git(folder: Path, *args: str) -> str:
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    environ = {
        **dict.fromkeys(names, "a@example.org"),
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        ["git", *args], cwd=folder, env=environ, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(bench: Workbench) -> str:
    """Make a repository with a project in a folder, and return its URL without a revision."""
    serve(bench.index, {"base 1.0": {}})
    root = bench.root / "work"
    write_project(root / "python", sdist_files("lib", "1.5", requires=["base"]))
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    git(root, "tag", "v1")
    bench.ok("venv -q")
    return f"git+{root.as_uri()}"


def document(bench: Workbench, name: str) -> dict[str, object]:
    (path,) = bench.venv.glob(f"lib/python*/site-packages/{name}-*/direct_url.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_install_from_git(bench: Workbench, repository: str) -> None:
    commit = git(bench.root / "work", "rev-parse", "HEAD")

    answer = bench.ok(f"pip install -p .venv {repository}@v1#subdirectory=python")

    assert answer.err == lines(" + base==1.0", " + lib==1.5", "Installed 2 packages in [TIME]")
    assert document(bench, "lib") == {
        "url": (bench.root / "work").as_uri(),
        "subdirectory": "python",
        "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "v1"},
    }
    again = bench.ok(f"pip install -p .venv lib@{repository}@main#subdirectory=python")
    assert "Nothing to do" in again.err


def test_a_new_commit_is_installed(bench: Workbench, repository: str) -> None:
    bench.ok(f"pip install -p .venv {repository}@main#subdirectory=python")
    work = bench.root / "work"
    write_project(work / "python", sdist_files("lib", "1.6"))
    git(work, "commit", "--quiet", "--all", "--message", "second")

    bench.ok(f"pip install -p .venv {repository}@main#subdirectory=python")

    assert bench.versions()["lib"] == "1.6"


def test_compile_pins_the_commit(bench: Workbench, repository: str) -> None:
    commit = git(bench.root / "work", "rev-parse", "HEAD")
    (bench.project / "requirements.in").write_text(f"lib @ {repository}#subdirectory=python\n")

    text = bench.ok("pip compile requirements.in --no-header --no-annotate").out

    pinned = f"lib @ {repository}@{commit}#subdirectory=python"
    assert text == bench.plain(lines("base==1.0", pinned))
    (bench.project / "requirements.txt").write_text(lines("base==1.0", pinned))
    bench.ok("pip sync -p .venv requirements.txt")
    assert bench.versions() == {"base": "1.0", "lib": "1.5"}


def test_a_lock_with_git(bench: Workbench, repository: str) -> None:
    (bench.project / "requirements.in").write_text(f"lib @ {repository}@v1#subdirectory=python\n")
    bench.ok("pip compile requirements.in --format pylock.toml -o pylock.toml")
    assert 'requested-revision = "v1"' in bench.lockfile.read_text()

    bench.ok("pip sync -p .venv pylock.toml")

    assert bench.versions() == {"base": "1.0", "lib": "1.5"}


def test_a_folder_of_an_archive(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}})
    files = {f"inner/{path}": data for path, data in sdist_files("lib", "2.0").items()}
    folder = write_project(bench.root / "packed" / "main", {**files, "README.md": b"no project"})
    name = shutil.make_archive(str(bench.root / "main"), "gztar", folder.parent, "main")
    bench.ok("venv -q")

    bench.ok(f"pip install -p .venv file://{name}#subdirectory=inner")

    assert bench.versions() == {"lib": "2.0"}
    assert document(bench, "lib")["subdirectory"] == "inner"
    (bench.project / "requirements.in").write_text(f"lib @ file://{name}#subdirectory=inner\n")
    out = bench.ok("pip compile requirements.in --no-header --no-annotate --generate-hashes").out
    assert f"lib @ file://{bench.plain(name)}#subdirectory=inner \\\n    --hash=sha256:" in out


def test_a_revision_that_does_not_exist(bench: Workbench, repository: str) -> None:
    answer = bench(f"pip install -p .venv {repository}@v9#subdirectory=python")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the Git repository of `git+file://[ROOT]/work@v9` does not have the revision"
            " `v9`",
            "  in file://[ROOT]/work",
            "hint: its branches and tags are `main`, `v1`",
        ),
    )


def test_git_from_two_commits(bench: Workbench, repository: str) -> None:
    git(bench.root / "work", "commit", "--quiet", "--allow-empty", "--message", "second")
    one, other = (f"lib@{repository}@{name}#subdirectory=python" for name in ("v1", "main"))

    answer = bench(f"pip install -p .venv {one} {other}")

    assert answer.code == 1
    assert answer.err.startswith("error: `lib` is asked for from two places\n")


def test_sources_with_conditions(bench: Workbench, repository: str) -> None:
    serve(bench.index, {"lib 9.0": {}})
    url = repository.removeprefix("git+")
    more = f"""
[project.optional-dependencies]
new = ["lib"]
[tool.uv.sources]
lib = [
    {{ git = "{url}", subdirectory = "python", marker = "sys_platform == 'linux'", extra = "new" }},
    {{ index = "other", marker = "sys_platform == 'win32'" }},
]
[[tool.uv.index]]
name = "other"
url = "{bench.index.url}"
"""
    bench.write("lib", more=more)
    plain = "pip compile pyproject.toml --no-header --no-annotate"

    assert bench.ok(f"{plain} --python-platform windows").out == lines("lib==9.0")
    assert bench.ok(f"{plain} --extra new --python-platform macos").out == lines("lib==9.0")
    assert bench.ok(plain).out == lines("lib==9.0")
    assert "lib @ git+" in bench.ok(f"{plain} --extra new").out
    answer = bench(f"{plain} --universal")
    assert (answer.code, answer.err) == (
        1,
        lines(
            'error: `lib` comes from the index `other` only where `sys_platform == "win32"`',
            "  a requirements file for all environments cannot say that",
            "hint: lock the project with `wheelright lock`, or leave `--universal` out",
        ),
    )
