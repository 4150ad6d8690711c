"""What helps where nothing serves a declared target: which targets, how nearly, the ways out.

Must live here: the words of conflicts about files. Must not live here: the proof (``resolver``),
and what indexes know (``hints``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.candidates import is_prerelease
from wheelright.resolver.errors import ResolutionFailure
from wheelright.resolver.universe import VOLATILE
from wheelright.workflows.passing import holds_at, nearest_of, reason
from wheelright.workflows.targets_judge import minors_in_words, where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelright.index import ProjectPage, Release
    from wheelright.targets import Misfit
    from wheelright.workflows.targets_judge import Cell, TargetsJudge

#: More packages than these are not explained one by one.
EXPLAINED = 3


def with_target_help(
    failure: ResolutionFailure, judge: TargetsJudge, pages: Mapping[str, ProjectPage]
) -> ResolutionFailure:
    """Return a failure in the words of targets, with what would let them be served."""
    cells = [
        cell
        for cell in judge.cells
        if failure.marker is None
        or holds_at(failure.marker, judge.targets[cell[0]].values((3, cell[1])))
    ]
    names = [one.project.partition("[")[0] for one in failure.premises if one.kind == "misfit"]
    message = failure.message
    if cells and (failure.marker is not None or names):
        message = f"{message.partition(' where `')[0]} for {where(judge.targets, cells)}"
    details, hints = list(failure.details), []
    for name in list(dict.fromkeys(names))[:EXPLAINED]:
        page = pages.get(name)
        if page is None:
            continue
        said = _explained(judge, page, name, cells)
        details += [line for line in said[0] if line not in details]
        hints += [line for line in said[1] if line not in hints]
    return ResolutionFailure(
        message,
        details=tuple(details),
        hints=(*hints, *failure.hints),
        culprits=failure.culprits,
        premises=failure.premises,
        marker=failure.marker,
    )


def _explained(
    judge: TargetsJudge, page: ProjectPage, name: str, cells: Sequence[Cell]
) -> tuple[list[str], list[str]]:
    """Say of one project what its newest version lacks for each target, and what would help."""
    final = [one for one in page.releases if not is_prerelease(one.version)] or page.releases
    final = [one for one in final if one.summary.yanked is False] or final
    if not final:
        return [], []
    newest = final[0]
    lacking = judge.full & ~judge.served(name, newest)
    missing = sorted(judge.set_of(lacking).intersection(cells))
    details, hints, hopeless = [], [], []
    united = frozenset().union(*(judge.set_of(judge.served(name, one)) for one in final))
    for point in dict.fromkeys(point for point, _ in missing):
        own = [cell for cell in missing if cell[0] == point]
        if all(at != point for at, _ in united):
            hopeless.append(judge.targets[point].name)
        nearest = nearest_of(judge, newest, name, own)
        tag = f" (nearest wheel: {nearest[1].tag})" if nearest else ""
        places = where(judge.targets, own, words=True)
        what = f"`{name}` {newest.version} does not serve {places}"
        if not united.intersection(own):
            what = f"no version of `{name}` serves {places}"
        details.append(f"{what}: {reason(judge, name, newest, own)}{tag}")
        hints += [*_older(judge, final, name, own, cells), *_lower(judge, newest, name, nearest)]
    if hopeless:
        names = " and ".join(hopeless)
        hints = [f"require `{name}` by a marker that leaves {names} out, or drop the target"]
    if hopeless or not hints:
        hints += _apart(judge, cells)
    hints += [*_builds(judge, newest, name, missing), *_fewer_pythons(judge, missing)]
    return details, hints


def _older(
    judge: TargetsJudge,
    final: Sequence[Release],
    name: str,
    missing: Sequence[Cell],
    cells: Sequence[Cell],
) -> Iterator[str]:
    """Name the newest version that serves what is missing of a target, or else its oldest Python.

    It must serve what the newest version serves of ``cells``, or all of them on that Python.
    """
    kept = judge.set_of(judge.served(name, final[0])).intersection(cells)
    oldest = frozenset(cell for cell in cells if cell[1] == missing[0][1])
    for wanted in (kept.union(missing), oldest):
        for release in final[1:]:
            served = judge.set_of(judge.served(name, release))
            if wanted <= served:
                places = where(judge.targets, served.intersection(missing))
                taken = f"{name}<={release.version}"
                yield f"`{name}` {release.version} serves {places}: ask for `{taken}`"
                return


def _apart(judge: TargetsJudge, cells: Sequence[Cell]) -> Iterator[str]:
    """Tell of targets that share versions because no marker can tell them apart."""
    groups: dict[tuple[str, ...], dict[str, None]] = {}
    for point, minor in cells:
        values = judge.targets[point].values((3, minor))
        told = tuple(text for name, text in sorted(values.items()) if name not in VOLATILE)
        groups.setdefault(told, {})[judge.targets[point].name] = None
    for names in dict.fromkeys(tuple(group) for group in groups.values() if len(group) > 1):
        yield (
            f"no marker tells {' from '.join(names)}, so that they share versions: lock them in"
            " projects of their own"
        )


def _lower(
    judge: TargetsJudge, newest: Release, name: str, nearest: tuple[Cell, Misfit] | None
) -> Iterator[str]:
    if nearest is not None and nearest[1].platform is not None:
        target = judge.targets[nearest[0][0]]
        yield (
            f"raise the floor of `{target.name}` to `{nearest[1].platform}`, which `{name}`"
            f" {newest.version} serves"
        )


def _builds(
    judge: TargetsJudge, newest: Release, name: str, missing: Sequence[Cell]
) -> Iterator[str]:
    may = newest.summary.sdists and judge.policy.may_build(name)
    if missing and may and name not in judge.allow_build:
        yield f"`--allow-build {name}` lets it be built for {where(judge.targets, missing)}"


def _fewer_pythons(judge: TargetsJudge, missing: Sequence[Cell]) -> Iterator[str]:
    """Offer to leave out Pythons that a target names, where only the newest are not served."""
    for point, target in enumerate(judge.targets):
        minors = sorted(minor for at, minor in missing if at == point)
        newest = [minor for _, minor in target.pythons][-len(minors) :] if minors else []
        if minors and minors == newest and len(minors) < len(target.pythons):
            kept = [minor for _, minor in target.pythons if minor < minors[0]]
            yield (
                f'leave Python {minors_in_words(minors)} out: `python = ">=3.{kept[0]},'
                f'<3.{minors[0]}"` for {target.name}'
            )
