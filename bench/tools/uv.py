"""uv: the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.tools.tool import Tool, project_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name


class Uv(Tool):
    """uv, with its own lock, no configuration files and no downloads of Python."""

    name: ClassVar[str] = "uv"
    title: ClassVar[str] = "uv"
    lock_name: ClassVar[str] = "uv.lock"

    def variables(self, cache: Path, index: str) -> dict[str, str]:
        """Name the cache and the index."""
        return {
            "UV_CACHE_DIR": str(cache),
            "UV_DEFAULT_INDEX": index,
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
        }

    def write_project(self, case: Case, folder: Path, index: str) -> None:  # noqa: ARG002
        """Write a project that is not itself installed."""
        text = project_table(case, case.python) + "\n[tool.uv]\npackage = false\n"
        (folder / "pyproject.toml").write_text(text)

    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured."""
        match work:
            case "noop" | "sync-warm" | "sync-cold":
                return self.sync_command(case)
            case "sync-compiled":
                return [*self.sync_command(case), "--compile-bytecode"]
            case "run":
                return [self.program, "run", "python", "-c", "1"]
            case "lock-cached":
                return [self.program, "lock", "--offline"]
            case "lock-cold" | "lock-plain" | "lock-warm" | "lock-nothing":
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
        return [self.program, "sync"]
