"""One tool made ready for one case: its caches primed, its projects laid out, a fresh path each.

Nothing is deleted before the end of a session: on some file systems, making files is slower for a
while after a large tree was removed.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from bench.agree import installed_packages, locked_packages
from bench.works import INSTALLING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.agree import Packages
    from bench.cases import Case
    from bench.measure import Meter, Sample
    from bench.mirror import Mirror
    from bench.tools.tool import Tool
    from bench.works import Work


@dataclass(frozen=True, slots=True)
class Ready:
    """A project that a run can begin in: its folder, the variables, and the command."""

    folder: Path
    environ: dict[str, str]
    command: Sequence[str]


class Bed:
    """All that one tool needs for one case, in ``folder``."""

    def __init__(self, tool: Tool, case: Case, folder: Path, mirror: Mirror, meter: Meter) -> None:
        self.tool = tool
        self.case = case
        self.folder = folder
        self.mirror = mirror
        self.meter = meter
        self._numbers = count(1)
        self._primed: set[str] = set()
        self._synced = folder / "synced"
        self._targets = folder / "targets"
        (folder / "home").mkdir(parents=True)

    def prime(self, works: Sequence[Work]) -> None:
        """Lock, sync and add once, so that the caches hold what any of these works asks for.

        What the mirror lacks is recorded here.
        """
        names = {work.name for work in works}
        environ = self._environ("fresh")
        self._new_project(self._synced, "fresh")
        self._run(self.tool.lock_command(self.case), self._synced, environ)
        if names & INSTALLING:
            self._fill(self._synced, environ)
        add = self.tool.command("add", self.case)
        if "add" in names and add is not None:
            beside = self._fresh("prime")
            self._copy_locked(beside)
            self._fill(beside, environ)
            self._run(add, beside, environ)

    def ready(self, work: Work) -> Ready | None:
        """Lay out what one run begins with; ``None`` where the tool has no such command."""
        command = self.tool.command(work.name, self.case)
        if command is None:
            return None
        self._prime_mode(work)
        environ = self._environ(work.mode)
        if work.cold:
            environ = self._environ(work.mode, self._fresh("cache"))
        if work.start == "synced":
            return Ready(self._synced, environ, command)
        if work.start == "targets":
            return Ready(self._targets, environ, command)
        folder = self._fresh(work.name)
        if work.start.startswith("new"):
            self._new_project(folder, work.mode)
            if work.start == "new-targets":
                self.tool.add_targets(folder)
        else:
            self._copy_locked(folder)
        if work.start == "own":
            self._fill(folder, environ)
        elif work.start == "locked":
            self._make_venv(folder, environ)
        return Ready(folder, environ, command)

    def run(self, ready: Ready) -> Sample:
        """Run and measure."""
        return self.meter.run(ready.command, ready.folder, ready.environ)

    def outcome(self, work: Work, ready: Ready) -> Packages:
        """Return what is there after a run: what is locked after a lock, installed otherwise."""
        if work.locks:
            return locked_packages(ready.folder / self.tool.lock_name)
        return installed_packages(ready.folder / ".venv")

    def _prime_mode(self, work: Work) -> None:
        """Fill the cache with what only this work needs, where it is measured warm.

        That is the mirror's other mode, or what other targets ask for.
        """
        if work.solitary and "targets" not in self._primed:
            self._primed.add("targets")
            self._new_project(self._targets, work.mode)
            self.tool.add_targets(self._targets)
            environ = self._environ(work.mode)
            self._run(self.tool.lock_command(self.case), self._targets, environ)
        if work.cold or work.mode == "fresh" or work.mode in self._primed:
            return
        self._primed.add(work.mode)
        folder = self._fresh("prime")
        self._new_project(folder, work.mode)
        self._run(self.tool.lock_command(self.case), folder, self._environ(work.mode))

    def _environ(self, mode: str, cache: Path | None = None) -> dict[str, str]:
        cache = cache or self.folder / f"cache-{mode}"
        cache.mkdir(exist_ok=True)
        return self.tool.environ(self.folder / "home", cache, self.mirror.urls[mode])

    def _fresh(self, word: str) -> Path:
        folder = self.folder / f"{word}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def _new_project(self, folder: Path, mode: str) -> None:
        folder.mkdir(exist_ok=True)
        self.tool.write_project(self.case, folder, self.mirror.urls[mode])

    def _copy_locked(self, folder: Path) -> None:
        self._new_project(folder, "fresh")
        shutil.copy2(self._synced / self.tool.lock_name, folder)

    def _make_venv(self, folder: Path, environ: dict[str, str]) -> None:
        command = self.tool.venv_command()
        if command is not None:
            self._run(command, folder, environ)

    def _fill(self, folder: Path, environ: dict[str, str]) -> None:
        self._make_venv(folder, environ)
        self._run(self.tool.sync_command(self.case), folder, environ)

    def _run(self, command: Sequence[str], folder: Path, environ: dict[str, str]) -> None:
        self.meter.run(command, folder, environ)
