"""Laws of locking for targets, on random worlds with files, against ``packaging`` and brute force.

What the judge believes of files is held to tags that ``packaging`` makes, and what the resolver
chooses to trying every version for every target and Python.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags, parse_tag
from packaging.version import Version

from wheelright.index import ProjectPage
from wheelright.index.release import Release
from wheelright.resolver import (
    Candidate,
    Dependencies,
    Listing,
    NeedCandidates,
    Request,
    Resolution,
    ResolutionFailure,
    RootRequirement,
)
from wheelright.store import File
from wheelright.targets import parse_platform
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import DeclaredTarget
from wheelright.workflows.policy import BuildPolicy
from wheelright.workflows.targeting import points_of, resolve_for_targets
from wheelright.workflows.targets_judge import TargetsJudge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from wheelright.resolver import Answer, Need

WORLDS = int(os.environ.get("WORLDS", "150"))
MINORS = (11, 12, 13)
PLATFORMS = (
    "x86_64-manylinux_2_17",
    "x86_64-manylinux_2_28",
    "x86_64-musllinux_1_2",
    "aarch64-manylinux_2_28",
    "macos-12-arm64",
)
WHEEL_PLATFORMS = (
    "manylinux_2_17_x86_64",
    "manylinux_2_28_x86_64.manylinux_2_24_x86_64",
    "musllinux_1_2_x86_64",
    "manylinux_2_28_aarch64",
    "macosx_11_0_arm64",
    "macosx_13_0_universal2",
    "win_amd64",
)
TAGS = [
    "py3-none-any",
    "cp312-none-any",
    *(
        f"{python}-{platform}"
        for python in ("cp311-abi3", "py3-none")
        for platform in WHEEL_PLATFORMS
    ),
    *(f"cp3{m}-cp3{m}-{platform}" for m in MINORS for platform in WHEEL_PLATFORMS),
]
#: Releases by project and version: the tags of wheels (``sdist`` stands for one), requirements.
Releases = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
World = dict[str, Releases]


@cache
def accepted(platform: str, minor: int) -> frozenset[str]:
    """Return the tags that ``packaging`` accepts, for the platforms that this test knows."""
    system, tags = parse_platform(platform), []
    if system.os == "macos":
        for major in range((system.floor or (0, 0))[0], 10, -1):
            tags += [f"macosx_{major}_0_arm64", f"macosx_{major}_0_universal2"]
    else:
        _, newest = system.floor or (0, 0)
        family = "manylinux_2" if system.libc == "glibc" else "musllinux_1"
        tags = [f"{family}_{older}_{system.arch}" for older in range(newest + 1)]
    python = (3, minor)
    return frozenset(
        str(tag)
        for tag in (
            *cpython_tags(python, [f"cp3{minor}"], tags),
            *compatible_tags(python, f"cp3{minor}", tags),
        )
    )


def has_wheel(tags: Iterable[str], platform: str, minor: int) -> bool:
    """Whether one of the wheels fits."""
    known = accepted(platform, minor)
    return any(str(one) in known for tag in tags if tag != "sdist" for one in parse_tag(tag))


def answers(
    world: World, targets: Sequence[DeclaredTarget], allow_build: Iterable[str] = ()
) -> Resolution:
    """Resolve all projects ``a``, with a judge that reads the files of the world."""
    pages = {name: page_of(name, releases) for name, releases in world.items()}
    judge = TargetsJudge(targets, BuildPolicy(), allow_build=allow_build, pages=pages)
    points = points_of(targets, ">=3.11", ())
    request = Request(
        "app",
        (RootRequirement("a"),),
        requires_python=">=3.11",
        points=points.points,
        point_pythons=points.pythons,
        point_optional=points.optional,
    )
    asked: Generator[Need, Answer, Resolution] = resolve_for_targets(request, judge)
    answer: Answer | None = None
    while True:
        try:
            need = asked.send(answer)  # type: ignore[arg-type]
        except StopIteration as stop:
            resolution: Resolution = stop.value
            return resolution
        if isinstance(need, NeedCandidates):
            found = []
            for release in pages[need.name].releases:
                fitness = judge.judge(need.name, release)
                if fitness.left_out is None:
                    found.append(
                        Candidate(release.version, files=fitness.files, reluctant=fitness.reluctant)
                    )
            answer = Listing(need.name, tuple(found))
        else:
            answer = Dependencies(world[need.name][need.version][1])


def page_of(
    name: str, releases: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> ProjectPage:
    """Return what an index says of a project."""
    found = []
    for version in sorted(releases, key=Version, reverse=True):
        names = [
            f"{name}-{version}.tar.gz" if tag == "sdist" else f"{name}-{version}-{tag}.whl"
            for tag in releases[version][0]
        ]
        files = tuple(File(one, f"https://index.test/{one}", {"sha256": "0"}) for one in names)
        found.append(Release(version, files, "https://index.test"))
    return ProjectPage(name, "https://index.test", None, tuple(found))


def target_of(platform: str, *, promised: bool) -> DeclaredTarget:
    """Return a target that runs the Pythons of this test."""
    return DeclaredTarget(
        platform,
        parse_platform(platform),
        SpecifierSet(">=3.11,<3.14"),
        tuple((3, minor) for minor in MINORS),
        promised=promised,
    )


@st.composite
def worlds(draw: st.DrawFn, names: str = "abc") -> World:
    """Draw a world: ``a`` may need the others, and no one needs what comes before it."""
    world: World = {}
    for number, name in enumerate(names):
        releases = {}
        for version in range(1, draw(st.integers(2, 4))):
            tags = draw(st.lists(st.sampled_from(["sdist", *TAGS]), min_size=1, max_size=9))
            needs = draw(st.lists(st.sampled_from(names[number + 1 :] or "-"), max_size=2))
            lines = [
                f"{other}{draw(st.sampled_from(['', '>=2', '<2', '; python_version<`3.12`']))}"
                for other in dict.fromkeys(needs)
                if other != "-"
            ]
            quoted = tuple(line.replace("`", '"') for line in lines)
            releases[str(version)] = (tuple(dict.fromkeys(tags)), quoted)
        world[name] = releases
    return world


TARGETS = st.lists(
    st.builds(target_of, st.sampled_from(PLATFORMS), promised=st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda target: target.name,
)


def may_be_built(world: World, name: str, version: str, allowed: Iterable[str]) -> bool:
    """Whether a release may be built, by the rule as the guide states it."""
    tags = world[name][version][0]
    if "sdist" not in tags:
        return False
    newer = [one[0] for other, one in world[name].items() if int(other) >= int(version)]
    publishes = any(not tag.endswith("-any") and tag != "sdist" for one in newer for tag in one)
    return name in allowed or not publishes


def chosen(resolution: Resolution, name: str, values: Mapping[str, str]) -> list[str]:
    """Return the versions of a project that an environment gets."""
    return [
        package.version
        for package in resolution.packages
        if package.name == name
        and any(
            text is None or Marker(text).evaluate(dict(values)) for text in package.markers.values()
        )
    ]


@given(worlds(), TARGETS, st.sets(st.sampled_from("abc")))
@settings(max_examples=WORLDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_served_has_a_file(
    world: World, targets: list[DeclaredTarget], allowed: set[str]
) -> None:
    """For each target and Python that is covered, each package that is reached has a file."""
    try:
        resolution = answers(world, targets, allowed)
    except ResolutionFailure:
        return
    left_out = {(one.point, one.minor) for one in resolution.left_out}
    for point, target in enumerate(targets):
        missing = [minor for minor in MINORS if (point, minor) in left_out]
        assert missing == list(MINORS[len(MINORS) - len(missing) :])  # the newest
        assert len(missing) < len(MINORS)
        assert not (missing and target.promised)
        for minor in MINORS:
            if (point, minor) in left_out:
                continue
            values = target.values((3, minor))
            waiting, seen = ["a"], set[str]()
            while waiting:
                name = waiting.pop()
                if name in seen:
                    continue
                seen.add(name)
                (version,) = chosen(resolution, name, values)
                tags, requires = world[name][version]
                assert has_wheel(tags, target.name, minor) or may_be_built(
                    world, name, version, allowed
                ), (name, version, target.name, minor)
                for line in requires:
                    needed = Requirement(line)
                    if needed.marker is None or needed.marker.evaluate(dict(values)):
                        (other,) = chosen(resolution, needed.name, values)
                        assert needed.specifier.contains(other)
                        waiting.append(needed.name)


@given(worlds("a"), TARGETS)
@settings(max_examples=WORLDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_package_is_as_new_as_it_can_be(world: World, targets: list[DeclaredTarget]) -> None:
    """Each Python gets the newest version that serves every target covered on it."""

    def serves(version: str, point: int, minor: int) -> bool:
        tags = world["a"][version][0]
        fits = has_wheel(tags, targets[point].name, minor)
        return fits or may_be_built(world, "a", version, ())

    def hopeless(point: int, minor: int) -> bool:
        """Whether no version serves a target, or all that no marker tells from it."""
        platform = targets[point].platform
        alike = [
            at
            for at, other in enumerate(targets)
            if (other.platform.os, other.platform.arch) == (platform.os, platform.arch)
        ]
        return not any(all(serves(v, at, minor) for at in alike) for v in world["a"])

    try:
        resolution = answers(world, targets)
    except ResolutionFailure:
        assert any(
            hopeless(point, minor)
            for point, target in enumerate(targets)
            for minor in (MINORS if target.promised else MINORS[:1])
        )
        return
    left_out = {(one.point, one.minor) for one in resolution.left_out}
    for point, minor in left_out:
        assert any(hopeless(point, older) for older in MINORS if older <= minor)
    for minor in MINORS:
        here = [point for point in range(len(targets)) if (point, minor) not in left_out]
        versions = sorted(world["a"], key=int, reverse=True)
        common = [v for v in versions if all(serves(v, point, minor) for point in here)]
        for point in here:
            values = targets[point].values((3, minor))
            found = chosen(resolution, "a", values)
            assert len(found) == 1
            if common:
                assert found == common[:1]
