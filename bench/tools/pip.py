"""pip: its lock holds for one environment only, and it has no projects to run or to add to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.install import base_python
from bench.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.cases import Case
    from bench.works import Name


class Pip(Tool):
    """pip installing what ``pip lock`` wrote, without compiling, as the others do."""

    name: ClassVar[str] = "pip"
    title: ClassVar[str] = "pip"
    locks_universally: ClassVar[bool] = False

    def variables(self, cache: Path, index: str) -> dict[str, str]:
        """Name the cache and the index; ask nothing about pip itself."""
        return {
            "PIP_CACHE_DIR": str(cache),
            "PIP_INDEX_URL": index,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_NO_COMPILE": "1",
            "PIP_TRUSTED_HOST": "127.0.0.1",  # without it pip caches nothing that came over HTTP
        }

    def write_project(self, case: Case, folder: Path, index: str) -> None:  # noqa: ARG002
        """Write the requirements."""
        (folder / "requirements.in").write_text("\n".join([*case.requirements, ""]))

    def venv_command(self) -> Sequence[str] | None:
        """Make a venv that is like those of the others: without pip in it."""
        return [str(base_python()), "-m", "venv", "--without-pip", ".venv"]

    def command(self, work: Name, case: Case) -> Sequence[str] | None:
        """Return what is measured."""
        match work:
            case "noop" | "sync-warm" | "sync-cold":
                return self.sync_command(case)
            case "sync-compiled":
                return [*self.sync_command(case), "--compile"]
            case "lock-cold" | "lock-plain" | "lock-warm" | "lock-cached":
                return self.lock_command(case)
            case "add":
                return [self.program, "--python", ".venv", "install", case.added]
            case "run" | "lock-nothing" | "lock-targets" | "check-targets":
                return None

    def lock_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what writes the lock."""
        return [self.program, "lock", "-r", "requirements.in", "-o", "pylock.toml"]

    def sync_command(self, case: Case) -> Sequence[str]:  # noqa: ARG002
        """Return what fills the venv."""
        return [self.program, "--python", ".venv", "install", "--no-deps", "-r", "pylock.toml"]
