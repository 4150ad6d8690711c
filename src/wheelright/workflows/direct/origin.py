"""From what a lock holds of a direct project to where it comes from, as an environment keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.lockfile.model import without_credentials
from wheelright.venv import Origin
from wheelright.workflows.fingerprints import fingerprint

if TYPE_CHECKING:
    from wheelright.lockfile import Archive, Vcs
    from wheelright.workflows.local import LocalProject


def tree_origin(source: Path, *, editable: bool) -> Origin:
    """Return where a source tree is, with a mark that changes when it must be built again."""
    source = Path(source).resolve()
    mark = fingerprint(source, editable=editable) if source.is_dir() else None
    return Origin(source.as_uri(), editable=editable, fingerprint=mark)


def archive_origin(archive: Archive) -> Origin:
    """Return where a locked archive is."""
    return Origin(
        without_credentials(archive.file.url),
        fingerprint=archive.file.hashes.get("sha256"),
        is_directory=False,
        subdirectory=archive.subdirectory,
    )


def git_origin(vcs: Vcs, root: Path) -> Origin:
    """Return where a locked commit is; ``root`` is the directory of the lock."""
    url = vcs.url if vcs.url is not None else (root / (vcs.path or ".")).resolve().as_uri()
    return Origin(
        without_credentials(url),
        fingerprint=vcs.commit,
        is_directory=False,
        subdirectory=vcs.subdirectory,
        commit=vcs.commit,
        revision=vcs.requested_revision,
    )


def origin_of(local: LocalProject, root: Path) -> Origin:
    """Return where a project is that was just read."""
    if local.archive is not None:
        return archive_origin(local.archive)
    if local.vcs is not None:
        return git_origin(local.vcs, root)
    return tree_origin(root / local.path, editable=local.editable)
