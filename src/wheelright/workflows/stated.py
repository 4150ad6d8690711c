"""What the project states of others' metadata: in place of asking files, or as changes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.targets import normalize_name
from wheelright.workflows.options import Prerelease

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.version import Version

    from wheelright.project import Settings, StatedMetadata
    from wheelright.resolver import Dependencies, Edit
    from wheelright.workflows.options import ResolveOptions


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
        entries = self.entries.get(name)
        if entries is None:
            return None
        from packaging.version import Version

        from wheelright.resolver import Dependencies

        for exact in (True, False):
            for one in entries:
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
    from wheelright.resolver import Edit

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


def prereleases_of(settings: Settings, options: ResolveOptions) -> dict[str, str]:
    """Return when pre-releases of single projects are taken, options before settings.

    Raises ``UsageError`` for an option that is not ``NAME=WHEN``.
    """
    found: dict[str, str] = dict(settings.prerelease_package)
    for text in options.prerelease_package:
        name, equals, when = text.partition("=")
        if not equals or when not in get_args(Prerelease):
            words = ", ".join(f"`{one}`" for one in get_args(Prerelease))
            raise UsageError(
                f"`{text}` does not say when pre-releases of a package are taken",
                where="--prerelease-package",
                hints=[f"write `NAME=WHEN`, where WHEN is one of {words}"],
            )
        found[normalize_name(name)] = when
    return found
