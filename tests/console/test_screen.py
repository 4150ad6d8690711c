"""The two streams, and when colours are wanted."""

from __future__ import annotations

import errno
import io

import pytest

from wheelright.console import OutputClosed, Screen, wants_color
from wheelright.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def flush(self) -> None:
        raise BrokenPipeError


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"CLICOLOR": "1"}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_colours(choice: str, environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert wants_color(choice, stream, environ) is wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("quiet", "talk"),
    [(0, "talk\nwarning\nerror\n"), (1, "warning\nerror\n"), (2, "error\n")],
)
def test_quiet(quiet: int, talk: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    screen = Screen(out, err, environ={}, quiet=quiet)
    screen.data("data")
    screen.say(["talk"])
    screen.warn(["warning"])
    screen.error(["error"])
    assert (out.getvalue(), err.getvalue()) == ("data\n", talk)


def test_data_gets_one_newline() -> None:
    out = io.StringIO()
    screen = Screen(out, io.StringIO(), environ={})
    screen.data("a\n")
    screen.data("b")
    assert out.getvalue() == "a\nb\n"


def test_nothing_to_say_writes_nothing() -> None:
    Screen(io.StringIO(), Gone(), environ={}).say([])


def test_a_reader_that_went_away() -> None:
    with pytest.raises(OutputClosed):
        Screen(Gone(), io.StringIO(), environ={}).data("x")


def test_a_full_disk_below_stdout() -> None:
    with pytest.raises(UsageError) as caught:
        Screen(Full(), io.StringIO(), environ={}).data("x")
    assert caught.value.message == "cannot write to stdout: No space left on device"
    with pytest.raises(OutputClosed):
        Screen(io.StringIO(), Full(), environ={}).error(["x"])


def test_characters_that_the_encoding_lacks() -> None:
    raw = io.BytesIO()
    screen = Screen(
        io.TextIOWrapper(raw, encoding="ascii", newline="\n"), io.StringIO(), environ={}
    )
    assert screen.can_show("|--")
    assert not screen.can_show("├──")
    screen.data("é")
    assert raw.getvalue() == b"\\xe9\n"
