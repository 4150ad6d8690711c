"""Workspaces: one lock and one venv for a root and its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.wheels import sdist_files, write_project
from support.workbench import lines, serve

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

ROOT = """
[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]
"""


def member(bench: Workbench, name: str, more: str = "", **facts: Any) -> Path:
    """Write a member below ``packages``; ``more`` is further TOML."""
    folder = write_project(bench.project / "packages" / name, sdist_files(name, "1.0", **facts))
    manifest = folder / "pyproject.toml"
    manifest.write_text(f"{manifest.read_text()}\n{more}")
    return folder


@pytest.fixture
def workspace(bench: Workbench) -> Workbench:
    """A root that needs `lib`, which needs `core`; `tool` stands alone."""
    serve(
        bench.index,
        {
            f"{name} 1.0": {}
            for name in ("base", "six", "fast", "pytest", "lint", "only-root", "ruff")
        },
    )
    source = "[tool.uv.sources]\n{} = {{ workspace = true }}\n"
    member(bench, "core", requires=["base"], extras={"speed": ["fast"]})
    groups = '[dependency-groups]\ndev = ["pytest"]\nlint = ["lint"]\n'
    member(bench, "lib", source.format("core") + groups, requires=["core", "six"])
    member(bench, "tool", requires=["six"], requires_python=">=3.10")
    member(bench, "old", requires=["base"])
    (bench.project / "packages" / "empty" / "__pycache__").mkdir(parents=True)
    bench.write("lib", "only-root", more=ROOT + source.format("lib"))
    return bench


def names(bench: Workbench) -> list[str]:
    return sorted(bench.versions())


def test_one_lock_for_all(workspace: Workbench) -> None:
    workspace.ok("lock")

    lock = workspace.lock()
    assert lock.requires_python == ">=3.10"
    assert {package.name: package.marker for package in lock.packages} == {
        "base": None,
        "core": None,
        "fast": "'@core[speed]' in dependency_groups",
        "lib": None,
        "lint": "'@lib:lint' in dependency_groups",
        "only-root": None,
        "pytest": "'@lib:dev' in dependency_groups",
        "six": None,
        "tool": "'@tool' in dependency_groups",
    }
    assert lock.groups == ("@core", "@core[speed]", "@lib", "@lib:dev", "@lib:lint", "@tool")
    (core,) = lock.by_name["core"]
    assert core.directory is not None
    assert (core.directory.path, core.directory.editable) == ("packages/core", True)


@pytest.mark.parametrize(
    ("place", "options", "expected"),
    [
        ("", "", "base core lib only-root six"),
        ("", "--package tool", "six tool"),
        ("", "--package core --extra speed", "base core fast"),
        ("", "--package core --package tool", "base core six tool"),
        ("", "--package lib --group lint", "base core lib lint pytest six"),
        ("", "--package lib --only-group lint", "lint"),
        ("", "--package app", "base core lib only-root six"),
        ("", "--all-packages --no-dev", "base core lib only-root six tool"),
        ("", "--all-packages --all-extras", "base core fast lib only-root pytest six tool"),
        ("packages/tool", "", "six tool"),
        ("packages/lib/src", "", "base core lib pytest six"),
        ("packages/lib", "--no-default-groups", "base core lib six"),
        ("packages/lib", "--no-install-project", "base core pytest six"),
        ("packages/lib", "--package core", "base core"),
    ],
)
def test_what_is_installed(workspace: Workbench, place: str, options: str, expected: str) -> None:
    workspace.patch.chdir(workspace.project / place)

    workspace.ok(f"sync {options}")

    assert " ".join(names(workspace)) == expected
    assert workspace.lockfile.is_file()


def test_a_member_is_run_with_what_it_needs(workspace: Workbench) -> None:
    workspace.ok("sync")
    (workspace.project / "packages" / "tool" / "x.txt").write_text("")
    workspace.patch.chdir(workspace.project / "packages" / "tool")

    answer = workspace.ok("sync --dry-run")

    assert answer.err == lines(
        " - base==1.0: not in the lock",
        " - core==1.0: not in the lock",
        " - lib==1.0: not in the lock",
        " - only-root==1.0: not in the lock",
        " + tool==1.0: new",
        "Would install 1, remove 4 packages",
    )


def test_a_root_that_is_no_project(bench: Workbench) -> None:
    serve(bench.index, {"base 1.0": {}, "ruff 1.0": {}})
    member(bench, "core", requires=["base"])
    member(bench, "lib", requires=["core"])
    bench.pyproject.write_text(
        '[dependency-groups]\ndev = ["ruff"]\n'
        '[tool.wheelright.workspace]\nmembers = ["packages/*"]\n'
    )

    bench.ok("sync")

    assert names(bench) == ["base", "core", "lib", "ruff"]
    moved = bench.lockfile.read_text()
    assert 'project = "' not in moved
    assert bench.ok("tree --depth 1").out == lines(
        "workspace", "|-- core 1.0", "|-- lib 1.0", "`-- ruff 1.0 [group: dev]"
    )
    bench.ok("sync --package core")
    assert names(bench) == ["base", "core"]
    answer = bench("add ruff")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `pyproject.toml` has no `[project]` table to add to",
            "hint: write one, or add to a group with `--group`",
        ),
    )


def test_a_change_of_a_member_is_noticed(workspace: Workbench) -> None:
    workspace.ok("sync")
    manifest = workspace.project / "packages" / "lib" / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('"six"', '"six", "fast>=1"'))

    assert workspace("lock --check").err == lines(
        "The lock is not current: requirement `fast>=1` was added to member `lib`"
    )
    answer = workspace.ok("sync")
    assert answer.err == lines(
        "Locked 9 packages in [TIME]",
        " + fast==1.0",
        " ~ lib==1.0: its source changed",
        "Installed 1, replaced 1 packages in [TIME]",
    )
    assert workspace.ok("sync").err == lines("Nothing to do: 6 packages are as locked")


def test_members_that_come_and_go(workspace: Workbench) -> None:
    workspace.ok("lock")
    member(workspace, "new", requires=["base"])
    assert workspace("lock --check").err == lines(
        "The lock is not current: member `new` was added; source of `new` was set to"
        " `path packages/new editable version 1.0`"
    )


def test_a_member_says_where_others_come_from(workspace: Workbench, tmp_path: Path) -> None:
    """Its own word counts before the root's, and its paths start at its own place."""
    write_project(tmp_path / "near" / "base", sdist_files("base", "7.0"))
    manifest = workspace.project / "packages" / "core" / "pyproject.toml"
    text = manifest.read_text()
    manifest.write_text(
        text + f'\n[tool.uv.sources]\nbase = {{ path = "{tmp_path.as_posix()}/near/base" }}\n'
    )
    workspace.ok("lock")
    assert workspace.locked()["base"] == "7.0"

    manifest.write_text(text)
    (workspace.project / "wheels").mkdir()
    more = f'{ROOT}[tool.uv.sources]\nlib = {{ workspace = true }}\nbase = {{ index = "near" }}\n'
    with_index = f'{more}[[tool.uv.index]]\nname = "near"\nurl = "{workspace.index.url}"\n'
    workspace.write("lib", more=with_index)
    workspace.ok("lock")
    (base,) = workspace.lock().by_name["base"]
    assert base.index == workspace.index.url


def test_conflicts_between_members(workspace: Workbench) -> None:
    serve(workspace.index, {"gpu 1.0": {}, "gpu 2.0": {}})
    extras = '[project.optional-dependencies]\n{0} = ["gpu{1}"]\n'
    for name, extra, bound in (("core", "old", "<2"), ("tool", "new", ">=2")):
        manifest = workspace.project / "packages" / name / "pyproject.toml"
        text = manifest.read_text().split("[project.optional-dependencies]")[0]
        manifest.write_text(text + "\n" + extras.format(extra, bound))
    conflict = (
        'conflicts = [[{ package = "core", extra = "old" }, { package = "tool", extra = "new" }]]'
    )
    more = f"[tool.uv]\n{conflict}\n{ROOT}[tool.uv.sources]\nlib = {{ workspace = true }}\n"
    workspace.write("lib", more=more)

    workspace.ok("lock")

    assert {package.version: package.marker for package in workspace.lock().by_name["gpu"]} == {
        "1.0": "'@core[old]' in dependency_groups",
        "2.0": "'@tool[new]' in dependency_groups",
    }
    workspace.ok("sync --package tool --extra new")
    assert workspace.versions()["gpu"] == "2.0"
    answer = workspace("sync --package tool --package core --extra new --extra old")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: extra `old` of `core` and extra `new` of `tool` cannot be installed together",
            "  the project's setting `conflicts` keeps them apart",
            "hint: leave one of them out",
        ),
    )


# -- showing and exporting


def test_the_tree_shows_every_member(workspace: Workbench) -> None:
    assert workspace.ok("tree --no-default-groups").out == lines(
        "app 0.1.0",
        "|-- core 1.0",
        "|   `-- base 1.0",
        "|-- core[speed] 1.0",
        "|   |-- base 1.0",
        "|   `-- fast 1.0",
        "|-- lib 1.0",
        "|   |-- core 1.0 (*)",
        "|   `-- six 1.0",
        "|-- only-root 1.0",
        "`-- tool 1.0",
        "    `-- six 1.0",
        "(*) its dependencies are shown above",
    )


def test_one_member_is_exported(workspace: Workbench) -> None:
    assert workspace.ok("export --package lib --no-hashes --no-header --no-dev").out == lines(
        "base==1.0",
        "    # via core",
        "-e ./packages/core",
        "    # via lib",
        "-e ./packages/lib",
        "    # via app",
        "six==1.0",
        "    # via lib",
    )


def test_a_member_that_is_no_package_only_brings_what_it_requires(workspace: Workbench) -> None:
    folder = workspace.project / "packages" / "notes"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "notes"\nversion = "1"\ndependencies = ["ruff", "core"]\n'
        "[tool.uv.sources]\ncore = { workspace = true }\n"
    )

    workspace.ok("sync --package notes")

    assert names(workspace) == ["base", "core", "ruff"]
    exported = workspace.ok("export --package notes --no-hashes --no-header --no-annotate").out
    assert exported == lines("base==1.0", "-e ./packages/core", "ruff==1.0")


# -- changing


def test_add_changes_the_member_at_hand(workspace: Workbench) -> None:
    before = workspace.pyproject.read_text()
    folder = workspace.project / "packages" / "tool"
    workspace.patch.chdir(folder)

    answer = workspace.ok("add fast")
    workspace.ok("add core")

    assert answer.err.startswith("Added `fast>=1.0` to the project\n")
    text = (folder / "pyproject.toml").read_text()
    assert '"fast>=1.0"' in text
    assert "core = { workspace = true }" in text
    assert workspace.pyproject.read_text() == before
    assert not (folder / "pylock.toml").exists()
    assert names(workspace) == ["base", "core", "fast", "six", "tool"]
    workspace.ok("remove fast")
    assert names(workspace) == ["base", "core", "six", "tool"]


def test_add_to_a_named_member_or_not_at_all(workspace: Workbench) -> None:
    workspace.ok("add --package core --optional speed lint --no-sync")
    text = (workspace.project / "packages" / "core" / "pyproject.toml").read_text()
    assert '"lint>=1.0"' in text
    before = workspace.lockfile.read_text()

    answer = workspace("add --package core nosuch")

    assert answer.code == 1
    assert (workspace.project / "packages" / "core" / "pyproject.toml").read_text() == text
    assert workspace.lockfile.read_text() == before


def test_init_makes_a_member(workspace: Workbench) -> None:
    before = workspace.pyproject.read_text()
    answer = workspace.ok("init packages/fresh --bare")
    assert "note: `fresh` is a member of the workspace in `[PROJECT]`\n" in answer.err
    assert workspace.pyproject.read_text() == before

    workspace.ok("init tools/more --bare")
    assert workspace.pyproject.read_text() == before.replace(
        'members = ["packages/*"]', 'members = ["packages/*", "tools/more"]'
    )
    workspace.ok("init tools/alone --bare --no-workspace")
    workspace.ok("init packages/old/inner --bare --no-workspace")
    workspace.ok("lock")
    assert "more" in workspace.lockfile.read_text()
    assert "alone" not in workspace.lockfile.read_text()


def test_a_conflict_names_who_asks(workspace: Workbench) -> None:
    member(workspace, "loud", '[dependency-groups]\ndev = ["six>=9"]\n', requires=["base>=5"])
    assert failure(workspace) == lines(
        "error: no versions satisfy the requirements of `app`",
        "  `loud` requires `base>=5`, but no version of `base` matches.",
        "hint: the only version of `base` is 1.0",
    )
    member(workspace, "loud", '[dependency-groups]\ndev = ["six>=9"]\n')
    assert failure(workspace) == lines(
        "error: no versions satisfy the requirements of `app`",
        "  `loud` (group `dev`) requires `six>=9`, but no version of `six` matches.",
        "hint: the only version of `six` is 1.0",
    )


# -- mistakes


def test_settings_that_only_a_root_may_state(workspace: Workbench) -> None:
    member(workspace, "loud", "[tool.uv]\nconflicts = []\nenvironments = [\"os_name == 'nt'\"]\n")
    answer = workspace.ok("lock")
    assert answer.err == lines(
        "warning: member `loud` states `conflicts` and `environments`, which count only at the"
        " root of the workspace",
        "Locked 10 packages in [TIME]",
    )


def failure(bench: Workbench, line: str = "lock") -> str:
    answer = bench(line)
    assert answer.code in {1, 2}
    assert "Traceback" not in answer.err
    return answer.err


def test_a_member_that_does_not_exist(bench: Workbench) -> None:
    bench.write(more='[tool.uv.workspace]\nmembers = ["core"]\n')
    assert failure(bench) == lines(
        "error: the workspace's member `core` does not exist",
        "  in [PROJECT]/pyproject.toml",
        "hint: correct its path in `members`, or take it out",
    )


def test_a_member_that_is_no_project(workspace: Workbench) -> None:
    (workspace.project / "packages" / "docs").mkdir()
    (workspace.project / "packages" / "docs" / "index.md").write_text("")
    assert failure(workspace) == lines(
        "error: the workspace's member `packages/docs` has no `pyproject.toml`",
        "  in [PROJECT]/pyproject.toml",
        "hint: `exclude` it, or make it a project with `wheelright init`",
    )


def test_a_member_outside(bench: Workbench) -> None:
    write_project(bench.root / "out", sdist_files("out", "1.0"))
    bench.write(more='[tool.uv.workspace]\nmembers = ["../ou*"]\n')
    assert failure(bench) == lines(
        "error: the workspace's member `../out` lies outside of it",
        "  in [PROJECT]/pyproject.toml",
        "hint: move it below the workspace, or take it as a source: `{ path = ... }`",
    )


def test_two_members_of_one_name(workspace: Workbench) -> None:
    write_project(workspace.project / "packages" / "second", sdist_files("Core", "1.0"))
    assert failure(workspace) == lines(
        "error: two projects of the workspace are named `core`",
        "  in [PROJECT]/pyproject.toml",
        "  packages/core",
        "  packages/second",
        "hint: give one of them another `name`, or `exclude` it",
    )


def test_a_workspace_in_a_workspace(workspace: Workbench) -> None:
    member(workspace, "inner", '[tool.uv.workspace]\nmembers = ["x"]\n')
    assert failure(workspace) == lines(
        "error: `inner` is a member of a workspace and states one of its own",
        "  in [PROJECT]/packages/inner/pyproject.toml",
        "hint: take its `workspace` table out, or `exclude` it from the outer one",
    )


def test_members_for_which_there_is_no_common_python(workspace: Workbench) -> None:
    member(workspace, "past", requires_python="<3.9")
    assert failure(workspace) == lines(
        "error: no Python serves all members of the workspace",
        "  in [PROJECT]/pyproject.toml",
        "  `app` needs Python >=3.9",
        "  `past` needs Python <3.9",
        "  `tool` needs Python >=3.10",
        "hint: widen `requires-python` of one, or `exclude` it from the workspace",
    )


def test_a_source_that_is_no_member(workspace: Workbench) -> None:
    manifest = workspace.project / "packages" / "core" / "pyproject.toml"
    manifest.write_text(
        f"{manifest.read_text()}\n[tool.uv.sources]\nbase = {{ workspace = true }}\n"
    )
    assert failure(workspace) == lines(
        "error: `core` takes `base` from the workspace, which has no such member",
        "  in [PROJECT]/packages/core/pyproject.toml",
        "hint: add its directory to `members`, or name a path or an index instead",
    )


def test_a_source_from_a_workspace_that_is_not_there(bench: Workbench) -> None:
    bench.write("base", more="[tool.uv.sources]\nbase = { workspace = true }\n")
    assert failure(bench) == lines(
        "error: `app` takes `base` from its workspace, and it is in none",
        "  in [PROJECT]/pyproject.toml",
        "hint: name a path or an index instead, or state the workspace in a directory above",
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "sync --package cor",
            [
                "error: the workspace has no member `cor`",
                "  in --package",
                "hint: did you mean `core`?",
            ],
        ),
        (
            "sync --package core --extra sped",
            ["error: `core` has no extra `sped`", "hint: did you mean `speed`?"],
        ),
        (
            "sync --package core --package tool --group dev",
            ["error: `core` and `tool` have no group `dev`"],
        ),
    ],
)
def test_what_cannot_be_chosen(workspace: Workbench, line: str, message: list[str]) -> None:
    assert failure(workspace, line) == "Locked 9 packages in [TIME]\n" * 0 + lines(*message)


def test_a_project_beside_a_workspace_is_on_its_own(workspace: Workbench) -> None:
    folder = workspace.project / "packages" / "old"
    workspace.patch.chdir(folder)
    workspace.ok("lock")
    assert (folder / "pylock.toml").is_file()
    assert not workspace.lockfile.exists()


# -- members elsewhere


def test_a_dependency_that_is_a_member_of_another_workspace(bench: Workbench) -> None:
    """A path leads to one member, which takes another one from its own workspace."""
    serve(bench.index, {"base 1.0": {}})
    away = bench.root / "away"
    source = "\n[tool.uv.sources]\ninner = { workspace = true }\nother = { index = 'theirs' }\n"
    for name, requires in (("outer", ["inner"]), ("inner", ["base"])):
        folder = write_project(away / name, sdist_files(name, "3.0", requires=requires))
        (folder / "pyproject.toml").write_text((folder / "pyproject.toml").read_text() + source)
    (away / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["outer", "inner"]\n')
    more = '[tool.uv.sources]\nouter = { path = "../away/outer", editable = true }\n'
    bench.write("outer", more=more)

    bench.ok("sync")

    assert bench.versions() == {"base": "1.0", "inner": "3.0", "outer": "3.0"}
    (inner,) = bench.lock().by_name["inner"]
    assert inner.directory is not None
    assert (inner.directory.path, inner.directory.editable) == ("../away/inner", True)
    (away / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["outer"]\n')
    assert failure(bench, "lock -U") == lines(
        "error: `outer` takes `inner` from its workspace, which has no such member",
        "  in ../away/outer",
        "hint: name a place for `inner` in the project",
    )


def test_run_with_a_member(workspace: Workbench) -> None:
    workspace.ok("run --isolated --with lib -q python -c pass")
