"""Metadata of source trees and sdists that only a build can tell, for a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.index import Metadata, MetadataUnavailableError, NeedsBuildError
from wheelright.index.metadata import read_metadata
from wheelright.workflows.local import read_local_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wheelright.index import Indexes, Release
    from wheelright.project import PathSource
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.judges import BuildPolicy
    from wheelright.workflows.local import LocalProject


def read_sources(
    context: Context, root: Path, directories: Mapping[str, PathSource], indexes: Indexes
) -> dict[str, LocalProject]:
    """Read the source trees that a project names, asking backends where they must."""
    if not directories:
        return {}
    return read_local_projects(
        root, directories, lambda path: _builds(context, indexes).metadata(path)
    )


def source_metadata(
    context: Context, indexes: Indexes, policy: BuildPolicy
) -> Callable[[str, str, Release], Metadata]:
    """Return a function that builds the metadata of a release from its sdist, where allowed."""

    def build(name: str, version: str, release: Release) -> Metadata:
        sdists = [file for file in release.files if not file.is_wheel]
        if not sdists or not policy.may_build(name):
            raise MetadataUnavailableError(name, version, [])
        sdist = min(sdists, key=lambda file: (not file.name.endswith(".tar.gz"), file.name))
        headers = read_metadata(_builds(context, indexes).sdist_metadata(sdist))
        return Metadata(
            name,
            version,
            headers.requires_dist,
            headers.requires_python,
            headers.extras,
            sdist.name,
            "build",
        )

    return build


def _builds(context: Context, indexes: Indexes) -> Builds:
    from wheelright.workflows.building import Builds
    from wheelright.workflows.pythons import choose_python

    return Builds(context, indexes, choose_python(context), context.settings.config_settings)


__all__ = ["NeedsBuildError", "read_sources", "source_metadata"]
