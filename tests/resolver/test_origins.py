"""One project from several origins: each version where its origin is on offer, and told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.worlds import World, drive, roots, world
from wheelright.resolver import (
    Answer,
    Candidate,
    Dependencies,
    Entry,
    Listing,
    Need,
    NeedCandidates,
    Origin,
    Policy,
    Request,
    Resolution,
    ResolutionFailure,
    compare_markers,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINUX = Origin("1", ("sys_platform == 'linux'",), words="it is from `linux`")
ELSEWHERE = Origin("0", unless=LINUX.where, words="another source is named there")


class Several(World):
    """A world in which ``a`` has origins: versions by origin, with what each requires."""

    origins: Mapping[Origin, Mapping[str, Sequence[str]]]

    def answer(self, need: Need) -> Answer:
        if need.name != "a":
            return super().answer(need)
        if isinstance(need, NeedCandidates):
            found = [
                Candidate(version, origin=origin)
                for origin, versions in self.origins.items()
                for version in versions
            ]
            found.sort(key=lambda candidate: candidate.version, reverse=True)
            return Listing("a", tuple(found))
        self.asked.append(f"a {need.version}")
        version, _, label = need.version.partition("@")
        (versions,) = (v for origin, v in self.origins.items() if origin.label == label)
        return Dependencies(tuple(versions[version]))


def several(
    origins: Mapping[Origin, Mapping[str, Sequence[str]]],
    others: Mapping[str, Sequence[str]] | None = None,
) -> Several:
    facts = Several(world(others or {}).projects)
    facts.origins = origins
    return facts


def chosen(answer: Resolution) -> dict[str, str | None]:
    return {f"{p.name} {p.version} {p.origin}".strip(): p.markers[Entry()] for p in answer.packages}


def test_each_version_where_its_origin_is() -> None:
    facts = several({LINUX: {"1": ["b"], "2": ["b"]}, ELSEWHERE: {"1": [], "3": []}}, {"b 1": []})

    answer = drive(resolve(Request("app", roots("a"), ">=3.9")), facts)

    assert chosen(answer) == {
        "a 2 1": "sys_platform == 'linux'",
        "a 3 0": "sys_platform != 'linux'",
        "b 1": "sys_platform == 'linux'",
    }
    assert {one for one in facts.asked if one.startswith("a ")} == {"a 3@0", "a 2@1"}


def test_the_same_version_of_two_origins_is_two() -> None:
    facts = several({LINUX: {"1": ["b"]}, ELSEWHERE: {"1": []}}, {"b 1": []})

    answer = drive(resolve(Request("app", roots("a"), ">=3.9")), facts)

    assert chosen(answer) == {
        "a 1 0": "sys_platform != 'linux'",
        "a 1 1": "sys_platform == 'linux'",
        "b 1": "sys_platform == 'linux'",
    }


def test_where_it_is_not_reached_no_origin_is_needed() -> None:
    facts = several({LINUX: {"1": []}})

    answer = drive(resolve(Request("app", roots("a; sys_platform == 'linux'"), ">=3.9")), facts)
    assert chosen(answer) == {"a 1 1": "sys_platform == 'linux'"}

    with pytest.raises(ResolutionFailure) as failure:
        drive(resolve(Request("app", roots("a"), ">=3.9")), facts)
    reason = "`a` cannot be used (it is from `linux`) and `app` requires `a`"
    assert failure.value.details == (f"Because {reason}, the requirements of `app` cannot be met.",)
    assert failure.value.marker == "sys_platform != 'linux'"


def test_what_is_preferred_is_of_one_origin() -> None:
    facts = several({LINUX: {"1": [], "2": []}, ELSEWHERE: {"1": [], "2": []}})
    policy = Policy(locked={"a": (("1@1", LINUX.where[0]), ("2@0", None))})

    answer = drive(resolve(Request("app", roots("a"), ">=3.9", policy=policy)), facts)

    assert set(chosen(answer)) == {"a 1 1", "a 2 0"}


def test_origins_follow_the_sides_of_a_conflict() -> None:
    cpu, gpu = Entry("extra", "cpu"), Entry("extra", "gpu")
    facts = several(
        {
            Origin("1", ("'cpu' in extras",)): {"1": []},
            Origin("2", ("'gpu' in extras",)): {"2": []},
        }
    )
    request = Request(
        "app", roots("extra cpu: a", "extra gpu: a"), ">=3.9", conflicts=(((cpu,), (gpu,)),)
    )

    answer = drive(resolve(request), facts)

    assert {p.version: set(p.markers) for p in answer.packages} == {"1": {cpu}, "2": {gpu}}


@pytest.mark.parametrize(
    ("texts", "overlaps", "whole"),
    [
        (["sys_platform == 'linux'", "sys_platform != 'linux'"], (), True),
        (["sys_platform == 'linux'", "os_name == 'nt'"], (), False),
        (["sys_platform == 'linux'", "python_version >= '3.12'"], ((0, 1),), False),
        (["", "os_name == 'nt'"], ((0, 1),), True),
        (["'cpu' in extras", "'gpu' in extras"], (), False),
        (["'cpu' in extras", "'other' in extras"], ((0, 1),), True),
        (["python_version < '3.8'", "os_name == 'nt'"], (), False),
    ],
)
def test_markers_are_compared(
    texts: list[str], overlaps: tuple[tuple[int, int], ...], *, whole: bool
) -> None:
    cpu, gpu = Entry("extra", "cpu"), Entry("extra", "gpu")
    request = Request("app", (), ">=3.9", conflicts=(((cpu,), (gpu,)),))
    found = compare_markers(request, texts)
    assert (found.overlaps, found.whole) == (overlaps, whole)
