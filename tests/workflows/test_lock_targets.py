"""Locking for declared targets: wheels decide, and whatever is not served is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.wheels import make_wheel
from support.workbench import lines, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.local_index import LocalIndex
    from support.workbench import Workbench

    MakeIndex = Callable[..., LocalIndex]

PLC = 'targets = { plc = { platform = "x86_64-manylinux_2_17" } }'
THREE = """
targets = ["plc", "aarch64-musllinux_1_2", "macos-12-arm64"]
target = { plc = { platform = "x86_64-manylinux_2_17" } }
"""


def wheels(minors: str, *platforms: str) -> list[str]:
    """Return the tags of one wheel per Python and platform: ``wheels("11 12", "win_amd64")``."""
    return [f"cp3{m}-cp3{m}-{platform}" for m in minors.split() for platform in platforms]


OLD, NEW = "manylinux_2_17_x86_64", "manylinux_2_28_x86_64"
MUSL, MAC = "musllinux_1_2_aarch64", "macosx_11_0_arm64"
#: `zmq` needs a newer glibc since 27; `lib` wants it; `pure` fits everywhere.
WORLD: dict[str, dict[str, Any]] = {
    "zmq 27.1": {"tags": wheels("11 12 13 14", NEW, MUSL, MAC), "sdist": True},
    "zmq 27.0": {"tags": wheels("11 12 13 14", NEW, MUSL, MAC), "sdist": True},
    "zmq 26.4": {"tags": wheels("10 11 12 13", OLD, NEW, MUSL, MAC), "sdist": True},
    "zmq 1.0": {"tags": [], "sdist": True},
    "lib 2.0": {"requires": ["zmq>=20"]},
    "lib 1.0": {"requires": []},
    "pure 1.0": {},
}


def declare(
    bench: Workbench, *requirements: str, targets: str = PLC, python: str = ">=3.11"
) -> None:
    """Serve the world, and write a project that declares targets."""
    serve(bench.index, WORLD)
    bench.write(*requirements, more=f"\n[tool.wheelright]\n{targets}\n", python=python)


def test_what_does_not_fit_is_passed_over(bench: Workbench) -> None:
    declare(bench, "lib", python=">=3.11,<3.14")
    assert bench.ok("lock").err == lines(
        "note: zmq 27.1 passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"
        " 26.4 serves all targets",
        "Locked 2 packages in [TIME]",
    )
    assert bench.locked() == {"lib": "2.0", "zmq": "26.4"}
    lock = bench.lock()
    assert lock.environments == (
        (
            "sys_platform == 'linux' and platform_machine == 'x86_64'"
            " and implementation_name == 'cpython'"
        ),
    )
    assert lock.requires_python == ">=3.11,<3.14"
    assert [(one.name, one.pythons, one.left_out) for one in lock.targets] == [
        ("plc", ("3.11", "3.12", "3.13"), ())
    ]


def test_pythons_that_nothing_serves_are_left_out(bench: Workbench) -> None:
    declare(bench, "lib")
    assert bench.ok("lock").err == lines(
        "note: zmq 27.1 passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"
        " 26.4 serves all targets",
        "note: plc: Python 3.14 is left out: no version of zmq serves it (26.4: its wheels are for"
        ' Python 3.11 to 3.13); say `python = ">=3.11"` for plc to insist',
        "Locked 2 packages in [TIME]",
    )
    assert bench.locked() == {"lib": "2.0", "zmq": "26.4"}
    assert bench.lock().requires_python == ">=3.11,<3.14"
    assert bench.lock().targets[0].left_out == ("3.14",)


def test_notes_are_in_the_document(bench: Workbench) -> None:
    declare(bench, "lib", python=">=3.11,<3.14")
    notes = json.loads(bench.ok("lock --output-format json").out)["notes"]
    assert notes == [
        (
            "zmq 27.1 passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"
            " 26.4 serves all targets"
        )
    ]


def test_a_python_that_a_target_names_is_a_promise(bench: Workbench) -> None:
    target = 'targets.plc = { platform = "x86_64-manylinux_2_17", python = ">=3.12" }'
    declare(bench, "zmq", targets=target)
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app` for plc on Python 3.14",
            "  Because all versions of `zmq` cannot be used (no file fits) and `app` requires"
            " `zmq`, the requirements of `app` cannot be met.",
            "  no version of `zmq` serves plc (glibc 2.17, x86_64) on Python 3.14: its wheels need"
            " glibc 2.28 or newer, plc has 2.17 (nearest wheel: cp314-manylinux_2_28_x86_64)",
            "hint: raise the floor of `plc` to `x86_64-manylinux_2_28`, which `zmq` 27.1 serves",
            "hint: `--allow-build zmq` lets it be built for plc on Python 3.14",
            'hint: leave Python 3.14 out: `python = ">=3.12,<3.14"` for plc',
        ),
    )
    assert not bench.lockfile.exists()


def test_a_project_that_ends_its_pythons_promises_them_too(bench: Workbench) -> None:
    declare(bench, "zmq", python=">=3.11,<3.15")
    assert bench("lock").code == 1


def test_nothing_fits_at_any_version(bench: Workbench) -> None:
    declare(bench, "zmq>=27")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app` for plc",
            "  Because `zmq>=27.0` cannot be used (no file fits) and `app` requires `zmq>=27`, the"
            " requirements of `app` cannot be met.",
            "  `zmq` 27.1 does not serve plc (glibc 2.17, x86_64): its wheels need glibc 2.28 or"
            " newer, plc has 2.17 (nearest wheel: cp311-manylinux_2_28_x86_64)",
            "hint: `zmq` 26.4 serves plc on Python 3.11 to 3.13: ask for `zmq<=26.4`",
            "hint: raise the floor of `plc` to `x86_64-manylinux_2_28`, which `zmq` 27.1 serves",
            "hint: `--allow-build zmq` lets it be built for plc",
        ),
    )


def test_three_targets_share_versions_where_they_can(bench: Workbench) -> None:
    declare(bench, "lib", "pure", targets=THREE)
    assert bench.ok("lock").err == lines(
        "note: zmq 27.1 passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"
        " 26.4 serves plc",
        "note: plc: Python 3.14 is left out: no version of zmq serves it (26.4: its wheels are for"
        ' Python 3.11 to 3.13); say `python = ">=3.11"` for plc to insist',
        "Locked 4 packages in [TIME]",
    )
    lock = bench.lock()
    assert [(one.version, one.marker) for one in lock.by_name["zmq"]] == [
        ("26.4", "python_version < '3.14'"),
        ("27.1", "python_version >= '3.14'"),
    ]
    assert lock.environments == (
        (
            "python_version < '3.14' and sys_platform == 'linux' and platform_machine == 'x86_64'"
            " and implementation_name == 'cpython'"
        ),
        (
            "sys_platform == 'darwin' and platform_machine == 'arm64'"
            " and implementation_name == 'cpython'"
        ),
        (
            "sys_platform == 'linux' and platform_machine == 'aarch64'"
            " and implementation_name == 'cpython'"
        ),
    )
    assert lock.requires_python == ">=3.11,<3.15"


def test_a_package_for_one_target_is_asked_about_that_one(bench: Workbench) -> None:
    declare(bench, "zmq; sys_platform == 'darwin'", targets=THREE)
    assert bench.ok("lock").err == "Locked 1 package in [TIME]\n"
    assert bench.locked() == {"zmq": "27.1"}


@pytest.mark.parametrize(
    "others",
    [("x86_64-manylinux_2_28",), ("x86_64-musllinux_1_2",)],
    ids=["two floors", "glibc and musl"],
)
def test_targets_that_no_marker_tells_apart(others: tuple[str, ...], bench: Workbench) -> None:
    """They share one version, and it has files for each."""
    serve(
        bench.index,
        {
            "both 3": {"tags": wheels("12", NEW, "musllinux_1_2_x86_64")},
            "both 2": {"tags": wheels("12", OLD, "musllinux_1_2_x86_64")},
            "both 1": {"tags": wheels("12", OLD)},
        },
    )
    names = ", ".join(f'"{name}"' for name in ("x86_64-manylinux_2_17", *others))
    declare(bench, "both", targets=f"targets = [{names}]", python="==3.12.*")
    assert bench.ok("lock").err == lines(
        "note: both 3 passed over: its wheels need glibc 2.28 or newer, x86_64-manylinux_2_17 has"
        " 2.17; 2 serves all targets",
        "Locked 1 package in [TIME]",
    )
    (both,) = bench.lock().packages
    assert (both.version, both.marker, len(both.wheels)) == ("2", None, 2)
    assert len(bench.lock().environments) == 1


def test_what_nothing_serves_for_both_is_a_conflict(bench: Workbench) -> None:
    serve(
        bench.index,
        {
            "both 2": {"tags": wheels("12", "musllinux_1_2_x86_64")},
            "both 1": {"tags": wheels("12", OLD)},
        },
    )
    names = 'targets = ["x86_64-manylinux_2_17", "x86_64-musllinux_1_2"]'
    declare(bench, "both", targets=names, python="==3.12.*")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app` for x86_64-manylinux_2_17 and"
            " x86_64-musllinux_1_2",
            "  Because all versions of `both` cannot be used (no file fits) and `app` requires"
            " `both`, the requirements of `app` cannot be met.",
            "  `both` 2 does not serve x86_64-manylinux_2_17 (glibc 2.17, x86_64): its wheels are"
            " for musl, not for x86_64-manylinux_2_17 (glibc 2.17, x86_64) (nearest wheel:"
            " cp312-musllinux_1_2_x86_64)",
            "hint: no marker tells x86_64-manylinux_2_17 from x86_64-musllinux_1_2, so that they"
            " share versions: lock them in projects of their own",
        ),
    )


def test_each_python_gets_the_newest_version_that_serves_it(bench: Workbench) -> None:
    serve(
        bench.index,
        {
            "two 2": {"tags": wheels("12 13", OLD)},
            "two 1": {"tags": wheels("11 12", OLD)},
        },
    )
    declare(bench, "two", python=">=3.11,<3.14")
    assert bench.ok("lock").err == lines(
        "note: two 2 passed over: its wheels are for Python 3.12 and 3.13; 1 serves plc on Python"
        " 3.11",
        "Locked 2 packages in [TIME]",
    )
    assert [(one.version, one.marker) for one in bench.lock().packages] == [
        ("1", "python_version < '3.12'"),
        ("2", "python_version >= '3.12'"),
    ]


def test_sdists_are_built_and_said_to_be(bench: Workbench) -> None:
    serve(bench.index, {"old 1.0": {"tags": [], "sdist": True}})
    declare(bench, "old", "zmq; sys_platform == 'darwin'", targets=THREE)
    assert bench.ok("lock").err == lines(
        "note: old 1.0 will be built for all targets: it has only an sdist",
        "Locked 2 packages in [TIME]",
    )
    bench.write("old; sys_platform == 'darwin'", more=f"[tool.wheelright]{THREE}", python=">=3.11")
    assert bench.ok("lock").err == lines(
        "note: old 1.0 will be built for macos-12-arm64: it has only an sdist",
        " - zmq==27.1",
        "Locked 1 package in [TIME]",
    )


@pytest.mark.parametrize(
    ("mode", "version", "note"),
    [
        ("require", "26.4", " passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"),
        ("prefer", "26.4", " passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"),
        ("any", "27.1", " will be built for all targets: its wheels need glibc 2.28 or newer,"),
    ],
)
def test_modes(mode: str, version: str, note: str, bench: Workbench) -> None:
    declare(bench, "zmq", python=">=3.11,<3.14")
    assert f"note: zmq 27.1{note}" in bench.ok(f"lock --wheels {mode}").err
    assert bench.locked() == {"zmq": version}
    declare(bench, "zmq", targets=f'{PLC}\nwheels = "{mode}"', python=">=3.11,<3.14")
    assert bench.ok("lock -U").code == 0
    assert bench.locked() == {"zmq": version}


def test_only_wheels_are_required_of_what_has_none(bench: Workbench) -> None:
    serve(bench.index, {"old 1.0": {"tags": [], "sdist": True}})
    declare(bench, "old", targets=f'{PLC}\nwheels = "require"')
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app` for plc",
            "  Because `old` cannot be used (no file fits) and `app` requires `old`, the"
            " requirements of `app` cannot be met.",
            "  no version of `old` serves plc (glibc 2.17, x86_64): it has only an sdist",
            "hint: require `old` by a marker that leaves plc out, or drop the target",
            "hint: `--allow-build old` lets it be built for plc",
        ),
    )
    assert bench("lock --allow-build old").code == 0


def test_allowed_builds_stand_in_where_nothing_else_serves(bench: Workbench) -> None:
    declare(bench, "zmq>=27", python=">=3.11,<3.14")
    assert bench.ok("lock --allow-build zmq").err == lines(
        "note: zmq 27.1 will be built for all targets: its wheels need glibc 2.28 or newer, plc"
        " has 2.17",
        "Locked 1 package in [TIME]",
    )
    declare(bench, "zmq", targets=f'{PLC}\nallow-build = ["zmq"]', python=">=3.11,<3.14")
    bench.ok("lock -U")
    assert bench.locked() == {"zmq": "26.4"}  # a wheel is better than a build


def test_an_allowed_build_serves_the_python_that_no_wheel_is_for(bench: Workbench) -> None:
    declare(bench, "zmq", targets=f'{PLC}\nallow-build = ["zmq"]')
    assert bench.ok("lock").err == lines(
        "note: zmq 27.1 passed over: its wheels need glibc 2.28 or newer, plc has 2.17;"
        " 26.4 serves plc on Python 3.11 to 3.13",
        "note: zmq 27.1 will be built for plc on Python 3.14: its wheels need glibc 2.28 or newer,"
        " plc has 2.17",
        "Locked 2 packages in [TIME]",
    )


def test_an_old_release_without_wheels_is_no_way_out(bench: Workbench) -> None:
    """Else a package without a wheel for a machine would become its oldest sdist."""
    declare(bench, "zmq", targets='targets = ["armv7l-manylinux_2_17"]')
    assert bench("lock").code == 1
    declare(bench, "zmq==1.0", targets='targets = ["armv7l-manylinux_2_17"]')
    assert bench("lock").code == 1
    assert bench("lock --allow-build zmq").code == 0


def test_versions_that_are_locked_stay_while_they_serve(bench: Workbench) -> None:
    declare(bench, "zmq", targets='targets = ["macos-12-arm64"]', python=">=3.11,<3.14")
    bench.ok("lock")
    assert bench.locked() == {"zmq": "27.1"}
    declare(bench, "zmq", "pure", targets='targets = ["macos-13-arm64"]', python=">=3.11,<3.14")
    serve(bench.index, {"zmq 28": {"tags": wheels("11 12 13", MAC)}})
    bench.ok("lock --refresh")
    assert bench.locked() == {"pure": "1.0", "zmq": "27.1"}
    declare(bench, "zmq", "pure", python=">=3.11,<3.14")
    bench.ok("lock")
    assert bench.locked() == {"pure": "1.0", "zmq": "26.4"}  # it does not serve plc


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("", PLC, "target `plc` was set to `x86_64-manylinux_2_17`"),
        (PLC, "", "target `plc` is no longer set (it was `x86_64-manylinux_2_17`)"),
        (
            PLC,
            PLC.replace("2_17", "2_28"),
            "target `plc` changed from `x86_64-manylinux_2_17` to `x86_64-manylinux_2_28`",
        ),
        (
            PLC,
            'targets.plc = { platform = "x86_64-manylinux_2_17", python = ">=3.12" }',
            (
                "target `plc` changed from `x86_64-manylinux_2_17` to"
                " `x86_64-manylinux_2_17, Python >=3.12`"
            ),
        ),
        (PLC, f'{PLC}\nwheels = "any"', "setting `wheels` was set to `any`"),
        (PLC, f'{PLC}\nallow-build = ["a"]', "setting `allow-build` was set to `a`"),
    ],
)
def test_targets_are_inputs(before: str, after: str, reason: str, bench: Workbench) -> None:
    declare(bench, "pure", targets=before)
    bench.ok("lock")
    declare(bench, "pure", targets=after)
    answer = bench("lock --check")
    assert (answer.code, answer.err) == (1, f"The lock is not current: {reason}\n")


def test_a_target_file_is_an_input_too(bench: Workbench) -> None:
    def describe(release: str) -> None:
        described = {
            "schema": 1,
            "platform": "x86_64-manylinux_2_17",
            "values": {"platform_release": release, "sys_platform": "linux"},
        }
        (bench.project / "plc.json").write_text(json.dumps(described))

    describe("4.4")
    declare(bench, "pure; platform_release == '4.4'", targets='targets.plc.file = "plc.json"')
    bench.ok("lock")
    assert bench.locked() == {"pure": "1.0"}
    assert bench("lock --check").code == 0
    describe("5.10")
    assert bench("lock --check").err == (
        "The lock is not current: target `plc` changed from `x86_64-manylinux_2_17,"
        " platform_release 4.4` to `x86_64-manylinux_2_17, platform_release 5.10`\n"
    )
    bench.ok("lock")
    assert bench.locked() == {}


def test_lock_for_a_target(bench: Workbench) -> None:
    declare(bench, "pure")
    assert bench("lock --for plc").code == 0
    answer = bench("lock --for plk")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the target `plk` is not declared, so the lock does not serve it",
            "  the project declares `plc`",
            "hint: did you mean `plc`?",
            "hint: `wheelright target add plk` declares it",
        ),
    )
    assert (
        "hint: `wheelright target add NAME --here` declares it\n" in bench("lock --for native").err
    )


def test_tree_and_export_for_a_target(bench: Workbench) -> None:
    declare(bench, "zmq", "pure; sys_platform == 'darwin'", targets=THREE)
    bench.ok("lock")
    assert bench.ok("tree --for plc").out == lines("app 0.1.0", "`-- zmq 26.4")
    tree = lines("app 0.1.0", "|-- pure 1.0", "`-- zmq 27.1")
    assert bench.ok("tree --for macos-12-arm64 --python-version 3.14").out == tree
    assert bench.ok("tree", WHEELRIGHT_TARGET="plc").out == lines("app 0.1.0", "`-- zmq 26.4")
    exported = bench.ok("export --for plc --no-header --no-emit-project --no-annotate").out
    assert exported.count("--hash") == 3  # one wheel per Python that is served
    assert exported.startswith("zmq==26.4 \\\n")
    said = bench.ok("export --no-emit-project --no-annotate", WHEELRIGHT_TARGET="plc").out
    head = "# Written by Wheelright with this command:\n"
    command = "#    wheelright export --for plc --no-annotate --no-emit-project\n"
    assert said == head + command + exported
    answer = bench("tree --for plc,macos-12-arm64")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: a tree is of one target",
            "  in --for plc,macos-12-arm64",
            "hint: name one of them, or show all environments with `--universal`",
        ),
    )


def test_the_lock_is_the_same_whatever_machine_writes_it(bench: Workbench) -> None:
    """It is written again to the byte, and read back as it is."""
    declare(bench, "lib", "pure", targets=THREE)
    bench.ok("lock")
    text = bench.lockfile.read_text()
    bench.ok("lock -U")
    assert bench.lockfile.read_text() == text
    assert '[tool.wheelright.served.plc]\nplatform = "x86_64-manylinux_2_17"\n' in text


def test_a_mirror_without_foreign_files(bench: Workbench, make_index: MakeIndex) -> None:
    """Metadata is asked of files that serve the targets; what others need is not touched."""
    mirror = make_index(metadata=False)
    serve(mirror, {"zmq 26.4": {"tags": wheels("11 12 13", OLD, MAC, MUSL), "requires": ["pure"]}})
    serve(mirror, {"pure 1.0": {}})
    mirror.fault("*macosx*", "404")
    mirror.fault("*musllinux*", "403")
    declare(bench, "zmq", python=">=3.11,<3.14")
    bench.ok("lock", WHEELRIGHT_DEFAULT_INDEX=mirror.url)
    assert bench.locked() == {"pure": "1.0", "zmq": "26.4"}
    asked = {one.path.rpartition("/")[2] for one in mirror.log if one.path.endswith(".whl")}
    assert all("manylinux" in name or "any" in name for name in asked)


def test_a_wheel_that_is_named_by_its_address(bench: Workbench) -> None:
    name, data = make_wheel("direct", "1.0", tag="cp312-cp312-manylinux_2_28_x86_64")
    (bench.project / name).write_bytes(data)
    requirement = f"direct @ {(bench.project / name).as_uri()}"
    declare(bench, requirement, targets=THREE, python="==3.12.*")
    answer = bench("lock")
    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: the wheel of `direct` does not fit plc (glibc 2.17, x86_64),"
            " aarch64-musllinux_1_2 (musl 1.2, aarch64) and macos-12-arm64 (macOS 12, arm64)",
            "  while locking `app`",
            f"  in file://[PROJECT]/{name}",
            "hint: name the place of another wheel or of an sdist, or add a marker",
        ),
    )
    declare(bench, requirement, targets=PLC.replace("2_17", "2_28"), python="==3.12.*")
    bench.ok("lock")


def test_environments_limit_targets(bench: Workbench) -> None:
    both = f"{PLC}\nenvironments = [\"python_version < '3.13'\"]"
    declare(bench, "zmq", targets=both)
    bench.ok("lock")
    lock = bench.lock()
    assert lock.targets[0].pythons == ("3.11", "3.12")
    assert (lock.requires_python, len(lock.environments)) == (">=3.11,<3.13", 1)


def test_served_targets_are_in_the_document(bench: Workbench) -> None:
    declare(bench, "zmq")
    assert json.loads(bench.ok("lock --output-format json").out)["targets"] == [
        {
            "name": "plc",
            "platform": "x86_64-manylinux_2_17",
            "pythons": ["3.11", "3.12", "3.13"],
            "left_out": ["3.14"],
        }
    ]
