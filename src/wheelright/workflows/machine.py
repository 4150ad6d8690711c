"""Resolving for one Python on one platform: build requirements, ``run --with``, tools.

No lock is involved: the answer is a set of files to install now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.errors import RequestError
from wheelright.resolver import Policy, Request, RootRequirement, resolve
from wheelright.targets import parse_wheel_name
from wheelright.workflows.driver import Driver
from wheelright.workflows.judges import MachineJudge, usable_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wheelright.index import Indexes, Metadata, ProjectPage, Release
    from wheelright.outside.reporting import Reporter
    from wheelright.resolver import Dependencies, Resolution
    from wheelright.store import File
    from wheelright.targets import Interpreter, TagSet
    from wheelright.workflows.driver import Fixed
    from wheelright.workflows.policy import BuildPolicy


class MachineRequest(Struct, frozen=True):
    """Requirements for one Python. ``values`` are its marker values, ``tags`` what it accepts.

    The last five are handed to the :class:`~wheelright.workflows.driver.Driver`; ``fixed`` projects
    come from no index and get no file.
    """

    name: str
    requirements: Sequence[str]
    values: Mapping[str, str]
    tags: TagSet
    platform: str
    policy: BuildPolicy
    choice: Policy = field(default_factory=Policy)
    foreign: bool = False
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    pinned_index: Mapping[str, str] = field(default_factory=dict)
    restrict: Callable[[ProjectPage], ProjectPage] = lambda page: page
    overlay: Callable[[str, str], Dependencies | None] = lambda _name, _version: None
    build: Callable[[str, str, Release], Metadata] | None = None


class MachineResolution(Struct, frozen=True):
    """What to install: a file per project, the answer it comes from, and what was passed over."""

    files: Mapping[str, File]
    resolution: Resolution
    passed_over: Mapping[tuple[str, str], str]


def request_for(
    interpreter: Interpreter, requirements: Sequence[str], policy: BuildPolicy, name: str
) -> MachineRequest:
    """Return the request for an interpreter on the machine it stands on."""
    return MachineRequest(
        name,
        requirements,
        interpreter.marker_values,
        interpreter.tags,
        str(interpreter.platform),
        policy,
    )


def resolve_for_machine(
    request: MachineRequest, indexes: Indexes, reporter: Reporter
) -> MachineResolution:
    """Resolve for one Python and choose the file of each project.

    Raises ``ResolutionFailure``, and ``RequestError`` where a chosen version has no usable file.
    """
    judge = MachineJudge(request.tags, request.policy, request.platform, request.foreign)
    driver = Driver(
        indexes,
        judge,
        reporter,
        fixed=request.fixed,
        pinned_index=request.pinned_index,
        restrict=request.restrict,
        overlay=request.overlay,
        build=request.build,
    )
    question = Request(
        request.name,
        tuple(RootRequirement(text) for text in request.requirements),
        python_exact=request.values["python_full_version"],
        points=(request.values,),
        policy=request.choice,
    )
    answer = driver.drive(resolve(question))
    files: dict[str, File] = {}
    for package in answer.packages:
        if package.name in request.fixed:
            continue
        page = driver.pages[package.name]
        release = next(one for one in page.releases if one.version == package.version)
        files[package.name] = best_file(package.name, release, request.tags, request.policy)
    return MachineResolution(files, answer, judge.passed_over)


def best_file(name: str, release: Release, tags: TagSet, policy: BuildPolicy) -> File:
    """Return the wheel that ranks best, else the sdist. Raises ``RequestError`` for neither."""
    ranked = []
    for file in usable_files(name, release, policy):
        if not file.is_wheel:
            continue
        wheel = parse_wheel_name(file.name)
        rank = tags.rank(wheel)
        if rank is not None:
            number, text = wheel.build or (-1, "")
            ranked.append((rank, -number, text, file.name, file))
    if ranked:
        return min(ranked, key=lambda row: row[:4])[4]
    sdists = [file for file in usable_files(name, release, policy) if not file.is_wheel]
    if not sdists:
        raise RequestError(f"`{name}` {release.version} has no file that can be installed here")
    return min(sdists, key=lambda file: (not file.name.endswith(".tar.gz"), file.name))
