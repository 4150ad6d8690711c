"""From where a direct project comes from to its wheel.

An ``Origin`` has no secrets, since an environment keeps it; what the project itself says of
credentials and of Git LFS is looked up again for the fetch (:class:`Stated`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from wheelright.lockfile.model import path_of, without_credentials
from wheelright.project import GitSource, UrlSource, source_of_reference
from wheelright.workflows.direct.archives import Archives, tree_in
from wheelright.workflows.direct.errors import BuildForbiddenError
from wheelright.workflows.direct.git import Repository
from wheelright.workflows.direct.reading import git_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.project import Source
    from wheelright.store import File, StoredWheel
    from wheelright.venv import Origin
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.policy import BuildPolicy


class Stated(Struct, frozen=True):
    """What sources say of places and a lock does not: URLs with credentials, and Git LFS."""

    urls: dict[str, str] = field(default_factory=dict)
    lfs: set[str] = field(default_factory=set)

    @classmethod
    def of_project(cls, context: Context) -> Stated:
        """Read the sources and direct references of the project of a run, and of its members."""
        projects, settings = [context.project], [context.settings]
        if context.workspace is not None:
            projects += context.workspace.members.values()
            settings += context.workspace.settings.values()
        sources = [one for said in settings for some in said.sources.values() for one in some]
        for project in projects:
            lists = (project.dependencies, *project.optional_dependencies.values())
            for requirements in (*lists, *project.groups.values()):
                sources += [one for each in requirements if (one := source_of_reference(each))]
        return cls.of(sources)

    @classmethod
    def of(cls, sources: Iterable[Source]) -> Stated:
        """Take it from sources."""
        stated = cls()
        for source in sources:
            if isinstance(source, GitSource):
                url = source.git.removeprefix("git+")
                stated.urls.setdefault(without_credentials(url), url)
                if source.lfs:
                    stated.lfs.add(without_credentials(url))
            elif isinstance(source, UrlSource):
                url = source.url.partition("#")[0]
                stated.urls.setdefault(without_credentials(url), url)
        return stated

    def repository(self, url: str, name: str) -> Repository:
        """Return the repository at a URL without credentials."""
        return Repository(self.urls.get(url, url), name, lfs=url in self.lfs)

    def file(self, file: File) -> File:
        """Return a file at the URL that has its credentials."""
        return msgspec.structs.replace(file, url=self.urls.get(file.url, file.url))


class DirectWheels(Struct, frozen=True):
    """Makes the wheels of direct projects, each built once for one kind of Python."""

    builds: Builds
    policy: BuildPolicy
    stated: Stated

    def needs_build(self, origin: Origin, file: File | None) -> bool:
        """Whether the wheel must be built, rather than fetched."""
        return file is None or not file.is_wheel or origin.commit is not None

    def wheel(self, name: str, origin: Origin, file: File | None) -> StoredWheel:
        """Return the wheel of what must be built.

        Raises :class:`BuildForbiddenError`, and what fetching and building raise.
        """
        builds = self.builds
        if origin.is_directory:
            source = path_of(origin.url)
            if not self.policy.may_build(name):
                builds = builds.only_pure()
            return builds.editable(source) if origin.editable else builds.wheel(source)
        if not self.policy.may_build(name):
            raise BuildForbiddenError(
                f"`{name}` must be built, and builds are not allowed",
                where=origin.url,
                hints=["leave `--no-build` and its like out, or name the place of a wheel"],
            )
        if origin.commit is not None:
            return self._commit(name, origin, origin.commit)
        assert file is not None
        archives = Archives(builds.context, builds.indexes, lambda: builds)
        return builds.sdist(archives.kept(self.stated.file(file)), origin.subdirectory)

    def _commit(self, name: str, origin: Origin, commit: str) -> StoredWheel:
        builds = self.builds
        at = self.stated.repository(origin.url, name)
        what = f"git {commit} {origin.subdirectory or ''} {'lfs' if at.lfs else ''}"
        key = hashlib.sha256(what.encode()).hexdigest()

        def make() -> StoredWheel:
            git = git_of(builds.context)
            root = git.checkout(at, commit)
            shown = f"{at.shown}@{commit[:12]}"
            with git.alone(at, commit):
                tree = tree_in(root, origin.subdirectory, shown)
                return builds.wheel(tree, f"git:{commit}", name)

        return builds.once(key, make, name)
