"""Workspaces: several projects that share the lock, the venv and the settings of one root.

Must live here: which directories are members, finding the root from a member, and the names by
which a lock knows the doors of members. Must not live here: what is locked or installed of them
(``workflows``).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wheelright.errors import RequestError
from wheelright.project.document import read_toml
from wheelright.project.read import FILE_NAME, load_project
from wheelright.project.settings_read import member_settings
from wheelright.project.settings_types import WorkspaceSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project.model import Project
    from wheelright.project.settings import Settings

_MAGIC = frozenset("*?[")


class WorkspaceError(RequestError):
    """A workspace names members that are not there, not projects, or not apart."""


class Workspace(Struct, frozen=True):
    """A root and its members; ``members`` are by normalised name, the root is not among them.

    A ``virtual`` root states no project of its own. ``settings`` are what members say themselves,
    by name. ``patterns`` are the globs of members.
    """

    root: Path
    virtual: bool
    members: Mapping[str, Project] = field(default_factory=dict)
    settings: Mapping[str, Settings] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()

    def path_of(self, name: str) -> str:
        """Return where a member is, relative to the root, with slashes."""
        return Path(os.path.relpath(self.members[name].root, self.root)).as_posix()


def member_door(name: str, *, extra: str | None = None, group: str | None = None) -> str:
    """Return what a lock calls a member itself, one of its extras or one of its groups.

    No name of a group can look like it: ``@core``, ``@core[speed]``, ``@core:dev``.
    """
    if extra is not None:
        return f"@{name}[{extra}]"
    return f"@{name}" if group is None else f"@{name}:{group}"


def find_workspace_root(directory: Path) -> Path | None:
    """Return the root of the workspace that a project's directory is a member of, else None.

    Only the nearest directory above that states a workspace counts. A project that states one
    itself is no member.
    """
    if _stated(directory) is not None:
        return None
    for above in directory.absolute().parents:
        setting = _stated(above)
        if setting is not None:
            found = [Path(os.path.normpath(path)) for path in _matches(above, setting)]
            return above if Path(os.path.normpath(directory)) in found else None
    return None


def workspace_above(directory: Path) -> tuple[Path, bool] | None:
    """Return the root of the nearest workspace above a directory that does not exclude it.

    The second value says whether its globs name the directory already. None without one.
    """
    for above in directory.absolute().parents:
        setting = _stated(above)
        if setting is None:
            continue
        inside = PurePath(os.path.relpath(directory, above)).as_posix()
        if any(_names(pattern, inside) for pattern in setting.exclude):
            return None
        return above, any(_names(pattern, inside) for pattern in setting.members)
    return None


def _names(pattern: str, path: str) -> bool:
    """Whether a glob names a directory that need not exist yet."""
    parts, words = PurePath(path).parts, PurePath(pattern.removeprefix("./")).parts
    if "**" in words:
        return PurePath(path).match(pattern)
    return len(parts) == len(words) and PurePath(path).match(str(PurePath(*words)))


def load_workspace(root: Project, settings: Settings, *, foreign: bool = False) -> Workspace | None:
    """Return the workspace that a project is the root of, None where it states none.

    One that is ``foreign`` only says where its members are; its indexes do not count.
    Raises :class:`WorkspaceError`, and ``ProjectFileError`` for faults in a member's file.
    """
    setting = settings.workspace
    if setting is None:
        return None
    members: dict[str, Project] = {}
    own: dict[str, Settings] = {}
    indexes = [index.name for index in settings.index if index.name is not None]
    for path in member_directories(root.root, setting):
        member = load_project(path)
        other = root if root.named and member.name == root.name else members.get(member.name)
        if other is not None:
            raise WorkspaceError(
                f"two projects of the workspace are named `{member.name}`",
                where=str(root.path),
                details=[_relative(other.root, root.root), _relative(path, root.root)],
                hints=["give one of them another `name`, or `exclude` it"],
            )
        said = member_settings(member.document, None if foreign else indexes)
        if said.workspace is not None:
            raise WorkspaceError(
                f"`{member.name}` is a member of a workspace and states one of its own",
                where=str(member.path),
                hints=["take its `workspace` table out, or `exclude` it from the outer one"],
            )
        members[member.name] = member
        own[member.name] = said
    return Workspace(root.root, not root.named, members, own, setting.members)


def member_directories(root: Path, setting: WorkspaceSetting) -> list[Path]:
    """Return the directories of members, sorted.

    Raises :class:`WorkspaceError` for those that are no projects, are missing, or lie outside.
    """
    found = []
    for pattern in setting.members:
        if not _MAGIC & set(pattern) and not (root / pattern).is_dir():
            raise WorkspaceError(
                f"the workspace's member `{pattern}` does not exist",
                where=str(root / FILE_NAME),
                hints=["correct its path in `members`, or take it out"],
            )
    for path in _matches(root, setting):
        if not path.resolve().is_relative_to(root.resolve()):
            raise WorkspaceError(
                f"the workspace's member `{_relative(path, root)}` lies outside of it",
                where=str(root / FILE_NAME),
                hints=["move it below the workspace, or take it as a source: `{ path = ... }`"],
            )
        if path.resolve() == root.resolve():
            continue
        if not (path / FILE_NAME).is_file():
            if _is_empty(path):
                continue
            raise WorkspaceError(
                f"the workspace's member `{_relative(path, root)}` has no `{FILE_NAME}`",
                where=str(root / FILE_NAME),
                hints=["`exclude` it, or make it a project with `wheelright init`"],
            )
        found.append(path)
    return found


def _matches(root: Path, setting: WorkspaceSetting) -> list[Path]:
    """Return the directories that the globs name and no exclusion does."""
    excluded = {path for pattern in setting.exclude for path in _globbed(root, pattern)}
    named = {path for pattern in setting.members for path in _globbed(root, pattern)}
    return sorted(path for path in named - excluded if path.is_dir())


def _globbed(root: Path, pattern: str) -> list[Path]:
    if not _MAGIC & set(pattern):
        return [Path(os.path.normpath(root / pattern))]
    above, _, rest = pattern.rpartition("../")
    base = Path(os.path.normpath(root / f"{above}..")) if rest != pattern else root
    return [
        path
        for path in base.glob(rest.removeprefix("./").rstrip("/"))
        if not any(part.startswith(".") or part in _NOT_MEMBERS for part in path.parts[-1:])
    ]


_NOT_MEMBERS = frozenset({"__pycache__", "node_modules"})


def _is_empty(path: Path) -> bool:
    """Whether a directory holds nothing but hidden and generated files (another branch's rest)."""
    return all(one.name.startswith(".") or one.name in _NOT_MEMBERS for one in path.iterdir())


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _stated(directory: Path) -> WorkspaceSetting | None:
    """Return the workspace that a directory's file states; faults are told when it is loaded."""
    try:
        data = (directory / FILE_NAME).read_bytes()
    except OSError:
        return None
    if b"workspace" not in data:
        return None
    try:
        tool: Any = read_toml(data.decode("utf-8").removeprefix("\ufeff")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        load_project(directory)  # says what is wrong with it
        return None
    for name in ("wheelright", "uv"):
        table = tool.get(name, {}) if isinstance(tool, dict) else {}
        said = table.get("workspace") if isinstance(table, dict) else None
        if isinstance(said, dict):
            texts = [said.get("members", []), said.get("exclude", [])]
            members, exclude = ([t for t in one if isinstance(t, str)] for one in texts)
            return WorkspaceSetting(tuple(members), tuple(exclude))
    return None
