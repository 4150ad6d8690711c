"""Where a project is asked for: a source seen from the file that names it, made comparable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wheelright.lockfile.model import path_of, without_credentials
from wheelright.outside.urls import redact
from wheelright.project import GitSource, PathSource, UrlSource
from wheelright.workflows.direct.git import Repository, Revision
from wheelright.workflows.local import relative_path

if TYPE_CHECKING:
    from wheelright.workflows.direct.ask import Ask


_DEFAULT = Revision()


class Place(Struct, frozen=True):
    """One place. ``at`` is an absolute path or a URL without credentials.

    ``by_path`` says that a repository is named by its path, as seen from the project. Equal places
    are the same; two revisions of one repository may still be the same commit.
    """

    kind: Literal["path", "url", "git"]
    at: str
    subdirectory: str | None = None
    revision: Revision = _DEFAULT
    by_path: bool = False

    def is_beside(self, other: Place) -> bool:
        """Whether both are in one repository, perhaps at the same commit."""
        if self.kind != "git" or other.kind != "git":
            return False
        return (self.at, self.subdirectory) == (other.at, other.subdirectory)

    def state(self, root: Path) -> str:
        """Say what a lock in ``root`` depends on."""
        at = self.at
        if self.kind == "path" or self.by_path:
            at = relative_path(path_of(at) if self.by_path else Path(at), root)
        kind, text = self.revision.kind, self.revision.text
        revision = f" {kind} {text}" if text else ""
        folder = f" subdirectory {self.subdirectory}" if self.subdirectory else ""
        return f"{self.kind} {at}{revision}{folder}"

    def __str__(self) -> str:
        revision = f"@{self.revision.text}" if self.revision.text else ""
        folder = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
        shown = self.at if self.kind == "path" else redact(self.at)
        return f"{'git+' if self.kind == 'git' else ''}{shown}{revision}{folder}"


def place_of(ask: Ask) -> Place:
    """Return the place that an ask means."""
    source = ask.source
    if isinstance(source, PathSource):
        return Place("path", os.path.realpath(source.located(ask.base)))
    if isinstance(source, UrlSource):
        return Place("url", without_credentials(source.url), source.subdirectory)
    assert isinstance(source, GitSource)
    folder = source.subdirectory.strip("/") if source.subdirectory else None
    by_path = is_path(source.git)
    return Place("git", repository_of(ask).clean, folder or None, revision_of(source), by_path)


def is_path(git: str) -> bool:
    """Whether a repository is named by its path."""
    return "://" not in git and not (":" in git and "@" in git)


def repository_of(ask: Ask) -> Repository:
    """Return the repository that an ask means; a path becomes a ``file:`` URL."""
    assert isinstance(ask.source, GitSource)
    url = ask.source.git.removeprefix("git+")
    if is_path(url):
        path = os.path.normpath(ask.base / Path(url).expanduser())
        url = Path(path).as_uri()
    return Repository(url, ask.name, lfs=bool(ask.source.lfs))


def revision_of(source: GitSource) -> Revision:
    """Return what a source says of branch, tag or commit."""
    if source.branch:
        return Revision("branch", source.branch)
    if source.tag:
        return Revision("tag", source.tag)
    return Revision("rev", source.rev) if source.rev else Revision()
