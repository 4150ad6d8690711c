"""Which releases may be chosen where targets are declared: judged by the files that fit them.

Must live here: which (target, Python minor) pairs the files of a release serve, by wheel tag or by
a build that is allowed. Must not live here: what is said about it (``passing``).

A project has tens of releases with tens of files, and a search looks at few of them. So a release
is judged when the search first looks at it, and a tag once for all releases.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from wheelright.targets import InvalidFileName, parse_wheel_name
from wheelright.workflows.fitness import Fitness
from wheelright.workflows.judges import (
    UniversalJudge,
    first_with_platform_wheels,
    has_platform_wheels,
    metadata_order,
    why_unusable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.index import ProjectPage, Release
    from wheelright.store import File
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.policy import BuildPolicy

#: What ``wheels`` may be: only wheels count; wheels first, builds where a project has no wheels
#: or may be built; or an sdist counts as good as a wheel.
Wheels = Literal["require", "prefer", "any"]

#: A target by its number, and the minor of a Python 3.
Cell = tuple[int, int]


class TargetsJudge:
    """For a lock that serves declared targets: a release counts where its files serve.

    Sets of cells (:data:`Cell`) are ints, one bit per pair of ``cells``. ``pages`` holds what was
    read of each project: it tells whether newer releases publish wheels. What ``allow_build`` names
    is built for cells that no version has a wheel for; once it is ``loose``, for any.
    """

    def __init__(
        self,
        targets: Sequence[DeclaredTarget],
        policy: BuildPolicy,
        *,
        wheels: Wheels = "prefer",
        allow_build: Iterable[str] = (),
        pages: Mapping[str, ProjectPage] | None = None,
        required: tuple[str, ...] = (),
    ) -> None:
        self.targets = tuple(targets)
        self.policy = policy
        self.wheels = wheels
        self.allow_build = frozenset(allow_build)
        self.loose: set[str] = set()
        self.pages = pages if pages is not None else {}
        self.universal = UniversalJudge(policy, required)
        self.cells: tuple[Cell, ...] = tuple(
            (point, minor) for point, target in enumerate(targets) for _, minor in target.pythons
        )
        self.full = (1 << len(self.cells)) - 1
        self._tags: dict[str, int] = {}
        self._sets: dict[int, frozenset[Cell]] = {}
        self._first_with_wheels: dict[str, int] = {}
        self._unservable: dict[str, int] = {}

    # -- what the driver asks

    def judge(self, name: str, release: Release) -> Fitness:
        """Judge a release: left out without usable files, else by what its files serve."""
        project, said, policy = name.partition("@")[0], release.summary, self.policy
        usable = said.sdists and policy.may_build(project)
        if not usable and not (said.wheels and policy.may_use_wheels(project)):
            return Fitness(left_out=why_unusable(project, release, policy))
        missing: tuple[str, ...] = ()
        if self.universal.required:
            missing = self.universal.judge(project, release).unserved
        verdict = Verdict(self, name, release)
        reluctant = project in self.loose and self._is_reluctant(name, release)
        return Fitness(unserved=missing, files=verdict, reluctant=reluctant)

    def order(self, release: Release) -> tuple[File, ...]:
        """Wheels that serve a target first, then the others, as for a universal lock."""

        def rank(file: File) -> tuple[int, tuple[int, int, str]]:
            serves = file.is_wheel and self.wheel_mask(file.name) != 0
            return (0 if serves else 1, metadata_order(file))

        return tuple(sorted(release.files, key=rank))

    # -- what files serve

    def set_of(self, mask: int) -> frozenset[Cell]:
        """Return a set of cells as such."""
        known = self._sets.get(mask)
        if known is None:
            known = self._sets[mask] = frozenset(
                cell for at, cell in enumerate(self.cells) if mask >> at & 1
            )
        return known

    def by_wheels(self, name: str, release: Release) -> int:
        """Return the cells that the wheels of a release serve."""
        if not self.policy.may_use_wheels(name.partition("@")[0]):
            return 0
        mask = 0
        for file in release.files:
            if file.is_wheel:
                mask |= self.wheel_mask(file.name)
                if mask == self.full:
                    break
        return mask

    def served(self, name: str, release: Release) -> int:
        """Return the cells that a release serves, by wheels or by builds that are allowed."""
        mask = self.by_wheels(name, release)
        project = name.partition("@")[0]
        if mask == self.full or not release.summary.sdists or not self.policy.may_build(project):
            return mask
        if project in self.allow_build and self.wheels != "any" and project not in self.loose:
            return mask | self._unservable_by_wheels(name)
        return self.full if self._may_be_built(name, release) else mask

    def loosen(self, names: Iterable[str]) -> bool:
        """Let allowed builds stand in for wheels of other versions too; whether that is new."""
        fresh = self.allow_build.intersection(names) - self.loose
        self.loose |= fresh
        return bool(fresh)

    def wheel_mask(self, name: str) -> int:
        """Return the cells that a wheel serves, by its file name."""
        tag = "-".join(name.removesuffix(".whl").rsplit("-", 3)[1:])
        mask = self._tags.get(tag)
        if mask is None:
            mask = self._tags[tag] = self._tag_mask(tag)
        if mask:
            try:
                parse_wheel_name(name)
            except InvalidFileName:
                return 0
        return mask

    def _tag_mask(self, tag: str) -> int:
        try:
            wheel = parse_wheel_name(f"x-0-{tag}.whl")
        except InvalidFileName:
            return 0
        mask = 0
        for at, (point, minor) in enumerate(self.cells):
            if self.targets[point].tags((3, minor)).rank(wheel) is not None:
                mask |= 1 << at
        return mask

    # -- builds

    def _may_be_built(self, name: str, release: Release) -> bool:
        """Whether the sdist of a release may stand in where none of its wheels fits."""
        project = name.partition("@")[0]
        if project in self.allow_build or not self.policy.may_use_wheels(project):
            return True
        if self.wheels == "prefer":
            return not has_platform_wheels(release) and not self._wheels_came_later(name, release)
        return self.wheels == "any"

    def _wheels_came_later(self, name: str, release: Release) -> bool:
        """Whether a newer release publishes platform wheels.

        An old release without any is no better an answer than building the new one.
        """
        page = self.pages.get(name)
        if page is None:
            return False
        first = self._first_with_wheels.get(name)
        if first is None:
            first = self._first_with_wheels[name] = first_with_platform_wheels(page)
        newer = (one.version for one in page.releases[first:])
        return first < len(page.releases) and release.version in newer

    def _unservable_by_wheels(self, name: str) -> int:
        """Return the cells that no version of a project has a wheel for."""
        unservable = self._unservable.get(name)
        if unservable is None:
            page = self.pages.get(name)
            united = 0
            for one in page.releases if page is not None else ():
                united |= self.by_wheels(name, one)
            unservable = self._unservable[name] = self.full & ~united
        return unservable

    def _is_reluctant(self, name: str, release: Release) -> bool:
        """Whether a release would be built where another one has a wheel."""
        mask = self.by_wheels(name, release) | self._unservable_by_wheels(name)
        return mask != self.full


class Verdict:
    """What the files of one release say, worked out when it is first asked (``resolver.Files``)."""

    __slots__ = ("_judge", "_mask", "_name", "_release")

    def __init__(self, judge: TargetsJudge, name: str, release: Release) -> None:
        self._judge = judge
        self._name = name
        self._release = release
        self._mask: int | None = None

    @property
    def mask(self) -> int:
        """The cells that the release serves, as a set of its judge."""
        if self._mask is None:
            self._mask = self._judge.served(self._name, self._release)
        return self._mask

    @property
    def serves(self) -> frozenset[Cell] | None:
        """The (target, Python minor) pairs that the release serves; None for all of them."""
        return None if self.mask == self._judge.full else self._judge.set_of(self.mask)

    @property
    def misfit(self) -> str:
        """The same for all versions, so that they are spoken of together (see ``unserved``)."""
        return "no file fits"

    @property
    def hopeful(self) -> bool:
        """Whether the search will like it: it serves all targets on some Python."""
        served = self._judge.set_of(self.mask)
        for minor in {minor for _, minor in self._judge.cells}:
            wanted = {cell for cell in self._judge.cells if cell[1] == minor}
            if wanted <= served:
                return True
        return False


def where(
    targets: Sequence[DeclaredTarget],
    cells: Iterable[Cell],
    among: Iterable[Cell] | None = None,
    *,
    words: bool = False,
) -> str:
    """Say cells in words: ``plc and mac``, ``plc on Python 3.14``.

    ``among`` are all the cells that there are; absent, each Python of each target. With ``words``
    the platforms are described too.
    """
    by_point: dict[int, list[int]] = {}
    for point, minor in sorted(cells):
        by_point.setdefault(point, []).append(minor)
    whole = {point: len(target.pythons) for point, target in enumerate(targets)}
    if among is not None:
        whole = dict(Counter(point for point, _ in among))
    said = []
    for point, minors in by_point.items():
        name = targets[point].words if words else targets[point].name
        all_of_them = len(minors) == whole[point]
        said.append(name if all_of_them else f"{name} on Python {minors_in_words(minors)}")
    *others, last = said
    return f"{', '.join(others)} and {last}" if others else last


def minors_in_words(minors: Sequence[int]) -> str:
    """Say minors of Python 3, oldest first: ``3.12``, ``3.9 to 3.12``, ``3.9, 3.13``."""
    run = list(range(minors[0], minors[-1] + 1))
    if len(minors) > 2 and run == list(minors):
        return f"3.{minors[0]} to 3.{minors[-1]}"
    *others, last = [f"3.{minor}" for minor in minors]
    return f"{', '.join(others)} and {last}" if others else last
