"""What a machine takes, where that is known without reading the files of a release."""

from __future__ import annotations

import pytest

from wheelright.index.release import Release, Summary
from wheelright.targets import compatible_tags, parse_platform
from wheelright.workflows.fitness import FIT
from wheelright.workflows.judges import MachineJudge
from wheelright.workflows.policy import BuildPolicy


class Untouchable:
    """The files of a release that nobody may ask for."""

    def take(self, version: str, number: int, mark: int) -> bytes:
        raise AssertionError((version, number, mark))


def judge(policy: BuildPolicy, python: tuple[int, int] = (3, 12)) -> MachineJudge:
    tags = compatible_tags(parse_platform("x86_64-manylinux_2_28"), python)
    return MachineJudge(tags, policy, "Linux")


def release(*, pure: bool) -> Release:
    said = Summary(
        wheels=True, sdists=True, requires_python=None, yanked=False, uploads=None, pure=pure
    )
    return Release("1.0", None, "https://index.test/simple", Untouchable(), said, 1)


def test_a_wheel_for_any_python_fits_without_a_look_at_the_files() -> None:
    assert judge(BuildPolicy()).judge("kit", release(pure=True)) is FIT


@pytest.mark.parametrize("pure", [True, False])
def test_wheels_that_may_not_be_used_do_not_fit(pure: bool) -> None:
    policy = BuildPolicy(no_build=True, no_binary_packages=frozenset({"kit"}))

    assert judge(policy).judge("kit", release(pure=pure)).left_out == (
        "it has no wheel, and building it is off"
    )


def test_other_wheels_are_looked_at_when_the_search_asks() -> None:
    files = judge(BuildPolicy()).judge("kit", release(pure=False)).files

    assert files is not None
    with pytest.raises(AssertionError):
        assert files.hopeful
