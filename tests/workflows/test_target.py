"""Listing, showing, describing and declaring targets."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.workbench import BASE_PYTHON, VERSION, lines
from wheelright.interpreters import Search, probe
from wheelright.targets import WELL_KNOWN_NAMES, detect_machine

if TYPE_CHECKING:
    from support.workbench import Workbench

PLC = (
    '[tool.wheelright]\ntargets = ["plc", "musl"]\ndefault-target = "plc"\n\n'
    '[tool.wheelright.target.plc]\nplatform = "x86_64-manylinux_2_17"\npython = ">=3.10,<3.12"\n'
)


def test_the_list_without_a_project(bench: Workbench) -> None:
    answer = bench.ok("target list")
    assert answer.err == ""
    assert answer.out.startswith(
        "Well known\n"
        "  windows                     windows-x86_64           Windows, x86_64\n"
        "  linux                       x86_64-manylinux_2_28    glibc 2.28, x86_64\n"
    )
    assert answer.out.endswith(
        "\nAny version can be named: ARCH-manylinux_2_N, ARCH-musllinux_1_N, macos-N-ARCH\n"
    )
    assert answer.out.count("\n") == len(WELL_KNOWN_NAMES) + 3


def test_the_list_of_a_project(bench: Workbench) -> None:
    bench.write(more=PLC)
    answer = bench.ok("target list")
    assert answer.out.partition("\n\n")[0] == (
        "Declared\n"
        "*  plc   x86_64-manylinux_2_17  glibc 2.17, x86_64  Python 3.10, 3.11\n"
        "   musl  x86_64-musllinux_1_2   musl 1.2, x86_64    Python 3.9 to 3.14"
    )
    document = json.loads(bench.ok("target list --output-format json").out)
    assert document["schema"] == 1
    assert document["declared"] == [
        {
            "name": "plc",
            "platform": "x86_64-manylinux_2_17",
            "description": "glibc 2.17, x86_64",
            "python": "<3.12,>=3.10",
            "pythons": ["3.10", "3.11"],
            "file": None,
            "default": True,
        },
        {
            "name": "musl",
            "platform": "x86_64-musllinux_1_2",
            "description": "musl 1.2, x86_64",
            "python": "",
            "pythons": ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"],
            "file": None,
            "default": False,
        },
    ]
    assert [one["name"] for one in document["well_known"]] == list(WELL_KNOWN_NAMES)


def test_a_declared_target_is_shown(bench: Workbench) -> None:
    bench.write(more=PLC)
    shown = bench.ok("target show plc").out
    assert shown == bench.ok("target show").out
    assert shown == lines(
        "The target `plc`: glibc 2.17, x86_64",
        "  platform  x86_64-manylinux_2_17",
        "  Pythons   3.10, 3.11",
        "  bounds    <3.12,>=3.10",
        "  default   yes: sync, run and add install for it",
        "",
        "Marker values, CPython 3.11",
        "  implementation_name             cpython",
        "  implementation_version          3.11.0",
        "  os_name                         posix",
        "  platform_machine                x86_64",
        "  platform_python_implementation  CPython",
        '  platform_release                ""',
        "  platform_system                 Linux",
        '  platform_version                ""',
        "  python_full_version             3.11.0",
        "  python_version                  3.11",
        "  sys_platform                    linux",
        "",
        "Tags, CPython 3.11, best first (414 tags)",
        "  cp311-cp311-manylinux_2_17_x86_64",
        "  cp311-cp311-manylinux2014_x86_64",
        "  cp311-cp311-manylinux_2_16_x86_64",
        "  cp311-cp311-manylinux_2_15_x86_64",
        "  cp311-cp311-manylinux_2_14_x86_64",
        "  cp311-cp311-manylinux_2_13_x86_64",
        "  cp311-cp311-manylinux_2_12_x86_64",
        "  cp311-cp311-manylinux2010_x86_64",
        "  cp311-cp311-manylinux_2_11_x86_64",
        "  cp311-cp311-manylinux_2_10_x86_64",
        "  ... and 404 more; `-v` shows all",
    )
    every = bench.ok("target show plc -v --python 3.10").out
    assert "\nTags, CPython 3.10, best first (" in every
    assert every.endswith("\n  py30-none-any\n")
    document = json.loads(bench.ok("target show plc --output-format json").out)
    assert len(document["tags"]) == 414
    assert document["kind"] == "declared"
    assert document["shown"] == {"python": "3.11", "implementation": "cpython"}
    assert document["values"]["python_version"] == "3.11"


def test_a_platform_is_shown(bench: Workbench) -> None:
    shown = bench.ok("target show macos-14-arm64 --python 3.12").out
    assert shown.startswith(
        "The platform `macos-14-arm64`: macOS 14, arm64\n"
        "  platform  macos-14-arm64\n"
        "  Pythons   3.8 to 3.14\n\n"
    )
    assert "\n  cp312-cp312-macosx_14_0_arm64\n" in shown


def test_this_machine_is_shown(bench: Workbench) -> None:
    shown = bench.ok("target show").out
    assert shown == bench.ok("target show native").out
    assert shown.startswith(f"This machine: {detect_machine().describe()}\n")
    document = json.loads(bench.ok("target show --output-format json").out)
    assert document["kind"] == "native"
    assert document["platform"] == str(detect_machine().platform)
    assert document["libcs"] == [str(libc) for libc in detect_machine().libcs]
    assert document["values"]["python_full_version"] == VERSION
    python = probe(BASE_PYTHON, Search.here())
    assert document["tags"] == list(python.tags.tags)


def test_what_cannot_be_shown(bench: Workbench) -> None:
    bench.write(more=PLC)
    answer = bench("target show plcc")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == lines(
        "error: `plcc` is neither a declared target nor the name of a platform",
        "hint: did you mean the target `plc`?",
        "hint: nearest names: `linux`, `macos`, `windows`",
        "hint: any version can be named: `ARCH-manylinux_2_N`, `ARCH-musllinux_1_N`,"
        " `macos-N-ARCH`, `windows-ARCH`",
        "hint: `[tool.wheelright.target.plcc]` describes it",
    )
    answer = bench("target show plc --python 3.13")
    assert answer.code == 2
    assert answer.err == lines(
        "error: the target `plc` does not run Python `3.13`",
        "  in --python",
        "  it runs 3.10, 3.11",
        "hint: give one of these, as in `--python 3.12`",
    )


def test_the_variable_names_what_is_shown(bench: Workbench) -> None:
    bench.write(more=PLC)
    shown = "The target `musl`: musl 1.2, x86_64\n"
    assert bench.ok("target show", WHEELRIGHT_TARGET="musl").out.startswith(shown)
    # Several can be installed for together, and not be shown together: the default is.
    shown = "The target `plc`: glibc 2.17, x86_64\n"
    assert bench.ok("target show", WHEELRIGHT_TARGET="plc,musl").out.startswith(shown)


def test_a_python_that_nobody_has_is_not_shown(bench: Workbench) -> None:
    bench.write(more=PLC)
    answer = bench("target show musl --python nope")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("error: no usable Python named `nope` is on PATH\n")
    here = ".".join(VERSION.split(".")[:2])
    line = f"target show musl --python {BASE_PYTHON} --output-format json"
    assert json.loads(bench.ok(line).out)["shown"]["python"] == here


def test_describing_this_machine(bench: Workbench) -> None:
    described = json.loads(bench.ok("target describe").out)
    assert described["platform"] == str(detect_machine().platform)
    assert VERSION in described["pythons"]
    assert bench.ok("target describe -o here.json").err == "Wrote here.json\n"
    assert json.loads((bench.project / "here.json").read_text()) == described
    script = bench.ok("target describe --script").out
    (bench.root / "describe.py").write_text(script)
    done = subprocess.run(
        [sys.executable, bench.root / "describe.py"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == described


def test_a_python_that_cannot_describe(bench: Workbench) -> None:
    answer = bench("target describe --python 3.99")
    assert answer.code == 1
    assert answer.err.startswith("error: no Python found")


def test_declaring_a_platform(bench: Workbench) -> None:
    bench.write()
    before = bench.pyproject.read_text()
    answer = bench.ok("target add x86_64-manylinux_2_17 --dry-run")
    assert answer.err == "Would declare the target `x86_64-manylinux_2_17`: glibc 2.17, x86_64\n"
    assert bench.pyproject.read_text() == before
    answer = bench.ok("target add x86_64-manylinux_2_17")
    assert answer.err == lines(
        "Declared the target `x86_64-manylinux_2_17`: glibc 2.17, x86_64",
        "`wheelright lock` makes the lock serve it",
    )
    expected = f'{before}\n[tool.wheelright]\ntargets = ["x86_64-manylinux_2_17"]\n'
    assert bench.pyproject.read_text() == expected


def test_declaring_a_target_by_its_platform(bench: Workbench) -> None:
    bench.write()
    bench.ok("target add plc --platform x86_64-manylinux_2_27 --python-versions >=3.11")
    assert bench.pyproject.read_text().endswith(
        '\n[tool.wheelright]\ntargets = ["plc"]\n\n[tool.wheelright.target.plc]\n'
        'platform = "x86_64-manylinux_2_27"\npython = ">=3.11"\n'
    )
    document = json.loads(
        bench.ok("target add mac --platform macos-13-arm64 --output-format json").out
    )
    assert document["target"]["platform"] == "macos-13-arm64"
    assert (document["written"], document["dry_run"]) == (None, False)
    shown = json.loads(bench.ok("target list --output-format json").out)
    assert [one["name"] for one in shown["declared"]] == ["plc", "mac"]


def test_declaring_this_machine(bench: Workbench) -> None:
    bench.write()
    before = bench.pyproject.read_text()
    machine = detect_machine().describe()
    answer = bench.ok("target add lab --here --dry-run")
    assert answer.err == f"Would write lab.json\nWould declare the target `lab`: {machine}\n"
    assert not (bench.project / "lab.json").exists()
    assert bench.pyproject.read_text() == before
    bench.ok("target add lab --here")
    assert json.loads((bench.project / "lab.json").read_text())["schema"] == 1
    assert bench.pyproject.read_text().endswith(
        '\n[tool.wheelright.target.lab]\nfile = "lab.json"\n'
    )
    # A file that was brought from elsewhere, named from another folder.
    (bench.project / "more").mkdir()
    (bench.project / "lab.json").rename(bench.project / "more" / "plc.json")
    bench.pyproject.write_text(before)
    bench.patch.chdir(bench.project / "more")
    bench.ok("target add plc --file plc.json")
    assert bench.pyproject.read_text().endswith('file = "more/plc.json"\n')
    shown = json.loads(bench.ok("target show plc --output-format json").out)
    assert shown["platform"] == str(detect_machine().platform)
    assert shown["values"]["platform_release"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            "plc",
            2,
            lines(
                "error: nothing says what the target `plc` is, and no platform has that name",
                "hint: say it with `--platform`, `--file` or `--here`",
                "hint: nearest names: `linux`, `macos`, `windows`",
                "hint: any version can be named: `ARCH-manylinux_2_N`, `ARCH-musllinux_1_N`,"
                " `macos-N-ARCH`, `windows-ARCH`",
            ),
        ),
        (
            "plc --platform x86_65-manylinux_2_17",
            2,
            lines(
                "error: no platform is named `x86_65-manylinux_2_17`",
                "hint: nearest names: `x86_64-manylinux_2_17`, `x86_64-manylinux_2_34`,"
                " `x86_64-manylinux_2_28`",
                "hint: any version can be named: `ARCH-manylinux_2_N`, `ARCH-musllinux_1_N`,"
                " `macos-N-ARCH`, `windows-ARCH`",
            ),
        ),
        (
            "old --platform linux --python-versions <3.8",
            1,
            lines(
                "error: the target `old` (Python <3.8) admits none of the Pythons 3.8 to 3.14",
                "hint: those are the Pythons that a lock can serve: change `python` of the target",
            ),
        ),
        (
            "old --platform linux --python-versions three",
            2,
            lines(
                "error: `three` bounds no Python versions",
                "  in --python-versions",
                "hint: give bounds such as `>=3.10,<3.13`",
            ),
        ),
        (
            "plc --file plc.json",
            1,
            lines(
                "error: the target file cannot be read",
                "  in [PROJECT]/plc.json",
                "  No such file or directory",
                "hint: `wheelright target describe`, run on the machine, writes one",
            ),
        ),
        (
            "there",
            1,
            lines(
                "error: the target `there` is declared already",
                "  in [PROJECT]/pyproject.toml",
                "  it is `x86_64-musllinux_1_2`",
                "hint: change it there, or give the new one another name",
            ),
        ),
        (
            "taken --here",
            1,
            lines(
                "error: `taken.json` exists already",
                "  in [PROJECT]/taken.json",
                "hint: `wheelright target add taken --file taken.json` declares it",
                "hint: remove it, or give the target another name",
            ),
        ),
        (
            "windows --platform linux",
            1,
            lines(
                "error: the target `windows` has the name of another platform: it is"
                " `x86_64-manylinux_2_28`",
                "  as the name of a platform, `windows` is Windows, x86_64",
                "hint: give the target a name of its own",
            ),
        ),
        (
            "musl --platform linux",
            1,
            lines(
                "error: the target `musl` has the name of another platform: it is"
                " `x86_64-manylinux_2_28`",
                "  as the name of a platform, `musl` is musl 1.2, x86_64",
                "hint: give the target a name of its own",
            ),
        ),
        (
            "plc --platform linux --here",
            2,
            "error: `--platform` and `--here` exclude each other\n",
        ),
    ],
)
def test_what_cannot_be_declared(bench: Workbench, arguments: str, code: int, said: str) -> None:
    bench.write(more='[tool.wheelright.target.there]\nplatform = "musl"\n')
    (bench.project / "taken.json").write_text("{}")
    before = bench.pyproject.read_text()
    answer = bench(f"target add {arguments}")
    assert (answer.err, answer.code, answer.out) == (said, code, "")
    assert bench.pyproject.read_text() == before


@pytest.mark.parametrize(
    ("found", "required", "shown"),
    [
        (["3.6.8", "3.9.2", "3.11.4"], ">=3.9", ["3.9", "3.11"]),
        (["3.12.0rc1"], ">=3.9", ["3.12"]),
        # What it has does not suit the project: another Python will be brought there.
        (["3.6.8", "3.9.2"], ">=3.12", ["3.12", "3.13", "3.14"]),
        ([], ">=3.13", ["3.13", "3.14"]),
        (["nonsense"], ">=3.13", ["3.13", "3.14"]),
    ],
)
def test_a_described_machine_runs_the_pythons_found_on_it(
    bench: Workbench, found: list[str], required: str, shown: list[str]
) -> None:
    bench.write(more='[tool.wheelright.target.plc]\nfile = "plc.json"\n', python=required)
    described = {"schema": 1, "platform": "x86_64-manylinux_2_18", "pythons": found}
    (bench.project / "plc.json").write_text(json.dumps(described))
    (target,) = json.loads(bench.ok("target list --output-format json").out)["declared"]
    assert target["pythons"] == shown


def test_a_described_machine_may_decline_wheels(bench: Workbench) -> None:
    bench.write(more='[tool.wheelright.target.plc]\nfile = "plc.json"\n')
    described = {"schema": 1, "platform": "x86_64-manylinux_2_18", "refused_glibc": [[2, 17]]}
    (bench.project / "plc.json").write_text(json.dumps(described))
    tags = json.loads(bench.ok("target show plc --output-format json").out)["tags"]
    platforms = {tag.partition("-")[2].partition("-")[2] for tag in tags}
    assert "manylinux_2_18_x86_64" in platforms
    assert "manylinux_2_16_x86_64" in platforms
    assert not platforms & {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}
