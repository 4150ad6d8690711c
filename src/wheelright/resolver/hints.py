"""What would help after a failure, from the facts of its proof and the listings known.

Pure: nothing is fetched for a hint. What only the indexes can tell (a name one letter away, an
index that was not asked) is added by the driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.resolver.candidates import is_prerelease, version_of
from wheelright.resolver.pythons import lower_bound
from wheelright.resolver.requirements import parse_dependency

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelright.resolver.candidates import Candidates
    from wheelright.resolver.errors import Premise
    from wheelright.resolver.request import Request

#: More than these confuse more than they help.
HINTS = 3


def hints_of(
    premises: Sequence[Premise],
    nearest: str,
    candidates: Mapping[str, Candidates],
    request: Request,
) -> tuple[str, ...]:
    """Return hints, the most helpful first; ``nearest`` is the project that the conflict is on."""
    found = [
        *_overridden(premises, request),
        *_absent(premises, candidates),
        *_blocked(premises, nearest, candidates, request),
        *_pythons(premises, request),
        *_prereleases(premises, candidates),
        *_yanked(premises, candidates),
    ]
    return tuple(dict.fromkeys(found))[:HINTS]


def _newest(versions: Sequence[str]) -> str:
    return max(versions, key=version_of)


def _usable(candidates: Candidates, versions: int) -> list[str]:
    """Return the versions of a set that are not barred, final ones if there are any."""
    texts = [
        candidates.version(bit)
        for bit in candidates.members(versions)
        if bit not in candidates.barred
    ]
    return [text for text in texts if not is_prerelease(text)] or texts


def _absent(premises: Sequence[Premise], candidates: Mapping[str, Candidates]) -> Iterator[str]:
    """Say which versions there are of a project of which none meets a requirement."""
    for premise in premises:
        if premise.kind != "requires":
            continue
        dependency = parse_dependency(premise.text)
        known = candidates.get(dependency.name)
        if known is None or known.unknown or known.matching(dependency.specifier):
            continue
        if not known.order:
            yield f"`{dependency.name}` has no version that can be used"
            continue
        versions = [one.version for one in known.order]
        newest, oldest = _newest(versions), min(versions, key=version_of)
        if newest == oldest:
            yield f"the only version of `{dependency.name}` is {newest}"
        else:
            yield f"the versions of `{dependency.name}` go from {oldest} to {newest}"


def _overridden(premises: Sequence[Premise], request: Request) -> Iterator[str]:
    """Say what no package requires by itself: an override has put it there."""
    overrides = {text.strip() for text in request.policy.overrides}
    for premise in premises:
        if premise.kind == "requires" and premise.project and premise.text.strip() in overrides:
            yield f"`{premise.text.strip()}` is an override, which replaces what others require"


def _blocked(
    premises: Sequence[Premise],
    nearest: str,
    candidates: Mapping[str, Candidates],
    request: Request,
) -> Iterator[str]:
    """Name the version that fits all but what the project itself says, and what blocks it."""
    known = candidates.get(nearest)
    if known is None:
        return
    own: dict[str, int] = {}
    others: dict[str, tuple[str, int]] = {}
    for premise in premises:
        if premise.kind != "requires":
            continue
        dependency = parse_dependency(premise.text)
        if dependency.name != nearest:
            continue
        matching = known.matching(dependency.specifier)
        if not premise.project:
            own[dependency.wish] = matching
            continue
        best = _newest(premise.versions)
        before = others.get(premise.project)
        if before is None or version_of(before[0]) < version_of(best):
            others[premise.project] = (best, matching)
    fitting = known.any
    for _, matching in others.values():
        fitting &= matching
    versions = _usable(known, fitting)
    blocking = [wish for wish, matching in own.items() if not matching & fitting]
    if versions and others and blocking:
        holders = " and ".join(f"`{name}` {version}" for name, (version, _) in others.items())
        verb = "accepts" if len(others) == 1 else "accept"
        yield (
            f"{holders} {verb} `{nearest}` {_newest(versions)};"
            f" `{blocking[0]}` in `{request.name}` forbids it"
        )


def _pythons(premises: Sequence[Premise], request: Request) -> Iterator[str]:
    """Versions that need a newer Python: say which Python is enough, by project."""
    least: dict[str, tuple[tuple[int, int, int], str]] = {}
    for premise in premises:
        bound = lower_bound(premise.text) if premise.kind == "python" else None
        if bound is None or not premise.versions:
            continue
        newest = _newest(premise.versions)
        before = least.get(premise.project)
        if before is None or bound < before[0]:
            least[premise.project] = (bound, newest)
    for project, (bound, version) in least.items():
        major, minor, micro = bound
        text = f"{major}.{minor}.{micro}" if micro else f"{major}.{minor}"
        if request.python_exact is not None:
            yield (
                f"`{project}` {version} needs Python >={text}, this is {request.python_exact};"
                " use a newer Python"
            )
        else:
            yield (
                f"`{project}` {version} needs Python >={text};"
                f" raise `requires-python` to `>={text}`, or require `{project}` with the marker"
                f" `python_version >= '{major}.{minor}'`"
            )


def _prereleases(
    premises: Sequence[Premise], candidates: Mapping[str, Candidates]
) -> Iterator[str]:
    for project, version, _ in _barred(premises, candidates, "a pre-release"):
        yield f"`{project}` {version} is a pre-release; `--prerelease allow` admits it"


def _yanked(premises: Sequence[Premise], candidates: Mapping[str, Candidates]) -> Iterator[str]:
    for project, version, reason in _barred(premises, candidates, "yanked"):
        why = reason.removeprefix("yanked").strip()
        said = f"was yanked {why}" if why else "was yanked"
        yield f"`{project}` {version} {said}; `{project}=={version}` in the project takes it anyway"


def _barred(
    premises: Sequence[Premise], candidates: Mapping[str, Candidates], start: str
) -> Iterator[tuple[str, str, str]]:
    """Yield the newest barred version per project whose files fit somewhere, and the reason."""
    newest: dict[str, tuple[str, str]] = {}
    for premise in premises:
        if premise.kind != "barred" or not premise.text.startswith(start):
            continue
        known = candidates.get(premise.project)
        versions = [one for one in premise.versions if known is None or _fits(known, one)]
        if not versions:
            continue
        version = _newest(versions)
        before = newest.get(premise.project)
        if before is None or version_of(before[0]) < version_of(version):
            newest[premise.project] = (version, premise.text)
    for project, (version, reason) in newest.items():
        yield project, version, reason


def _fits(candidates: Candidates, version: str) -> bool:
    """Whether the files of a version serve anywhere: if not, to admit it would not help."""
    bit = candidates.bits.get(version)
    return bit is None or candidates.candidate(bit).served != frozenset()
