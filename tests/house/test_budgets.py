from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from support.tools import load_tool

if TYPE_CHECKING:
    from pathlib import Path

budgets = load_tool("budgets")


def function_of(lines: int, docstring: str = "") -> str:
    """Write a function of so many lines, the one with ``def`` among them."""
    body = ["    pass"] * (lines - 1)
    return "\n".join(["def work():", *([docstring] if docstring else []), *body]) + "\n"


def over(source: str, file_lines: int = 600) -> list[str]:
    return list(budgets.over_budget(source, "a.py", file_lines=file_lines))


def test_a_function_within_its_budget_passes() -> None:
    assert over(function_of(60)) == []


def test_a_function_over_its_budget_is_named() -> None:
    assert over("\n" + function_of(61)) == [
        "a.py:2: `work` has 61 lines, the budget of a function is 60"
    ]


@pytest.mark.parametrize("docstring", ['    """One line."""', '    """One.\n\n    More.\n    """'])
def test_the_docstring_is_not_counted(docstring: str) -> None:
    assert over(function_of(60, docstring)) == []
    assert len(over(function_of(61, docstring))) == 1


def test_methods_async_and_nested_functions_are_measured() -> None:
    source = dedent(
        """
        class A:
            async def outer(self):
                def inner():
                    {}
        """
    ).format("\n            ".join(["pass"] * 61))

    assert over(source) == [
        "a.py:3: `outer` has 63 lines, the budget of a function is 60",
        "a.py:4: `inner` has 62 lines, the budget of a function is 60",
    ]


def test_a_file_over_its_budget_is_named() -> None:
    assert over("x = 1\n" * 601) == ["a.py: 601 lines, the budget of a file is 600"]
    assert over("x = 1\n" * 600) == []


def test_tests_may_be_longer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("src", "tests"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / "a.py").write_text("x = 1\n" * 700)

    code = budgets.main([str(tmp_path / "src"), str(tmp_path / "tests")])

    assert code == 1
    path = (tmp_path / "src" / "deep" / "a.py").as_posix()
    assert capsys.readouterr().out == f"{path}: 700 lines, the budget of a file is 600\n"


def test_nothing_over_budget_is_success(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    assert budgets.main([str(tmp_path)]) == 0
