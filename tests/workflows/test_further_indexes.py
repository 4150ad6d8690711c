"""A conflict that another index might end: said, and no name is told to an index that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.local_index import LocalIndex
from support.workbench import lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.workbench import Workbench


@pytest.fixture
def first() -> Iterator[LocalIndex]:
    with LocalIndex() as index:
        index.add("core", "1.0")
        yield index


def failure(bench: Workbench, first: LocalIndex) -> str:
    more = f'[[tool.wheelright.index]]\nname = "first"\nurl = "{first.url}"\n'
    bench.write("core>=2", more=more)
    answer = bench("lock")
    assert answer.code == 1
    return answer.err


def test_an_index_that_was_not_asked(bench: Workbench, first: LocalIndex) -> None:
    bench.index.add("core", "2.0")

    said = failure(bench, first)

    assert said == lines(
        "error: no versions satisfy the requirements of `app`",
        "  `app` requires `core>=2`, but no version of `core` matches.",
        "hint: the only version of `core` is 1.0",
        "hint: `[INDEX]/simple/` may have other versions of `core`, but only `first`, which comes"
        " first, is asked; name another index in `sources`, or trust all: `--index-strategy"
        " unsafe-best-match`",
    )
    assert bench.index.log == []


def test_an_index_that_is_known_to_have_it(bench: Workbench, first: LocalIndex) -> None:
    bench.index.add("core", "2.0")
    bench.write("core")
    bench.ok("lock")

    said = failure(bench, first)

    assert "hint: `[INDEX]/simple/` has other versions of `core`, but only `first`" in said


def test_with_all_trusted_there_is_no_such_hint(bench: Workbench, first: LocalIndex) -> None:
    bench.write(
        "core>=3",
        more=f'[tool.uv]\nindex-strategy = "unsafe-best-match"\nextra-index-url = ["{first.url}"]',
    )
    assert "unsafe" not in bench("lock").err
