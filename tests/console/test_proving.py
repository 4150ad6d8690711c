"""Proofs as text for people and as documents."""

from __future__ import annotations

import json

import pytest

from wheelright.console import Style
from wheelright.console.proving import check_document, check_lines, findings
from wheelright.workflows.proofs import Cell, Measured, Proof, TargetProof, pythons_words

OLD = Cell(
    "old",
    "1.0",
    "3.12",
    "missing",
    kind="floor",
    reason="its wheels need glibc 2.28 or newer, plc has 2.17",
    nearest="cp312-manylinux_2_28_x86_64",
    fixes=("raise the floor",),
)
BUILT = Cell("src", "2.0", "3.12", "built", "src-2.0.tar.gz", reason="it has only an sdist")
PURE = Cell("six", "1.0", "3.12", "pure", "six-1.0-py3-none-any.whl")


def target(*cells: Cell, hard: bool = True, **fields: object) -> TargetProof:
    return TargetProof(
        "plc",
        "x86_64-manylinux_2_17",
        "glibc 2.17, x86_64",
        hard,
        ("3.12",),
        cells,
        **fields,  # type: ignore[arg-type]
    )


def test_signs_of_the_terminal() -> None:
    proof = Proof("/p/pylock.toml", (target(OLD, BUILT, PURE),), seconds=0.1)
    assert check_lines(proof) == [
        "✗ plc: glibc 2.17, x86_64, Python 3.12: 3 packages: 1 pure wheel, 1 built, 1 missing",
        f"  ✗ old 1.0: {OLD.reason} (nearest: cp312-manylinux_2_28_x86_64)",
        "      raise the floor",
        "  ▲ src 2.0 is built: it has only an sdist",
        "1 of 1 target is not served: plc",
    ]
    assert check_lines(Proof("", (target(PURE),), seconds=0.1)) == [
        "✓ plc: glibc 2.17, x86_64, Python 3.12: 1 package: 1 pure wheel",
        "1 target proved in 0.10s",
    ]


def test_they_are_coloured_and_read_without() -> None:
    painted = check_lines(Proof("", (target(OLD),)), Style(enabled=True))
    assert painted[0].startswith("\x1b[31;1m✗\x1b[0m \x1b[1mplc\x1b[0m: ")
    plain = check_lines(Proof("", (target(OLD, BUILT),)), ascii_only=True)
    assert all(line.isascii() for line in plain)


def test_soft_targets_never_fail_and_are_short() -> None:
    proof = Proof("", (target(OLD, BUILT, hard=False),), declared=False)
    assert not proof.failed
    assert check_lines(proof)[:3] == [
        "· plc: glibc 2.17, x86_64, Python 3.12: 2 packages: 1 built, 1 missing",
        f"  ✗ old 1.0: {OLD.reason} (nearest: cp312-manylinux_2_28_x86_64)",
        "  ▲ built from source: src",
    ]


def test_many_that_are_built_are_counted() -> None:
    cells = [Cell(f"s{n}", "1", "3.12", "built", reason="it has only an sdist") for n in range(12)]
    lines = check_lines(Proof("", (target(*cells),)))
    assert lines[8:10] == [
        "  ▲ s7 1 is built: it has only an sdist",
        "  ... and 4 more (`-v` shows them)",
    ]
    assert len(check_lines(Proof("", (target(*cells),)), verbose=True)) == 14
    soft = check_lines(Proof("", (target(*cells, hard=False),), declared=False))
    assert soft[1] == "  ▲ built from source: s0, s1, s2, s3, s4, s5, s6, s7 and 4 more"


def test_all_that_is_missing_is_listed_and_help_for_the_first() -> None:
    cells = [Cell(f"s{n}", "1", "3.12", "missing", reason="x", fixes=("y",)) for n in range(10)]
    lines = check_lines(Proof("", (target(*cells),)))
    assert lines[15:20] == [
        "  ✗ s7 1: x",
        "      y",
        "  ✗ s8 1: x",
        "  ✗ s9 1: x",
        "      `-v` shows what would help with each",
    ]
    assert check_lines(Proof("", (target(*cells),)), verbose=True).count("      y") == 10


def test_what_was_measured() -> None:
    files = (
        Measured(
            "a-1.whl", "a", 3, broken=("tagged x, needs y in `z`", "tagged x, needs w in `z`")
        ),
        Measured("b-1.whl", "b", 1),
    )
    assert check_lines(Proof("", (target(PURE),), measured=files))[1:4] == [
        "Read 4 binaries in 2 wheels",
        "warning: `a-1.whl` is tagged x, needs y in `z`",
        "  ... and 1 more of the kind in its wheels (`-v` shows them)",
    ]


def test_a_stale_lock_and_gaps_are_told() -> None:
    proof = Proof("", (target(uncovered=("3.12",), left_out=("3.13",)),), stale=("`x` was added",))
    assert proof.failed
    assert check_lines(proof) == [
        "warning: the lock is not current: `x` was added; this is about the lock as it is",
        "✗ plc: glibc 2.17, x86_64, Python 3.12: 0 packages",
        "  ✗ the lock does not cover Python 3.12 there",
        "      declare it in `targets` (or `environments`, `requires-python`) and lock again",
        "  note: without Python 3.13, which not every package can serve",
        "1 of 1 target is not served: plc",
    ]


def test_the_document_has_everything() -> None:
    document = check_document(Proof("/p/pylock.toml", (target(OLD, PURE),), seconds=3.0))
    assert json.loads(json.dumps(document)) == {
        "schema": 1,
        "lock": "/p/pylock.toml",
        "passed": False,
        "declared": True,
        "stale": [],
        "measured": None,
        "targets": [
            {
                "name": "plc",
                "platform": "x86_64-manylinux_2_17",
                "words": "glibc 2.17, x86_64",
                "hard": True,
                "passed": False,
                "pythons": ["3.12"],
                "uncovered": [],
                "left_out": [],
                "hints": [],
                "notes": [],
                "most": None,
                "cells": [
                    {
                        "package": "old",
                        "version": "1.0",
                        "python": "3.12",
                        "verdict": "missing",
                        "file": None,
                        "tag": None,
                        "floor": None,
                        "kind": "floor",
                        "reason": "its wheels need glibc 2.28 or newer, plc has 2.17",
                        "nearest": "cp312-manylinux_2_28_x86_64",
                        "fixes": ["raise the floor"],
                        "served_from": None,
                    },
                    {
                        "package": "six",
                        "version": "1.0",
                        "python": "3.12",
                        "verdict": "pure",
                        "file": "six-1.0-py3-none-any.whl",
                        "tag": None,
                        "floor": None,
                        "kind": None,
                        "reason": "",
                        "nearest": None,
                        "fixes": [],
                        "served_from": None,
                    },
                ],
            }
        ],
    }


def test_pythons_alike_are_one_finding() -> None:
    cells = [Cell("a", "1", f"3.{n}", "missing", reason="x", nearest=f"cp3{n}") for n in (11, 12)]
    (finding,) = findings(cells)
    assert (finding.pythons, finding.cell.nearest) == (("3.11", "3.12"), "cp312")


@pytest.mark.parametrize(
    ("pythons", "words"),
    [
        ((), ""),
        (("3.9",), "3.9"),
        (("3.9", "3.10"), "3.9 and 3.10"),
        (("3.9", "3.10", "3.11"), "3.9 to 3.11"),
        (("3.9", "3.11", "3.12"), "3.9, 3.11 and 3.12"),
    ],
)
def test_words_for_pythons(pythons: tuple[str, ...], words: str) -> None:
    assert pythons_words(pythons) == words
