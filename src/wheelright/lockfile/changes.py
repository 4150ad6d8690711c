"""What a new lock changes against the old one, as data for the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.lockfile.model import Lock


class Change(Struct, frozen=True):
    """One package whose set of locked versions is another now; versions in lock order.

    A source tree has no version and appears as an empty string.
    """

    name: str
    old_versions: tuple[str, ...]
    new_versions: tuple[str, ...]

    @property
    def kind(self) -> Literal["added", "removed", "updated"]:
        """What happened to the package."""
        if not self.old_versions:
            return "added"
        return "updated" if self.new_versions else "removed"


def compare(old: Lock | None, new: Lock | None) -> list[Change]:
    """Return the changes by name; ``None`` stands for no lock."""
    before, after = _versions(old), _versions(new)
    return [
        Change(name, before.get(name, ()), after.get(name, ()))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _versions(lock: Lock | None) -> dict[str, tuple[str, ...]]:
    if lock is None:
        return {}
    return {
        name: tuple(dict.fromkeys(package.version or "" for package in packages))
        for name, packages in lock.by_name.items()
    }
