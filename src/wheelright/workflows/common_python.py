"""The Pythons that all members of a workspace serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from packaging.version import Version

from wheelright.project import WorkspaceError
from wheelright.resolver.pythons import pieces
from wheelright.targets.specifiers import SpecifierSet

if TYPE_CHECKING:
    from wheelright.project import Project, Workspace


def with_common_python(root: Project, workspace: Workspace) -> Project:
    """Return the root with the ``requires-python`` of all members together.

    Raises :class:`WorkspaceError` where no Python serves all of them.
    """
    said = [one for one in (root, *workspace.members.values()) if one.requires_python is not None]
    bounds = SpecifierSet()
    for one in said:
        assert one.requires_python is not None
        bounds &= one.requires_python
    if not said:
        return root
    if not pieces(str(bounds), set()):
        raise WorkspaceError(
            "no Python serves all members of the workspace",
            where=str(root.path),
            details=[f"`{one.name}` needs Python {one.requires_python}" for one in said],
            hints=["widen `requires-python` of one, or `exclude` it from the workspace"],
        )
    return replace(root, requires_python=_shortest(bounds))


def _shortest(bounds: SpecifierSet) -> SpecifierSet:
    """Leave out lower and upper bounds that others imply."""
    lowest = [one for one in bounds if one.operator == ">="]
    highest = [one for one in bounds if one.operator == "<"]
    kept = [one for one in bounds if one.operator not in {">=", "<"}]
    if lowest:
        kept.append(max(lowest, key=lambda one: Version(one.version)))
    if highest:
        kept.append(min(highest, key=lambda one: Version(one.version)))
    return SpecifierSet(",".join(map(str, kept)))
