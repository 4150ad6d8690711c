"""Proving hand-made locks: every verdict, every reason, and what would help."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.locks import file, lock, package
from wheelright.lockfile import (
    Archive,
    InvalidLockError,
    LocalDirectory,
    Lock,
    LockedPackage,
    LockInputs,
    Vcs,
)
from wheelright.lockfile.model import LockedTarget
from wheelright.targets import compatible_tags, parse_platform, parse_wheel_name
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import DeclaredTarget
from wheelright.workflows.policy import BuildPolicy
from wheelright.workflows.proofs import Cell, TargetProof
from wheelright.workflows.proving import Rules, best_tag, prove, tag_floor

PLC = "x86_64-manylinux_2_17"
RULES = Rules(BuildPolicy())


def target(name: str = "plc", platform: str = PLC, *pythons: int) -> DeclaredTarget:
    minors = tuple((3, minor) for minor in pythons or (12,))
    return DeclaredTarget(name, parse_platform(platform), SpecifierSet(), minors)


def wheels(name: str, *tags: str, **fields: Any) -> LockedPackage:
    return package(name, wheels=tuple(file(f"{name}-1.0-{tag}.whl") for tag in tags), **fields)


def proved(
    *packages: LockedPackage,
    on: DeclaredTarget | None = None,
    rules: Rules = RULES,
    hard: bool = True,
    **fields: Any,
) -> TargetProof:
    return prove(lock(*packages, **fields), on or target(), rules, hard=hard)


def only(proof: TargetProof) -> Cell:
    (cell,) = proof.cells
    return cell


def sdist(name: str) -> Any:
    return file(f"{name}-1.0.tar.gz")


# -- what is served


def test_a_pure_wheel() -> None:
    cell = only(proved(package("a")))
    assert cell == Cell("a", "1.0", "3.12", "pure", "a-1.0-py3-none-any.whl", tag="py3-none-any")


def test_a_wheel_of_the_platform_tells_its_best_tag_and_its_lowest_floor() -> None:
    tag = "cp312-cp312-manylinux_2_12_x86_64.manylinux2014_x86_64"
    cell = only(proved(wheels("a", tag, "cp312-cp312-win_amd64")))
    assert (cell.verdict, cell.file) == ("wheel", f"a-1.0-{tag}.whl")
    assert (cell.tag, cell.floor) == ("cp312-cp312-manylinux2014_x86_64", "2.12")


def test_a_wheel_of_windows_has_no_floor() -> None:
    cell = only(proved(wheels("a", "cp37-abi3-win_amd64"), on=target("w", "windows")))
    assert (cell.verdict, cell.floor) == ("wheel", None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"wheels": (), "sdist": sdist("a")}, "it has only an sdist"),
        ({"directory": LocalDirectory("../a")}, "its source tree is in a directory"),
        ({"vcs": Vcs("git", "0" * 40)}, "its source tree is in version control"),
        ({"archive": Archive(sdist("a"))}, "it comes from one archive"),
        (
            {"wheels": (file("a-1.0-py2-none-any.whl"),), "sdist": sdist("a")},
            "its wheels are for Python 2",
        ),
    ],
)
def test_what_is_built_is_a_pass_and_says_why(fields: dict[str, Any], reason: str) -> None:
    proof = proved(package("a", **fields))
    assert (only(proof).verdict, only(proof).reason) == ("built", reason)
    assert not proof.failed


def test_wheels_that_may_not_be_used() -> None:
    rules = Rules(BuildPolicy(no_binary=True))
    cell = only(proved(package("a", wheels=(), sdist=sdist("a")), rules=rules))
    assert cell.verdict == "built"
    cell = only(proved(wheels("a", "py3-none-any", sdist=sdist("a")), rules=rules))
    assert (cell.verdict, cell.reason) == ("built", "its wheels may not be used")
    cell = only(proved(package("a"), rules=rules))
    assert (cell.verdict, cell.kind) == ("missing", "binary")
    assert cell.reason == "it has no sdist, and its wheels may not be used"
    assert cell.fixes == ("leave `no-binary` out",)


# -- what is missing

EXPLAIN = "`wheelright explain a --for plc` shows which versions have a wheel there"
ALLOW = '`allow-build = ["a"]` lets it be built for the target'


@pytest.mark.parametrize(
    ("tags", "kind", "reason", "fix"),
    [
        (
            ["cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_34_x86_64"],
            "floor",
            "its wheels need glibc 2.28 or newer, plc has 2.17, and it has no sdist",
            "raise the floor to `x86_64-manylinux_2_28`",
        ),
        (
            ["cp311-cp311-manylinux_2_17_x86_64"],
            "python",
            "its wheels are for Python 3.11, and it has no sdist",
            "bound `python` of `plc`, so that it does not have this Python",
        ),
        (
            ["cp312-cp312-win_amd64"],
            "platform",
            "its wheels are for Windows, and it has no sdist",
            "add a marker to the requirement, where the target does without it",
        ),
        (
            ["cp312-cp312-musllinux_1_2_x86_64"],
            "platform",
            "its wheels are for musl, and it has no sdist",
            "add a marker to the requirement, where the target does without it",
        ),
        (
            ["cp312-cp312t-manylinux_2_17_x86_64"],
            "abi",
            "its wheels need a free-threaded Python, and it has no sdist",
            EXPLAIN,
        ),
    ],
)
def test_no_wheel_fits(tags: list[str], kind: str, reason: str, fix: str) -> None:
    proof = proved(wheels("a", *tags))
    cell = only(proof)
    assert proof.failed
    assert (cell.verdict, cell.kind, cell.reason) == ("missing", kind, reason)
    assert cell.fixes[0] == EXPLAIN
    assert fix in cell.fixes
    assert ALLOW not in cell.fixes


def test_a_floor_on_macos_is_said_by_its_number() -> None:
    cell = only(
        proved(wheels("a", "cp312-cp312-macosx_14_0_arm64"), on=target("mac", "macos-12-arm64"))
    )
    assert cell.reason == "its wheels need macOS 14 or newer, mac has 12, and it has no sdist"
    assert cell.served_from == "macos-14-arm64"
    assert cell.nearest == "cp312-macosx_14_0_arm64"


def test_what_has_wheels_is_built_for_a_target_only_where_allowed() -> None:
    locked = wheels("a", "cp312-cp312-manylinux_2_28_x86_64", sdist=sdist("a"))
    cell = only(proved(locked))
    assert (cell.verdict, cell.kind) == ("missing", "floor")
    assert cell.reason == "its wheels need glibc 2.28 or newer, plc has 2.17"
    assert cell.fixes[-1] == ALLOW
    built = "its wheels need glibc 2.28 or newer, plc has 2.17"
    for rules in (Rules(BuildPolicy(), allow_build=frozenset({"a"})), Rules(BuildPolicy(), "any")):
        cell = only(proved(locked, rules=rules))
        assert (cell.verdict, cell.reason) == ("built", built)
    assert only(proved(locked, hard=False)).verdict == "built"


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (Rules(BuildPolicy(no_build=True)), "it has only an sdist, and building it is off"),
        (
            Rules(BuildPolicy(), "require"),
            'it has only an sdist, and `wheels = "require"` asks for wheels',
        ),
    ],
)
def test_an_sdist_that_may_not_be_built(rules: Rules, reason: str) -> None:
    cell = only(proved(package("a", wheels=(), sdist=sdist("a")), rules=rules))
    assert (cell.verdict, cell.kind, cell.reason, cell.fixes) == (
        "missing",
        "sdist",
        reason,
        (ALLOW,),
    )


def test_an_entry_that_needs_a_newer_python() -> None:
    proof = proved(package("a", requires_python=">=3.12"), on=target("plc", PLC, 11, 12))
    old, new = proof.cells
    assert (old.python, old.kind, old.reason) == (
        "3.11",
        "requires-python",
        "it needs Python >=3.12",
    )
    assert new.verdict == "pure"


def test_an_archive_from_one_place() -> None:
    there = Archive(file("a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"))
    cell = only(proved(package("a", archive=there)))
    assert cell.reason == "its wheels need glibc 2.28 or newer, plc has 2.17"
    assert cell.fixes == ("name the place of another wheel or of an sdist, or add a marker",)
    here = Archive(file("a-1.0-py3-none-any.whl"))
    assert only(proved(package("a", archive=here))).verdict == "pure"


# -- where an entry applies


def test_markers_decide_where_an_entry_counts() -> None:
    packages = (
        package("a", marker="sys_platform == 'win32'"),
        package("b", "1.0", marker="python_version < '3.12'"),
        package("b", "2.0", marker="python_version >= '3.12'"),
    )
    cells = proved(*packages, on=target("plc", PLC, 11, 12)).cells
    assert [(cell.package, cell.version, cell.python) for cell in cells] == [
        ("b", "1.0", "3.11"),
        ("b", "2.0", "3.12"),
    ]


def test_extras_and_groups_count_all_of_them_even_where_they_exclude_each_other() -> None:
    packages = (
        package("a", marker="'cpu' in extras"),
        package("b", marker="'dev' in dependency_groups"),
        package("c", "1.0", marker="'cpu' in extras and 'gpu' not in extras"),
        package("c", "2.0", marker="'gpu' in extras and 'cpu' not in extras"),
    )
    proof = proved(*packages, extras=("cpu", "gpu"), groups=("dev",))
    assert [f"{cell.package} {cell.version}" for cell in proof.cells] == [
        "a 1.0", "b 1.0", "c 1.0", "c 2.0",
    ]  # fmt: skip


def test_an_entry_that_is_needed_where_it_does_not_apply() -> None:
    packages = (
        package("a", requires=("b>=1 ; sys_platform == 'linux'", "c")),
        package("b", marker="sys_platform == 'win32'"),
    )
    proof = proved(*packages, inputs=LockInputs(project="app", requirements=("a",)))
    bad = proof.missing[0]
    assert (bad.package, bad.kind) == ("b", "marker")
    assert bad.reason == (
        "`a` 1.0 requires `b>=1 ; sys_platform == 'linux'`, and the lock has it only where"
        " `sys_platform == 'win32'`"
    )
    assert bad.fixes == ("lock again, with the target among `targets`",)
    # Overridden projects are taken as they are locked, and foreign locks tell no requirements.
    for text in ("b<1", "B", "a 1.0: six, b<1", "a: b @ https://example.org/b.zip"):
        inputs = LockInputs(project="app", requirements=("a",), overrides=(text,))
        assert not proved(*packages, inputs=inputs).missing, text
    assert not proved(*packages, inputs=None).missing


def test_what_asks_for_itself_and_in_circles_ends() -> None:
    packages = (package("a", requires=("b[x]",)), package("b", requires=("a", "c; extra == 'x'")))
    proof = proved(*packages, package("c"), inputs=LockInputs(project="app", requirements=("a",)))
    assert [cell.package for cell in proof.cells] == ["a", "b", "c"]


def test_a_python_that_the_lock_does_not_cover() -> None:
    on = target("plc", PLC, 11, 12)
    proof = proved(package("a"), on=on, requires_python=">=3.12")
    assert (proof.uncovered, proof.failed) == (("3.11",), True)
    proof = proved(package("a"), on=on, environments=("sys_platform == 'win32'",))
    assert (proof.uncovered, proof.cells) == (("3.11", "3.12"), ())
    assert not proved(package("a"), on=on, requires_python=">=3.12", hard=False).failed


def test_a_python_that_the_lock_says_it_leaves_out() -> None:
    on = target("plc", PLC, 12, 13)
    served = LockedTarget("plc", PLC, ("3.12",), ("3.13",))
    locked = wheels("a", "cp312-cp312-manylinux_2_17_x86_64")
    proof = proved(locked, on=on, targets=(served,))
    assert (proof.left_out, proof.pythons, proof.failed) == (("3.13",), ("3.12",), False)
    # What it says of another platform under the same name does not count.
    other = LockedTarget("plc", "x86_64-manylinux_2_28", ("3.12",), ("3.13",))
    assert proved(locked, on=on, targets=(other,)).failed


def test_micro_releases_that_markers_and_requires_python_name() -> None:
    packages = (
        package("a", marker="python_full_version < '3.12.4'"),
        package("b", marker="python_full_version >= '3.12.4'"),
    )
    assert [cell.package for cell in proved(*packages).cells] == ["a", "b"]
    # 3.12.0 is not admitted: 3.12.5 stands for the minor.
    proof = proved(*packages, requires_python=">=3.12.5")
    assert [cell.package for cell in proof.cells] == ["b"]
    assert proof.uncovered == ()


def test_one_floor_that_would_serve_all() -> None:
    first = wheels("a", "cp312-cp312-manylinux_2_28_x86_64")
    second = wheels("b", "cp312-cp312-manylinux_2_34_x86_64")
    served = "all of it is served by `x86_64-manylinux_2_34` in place of `x86_64-manylinux_2_17`"
    assert proved(first, second).hints == (served,)
    assert proved(first, wheels("c", "cp312-cp312-win_amd64")).hints == ()
    assert proved(package("a")).hints == ()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (package("a", marker="nonsense"), "`nonsense` in the lockfile is not a marker"),
        (package("a", requires_python="!"), "`!` in the lockfile is no specifier"),
        (
            package("a", wheels=(file("b-1.0-py3-none-any.whl"),)),
            "`b-1.0-py3-none-any.whl` is locked as a wheel of `a`, which it is not",
        ),
    ],
)
def test_broken_locks(broken: LockedPackage, message: str) -> None:
    with pytest.raises(InvalidLockError) as caught:
        proved(broken)
    assert caught.value.message == message


# -- tags


@pytest.mark.parametrize(
    ("tag", "floor"),
    [
        ("manylinux_2_28_x86_64", (2, 28)),
        ("manylinux2014_aarch64", (2, 17)),
        ("manylinux1_i686", (2, 5)),
        ("musllinux_1_1_x86_64", (1, 1)),
        ("macosx_10_9_universal2", (10, 9)),
        ("win_amd64", (0, 0)),
        ("any", (0, 0)),
    ],
)
def test_the_floor_of_a_tag(tag: str, floor: tuple[int, int]) -> None:
    assert tag_floor(tag) == floor


TAGS = st.sampled_from(
    [
        "cp312-cp312-manylinux_2_17_x86_64", "cp310-abi3-manylinux2014_x86_64", "py3-none-any",
        "cp312-cp312-manylinux_2_28_x86_64.manylinux_2_5_x86_64", "py2.py3-none-any",
        "cp311-cp311-win_amd64", "py3-none-manylinux_2_12_x86_64", "cp313-cp313-macosx_11_0_arm64",
        "cp312-none-any", "cp39.cp310-abi3-musllinux_1_2_x86_64", "cp312-abi3-win_amd64",
    ]
)  # fmt: skip


@given(TAGS, st.sampled_from([PLC, "windows", "musl", "macos"]), st.integers(9, 14))
def test_the_best_tag_is_the_one_that_ranks(tag: str, platform: str, minor: int) -> None:
    tags = compatible_tags(parse_platform(platform), (3, minor))
    wheel = parse_wheel_name(f"a-1.0-{tag}.whl")
    rank = tags.rank(wheel)
    best = best_tag(wheel, tags)
    assert best == (None if rank is None else tags.tags[rank])


def test_an_empty_lock() -> None:
    proof = prove(Lock(), target(), RULES, hard=True)
    assert (proof.cells, proof.failed) == ((), False)
