"""Wheelright, as it is installed from a wheel of this checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.tools.tool import Tool, project_table
from bench.works import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name

_SETTINGS = """
[tool.wheelright]
package = false

[[tool.wheelright.index]]
name = "mirror"
url = "{index}"
default = true
"""


class Wheelright(Tool):
    """Wheelright, told nothing that a user would not say."""

    name: ClassVar[str] = "wheelright"
    title: ClassVar[str] = "Wheelright"

    def variables(self, cache: Path, index: str) -> dict[str, str]:  # noqa: ARG002
        """Name the cache."""
        return {"WHEELRIGHT_CACHE_DIR": str(cache)}

    def write_project(self, case: Case, folder: Path, index: str) -> None:
        """Write a project that is not itself installed, with the mirror as its default index."""
        text = project_table(case, case.python) + _SETTINGS.format(index=index)
        (folder / "pyproject.toml").write_text(text)

    def add_targets(self, folder: Path) -> None:
        """Declare them, each with the Pythons that the oldest of them can be served with."""
        with (folder / "pyproject.toml").open("a") as file:
            for name, platform in TARGETS.items():
                file.write(f"\n[tool.wheelright.targets.{name}]\n")
                file.write(f'platform = "{platform}"\npython = ">=3.11,<3.14"\n')

    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured."""
        match work:
            case "noop" | "sync-warm" | "sync-cold":
                return self.sync_command(case)
            case "sync-compiled":
                return [*self.sync_command(case), "--compile-bytecode"]
            case "run":
                return [self.program, "run", "python", "-c", "1"]
            case "lock-cached" | "lock-targets":
                return [self.program, "lock", "--offline"]
            case "lock-cold" | "lock-plain" | "lock-warm" | "lock-nothing":
                return self.lock_command(case)
            case "add":
                return [self.program, "add", case.added]
            case "check-targets":
                return [self.program, "check", "--all-targets"]

    def lock_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what writes the lock."""
        return [self.program, "lock"]

    def sync_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what fills the venv."""
        return [self.program, "sync"]
