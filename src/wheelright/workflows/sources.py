"""Metadata of source trees and sdists that only a build can tell, for a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.index import Metadata, MetadataUnavailableError
from wheelright.index.metadata import read_metadata
from wheelright.workflows.direct.reading import DirectReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelright.index import Indexes, Release
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import BuildingOptions
    from wheelright.workflows.policy import BuildPolicy


def direct_reader(
    context: Context,
    root: Path,
    indexes: Indexes,
    *,
    no_sources: bool = False,
    how: BuildingOptions | None = None,
) -> DirectReader:
    """Return what reads the places that a project names, asking backends where it must."""
    return DirectReader(
        context,
        root,
        indexes,
        lambda: _builds(context, indexes, how),
        with_sources=not (no_sources or context.settings.no_sources),
    )


def source_metadata(
    context: Context, indexes: Indexes, policy: BuildPolicy, how: BuildingOptions | None = None
) -> Callable[[str, str, Release], Metadata]:
    """Return a function that builds the metadata of a release from its sdist, where allowed."""

    def build(name: str, version: str, release: Release) -> Metadata:
        sdists = [file for file in release.files if not file.is_wheel]
        if not sdists or not policy.may_build(name):
            raise MetadataUnavailableError(name, version, [])
        sdist = min(sdists, key=lambda file: (not file.name.endswith(".tar.gz"), file.name))
        headers = read_metadata(_builds(context, indexes, how).sdist_metadata(sdist))
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


def _builds(context: Context, indexes: Indexes, how: BuildingOptions | None) -> Builds:
    from wheelright.workflows.building import Builds
    from wheelright.workflows.pythons import choose_python

    return Builds(context, indexes, choose_python(context), options=how)
