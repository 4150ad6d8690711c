"""What the resolver asks for, and the facts it is sent: plain values, never objects that fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable


Soon: TypeAlias = "tuple[tuple[str, str | None], ...]"
"""Projects, and what their versions will have to satisfy, where that says which it will be."""


class NeedCandidates(Struct, frozen=True):
    """Which versions does a project have? Answered by :class:`Listing`.

    ``soon`` names projects whose candidates will be asked for next: fetch them ahead. With each
    comes what its version will have to satisfy (an empty text: anything), or None where the newest
    that does is not what will be chosen.
    """

    name: str
    soon: Soon = ()


class NeedDependencies(Struct, frozen=True):
    """What does one version require? Answered by :class:`Dependencies` or :class:`Unavailable`.

    ``version`` is the identity of a candidate, as in ``soon``.
    """

    name: str
    version: str
    ahead: Callable[[], tuple[tuple[str, str], ...]] = tuple

    @property
    def soon(self) -> tuple[tuple[str, str], ...]:
        """The (project, version) pairs that the search will very likely visit next.

        Worked out when it is asked for, before the answer is sent; each pair is named once.
        """
        return self.ahead()


Need: TypeAlias = NeedCandidates | NeedDependencies


class Origin(Struct, frozen=True):
    """One of several places that a project comes from, each in environments of its own.

    ``label`` tells them apart; it must not hold ``@``. On offer where one of the markers ``where``
    holds (everywhere without any), and none of ``unless``. ``words`` say that for messages.
    """

    label: str
    where: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    words: str = ""


class Files(Protocol):
    """What the files of a candidate say, worked out when the search first looks at it.

    ``serves`` and ``misfit`` are those of :class:`Candidate`. The answer never changes.
    """

    @property
    def serves(self) -> frozenset[tuple[int, int]] | None:
        """Where the files serve: (point, Python minor) pairs, or None for everywhere."""

    @property
    def misfit(self) -> str:
        """Why not, in words."""


class Candidate(Struct, frozen=True):
    """One version of a project as its index lists it.

    ``requires_python`` is the specifier its files carry; ``yanked`` is False, True or the reason.
    ``serves`` limits where its files can serve: (point of the request, Python minor) pairs, or
    None for everywhere; ``unserved`` are markers of where they cannot. ``misfit`` says in words
    why not ("its wheels need glibc 2.28"). ``files`` say both later, in place of them.
    ``reluctant`` ones are chosen only where no other version is left (they must be built).
    ``origin`` is set where a project has several.
    """

    version: str
    requires_python: str | None = None
    yanked: bool | str = False
    serves: frozenset[tuple[int, int]] | None = None
    misfit: str = ""
    unserved: tuple[str, ...] = ()
    origin: Origin | None = None
    files: Files | None = None
    reluctant: bool = False

    @property
    def served(self) -> frozenset[tuple[int, int]] | None:
        """Where its files serve, as ``serves`` or ``files`` say."""
        return self.serves if self.files is None else self.files.serves

    @property
    def identity(self) -> str:
        """The version, with the label of its origin after ``@``: ``2.5.1@1``."""
        return self.version if self.origin is None else f"{self.version}@{self.origin.label}"


class Listing(Struct, frozen=True):
    """The versions of a project, all valid, newest first. ``unknown`` says why there are none."""

    name: str
    candidates: tuple[Candidate, ...]
    unknown: str | None = None


class Dependencies(Struct, frozen=True):
    """What one version requires: its ``Requires-Dist`` lines as written."""

    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    extras: tuple[str, ...] = ()


class Unavailable(Struct, frozen=True):
    """The metadata of a version cannot be had; the version is left out, for this reason."""

    reason: str


Answer: TypeAlias = Listing | Dependencies | Unavailable
