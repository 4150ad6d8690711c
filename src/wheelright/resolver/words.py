"""Words for versions, requirements and reasons: the only place that speaks of version sets.

Runs of versions are said by their ends in the order of versions, whatever the order of choice;
versions that are never chosen (yanked, barred pre-releases) do not interrupt a run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.resolver.candidates import version_of
from wheelright.resolver.incompatibility import (
    BarredCause,
    MisfitCause,
    PythonCause,
    RequirementCause,
    SameVersionCause,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelright.resolver.graph import Node
    from wheelright.resolver.incompatibility import Incompatibility

#: At most so many runs of versions are said one by one.
RUNS = 3
#: At most so many reasons for which files do not fit are told of one project.
REASONS = 2
_EXTRA = re.compile(r"""\s*(?:;|\band\b)\s*extra\s*==\s*(?:"[^"]*"|'[^']*')$""")
#: Reasons of barred versions that read on after "is".
STATES = ("yanked", "a pre-release", "excluded")


class Words(Struct):
    """Says things about the projects of one search; ``project`` is the name of the user's own."""

    project: str
    nodes: Sequence[Node]
    _orders: dict[int, list[int]] = field(default_factory=dict)

    def name(self, project: int) -> str:
        """Return the name of a project or extra as it is written in requirements."""
        name, extra = self.nodes[project].key
        if not name:
            return self.project
        return f"{name}[{extra}]" if extra else name

    def versions(self, project: int, versions: int) -> str:
        """Say a version set: one version, all, or runs by their ends."""
        candidates = self.nodes[project].candidates
        name = self.name(project)
        chosen = versions & candidates.any
        free = 0
        for bit in candidates.barred:
            free |= 1 << bit
        if chosen & free and chosen & ~free:
            chosen &= ~free
        elif chosen & free:
            free = 0
        if not chosen:
            return f"no version of `{name}`"
        if chosen | free == candidates.any:
            return f"all versions of `{name}`" if chosen.bit_count() > 1 else f"`{name}`"
        order = [bit for bit in self._order(project) if not free >> bit & 1]
        return _runs(name, order, chosen, [candidates.version(bit) for bit in order])

    def _order(self, project: int) -> list[int]:
        """Return the bits of a project in the order of versions."""
        known = self._orders.get(project)
        if known is None:
            candidates = self.nodes[project].candidates
            bits = range(1, len(candidates.order) + 1)
            known = sorted(bits, key=lambda bit: version_of(candidates.version(bit)))
            self._orders[project] = known
        return known

    def requirement(self, leaves: Sequence[Incompatibility]) -> str:
        """Say the requirements of one parent on one child, those of several versions as one."""
        causes = [cause_of(leaf) for leaf in leaves]
        parent = next(iter(leaves[0].terms))
        versions = 0
        for leaf in leaves:
            versions |= leaf.terms[parent]
        if parent == 0:
            entry = causes[0].entry
            who = f"`{self.project}` requires"
            part, of, member = entry.rpartition(" of ")
            if of or entry.startswith("member "):  # of a workspace
                who = member.removeprefix("member ") + (f" ({part})" if part else "") + " requires"
            elif entry and entry != "the project":
                who = f"`{self.project}` ({entry}) requires"
        else:
            what = self.versions(parent, versions)
            who = f"{what} {'require' if plural(what) else 'requires'}"
        return f"{who} {self._wish(causes)}"

    def _wish(self, causes: Sequence[RequirementCause]) -> str:
        texts = list(dict.fromkeys(_written(cause) for cause in causes))
        child = causes[0].child
        candidates = self.nodes[child].candidates
        united = 0
        for cause in causes:
            united |= cause.matching
        if candidates.unknown:
            named = f"`{texts[0]}`" if len(texts) == 1 else f"`{candidates.name}`"
            return f"{named}, and {candidates.unknown}"
        if united == 0:
            shown = " or ".join(f"`{text}`" for text in texts[:2])
            more = " and so on" if len(texts) > 2 else ""
            return f"{shown}{more}, but no version of `{candidates.name}` matches"
        for cause in causes:
            if cause.matching == united:
                return f"`{_written(cause)}`"
        return self.wanted(child, united)

    def wanted(self, project: int, versions: int) -> str:
        """Say versions that are asked for; all of them are asked for by the name alone."""
        if versions & (whole := self.nodes[project].candidates.any) == whole:
            return f"`{self.name(project)}`"
        return self.versions(project, versions)

    def need(self, project: int, causes: Sequence[RequirementCause], versions: int) -> str:
        """Say what is wanted of a project: as it was written where one line says it all."""
        for cause in causes:
            if cause.matching == versions and cause.child == project:
                return f"`{cause.dependency.wish}`"
        return self.wanted(project, versions)

    def state(self, leaves: Sequence[Incompatibility]) -> str:
        """Say why versions of one project are never chosen, or not everywhere."""
        ((project, versions),) = leaves[0].terms.items()
        for leaf in leaves[1:]:
            versions |= leaf.terms[project]
        what = self.versions(project, versions)
        many = plural(what)
        cause = leaves[0].cause
        if isinstance(cause, PythonCause):
            bounds = dict.fromkeys(
                leaf.cause.requires_python for leaf in leaves if isinstance(leaf.cause, PythonCause)
            )
            text = " or ".join(bounds) if len(bounds) <= 2 else "newer ones"
            return f"{what} {'need' if many else 'needs'} Python {text}"
        assert isinstance(cause, BarredCause | MisfitCause)
        reasons = dict.fromkeys(
            leaf.cause.reason for leaf in leaves if isinstance(leaf.cause, MisfitCause)
        )
        if len(reasons) > 1:
            return self._unfit(project, versions, leaves)
        if cause.reason.startswith(STATES):
            reason = cause.reason
            if many and reason == "a pre-release":
                reason = "pre-releases"
            return f"{what} {'are' if many else 'is'} {reason}"
        return f"{what} cannot be used ({cause.reason})"

    def _unfit(self, project: int, versions: int, leaves: Sequence[Incompatibility]) -> str:
        """Say of versions whose files fit for many reasons not: that of the newest is told."""
        order = self._order(project)
        newest = max((bit for bit in order if versions >> bit & 1), key=order.index)
        first = next(leaf for leaf in leaves if leaf.terms[project] >> newest & 1)
        assert isinstance(first.cause, MisfitCause)
        alike = 0
        for leaf in leaves:
            if isinstance(leaf.cause, MisfitCause) and leaf.cause.reason == first.cause.reason:
                alike |= leaf.terms[project]
        others = (versions & ~alike).bit_count()
        what = self.versions(project, alike)
        return f"{what} cannot be used ({first.cause.reason}), nor can {others} older versions"

    def same(self, leaf: Incompatibility) -> str:
        """Say that a project and its extra are one version."""
        one, other = leaf.terms
        return f"`{self.name(one)}` and `{self.name(other)}` are one version"

    def leaves(self, leaves: Sequence[Incompatibility]) -> str:
        """Say leaves of one kind (see :func:`kind_of`) in one clause."""
        cause = leaves[0].cause
        if isinstance(cause, RequirementCause):
            return self.requirement(leaves)
        if isinstance(cause, SameVersionCause):
            return self.same(leaves[0])
        return self.state(leaves)


def gathered(leaves: Iterable[Incompatibility]) -> list[list[Incompatibility]]:
    """Gather leaves that one clause can say.

    Versions that fail for want of files are one clause as well where there are more reasons than
    anyone reads.
    """
    groups: dict[tuple[object, ...], list[Incompatibility]] = {}
    unfit: dict[int, list[tuple[object, ...]]] = {}
    for leaf in leaves:
        kind = kind_of(leaf)
        if kind not in groups and isinstance(leaf.cause, MisfitCause):
            unfit.setdefault(next(iter(leaf.terms)), []).append(kind)
        groups.setdefault(kind, []).append(leaf)
    for first, *others in (kinds for kinds in unfit.values() if len(kinds) > REASONS):
        for kind in others:
            groups[first] += groups.pop(kind)
    return list(groups.values())


def _written(cause: RequirementCause) -> str:
    """Return a requirement as written, but for the extra, which its holder's name says."""
    return _EXTRA.sub("", cause.dependency.text.strip())


def plural(what: str) -> bool:
    """Whether words for versions read as a plural: anything but one quoted name."""
    return not what.startswith("`") or " " in what


def cause_of(leaf: Incompatibility) -> RequirementCause:
    """Return the cause of a leaf that is known to state a requirement."""
    assert isinstance(leaf.cause, RequirementCause)
    return leaf.cause


def kind_of(leaf: Incompatibility) -> tuple[object, ...]:
    """Return what two leaves must share to be said in one clause."""
    cause = leaf.cause
    first = next(iter(leaf.terms), -1)
    if isinstance(cause, RequirementCause):
        return ("requires", first, cause.child, cause.entry, bool(cause.matching), first == 0)
    if isinstance(cause, SameVersionCause):
        return ("same", *leaf.terms)
    if isinstance(cause, PythonCause):
        return ("python", first)
    assert isinstance(cause, BarredCause | MisfitCause)
    return ("state", first, cause.reason)


def _runs(name: str, order: Sequence[int], chosen: int, texts: Sequence[str]) -> str:
    """Say a set as runs along ``order``: ``a<=1.2``, `a` 1.0 to 1.4, ``a>=2.0``."""
    runs: list[tuple[int, int]] = []
    for position, bit in enumerate(order):
        if not chosen >> bit & 1:
            continue
        if runs and runs[-1][1] == position - 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    last_of_all = len(order) - 1
    words = []
    for first, last in runs:
        if first == last:
            words.append(f"`{name}=={texts[first]}`")
        elif first == 0:
            words.append(f"`{name}<={texts[last]}`")
        elif last == last_of_all:
            words.append(f"`{name}>={texts[first]}`")
        else:
            words.append(f"`{name}` {texts[first]} to {texts[last]}")
    if len(words) > RUNS:
        return f"{chosen.bit_count()} versions of `{name}`"
    return " or ".join(words)
