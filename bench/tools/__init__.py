"""The tools that are compared: how each is set up, told its work, and asked what it did.

Each module holds one tool, with the flags that make it fastest and everything off that is not the
work (update checks, telemetry, prompts). To compare another tool, write its module and list it in
``TOOLS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.tools.pdm import Pdm
from bench.tools.pip import Pip
from bench.tools.poetry import Poetry
from bench.tools.uv import Uv
from bench.tools.wheelright import Wheelright

if TYPE_CHECKING:
    from bench.tools.tool import Tool

TOOLS: Final[dict[str, type[Tool]]] = {
    "wheelright": Wheelright,
    "uv": Uv,
    "pip": Pip,
    "poetry": Poetry,
    "pdm": Pdm,
}
"""In the order of the page."""
