"""Markers against ``packaging``: the same trees, the same truth."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from packaging.markers import Marker, UndefinedComparison
from packaging.version import InvalidVersion

from support.marker_trees import places, text_of, trees, truth
from wheelright.resolver import InvalidMarker, parse_marker
from wheelright.resolver.markers import All, Atom, MarkerTree, Some, holds

if TYPE_CHECKING:
    from support.worlds import Place


@settings(deadline=None)
@given(trees, places)
def test_a_parsed_marker_has_the_truth_that_packaging_gives_it(
    tree: MarkerTree, place: Place
) -> None:
    text = text_of(tree)
    try:
        expected = Marker(text).evaluate(dict(place.values))
    except UndefinedComparison:
        return

    assert truth(parse_marker(text), place.values) == expected


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("os.name == 'nt'", Atom("os_name", "==", "nt")),
        ("'3.8' <= python_version", Atom("python_version", ">=", "3.8")),
        ("'linux' in sys_platform", Atom("sys_platform", "in", "linux", swapped=True)),
        (
            "os_name=='nt' or os_name=='a' and os_name=='b'",
            Some(
                (
                    Atom("os_name", "==", "nt"),
                    All((Atom("os_name", "==", "a"), Atom("os_name", "==", "b"))),
                )
            ),
        ),
        (
            "(os_name=='nt' or os_name=='a') and os_name not in 'b'",
            All(
                (
                    Some((Atom("os_name", "==", "nt"), Atom("os_name", "==", "a"))),
                    Atom("os_name", "not in", "b"),
                )
            ),
        ),
    ],
)
def test_the_grammar_is_followed(text: str, tree: MarkerTree) -> None:
    assert parse_marker(text) == tree


@pytest.mark.parametrize(
    ("text", "what", "column"),
    [
        ("os_name", "expected a comparison operator", 7),
        ("os_name == 'nt", "unexpected character", 10),
        ("os_name == 'nt' os_name", "expected `and`, `or` or the end", 16),
        ("(os_name == 'nt'", "expected `)`", 16),
        ("colour == 'red'", "expected a marker variable or a quoted string", 0),
        ("os_name == sys_platform", "a variable must be compared with a literal", 0),
        ("os_name not 'nt'", "expected a comparison operator", 8),
    ],
)
def test_a_fault_is_pointed_at(text: str, what: str, column: int) -> None:
    with pytest.raises(InvalidMarker) as caught:
        parse_marker(text)

    assert caught.value.message == f"invalid marker: {what}"
    assert caught.value.details == (text, " " * column + "^")


def test_a_comparison_that_means_nothing_is_false() -> None:
    assert not holds(Atom("sys_platform", "~=", "linux"), {"sys_platform": "linux"})


WORDS_MET = ("win32", "linux", "Linux", "x86_64", "AMD64", "PyPy", "nt", "a", "3", "v3", "rc1", "")
EXTRAS_MET = ("", "gpu", "GPU", "all-in.one", "all_in-one", "v3", "1.0", "1")
PYTHONS_MET = ("3", "3.0", "3.8", "3.8.0", "3.8.1", "3.10", "3.*", "3.8.*", "3.12rc1", "x", "03.8")


@pytest.mark.parametrize(
    ("variables", "literals"),
    [
        (("sys_platform", "platform_machine", "implementation_name"), WORDS_MET),
        (("python_version", "python_full_version"), PYTHONS_MET),
        (("extra",), EXTRAS_MET),
    ],
)
def test_comparisons_are_those_of_packaging(
    variables: tuple[str, ...], literals: tuple[str, ...]
) -> None:
    operators = ("==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in")
    for variable, operator, literal, value in product(variables, operators, literals, literals):
        for swapped in (False, True):
            atom = Atom(variable, operator, literal, swapped)
            try:
                expected: object = Marker(str(atom)).evaluate({variable: value})
            except UndefinedComparison:
                expected = False
            except InvalidVersion:
                continue  # of a value that is no version of a Python
            assert holds(atom, {variable: value}) is expected, (str(atom), value)
