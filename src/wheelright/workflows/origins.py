"""Projects that come from several places, each in environments of its own.

Must live here: joining what sources with conditions say of one project into the origins that the
resolver keeps apart, and the error where two of them hold in one environment. Must not live here:
which source belongs to which requirement (``roots``), and reading places (``direct``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.lockfile import Lock
    from wheelright.resolver import Origin, Policy, Request

#: The label of what no source speaks of: the indexes in their order.
ELSEWHERE = "0"


class OverlappingSourcesError(RequestError):
    """Two sources of one project hold in the same environment."""


class Claim(Struct, frozen=True):
    """One source of a project: ``what`` in words; where it holds, as a marker ("": everywhere).

    ``label`` is what its origin is called; "" without a condition. ``index`` is an index's name.
    """

    name: str
    label: str
    what: str
    where: str = ""
    index: str | None = None


def all_of(*markers: object) -> str:
    """Join markers that must all hold; None and empty ones are left out."""
    texts = [str(marker) for marker in markers if marker is not None and str(marker)]
    if len(texts) < 2:
        return "".join(texts)
    return " and ".join(f"({text})" if " or " in text else text for text in texts)


def origins_of(claims: Iterable[Claim], request: Request) -> dict[str, tuple[Origin, ...]]:
    """Return the origins of each project that has more than one.

    Raises :class:`OverlappingSourcesError`.
    """
    by_name: dict[str, list[Claim]] = {}
    for claim in claims:
        known = by_name.setdefault(claim.name, [])
        if claim not in known:
            known.append(claim)
    return {
        name: _origins(name, found, request)
        for name, found in by_name.items()
        if any(claim.where for claim in found) or len({claim.index for claim in found} - {None}) > 1
    }


def _origins(name: str, claims: Sequence[Claim], request: Request) -> tuple[Origin, ...]:
    from wheelright.resolver import Origin, compare_markers

    compared = compare_markers(request, [claim.where for claim in claims])
    for first, second in compared.overlaps:
        one, other = claims[first], claims[second]
        if one.what != other.what:
            raise _overlap(one, other)
    found = [
        Origin(
            claim.label,
            (claim.where,) if claim.where else (),
            words=f"it is taken from {claim.what} only where `{claim.where}`",
        )
        for claim in claims
    ]
    if not compared.whole:
        texts = tuple(claim.where for claim in claims)
        words = f"another source of `{name}` is named there"
        found.append(Origin(ELSEWHERE, unless=texts, words=words))
    return tuple(found)


def _overlap(one: Claim, other: Claim) -> OverlappingSourcesError:
    hints = ["let their markers exclude each other"]
    if "extras" in one.where + other.where or not (one.where and other.where):
        hints.append("extras and groups that are never asked for together belong into `conflicts`")
    return OverlappingSourcesError(
        f"two sources of `{one.name}` hold in the same environments",
        details=[_said(one), _said(other)],
        hints=hints,
    )


def _said(claim: Claim) -> str:
    return f"{claim.what} {f'where `{claim.where}`' if claim.where else 'everywhere'}"


def with_origins(
    policy: Policy,
    origins: Mapping[str, tuple[Origin, ...]],
    claims: Iterable[Claim],
    known: Lock | None,
    urls: Mapping[str, str],
) -> Policy:
    """Return a policy that prefers what was locked from the same origin as before.

    ``urls`` are those of indexes by name. A direct place has one version, nothing to prefer.
    """
    if known is None or not origins:
        return policy
    labels = {
        (claim.name, urls[claim.index].rstrip("/")): claim.label
        for claim in claims
        if claim.index is not None and claim.index in urls
    }
    preferred, locked = dict(policy.preferred), dict(policy.locked)
    for name in origins:
        if preferred.pop(name, None) is None and locked.pop(name, None) is None:
            continue
        locked[name] = tuple(
            (f"{package.version}@{label}", package.marker)
            for package in known.by_name.get(name, ())
            if (label := labels.get((name, package.index.rstrip("/")))
                if package.index else ELSEWHERE) is not None
        )  # fmt: skip
    return replace(policy, preferred=preferred, locked=locked)


def pinned_indexes(claims: Iterable[Claim]) -> Mapping[str, str]:
    """Return the index that each project, or one origin of it (``torch@1``), is bound to."""
    return {
        f"{claim.name}@{claim.label}" if claim.label else claim.name: claim.index
        for claim in claims
        if claim.index is not None
    }
