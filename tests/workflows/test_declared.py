"""Declared targets: what may be said, what it means, and what is refused in which words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.workbench import lines
from wheelright.errors import WheelrightError
from wheelright.outside.reporting import Silent
from wheelright.project import load_project, load_settings
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import (
    DeclaredTarget,
    declared_targets,
    find_target,
    targets_for,
)

if TYPE_CHECKING:
    from pathlib import Path

    from support.workbench import Workbench
    from wheelright.project import Project, Settings


def read(root: Path, said: str, python: str = ">=3.11") -> tuple[Project, Settings]:
    """Write a project with a ``[tool.wheelright]``, and read it."""
    text = f'[project]\nname = "app"\nversion = "1"\nrequires-python = "{python}"\n'
    (root / "pyproject.toml").write_text(f"{text}\n[tool.wheelright]\n{said}\n")
    return load_project(root), load_settings(root, reporter=Silent())


def declared(root: Path, said: str, python: str = ">=3.11") -> tuple[DeclaredTarget, ...]:
    return declared_targets(*read(root, said, python))


LIST = """
targets = ["plc", "macos-12-arm64"]
[tool.wheelright.target.plc]
platform = "x86_64-manylinux_2_17"
"""
TABLE = """
[tool.wheelright.targets.plc]
platform = "x86_64-manylinux_2_17"
[tool.wheelright.targets.macos-12-arm64]
"""
SHORT = 'targets = { plc = "x86_64-manylinux_2_17", mac = "macos-12-arm64" }'
UNLISTED = """
[tool.wheelright.target]
plc = { platform = "x86_64-manylinux_2_17" }
mac = { platform = "macos-12-arm64" }
"""


@pytest.mark.parametrize(
    "said", [LIST, TABLE, SHORT, UNLISTED], ids=["list", "table", "short", "none"]
)
def test_ways_of_declaring(said: str, tmp_path: Path) -> None:
    plc, mac = declared(tmp_path, said)
    assert (plc.name, str(plc.platform), str(mac.platform)) == (
        "plc",
        "x86_64-manylinux_2_17",
        "macos-12-arm64",
    )
    assert plc.pythons == ((3, 11), (3, 12), (3, 13), (3, 14))
    assert (plc.promised, plc.words) == (False, "plc (glibc 2.17, x86_64)")


def test_the_pythons_of_a_target(tmp_path: Path) -> None:
    said = 'targets.plc = { platform = "linux", python = ">=3.9,<3.13" }'
    (plc,) = declared(tmp_path, said)
    assert plc.pythons == ((3, 11), (3, 12))
    assert plc.promised
    assert plc.python == SpecifierSet(">=3.9,>=3.11,<3.13")
    assert plc.canonical() == "x86_64-manylinux_2_28, Python >=3.9,<3.13"
    assert plc.values((3, 12))["python_version"] == "3.12"
    assert "cp312-cp312-manylinux_2_28_x86_64" in plc.tags((3, 12)).tags


def test_a_target_file(tmp_path: Path) -> None:
    described = {
        "platform": "x86_64-manylinux_2_31",
        "implementation": "pypy",
        "values": {"platform_release": "5.10.0", "python_version": "3.9", "os_name": "posix"},
        "pythons": ["3.9.2"],
    }
    (tmp_path / "plc.json").write_text(json.dumps(described))
    (plc,) = declared(tmp_path, 'targets.plc.file = "plc.json"')
    assert plc.values((3, 12))["platform_release"] == "5.10.0"
    assert plc.values((3, 12))["python_version"] == "3.12"
    assert plc.canonical() == "x86_64-manylinux_2_31, pypy, platform_release 5.10.0"
    assert plc.file == "plc.json"


def test_names_and_floors_that_belong_together(tmp_path: Path) -> None:
    """A family may be given a floor; two names may mean the same machines."""
    said = 'targets = { linux = "x86_64-manylinux_2_17", ci = "x86_64-manylinux_2_17" }'
    linux, ci = declared(tmp_path, said)
    assert linux.platform == ci.platform


FIRST = 'targets = ["linux"]\n'
HINTS = (
    "hint: nearest names: `linux`, `macos`, `windows`",
    (
        "hint: any version can be named: `ARCH-manylinux_2_N`, `ARCH-musllinux_1_N`,"
        " `macos-N-ARCH`, `windows-ARCH`"
    ),
)
WHERE = "  in `[tool.wheelright]` in `[PROJECT]/pyproject.toml`"
WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown name": (
        'targets = ["plk"]\ntarget = { plc = { platform = "linux" } }',
        (
            "error: `plk` is neither a declared target nor the name of a platform",
            WHERE,
            "hint: did you mean the target `plc`?",
            *HINTS,
            "hint: `[tool.wheelright.target.plk]` describes it",
        ),
    ),
    "empty list": (
        "targets = []",
        (
            "error: `targets` is empty, so the lock would serve no machine",
            WHERE,
            "hint: name a target, such as `linux` or `x86_64-manylinux_2_28`",
            "hint: remove `targets` for a lock that serves every machine",
        ),
    ),
    "empty table": (
        "[tool.wheelright.targets]",
        (
            "error: `targets` is empty, so the lock would serve no machine",
            WHERE,
            "hint: name a target, such as `linux` or `x86_64-manylinux_2_28`",
            "hint: remove `targets` for a lock that serves every machine",
        ),
    ),
    "outside requires-python": (
        'targets.plc = { platform = "linux", python = "<3.11" }',
        (
            "error: the target `plc` (Python <3.11) has no Python in common with the project",
            WHERE,
            "  the project requires Python >=3.11",
            "hint: widen `python` of the target, or `requires-python` of the project",
        ),
    ),
    "outside all Pythons": (
        'targets.plc = { platform = "linux", python = "<3.8" }',
        (
            "error: the target `plc` (Python <3.8) admits none of the Pythons 3.8 to 3.14",
            WHERE,
            "hint: those are the Pythons that a lock can serve: change `python` of the target",
        ),
    ),
    "unknown platform": (
        'targets.plc.platform = "x86_64-manylinux_217"',
        (
            "error: the platform of the target `plc` is not known: `x86_64-manylinux_217`",
            WHERE,
            (
                "hint: nearest names: `x86_64-manylinux_2_17`, `x86_64-manylinux2014`,"
                " `x86_64-manylinux_2_34`"
            ),
            HINTS[1],
        ),
    ),
    "no platform": (
        'targets.plc.python = ">=3.11"',
        (
            (
                "error: the target `plc` has neither a `platform` nor a `file`, and its name is not"
                " that of a platform"
            ),
            WHERE,
            'hint: add `platform = "x86_64-manylinux_2_28"` to `plc`',
            *HINTS,
        ),
    ),
    "name of another platform": (
        'targets = { "x86_64-manylinux_2_17" = "x86_64-manylinux_2_28" }',
        (
            (
                "error: the target `x86_64-manylinux_2_17` has the name of another platform: it is"
                " `x86_64-manylinux_2_28`"
            ),
            WHERE,
            "  as the name of a platform, `x86_64-manylinux_2_17` is glibc 2.17, x86_64",
            "hint: give the target a name of its own",
        ),
    ),
    "family of another system": (
        'targets = { linux = "macos-12-arm64" }',
        (
            "error: the target `linux` has the name of another platform: it is `macos-12-arm64`",
            WHERE,
            "  as the name of a platform, `linux` is glibc 2.28, x86_64",
            "hint: give the target a name of its own",
        ),
    ),
    "name of this machine": (
        'targets = { native = "linux" }',
        (
            "error: `native` cannot be the name of a target: it stands for this machine",
            WHERE,
            "hint: use letters, digits, `-`, `_` and `.`",
        ),
    ),
    "this machine": (
        'targets = ["native"]',
        (
            (
                "error: `native` is this machine, and a lock serves the same machines wherever it"
                " is made"
            ),
            WHERE,
            "hint: `wheelright target add NAME --here` declares this machine by a name",
        ),
    ),
    "no name": (
        'targets = ["linux", ""]',
        (
            "error: a target has an empty name",
            WHERE,
            "hint: name a platform, or a target of your own",
        ),
    ),
    "name with a comma": (
        'targets = { "a,b" = "linux" }',
        (
            "error: `a,b` cannot be the name of a target: it holds a comma or a blank",
            WHERE,
            "hint: use letters, digits, `-`, `_` and `.`",
        ),
    ),
    "default not declared": (
        'targets = { plc = "linux" }\ndefault-target = "plk"',
        (
            "error: the `default-target` `plk` is not among the declared targets",
            WHERE,
            "  declared are `plc`",
            "hint: did you mean `plc`?",
        ),
    ),
    "default unknown": (
        'default-target = "plk"',
        (
            (
                "error: the `default-target` `plk` is neither a declared target nor the name of a"
                " platform"
            ),
            WHERE,
            *HINTS,
        ),
    ),
    "missing file": (
        'targets.plc.file = "plc.json"',
        (
            "error: the target file cannot be read",
            "  in [PROJECT]/plc.json",
            "  No such file or directory",
            "hint: `wheelright target describe`, run on the machine, writes one",
        ),
    ),
    "outside environments": (
        'targets = ["linux"]\nenvironments = ["sys_platform == \'win32\'"]',
        (
            "error: the target `linux` lies outside `environments`",
            '  the project limits its lock to `sys_platform == "win32"`',
            "hint: remove `environments`: the targets alone say what a lock covers",
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str, bench: Workbench) -> None:
    said, told = WRONG[case]
    bench.write(more=f"[tool.wheelright]\n{said}\n", python=">=3.11")
    answer = bench("lock")
    assert (answer.code, answer.err) == (1, lines(*told))
    assert not bench.lockfile.exists()


def test_a_target_file_of_a_newer_schema(bench: Workbench) -> None:
    newer = {"schema": 2, "machine": {"platform": "x86_64-manylinux_2_31"}}
    (bench.project / "plc.json").write_text(json.dumps(newer))
    bench.write(more='[tool.wheelright]\ntargets.plc.file = "plc.json"\n')
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the target file has schema 2, and this Wheelright reads up to 1",
            "  in [PROJECT]/plc.json",
            "hint: upgrade Wheelright, or describe the machine with this version of it",
        ),
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('targets = ["linux", "linux"]', "names `linux` twice"),
        (
            'targets.plc = { platform = "linux", file = "plc.json" }',
            "takes `platform` or `file`, not both",
        ),
    ],
)
def test_what_the_settings_refuse(said: str, message: str, bench: Workbench) -> None:
    bench.write(more=f"[tool.wheelright]\n{said}\n")
    answer = bench("lock")
    assert (answer.code, message in answer.err) == (1, True), answer.err


SAID = 'targets = { plc = "linux", mac = "macos-12-arm64" }\n'


@pytest.mark.parametrize(
    ("asked", "default", "variable", "names"),
    [
        (None, "", None, []),
        ("plc", "", None, ["plc"]),
        ("plc,mac", "", None, ["plc", "mac"]),
        (" mac , plc,mac", "", None, ["mac", "plc"]),
        ("x86_64-manylinux_2_31", "", None, ["x86_64-manylinux_2_31"]),
        (None, "plc", None, ["plc"]),
        (None, "plc", "mac", ["mac"]),
        ("windows", "plc", "mac", ["windows"]),
        ("native", "plc", "mac", []),
        (None, "plc", "native", []),
        (None, "native", None, []),
        (None, "plc", " ,", ["plc"]),
        ("plc windows", "", None, ["plc", "windows"]),
    ],
)
def test_what_is_asked_for(
    asked: str | None, default: str, variable: str | None, names: list[str], tmp_path: Path
) -> None:
    """An option wins over the variable, and that over the setting."""
    said = SAID + (f'default-target = "{default}"' if default else "")
    project, settings = read(tmp_path, said)
    environ = {} if variable is None else {"WHEELRIGHT_TARGET": variable}
    found = targets_for(asked, project, settings, environ)
    assert [target.name for target in found] == names


def test_this_machine_stands_alone(tmp_path: Path) -> None:
    with pytest.raises(WheelrightError) as caught:
        targets_for("plc,native", *read(tmp_path, SAID))
    assert caught.value.message == "`native` cannot be asked for together with other targets"
    assert caught.value.exit_code == 2


def test_an_unknown_name_on_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(WheelrightError) as caught:
        find_target("plk", *read(tmp_path, SAID))
    assert caught.value.message == "`plk` is neither a declared target nor the name of a platform"
    assert caught.value.hints[0] == "did you mean the target `plc`?"


def test_a_project_without_targets_may_default_to_a_platform(tmp_path: Path) -> None:
    project, settings = read(tmp_path, 'default-target = "x86_64-manylinux_2_17"')
    assert declared_targets(project, settings) == ()
    (target,) = targets_for(None, project, settings)
    assert str(target.platform) == "x86_64-manylinux_2_17"
