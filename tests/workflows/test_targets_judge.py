"""The judge of files for targets: late, by tag, and in an order that no machine decides."""

from __future__ import annotations

import pytest

from wheelright.index import ProjectPage
from wheelright.index.release import Release, Summary, pack_files
from wheelright.store import File
from wheelright.targets import parse_platform
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import DeclaredTarget
from wheelright.workflows.policy import BuildPolicy
from wheelright.workflows.targets_judge import TargetsJudge, minors_in_words, where

PLC = DeclaredTarget(
    "plc", parse_platform("x86_64-manylinux_2_17"), SpecifierSet(), ((3, 12), (3, 13))
)
MAC = DeclaredTarget("mac", parse_platform("macos-12-arm64"), SpecifierSet(), ((3, 13),))
OLD = "manylinux_2_17_x86_64.manylinux2014_x86_64"


def file(name: str) -> File:
    return File(name, f"https://index.test/{name}", {"sha256": "0"})


def release(version: str, *names: str) -> Release:
    return Release(version, tuple(map(file, names)), "https://index.test")


def judge(*releases: Release, **settings: object) -> TargetsJudge:
    page = ProjectPage("a", "https://index.test", None, releases)
    policy = settings.pop("policy", BuildPolicy())
    return TargetsJudge((PLC, MAC), policy, pages={"a": page}, **settings)  # type: ignore[arg-type]


def serves(one: TargetsJudge, which: Release) -> set[tuple[int, int]] | None:
    files = one.judge("a", which).files
    assert files is not None
    return None if files.serves is None else set(files.serves)


ALL = {(0, 12), (0, 13), (1, 13)}


@pytest.mark.parametrize(
    ("names", "cells"),
    [
        (["a-1-py3-none-any.whl"], ALL),
        ([f"a-1-cp312-cp312-{OLD}.whl"], {(0, 12)}),
        ([f"a-1-cp38-abi3-{OLD}.whl"], {(0, 12), (0, 13)}),
        (["a-1-cp313-cp313-macosx_11_0_arm64.whl"], {(1, 13)}),
        (["a-1-cp313-cp313-macosx_13_0_arm64.whl"], set()),
        (["a-1-cp313-cp313t-macosx_11_0_arm64.whl"], set()),
        ([f"a-1-cp38-abi3-{OLD}.whl", "a-1-cp313-none-macosx_10_9_universal2.whl"], ALL),
        (["a-1-cp313-cp313-macosx_13_0_arm64.whl", "a-1.tar.gz"], set()),
        (["a-1-py2-none-any.whl", "a-1.tar.gz"], ALL),
        (["a-1.tar.gz"], ALL),
        (["a_-1-py3-none-any.whl", "a-1-py3-none.whl", f"a-1-cp312-cp312-{OLD}.whl"], {(0, 12)}),
    ],
)
def test_what_files_serve(names: list[str], cells: set[tuple[int, int]]) -> None:
    one = release("1", *names)
    found = serves(judge(one), one)
    assert (ALL if found is None else found) == cells


def test_files_are_not_read_before_they_are_asked_about() -> None:
    class Kept:
        def take(self, version: str, number: int, mark: int) -> bytes:
            assert (version, number, mark) == ("1", 2, 3)
            return pack_files((file("a-1-py3-none-any.whl"),))

    summary = Summary(wheels=True, sdists=False, requires_python=None, yanked=False, uploads=None)
    one = Release("1", None, "https://index.test", Kept(), summary, 3, 2)
    fitness = judge(one).judge("a", one)
    assert one.packed is not None
    assert fitness.files is not None
    assert fitness.files.serves is None
    assert one.packed is None


def test_what_may_not_be_used_is_left_out() -> None:
    one = release("1", "a-1.tar.gz")
    fitness = judge(one, policy=BuildPolicy(no_build=True)).judge("a", one)
    assert fitness.left_out == "it has no wheel, and building it is off"


def test_an_old_sdist_counts_only_where_no_newer_version_has_wheels() -> None:
    new, pre = release("3", "a-3.tar.gz"), release("2rc1", f"a-2rc1-cp312-cp312-{OLD}.whl")
    old = release("1", "a-1.tar.gz")
    assert serves(judge(new, pre, old), old) is None  # a pre-release is no promise
    wheels = release("2", f"a-2-cp312-cp312-{OLD}.whl", "a-2.tar.gz")
    one = judge(new, wheels, old)
    assert (serves(one, new), serves(one, wheels), serves(one, old)) == (None, {(0, 12)}, set())


def test_metadata_is_asked_of_what_serves_first() -> None:
    one = release(
        "1",
        "a-1-cp312-cp312-musllinux_1_2_x86_64.whl",
        "a-1-cp312-cp312-win_amd64.whl",
        f"a-1-cp312-cp312-{OLD}.whl",
        "a-1-cp313-cp313-macosx_11_0_arm64.whl",
        "a-1.tar.gz",
    )
    order = [file.name.rpartition("-")[2] for file in judge(one).order(one)]
    assert order == [
        f"{OLD}.whl",
        "macosx_11_0_arm64.whl",
        "musllinux_1_2_x86_64.whl",
        "win_amd64.whl",
        "1.tar.gz",
    ]


def test_words() -> None:
    targets = (PLC, MAC)
    assert where(targets, ALL) == "plc and mac"
    assert where(targets, {(0, 13)}) == "plc on Python 3.13"
    assert where(targets, {(0, 13)}, {(0, 13), (1, 13)}) == "plc"
    assert where(targets, {(1, 13)}, words=True) == "mac (macOS 12, arm64)"
    assert [minors_in_words(run) for run in ([9], [9, 10], [9, 10, 11], [9, 11, 12])] == [
        "3.9",
        "3.9 and 3.10",
        "3.9 to 3.11",
        "3.9, 3.11 and 3.12",
    ]
