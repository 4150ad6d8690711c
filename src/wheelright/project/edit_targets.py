"""Declaring a target in ``pyproject.toml``: a text in, a text out; the caller writes the file.

TOML lets ``targets`` be a list, described in ``[tool.wheelright.target.NAME]``, or a table of
descriptions, ``[tool.wheelright.targets.NAME]``: what is there is kept, and a new project gets the
list.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from wheelright.project.toml_edit import insert_element, set_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project.positions import Keys

_TOOL: Keys = ("tool", "wheelright")


def declare_target(text: str, name: str, description: Mapping[str, str]) -> str:
    """Declare a target that is not declared yet; the rest of the text stays as it is.

    ``description`` has ``platform`` or ``file``, and maybe ``python``; with neither of the first
    two, ``name`` is the name of a platform.
    """
    own: dict[str, Any] = tomllib.loads(text).get("tool", {}).get("wheelright", {})
    listed, described = own.get("targets"), own.get("target", {})
    if isinstance(listed, dict):
        whole = dict(description)
        if not whole.keys() & {"platform", "file"}:
            whole["platform"] = name
        return _describe(text, "targets", listed, name, whole)
    if listed is None:
        if described and description:
            # Without a list, whatever is described is declared.
            return _describe(text, "target", described, name, description)
        text = set_value(text, (*_TOOL, "targets"), [*described, name])
    else:
        text = insert_element(text, (*_TOOL, "targets"), len(listed), name)
    return _describe(text, "target", described, name, description) if description else text


def _describe(
    text: str, table: str, described: Mapping[str, Any], name: str, description: Mapping[str, str]
) -> str:
    """Write the description on one line where others are, else as a section of its own."""
    if described and f"[tool.wheelright.{table}]" in text:
        return set_value(text, (*_TOOL, table, name), dict(description))
    for key, value in description.items():
        text = set_value(text, (*_TOOL, table, name, key), value)
    return text
