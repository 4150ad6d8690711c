"""A venv and its target: followed down, across and back, kept, changed, shared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.workbench import lines, serve

if TYPE_CHECKING:
    from support.workbench import Workbench

LOW = "x86_64-manylinux_2_17"
NEW, OLD = "cp37-abi3-manylinux_2_34_x86_64", "cp37-abi3-manylinux_2_17_x86_64"
WINDOWS, MACOS = "cp37-abi3-win_amd64", "cp37-abi3-macosx_11_0_arm64"
ARM = "cp37-abi3-manylinux_2_17_aarch64"
PLC = """
[tool.wheelright]
targets = ["plc", "ubuntu22", "pi"]

[tool.wheelright.target.plc]
platform = "x86_64-manylinux_2_17"

[tool.wheelright.target.ubuntu22]
platform = "x86_64-manylinux_2_35"

[tool.wheelright.target.pi]
platform = "aarch64-manylinux_2_31"
"""
TWO = PLC.replace(', "pi"', "")


def settled(count: int) -> str:
    are = "package is" if count == 1 else "packages are"
    return f"Nothing to do: {count} {are} as locked\n"


def record(bench: Workbench) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bench.venv / "wheelright.json").read_text())
    return found


def check_settled(bench: Workbench, count: int, target: str | None) -> None:
    """Nothing is left to do, however it is asked, and the venv knows what it is for."""
    for line in ("sync", "sync --check", "sync --dry-run", "sync --verify --check"):
        answer = bench.ok(line)
        assert answer.err.removesuffix(", file by file\n").removesuffix("\n") + "\n" == settled(
            count
        )
    assert record(bench).get("target") == target
    (said,) = json.loads(bench("status --output-format json").out)["venvs"]
    assert (said["target"], said["differs"], said["problem"]) == (target, False, None)


def test_down_across_and_back(bench: Workbench) -> None:
    """The story of `sync`: each line is right, and a second sync finds nothing to do."""
    serve(
        bench.index,
        {
            "fast 1.0": {"tags": [NEW, OLD, WINDOWS, MACOS]},
            "color 1.0": {},
            "plain 1.0": {"requires": ["color; sys_platform == 'win32'"]},
            "same 1.0": {"tags": [OLD, WINDOWS, MACOS]},
        },
    )
    bench.write("fast", "plain", "same")
    bench.ok("sync")
    assert bench.installed() == {"fast": NEW, "plain": "py3-none-any", "same": OLD}
    check_settled(bench, 3, None)

    assert bench.ok(f"sync --for {LOW}").err == lines(
        f" ~ fast==1.0: manylinux_2_34_x86_64 does not fit {LOW}", "Replaced 1 package in [TIME]"
    )
    check_settled(bench, 3, LOW)

    assert bench.ok("sync --for windows --dry-run").err == lines(
        " + color==1.0: new",
        f" ~ fast==1.0: {OLD} does not fit windows",
        f" ~ same==1.0: {OLD} does not fit windows",
        "Would install 1, replace 2 packages",
    )
    check_settled(bench, 3, LOW)

    assert bench.ok("sync --for macos").err == lines(
        f" ~ fast==1.0: {OLD} does not fit macos",
        f" ~ same==1.0: {OLD} does not fit macos",
        "Replaced 2 packages in [TIME]",
    )
    check_settled(bench, 3, "macos")

    bench.ok(f"sync --for {LOW}")
    # On the way up what fits stays.
    assert bench.ok("sync --for native").err == settled(3)
    assert bench.installed()["fast"] == OLD
    check_settled(bench, 3, None)
    assert bench.ok("sync --exact-files").err == lines(
        f" ~ fast==1.0: a fresh environment gets fast-1.0-{NEW}.whl",
        "Replaced 1 package in [TIME]",
    )
    check_settled(bench, 3, None)


# -- the target stays


def test_the_setting_decides_where_nothing_else_does(bench: Workbench) -> None:
    serve(bench.index, {"fast 1.0": {"tags": [NEW, OLD]}})
    bench.write("fast", more=TWO.replace("targets =", 'default-target = "plc"\ntargets ='))
    bench.ok("sync")
    assert (record(bench)["target"], record(bench)["platform"]) == ("plc", LOW)
    assert bench.installed() == {"fast": OLD}
    bench.ok("sync --for native --exact-files")
    # A flag holds until another one, or until the setting changes.
    assert bench.ok("sync").err == settled(1)
    assert "target" not in record(bench)
    text = bench.pyproject.read_text()
    bench.pyproject.write_text(
        text.replace('default-target = "plc"', 'default-target = "ubuntu22"')
    )
    assert bench.ok("sync").err == lines(
        "note: the environment was for this machine and is for ubuntu22 now, as `default-target`"
        " says",
        "Nothing to do: 1 package is as locked",
    )
    bench.pyproject.write_text(text.replace('default-target = "plc"\n', ""))
    assert bench.ok("sync").err == lines(
        "note: the environment was for ubuntu22 and is for this machine now, as `default-target`"
        " is gone",
        "Nothing to do: 1 package is as locked",
    )


def test_the_variable_is_as_good_as_the_flag(bench: Workbench) -> None:
    serve(bench.index, {"fast 1.0": {"tags": [NEW, OLD]}})
    bench.write("fast", more=TWO)
    bench.ok("sync", WHEELRIGHT_TARGET="plc")
    assert bench.installed() == {"fast": OLD}
    assert bench.ok("sync").err == settled(1)
    assert record(bench)["target"] == "plc"
    bench.ok("sync --for ubuntu22", WHEELRIGHT_TARGET="plc")
    assert record(bench)["target"] == "ubuntu22"


def test_a_target_that_changed_is_followed_and_one_that_went_is_an_error(bench: Workbench) -> None:
    serve(bench.index, {"fast 1.0": {"tags": [NEW, OLD]}})
    bench.write("fast", more=TWO.replace("manylinux_2_17", "manylinux_2_34"))
    bench.ok("sync --for plc")
    assert bench.installed() == {"fast": NEW}
    bench.write("fast", more=TWO)
    assert " ~ fast==1.0: manylinux_2_34_x86_64 does not fit plc\n" in bench.ok("sync").err
    bench.write("fast")
    bench.ok("lock")
    for line in ("sync", "sync --check", "sync --dry-run"):
        answer = bench(line)
        assert (answer.code, answer.err) == (
            1,
            lines(
                "error: the environment is for the target `plc`, which is no longer declared",
                f"  it was made for {LOW}",
                f"hint: `--for {LOW}` keeps it as it is",
                "hint: `--for native` makes it for this machine",
            ),
        )
    assert bench.ok(f"sync --for {LOW}").err == settled(1)


def test_a_venv_of_another_kind_of_machine_is_not_overwritten(bench: Workbench) -> None:
    """As on a shared directory: it was made for an ARM machine, and this one is none."""
    serve(bench.index, {"plain 1.0": {}})
    bench.write("plain")
    bench.ok("sync")
    path = bench.venv / "wheelright.json"
    here = record(bench)["platform"]
    path.write_text(json.dumps({**record(bench), "platform": "aarch64-manylinux_2_31"}))
    answer = bench("sync")
    assert answer.code == 2
    said = answer.err.splitlines()
    assert said[:2] == [
        "error: the environment was made on another kind of machine, for that machine",
        "  it is for aarch64-manylinux_2_31 (glibc 2.31, aarch64)",
    ]
    assert said[2].startswith(f"  this machine is {here} (")
    assert said[3:] == [
        "hint: `--for native` makes it for this machine",
        "hint: `--for aarch64-manylinux_2_31` keeps it for the other one",
        'hint: `venv = "per-target"` in `[tool.wheelright]` keeps one for each',
    ]
    bench.ok("sync --for native")
    assert bench.ok("sync").err == settled(1)


def test_the_python_of_a_target_is_obeyed(bench: Workbench) -> None:
    serve(bench.index, {"plain 1.0": {}})
    bench.write("plain", more=PLC + 'python = "<3.9"\n', python=">=3.8")
    bench.ok("lock")
    answer = bench("sync --for pi", PATH=str(bench.root))
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the Python at `[PYTHON]` is CPython [VERSION], but `requires-python` is"
            " `<3.9,>=3.8`",
            "  Found: CPython [VERSION] at `[PYTHON]`",
            "hint: name another with `--python`, by its version or its path",
        ),
    )


# -- one venv for several


def test_one_venv_for_several_targets(bench: Workbench) -> None:
    serve(
        bench.index,
        {
            "fast 1.0": {"tags": [NEW, OLD]},
            "plain 1.0": {"requires": ["old; platform_machine == 'x86_64'"]},
            "old 1.0": {},
        },
    )
    bench.write("fast", "plain", more=TWO)
    bench.ok("sync --for ubuntu22,plc")
    assert bench.installed()["fast"] == OLD
    known = record(bench)
    assert (known["target"], known["platform"]) == ("plc,ubuntu22", LOW)
    assert known["targets"] == [
        {"name": "plc", "platform": LOW},
        {"name": "ubuntu22", "platform": "x86_64-manylinux_2_35"},
    ]
    check_settled(bench, 3, "plc,ubuntu22")


def test_what_does_not_fit_all_is_said_to_not_fit(bench: Workbench) -> None:
    """A file of the lock that only some of the targets take is known, and no stranger."""
    serve(bench.index, {"fast 1.0": {"tags": [NEW, OLD]}})
    bench.write("fast", more=TWO)
    bench.ok("sync")
    assert bench.installed() == {"fast": NEW}
    assert bench.ok("sync --for ubuntu22,plc").err == lines(
        " ~ fast==1.0: manylinux_2_34_x86_64 does not fit plc", "Replaced 1 package in [TIME]"
    )
    check_settled(bench, 1, "plc,ubuntu22")


@pytest.mark.parametrize("line", ["sync --for=", "sync --for ,", "check --for=", "build --for=,"])
def test_no_name_at_all_is_not_this_machine(line: str, bench: Workbench) -> None:
    """As where the variable of a script is empty."""
    bench.write("plain", more=PLC)
    answer = bench(line)
    assert (answer.code, answer.out, answer.err) == (2, "", "error: `--for` names no target\n")


def test_targets_that_cannot_share_a_file(bench: Workbench) -> None:
    serve(bench.index, {"fast 1.0": {"tags": [OLD, ARM]}, "plain 1.0": {}})
    bench.write("fast", "plain", more=PLC)
    answer = bench("sync --for plc,pi")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the locked `fast` 1.0 has no file that fits all of plc (glibc 2.17, x86_64) and"
            " pi (glibc 2.31, aarch64)",
            f"  `fast` 1.0: plc takes fast-1.0-{OLD}.whl; pi takes fast-1.0-{ARM}.whl",
            'hint: `venv = "per-target"` in `[tool.wheelright]` keeps a venv for each target',
        ),
    )
    assert not bench.venv.exists()
    bench.write("plain", more=PLC)
    bench.ok("sync --for plc,pi")
    check_settled(bench, 1, "plc,pi")


def test_targets_without_a_python_in_common(bench: Workbench) -> None:
    serve(bench.index, {"plain 1.0": {}})
    more = PLC.replace('_2_17"', '_2_17"\npython = "<3.10"') + 'python = ">=3.12"\n'
    bench.write("plain", more=more)
    answer = bench("sync --for plc,pi")
    assert answer.code == 1
    assert "error: the targets `plc` and `pi` have no Python in common\n" in answer.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "sync --for native,plc",
            "error: `native` cannot be asked for together with other targets\n",
        ),
        (
            "sync --for plx",
            "error: `plx` is neither a declared target nor the name of a platform\n",
        ),
    ],
)
def test_names_that_are_none(line: str, said: str, bench: Workbench) -> None:
    serve(bench.index, {"plain 1.0": {}})
    bench.write("plain", more=PLC)
    bench.ok("lock")
    answer = bench(line)
    assert answer.code in {1, 2}
    assert answer.err.startswith(said)
