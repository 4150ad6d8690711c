"""The matrix in the terminal: what gives way where there is no room."""

from __future__ import annotations

import pytest

from wheelright.console import Style
from wheelright.console.matrix import matrix_lines
from wheelright.workflows.matrix import MatrixOutcome, Row, Square
from wheelright.workflows.proofs import Cell, Proof, TargetProof

NAMES = ("plc", "aarch64-unknown-linux-gnu", "windows")


def cell(python: str = "3.12", floor: str | None = "2.17") -> Cell:
    return Cell("a", "1.0", python, "wheel", "f", "t", floor)


def outcome(*rows: Row, names: tuple[str, ...] = NAMES) -> MatrixOutcome:
    targets = tuple(TargetProof(name, name, f"{name} words", True, ("3.12",)) for name in names)
    return MatrixOutcome("app", Proof("/p", targets), rows)


WHEEL = Square("wheel", (cell(),))
PURE = Square("pure", (Cell("b", "1.0", "3.12", "pure"),))
ABSENT = Square("absent", (), "needed only where `x`")
MISSING = Square("missing", (Cell("c", "1.0", "3.12", "missing"),))
ROWS = (
    Row("alpha", "1.0", None, (WHEEL, PURE, WHEEL)),
    Row("a-package-of-a-quite-long-name-and-more", "12.34.56", None, (PURE, ABSENT, MISSING)),
)

LEGEND = (
    "✗ nothing that may be installed",
    "● a wheel for the platform",
    "○ a pure wheel",
    "· not needed there",
)


def test_names_and_floors_where_there_is_room() -> None:
    assert matrix_lines(outcome(*ROWS), width=100) == [
        "                                    plc     aarch64-unknown-linux-gnu  windows",
        "alpha 1.0                           ● 2.17  ○                          ● 2.17",
        "a-package-of-a-quite-long-name-an…  ○       ·                          ✗",
        "",
        "   ".join(LEGEND),
        "plc: 2 of 2 served",
        "aarch64-unknown-linux-gnu: 1 of 1 served",
        "windows: 1 of 2 not served",
    ]


def test_numbers_for_names_then_no_floors_then_short_names() -> None:
    lines = matrix_lines(outcome(*ROWS), width=64)
    assert lines[:2] == [
        "                                    1       2       3",
        "alpha 1.0                           ● 2.17  ○       ● 2.17",
    ]
    assert lines[4:6] == [
        "1 = plc (plc words)",
        "2 = aarch64-unknown-linux-gnu (aarch64-unknown-linux-gnu words)",
    ]
    assert matrix_lines(outcome(*ROWS), width=45)[1:3] == [
        "alpha 1.0                           ●  ○  ●",
        "a-package-of-a-quite-long-name-an…  ○  ·  ✗",
    ]
    assert matrix_lines(outcome(*ROWS), width=30)[1:3] == [
        "alpha 1.0              ●  ○  ●",
        "a-package-of-a-quite…  ○  ·  ✗",
    ]


def test_columns_in_blocks_where_nothing_else_helps() -> None:
    lines = matrix_lines(outcome(*ROWS), width=20, ascii_only=True)
    assert lines[:8] == [
        "                1  2",
        "alpha 1.0       w  p",
        "a-package-of-~  p  .",
        "",
        "                3",
        "alpha 1.0       w",
        "a-package-of-~  X",
        "",
    ]
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("width", [20, 33, 40, 56, 64, 80, 120])
def test_the_table_never_is_wider_than_the_terminal(width: int) -> None:
    lines = matrix_lines(outcome(*ROWS), width=width)
    table = lines[: len(lines) - 1 - lines[::-1].index("")]
    assert max(map(len, table)) <= width


def test_pythons_that_differ_have_lines_of_their_own() -> None:
    mixed = Square("missing", (cell("3.11"), Cell("a", "1.0", "3.12", "missing")))
    both = Square("pure", (Cell("a", "1.0", "3.11", "pure"), Cell("a", "1.0", "3.12", "pure")))
    lines = matrix_lines(outcome(Row("a", "1.0", None, (mixed, both)), names=("x", "y")))
    assert lines[:4] == [
        "               x       y",
        "a 1.0          ✗       ○",
        "  Python 3.11  ● 2.17  ○",
        "  Python 3.12  ✗       ○",
    ]


def test_colours() -> None:
    lines = matrix_lines(outcome(ROWS[0], names=("x",)), Style(enabled=True))
    assert lines[1].startswith("alpha 1.0  \x1b[32m●\x1b[0m")


def test_an_empty_lock() -> None:
    assert matrix_lines(outcome()) == ["The lock has no packages"]
