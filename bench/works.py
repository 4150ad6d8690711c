"""The works: what is measured, in which state each run starts, and how often it may be warmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Name = Literal[
    "noop", "run", "sync-warm", "sync-cold", "sync-compiled", "lock-cold", "lock-warm",
    "lock-cached", "lock-nothing", "lock-plain", "lock-targets", "check-targets", "add",
]  # fmt: skip
Start = Literal["synced", "locked", "new", "own", "new-targets", "targets"]

TARGETS: Final = {
    "plc": "x86_64-manylinux_2_17",
    "linux-arm": "aarch64-manylinux_2_28",
    "mac": "macos-12-arm64",
}
"""What the works with targets lock for: an old glibc, ARM, and another system."""


@dataclass(frozen=True, slots=True)
class Work:
    """One work.

    ``start`` is the project that a run begins with: ``synced`` is one that all runs share and
    that no run changes; ``locked`` has a lock and no venv, ``new`` neither, ``own`` a lock and a
    venv, each made for this run alone. ``targets`` is shared, declares :data:`TARGETS` and has a
    lock for them; ``new-targets`` has none. ``cold`` gives the run an empty cache. ``mode`` is
    the mirror's. ``solitary`` works are Wheelright's alone: no other tool has a counterpart.
    """

    name: Name
    title: str
    meaning: str
    start: Start
    mode: str = "fresh"
    cold: bool = False
    solitary: bool = False

    @property
    def locks(self) -> bool:
        """Whether the outcome is what is locked, not what is installed."""
        return self.name.startswith("lock") or self.start == "targets"


INSTALLING: Final = frozenset({"noop", "run", "sync-warm", "sync-cold", "sync-compiled", "add"})
"""The works for which everything that is locked must have been installed once."""
WORKS: Final = (
    Work("noop", "no-op sync", "nothing changed since the last sync", "synced"),
    Work("run", "run", "`python -c 1` in a project that is up to date", "synced"),
    Work("sync-warm", "sync, warm", "from the lock to a new venv, every file cached", "locked"),
    Work("sync-cold", "sync, cold", "as before with an empty cache", "locked", cold=True),
    Work(
        "sync-compiled",
        "sync, warm, compiled",
        "from the lock to a new venv with bytecode for every module, everything cached",
        "locked",
    ),
    Work("lock-cold", "lock, cold", "no lock, empty cache", "new", cold=True),
    Work(
        "lock-plain",
        "lock, cold, no PEP 658",
        "as before on a mirror that serves no metadata files",
        "new",
        "plain",
        cold=True,
    ),
    Work("lock-warm", "lock, revalidating", "no lock, every cached page is stale", "new", "stale"),
    Work(
        "lock-cached",
        "lock, cached",
        "no lock, everything cached and fresh; `--offline` where the tool has it",
        "new",
    ),
    Work("lock-nothing", "lock, unchanged", "the lock is there and current", "synced"),
    Work("add", "add", "one more package to a synced project, its files cached", "own"),
    Work(
        "lock-targets",
        "lock for three targets",
        "no lock, everything cached; by wheels for glibc 2.17 on x86-64, glibc 2.28 on ARM and "
        "macOS 12 on ARM, which no other tool does",
        "new-targets",
        solitary=True,
    ),
    Work(
        "check-targets",
        "check all targets",
        "proves from that lock what each target gets with each of its Pythons, which no other "
        "tool does",
        "targets",
        solitary=True,
    ),
)
