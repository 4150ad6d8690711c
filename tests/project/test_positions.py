"""The walk over a TOML text finds every value where ``tomllib`` reads it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from wheelright.project.positions import Span, line_and_column, toml_outline, toml_positions

AWKWARD = """\
top = 1 # comment with "quotes" and [brackets]
'literal key' = 'lit # no comment'
"escaped \\u0041" = "a \\" b"
dotted.a . "b" = [1, [2, 3], { x = 'y', "z" = [] }]
long = \"\"\"
multi "quoted" ]
\"\"\"\"
raw = '''
it''s
''''

[table] # after
when = 1979-05-27 07:32:00Z
[table.sub]
list = [
  # first
  "a" , # one
  'b'
  ,
]
[[many]]
n = 1
[many.inner]
x = 1.5
[[many]]
n = 0x1F
"""


def leaves(data: Any, keys: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every value that is neither table nor list, with its keys."""
    if isinstance(data, dict):
        return [one for key, value in data.items() for one in leaves(value, (*keys, key))]
    if isinstance(data, list):
        return [one for key, value in enumerate(data) for one in leaves(value, (*keys, key))]
    return [(keys, data)]


def assert_all_found(text: str) -> None:
    spans = toml_positions(text)
    for keys, value in leaves(tomllib.loads(text)):
        span = spans[keys]
        assert tomllib.loads(f"v = {text[span.start : span.end]}")["v"] == value


def test_every_value_of_an_awkward_text_is_found() -> None:
    assert_all_found(AWKWARD)
    assert_all_found(AWKWARD.replace("\n", "\r\n").replace("1979-05-27 07", "1979-05-27T07"))


def test_keys_point_at_their_last_part() -> None:
    text = "[project]\nname . sub = 1\n"
    assert toml_positions(text) == {
        ("project",): Span(1, 8, 1, 8),
        ("project", "name"): Span(10, 14, 10, 14),
        ("project", "name", "sub"): Span(17, 20, 23, 24),
    }


def test_sections_hold_their_pairs() -> None:
    _, sections = toml_outline("a = 1\n[b]\nc.d = 2\n[[e]]\n[[e]]\nf = 1\n")
    assert [(one.keys, one.pairs) for one in sections] == [
        ((), (("a",),)),
        (("b",), (("b", "c", "d"),)),
        (("e", 0), ()),
        (("e", 1), (("e", 1, "f"),)),
    ]


@pytest.mark.parametrize(("offset", "place"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 3))])
def test_lines_and_columns_count_from_one(offset: int, place: tuple[int, int]) -> None:
    assert line_and_column("ab\ncd\n", offset) == place


scalars = (
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
documents = st.dictionaries(
    names,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@given(documents)
def test_every_value_of_any_document_is_found(data: dict[str, Any]) -> None:
    text = tomlkit.dumps(data)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # not what this is about
    assert_all_found(text)
