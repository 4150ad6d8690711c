"""Measure every function and file against the budgets, and name those that are over.

A function has 60 lines without its docstring, a file 600 (900 under tests). Whoever needs more
is missing a noun. Usage: ``python tools/budgets.py FOLDER ...``
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FUNCTION_LINES = 60
FILE_LINES = 600
TEST_FILE_LINES = 900


def docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines the docstring takes, 0 without one."""
    first = function.body[0]
    if isinstance(first, ast.Expr) and ast.get_docstring(function, clean=False) is not None:
        return (first.end_lineno or first.lineno) - first.lineno + 1
    return 0


def function_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines from ``def`` to the last one, without the docstring."""
    end = function.end_lineno or function.lineno
    return end - function.lineno + 1 - docstring_lines(function)


def over_budget(source: str, path: str, *, file_lines: int) -> Iterator[str]:
    """Yield one line for each function, and for the file, that is over its budget."""
    lines = len(source.splitlines())
    if lines > file_lines:
        yield f"{path}: {lines} lines, the budget of a file is {file_lines}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = function_lines(node)
            if size > FUNCTION_LINES:
                yield (
                    f"{path}:{node.lineno}: `{node.name}` has {size} lines, "
                    f"the budget of a function is {FUNCTION_LINES}"
                )


def measure(folders: Iterable[Path]) -> Iterator[str]:
    """Yield what is over budget in the Python files below ``folders``."""
    for folder in folders:
        budget = TEST_FILE_LINES if folder.name == "tests" else FILE_LINES
        for path in sorted(folder.rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            yield from over_budget(source, path.as_posix(), file_lines=budget)


def main(arguments: list[str]) -> int:
    """Print what is over budget; return 1 where something is."""
    found = list(measure(Path(argument) for argument in arguments))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
