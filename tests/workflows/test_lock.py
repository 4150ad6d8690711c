"""Locking: the same bytes whoever asks whatever kind of index, and what is said when it fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.local_index import LocalIndex
from support.pythons import PYTHONS
from support.rights import read_only
from support.wheels import sdist_files, write_project
from support.workbench import lines, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.workbench import Workbench

SOURCE = Path(__file__).parents[2] / "src"
PROGRAM = "import sys; from wheelright.start import main; sys.exit(main())"
NEEDED = """
import msgspec, packaging, platformdirs, sys, tomlkit
sys.exit(sys.version_info < (3, 11))
"""

#: A small world with all that makes locks differ: markers, extras, splits, many files, an sdist.
WORLD: dict[str, dict[str, Any]] = {
    "web 2.0": {
        "requires": [
            "core>=1",
            "tzdata; sys_platform == 'win32'",
            "loop; platform_python_implementation == 'CPython' and sys_platform != 'win32'",
            "compat; python_version < '3.11'",
        ],
        "extras": {"fast": ["speed>=1", "core[json]"]},
    },
    "web 1.0": {"requires": ["core"]},
    "core 1.5": {
        "requires_python": ">=3.10",
        "requires": ["cffi; platform_machine == 'x86_64' or platform_machine == 'aarch64'"],
        "extras": {"json": ["speed"]},
    },
    "core 1.2": {"requires_python": ">=3.8", "extras": {"json": ["speed"]}},
    "cffi 1.0": {
        "tags": [
            "cp39-cp39-manylinux_2_17_x86_64",
            "cp310-cp310-manylinux_2_17_x86_64",
            "cp310-cp310-macosx_11_0_arm64",
            "cp311-cp311-musllinux_1_2_x86_64",
            "cp311-cp311-macosx_10_9_universal2",
            "cp37-abi3-win_amd64",
        ],
        "sdist": True,
    },
    "loop 3": {"tags": ["cp37-abi3-macosx_11_0_arm64", "py3-none-any"]},
    "compat 0.9": {},
    "tzdata 2026.1": {"uploaded": None},
    "speed 1.1": {"tags": [], "sdist": True},
    "tester 7.0": {"requires": ["web[fast]", "compat"]},
}
PROJECT = """
[project.optional-dependencies]
fast = ["web[fast]"]
[dependency-groups]
dev = ["tester"]
"""


def lock_text(bench: Workbench) -> str:
    """Return the lock without the addresses of files."""
    return re.sub(r'url = "[^"]*/', 'url = "', bench.lockfile.read_text())


@pytest.fixture
def world(bench: Workbench) -> str:
    """Lock the world from a good index, and return the lock without addresses."""
    serve(bench.index, WORLD)
    bench.write("web", more=PROJECT)
    bench.ok("lock")
    text = lock_text(bench)
    bench.lockfile.unlink()
    bench.ok("cache clean")
    return text


def relock(bench: Workbench, index: LocalIndex) -> str:
    """Lock anew from another index with an empty cache."""
    bench.ok("lock", WHEELRIGHT_DEFAULT_INDEX=index.url)
    return lock_text(bench)


def test_the_world_is_a_real_one(bench: Workbench, world: str) -> None:
    assert "marker = \"sys_platform == 'win32'\"" in world
    assert world.count('name = "core"') > 2  # split by Python
    assert bench.plain(world) == world  # no path and no address of this machine


@pytest.mark.parametrize(
    "kind",
    [
        "reversed",
        "no metadata",
        "no ranges",
        "neither",
        "no cache headers",
        "no macOS",
        "no wheels",
    ],
)
def test_no_kind_of_index_changes_the_lock(
    kind: str, bench: Workbench, world: str, make_index: Callable[..., LocalIndex]
) -> None:
    other = make_index(
        metadata=kind not in {"no metadata", "neither", "no macOS", "no wheels"},
        ranges=kind not in {"no ranges", "neither"},
        cache_headers=kind != "no cache headers",
    )
    serve(other, dict(reversed(WORLD.items())) if kind == "reversed" else WORLD)
    if kind == "reversed":
        _list_files_backwards(other)
    if kind == "no macOS":
        other.fault("*macosx*", "404")
    if kind == "no wheels":
        other.fault("cffi*.whl", "404")  # the sdist answers
    assert relock(bench, other) == world


def _list_files_backwards(index: LocalIndex) -> None:
    for name in index.projects():
        files = index.files_of(name) or []
        index.remove(name)
        for file in reversed(files):
            index.add_file(
                file.project,
                file.version,
                file.name,
                file.data,
                requires_python=file.requires_python,
                uploaded=file.uploaded,
            )


def test_an_html_index_only_lacks_sizes_and_times(
    bench: Workbench, world: str, make_index: Callable[..., LocalIndex]
) -> None:
    other = make_index(html_only=True)
    serve(other, WORLD)
    facts = re.compile(r"upload-time = \S+, |size = \d+, ")
    assert facts.sub("", relock(bench, other)) == facts.sub("", world)


def _other_pythons() -> list[str]:
    """Return the Pythons beside this one that have what Wheelright needs."""
    named = os.environ.get("OTHER_PYTHONS", "").split(os.pathsep)
    found = []
    for python in (*(name for name in named if name), *map(str, PYTHONS.values())):
        done = subprocess.run([python, "-c", NEEDED], capture_output=True, check=False)
        if done.returncode == 0:
            found.append(python)
    return found


@pytest.mark.parametrize("seed", ["1", "2"])
def test_neither_hash_seed_nor_place_changes_the_lock(
    seed: str, bench: Workbench, world: str
) -> None:
    assert _lock_with(sys.executable, bench, seed) == world


@pytest.mark.slow
def test_no_python_changes_the_lock(bench: Workbench, world: str) -> None:
    others = _other_pythons()
    if not others:
        pytest.skip("no other Python has the dependencies (name some in OTHER_PYTHONS)")
    for python in others:
        assert _lock_with(python, bench, "0") == world


def _lock_with(python: str, bench: Workbench, seed: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [python, "-c", PROGRAM, "lock"], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return lock_text(bench)


def test_locking_again_with_everything_asked_anew_is_the_same(bench: Workbench, world: str) -> None:
    bench.ok("lock")
    for line in ("lock -U", "lock -U --refresh", "lock -U --no-cache", "lock -U --offline"):
        bench.ok(line)
        assert lock_text(bench) == world, line


def test_what_is_locked_stays_when_a_requirement_comes(bench: Workbench, world: str) -> None:
    del world
    bench.ok("lock")
    before = bench.locked()
    serve(
        bench.index, {"core 1.9": {"requires_python": ">=3.10"}, "new 1.0": {"requires": ["core"]}}
    )
    bench.write("web", "new", more=PROJECT)
    assert bench.ok("lock --refresh").err == " + new==1.0\nLocked 10 packages in [TIME]\n"
    assert bench.locked() == {**before, "new": "1.0"}


def test_the_document_for_programs(bench: Workbench) -> None:
    serve(
        bench.index, {"web 1.0": {"requires": ["compat; python_version < '3.11'"]}, "compat 1": {}}
    )
    bench.write("web")
    document = json.loads(bench.ok("lock --output-format json").out)
    assert document["schema"] == 1
    assert document["packages"] == [
        {"name": "compat", "version": "1", "marker": "python_version < '3.11'"},
        {"name": "web", "version": "1.0", "marker": None},
    ]
    assert document["notes"] == []
    assert document["environments"] == []


@pytest.mark.slow  # it is asked several times
def test_an_index_that_is_down_is_named(bench: Workbench) -> None:
    with LocalIndex() as gone:
        url = gone.url
    bench.write("alpha")
    answer = bench("lock", WHEELRIGHT_DEFAULT_INDEX=url)
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: the index does not answer for `alpha`: the connection was refused",
            "  while locking `app`",
            f"  in {url}",
            "hint: check the URL of the index and the network, or use the cache alone"
            " with `--offline`",
        ),
    )
    assert not bench.lockfile.exists()


def test_a_refused_index_is_not_taken_for_an_unknown_project(bench: Workbench) -> None:
    bench.index.fault("alpha/", "403")
    bench.write("alpha")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: the index does not answer for `alpha`: 403 Forbidden",
            "  while locking `app`",
            "  in [INDEX]/simple/",
            "hint: give credentials in the index's URL, in the netrc file or with"
            " `--keyring-provider subprocess`",
        ),
    )


def test_a_project_with_a_broken_lock_says_where(bench: Workbench) -> None:
    bench.write("alpha")
    bench.lockfile.write_text('lock-version = "1.0"\npackages = [\n')
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `pylock.toml` is not valid TOML: invalid value",
            "  in [PROJECT]/pylock.toml:2:13",
            "    |",
            "  2 | packages = [",
            "    |             ^",
            "hint: restore it from version control, or remove it and lock again",
        ),
    )


def test_a_lock_of_another_tool_is_replaced_and_its_versions_kept(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {}, "alpha 2.0": {}})
    bench.write("alpha")
    name = "alpha-1.0-py3-none-any.whl"
    listed = bench.index.find(name)
    assert listed is not None
    bench.lockfile.write_text(
        'lock-version = "1.0"\ncreated-by = "other"\n[[packages]]\nname = "alpha"\n'
        f'version = "1.0"\n[[packages.wheels]]\nurl = "{bench.index.file_url(name)}"\n'
        f'hashes = {{ sha256 = "{listed.hashes["sha256"]}" }}\n'
    )
    assert bench("lock --check").err == lines(
        "The lock is not current: it was written by `other`, which records no inputs"
    )
    assert bench.ok("lock").err == "Locked 1 package in [TIME]\n"
    assert bench.locked() == {"alpha": "1.0"}


def test_a_read_only_cache_only_costs_time(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {}})
    bench.write("alpha")
    with read_only(bench.cache):
        answer = bench("lock")
    assert answer.code == 0
    assert re.fullmatch(
        r"warning: The cache is not written: Could not make the folder"
        r" `\[CACHE\]/index/index/pages/\w+`: permission denied\nLocked 1 package in \[TIME\]\n",
        answer.err,
    )


def test_a_read_only_project_is_told(bench: Workbench) -> None:
    serve(bench.index, {"alpha 1.0": {}})
    bench.write("alpha")
    with read_only(bench.project):
        answer = bench("lock")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: could not write `[PROJECT]/pylock.toml`: permission denied",
            "  in [PROJECT]/pylock.toml",
            "hint: check who owns the place and its rights",
        ),
    )
    assert not bench.lockfile.exists()


def test_a_path_source_is_locked_by_its_place(bench: Workbench) -> None:
    write_project(bench.root / "lib", sdist_files("lib", "3.0", requires=["base"]))
    serve(bench.index, {"base 1.0": {}})
    bench.write(
        "lib", more='[tool.wheelright.sources]\nlib = { path = "../lib", editable = true }\n'
    )
    bench.ok("lock")
    assert bench.locked() == {"base": "1.0", "lib": "3.0"}
    assert 'directory = { path = "../lib", editable = true }' in bench.lockfile.read_text()
    write_project(bench.root / "lib", sdist_files("lib", "3.0", requires=["base", "other"]))
    serve(bench.index, {"other 1.0": {}})
    answer = bench("lock --check")
    assert answer.code == 1
    assert answer.err.startswith(
        "The lock is not current: source of `lib` changed from `path ../lib "
    )
    bench.ok("lock")
    assert bench.locked() == {"base": "1.0", "lib": "3.0", "other": "1.0"}


def test_every_index_that_was_asked_is_named(
    bench: Workbench, make_index: Callable[..., LocalIndex]
) -> None:
    other = make_index()
    bench.write("alpha")
    answer = bench(f"lock --index {other.url}")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app`",
            "  `app` requires `alpha`, and no index knows a project named `alpha`.",
            f"hint: `alpha` was looked for on `{other.url}`, `[INDEX]/simple/`",
            "hint: check the spelling of the name",
        ),
    )


def test_a_later_index_is_not_asked_for_what_the_first_knows(
    bench: Workbench, make_index: Callable[..., LocalIndex]
) -> None:
    other = make_index()
    serve(other, {"alpha 1.0": {"requires": ["beta"]}})
    serve(bench.index, {"alpha 9.0": {}, "beta 1.0": {}})
    bench.write("alpha")
    bench.ok(f"lock --index {other.url}")
    assert bench.locked() == {"alpha": "1.0", "beta": "1.0"}
    assert bench.index.count(path="*alpha*") == 0


def test_credentials_are_used_and_never_shown(
    bench: Workbench, make_index: Callable[..., LocalIndex]
) -> None:
    private = make_index(credentials=("user", "s3cret"))
    serve(private, {"alpha 1.0": {}})
    bench.write("alpha")
    answers = [bench.ok(f"sync -v --default-index {private.url_with_credentials}")]
    assert bench.versions() == {"alpha": "1.0"}
    bench.write("alpha", "nothing-here")
    answers.append(bench(f"lock -v --default-index {private.url_with_credentials}"))
    wrong = private.url_with_credentials.replace("s3cret", "s3cret-but-wrong")
    bench.ok("cache clean")
    answers.append(bench(f"lock -v --default-index {wrong}"))
    assert [answer.code for answer in answers] == [0, 1, 2]
    files = [path.read_bytes() for path in bench.root.rglob("*") if path.is_file()]
    for text in (*(one.out + one.err for one in answers), *map(str, files)):
        assert "s3cret" not in text
