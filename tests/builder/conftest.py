from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.source_trees import Provided, some_interpreter
from wheelright.builder import Builder, BuildSettings
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelright.builder import BuiltWheel
    from wheelright.targets.interpreter import Interpreter


@pytest.fixture
def interpreter() -> Interpreter:
    return some_interpreter()


@pytest.fixture
def provided() -> Provided:
    return Provided()


@pytest.fixture
def build_root(tmp_path: Path) -> Path:
    return tmp_path / "builds"


@pytest.fixture
def builder(build_root: Path) -> Builder:
    return Builder(Silent(), build_root, BuildSettings(timeout=60))


@pytest.fixture
def build(
    builder: Builder, interpreter: Interpreter, provided: Provided
) -> Callable[[Path], BuiltWheel]:
    return lambda source: builder.build_wheel(source, interpreter, provided)
