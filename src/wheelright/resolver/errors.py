"""Errors of the resolver."""

from __future__ import annotations

from wheelright.errors import RequestError


class ResolutionFailure(RequestError):  # noqa: N818 - an answer, not a fault
    """No set of versions meets the requirements; ``details`` hold the proof as prose.

    ``culprits`` are the names of the projects that the proof speaks of, nearest first,
    so that a driver can add hints from what it knows of them.
    """

    def __init__(
        self,
        message: str,
        *,
        details: tuple[str, ...],
        hints: tuple[str, ...] = (),
        culprits: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, details=details, hints=hints)
        self.culprits = culprits
