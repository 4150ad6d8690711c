"""What the project states of others' metadata: in place of asking files, or as changes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.resolver import Dependencies, Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.version import Version

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


def edits_of(settings: Settings) -> tuple[Edit, ...]:
    """Return the overrides and exclusions that count for single packages."""
    overrides = [
        Edit(one.package, _text(one.version), tuple(str(each) for each in one.dependencies))
        for one in settings.package_overrides
    ]
    excludes = [
        Edit(one.package, _text(one.version), without=frozenset(one.dependencies))
        for one in settings.package_excludes
    ]
    return (*excludes, *sorted(overrides, key=lambda edit: edit.version is not None))


def _text(version: Version | None) -> str | None:
    return None if version is None else str(version)
