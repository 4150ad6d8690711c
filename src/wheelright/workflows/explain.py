"""``wheelright explain``: why a package has the version and the file that it has.

Must live here: the first reason against each version, the files of one version in order of rank,
and where its metadata came from. Must not live here: what fits a target (``proving``), who
requires what (``requiring``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wheelright.errors import RequestError, UsageError, WheelrightError
from wheelright.lockfile import Lock, LockedPackage
from wheelright.lockfile.walk import parse_line
from wheelright.outside.urls import redact
from wheelright.project import IndexSource
from wheelright.resolver.candidates import is_prerelease, version_of
from wheelright.resolver.pythons import lower_bound
from wheelright.targets import normalize_name
from wheelright.targets.misfit import misfit
from wheelright.workflows.checking import rules_of, target_named, targets_to_prove, this_machine
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.freshness import LOCK_NAME, read_existing
from wheelright.workflows.judges import UniversalJudge, usable_files, wheel_names, why_unusable
from wheelright.workflows.options import CheckOptions, ResolveOptions
from wheelright.workflows.proofs import pythons_words
from wheelright.workflows.proving import Entries, best_tag, cell_of, standings
from wheelright.workflows.requiring import Requirer, forbids, requirers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.index import Indexes, ProjectPage, Release
    from wheelright.store import File
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import ExplainOptions

Against = Literal[
    "chosen",  # it is the locked version, or one of them
    "serves",  # the newest that would serve what the locked one does not
    "exclude-newer",
    "pre-release",
    "yanked",
    "unusable",  # it has no file that may be used
    "requires-python",
    "no-file",  # it has no file for a target
    "forbidden",  # something in the lock does not admit it
    "conflict",  # it does not admit something in the lock
    "nothing",  # nothing is known against it
    "older",
]


class Verdict(Struct, frozen=True):
    """One version, and the first thing that speaks against it."""

    version: str
    against: Against
    reason: str


class RankedFile(Struct, frozen=True):
    """A file on one target: the Pythons it fits with their tags, or why it fits none.

    ``rank`` is its place among those that fit, from 1.
    """

    name: str
    rank: int | None = None
    tags: tuple[tuple[str, str], ...] = ()  # Python, tag
    reason: str = ""


class FilesOnTarget(Struct, frozen=True):
    """The files of a version in order of rank on a target."""

    target: str
    words: str
    files: tuple[RankedFile, ...]


class ExplainOutcome(Struct, frozen=True):
    """What ``explain`` answers.

    ``locked`` are the versions in the lock, each with its marker. ``version`` is the one whose
    files are shown. ``metadata`` says where its metadata came from. ``place`` is the source of a
    package that comes from no index: then there are no candidates.
    """

    package: str
    version: str | None
    locked: tuple[tuple[str, str | None], ...] = ()
    place: str | None = None
    index: str | None = None
    targets: tuple[str, ...] = ()
    candidates: tuple[Verdict, ...] = ()
    files: tuple[FilesOnTarget, ...] = ()
    metadata: str | None = None
    requirers: tuple[Requirer, ...] = ()


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class UnknownVersionError(RequestError):
    """A version is asked about that no index has."""


def explain(context: Context, options: ExplainOptions) -> ExplainOutcome:
    """Tell why a package has the version and files that it has, or has none.

    Works without a lock, and without a project. Raises :class:`UnknownVersionError`,
    ``TargetError``, ``UsageError`` for what is no name, and what asking the index raises.
    """
    if _NAME.fullmatch(options.package) is None:
        raise UsageError(
            f"`{options.package}` is not the name of a package",
            where="wheelright explain",
            hints=["give a name alone; `--version` chooses the version whose files are shown"],
        )
    name = normalize_name(options.package)
    project = context.find_project()
    lock = None if project is None else read_existing(context, project.root / LOCK_NAME)
    entries = () if lock is None else lock.by_name.get(name, ())
    known = () if lock is None else requirers(lock, name)
    locked = tuple((one.version, one.marker) for one in entries if one.version is not None)
    if entries and not any(entry.files for entry in entries):
        return ExplainOutcome(
            name, entries[0].version, locked, place=_place(entries[0]), requirers=known
        )
    indexes = context.indexes(options.index)
    whole = indexes.page(name, _pinned(context, name, entries))
    page = Cutoffs.of(context.settings, ResolveOptions(), context.reporter).apply(whole)
    targets, hard = _targets(context, options)
    work = _Explaining(context, lock, name, targets, hard=hard)
    release = _shown(work, whole, options.version)
    return ExplainOutcome(
        name,
        None if release is None else release.version,
        locked,
        index=redact(whole.index),
        targets=tuple(target.name for target in targets) if hard else (),
        candidates=tuple(work.verdicts(whole, page, indexes)),
        files=() if release is None else tuple(work.ranked(release, target) for target in targets),
        metadata=None if release is None else work.metadata(release, indexes),
        requirers=known,
    )


def _pinned(context: Context, name: str, entries: Sequence[LockedPackage]) -> str | None:
    """Return the one index that a package comes from, where it is pinned to one."""
    for entry in entries:
        if entry.index is not None:
            return entry.index
    sources = context.settings.sources.get(name, ())
    return next((one.index for one in sources if isinstance(one, IndexSource)), None)


def _place(entry: LockedPackage) -> str:
    if entry.directory is not None:
        return f"the directory `{entry.directory.path}`"
    if entry.vcs is not None:
        return f"{entry.vcs.kind} `{redact(entry.vcs.url or entry.vcs.path or '')}`"
    return f"`{redact(entry.archive.file.url)}`" if entry.archive is not None else "no index"


def _targets(context: Context, options: ExplainOptions) -> tuple[tuple[DeclaredTarget, ...], bool]:
    """Return the targets to judge by, and whether they bind; else this machine, to show files."""
    project = context.find_project()
    if project is None and options.targets:
        named = dict.fromkeys(options.targets)
        return tuple(target_named(name, None, context.settings) for name in named), True
    if project is not None:
        targets, hard = targets_to_prove(context, CheckOptions(targets=options.targets))
        if hard:
            return targets, True
    return (this_machine("this machine", project),), False


def _shown(work: _Explaining, page: ProjectPage, asked: str | None) -> Release | None:
    """Return the release whose files are shown: the one asked for, else the newest locked."""
    known = {release.version: release for release in page.releases}
    if asked is None:
        locked = {entry.version for entry in work.entries}
        return next((one for one in page.releases if one.version in locked), None) or next(
            (one for one in page.releases if not is_prerelease(one.version)), None
        )
    wanted = next((text for text in known if text == asked), None)
    if wanted is None:
        from difflib import get_close_matches

        near = get_close_matches(asked, list(known), 3)
        some = ", ".join(f"`{text}`" for text in near or list(known)[:3])
        word = "near it are" if near else "the newest are"
        raise UnknownVersionError(
            f"no index has {work.name} {asked}",
            where=redact(page.index),
            hints=[f"{word} {some}"] if known else [],
        )
    return known[wanted]


class _Explaining:
    """One package, with everything that its versions are judged by."""

    def __init__(
        self,
        context: Context,
        lock: Lock | None,
        name: str,
        targets: Sequence[DeclaredTarget],
        *,
        hard: bool,
    ) -> None:
        self.name = name
        self.lock = Lock() if lock is None else lock
        self.entries = self.lock.by_name.get(name, ())
        self.known = requirers(self.lock, name)
        self.rules = rules_of(context)
        self.hard = hard
        self.targets = targets
        self.points = [
            (target, standing)
            for target in targets
            for standing in standings(self.lock, target)
            if standing.values
        ]
        entries = Entries(self.lock)
        self._entry_at = [
            next((one for one in entries.applying(at) if one.name == name), None)
            for _, at in self.points
        ]
        self._locked_at = [None if one is None else one.version for one in self._entry_at]
        self._asked = [requirers(self.lock, name, at.values) for _, at in self.points]
        self._prerelease = context.settings.prerelease

    def verdicts(
        self, whole: ProjectPage, page: ProjectPage, indexes: Indexes
    ) -> Iterable[Verdict]:
        """Yield every version, newest first, with the first thing against it.

        ``page`` is ``whole`` as ``exclude-newer`` cuts it.
        """
        kept = {release.version: release for release in page.releases}
        locked = {entry.version: entry for entry in self.entries}
        unserved = self._unserved()
        prereleases = self._takes_prereleases(whole)
        older = "older than what is locked" if self.entries else "older than one that serves"
        for release in whole.releases:
            version = release.version
            if version in locked:
                marker = locked[version].marker
                where = "" if marker is None else f" where `{marker}`"
                yield Verdict(version, "chosen", f"locked{where}")
                continue
            open_points = self._open_points(version, unserved)
            if not open_points:
                yield Verdict(version, "older", older)
            elif version not in kept:
                yield Verdict(version, "exclude-newer", "uploaded after `exclude-newer`")
            elif is_prerelease(version) and not prereleases:
                yield Verdict(version, "pre-release", "a pre-release")
            else:
                yield self._against(kept[version], indexes, open_points, unserved)

    def _open_points(self, version: str, unserved: set[int]) -> list[int]:
        """Return the points where a version could be chosen: newer than there, or needed there."""
        return [
            number
            for number, held in enumerate(self._locked_at)
            if number in unserved or (held is not None and version_of(version) > version_of(held))
        ]

    def _takes_prereleases(self, page: ProjectPage) -> bool:
        """Whether pre-releases count: as the setting says, and where requirements name one."""
        named = any(is_prerelease(str(parse_line(r.requirement).specifier))
                    for r in self.known if r.requirement)  # fmt: skip
        necessary = all(is_prerelease(release.version) for release in page.releases)
        match self._prerelease:
            case "allow":
                return True
            case "disallow":
                return False
            case "explicit":
                return named
            case "if-necessary":
                return necessary
            case _:
                return named or necessary

    def _unserved(self) -> set[int]:
        """Return the points (by number) that need the package and have no file of it.

        Without an entry in the lock these are all; where only its marker speaks against it, none.
        """
        if not self.entries:
            return set(range(len(self.points)))
        return {
            number
            for number, (target, standing) in enumerate(self.points)
            if self.hard
            and (entry := self._entry_at[number]) is not None
            and cell_of(entry, target, standing, self.rules, hard=True).verdict == "missing"
        }

    def _against(
        self, release: Release, indexes: Indexes, open_points: list[int], unserved: set[int]
    ) -> Verdict:
        """Judge a version where it could be chosen; what it serves is taken from ``unserved``."""
        version = release.version
        plain = self._plainly(release)
        if plain is not None:
            return plain
        failing = self._failing(release, open_points)
        reason, kind = self._first_failure(failing)
        served = unserved.intersection(open_points) - failing.keys()
        if served:
            unserved -= served
            also = f"; {reason}" if reason else ""
            words = f"the newest that serves {self._words(served)}"
            if not self.hard:
                words = "the newest with nothing known against it"
            return Verdict(version, "serves", f"{words}{also}")
        # One version serves all targets of a Python, so it takes one of them to pass it over.
        free = {self.points[n][1].text for n in open_points}
        free -= {self.points[n][1].text for n in failing}
        if kind is not None and not free:
            return Verdict(version, kind, reason)
        conflict = self._conflict(release, indexes)
        if conflict is not None:
            return Verdict(version, "conflict", conflict)
        nothing = "nothing is known against it"
        if self.entries:
            nothing += f"; `wheelright lock --upgrade-package {self.name}` would try it"
        return Verdict(version, "nothing", nothing)

    def _plainly(self, release: Release) -> Verdict | None:
        """Return what speaks against a release without a look at its files' tags."""
        version, said = release.version, release.summary
        if said.yanked is not False:
            why = f" ({said.yanked})" if isinstance(said.yanked, str) and said.yanked else ""
            return Verdict(version, "yanked", f"yanked{why}")
        if not usable_files(self.name, release, self.rules.policy):
            why = why_unusable(self.name, release, self.rules.policy)
            return Verdict(version, "unusable", why)
        return None

    def _failing(self, release: Release, open_points: list[int]) -> dict[int, tuple[Against, str]]:
        """Return the points where a release cannot be chosen, each with the kind and the reason."""
        failing: dict[int, tuple[Against, str]] = {}
        package = _as_locked(self.name, release)
        text = release.summary.requires_python
        bound = lower_bound(text) if text else None
        for number in open_points:
            target, standing = self.points[number]
            by = forbids(self._asked[number], release.version)
            if bound is not None and bound[:2] > standing.python:
                failing[number] = "requires-python", f"it requires Python {text}"
            elif by is not None:
                failing[number] = "forbidden", f"{by.source} requires `{by.requirement}`"
            elif self.hard:
                cell = cell_of(package, target, standing, self.rules, hard=True)
                if cell.verdict == "missing":
                    near = f" (nearest: {cell.nearest})" if cell.nearest else ""
                    failing[number] = "no-file", f"{cell.reason}{near}"
        return failing

    def _first_failure(
        self, failing: Mapping[int, tuple[Against, str]]
    ) -> tuple[str, Against | None]:
        """Say the first failure in words, with all points of its kind, and give the kind."""
        if not failing:
            return "", None
        kind, reason = next(iter(failing.values()))
        alike = {number for number, (other, _) in failing.items() if other == kind}
        where = self._words(alike)
        if kind == "no-file":
            return f"no file for {where}: {reason}", kind
        # The reason is that of the first; others of the kind may need something else.
        everywhere = len(alike) == len(self.points)
        return reason if everywhere else f"for {where}, {reason}", kind

    def _words(self, points: set[int]) -> str:
        """Name points: a target where all its Pythons are among them, else with its Pythons."""
        parts = []
        for target in self.targets:
            every = [n for n, (one, _) in enumerate(self.points) if one is target]
            here = [n for n in every if n in points]
            if here == every:
                parts.append(target.name)
            elif here:
                pythons = pythons_words([self.points[n][1].text for n in here])
                parts.append(f"{target.name} with Python {pythons}")
        return " and ".join(parts)

    def _conflict(self, release: Release, indexes: Indexes) -> str | None:
        """Say which requirement of a release the lock does not meet, as far as that is cached."""
        order = UniversalJudge(self.rules.policy).order(release)
        metadata = indexes.known_metadata(self.name, release.version, order)
        if metadata is None:
            return None
        for text in metadata.requires_dist:
            try:
                line = parse_line(text)
            except WheelrightError:
                continue
            values = [one for _, standing in self.points for one in standing.values]
            if not any(line.holds(one, ()) for one in values):
                continue
            versions = [one.version for one in self.lock.by_name.get(line.name, ()) if one.version]
            if versions and not any(
                line.specifier.contains(version, prereleases=True) for version in versions
            ):
                return f"it requires `{text}`, the lock has {line.name} {' and '.join(versions)}"
        return None

    def ranked(self, release: Release, target: DeclaredTarget) -> FilesOnTarget:
        """Return the files of a release for a target, those that fit first, best first."""
        fitting: list[tuple[tuple[int, ...], RankedFile]] = []
        unfit: list[tuple[tuple[int, int], RankedFile]] = []
        others: list[RankedFile] = []
        points = [standing for one, standing in self.points if one is target]
        for file in release.files:
            if not file.is_wheel:
                others.append(RankedFile(file.name, reason="an sdist: to be built"))
                continue
            wheel = next(iter(wheel_names([file])), None)
            if wheel is None:
                others.append(RankedFile(file.name, reason="its name cannot be read"))
                continue
            ranks = {p.text: rank for p in points if (rank := p.tags.rank(wheel)) is not None}
            if ranks:
                tags = tuple(
                    (p.text, best_tag(wheel, p.tags) or "") for p in points if p.text in ranks
                )
                order = tuple(ranks.get(p.text, 1 << 30) for p in reversed(points))
                fitting.append((order, RankedFile(file.name, tags=tags)))
                continue
            found = [one for p in points if (one := misfit(wheel, p.tags)) is not None]
            nearest = min(found, key=lambda one: one.distance, default=None)
            reason = "" if nearest is None else f"{nearest.text} ({nearest.tag})"
            far = (99, 0) if nearest is None else nearest.distance
            unfit.append((far, RankedFile(file.name, reason=reason)))
        fitting.sort(key=lambda item: item[0])
        others[:0] = [one for _, one in sorted(unfit, key=lambda item: item[0])]
        ranked = [
            RankedFile(one.name, number, one.tags) for number, (_, one) in enumerate(fitting, 1)
        ]
        return FilesOnTarget(target.name, target.platform.describe(), (*ranked, *others))

    def metadata(self, release: Release, indexes: Indexes) -> str:
        """Say which file told the metadata of a release; why none did where none did."""
        order: tuple[File, ...] = UniversalJudge(self.rules.policy).order(release)
        try:
            found = indexes.metadata(self.name, release.version, order)
        except WheelrightError as error:
            return f"unknown: {'; '.join((error.message, *error.details))}"
        ways: Mapping[str, str] = {
            "metadata-file": "the metadata file of",
            "ranges": "a part of",
            "wheel": "the whole of",
            "sdist": "the static PKG-INFO of",
        }
        failed = ", ".join(map(str, found.failures))
        failed = f"; asked in vain before: {failed}" if failed else ""
        return f"{ways.get(found.way, found.way)} `{found.source}`{failed}"


def _as_locked(name: str, release: Release) -> LockedPackage:
    """Return a release as a lock would hold it, to be judged like one."""
    wheels = tuple(file for file in release.files if file.is_wheel)
    sdist = next((file for file in release.files if not file.is_wheel), None)
    return LockedPackage(name, release.version, wheels=wheels, sdist=sdist)
