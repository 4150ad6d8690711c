"""Looking at an answer of the resolver: nobody but the project says where others come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.outside.urls import redact
from wheelright.project import parse_requirement
from wheelright.workflows.direct.errors import ForeignPlaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project import Project
    from wheelright.resolver import Resolution
    from wheelright.workflows.local import LocalProject


def check_references(
    resolution: Resolution, direct: Mapping[str, LocalProject], project: Project
) -> None:
    """Raise :class:`ForeignPlaceError` for a direct reference that was not followed.

    That is one of a package from an index, asked for by an extra; or one that an index's package
    asks for through an extra of a direct project.
    """
    named = {key.partition("@")[0] for key in direct}
    for package in resolution.packages:
        for text in package.requires:
            if "@" not in text:
                continue
            requirement = parse_requirement(text)
            name = requirement.name
            if requirement.url is None or name in named:
                continue
            shown = redact(requirement.url)
            raise ForeignPlaceError(
                f"`{package.name}` {package.version} takes `{name}` from a place that the project"
                " does not name",
                where=shown,
                hints=[f"add `{name} @ {shown}` to the requirements of `{project.name}`"],
            )
