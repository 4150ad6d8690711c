"""How work tells the world how far it is: a protocol, and one that says nothing.

``console`` implements the protocol for people; tests use :class:`Silent` or a list of their own.
Implementations are called from several threads.
"""

from __future__ import annotations

from typing import Literal, Protocol

Stage = Literal["resolve", "download", "build", "install"]


class Reporter(Protocol):
    """Hears of progress, notes and warnings."""

    def begin(self, stage: Stage, total: int | None = None) -> None:
        """Say that a stage starts; ``total`` counts its steps (or bytes for downloads)."""

    def advance(self, stage: Stage, steps: int = 1, detail: str = "") -> None:
        """Say that ``steps`` more of a stage are done; ``detail`` names what is at work."""

    def end(self, stage: Stage) -> None:
        """Say that a stage is over."""

    def note(self, text: str) -> None:
        """Tell something worth knowing that needs no action."""

    def warn(self, text: str) -> None:
        """Tell something that the user should act on."""

    def debug(self, text: str) -> None:
        """Tell a detail of the search or of the work, shown with ``-v``."""


class Silent:
    """A reporter that drops everything it hears."""

    def begin(self, stage: Stage, total: int | None = None) -> None:
        """Drop it."""

    def advance(self, stage: Stage, steps: int = 1, detail: str = "") -> None:
        """Drop it."""

    def end(self, stage: Stage) -> None:
        """Drop it."""

    def note(self, text: str) -> None:
        """Drop it."""

    def warn(self, text: str) -> None:
        """Drop it."""

    def debug(self, text: str) -> None:
        """Drop it."""
