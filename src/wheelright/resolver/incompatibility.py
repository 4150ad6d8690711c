"""Incompatibilities: sets of terms that cannot all hold, where they hold, and why.

A term is a project and a version set. It is *satisfied* when the versions still allowed for the
project lie within the set. See "incompatibility" in docs/design/resolver.md.

Each incompatibility also carries the environments in which it is true (``where``). A derived
one is true where both its causes are. One that is true nowhere in the set being solved is no
conflict at all: it says that the set must be split.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.resolver.requirements import Dependency

#: Project number to version set.
Terms: TypeAlias = Mapping[int, int]


class RequirementCause(Struct, frozen=True):
    """A version requires something. ``entry`` names the part of the project for its own."""

    dependency: Dependency
    child: int
    matching: int  # the versions of the child that satisfy
    entry: str = ""


class SameVersionCause(Struct, frozen=True):
    """A project and its extras are one version."""


class BarredCause(Struct, frozen=True):
    """Versions that are never chosen: yanked, pre-releases, unreadable metadata, no files."""

    reason: str


class PythonCause(Struct, frozen=True):
    """Versions that need a newer Python than some environments have."""

    requires_python: str


class MisfitCause(Struct, frozen=True):
    """Versions whose files do not serve some environments."""

    reason: str


class Derived(Struct, frozen=True):
    """Follows from two others by resolution on ``pivot``, a project of both."""

    left: Incompatibility
    right: Incompatibility
    pivot: int


Cause: TypeAlias = (
    RequirementCause | SameVersionCause | BarredCause | PythonCause | MisfitCause | Derived
)


class Incompatibility(Struct, frozen=True, eq=False):
    """Terms that cannot all hold at once in the environments ``where``."""

    terms: Terms
    where: int
    cause: Cause


def resolvent(
    one: Incompatibility, other: Incompatibility, pivot: int, full: int
) -> Incompatibility:
    """Return what follows from two incompatibilities that speak of ``pivot`` (resolution rule).

    The pivot's sets are united, all others intersected; ``full`` is the pivot's full set.
    """
    terms = dict(one.terms)
    for project, versions in other.terms.items():
        if project == pivot:
            continue
        terms[project] = terms[project] & versions if project in terms else versions
    united = one.terms[pivot] | other.terms[pivot]
    if united == full:
        del terms[pivot]
    else:
        terms[pivot] = united
    return Incompatibility(terms, one.where & other.where, Derived(one, other, pivot))


def leaves(root: Incompatibility) -> list[Incompatibility]:
    """Return the underived incompatibilities below ``root``, each once, leftmost first."""
    seen: set[int] = set()
    found: list[Incompatibility] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node.cause, Derived):
            stack += (node.cause.right, node.cause.left)
        else:
            found.append(node)
    return found


def constrained(dependency: Dependency) -> BarredCause:
    """Return the cause of what a constraint of the project rules out."""
    return BarredCause(f"excluded by the constraint `{dependency.text}`")
