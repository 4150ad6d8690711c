"""Progress off a terminal, in a log of a CI run or a file: a line for what takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.console.style import printable
from wheelright.console.text import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.console.reporter import StageState
    from wheelright.console.screen import Screen

LABELS = {
    "resolve": "Resolving",
    "download": "Downloading",
    "build": "Building",
    "install": "Installing",
}


class LinesDisplay:
    """Tells of each stage, and of each thing that is built, once.

    ``told`` is what was told already, by this display and those before it; notes that were printed
    count too, so that a build they speak of is not told again.
    """

    def __init__(
        self, screen: Screen, stages: Callable[[], list[StageState]], told: list[str]
    ) -> None:
        self._screen = screen
        self._stages = stages
        self._told = told

    def update(self) -> None:
        """Tell what is new."""
        for state in self._stages():
            line = self._line(state)
            if line is not None and line not in self._told:
                self._told.append(line)
                self._screen.error([line])

    def print(self, line: str) -> None:
        """Print ``line``."""
        self._screen.error(line.split("\n"))

    def close(self) -> None:
        """Stop telling; nothing has to be taken away."""

    def _line(self, state: StageState) -> str | None:
        label = LABELS[state.stage]
        if state.stage == "build":
            what = printable(state.detail)
            if not what or any(f"`{what}`" in line for line in self._told):
                return None
            return f"{label} {what} ..."
        if state.stage == "download" and state.total:
            return f"{label} {byte_size(state.total)} ..."
        return f"{label} ..."
