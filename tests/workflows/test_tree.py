"""The tree: what is drawn for whom, and what is left out or marked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.workbench import Workbench, lines, serve

if TYPE_CHECKING:
    from collections.abc import Mapping

#: ``alpha`` leads down in two ways to ``gamma``; ``gamma`` and ``delta`` need each other.
WORLD: Mapping[str, Mapping[str, Any]] = {
    "alpha 1.0": {"requires": ["beta>=1,<3", "gamma"], "extras": {"x": ["extra-one"]}},
    "beta 2.0": {"requires": ["gamma>=1", "windows-only; sys_platform == 'win32'"]},
    "gamma 1.0": {"requires": ["delta"]},
    "delta 1.0": {"requires": ["gamma"]},
    "extra-one 1.0": {},
    "windows-only 1.0": {},
    "old-only 1.0": {},
    "tester 1.0": {"requires": ["beta"]},
}
PROJECT = """
[project.optional-dependencies]
more = ["alpha[x]"]
[dependency-groups]
dev = ["tester>=1"]
"""
MARK = "(*) its dependencies are shown above"


@pytest.fixture
def tree(bench: Workbench) -> Workbench:
    """Serve and lock the world."""
    serve(bench.index, WORLD)
    bench.write("alpha", "old-only; python_version < '3.10'", more=PROJECT)
    bench.ok("lock")
    return bench


def test_the_whole(tree: Workbench) -> None:
    assert tree.ok("tree --python-version 3.12 --python-platform linux").out == lines(
        "app 0.1.0",
        "|-- alpha 1.0",
        "|   |-- beta 2.0 (<3,>=1)",
        "|   |   `-- gamma 1.0 (>=1)",
        "|   |       `-- delta 1.0",
        "|   |           `-- gamma 1.0 (*)",
        "|   `-- gamma 1.0 (*)",
        "|-- alpha[x] 1.0 [extra: more]",
        "|   |-- beta 2.0 (<3,>=1) (*)",
        "|   |-- extra-one 1.0",
        "|   `-- gamma 1.0 (*)",
        "`-- tester 1.0 (>=1) [group: dev]",
        "    `-- beta 2.0 (*)",
        MARK,
    )


@pytest.mark.parametrize(
    ("options", "there", "missing"),
    [
        ("--python-platform windows --python-version 3.12", "windows-only", "old-only"),
        ("--python-platform linux --python-version 3.9", "old-only", "windows-only"),
        ("--python-version 3.9.7", "old-only", "sys_platform"),
        ("--python-platform windows", "windows-only", "sys_platform"),
        ("--python-platform linux", "delta", "windows-only"),
    ],
)
def test_another_environment(options: str, there: str, missing: str, tree: Workbench) -> None:
    shown = tree.ok(f"tree {options}").out
    assert there in shown
    assert missing not in shown


def test_every_environment_with_its_markers(tree: Workbench) -> None:
    shown = tree.ok("tree --universal --no-dev --extra more").out
    assert "|-- old-only 1.0 ; python_version < '3.10'\n" in shown
    assert "`-- windows-only 1.0 ; sys_platform == 'win32'\n" in shown


def test_this_machine_has_the_python_of_the_venv(tree: Workbench) -> None:
    before = tree.ok("tree").out
    tree.ok("sync --python-platform windows")
    assert tree.ok("tree").out == before
    (tree.venv / "pyvenv.cfg").unlink()  # no venv any more, and none of a tree's business
    assert tree.ok("tree").out == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--depth 0", ["app 0.1.0"]),
        ("--depth 1 --no-dev --no-extra more", ["app 0.1.0", "`-- alpha 1.0"]),
        (
            "--prune gamma --no-dev --no-extra more",
            ["app 0.1.0", "`-- alpha 1.0", "    `-- beta 2.0 (<3,>=1)"],
        ),
        ("--prune ALPHA --no-dev --no-extra more", ["app 0.1.0"]),
        (
            "--package beta --package extra_one",
            [
                "beta 2.0",
                "`-- gamma 1.0 (>=1)",
                "    `-- delta 1.0",
                "        `-- gamma 1.0 (*)",
                "extra-one 1.0",
                MARK,
            ],
        ),
        ("--only-group dev --depth 1", ["app 0.1.0", "`-- tester 1.0 (>=1) [group: dev]"]),
    ],
)
def test_parts(options: str, expected: list[str], tree: Workbench) -> None:
    assert tree.ok(f"tree --python-platform linux {options}").out == lines(*expected)


def test_what_needs_what(tree: Workbench) -> None:
    assert tree.ok("tree --invert --python-platform linux --no-dev").out == lines(
        "delta 1.0",
        "`-- gamma 1.0",
        "    |-- alpha 1.0",
        "    |   `-- app 0.1.0",
        "    |-- alpha[x] 1.0",
        "    |   `-- app 0.1.0 [extra: more]",
        "    |-- beta 2.0 (>=1)",
        "    |   |-- alpha 1.0 (<3,>=1) (*)",
        "    |   `-- alpha[x] 1.0 (<3,>=1) (*)",
        "    `-- delta 1.0 (*)",
        "extra-one 1.0",
        "`-- alpha[x] 1.0 (*)",
        MARK,
    )
    assert tree.ok("tree --invert --package alpha --no-dev").out == lines(
        "alpha[x] 1.0",
        "|-- app 0.1.0",
        "`-- app 0.1.0 [extra: more]",
    )


def test_what_was_cut_off_is_drawn_where_there_is_room(bench: Workbench) -> None:
    serve(
        bench.index,
        {
            "a 1": {"requires": ["b"]},
            "b 1": {"requires": ["z"]},
            "z 1": {"requires": ["end"]},
            "end 1": {},
        },
    )
    bench.write("a", "z")
    assert bench.ok("tree --depth 3").out == lines(
        "app 0.1.0",
        "|-- a 1",
        "|   `-- b 1",
        "|       `-- z 1",
        "`-- z 1",
        "    `-- end 1",
    )


def test_nothing_is_left_out_without_dedupe_but_circles_end(tree: Workbench) -> None:
    shown = tree.ok("tree --no-dedupe --python-platform linux").out
    assert shown.count("delta 1.0") == 5
    assert shown.count("gamma 1.0 (*)") == 5
    assert shown.count("beta 2.0 (<3,>=1) (*)") == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            "--package gama",
            1,
            ["error: `gama` is not in the tree", "  in --package", "hint: did you mean `gamma`?"],
        ),
        (
            "--package windows-only --python-platform linux",
            1,
            [
                "error: `windows-only` is not in the tree",
                "  in --package",
                "hint: `--universal` shows what other platforms and Pythons get",
            ],
        ),
        (
            "--python-version three",
            2,
            [
                "error: `three` is no version of Python",
                "  in --python-version",
                "hint: give one like `3.12` or `3.12.4`",
            ],
        ),
        (
            "--python-version 3.8",
            1,
            [
                "error: the lock covers Python >=3.9, and this environment has 3.8.0",
                "hint: choose another Python with `--python`, or widen `requires-python` and lock",
            ],
        ),
    ],
)
def test_what_cannot_be_drawn(options: str, code: int, message: list[str], tree: Workbench) -> None:
    answer = tree(f"tree {options}")
    assert (answer.code, answer.out, answer.err) == (code, "", lines(*message))


def test_the_document_for_programs(tree: Workbench) -> None:
    document = json.loads(tree.ok("tree --only-group dev --depth 1 --output-format json").out)
    assert document == {
        "schema": 1,
        "roots": [
            {
                "name": "app",
                "version": "0.1.0",
                "extras": [],
                "requirement": "",
                "marker": None,
                "label": "",
                "repeated": False,
                "children": [
                    {
                        "name": "tester",
                        "version": "1.0",
                        "extras": [],
                        "requirement": ">=1",
                        "marker": None,
                        "label": "group: dev",
                        "repeated": False,
                        "children": [],
                    }
                ],
            }
        ],
    }


def test_the_lock_is_made_current_first(bench: Workbench) -> None:
    serve(bench.index, WORLD)
    bench.write("gamma")
    assert bench.ok("tree --depth 1").out == lines("app 0.1.0", "`-- gamma 1.0")
    bench.write("extra-one")
    assert bench.ok("tree --frozen --depth 1").out == lines("app 0.1.0", "`-- gamma 1.0")
    assert bench.ok("tree").out == lines("app 0.1.0", "`-- extra-one 1.0")
    assert bench.locked() == {"extra-one": "1.0"}
