"""Git over SSH and with large files, as far as that can be tried without a server of either."""

from __future__ import annotations

import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.wheels import sdist_files, write_project
from support.workbench import lines

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="there is no git")
#: Stands for ssh: notes what it was called with, and runs the remote command here.
SSH = '#!/bin/sh\necho "$@" >> {log}\nfor last; do :; done\nexec sh -c "$last"\n'
#: Stands for Git LFS: every pointer is of the same file.
LFS = '#!/bin/sh\n[ "$1" = version ] || {{ cat > /dev/null; printf "large = True\\n"; }}\n'


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
def repository(bench: Workbench) -> Path:
    """Make a repository with one project, part of it a pointer to a large file."""
    root = write_project(bench.root / "work", sdist_files("lib", "1.5"))
    (root / ".gitattributes").write_text("*.large.py filter=lfs -text\n")
    (root / "src" / "lib" / "big.large.py").write_text("version: a pointer\n")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    git(root, "tag", "v1")
    return root


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    "source",
    [
        '{{ git = "ssh://git@example.org{path}", tag = "v1" }}',
        '{{ git = "ssh://git@example.org:2222{path}", tag = "v1" }}',
        '{{ git = "git@example.org:{path}", tag = "v1" }}',
    ],
)
def test_a_repository_behind_ssh(bench: Workbench, repository: Path, source: str) -> None:
    log = bench.root / "ssh.log"
    bench.patch.setenv("GIT_SSH_COMMAND", str(program(bench.root / "ssh", SSH.format(log=log))))
    place = source.format(path=repository)
    bench.write("lib", more=f"[tool.wheelright.sources]\nlib = {place}\n")

    bench.ok("sync")

    assert bench.versions() == {"lib": "1.5"}
    called = log.read_text().splitlines()
    assert all("git@example.org" in line for line in called)
    assert ("-p 2222" in called[0]) is (":2222" in source)
    (lib,) = bench.lock().by_name["lib"]
    assert lib.vcs is not None
    assert lib.vcs.url is not None
    assert "git@example.org" in lib.vcs.url
    log.write_text("")
    bench.ok("lock --check")
    bench.ok("sync")
    assert log.read_text() == ""
    shutil.rmtree(bench.cache / "git")
    shutil.rmtree(bench.venv)
    shutil.rmtree(bench.cache / "built", ignore_errors=True)
    answer = bench("sync --offline")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: what is asked of the repository of `lib` is not in the cache, and the network is"
        " off\n"
    )


def test_a_reference_with_ssh(bench: Workbench, repository: Path) -> None:
    log = bench.root / "ssh.log"
    bench.patch.setenv("GIT_SSH_COMMAND", str(program(bench.root / "ssh", SSH.format(log=log))))
    bench.write(f"lib @ git+ssh://git@example.org{repository}@v1")

    bench.ok("lock")

    assert (
        f"url = 'ssh://git@example.org{repository}'".replace("'", '"') in bench.lockfile.read_text()
    )


def test_a_host_that_refuses(bench: Workbench) -> None:
    refusal = "#!/bin/sh\necho 'git@example.org: Permission denied (publickey).' >&2\nexit 255\n"
    bench.patch.setenv("GIT_SSH_COMMAND", str(program(bench.root / "ssh", refusal)))
    bench.write("lib @ git+ssh://git@example.org/x/lib")

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the Git repository of `lib` does not serve: it cannot be fetched",
            "  while locking `app`",
            "  in ssh://example.org/x/lib",
            "  example.org: Permission denied (publickey).",
            "  fatal: Could not read from remote repository.",
            "  Please make sure you have the correct access rights",
            "  and the repository exists.",
            "hint: check the address, and that `git ls-remote` reads it without a question",
        ),
    )


@pytest.mark.skipif(
    shutil.which("git-lfs", path="/usr/bin:/bin") is not None,
    reason="Git LFS is installed",
)
def test_git_lfs_is_missing(bench: Workbench, repository: Path) -> None:
    source = f'{{ git = "{repository.as_uri()}", lfs = true }}'
    bench.write("lib", more=f"[tool.wheelright.sources]\nlib = {source}\n")

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `lib` is kept with Git LFS, which is not installed",
            "  while locking `app`",
            "  in file://[ROOT]/work",
            "hint: install Git LFS (`git-lfs`), or take `lfs = true` out of the source",
        ),
    )


def test_large_files_are_fetched_where_they_are_asked_for(
    bench: Workbench, repository: Path
) -> None:
    program(bench.root / "bin" / "git-lfs", LFS.format())
    bench.patch.setenv("PATH", f"{bench.root / 'bin'}:/usr/bin:/bin")
    bench.patch.setenv("HOME", str(bench.root))
    place = f'git = "{repository.as_uri()}"'
    installed = "lib/python*/site-packages/lib/big.large.py"

    bench.write("lib", more=f"[tool.wheelright.sources]\nlib = {{ {place} }}\n")
    bench.ok("sync")
    (found,) = bench.venv.glob(installed)
    assert found.read_text() == "version: a pointer\n"

    bench.write("lib", more=f"[tool.wheelright.sources]\nlib = {{ {place}, lfs = true }}\n")
    bench.ok("sync --reinstall")
    (found,) = bench.venv.glob(installed)
    assert found.read_text() == "large = True\n"
