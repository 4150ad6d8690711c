"""``dependency-metadata``: what the project states of versions, instead of asking their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.resolver import Dependencies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project import Settings, StatedMetadata


class Stated(Struct, frozen=True):
    """What is stated, by project."""

    entries: Mapping[str, tuple[StatedMetadata, ...]]

    @classmethod
    def of(cls, settings: Settings) -> Stated:
        """Gather the entries of the settings."""
        entries: dict[str, tuple[StatedMetadata, ...]] = {}
        for one in settings.dependency_metadata:
            entries[one.name] = (*entries.get(one.name, ()), one)
        return cls(entries)

    def dependencies(self, name: str, version: str) -> Dependencies | None:
        """Return what is stated of a version (an entry for just it first), or None."""
        from packaging.version import Version

        for exact in (True, False):
            for one in self.entries.get(name, ()):
                if (one.version is not None) is exact and (
                    one.version is None or one.version == Version(version)
                ):
                    return Dependencies(
                        tuple(str(requirement) for requirement in one.requires_dist),
                        None if one.requires_python is None else str(one.requires_python),
                        tuple(one.provides_extra),
                    )
        return None
