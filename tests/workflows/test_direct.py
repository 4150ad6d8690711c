"""Projects from one place: files, URLs and Git, locked to their bytes and to a commit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.wheels import make_sdist, make_wheel, sdist_files, write_project
from support.workbench import lines, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.local_index import LocalIndex
    from support.workbench import Workbench

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
SOURCE = Path(__file__).parents[2] / "src"
#: What Git needs to know to commit the same each time.
WHO = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": "/usr/bin:/bin",
    "GIT_ALLOW_PROTOCOL": "file:http:https",
}


def git(folder: Path, *args: str) -> str:
    """Run Git in a folder."""
    environ = {**WHO, "HOME": str(folder)}
    done = subprocess.run(
        ["git", *args], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path, version: str, *, name: str = "lib", **facts: object) -> str:
    """Write a project into a repository (made where it lacks), commit it, return the commit."""
    write_project(folder, sdist_files(name, version, **facts))  # type: ignore[arg-type]
    if not (folder / ".git").is_dir():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", f"version {version}")
    return git(folder, "rev-parse", "HEAD")


def documents(bench: Workbench) -> dict[str, object]:
    """Return what is installed from one place, with its ``direct_url.json``."""
    found = {}
    for path in sorted(bench.venv.glob("lib/python*/site-packages/*/direct_url.json")):
        name = path.parent.name.partition("-")[0]
        found[name] = json.loads(bench.plain(path.read_text()))
    return found


def locked_line(bench: Workbench, kind: str) -> str:
    """Return the lock's line on an archive or a repository."""
    text = bench.plain(bench.lockfile.read_text())
    return next(line for line in text.splitlines() if line.startswith(f"{kind} = "))


# -- files and URLs


def test_a_wheel_on_disk_is_locked_with_its_hash(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}})
    name, data = make_wheel("lib", "1.5", requires=["base"])
    (bench.root / name).write_bytes(data)
    bench.write(f"lib @ file://{bench.root}/{name}")
    bench.ok("sync")
    digest = sha256(data).hexdigest()
    assert locked_line(bench, "archive") == (
        f'archive = {{ path = "../{name}", size = {len(data)},'
        f' hashes = {{ sha256 = "{digest}" }} }}'
    )
    assert bench.versions() == {"base": "1.0", "lib": "1.5"}
    assert documents(bench)["lib"] == {
        "url": f"file://[ROOT]/{name}",
        "archive_info": {"hashes": {"sha256": digest}},
    }
    assert bench.ok("sync").err.startswith("Nothing to do")
    name, data = make_wheel("lib", "1.5", files={"lib.py": "new = True"}, requires=["base"])
    (bench.root / name).write_bytes(data)
    answer = bench("lock --check")
    assert answer.code == 1
    assert answer.err.startswith("The lock is not current: source of `lib` changed from `path ../")
    bench.ok("sync")
    assert sha256(data).hexdigest() in bench.lockfile.read_text()
    assert (bench.venv / documents_folder(bench) / "lib.py").is_file()


def documents_folder(bench: Workbench) -> str:
    """Return the folder of packages in the venv."""
    return next(bench.venv.glob("lib/python*/site-packages")).relative_to(bench.venv).as_posix()


def test_an_sdist_behind_a_url_is_fetched_once(bench: Workbench) -> None:
    name, data = make_sdist("lib", "2.0")
    bench.index.add_file("other", "2.0", name, data)
    bench.write(f"lib @ {bench.index.file_url(name)}")
    bench.ok("lock")
    digest = sha256(data).hexdigest()
    assert locked_line(bench, "archive") == (
        f'archive = {{ url = "[INDEX]/files/{name}", size = {len(data)},'
        f' hashes = {{ sha256 = "{digest}" }} }}'
    )
    bench.ok("sync")
    bench.write(f"lib @ {bench.index.file_url(name)}", python=">=3.10")
    bench.ok("sync")
    assert bench.index.count(path=f"/files/{name}") == 1
    assert bench.versions() == {"lib": "2.0"}
    assert documents(bench)["lib"] == {
        "url": f"[INDEX]/files/{name}",
        "archive_info": {"hashes": {"sha256": digest}},
    }


def test_a_wheel_behind_a_url_has_the_hash_that_is_given(bench: Workbench) -> None:
    name, data = make_wheel("lib", "2.0")
    bench.index.add_file("other", "2.0", name, data)
    bench.write(f"lib @ {bench.index.file_url(name)}#sha256={'0' * 64}")
    answer = bench("lock")
    assert (answer.code, bench.lockfile.exists()) == (1, False)
    assert answer.err.startswith(f"error: the hash of `{name}` is not")
    bench.write(f"lib @ {bench.index.file_url(name)}#sha256={sha256(data).hexdigest()}")
    bench.ok("sync")
    assert bench.versions() == {"lib": "2.0"}


def test_a_url_is_not_replaced_by_what_an_index_has(
    bench: Workbench, make_index: Callable[..., LocalIndex]
) -> None:
    serve(bench.index, {"lib 2.0": {}})
    other = make_index()
    url = other.file_url("lib-2.0-py3-none-any.whl")
    bench.write(f"lib @ {url}")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `lib-2.0-py3-none-any.whl` could not be fetched",
            "  while locking `app`",
            f"  in {url}",
            "  404 Not Found",
            "hint: check the address; for a private one, give credentials in the netrc file",
        ),
    )


def test_a_folder_in_an_sdist(bench: Workbench) -> None:
    files = sdist_files("lib", "3.0")
    name, data = make_archive("repo-main", {f"python/{path}": one for path, one in files.items()})
    bench.index.add_file("other", "2.0", name, data)
    bench.write(
        "lib",
        more="[tool.wheelright.sources]\n"
        f'lib = {{ url = "{bench.index.file_url(name)}", subdirectory = "python" }}\n',
    )
    bench.ok("sync")
    assert locked_line(bench, "archive").endswith(', subdirectory = "python" }')
    assert bench.versions() == {"lib": "3.0"}
    assert documents(bench)["lib"] == {
        "url": f"[INDEX]/files/{name}",
        "subdirectory": "python",
        "archive_info": {"hashes": {"sha256": sha256(data).hexdigest()}},
    }


def make_archive(root: str, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Make a ``.tar.gz`` of files below one folder."""
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            info = tarfile.TarInfo(f"{root}/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return f"{root}.tar.gz", out.getvalue()


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        (
            "lib @ file://{root}/other-1.0-py3-none-any.whl",
            lines(
                "error: the place of `lib` holds a wheel of `other`",
                "  while locking `app`",
                "  in file://[ROOT]/other-1.0-py3-none-any.whl",
                "hint: name the source after the project, or correct the place",
            ),
        ),
        (
            "lib @ http://127.0.0.1:9/lib.txt",
            lines(
                "error: the place of `lib` is neither a wheel nor an sdist",
                "  while locking `app`",
                "  in http://127.0.0.1:9/lib.txt",
                "hint: name a file that ends in `.whl`, `.tar.gz` or `.zip`, or a Git repository",
            ),
        ),
        (
            "lib @ file://{root}/gone",
            lines(
                "error: the path of `lib` does not exist",
                "  in [ROOT]/gone",
                "hint: correct the source's `path`; a wheel is found with `--find-links`",
            ),
        ),
    ],
)
def test_wrong_places(bench: Workbench, requirement: str, message: str) -> None:
    name, data = make_wheel("other", "1.0")
    (bench.root / name).write_bytes(data)
    bench.write(requirement.format(root=bench.root))
    answer = bench("lock")
    assert (answer.code, answer.err) == (1, message)


# -- Git


def test_a_branch_is_locked_to_its_commit(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}})
    repository = bench.root / "repository"
    first = commit(repository, "1.0", requires=["base"])
    bench.write(f"lib @ git+file://{repository}@main")
    bench.ok("sync")
    assert locked_line(bench, "vcs") == (
        'vcs = { type = "git", url = "file://[ROOT]/repository", requested-revision = "main",'
        f' commit-id = "{first}" }}'
    )
    assert bench.versions() == {"base": "1.0", "lib": "1.0"}
    assert documents(bench)["lib"] == {
        "url": "file://[ROOT]/repository",
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": first},
    }
    second = commit(repository, "2.0", requires=["base"])
    bench.ok("lock")
    assert first in bench.lockfile.read_text()
    # Another change of the project does not move it; an upgrade of something else neither.
    bench.write(f"lib @ git+file://{repository}@main", "base")
    bench.ok("lock -P base")
    assert bench.locked() == {"base": "1.0", "lib": "1.0"}
    bench.ok("sync -P lib")
    assert second in bench.lockfile.read_text()
    assert bench.versions() == {"base": "1.0", "lib": "2.0"}


def test_a_commit_in_the_cache_is_never_fetched_again(bench: Workbench) -> None:
    repository = bench.root / "repository"
    first = commit(repository, "1.0", dynamic=["Version"])
    bench.write(f"lib @ git+file://{repository}")
    bench.ok("sync")
    shutil.rmtree(repository)
    shutil.rmtree(bench.venv)
    bench.ok("sync --offline")
    bench.write(f"lib @ git+file://{repository}", python=">=3.10")
    bench.ok("lock --offline")
    bench.lockfile.unlink()
    bench.write(f"lib @ git+file://{repository}@{first}")
    bench.ok("sync --offline")
    assert bench.versions() == {"lib": "1.0"}


def test_a_tag_a_commit_and_a_folder(bench: Workbench) -> None:
    repository = bench.root / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch", "main")
    write_project(repository / "python", sdist_files("lib", "1.0"))
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "one")
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "--annotate", "v1", "--message", "one")
    write_project(repository / "python", sdist_files("lib", "2.0"))
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "two")
    table = '[tool.uv.sources]\nlib = { git = "../repository", %s, subdirectory = "python" }\n'
    bench.write("lib", more=table % 'tag = "v1"')
    bench.ok("sync")
    assert locked_line(bench, "vcs") == (
        'vcs = { type = "git", path = "../repository", requested-revision = "v1",'
        f' commit-id = "{first}", subdirectory = "python" }}'
    )
    assert documents(bench)["lib"] == {
        "url": "file://[ROOT]/repository",
        "subdirectory": "python",
        "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": first},
    }
    bench.write("lib", more=table % 'branch = "main"')
    assert bench("lock --check").err == lines(
        "The lock is not current: source of `lib` changed from"
        " `git ../repository tag v1 subdirectory python` to"
        " `git ../repository branch main subdirectory python`",
    )
    bench.ok("sync")
    assert bench.versions() == {"lib": "2.0"}
    bench.write("lib", more=table % f'rev = "{first[:10]}"')
    bench.ok("sync")
    assert bench.versions() == {"lib": "1.0"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'branch = "mian"',
            lines(
                "error: the Git repository of `lib` does not have the branch `mian`",
                "  while locking `app`",
                "  in file://[ROOT]/repository",
                "hint: did you mean `main`?",
            ),
        ),
        (
            'tag = "x"',
            lines(
                "error: the Git repository of `lib` does not have the tag `x`",
                "  while locking `app`",
                "  in file://[ROOT]/repository",
                "hint: its tags are `v1`",
            ),
        ),
        (
            f'rev = "{"1" * 40}"',
            lines(
                f"error: the Git repository of `lib` does not have the revision `{'1' * 40}`",
                "  while locking `app`",
                "  in file://[ROOT]/repository",
                "hint: its branches and tags are `main`, `v1`",
            ),
        ),
        (
            'subdirectory = "python"',
            lines(
                "error: `file://[ROOT]/repository@COMMIT` has no folder `python`",
                "  while locking `app`",
                "hint: correct `subdirectory`",
            ),
        ),
        (
            'subdirectory = "src"',
            lines(
                "error: the folder `src` of `file://[ROOT]/repository@COMMIT` holds no Python"
                " project",
                "  while locking `app`",
                "hint: name the folder of the project with `subdirectory`",
            ),
        ),
    ],
)
def test_what_a_repository_does_not_have(bench: Workbench, source: str, message: str) -> None:
    repository = bench.root / "repository"
    found = commit(repository, "1.0", files={"lib.py": "x = 1"})
    git(repository, "tag", "v1")
    bench.write(
        "lib",
        more=f'[tool.wheelright.sources]\nlib = {{ git = "file://{repository}", {source} }}\n',
    )
    answer = bench("lock")
    assert (answer.code, answer.err.replace(found[:12], "COMMIT")) == (1, message)


def test_a_repository_that_is_not_there(bench: Workbench) -> None:
    bench.write(f"lib @ git+file://{bench.root}/gone")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the Git repository of `lib` does not serve: it cannot be fetched",
            "  while locking `app`",
            "  in file://[ROOT]/gone",
            "  fatal: '[ROOT]/gone' does not appear to be a git repository",
            "  fatal: Could not read from remote repository.",
            "  Please make sure you have the correct access rights",
            "  and the repository exists.",
            "hint: check the address, and that `git ls-remote` reads it without a question",
        ),
    )


def test_git_that_is_not_there(bench: Workbench) -> None:
    bench.write(f"lib @ git+file://{bench.root}/repository")
    answer = bench("lock", PATH=str(bench.root))
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: the program `git` is needed for the repository of `lib`, and it was not found",
            "  while locking `app`",
            "  in file://[ROOT]/repository",
            "hint: install Git, or correct `PATH`",
        ),
    )


def test_credentials_are_in_no_message_and_no_lock(bench: Workbench) -> None:
    url = bench.index.root.replace("http://", "http://me:s3cret@")
    bench.write(f"lib @ git+{url}/repository.git")
    answer = bench("lock -v")
    assert answer.code == 1
    assert "s3cret" not in answer.err
    assert "[INDEX]/repository.git" in answer.err
    sent = [headers.get("authorization") for headers in bench.index.headers_seen]
    assert not any(sent)  # the server did not ask for them
    name, data = make_wheel("lib", "1.0")
    bench.index.add_file("other", "1.0", name, data)
    bench.write(f"lib @ {url}/files/{name}")
    bench.ok("sync")
    kept = [bench.lockfile.read_text(), json.dumps(documents(bench))]
    assert not any("s3cret" in text for text in kept)


def test_submodules_are_checked_out(bench: Workbench) -> None:
    inner = bench.root / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    (inner / "part.py").write_text("x = 1\n")
    git(inner, "add", "--all")
    git(inner, "commit", "--quiet", "--message", "one")
    repository = bench.root / "repository"
    commit(repository, "1.0")
    git(repository, "submodule", "--quiet", "add", "../inner", "src/inner")
    git(repository, "commit", "--quiet", "--message", "with a part")
    bench.write(f"lib @ git+file://{repository}")
    bench.ok("sync", GIT_ALLOW_PROTOCOL="file")
    assert (bench.venv / documents_folder(bench) / "inner" / "part.py").is_file()


# -- in any depth


def test_what_direct_projects_ask_for_directly_is_followed(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}, "far 9.0": {}})
    repository = bench.root / "repository"
    write_project(repository / "side", sdist_files("side", "4.0", requires=["base"]))
    tables = '[tool.uv.sources]\nside = { path = "side" }\n'
    found = commit(repository, "3.0", name="far", requires=["side"])
    text = (repository / "pyproject.toml").read_text()
    (repository / "pyproject.toml").write_text(f"{text}\n{tables}")
    git(repository, "commit", "--quiet", "--all", "--message", "a source")
    found = git(repository, "rev-parse", "HEAD")
    write_project(bench.root / "near", sdist_files("near", "2.0", requires=["far"]))
    text = (bench.root / "near" / "pyproject.toml").read_text()
    (bench.root / "near" / "pyproject.toml").write_text(
        f'{text}\n[tool.wheelright.sources]\nfar = {{ git = "../repository" }}\n'
    )
    write_project(
        bench.root / "lib", sdist_files("lib", "1.0", requires=[f"near @ file://{bench.root}/near"])
    )
    bench.write("lib", more='[tool.wheelright.sources]\nlib = { path = "../lib" }\n')
    bench.ok("sync")
    assert bench.versions() == {
        "base": "1.0",
        "far": "3.0",
        "lib": "1.0",
        "near": "2.0",
        "side": "4.0",
    }
    assert bench.lockfile.read_text().count(found) == 3  # twice locked, and asked for once
    assert bench.ok("lock --check").code == 0


def test_two_places_for_one_project(bench: Workbench) -> None:
    for folder in ("one", "two"):
        write_project(bench.root / folder, sdist_files("lib", "1.0"))
    write_project(
        bench.root / "mid", sdist_files("mid", "1.0", requires=[f"lib @ file://{bench.root}/two"])
    )
    bench.write(f"lib @ file://{bench.root}/one", f"mid @ file://{bench.root}/mid")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `lib` is asked for from two places",
            "  `app` takes it from `[ROOT]/one`",
            "  `mid` takes it from `[ROOT]/two`",
            "hint: name one place for both, or decide with `override-dependencies`",
        ),
    )
    bench.write(
        f"lib @ file://{bench.root}/one",
        f"mid @ file://{bench.root}/mid",
        more=f'[tool.wheelright]\noverride-dependencies = ["lib @ file://{bench.root}/two"]\n',
    )
    bench.ok("lock")
    assert 'directory = { path = "../two" }' in bench.lockfile.read_text()


def test_a_direct_project_of_the_wrong_version(bench: Workbench) -> None:
    serve(bench.index, {"top 1.0": {"requires": ["lib>=2"]}, "lib 2.0": {}})
    write_project(bench.root / "lib", sdist_files("lib", "1.0"))
    bench.write(f"lib @ file://{bench.root}/lib", "top")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app`",
            "  Because `app` requires `top` and `top` requires `lib>=2`, but no version of `lib`"
            " matches, the requirements of `app` cannot be met.",
            "hint: `lib` comes from `../lib`, which holds 1.0",
        ),
    )


def test_an_index_may_not_say_where_others_come_from(bench: Workbench) -> None:
    name, data = make_wheel("lib", "1.0")
    bench.index.add_file("other", "1.0", name, data)
    url = bench.index.file_url(name)
    bench.index.add("sly", "1.0", requires=[f"lib @ {url}"])
    bench.index.add("shy", "1.0", extras={"more": [f"lib @ {url}"]})
    bench.index.add("lib", "5.0")
    bench.write("sly")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app`",
            "  Because `sly` cannot be used (it takes `lib` from a URL, which is used only where"
            " the user names it too) and `app` requires `sly`, the requirements of `app` cannot be"
            " met.",
            f"hint: name `lib @ [INDEX]/files/{name}` yourself to use `sly`",
        ),
    )
    bench.write("shy[more]")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `shy` 1.0 takes `lib` from a place that the project does not name",
            "  while locking `app`",
            f"  in [INDEX]/files/{name}",
            f"hint: add `lib @ [INDEX]/files/{name}` to the requirements of `app`",
        ),
    )
    bench.write("sly", "shy[more]", f"lib @ {url}")
    bench.ok("lock")
    assert bench.locked() == {"lib": "1.0", "shy": "1.0", "sly": "1.0"}


def test_a_script_may_name_places(bench: Workbench) -> None:
    repository = bench.root / "repository"
    commit(repository, "1.0", files={"lib.py": "print('here')"})
    (bench.project / "tool.py").write_text(
        f'# /// script\n# dependencies = ["lib @ git+file://{repository}"]\n# ///\nimport lib\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", "from wheelright.cli import main; main()", "run", "tool.py"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "here\n"), done.stderr


def test_a_repository_is_added_under_the_name_in_it(bench: Workbench) -> None:
    repository = bench.root / "repository"
    first = commit(repository, "1.0")
    commit(repository, "2.0")
    bench.write()
    bench.ok(f"add git+file://{repository}@{first}")
    assert bench.versions() == {"lib": "1.0"}
    assert bench.pyproject.read_text().endswith(
        'dependencies = [\n    "lib",\n]\n\n[tool.wheelright.sources]\n'
        f'lib = {{ git = "file://{repository}", rev = "{first}" }}\n'
    )


def test_a_wheel_for_another_platform_is_refused(bench: Workbench) -> None:
    name, data = make_wheel("lib", "1.5", tag="cp311-cp311-win_amd64")
    (bench.root / name).write_bytes(data)
    bench.write(f"lib @ file://{bench.root}/{name}")
    bench.ok("lock")
    answer = bench("sync --python-platform x86_64-manylinux_2_28")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the wheel of `lib` does not fit x86_64-manylinux_2_28 (glibc 2.28, x86_64)",
            f"  in file://[ROOT]/{name}",
            "  cp311-cp311-win_amd64 does not fit x86_64-manylinux_2_28",
            "hint: name the place of another wheel or of an sdist, or add a marker",
        ),
    )


def test_what_must_be_built_is_not_where_builds_are_forbidden(bench: Workbench) -> None:
    repository = bench.root / "repository"
    commit(repository, "1.0")
    bench.write(f"lib @ git+file://{repository}")
    answer = bench("sync --no-build")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `lib` must be built, and builds are not allowed",
            "  in file://[ROOT]/repository",
            "hint: leave `--no-build` and its like out, or name the place of a wheel",
        ),
    )


def test_a_sync_sees_what_changed_in_any_depth(bench: Workbench) -> None:
    near = bench.root / "near"
    write_project(near, sdist_files("near", "1.0"))
    write_project(bench.root / "lib", sdist_files("lib", "1.0", requires=[f"near @ file://{near}"]))
    bench.write(
        "lib", more='[tool.wheelright.sources]\nlib = { path = "../lib", editable = true }\n'
    )
    bench.ok("sync")
    assert not list(bench.venv.glob(".wheelright-stamp"))
    write_project(near, sdist_files("near", "2.0"))
    bench.ok("sync")
    assert bench.versions() == {"lib": "1.0", "near": "2.0"}
