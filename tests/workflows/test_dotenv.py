"""Files of environment variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.errors import Excerpt, UsageError
from wheelright.workflows.dotenv import parse_dotenv


def _parsed(text: str, **environ: str) -> dict[str, str]:
    return parse_dotenv(".env", text, environ)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("\ufeffA=1", {"A": "1"}),
        ("# nothing\n\n   \nA=1\n", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("export A=1\nexport  B = 2\nexport C\n", {"A": "1", "B": "2"}),
        ("A=\nB=1", {"A": "", "B": "1"}),
        ("A=one two  # comment", {"A": "one two"}),
        ("A=# comment", {"A": ""}),
        ("A=one#two", {"A": "one#two"}),
        ("A='x # ${B} \\n'", {"A": "x # ${B} \\n"}),
        ('A="x # y\\n\\t\\"z\\" \\\\ \\$B"  # comment', {"A": 'x # y\n\t"z" \\ $B'}),
        ('A="one\ntwo"\nB=3', {"A": "one\ntwo", "B": "3"}),
        ("A='one\ntwo'", {"A": "one\ntwo"}),
        ("A=1\nB=${A}2$A", {"A": "1", "B": "121"}),
        ("B=[${HOME_OF}$MISSING]", {"B": "[here]"}),
        ("A=1\nA=2", {"A": "2"}),
        ('A=b="c"', {"A": 'b="c"'}),
    ],
)
def test_lines_are_read_as_others_read_them(text: str, expected: dict[str, str]) -> None:
    assert _parsed(text, HOME_OF="here") == expected


def test_the_process_wins_over_the_file_inside_values() -> None:
    assert _parsed("A=file\nB=$A", A="process") == {"A": "file", "B": "process"}


@pytest.mark.parametrize(
    ("text", "message", "where", "excerpt"),
    [
        (
            "A=1\nnonsense here\n",
            "line 2 of the environment file cannot be read: it is not `NAME=value`",
            ".env:2",
            Excerpt(".env", 2, 1, "nonsense here", 13),
        ),
        (
            "A=1\n\n1B=2",
            "line 3 of the environment file cannot be read: it is not `NAME=value`",
            ".env:3",
            Excerpt(".env", 3, 1, "1B=2", 4),
        ),
        (
            "A='one\ntwo\n",
            "line 1 of the environment file cannot be read: its quotation mark is never closed",
            ".env:1",
            Excerpt(".env", 1, 3, "A='one", 4),
        ),
        (
            'A="one" two',
            (
                "line 1 of the environment file cannot be read:"
                " there is more after the closing quotation mark"
            ),
            ".env:1",
            Excerpt(".env", 1, 8, 'A="one" two', 4),
        ),
    ],
)
def test_a_bad_line_is_pointed_at(text: str, message: str, where: str, excerpt: Excerpt) -> None:
    with pytest.raises(UsageError) as raised:
        _parsed(text)
    error = raised.value
    assert (error.message, error.where, error.excerpt) == (message, where, excerpt)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = _parsed(text)
    except UsageError:
        return
    assert all("=" not in name for name in found)


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), st.text()))
def test_quoted_values_come_back(variables: dict[str, str]) -> None:
    lines = []
    for name, value in variables.items():
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        quoted = quoted.replace("\r", "\\r")
        lines.append(f'{name}="{quoted}"')
    assert _parsed("\n".join(lines)) == variables
