"""The live progress display, drawn with ``rich``: one line per open stage, on stderr.

Imported late and only on a terminal. The display asks for the stages ten times a second; the
work never waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from wheelright.console.lines import LABELS
from wheelright.console.style import printable
from wheelright.console.text import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.console.reporter import StageState


class RichDisplay:
    """Shows the stages that ``stages`` answers until it is closed, then vanishes."""

    def __init__(
        self, stream: TextIO, stages: Callable[[], list[StageState]], *, color: bool
    ) -> None:
        self._console = Console(file=stream, no_color=not color, highlight=False, markup=False)
        self._stages = stages
        dots = (stream.encoding or "").lower().replace("-", "") == "utf8"
        self._spinner = Spinner("dots" if dots else "line", style="cyan")
        self._live = Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=10,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def print(self, line: str) -> None:
        """Print ``line``, which may hold ANSI codes, above the display."""
        self._console.print(Text.from_ansi(line), soft_wrap=True)

    def update(self) -> None:
        """Do nothing: the display asks by itself."""

    def close(self) -> None:
        """Take the display off the screen."""
        self._live.stop()

    def _draw(self) -> Table:
        table = Table.grid(padding=(0, 1))
        for state in self._stages():
            table.add_row(
                self._spinner,
                Text(LABELS[state.stage]),
                ProgressBar(
                    total=state.total,
                    completed=state.done,
                    width=24,
                    complete_style="cyan",
                    finished_style="green",
                )
                if state.total
                else Text(""),
                Text(_amount(state)),
                Text(printable(state.detail), style="dim", no_wrap=True, overflow="ellipsis"),
            )
        return table


def _amount(state: StageState) -> str:
    if state.stage == "download":
        done = byte_size(state.done)
        return done if state.total is None else f"{done} / {byte_size(state.total)}"
    if state.total is None:
        return str(state.done) if state.done else ""
    return f"{state.done}/{state.total}"
