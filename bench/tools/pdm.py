"""PDM with its own resolver and installer (it can also hand both to uv: that would measure uv)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.tools.tool import Tool, project_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name


class Pdm(Tool):
    """PDM with its install cache switched on, linking from it."""

    name: ClassVar[str] = "pdm"
    title: ClassVar[str] = "PDM"
    lock_name: ClassVar[str] = "pdm.lock"

    def variables(self, cache: Path, index: str) -> dict[str, str]:
        """Name the cache and the index, check nothing."""
        return {
            "PDM_CACHE_DIR": str(cache),
            "PDM_PYPI_URL": index,
            "PDM_CHECK_UPDATE": "0",
            "PDM_NON_INTERACTIVE": "1",
        }

    def write_project(self, case: Case, folder: Path, index: str) -> None:  # noqa: ARG002
        """Write a project that is not itself installed, and whose packages are links."""
        text = project_table(case, case.python) + "\n[tool.pdm]\ndistribution = false\n"
        (folder / "pyproject.toml").write_text(text)
        (folder / "pdm.toml").write_text('[install]\ncache = true\ncache_method = "symlink"\n')

    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured."""
        match work:
            case "noop" | "sync-warm" | "sync-cold":
                return self.sync_command(case)
            case "run":
                return [self.program, "run", "python", "-c", "1"]
            case "lock-nothing":
                return [self.program, "lock", "--check"]
            case "lock-cold" | "lock-plain" | "lock-warm" | "lock-cached":
                return self.lock_command(case)
            case "add":
                return [self.program, "add", "--no-self", case.added]
            case "sync-compiled" | "lock-targets" | "check-targets":
                return None

    def lock_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what writes the lock."""
        return [self.program, "lock"]

    def sync_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what fills the venv."""
        return [self.program, "sync", "--no-self"]
