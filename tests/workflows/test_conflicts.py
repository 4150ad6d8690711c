"""Extras and groups that conflict: locked side by side, never installed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workbench import lines
from wheelright.lockfile import read_lock

if TYPE_CHECKING:
    from support.workbench import Workbench

PROJECT = """
[project.optional-dependencies]
old = ["core<2"]
new = ["core>=2"]
all = ["app[old]"]

[dependency-groups]
edge = ["core>=2"]
wide = [{ include-group = "edge" }]

[tool.wheelright]
conflicts = [
    [{ extra = "old" }, { extra = "new" }],
    [{ extra = "old" }, { group = "edge" }],
]
"""


@pytest.fixture
def locked(bench: Workbench) -> Workbench:
    for version in ("1.0", "2.0"):
        bench.index.add("core", version)
    bench.write("core", more=PROJECT)
    bench.ok("lock")
    return bench


def marks(bench: Workbench) -> dict[str | None, str | None]:
    lock = read_lock(bench.lockfile.read_text(), bench.lockfile).lock
    return {package.version: package.marker for package in lock.packages}


def test_the_lock_holds_both_sides(locked: Workbench) -> None:
    assert marks(locked) == {
        "1.0": "'old' in extras or 'all' in extras",
        "2.0": "'old' not in extras and 'all' not in extras or 'edge' in dependency_groups"
        " or 'new' in extras or 'wide' in dependency_groups",
    }


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ("", "2.0"),
        ("--extra old", "1.0"),
        ("--extra new", "2.0"),
        ("--extra all", "1.0"),
        ("--extra old --extra all", "1.0"),
        ("--group wide", "2.0"),
        ("--extra new --group edge", "2.0"),
    ],
)
def test_each_selection_gets_one_version(locked: Workbench, options: str, version: str) -> None:
    exported = locked.ok(f"export --no-hashes --no-header --no-annotate {options}").out

    assert f"core=={version}\n" in exported
    assert exported.count("core==") == 1


@pytest.mark.parametrize(
    ("options", "both"),
    [
        ("--extra old --extra new", "extra `old` and extra `new`"),
        ("--extra all --extra new", "extra `all` and extra `new`"),
        ("--extra old --group wide", "extra `old` and group `wide`"),
        ("--all-extras", "extra `old` and extra `new`"),
    ],
)
@pytest.mark.parametrize("command", ["sync", "export"])
def test_two_sides_together_are_refused(
    locked: Workbench, command: str, options: str, both: str
) -> None:
    answer = locked(f"{command} {options}")

    assert answer.code == 1
    assert answer.err == lines(
        f"error: {both} cannot be installed together",
        "  the project's setting `conflicts` keeps them apart",
        "hint: leave one of them out",
    )


def test_a_lock_is_stale_when_conflicts_change(locked: Workbench) -> None:
    locked.write("core", more=PROJECT.replace('[{ extra = "old" }, { group = "edge" }],', ""))

    assert "conflict" in locked("lock --check").err


def test_locking_again_changes_nothing(locked: Workbench) -> None:
    before = locked.lockfile.read_text()
    locked.index.add("other", "1.0")
    locked.write("core", "other", more=PROJECT)
    locked.ok("lock")
    locked.write("core", more=PROJECT)
    locked.ok("lock")

    assert locked.lockfile.read_text() == before


def test_an_unknown_name_is_an_error(bench: Workbench) -> None:
    bench.write(more=PROJECT.replace('{ extra = "new" }', '{ extra = "nwe" }'))

    answer = bench("lock")

    assert answer.code == 1
    assert "`conflicts` names extra `nwe`, and the project has no such extra" in answer.err


def test_a_side_that_the_project_always_takes(bench: Workbench) -> None:
    bench.write("app[all]", more=PROJECT)

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the project's own dependencies hold extra `old`, so that extra `new`, which"
            " conflicts with it, could never be installed",
            "  in [PROJECT]/pyproject.toml",
            "hint: take `app[all]` out of `dependencies`",
        ),
    )


def test_the_project_itself_cannot_be_a_side(bench: Workbench) -> None:
    bench.write(more=PROJECT.replace('{ group = "edge" }]', '{ package = "app" }]'))

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `conflicts` names the project itself, whose dependencies are always installed",
            "  in [PROJECT]/pyproject.toml",
            "hint: move what conflicts from `dependencies` into an extra or a group",
        ),
    )
