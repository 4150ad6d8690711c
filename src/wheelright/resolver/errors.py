"""Errors of the resolver."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from wheelright.errors import RequestError


class Premise(Struct, frozen=True):
    """One fact that a proof stands on.

    ``project`` is a name, ``name[extra]``, or "" for the user's project; ``text`` the requirement
    as written, or why the ``versions`` are not used, by ``kind``.
    """

    kind: Literal["requires", "barred", "python", "misfit", "same"]
    project: str
    versions: tuple[str, ...]
    text: str


class ResolutionFailure(RequestError):  # noqa: N818 - an answer, not a fault
    """No set of versions meets the requirements; ``details`` hold the proof as prose.

    ``culprits`` are the names of the projects that the proof speaks of, nearest first,
    so that a driver can add hints from what it knows of them. ``premises`` are the facts that
    cannot all hold, and ``marker`` says in which environments (None: in all of them).
    """

    def __init__(
        self,
        message: str,
        *,
        details: tuple[str, ...],
        hints: tuple[str, ...] = (),
        culprits: tuple[str, ...] = (),
        premises: tuple[Premise, ...] = (),
        marker: str | None = None,
    ) -> None:
        super().__init__(message, details=details, hints=hints)
        self.culprits = culprits
        self.premises = premises
        self.marker = marker
