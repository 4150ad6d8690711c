"""The incompatibilities that a search knows, and what follows from them: unit propagation.

They are kept by project and shape, because nearly all are requirements: one version of one
project, and the versions of another that do not satisfy. When a project changes, only an
incompatibility whose term on it now holds can have come to matter; one that needs a single
version is found by that version, from either side, so that the requirements of versions that
were given up cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from wheelright.resolver.incompatibility import Incompatibility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.resolver.assignments import Assignments
    from wheelright.resolver.incompatibility import Cause

#: The version set of a term, the other project and its version set, and whose terms they are.
Pair: TypeAlias = "tuple[int, int, int, Incompatibility]"


class Required(Struct):
    """What single versions of one project require of another: ``union`` of the versions, by each.

    ``forbidden`` are all versions of the other that any of them does not take.

    Looked through by the versions that are still allowed: falling through a thousand versions
    would cost a million looks otherwise.
    """

    union: int = 0
    forbidden: int = 0
    by_version: dict[int, list[tuple[int, Incompatibility]]] = msgspec.field(default_factory=dict)

    def add(self, version: int, versions: int, incompatibility: Incompatibility) -> None:
        """Take in what ``version``, a set of one, requires."""
        self.union |= version
        self.forbidden |= versions
        known = self.by_version.get(version)
        if known is None:
            self.by_version[version] = [(versions, incompatibility)]
        else:
            known.append((versions, incompatibility))


class Shelf(Struct):
    """The incompatibilities that speak of one project.

    ``alone`` speak of no other; ``exact`` need one version of this project, by that version set;
    ``required`` one version of another, by that project, and ``forbidden`` are all versions that
    these do not take; ``pairs`` are what else speaks of two, and ``paired`` all their versions
    of this project; ``many`` speak of more.
    """

    alone: list[tuple[int, Incompatibility]] = msgspec.field(default_factory=list)
    exact: dict[int, list[Pair]] = msgspec.field(default_factory=dict)
    required: dict[int, Required] = msgspec.field(default_factory=dict)
    forbidden: int = 0
    pairs: list[Pair] = msgspec.field(default_factory=list)
    paired: int = 0
    many: list[tuple[int, Incompatibility]] = msgspec.field(default_factory=list)


class Incompatibilities:
    """All incompatibilities of a search.

    ``changed`` are the projects whose versions were narrowed since the last look, ``fresh`` the
    incompatibilities that are new since then, or were unit before steps were undone.
    """

    __slots__ = ("assignments", "changed", "fresh", "shelves")

    def __init__(self, assignments: Assignments) -> None:
        self.assignments = assignments
        self.shelves: list[Shelf] = []
        self.changed: list[int] = []
        self.fresh: list[Incompatibility] = []

    def add(self, incompatibility: Incompatibility) -> None:
        """Take in an incompatibility; what it says of the present is found by the next look."""
        self.fresh.append(incompatibility)
        terms = incompatibility.terms
        if len(terms) == 2:
            (one, versions), (other, others) = terms.items()
            self._pair(one, versions, other, others, incompatibility)
            self._pair(other, others, one, versions, incompatibility)
            return
        for project, versions in terms.items():
            shelf = self.shelves[project]
            (shelf.alone if len(terms) == 1 else shelf.many).append((versions, incompatibility))

    def require(
        self, project: int, version: int, child: int, others: int, where: int, cause: Cause
    ) -> None:
        """Take in that ``version``, a set of one, requires ``child``: ``others`` will not do."""
        incompatibility = Incompatibility({project: version, child: others}, where, cause)
        self.fresh.append(incompatibility)
        pair = version, child, others, incompatibility
        exact = self.shelves[project].exact
        known = exact.get(version)
        if known is None:
            exact[version] = [pair]
        else:
            known.append(pair)
        if others & (others - 1) == 0:  # found by that version, too
            self._pair(child, others, project, version, incompatibility)
            return
        shelf = self.shelves[child]
        required = shelf.required.get(project)
        if required is None:
            required = shelf.required[project] = Required()
        required.add(version, others, incompatibility)
        shelf.forbidden |= others

    def _pair(
        self,
        project: int,
        versions: int,
        other: int,
        others: int,
        incompatibility: Incompatibility,
    ) -> None:
        shelf = self.shelves[project]
        if versions & (versions - 1) == 0:
            pair = versions, other, others, incompatibility
            known = shelf.exact.get(versions)
            if known is None:
                shelf.exact[versions] = [pair]
            else:
                known.append(pair)
        elif others & (others - 1) == 0:
            required = shelf.required.get(other)
            if required is None:
                required = shelf.required[other] = Required()
            required.add(others, versions, incompatibility)
            shelf.forbidden |= versions
        else:
            shelf.pairs.append((versions, other, others, incompatibility))
            shelf.paired |= versions

    def propagate(self) -> Incompatibility | None:
        """Derive until nothing follows; return an incompatibility all of whose terms hold."""
        changed, fresh = self.changed, self.fresh
        while changed or fresh:
            while fresh:
                incompatibility = fresh.pop()
                if self._follow(incompatibility):
                    return incompatibility
            if changed:
                project = changed.pop()
                conflict = self._look(project)
                if conflict is not None:
                    changed.append(project)
                    return conflict
        return None

    def _look(self, project: int) -> Incompatibility | None:
        """Derive what follows from a change of one project, or return a conflict."""
        shelf, allowed = self.shelves[project], self.assignments.allowed
        for versions, incompatibility in reversed(shelf.alone):
            if allowed[project] & versions and self._follow(incompatibility):
                return incompatibility
        current = allowed[project]
        conflict = self._look_pairs(shelf, current)
        if conflict is None and current & ~shelf.forbidden == 0:
            conflict = self._look_required(shelf, current)
        if conflict is not None:
            return conflict
        for versions, incompatibility in reversed(shelf.many):
            if current & ~versions == 0 and self._follow(incompatibility):
                return incompatibility
        return None

    def _look_pairs(self, shelf: Shelf, current: int) -> Incompatibility | None:
        """Derive what follows for those of two projects, but for ``required``."""
        allowed = self.assignments.allowed
        for _, other, others, incompatibility in reversed(shelf.exact.get(current, ())):
            if allowed[other] & others and self._follow(incompatibility):
                return incompatibility
        if current & ~shelf.paired:
            return None
        for versions, other, others, incompatibility in reversed(shelf.pairs):
            if (
                current & ~versions == 0
                and allowed[other] & others
                and self._follow(incompatibility)
            ):
                return incompatibility
        return None

    def _look_required(self, shelf: Shelf, current: int) -> Incompatibility | None:
        """Derive what follows for those that require a project, of which ``current`` is left."""
        allowed = self.assignments.allowed
        for other, required in shelf.required.items():
            if current & ~required.forbidden:
                continue
            left = allowed[other] & required.union
            while left:
                version = left & -left
                left ^= version
                for versions, incompatibility in required.by_version[version]:
                    if current & ~versions == 0 and self._follow(incompatibility):
                        return incompatibility
        return None

    def _follow(self, incompatibility: Incompatibility) -> bool:
        """Derive what an incompatibility says of the present; return whether all its terms hold."""
        allowed, project = self.assignments.allowed, -1
        for other, versions in incompatibility.terms.items():
            current = allowed[other]
            if current & ~versions == 0:
                continue
            if current & versions == 0 or project >= 0:
                return False
            project = other
        if project < 0:
            return True
        self.assignments.derive(project, ~incompatibility.terms[project], incompatibility)
        self.changed.append(project)
        return False

    def _holds_beside(self, incompatibility: Incompatibility, project: int) -> bool:
        """Whether all terms hold but that on ``project``."""
        allowed = self.assignments.allowed
        for other, versions in incompatibility.terms.items():
            if other != project and allowed[other] & ~versions:
                return False
        return True

    def barring(self, project: int, bit: int) -> Iterator[Incompatibility]:
        """Yield those that would hold if ``bit`` were chosen, by what is known of the others."""
        allowed = self.assignments.allowed
        shelf = self.shelves[project]
        for versions, incompatibility in shelf.alone:
            if versions >> bit & 1:
                yield incompatibility
        version = 1 << bit
        for _, other, others, incompatibility in shelf.exact.get(version, ()):
            if allowed[other] & ~others == 0:
                yield incompatibility
        for versions, other, others, incompatibility in (
            shelf.pairs if shelf.paired & version else ()
        ):
            if versions & version and allowed[other] & ~others == 0:
                yield incompatibility
        if shelf.forbidden & version:
            yield from self._barring_required(shelf, version)
        for versions, incompatibility in shelf.many:
            if versions & version and self._holds_beside(incompatibility, project):
                yield incompatibility

    def _barring_required(self, shelf: Shelf, version: int) -> Iterator[Incompatibility]:
        allowed = self.assignments.allowed
        for other, required in shelf.required.items():
            if required.forbidden & version:
                for versions, incompatibility in required.by_version.get(allowed[other], ()):
                    if versions & version:
                        yield incompatibility

    def forget(self) -> None:
        """Drop incompatibilities that can never hold again; only meaningful on level 0.

        A term outside what level 0 allows is false for good. Without this, each version that
        falls against a requirement of the project itself leaves what was learned behind.
        """
        allowed = self.assignments.allowed
        for project, shelf in enumerate(self.shelves):
            here = allowed[project]
            shelf.pairs = [p for p in shelf.pairs if here & p[0] and allowed[p[1]] & p[2]]
            shelf.exact = {one: pairs for one, pairs in shelf.exact.items() if here & one}
            for other, required in shelf.required.items():
                left = required.union & allowed[other]
                if left != required.union:
                    required.union = left
                    kept = {v: found for v, found in required.by_version.items() if v & left}
                    required.by_version = kept
            shelf.many = [
                (versions, incompatibility)
                for versions, incompatibility in shelf.many
                if all(allowed[p] & others for p, others in incompatibility.terms.items())
            ]
