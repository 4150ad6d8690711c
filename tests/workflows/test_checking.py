"""Proving locks that were really made: whatever a lock holds, a proof of it finds no fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.workbench import lines

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench

LINUX = "x86_64-manylinux_2_17"


def missing(bench: Workbench, targets: str) -> list[tuple[str, str, str]]:
    answer = bench(f"check --for {targets} --output-format json")
    assert answer.err == ""
    document: dict[str, Any] = json.loads(answer.out)
    assert document["passed"] is (answer.code == 0)
    return [
        (target["name"], cell["package"], cell["reason"])
        for target in document["targets"]
        for cell in target["cells"]
        if cell["verdict"] == "missing"
    ]


WHEELRIGHT = "[tool.wheelright]\n"
SCOPED = '[{ package = "a", dependencies = ["%s"] }]'
SCOPED_ON_WINDOWS = SCOPED % "b; sys_platform == 'win32'"
CONFLICT = """[project.optional-dependencies]
cpu = ["b==1.0"]
gpu = ["b==2.0"]
[tool.wheelright]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
"""
NEW_PYTHON = """[dependency-groups]
new = ["c"]
[tool.wheelright.dependency-groups]
new = { requires-python = ">=3.12" }
"""
ON_WINDOWS = ["a", "b>=1 ; sys_platform == 'win32'"]


@pytest.mark.parametrize(
    ("requirements", "more"),
    [
        (["a"], WHEELRIGHT + "override-dependencies = [\"b>=1; sys_platform == 'win32'\"]\n"),
        (["a"], WHEELRIGHT + 'exclude-dependencies = ["b"]\n'),
        (
            ON_WINDOWS,
            f"{WHEELRIGHT}override-dependencies = {SCOPED_ON_WINDOWS}\n",
        ),
        (ON_WINDOWS, f"{WHEELRIGHT}exclude-dependencies = {SCOPED % 'b'}\n"),
        (["a[x]", "c ; python_version < '3.11'"], ""),
        (["a ; python_full_version >= '3.11.4'"], ""),
        ([], CONFLICT),
        (["a"], "[dependency-groups]\ndev = ['c', 'b']\nlint = [{ include-group = 'dev' }]\n"),
        (["a"], NEW_PYTHON),
    ],
)
def test_what_was_locked_is_proved(bench: Workbench, requirements: list[str], more: str) -> None:
    bench.index.add("a", "1.0", requires=["b", "c ; extra == 'x'"], extras={"x": ["c"]})
    bench.index.add("b", "1.0", requires=["c ; sys_platform == 'win32'"])
    bench.index.add("b", "2.0")
    bench.index.add("c", "1.0", requires=["a"])
    bench.write(*requirements, more=more, python=">=3.10")
    bench.ok("lock")
    assert missing(bench, f"{LINUX},windows,macos") == []


def test_a_workspace_is_proved(bench: Workbench) -> None:
    bench.index.add("a", "1.0", tags="cp37-abi3-manylinux_2_28_x86_64")
    member = bench.project / "packages" / "lib"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(
        '[project]\nname = "lib"\nversion = "1.0"\nrequires-python = ">=3.10"\n'
        'dependencies = ["a"]\n'
    )
    more = '[tool.wheelright.workspace]\nmembers = ["packages/*"]\n'
    bench.write("lib", more=more + "[tool.wheelright.sources]\nlib = { workspace = true }\n")
    bench.ok("lock")
    assert missing(bench, "x86_64-manylinux_2_28") == []
    found = missing(bench, LINUX)
    assert {name for _, name, _ in found} == {"a"}


def test_the_variable_names_targets(bench: Workbench) -> None:
    bench.index.add("a", "1.0", tags="cp37-abi3-manylinux_2_28_x86_64")
    bench.write("a", python=">=3.12,<3.13")
    bench.ok("lock")
    answer = bench("check", WHEELRIGHT_TARGET="windows,x86_64-manylinux_2_28")
    assert answer.code == 1
    assert answer.out == lines(
        "FAIL windows: Windows, x86_64, Python 3.12: 1 package: 1 missing",
        "  X a 1.0: its wheels are for Linux, and it has no sdist (nearest:"
        " cp37-abi3-manylinux_2_28_x86_64)",
        "      `wheelright explain a --for windows` shows which versions have a wheel there",
        "      add a marker to the requirement, where the target does without it",
        "ok x86_64-manylinux_2_28: glibc 2.28, x86_64, Python 3.12: 1 package: 1 wheel",
        "1 of 2 targets is not served: windows",
    )


def test_this_machine(bench: Workbench) -> None:
    bench.index.add("a", "1.0")
    bench.write("a", python=">=3.12,<3.13")
    bench.ok("lock")
    answer = bench.ok("check --for native")
    assert answer.out.startswith("ok native: ")
    assert answer.out.endswith(
        ", Python 3.12: 1 package: 1 pure wheel\n1 target proved in [TIME]\n"
    )


def test_an_undeclared_target_promises_no_newest_pythons(bench: Workbench) -> None:
    """What the lock had to leave out for its own targets is left out for others too."""
    tags = ("cp312-cp312-manylinux_2_17_x86_64",)
    bench.index.add("a", "1.0", tags=tags)
    bench.write("a", python=">=3.12", more=f'[tool.wheelright]\ntargets = ["{LINUX}"]\n')
    bench.ok("lock")
    answer = bench.ok("check --for x86_64-manylinux_2_35")
    assert answer.out == lines(
        "ok x86_64-manylinux_2_35: glibc 2.35, x86_64, Python 3.12: 1 package: 1 wheel",
        "  note: without Python 3.13 and 3.14, which not every package can serve",
        "1 target proved in [TIME]",
    )
    answer = bench("check --for windows")
    assert answer.code == 1
    assert "the lock does not cover Python 3.12 to 3.14 there\n" in answer.out
    answer = bench.ok("matrix --for windows,x86_64-manylinux_2_35")
    assert answer.out.endswith(
        "windows: the lock does not cover it\nx86_64-manylinux_2_35: 1 of 1 served\n"
    )


def test_builds_as_the_settings_say(bench: Workbench) -> None:
    bench.index.add("a", "1.0", tags=(), sdist=True)
    bench.write("a", python=">=3.12,<3.13")
    bench.ok("lock")
    assert missing(bench, LINUX) == []
    bench.write("a", python=">=3.12,<3.13", more='[tool.wheelright]\nwheels = "require"\n')
    assert [reason for _, _, reason in missing(bench, LINUX)] == [
        'it has only an sdist, and `wheels = "require"` asks for wheels'
    ]
    more = '[tool.wheelright]\nwheels = "require"\nallow-build = ["a"]\n'
    bench.write("a", python=">=3.12,<3.13", more=more)
    assert missing(bench, LINUX) == []


def test_a_lock_of_another_tool(bench: Workbench) -> None:
    bench.write("a")
    bench.lockfile.write_text(
        'lock-version = "1.0"\ncreated-by = "other"\n[[packages]]\nname = "a"\nversion = "1.0"\n'
        '[[packages.wheels]]\nname = "a-1.0-py3-none-any.whl"\nurl = "https://example.org/a.whl"\n'
        f'hashes = {{ sha256 = "{"0" * 64}" }}\n'
    )
    answer = bench.ok(f"check --for {LINUX}")
    assert answer.out == lines(
        "warning: the lock is not current: it was written by `other`, which records no inputs; this"
        " is about the lock as it is",
        "ok x86_64-manylinux_2_17: glibc 2.17, x86_64, Python 3.9 to 3.14: 1 package: 1 pure wheel",
        "1 target proved in [TIME]",
    )


# -- the matrix of real locks


def test_the_matrix_as_page_and_document(bench: Workbench, tmp_path: Path) -> None:
    bench.index.add("a", "2.0", tags="cp37-abi3-manylinux_2_28_x86_64")
    bench.index.add("a", "1.0", tags="cp37-abi3-manylinux_2_17_x86_64")
    bench.write("a", python=">=3.12,<3.13", more=f'[tool.wheelright]\ntargets = ["{LINUX}"]\n')
    bench.ok("lock")
    (tmp_path / "out").mkdir()
    answer = bench.ok(f"matrix --html {tmp_path}/out/m.html --output-format json")
    assert answer.err == lines("Wrote [ROOT]/out/m.html (1 package, 1 target)")
    document = json.loads(answer.out)
    (row,) = document["rows"]
    (square,) = row["squares"]
    assert (row["package"], row["version"], square["look"]) == ("a", "1.0", "passed")
    assert square["note"] == (
        f"2.0 passed over: its wheels need glibc 2.28 or newer, {LINUX} has 2.17, and it has no"
        " sdist"
    )
    assert "a <span>1.0</span>" in (tmp_path / "out" / "m.html").read_text()
    # Without the page in the cache nothing is known of what was passed over, and nothing is asked.
    bench.ok("cache clean")
    bench.index.clear_log()
    document = json.loads(bench.ok("matrix --output-format json").out)
    assert document["rows"][0]["squares"][0]["look"] == "wheel"
    assert bench.index.log == []


def test_a_page_that_cannot_be_written(bench: Workbench) -> None:
    bench.index.add("a", "1.0")
    bench.write("a")
    bench.ok("lock")
    answer = bench("matrix --html nowhere/m.html")
    assert answer.code == 2
    assert "[PROJECT]/nowhere" in answer.err


def test_the_terminal_is_asked_for_its_width(bench: Workbench) -> None:
    bench.index.add("a", "1.0")
    bench.write("a", python=">=3.12,<3.13")
    bench.ok("lock")
    wide = bench.ok(f"matrix --for {LINUX},windows").out
    assert wide.startswith("       x86_64-manylinux_2_17  windows\na 1.0  p")
    narrow = bench.ok(f"matrix --for {LINUX},windows", COLUMNS="20").out
    assert narrow.startswith("       1  2\na 1.0  p  p\n")
