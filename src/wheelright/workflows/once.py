"""A reporter that says each note and warning once: for verbs that read the project repeatedly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from wheelright.outside.reporting import Reporter, Stage


class Once(Struct, frozen=True):
    """Hands everything on to another reporter; texts that were said before are dropped."""

    reporter: Reporter
    said: set[str] = field(default_factory=set)

    @classmethod
    def over(cls, reporter: Reporter) -> Once:
        """Return such a reporter; one that is such already remembers what it said."""
        return reporter if isinstance(reporter, cls) else cls(reporter)

    def begin(self, stage: Stage, total: int | None = None) -> None:
        """Hand it on."""
        self.reporter.begin(stage, total)

    def advance(self, stage: Stage, steps: int = 1, detail: str = "") -> None:
        """Hand it on."""
        self.reporter.advance(stage, steps, detail)

    def end(self, stage: Stage) -> None:
        """Hand it on."""
        self.reporter.end(stage)

    def note(self, text: str) -> None:
        """Hand it on, the first time."""
        if self._is_new(text):
            self.reporter.note(text)

    def warn(self, text: str) -> None:
        """Hand it on, the first time."""
        if self._is_new(text):
            self.reporter.warn(text)

    def debug(self, text: str) -> None:
        """Hand it on."""
        self.reporter.debug(text)

    def _is_new(self, text: str) -> bool:
        if text in self.said:
            return False
        self.said.add(text)
        return True
