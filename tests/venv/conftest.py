"""A store and a venv for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.venvs import Listening, this_interpreter
from wheelright.outside.reporting import Silent
from wheelright.store import Store
from wheelright.venv import Venv, create_venv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", Silent())


@pytest.fixture
def venv(tmp_path: Path) -> Venv:
    return create_venv(tmp_path / "project" / ".venv", this_interpreter())


@pytest.fixture
def reporter() -> Listening:
    return Listening()
