"""Which releases may be chosen, judged by their files: for a universal lock, or for one machine.

Must live here: what wheels and sdists say about where a release can serve, and the order in
which files are asked for metadata, which depends on nothing but the files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.resolver.candidates import is_prerelease
from wheelright.targets import InvalidFileName, nearest_wheel, parse_wheel_name
from wheelright.workflows.fitness import FIT, Fitness
from wheelright.workflows.required import unserved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.index import ProjectPage, Release
    from wheelright.store import File
    from wheelright.targets import TagSet, WheelName
    from wheelright.workflows.policy import BuildPolicy

_MINOR = re.compile(r"(?:cp|pp|py)3(\d+)")
_ABI3 = "abi3"
ALL = ":all:"
_UNASKED = "it has no wheel, and is built for another platform only when asked"


def usable_files(name: str, release: Release, policy: BuildPolicy) -> tuple[File, ...]:
    """Return the files of a release that the policy lets be used."""
    wheels, sdists = policy.may_use_wheels(name), policy.may_build(name)
    return tuple(file for file in release.files if (wheels if file.is_wheel else sdists))


def why_unusable(name: str, release: Release, policy: BuildPolicy) -> str:
    """Say why no file of a release may be used."""
    said = release.summary
    if not (said.wheels or said.sdists):
        return "it has no files"
    if not policy.may_build(name):
        return "it has no wheel, and building it is off"
    return "it has no sdist, and its wheels are off"


def wheel_names(files: Iterable[File]) -> list[WheelName]:
    """Read the names of all wheels; a name that cannot be read is left out."""
    names = []
    for file in files:
        if file.is_wheel:
            try:
                names.append(parse_wheel_name(file.name))
            except InvalidFileName:
                continue
    return names


def has_platform_wheels(release: Release) -> bool:
    """Whether a release publishes wheels that are not for ``any`` platform."""
    return any(file.is_wheel and not file.name.endswith("-any.whl") for file in release.files)


def first_with_platform_wheels(page: ProjectPage) -> int:
    """Return the position of the newest final release with platform wheels; past the end: none."""
    found = (
        at
        for at, one in enumerate(page.releases)
        if one.summary.wheels and not is_prerelease(one.version) and has_platform_wheels(one)
    )
    return next(found, len(page.releases))


class UniversalJudge(Struct, frozen=True):
    """For a lock that must hold everywhere: a release counts if it has a usable file at all.

    Wheels for some Pythons or systems only do not limit it: the lock is soft about machines that
    nobody declared, and ``sync`` says what is missing on the one it serves. ``required`` are
    markers of environments where that is not enough: a release without a usable sdist needs a
    wheel there.
    """

    policy: BuildPolicy
    required: tuple[str, ...] = ()

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release: left out without usable files; misfit where one is required."""
        said, policy = release.summary, self.policy
        if said.sdists and policy.may_build(name):
            return FIT
        if not (said.wheels and policy.may_use_wheels(name)):
            return Fitness(left_out=why_unusable(name, release, policy))
        missing = unserved(wheel_names(release.files), self.required) if self.required else ()
        if not missing:
            return FIT
        places = " and ".join(f"`{text}`" for text in missing)
        return Fitness(misfit=f"it has no wheel for the required {places}", unserved=missing)

    def order(self, release: Release) -> tuple[File, ...]:
        """Pure wheels first, then Linux, macOS and Windows by newest Python, then the sdist."""
        return tuple(sorted(release.files, key=metadata_order))


def _minors(wheel: WheelName) -> list[int]:
    """Return the oldest Python 3 minors that a wheel's tags speak of; 0 for any Python 3."""
    found = []
    for python in wheel.pythons:
        match = _MINOR.fullmatch(python)
        if match:
            found.append(int(match[1]))
        elif python == "py3":
            found.append(0)
    return found


def metadata_order(file: File) -> tuple[int, int, str]:
    """Return the order in which files are asked for metadata, the machine at hand left out."""
    if not file.is_wheel:
        return (9, 0, file.name)
    try:
        wheel = parse_wheel_name(file.name)
    except InvalidFileName:
        return (8, 0, file.name)
    platform = " ".join(wheel.platforms)
    families = ("any", "manylinux", "linux", "musllinux", "macosx", "win")
    rank = next((i for i, word in enumerate(families) if platform.startswith(word)), 7)
    return (rank, -max(_minors(wheel), default=0), file.name)


class MachineJudge:
    """For one Python on one platform: a wheel must fit, or the sdist may be built.

    On a ``foreign`` platform a release that has platform wheels, none of which fits, is passed
    over even where it has an sdist: building it here would not give what is needed there. So is an
    older one without any wheel, which ``pages`` (what was read of each project) tells.
    ``passed_over`` gathers what the search looked at and was, with the reason.
    """

    def __init__(
        self, tags: TagSet, policy: BuildPolicy, platform: str, foreign: bool = False
    ) -> None:
        self.tags = tags
        self.policy = policy
        self.platform = platform
        self.foreign = foreign
        self.universal = UniversalJudge(policy)
        #: Whether a wheel for any Python 3 fits.
        self.pure = tags.rank(parse_wheel_name("any-1-py3-none-any.whl")) is not None
        self.passed_over: dict[tuple[str, str], str] = {}
        self.pages: Mapping[str, ProjectPage] = {}
        self._old: dict[str, frozenset[str]] = {}

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release by whether one of its files can be installed, once that is asked."""
        said, policy = release.summary, self.policy
        wheels = said.wheels and policy.may_use_wheels(name)
        if not (wheels or (said.sdists and policy.may_build(name))):
            return Fitness(left_out=why_unusable(name, release, policy))
        if wheels and said.pure and self.pure:
            return FIT
        if not wheels:
            unasked = self.foreign and policy.may_use_wheels(name)
            if unasked and release.version in self._before_wheels(name):
                return Fitness(serves=frozenset(), misfit=_UNASKED)
            return FIT
        return Fitness(files=MachineVerdict(self, name, release))

    def _before_wheels(self, name: str) -> frozenset[str]:
        """Return the versions of a project that are older than one with platform wheels."""
        known = self._old.get(name)
        if known is None:
            page = self.pages.get(name)
            older = () if page is None else page.releases[first_with_platform_wheels(page) :]
            known = self._old[name] = frozenset(one.version for one in older)
        return known

    def misfit(self, name: str, release: Release) -> str:
        """Return why no file can be installed, "" where one can; what is passed over is noted."""
        files = usable_files(name, release, self.policy)
        wheels = []
        for file in files:
            wheel = wheel_names((file,))
            if wheel and self.tags.rank(wheel[0]) is not None:
                return ""
            wheels += wheel
        sdist = any(not file.is_wheel for file in files)
        if sdist and not (self.foreign and wheels):
            return ""
        reason = self.passed_over[name, release.version] = self._reason(wheels)
        return reason

    def _reason(self, wheels: list[WheelName]) -> str:
        nearest = nearest_wheel(wheels, self.tags)
        if nearest is None:
            return f"it has no wheel for {self.platform}"
        return nearest.text

    def order(self, release: Release) -> tuple[File, ...]:
        """Wheels that fit first, best first, then the others as for a universal lock."""

        def rank(file: File) -> tuple[int, int, int, str]:
            fit = None
            if file.is_wheel:
                fit = next((self.tags.rank(w) for w in wheel_names([file])), None)
            return (1, *metadata_order(file)) if fit is None else (0, fit, 0, file.name)

        return tuple(sorted(release.files, key=rank))


class MachineVerdict:
    """What the files of one release say, worked out when the search first looks at it."""

    __slots__ = ("_judge", "_misfit", "_name", "_release")

    def __init__(self, judge: MachineJudge, name: str, release: Release) -> None:
        self._judge = judge
        self._name = name
        self._release = release
        self._misfit: str | None = None

    @property
    def misfit(self) -> str:
        """Why none of its files can be installed; empty where one can."""
        if self._misfit is None:
            self._misfit = self._judge.misfit(self._name, self._release)
        return self._misfit

    @property
    def serves(self) -> frozenset[tuple[int, int]] | None:
        """None for everywhere, or nowhere."""
        return frozenset() if self.misfit else None

    @property
    def hopeful(self) -> bool:
        """Whether the search will like it."""
        return not self.misfit
