"""What other tools read: ``requirements.txt``, and a ``pylock.toml`` for one selection.

Must live here: evaluating the chosen extras and groups away, and the shape of the text. The
result still serves every environment of the lock, by markers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.lockfile.graph import Arrow, dependency_graph, in_scope
from wheelright.lockfile.markers import (
    assume,
    condition_text,
    normalised_name,
    parse_condition,
)
from wheelright.lockfile.model import bare_packages, canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelright.lockfile.model import Lock, LockedPackage


class Chosen(Struct, frozen=True):
    """The part of a lock to export; ``project`` is ``False`` for ``--only-group``.

    ``leave_out`` names packages that are not written (``--no-emit-package``).
    """

    extras: Collection[str] = ()
    groups: Collection[str] = ()
    project: bool = True
    leave_out: Collection[str] = ()


class Style(Struct, frozen=True):
    """How a requirements file looks; ``command`` is shown in its header (``None``: none)."""

    command: str | None = None
    hashes: bool = True
    annotate: bool = True
    editable: bool = True


def to_pylock(lock: Lock, chosen: Chosen) -> Lock:
    """Return a lock without extras and groups of its own, to be written by `dumps`."""
    lock = canonical(lock)
    return replace(
        lock,
        extras=(),
        groups=(),
        default_groups=(),
        inputs=None,
        created_by="wheelright",
        packages=bare_packages(tuple(_packages(lock, chosen))),
    )


def to_requirements(lock: Lock, chosen: Chosen, style: Style) -> str:
    """Return the text of a requirements file.

    Paths are written as the lock has them, so the file belongs into the lock's directory.
    """
    lock = canonical(lock)
    origins = _origins(lock, chosen) if style.annotate else {}
    lines: list[str] = []
    if style.command is not None:
        lines += ["# Written by Wheelright with this command:", f"#    {style.command}"]
    for package in _packages(lock, chosen):
        hashes: list[str] = []
        if style.hashes:
            files = (package.archive.file,) if package.archive else package.files
            hashes = sorted(
                {f"--hash={kind}:{value}" for file in files for kind, value in file.hashes.items()}
            )
        lines.append(" \\\n    ".join([_requirement(package, style), *hashes]))
        lines += _annotation(origins.get(package.name, []))
    return "\n".join(lines) + "\n" if lines else ""


def _packages(lock: Lock, chosen: Chosen) -> Iterator[LockedPackage]:
    """Yield the entries with extras and groups evaluated away from their markers."""
    extras = frozenset(map(normalised_name, chosen.extras))
    groups = frozenset(map(normalised_name, chosen.groups))
    leave_out = frozenset(map(normalised_name, chosen.leave_out))
    for package in in_scope(lock, extras, groups, project=chosen.project):
        if package.name not in leave_out:
            condition = True if package.marker is None else parse_condition(package.marker)
            left = assume(condition, extras=extras, groups=groups)
            if left == condition:
                yield package
            else:
                yield replace(package, marker=condition_text(left))


def _requirement(package: LockedPackage, style: Style) -> str:
    name, marker = package.name, package.marker
    if (local := package.directory) is not None:
        path = f"{local.path}/{local.subdirectory}" if local.subdirectory else local.path
        if path != "." and not path.startswith(("/", "./", "../")):
            path = f"./{path}"
        text = f"-e {path}" if local.editable and style.editable else path
    elif (archive := package.archive) is not None:
        part = f"#subdirectory={archive.subdirectory}" if archive.subdirectory else ""
        text = f"{name} @ {archive.file.url}{part}"
    elif (vcs := package.vcs) is not None:
        part = f"#subdirectory={vcs.subdirectory}" if vcs.subdirectory else ""
        text = f"{name} @ {vcs.kind}+{vcs.url or vcs.path}@{vcs.commit}{part}"
    else:
        text = f"{name}=={package.version}" if package.version else name
    return text if marker is None else f"{text} ; {marker}"


def _origins(lock: Lock, chosen: Chosen) -> dict[str, list[str]]:
    graph = dependency_graph(lock, None, chosen.extras, chosen.groups, project=chosen.project)
    found: dict[str, set[str]] = {}
    for arrow in graph.arrows:
        if arrow.source.name:
            found.setdefault(arrow.target.name, set()).add(_origin(arrow))
    return {name: sorted(origins) for name, origins in found.items()}


def _origin(arrow: Arrow) -> str:
    return f"{arrow.source.name}:{arrow.group}" if arrow.group else arrow.source.name


def _annotation(origins: list[str]) -> list[str]:
    if len(origins) == 1:
        return [f"    # via {origins[0]}"]
    return ["    # via", *(f"    #   {origin}" for origin in origins)] if origins else []
