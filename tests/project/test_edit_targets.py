"""Declaring targets in a text that someone wrote by hand."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from wheelright.project.edit_targets import declare_target

PLC = {"platform": "x86_64-manylinux_2_17"}
BEFORE = '[project]\nname = "app"  # mine\n'


@pytest.mark.parametrize(
    ("before", "name", "description", "after"),
    [
        (BEFORE, "linux", {}, f'{BEFORE}\n[tool.wheelright]\ntargets = ["linux"]\n'),
        (
            BEFORE,
            "plc",
            PLC | {"python": ">=3.11"},
            (
                f'{BEFORE}\n[tool.wheelright]\ntargets = ["plc"]\n\n[tool.wheelright.target.plc]\n'
                'platform = "x86_64-manylinux_2_17"\npython = ">=3.11"\n'
            ),
        ),
        (
            '[tool.wheelright]\ntargets = [\n    "linux", # all\n]\ndefault-target = "linux"\n',
            "plc",
            PLC,
            (
                '[tool.wheelright]\ntargets = [\n    "linux", # all\n    "plc",\n]\n'
                'default-target = "linux"\n\n[tool.wheelright.target.plc]\n'
                'platform = "x86_64-manylinux_2_17"\n'
            ),
        ),
        (
            (
                '[tool.wheelright]\ntargets = ["a"]\n\n[tool.wheelright.target]\n'
                'a = { platform = "linux" }\n'
            ),
            "plc",
            PLC,
            (
                '[tool.wheelright]\ntargets = ["a", "plc"]\n\n[tool.wheelright.target]\n'
                'a = { platform = "linux" }\nplc = { platform = "x86_64-manylinux_2_17" }\n'
            ),
        ),
        (
            '[tool.wheelright.target.a]\nplatform = "linux"\n',
            "plc",
            {"file": "plc.json"},
            (
                '[tool.wheelright.target.a]\nplatform = "linux"\n\n[tool.wheelright.target.plc]\n'
                'file = "plc.json"\n'
            ),
        ),
        (
            '[tool.wheelright.targets.a]\nplatform = "linux"\n',
            "musl",
            {},
            (
                '[tool.wheelright.targets.a]\nplatform = "linux"\n\n'
                '[tool.wheelright.targets.musl]\nplatform = "musl"\n'
            ),
        ),
        (
            '[tool.wheelright.targets]\na = { platform = "linux" }\n',
            "plc",
            PLC,
            (
                '[tool.wheelright.targets]\na = { platform = "linux" }\n'
                'plc = { platform = "x86_64-manylinux_2_17" }\n'
            ),
        ),
        (
            '[tool.wheelright]\ntargets = { a = "linux" }\n',
            "plc",
            PLC,
            (
                '[tool.wheelright]\ntargets = { a = "linux", plc = { platform ='
                ' "x86_64-manylinux_2_17" } }\n'
            ),
        ),
    ],
)
def test_declaring_a_target(
    before: str, name: str, description: dict[str, str], after: str
) -> None:
    assert declare_target(before, name, description) == after


def test_a_list_that_is_made_names_what_was_described_before() -> None:
    text = declare_target('[tool.wheelright.target.plc]\nplatform = "linux"\n', "musl", {})
    assert _own(text) == {"targets": ["plc", "musl"], "target": {"plc": {"platform": "linux"}}}


def _own(text: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text)["tool"]["wheelright"]
    return found
