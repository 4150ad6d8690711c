"""The reporter for people: notes and warnings as lines, progress as a live display.

Implements :class:`wheelright.outside.reporting.Reporter`. Called from several threads. The
display appears only on a terminal and only when work takes longer than a moment, so that quick
commands neither flicker nor pay for importing ``rich``.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from wheelright.console.style import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.console.screen import Screen
    from wheelright.outside.reporting import Stage

DELAY = 0.3  # seconds of work before the display appears


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

    def close(self) -> None:
        """Take the display off the screen."""


class ConsoleReporter:
    """Tells a person how far the work is.

    ``progress`` allows the live display; it is never shown off a terminal or with ``-q``.
    ``delay`` is in seconds; 0 shows it at once. ``make_display`` is handed
    the function that answers the stages of the moment.
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
        self._live = progress and not screen.quiet and screen.err.isatty()
        self._delay = delay
        self._make_display = make_display or self._rich_display
        self._lock = threading.RLock()
        self._stages: dict[Stage, StageState] = {}
        self._display: Display | None = None
        self._timer: threading.Timer | None = None

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
                self._timer = threading.Timer(self._delay, self._open)
                self._timer.daemon = True
                if self._delay > 0:
                    self._timer.start()
                else:
                    self._open()

    def advance(self, stage: Stage, steps: int = 1, detail: str = "") -> None:
        """Count ``steps``; a stage that was never opened is ignored."""
        with self._lock:
            state = self._stages.get(stage)
            if state is not None:
                state.done += steps
                state.detail = detail or state.detail

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
            if self._display is None:
                self._screen.error(lines)
            else:
                self._display.print("\n".join(lines))

    def _open(self) -> None:
        """Show the display (called by the timer). The import is done outside the lock."""
        display = self._make_display(self._snapshot)
        with self._lock:
            wanted = self._timer is not None and self._display is None
            if wanted:
                self._display = display
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

    def _rich_display(self, stages: Callable[[], list[StageState]]) -> Display:
        from wheelright.console.progress import RichDisplay

        return RichDisplay(self._screen.err, stages, color=self._screen.err_style.enabled)
