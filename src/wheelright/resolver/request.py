"""What is to be resolved: root requirements, environments and the policy of choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping


class Entry(Struct, frozen=True):
    """A door into the graph: the project itself, one of its extras or one of its groups."""

    kind: Literal["project", "extra", "group"] = "project"
    name: str = ""

    def __str__(self) -> str:
        if self.kind == "group" and self.name.startswith("@"):
            return _door_words(self.name[1:])
        return {"project": "the project", "extra": f"extra `{self.name}`"}.get(
            self.kind, f"group `{self.name}`"
        )


def _door_words(door: str) -> str:
    """Say what of a workspace's member a group stands for: ``core``, ``core[x]``, ``core:dev``."""
    name, colon, group = door.partition(":")
    name, bracket, extra = name.partition("[")
    if colon:
        return f"group `{group}` of `{name}`"
    return f"extra `{extra[:-1]}` of `{name}`" if bracket else f"member `{name}`"


#: One side of a conflict: an entry, and those that hold its requirements too.
Side: TypeAlias = tuple[Entry, ...]


class RootRequirement(Struct, frozen=True):
    """One requirement of the project as written, and the entry that holds it."""

    text: str
    entry: Entry = Entry()


class Edit(Struct, frozen=True):
    """A change of what one project (in one ``version``, or in any) requires.

    ``requires`` takes the place of its requirements on the same projects, or is added; ``without``
    names projects that it shall not require. An edit counts before overrides.
    """

    name: str
    version: str | None = None
    requires: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()


class Policy(Struct, frozen=True):
    """How to choose among versions that all satisfy.

    ``preferred`` maps a project to versions that win while they satisfy (those locked before);
    ``locked`` does so for projects locked in several versions, each with the marker where.
    ``constraints`` limit versions of projects that are needed anyway; ``overrides`` replace every
    requirement on their project; ``excludes`` names projects whose requirement is ignored.
    ``edits`` change what single projects require. ``prereleases`` says for single projects what
    ``prerelease`` says for all.
    """

    resolution: Literal["highest", "lowest", "lowest-direct"] = "highest"
    prerelease: str = "if-necessary-or-explicit"
    preferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    locked: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    prereleases: Mapping[str, str] = field(default_factory=dict)
    excludes: frozenset[str] = frozenset()
    edits: tuple[Edit, ...] = ()


class Request(Struct, frozen=True):
    """A question to the resolver.

    ``requires_python`` bounds the Pythons (both ends count). ``points`` fixes the rest of each
    environment where targets are declared: one mapping of marker values per target; empty means
    universal. ``point_pythons`` bounds the Pythons of each, and ``point_optional`` are minors of
    each that may be left out, newest first, where nothing serves them. ``python_exact`` asks for
    that one Python alone. ``environments`` are markers; the lock then covers only where one of
    them holds. ``name`` is the project's, for messages.
    ``conflicts`` are sets of sides, each of one or more entries; entries of two sides of one set
    are never asked for together, and need not agree on versions.
    """

    name: str
    roots: tuple[RootRequirement, ...]
    requires_python: str = ">=3.8"
    points: tuple[Mapping[str, str], ...] = ()
    point_pythons: tuple[str, ...] = ()
    point_optional: tuple[frozenset[int], ...] = ()
    python_exact: str | None = None
    environments: tuple[str, ...] = ()
    conflicts: tuple[tuple[Side, ...], ...] = ()
    policy: Policy = field(default_factory=Policy)
