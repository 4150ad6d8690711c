"""The workbench as a fixture, for tests that drive whole commands; their conftest imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workbench import BASE_PYTHON, Workbench, make_workbench
from wheelright.interpreters import Search, probe

if TYPE_CHECKING:
    from pathlib import Path

    from support.local_index import LocalIndex


@pytest.fixture(scope="session")
def known_pythons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ask the Python of the tests once what it is, and keep its answer."""
    folder = tmp_path_factory.mktemp("pythons")
    probe(BASE_PYTHON, Search.here(cache=folder))
    return folder


@pytest.fixture
def bench(
    tmp_path: Path,
    local_index: LocalIndex,
    monkeypatch: pytest.MonkeyPatch,
    known_pythons: Path,
) -> Workbench:
    """Make a project, a cache and an index."""
    return make_workbench(tmp_path, local_index, monkeypatch, known_pythons)
