"""The first reason against each version, files in order of rank, and who asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.workbench import lines

if TYPE_CHECKING:
    from support.workbench import Workbench

PLC = "x86_64-manylinux_2_17"


def explained(bench: Workbench, line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench.ok(f"explain {line} --output-format json").out)
    return found


def reasons(bench: Workbench, line: str) -> list[tuple[str, str, str]]:
    found = explained(bench, line)["candidates"]
    return [(one["version"], one["against"], one["reason"]) for one in found]


def tagged(*numbers: str) -> list[str]:
    return [f"cp312-cp312-manylinux_{number}_x86_64" for number in numbers]


@pytest.fixture
def app(bench: Workbench) -> Workbench:
    bench.write("a", "b", python=">=3.12,<3.13")
    bench.index.add("b", "1.0", requires=["a<8"])
    return bench


def test_each_reason(app: Workbench) -> None:
    index = app.index
    index.add("a", "9.0", uploaded="2025-06-01T00:00:00Z")
    index.add("a", "8.5")
    index.add("a", "8.0a1")
    index.add("a", "7.0", yanked="it was bad")
    index.add("a", "6.0", requires_python=">=3.13")
    index.add("a", "5.0", tags=())
    index.add("a", "4.5", requires=["b>=2"])
    index.add("a", "4.0", tags=tagged("2_28"))
    index.add("a", "3.0", tags=tagged("2_17"))
    index.add("a", "2.0")
    app.write(
        "a", "b", python=">=3.12,<3.13", more='[tool.wheelright]\nexclude-newer = "2025-01-01"\n'
        f'targets = ["{PLC}"]\n',
    )  # fmt: skip
    app.ok("lock")
    assert app.locked() == {"a": "3.0", "b": "1.0"}
    too_new = (
        f"no file for {PLC}: its wheels need glibc 2.28 or newer, {PLC} has 2.17, and it has no"
        " sdist (nearest: cp312-manylinux_2_28_x86_64)"
    )
    assert reasons(app, "a") == [
        ("9.0", "exclude-newer", "uploaded after `exclude-newer`"),
        ("8.5", "forbidden", "b 1.0 requires `a<8`"),
        ("8.0a1", "pre-release", "a pre-release"),
        ("7.0", "yanked", "yanked (it was bad)"),
        ("6.0", "requires-python", "it requires Python >=3.13"),
        ("4.5", "conflict", "it requires `b>=2`, the lock has b 1.0"),
        ("4.0", "no-file", too_new),
        ("3.0", "chosen", "locked"),
        ("2.0", "older", "older than what is locked"),
    ]


def test_a_newer_version_with_nothing_against_it(app: Workbench) -> None:
    app.index.add("a", "1.0")
    app.ok("lock")
    app.index.add("a", "2.0")
    assert app.ok("explain a --refresh").out == lines(
        "a 1.0 is locked",
        "",
        "Versions, newest first",
        "  2.0  nothing is known against it; `wheelright lock --upgrade-package a` would try it",
        "> 1.0  locked",
        "",
        "Files of a 1.0 on this machine ([MACHINE]), best first",
        "   1 a-1.0-py3-none-any.whl",
        "     Python 3.12, by py3-none-any",
        "",
        "The metadata of 1.0 is from the metadata file of `a-1.0-py3-none-any.whl`",
        "",
        "Required by",
        "  the project: a",
        "  b 1.0: a<8",
    )


def test_the_newest_that_would_serve(app: Workbench) -> None:
    app.write("a", "b", python=">=3.11,<3.13")
    app.index.add("a", "3.0", tags=["cp311-abi3-manylinux_2_28_x86_64"])
    app.index.add("a", "2.0", tags=tagged("2_17"))
    app.index.add("a", "1.0")
    app.ok("lock")
    partly = (
        f"the newest that serves {PLC} with Python 3.12; no file for {PLC} with Python 3.11:"
        " its wheels are for Python 3.12, and it has no sdist (nearest:"
        " cp312-manylinux_2_17_x86_64)"
    )
    assert reasons(app, f"a --for {PLC}") == [
        ("3.0", "chosen", "locked"),
        ("2.0", "serves", partly),
        ("1.0", "serves", f"the newest that serves {PLC} with Python 3.11"),
    ]


def test_a_package_that_is_not_locked_and_no_project_at_all(app: Workbench) -> None:
    app.index.add("a", "2.0", tags=tagged("2_28"))
    app.index.add("a", "1.0")
    app.pyproject.unlink()
    found = explained(app, f"a --for {PLC}")
    assert found["locked"] == []
    assert [(one["version"], one["against"]) for one in found["candidates"]] == [
        ("2.0", "no-file"),
        ("1.0", "serves"),
    ]


def test_files_in_order_of_rank(app: Workbench) -> None:
    tags = [*tagged("2_17", "2_12"), "cp39-abi3-manylinux_2_17_x86_64", "py3-none-any"]
    app.index.add("a", "1.0", tags=[*tags, "cp312-cp312-win_amd64", *tagged("2_28")], sdist=True)
    app.ok("lock")
    (files,) = explained(app, f"a --for {PLC}")["files"]
    assert files["target"] == PLC
    assert [(one["rank"], one["name"], one["tags"], one["reason"]) for one in files["files"]] == [
        (1, "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
         [["3.12", "cp312-cp312-manylinux_2_17_x86_64"]], ""),
        (2, "a-1.0-cp312-cp312-manylinux_2_12_x86_64.whl",
         [["3.12", "cp312-cp312-manylinux_2_12_x86_64"]], ""),
        (3, "a-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
         [["3.12", "cp39-abi3-manylinux_2_17_x86_64"]], ""),
        (4, "a-1.0-py3-none-any.whl", [["3.12", "py3-none-any"]], ""),
        (None, "a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", [],
         "needs glibc 2.28 or newer (cp312-manylinux_2_28_x86_64)"),
        (None, "a-1.0-cp312-cp312-win_amd64.whl", [], "is for Windows (cp312-win_amd64)"),
        (None, "a-1.0.tar.gz", [], "an sdist: to be built"),
    ]  # fmt: skip


def test_where_the_metadata_came_from(app: Workbench) -> None:
    app.index.add("a", "1.0", tags=["py3-none-any", "py2-none-any"])
    app.index.fault("a-1.0-py2-none-any.whl*", "404")
    assert explained(app, "a")["metadata"] == (
        "the metadata file of `a-1.0-py3-none-any.whl`; asked in vain before:"
        " `a-1.0-py2-none-any.whl.metadata`: 404 Not Found"
    )


def test_metadata_that_no_file_tells(app: Workbench) -> None:
    app.index.add("a", "1.0")
    app.index.fault("a-1.0*", "404")
    assert explained(app, "a")["metadata"] == (
        "unknown: No file of `a 1.0` could tell its metadata; `a-1.0-py3-none-any.whl.metadata`:"
        " 404 Not Found; `a-1.0-py3-none-any.whl`: 404 Not Found"
    )


def test_a_package_from_a_directory(app: Workbench) -> None:
    (app.root / "a").mkdir()
    (app.root / "a" / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1.0"\n')
    app.write("a", more='[tool.wheelright.sources]\na = { path = "../a" }\n')
    app.ok("lock")
    out = app.ok("explain a").out
    assert out == lines(
        "a 1.0 comes from the directory `../a`, not from an index",
        "",
        "Required by",
        "  the project: a",
    )


def test_long_lists_are_shortened(app: Workbench) -> None:
    for number in range(1, 40):
        app.index.add("a", f"1.{number}")
    app.ok("lock")
    assert app.ok("explain a").out.splitlines()[:6] == [
        "a 1.39 is locked",
        "",
        "Versions, newest first",
        "> 1.39  locked",
        "  1.38  older than what is locked",
        "  ... 37 more (`-v` shows them)",
    ]
    assert len(app.ok("explain a -v").out.splitlines()) > 45


def test_names_that_nobody_knows(app: Workbench) -> None:
    app.index.add("a", "1.0")
    answer = app("explain nobody")
    assert (answer.code, answer.out) == (1, "")
    assert "`nobody`" in answer.err
    answer = app("explain a --version 1.1")
    assert answer.err == lines(
        "error: no index has a 1.1", "  in [INDEX]/simple/", "hint: near it are `1.0`"
    )
    answer = app("explain")
    assert answer.code == 2
    answer = app("explain a>=1")
    assert (answer.code, answer.err) == (2, lines(
        "error: `a>=1` is not the name of a package",
        "  in wheelright explain",
        "hint: give a name alone; `--version` chooses the version whose files are shown",
    ))  # fmt: skip


def test_members_of_a_workspace_ask(app: Workbench) -> None:
    app.index.add("a", "1.0")
    member = app.project / "packages" / "lib"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(
        '[project]\nname = "lib"\nversion = "1.0"\ndependencies = ["a"]\n'
        '[project.optional-dependencies]\nx = ["a>=1"]\n[dependency-groups]\ndev = ["a<2"]\n'
    )
    app.write(more='[tool.wheelright.workspace]\nmembers = ["packages/*"]\n')
    app.ok("lock")
    assert app.ok("explain a").out.partition("Required by\n")[2] == lines(
        "  the member `lib`: a",
        "  the group `dev` of `lib`: a<2",
        "  the extra `x` of `lib`: a>=1",
        "  lib 1.0: a",
        '  lib 1.0: a>=1; extra == "x"',
    )
