"""Errors as text, whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.console import Style
from wheelright.console.errors import DETAIL_LIMIT, error_lines
from wheelright.errors import Excerpt, RequestError, UsageError


def text(error: RequestError | UsageError, *, every_detail: bool = False) -> str:
    return "\n".join(error_lines(error, every_detail=every_detail))


def test_message_alone() -> None:
    assert text(UsageError("the disk is full")) == "error: the disk is full"


def test_everything() -> None:
    error = RequestError(
        "`flask >> 3` is no requirement",
        doing="locking app",
        where="app/pyproject.toml",
        details=["Expected a comma or the end", "two\nlines"],
        hints=["write `flask > 3`", "write `flask > 3`", "or\nleave it"],
        excerpt=Excerpt("app/pyproject.toml", 12, 9, '    "flask >> 3",\n', 4),
    )
    assert text(error) == (
        "error: `flask >> 3` is no requirement\n"
        "  while locking app\n"
        "  in app/pyproject.toml:12:9\n"
        "     |\n"
        '  12 |     "flask >> 3",\n'
        "     |         ^^^^\n"
        "  Expected a comma or the end\n"
        "  two\n"
        "  lines\n"
        "hint: write `flask > 3`\n"
        "hint: or\n"
        "      leave it"
    )


def test_a_line_is_pointed_at_once() -> None:
    error = RequestError("no", where="r.txt:2", excerpt=Excerpt("r.txt", 2, 1, "x"))
    assert error_lines(error) == ["error: no", "  in r.txt:2:1", "    |", "  2 | x", "    | ^"]


def test_where_beside_an_excerpt_of_another_file() -> None:
    error = RequestError("no", where="index a", excerpt=Excerpt("b.toml", 1, 1, "x"))
    assert text(error) == "error: no\n  in b.toml:1:1\n    |\n  1 | x\n    | ^\n  in index a"


def test_message_of_several_lines() -> None:
    assert text(UsageError("one\ntwo")) == "error: one\n  two"


def test_long_lists_are_bounded() -> None:
    error = RequestError("many", details=[f"line {n}" for n in range(DETAIL_LIMIT + 2)])
    lines = text(error).split("\n")
    assert lines[1] == "  line 0"
    assert lines[-2:] == [f"  line {DETAIL_LIMIT - 1}", "  ... and 2 more lines (`-v` shows them)"]
    assert text(error, every_detail=True).split("\n")[-1] == f"  line {DETAIL_LIMIT + 1}"


def test_a_list_at_the_bound_is_whole() -> None:
    error = RequestError("many", details=[f"line {n}" for n in range(DETAIL_LIMIT)])
    assert text(error).split("\n")[-1] == f"  line {DETAIL_LIMIT - 1}"


def test_long_lines_are_cut_around_the_place() -> None:
    line = "a" * 200 + "?" + "b" * 200
    error = RequestError("odd", excerpt=Excerpt("f", 1, 201, line))
    shown, caret = text(error).split("\n")[-2:]
    assert shown == "  1 | ..." + "a" * 50 + "?" + "b" * 49 + "..."
    assert caret.index("^") == shown.index("?")


def test_the_place_after_the_end_of_the_line() -> None:
    error = RequestError("odd", excerpt=Excerpt("f", 3, 4, "abc"))
    assert text(error).split("\n")[-2:] == ["  3 | abc", "    |    ^"]


def test_tabs_do_not_move_the_caret() -> None:
    error = RequestError("odd", excerpt=Excerpt("f", 3, 3, "\t\tx"))
    assert text(error).split("\n")[-2:] == ["  3 |   x", "    |   ^"]


def test_wide_characters_take_two_columns() -> None:
    error = RequestError("odd", excerpt=Excerpt("f", 3, 5, "日e\u0301=?"))
    assert text(error).split("\n")[-2:] == ["  3 | 日e\u0301=?", "    |     ^"]


def test_foreign_text_cannot_steer_the_terminal() -> None:
    error = RequestError("no \x1b[2J", where="a\rb", details=["\x07"], hints=["\x9b1m"])
    assert text(error) == "error: no \\x1b[2J\n  in a\\rb\n  \\x07\nhint: \\x9b1m"


def test_colours() -> None:
    error = RequestError("no", where="a", hints=["b"])
    assert error_lines(error, Style(enabled=True)) == [
        "\x1b[31;1merror:\x1b[0m \x1b[1mno\x1b[0m",
        "  in \x1b[36ma\x1b[0m",
        "\x1b[36;1mhint:\x1b[0m b",
    ]


@given(
    st.text(min_size=1),
    st.integers(-3, 500),
    st.integers(-3, 50),
    st.text(st.characters(exclude_characters="\r\n"), max_size=400),
)
def test_any_excerpt_is_one_line_with_the_caret_below(
    path: str, column: int, length: int, line: str
) -> None:
    error = RequestError("odd", excerpt=Excerpt(path, 1, column, line, length))
    *_, shown, caret = error_lines(error)
    assert caret.startswith("    | ")
    assert caret.strip(" |").strip("^") == ""
    assert len(shown) <= 6 + 100 + 6
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["plain", "zwei\nZeilen\t", "日本"])
def test_printable_text_stays(text: str) -> None:
    from wheelright.console.style import printable

    assert printable(text) == text


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("No project was found", "no project was found"),
        ("A version is pinned", "a version is pinned"),
        ("Python 3.12 is missing", "Python 3.12 is missing"),
        ("`Flask` is missing", "`Flask` is missing"),
        ("TLS failed", "TLS failed"),
        ("CPython 3.12 is missing", "CPython 3.12 is missing"),
        ("it is late", "it is late"),
        ("", ""),
    ],
)
def test_every_sentence_begins_alike(message: str, shown: str) -> None:
    lines = error_lines(RequestError(message, hints=[message] if message else []))
    assert lines[0] == f"error: {shown}"
    assert lines[1:] == ([f"hint: {shown}"] if message else [])
