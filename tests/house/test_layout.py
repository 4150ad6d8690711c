"""The folders, their charters and the contract that orders them."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from support.tools import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = ROOT / "src" / "wheelright"
FOLDERS = sorted(path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_folder_opens_with_its_charter(folder: Path) -> None:
    charter = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""

    assert "Must live here:" in charter
    assert "Must not live here:" in charter


def layers() -> list[list[str]]:
    """Read the order of the layers, highest first; siblings stand together."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one["type"] == "layers"]
    return [
        [name.strip().removeprefix("wheelright.") for name in layer.split("|")]
        for layer in contract["layers"]
    ]


def test_the_contract_names_each_folder_once_and_nothing_else() -> None:
    there = [path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"]

    named = [name for layer in layers() for name in layer]

    assert sorted(named) == sorted([*there, *(folder.name for folder in FOLDERS)])


def test_the_tour_names_each_folder() -> None:
    tour = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

    named = re.findall(r"^\| `(\w+)/` \|", tour, re.MULTILINE)

    assert sorted(named) == [folder.name for folder in FOLDERS]


def test_each_folder_has_its_tests() -> None:
    missing = [
        folder.name
        for folder in FOLDERS
        if not list((ROOT / "tests" / folder.name).glob("**/test_*.py"))
    ]

    assert missing == []


def test_no_test_folder_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_cache_of_the_developer_is_tracked() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()

    assert {"/.dev/", "/.venv/", "__pycache__/"} <= set(ignored)
