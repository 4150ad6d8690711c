"""Poetry, with the mirror as its only source."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.tools.tool import Tool, project_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name

_SOURCE = """
[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "mirror"
url = "{index}"
priority = "primary"
"""


class Poetry(Tool):
    """Poetry, installing in parallel into the project's own venv."""

    name: ClassVar[str] = "poetry"
    title: ClassVar[str] = "Poetry"
    lock_name: ClassVar[str] = "poetry.lock"

    def variables(self, cache: Path, index: str) -> dict[str, str]:  # noqa: ARG002
        """Name the cache, put the venv into the project, ask nobody for credentials."""
        return {
            "POETRY_CACHE_DIR": str(cache),
            "POETRY_VIRTUALENVS_IN_PROJECT": "true",
            "POETRY_NO_INTERACTION": "1",
            "POETRY_KEYRING_ENABLED": "false",
        }

    def write_project(self, case: Case, folder: Path, index: str) -> None:
        """Write a project that is not itself installed."""
        text = project_table(case, case.python) + _SOURCE.format(index=index.rstrip("/"))
        (folder / "pyproject.toml").write_text(text)

    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured."""
        match work:
            case "noop" | "sync-warm" | "sync-cold":
                return self.sync_command(case)
            case "sync-compiled":
                return [*self.sync_command(case), "--compile"]
            case "run":
                return [self.program, "run", "python", "-c", "1"]
            case "lock-cold" | "lock-plain" | "lock-warm" | "lock-cached" | "lock-nothing":
                return self.lock_command(case)
            case "add":
                return [self.program, "add", case.added]
            case "lock-targets" | "check-targets":
                return None

    def lock_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what writes the lock."""
        return [self.program, "lock"]

    def sync_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what fills the venv."""
        return [self.program, "sync", "--no-root"]
