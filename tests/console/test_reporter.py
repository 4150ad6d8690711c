"""The reporter: lines off a terminal, a display on one."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from wheelright.console import Screen
from wheelright.console.progress import RichDisplay
from wheelright.console.reporter import ConsoleReporter, StageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.outside.reporting import Reporter


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Recorded:
    """A display that keeps what it is told."""

    def __init__(self, stages: Callable[[], list[StageState]]) -> None:
        self.stages = stages
        self.lines: list[str] = []
        self.closed = threading.Event()

    def print(self, line: str) -> None:
        self.lines.append(line)

    def update(self) -> None:
        pass

    def close(self) -> None:
        self.closed.set()


class Displays:
    """Makes displays, and lets a test wait for one."""

    def __init__(self) -> None:
        self.made: list[Recorded] = []
        self.opened = threading.Event()

    def __call__(self, stages: Callable[[], list[StageState]]) -> Recorded:
        display = Recorded(stages)
        self.made.append(display)
        self.opened.set()
        return display


def screen(err: io.StringIO, quiet: int = 0, verbose: int = 0) -> Screen:
    return Screen(io.StringIO(), err, environ={}, quiet=quiet, verbose=verbose)


def work(reporter: Reporter) -> None:
    reporter.begin("resolve")
    reporter.advance("resolve", 3, "flask")
    reporter.note("a note")
    reporter.warn("a warning\nof two lines")
    reporter.debug("a detail")
    reporter.end("resolve")
    reporter.begin("download", 2048)
    reporter.advance("download", 1024, "flask-3.1.0.whl")
    reporter.end("download")


def test_off_a_terminal_there_are_lines_and_no_control_codes() -> None:
    err, displays = io.StringIO(), Displays()
    reporter = ConsoleReporter(screen(err), delay=0, make_display=displays)
    work(reporter)
    reporter.close()
    assert err.getvalue() == (
        "Resolving ...\nnote: a note\nwarning: a warning\n  of two lines\nDownloading 2.0 KiB ...\n"
    )
    assert displays.made == []


def test_off_a_terminal_each_build_is_told_once() -> None:
    err = io.StringIO()
    reporter = ConsoleReporter(screen(err), delay=0)
    reporter.note("building the wheel of `app`")
    reporter.begin("resolve")
    for name in ("native-1.0.tar.gz", "app", "other\x1b[2J", "native-1.0.tar.gz"):
        reporter.begin("build")
        reporter.advance("build", 0, name)
        reporter.end("build")
    reporter.close()
    assert err.getvalue() == (
        "note: building the wheel of `app`\nResolving ...\n"
        "Building native-1.0.tar.gz ...\nBuilding other\\x1b[2J ...\n"
    )


def test_off_a_terminal_the_first_line_comes_within_a_second() -> None:
    written = threading.Event()

    class Log(io.StringIO):
        def write(self, text: str) -> int:
            written.set()
            return super().write(text)

    err = Log()
    reporter = ConsoleReporter(screen(err))
    reporter.begin("build")
    reporter.advance("build", 0, "native-1.0.tar.gz")
    assert err.getvalue() == ""
    assert written.wait(10)
    reporter.close()
    assert err.getvalue() == "Building native-1.0.tar.gz ...\n"


def test_verbose_and_quiet() -> None:
    err = io.StringIO()
    work(ConsoleReporter(screen(err, verbose=1)))
    assert err.getvalue().endswith("debug: a detail\n")
    err = io.StringIO()
    work(ConsoleReporter(screen(err, quiet=1)))
    assert err.getvalue() == "warning: a warning\n  of two lines\n"
    err = io.StringIO()
    work(ConsoleReporter(screen(err, quiet=2)))
    assert err.getvalue() == ""


def test_foreign_text_cannot_steer_the_terminal() -> None:
    err = io.StringIO()
    ConsoleReporter(screen(err)).note("a\x1b[2Jb")
    assert err.getvalue() == "note: a\\x1b[2Jb\n"


def test_quick_work_shows_no_display() -> None:
    displays = Displays()
    reporter = ConsoleReporter(screen(Terminal()), delay=60, make_display=displays)
    work(reporter)
    reporter.close()
    assert displays.made == []


def test_work_that_takes_a_moment_shows_a_display() -> None:
    displays = Displays()
    reporter = ConsoleReporter(screen(Terminal()), delay=0.001, make_display=displays)
    reporter.begin("build")
    assert displays.opened.wait(10)
    reporter.close()
    [display] = displays.made
    assert display.closed.wait(10)


def test_no_progress_and_quiet_show_no_display() -> None:
    displays = Displays()
    for quiet, progress in ((0, False), (1, True)):
        reporter = ConsoleReporter(
            screen(Terminal(), quiet=quiet), progress=progress, delay=0, make_display=displays
        )
        work(reporter)
        reporter.close()
    assert displays.made == []


def test_the_display_shows_the_open_stages_and_goes_with_the_last() -> None:
    err, displays = Terminal(), Displays()
    reporter = ConsoleReporter(screen(err), delay=0, make_display=displays)
    reporter.begin("download", 100)
    reporter.advance("download", 40, "a.whl")
    reporter.begin("download", 50)
    reporter.begin("build")
    [display] = displays.made
    assert display.stages() == [
        StageState("download", 150, 40, "a.whl", 2),
        StageState("build"),
    ]
    reporter.end("download")
    reporter.end("build")
    assert display.stages() == [StageState("download", 150, 40, "a.whl", 1)]
    assert not display.closed.is_set()
    reporter.end("download")
    assert display.closed.is_set()
    assert err.getvalue() == ""


def test_lines_are_printed_above_the_display() -> None:
    err, displays = Terminal(), Displays()
    reporter = ConsoleReporter(
        Screen(io.StringIO(), err, environ={"NO_COLOR": "1"}), delay=0, make_display=displays
    )
    reporter.begin("build")
    reporter.warn("careful")
    reporter.close()
    reporter.warn("after")
    [display] = displays.made
    assert (display.lines, display.closed.is_set()) == (["warning: careful"], True)
    assert err.getvalue() == "warning: after\n"


def test_what_was_never_begun_is_ignored() -> None:
    reporter = ConsoleReporter(screen(io.StringIO()))
    reporter.advance("install")
    reporter.end("install")
    reporter.close()


def test_many_threads_count_right() -> None:
    reporter = ConsoleReporter(screen(io.StringIO()))
    reporter.begin("install", 8000)

    def count(_: int) -> None:
        for _step in range(1000):
            reporter.advance("install")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert reporter._snapshot() == [StageState("install", 8000, 8000)]


def test_the_rich_display_draws_every_stage_and_vanishes() -> None:
    err = Terminal()
    stages = [
        StageState("resolve", None, 12, "flask"),
        StageState("download", 4096, 1024, "a\x1b.whl"),
        StageState("build", None, 0, "[red]x"),
        StageState("install", 10, 4),
    ]
    display = RichDisplay(err, lambda: stages, color=False)
    display.print("note: [bold] 1\x1b[36m2\x1b[0m")
    display.close()
    text = err.getvalue()
    for part in (
        "Resolving",
        "12",
        "flask",
        "Downloading",
        "1.0 KiB / 4.0 KiB",
        "a\\x1b.whl",
        "Building",
        "[red]x",
        "Installing",
        "4/10",
        "note: [bold] 1",
    ):
        assert part in text
    assert text.endswith("\x1b[2K")
