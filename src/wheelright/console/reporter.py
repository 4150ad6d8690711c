"""The reporter for people: notes and warnings as lines, progress as a live display.

Implements :class:`wheelright.outside.reporting.Reporter`. Called from several threads. The
display appears only when work takes longer than a moment, so that quick commands neither flicker
nor pay for importing ``rich``. Off a terminal it is lines: a log must not be silent for the minutes
of a build.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from wheelright.console.style import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.console.screen import Screen
    from wheelright.outside.reporting import Stage

DELAY = 0.3  # seconds of work before the display appears
FIRST_LINE = 0.7  # seconds after the start, at which work in progress is told off a terminal


class StageState(Struct):
    """How far a stage is. ``total`` is ``None`` while unknown; ``depth`` counts open begins."""

    stage: Stage
    total: int | None = None
    done: int = 0
    detail: str = ""
    depth: int = 1


class Display(Protocol):
    """What shows the stages while they run."""

    def print(self, line: str) -> None:
        """Print ``line`` above the display."""

    def update(self) -> None:
        """Hear that the stages changed."""

    def close(self) -> None:
        """Take the display off the screen."""


class ConsoleReporter:
    """Tells a person how far the work is.

    ``progress`` allows the display; it is never shown with ``-q``. ``delay`` is in seconds; 0 shows
    it at once. ``make_display`` makes that of a terminal; it is handed the function that answers
    the stages of the moment.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        progress: bool = True,
        delay: float = DELAY,
        make_display: Callable[[Callable[[], list[StageState]]], Display] | None = None,
    ) -> None:
        self._screen = screen
        self._live = progress and not screen.quiet
        self._delay = delay
        self._make_display: Callable[[Callable[[], list[StageState]]], Display]
        self._make_display = self._lines_display
        self._due = time.monotonic() + FIRST_LINE
        if screen.err.isatty():
            self._make_display = make_display or self._rich_display
            self._due = 0.0
        self._lock = threading.RLock()
        self._stages: dict[Stage, StageState] = {}
        self._display: Display | None = None
        self._timer: threading.Timer | None = None
        self._told: list[str] = []

    def begin(self, stage: Stage, total: int | None = None) -> None:
        """Open a stage; one that is open already grows by ``total``."""
        with self._lock:
            state = self._stages.get(stage)
            if state is None:
                self._stages[stage] = StageState(stage, total)
            else:
                state.depth += 1
                if total is not None:
                    state.total = (state.total or 0) + total
            if self._live and self._display is None and self._timer is None:
                wait = max(self._delay, self._due - time.monotonic()) if self._delay else 0
                self._timer = threading.Timer(wait, self._open)
                self._timer.daemon = True
                if wait > 0:
                    self._timer.start()
                else:
                    self._open()
            self._changed()

    def advance(self, stage: Stage, steps: int = 1, detail: str = "") -> None:
        """Count ``steps``; a stage that was never opened is ignored."""
        with self._lock:
            state = self._stages.get(stage)
            if state is not None:
                state.done += steps
                state.detail = detail or state.detail
                self._changed()

    def end(self, stage: Stage) -> None:
        """Close a stage; the display goes with the last one."""
        with self._lock:
            state = self._stages.get(stage)
            if state is None:
                return
            state.depth -= 1
            if state.depth == 0:
                del self._stages[stage]
            if not self._stages:
                self._close_display()

    def note(self, text: str) -> None:
        """Print ``note: text``, unless ``-q``."""
        if not self._screen.quiet:
            self._line("note:", "cyan", text)

    def warn(self, text: str) -> None:
        """Print ``warning: text``, unless ``-qq``."""
        if self._screen.quiet < 2:
            self._line("warning:", "yellow", text)

    def debug(self, text: str) -> None:
        """Print ``debug: text`` with ``-v``."""
        if self._screen.verbose:
            self._line("debug:", "dim", text)

    def close(self) -> None:
        """Forget every stage and take the display off the screen."""
        with self._lock:
            self._stages.clear()
            self._close_display()

    def _line(self, label: str, color: str, text: str) -> None:
        first, *more = printable(text).split("\n")
        lines = [f"{self._screen.err_style.paint(label, color)} {first}"]
        lines += [f"  {line}".rstrip() for line in more]
        with self._lock:
            self._told.append(text)
            if self._display is None:
                self._screen.error(lines)
            else:
                self._display.print("\n".join(lines))

    def _changed(self) -> None:
        if self._display is not None:
            self._display.update()

    def _open(self) -> None:
        """Show the display (called by the timer). The import is done outside the lock."""
        display = self._make_display(self._snapshot)
        with self._lock:
            wanted = self._timer is not None and self._display is None
            if wanted:
                self._display = display
                display.update()
        if not wanted:
            display.close()

    def _close_display(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._display is not None:
            self._display.close()
            self._display = None

    def _snapshot(self) -> list[StageState]:
        return list(self._stages.values())

    def _lines_display(self, stages: Callable[[], list[StageState]]) -> Display:
        from wheelright.console.lines import LinesDisplay

        return LinesDisplay(self._screen, stages, self._told)

    def _rich_display(self, stages: Callable[[], list[StageState]]) -> Display:
        from wheelright.console.progress import RichDisplay

        return RichDisplay(self._screen.err, stages, color=self._screen.err_style.enabled)
