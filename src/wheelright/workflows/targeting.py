"""Locking for declared targets: what is asked of the resolver, and what the lock then covers.

Must live here: points and Pythons of the request, the environments that are written, and the
targets as the lock records them. Must not live here: judging files (``targets_judge``), words
about the choice (``passing``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.lockfile import LockedTarget
from wheelright.resolver import ResolutionFailure, resolve
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import NEWEST_MINOR, TargetError, minors_of

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from wheelright.resolver import Answer, Need, Request, Resolution
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.targets_judge import TargetsJudge

#: What tells platforms apart in the markers that are written.
_TOLD_BY = ("sys_platform", "platform_machine", "implementation_name")
_UPPER = frozenset({"<", "<=", "==", "~=", "==="})


class Points(Struct, frozen=True):
    """The declared targets as the resolver takes them (see ``Request``)."""

    points: tuple[Mapping[str, str], ...]
    pythons: tuple[str, ...]
    optional: tuple[frozenset[int], ...]


def points_of(
    targets: Sequence[DeclaredTarget], requires_python: str, environments: Sequence[str]
) -> Points:
    """Return the points of a request.

    A target that names its Pythons, or a project that bounds them above, promises all of them.
    Otherwise the oldest is promised; newer ones may be left out. Raises ``TargetError`` for a
    target that the setting ``environments`` leaves nothing of.
    """
    open_ended = not any(part.operator in _UPPER for part in SpecifierSet(requires_python))
    points, pythons, optional = [], [], []
    for target in targets:
        values = target.values(target.pythons[0])
        points.append({k: v for k, v in values.items() if not k.startswith("python_")})
        bounds = SpecifierSet(requires_python) & target.python
        pythons.append(f"{bounds},<3.{NEWEST_MINOR + 1}")
        minors = frozenset(minor for _, minor in target.pythons[1:])
        optional.append(minors if open_ended and not target.promised else frozenset())
        if environments and not any(_within(target, environments)):
            raise TargetError(
                f"the target `{target.name}` lies outside `environments`",
                details=[f"the project limits its lock to `{text}`" for text in environments],
                hints=["remove `environments`: the targets alone say what a lock covers"],
            )
    return Points(tuple(points), tuple(pythons), tuple(optional))


def _within(target: DeclaredTarget, environments: Sequence[str]) -> list[bool]:
    """Return, per Python of a target, whether one of the markers holds there."""
    if not environments:
        return [True] * len(target.pythons)
    from wheelright.targets.conditions import Marker

    markers = [Marker(text) for text in environments]
    return [
        any(marker.evaluate(dict(target.values(python))) for marker in markers)
        for python in target.pythons
    ]


def resolve_for_targets(
    request: Request, judge: TargetsJudge
) -> Generator[Need, Answer, Resolution]:
    """Resolve; where only a build would do, and it is allowed, resolve again with it.

    So a package that may be built is built for those targets only that no wheel serves, as long as
    the rest of the project lets the versions with wheels be chosen. Raises ``ResolutionFailure``.
    """
    while True:
        try:
            resolution = yield from resolve(request)
        except ResolutionFailure as failure:
            given = (one.project for one in failure.premises if one.kind == "misfit")
            if not judge.loosen(name.partition("[")[0] for name in given):
                raise
            continue
        if not judge.loosen(one.name for one in resolution.left_out):
            return resolution


def served_targets(
    targets: Sequence[DeclaredTarget], resolution: Resolution, environments: Sequence[str] = ()
) -> tuple[LockedTarget, ...]:
    """Return the targets as a lock records them, with the Pythons that are served."""
    left_out = {(one.point, one.minor) for one in resolution.left_out}
    found = []
    for point, target in enumerate(targets):
        inside = zip(target.pythons, _within(target, environments), strict=True)
        minors = [python[1] for python, within in inside if within]
        found.append(
            LockedTarget(
                target.name,
                str(target.platform),
                tuple(f"3.{minor}" for minor in minors if (point, minor) not in left_out),
                tuple(f"3.{minor}" for minor in minors if (point, minor) in left_out),
            )
        )
    return tuple(found)


def covered_python(requires_python: str, served: Sequence[LockedTarget]) -> str:
    """Return the Pythons that a lock covers: the project's, as far as a target is served there."""
    minors = sorted({_minor(text) for target in served for text in target.pythons})
    python = SpecifierSet(requires_python)
    parts = [part.strip() for part in requires_python.split(",") if part.strip()]
    if any((3, minors[0]) > older for older in minors_of(python)):
        parts = [part for part in parts if not part.startswith(">")]
        parts.insert(0, f">=3.{minors[0]}")
    if python.contains(f"3.{minors[-1] + 1}.0", prereleases=True):
        parts.append(f"<3.{minors[-1] + 1}")
    return ",".join(sorted(parts, reverse=True))


def covered_environments(
    targets: Sequence[DeclaredTarget], served: Sequence[LockedTarget], requires_python: str
) -> tuple[str, ...]:
    """Return the markers of the environments that a lock covers: disjoint, one per platform.

    Targets that no marker can tell apart share one. ``requires_python`` is the lock's own; a
    marker speaks of Python only where its targets have fewer.
    """
    groups: dict[tuple[tuple[str, str], ...], set[int]] = {}
    for target, one in zip(targets, served, strict=True):
        values = target.values(target.pythons[0])
        lasting = tuple((name, values[name]) for name in _TOLD_BY)
        groups.setdefault(lasting, set()).update(map(_minor, one.pythons))
    admitted = [minor for _, minor in minors_of(SpecifierSet(requires_python))]
    texts = []
    for values_of, minors in groups.items():
        platform = [f"{name} == '{value}'" for name, value in values_of]
        python = _python_marker(minors, admitted)
        texts += [" and ".join([*([run] if run else []), *platform]) for run in python]
    return tuple(sorted(texts))


def _python_marker(minors: set[int], admitted: Sequence[int]) -> list[str]:
    """Return one marker per run of minors among those admitted; an empty one for all of them."""
    runs: list[list[int]] = []
    for at, minor in enumerate(admitted):
        if minor not in minors:
            continue
        if runs and admitted[at - 1] == runs[-1][-1]:
            runs[-1].append(minor)
        else:
            runs.append([minor])
    texts = []
    for run in runs:
        first, last = run[0], run[-1]
        if first == last and len(admitted) > 1:
            texts.append(f"python_version == '3.{first}'")
            continue
        parts = []
        if first != admitted[0]:
            parts.append(f"python_version >= '3.{first}'")
        if last != admitted[-1]:
            parts.append(f"python_version < '3.{last + 1}'")
        texts.append(" and ".join(parts))
    return texts


def _minor(text: str) -> int:
    return int(text.partition(".")[2])
