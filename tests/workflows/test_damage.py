"""What happens to a venv between two syncs: the next one says what it found and makes it whole."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.pythons import python
from support.rights import read_only
from support.venvs import tree_of
from support.workbench import BASE_PYTHON, lines, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.workbench import Workbench

SOURCE = Path(__file__).parents[2] / "src"
SETTLED = "Nothing to do: 2 packages are as locked\n"


@pytest.fixture
def synced(bench: Workbench) -> Workbench:
    """Sync a project: `tool` has a script and modules, `plain` one module."""
    serve(
        bench.index,
        {
            "tool 1.0": {
                "files": {
                    "tool/__init__.py": "def main(): print('it runs')\n",
                    "tool/x.py": "12\n",
                },
                "scripts": {"tool": "tool:main"},
            },
            "plain 1.0": {},
        },
    )
    bench.write("tool", "plain")
    bench.ok("sync --link-mode copy")
    return bench


def look(bench: Workbench) -> dict[str, bytes | str]:
    found = tree_of(bench.venv)
    found.pop(".wheelright-stamp", None)
    return {path: data for path, data in found.items() if not path.endswith(".pyc")}


def site(bench: Workbench) -> Path:
    (found,) = bench.venv.glob("lib/python3*/site-packages")
    return found


def edit(path: Path, text: str) -> None:
    """Write what an editor would, now."""
    path.unlink()
    path.write_text(text)


def age(path: Path) -> None:
    """Make a file look as old as it was when it was installed."""
    os.utime(path, (1, 1))


def half_remove(bench: Workbench) -> None:
    info = site(bench) / "tool-1.0.dist-info"
    for name in ("RECORD", "METADATA"):
        (info / name).unlink()


DAMAGES: list[tuple[str, Callable[[Workbench], object], str]] = [
    (
        "removed-file",
        lambda bench: (site(bench) / "tool" / "x.py").unlink(),
        "damaged: `tool/x.py` is missing",
    ),
    (
        "removed-package",
        lambda bench: shutil.rmtree(site(bench) / "tool"),
        "damaged: `tool/__init__.py` and 1 more file are missing",
    ),
    (
        "removed-script",
        lambda bench: (bench.venv / "bin" / "tool").unlink(),
        "damaged: `../../../bin/tool` is missing",
    ),
    (
        "edited-file",
        lambda bench: edit(site(bench) / "tool" / "x.py", "123\n"),
        "damaged: `tool/x.py` was changed",
    ),
    (
        "edited-file-of-the-same-size",
        lambda bench: edit(site(bench) / "tool" / "x.py", "34\n"),
        "damaged: `tool/x.py` was changed",
    ),
    (
        "removed-and-edited",
        lambda bench: (
            (site(bench) / "tool" / "__init__.py").unlink(),
            edit(site(bench) / "tool" / "x.py", ""),
        ),
        "damaged: `tool/__init__.py` is missing, `tool/x.py` was changed",
    ),
    ("half-removed", half_remove, "damaged: its METADATA and RECORD are missing"),
]


@pytest.mark.parametrize(
    ("damage", "reason"), [pytest.param(*rest, id=name) for name, *rest in DAMAGES]
)
def test_damage_is_said_and_repaired(
    damage: Callable[[Workbench], object], reason: str, synced: Workbench
) -> None:
    whole = look(synced)
    damage(synced)
    damaged = look(synced)
    line = f" ~ tool==1.0: {reason}"
    assert synced.ok("sync --dry-run").err == lines(line, "Would replace 1 package")
    answer = synced("sync --check")
    assert (answer.code, answer.err) == (1, lines(line, "Would replace 1 package"))
    assert look(synced) == damaged
    assert synced.ok("sync").err == lines(line, "Replaced 1 package in [TIME]")
    assert look(synced) == whole
    assert synced.ok("sync").err == SETTLED


def test_what_no_time_shows_is_found_by_verify(synced: Workbench) -> None:
    whole = look(synced)
    module = site(synced) / "tool" / "x.py"
    edit(module, "34\n")
    age(module)
    assert synced.ok("sync").err == SETTLED
    line = " ~ tool==1.0: damaged: `tool/x.py` was changed"
    answer = synced("sync --verify --check")
    assert (answer.code, answer.err) == (1, lines(line, "Would replace 1 package"))
    assert synced.ok("sync --verify").err == lines(line, "Replaced 1 package in [TIME]")
    assert look(synced) == whole
    assert synced.ok("sync --verify").err == (
        "Nothing to do: 2 packages are as locked, file by file\n"
    )
    document = json.loads(synced.ok("sync --verify --output-format json").out)
    assert document["actions"] == []


def test_a_venv_that_was_taken_over_is_healed_from_a_sound_cache(synced: Workbench) -> None:
    """Its files are those of the cache, and what the cache has is what is about to be installed."""
    synced.ok("sync --reinstall --link-mode hardlink")
    whole = look(synced)
    del whole["wheelright.json"]
    (synced.venv / "wheelright.json").unlink()
    module = site(synced) / "tool" / "x.py"
    state = module.stat()
    with module.open("r+b") as file:
        file.write(b"#")
    os.utime(module, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert synced.ok("sync --verify").err == lines(
        "note: `.venv` has lost its record: it is for this machine now, and what is installed was"
        " looked at anew",
        "note: `tool-1.0-py3-none-any.whl` was damaged in the cache too, and is fetched or built"
        " anew",
        " ~ tool==1.0: damaged: `tool/x.py` was changed",
        "Replaced 1 package in [TIME]",
    )
    assert look(synced).items() >= whole.items()


def test_a_record_that_cannot_be_read_is_told(synced: Workbench) -> None:
    synced.ok("sync --for x86_64-manylinux_2_17")
    (synced.venv / "wheelright.json").write_text("{")
    note = (
        "note: `.venv` has lost its record: it is for this machine now, and what is installed was"
        " looked at anew"
    )
    assert synced.ok("sync --dry-run").err == lines(note, SETTLED.rstrip("\n"))
    assert synced.ok("sync").err == lines(note, SETTLED.rstrip("\n"))
    assert synced.ok("sync").err == SETTLED


def test_an_edit_through_a_link_damages_the_cache_too(synced: Workbench) -> None:
    synced.ok("sync --reinstall --link-mode hardlink")
    whole = look(synced)
    with (site(synced) / "tool" / "x.py").open("a") as module:
        module.write("more")
    assert synced.ok("sync").err == lines(
        "note: `tool-1.0-py3-none-any.whl` was damaged in the cache too, and is fetched or built"
        " anew",
        " ~ tool==1.0: damaged: `tool/x.py` was changed",
        "Replaced 1 package in [TIME]",
    )
    assert look(synced) == whole


def test_one_file_of_two_packages_is_no_damage(bench: Workbench) -> None:
    """Whichever of the two is in place."""
    serve(
        bench.index,
        {
            "a 1.0": {"files": {"a.py": "", "shared/conf.py": "of a"}},
            "b 1.0": {"files": {"b.py": "", "shared/conf.py": "of b, longer"}},
        },
    )
    bench.write("a", "b")
    bench.ok("sync")
    assert bench.ok("sync --verify").err == (
        "Nothing to do: 2 packages are as locked, file by file\n"
    )


def test_what_goes_leaves_the_files_of_what_stays(bench: Workbench) -> None:
    shared = {"shared/__init__.py": "", "shared/conf.py": "the same"}
    bench.index.add("a", "1.0", files={"shared/a.py": "", **shared})
    bench.index.add("b", "1.0", files={"shared/b.py": "", **shared})
    bench.write("a", "b")
    bench.ok("sync")
    bench.write("a")
    bench.ok("sync")
    assert sorted(path.name for path in (site(bench) / "shared").iterdir()) == [
        "__init__.py",
        "a.py",
        "conf.py",
    ]
    assert bench.ok("sync --verify").err == (
        "Nothing to do: 1 package is as locked, file by file\n"
    )


def test_bytecode_is_no_damage(synced: Workbench) -> None:
    code = "import tool.x, plain"
    subprocess.run([synced.venv / "bin" / "python", "-c", code], check=True)
    assert synced.ok("sync --verify").err == (
        "Nothing to do: 2 packages are as locked, file by file\n"
    )


# -- the venv as a whole


def test_a_moved_project_is_made_whole(synced: Workbench) -> None:
    elsewhere = synced.root / "moved"
    synced.project.rename(elsewhere)
    synced.patch.chdir(elsewhere)
    answer = synced.ok("sync")
    assert answer.err == lines(
        "note: making `.venv` anew: it was made as `[PROJECT]/.venv`, and its scripts lead there",
        " + plain==1.0",
        " + tool==1.0",
        "Installed 2 packages in [TIME]",
    )
    done = subprocess.run([elsewhere / ".venv/bin/tool"], capture_output=True, check=True)
    assert done.stdout == b"it runs\n"
    assert synced.ok("sync").err == SETTLED


def test_a_project_reached_by_another_path_was_not_moved(synced: Workbench) -> None:
    (synced.root / "link").symlink_to(synced.project)
    synced.patch.chdir(synced.root / "link")
    assert synced.ok("sync").err == SETTLED


def test_a_replaced_interpreter_is_said(synced: Workbench) -> None:
    other = python(3, 12) if sys.version_info[:2] != (3, 12) else python(3, 11)
    link = synced.venv / "bin" / "python"
    link.unlink()
    link.symlink_to(other)
    answer = synced.ok("sync")
    first, *rest = answer.err.splitlines()
    made = ".".join(map(str, sys.version_info[:2]))
    assert first.startswith("note: making `.venv` anew: its Python is CPython 3.")
    assert first.endswith(f" now, and it was made for {made}")
    assert rest[:2] == [" + plain==1.0", " + tool==1.0"]
    assert synced.ok("sync").err == SETTLED
    assert os.path.realpath(link) == str(BASE_PYTHON)


def test_a_venv_that_was_not_finished_is_made_again(synced: Workbench) -> None:
    whole = look(synced)
    (synced.venv / ".wheelright-making").touch()
    (synced.venv / "bin" / "activate").unlink()
    assert synced.ok("sync").err.startswith(
        "note: making `.venv` anew: the virtual environment `[PROJECT]/.venv` cannot be used:"
        " making it was interrupted\n"
    )
    assert look(synced) == whole


def test_nothing_to_do_in_a_venv_that_may_only_be_read(synced: Workbench) -> None:
    with read_only(synced.project):
        assert synced.ok("sync").err == SETTLED
        assert synced.ok("sync --verify").err == (
            "Nothing to do: 2 packages are as locked, file by file\n"
        )
    synced.write("plain")
    synced.ok("lock")
    with read_only(synced.venv):
        answer = synced("sync")
    place = "[PROJECT]/.venv/.wheelright-lock"
    assert (answer.code, answer.err) == (
        2,
        lines(
            f"error: could not lock `{place}`: permission denied",
            f"  in {place}",
            "hint: check who owns the place and its rights",
        ),
    )


# -- a full disk


def test_a_limit_on_sizes_is_said_and_the_next_sync_completes(bench: Workbench) -> None:
    serve(bench.index, {"small 1.0": {}})
    bench.index.add("large", "1.0", files={"large.py": "#" * 200_000})
    bench.write("large", "small")
    bench.ok("sync")
    whole = look(bench)
    shutil.rmtree(bench.venv)
    limit = resource.RLIMIT_FSIZE
    soft, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (100_000, hard))
    try:
        answer = bench("sync --link-mode copy")
    finally:
        resource.setrlimit(limit, (soft, hard))
    place = bench.plain(f"{site(bench)}/large.py")
    assert (answer.code, answer.err) == (
        2,
        lines(
            f"error: could not place `{place}`: the file would be larger than this process may"
            " write",
            f"  in {place}",
            "hint: raise the limit (`ulimit -f`) and run again",
        ),
    )
    assert "interrupted" in bench.ok("sync").err
    assert look(bench) == whole


FULL = """
import os, subprocess, sys
root, source = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", f"{root}/app"], check=True)
for name in ("pyproject.toml", "pylock.toml"):
    with open(f"{root}/{name}") as file, open(f"{root}/app/{name}", "w") as copy:
        copy.write(file.read())
os.chdir(f"{root}/app")
ballast = open("ballast", "wb")
ballast.write(b"x" * (2 << 20))
ballast.close()
from wheelright.cli import main
first = main(["sync"])
os.remove("ballast")
second = main(["sync"])
third = main(["sync", "--verify"])
sys.exit(first * 100 + second * 10 + third)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may make a small disk"
)
def test_a_full_disk_is_said_and_the_next_sync_completes(bench: Workbench) -> None:
    bench.index.add("large", "1.0", files={f"large/m{n}.py": "#" * 50_000 for n in range(40)})
    bench.write("large")
    bench.ok("sync")
    shutil.rmtree(bench.venv)
    for path in (bench.pyproject, bench.lockfile):
        shutil.move(path, bench.root / path.name)
    command = ["unshare", "--mount", sys.executable, "-c", FULL, str(bench.root), ""]
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, cwd="/", check=False
    )
    if "unshare" in done.stderr:
        pytest.skip("this root may not make a mount namespace")
    said = bench.plain(done.stderr)
    assert done.returncode == 200, said
    assert ": no space left on the disk\n" in said
    assert "hint: free some space (`wheelright cache prune` may help) and run again\n" in said
    assert said.endswith(
        lines(
            " ~ large==1.0: an earlier sync was interrupted",
            "Replaced 1 package in [TIME]",
            "Nothing to do: 1 package is as locked, file by file",
        )
    )
