"""What every verb needs: settings, the cache, the indexes, the reporter, the project.

Made once per run from the global options. What costs time is made when first asked for.
Must not live here: decisions; a verb asks the context for its parts and joins them.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright import __version__
from wheelright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from wheelright.index import Credentials, Indexes, IndexSource
    from wheelright.outside.http import Http
    from wheelright.outside.reporting import Reporter
    from wheelright.project import Project, Settings, Workspace
    from wheelright.store import Store
    from wheelright.workflows.options import GlobalOptions, IndexOptions


class Context(Struct, frozen=True, dict=True):
    """One run of Wheelright. ``directory`` is absolute; relative paths start there.

    ``venv_path`` is where the project's venv is, where neither variable nor default decides.
    """

    options: GlobalOptions
    reporter: Reporter
    directory: Path
    environ: Mapping[str, str]
    temporary_cache: Path | None = None
    venv_path: Path | None = None

    def at(self, venv_path: Path) -> Context:
        """Return the same run with another venv for the project."""
        moved = replace(self, venv_path=venv_path)
        vars(moved).update(vars(self))
        vars(moved)["_opened"] = self._opened
        return moved

    def again(self, **changes: Any) -> Context:
        """Return the same run, with project and settings to be read anew.

        Connections are shared, and closed with any of the contexts that share them.
        """
        fresh = replace(self, **changes)
        vars(fresh)["_opened"] = self._opened
        return fresh

    @cached_property
    def place(self) -> Path:
        """Return where a project was said to be, or where one was found upwards from here.

        In a workspace that may be a member.
        """
        if self.options.project is not None:
            return (self.directory / self.options.project).resolve()
        return self._found or self.directory

    @cached_property
    def _found(self) -> Path | None:
        """Return where a project is, here or upwards."""
        from wheelright.project import find_project

        return find_project(self.directory)

    @cached_property
    def project_directory(self) -> Path:
        """Return the directory of the project; the root's, where that is a workspace."""
        from wheelright.project import find_workspace_root

        return find_workspace_root(self.place) or self.place

    @cached_property
    def project(self) -> Project:
        """Return the project; in a workspace the root, which has the lock and the settings.

        A root serves the Pythons that all members serve. Raises ``ProjectNotFoundError``,
        ``ProjectFileError`` and ``WorkspaceError``.
        """
        if self.workspace is None:
            return self._stated
        from wheelright.workflows.common_python import with_common_python

        return with_common_python(self._stated, self.workspace)

    @cached_property
    def _stated(self) -> Project:
        """Return the project as its own file states it."""
        from wheelright.project import load_project, require_project

        if self.options.project is None and self._found is None:
            require_project(self.directory)
        return load_project(self.project_directory)

    @cached_property
    def workspace(self) -> Workspace | None:
        """Return the workspace whose root the project is. Raises ``WorkspaceError``."""
        from wheelright.project import load_workspace

        return load_workspace(self._stated, self.settings)

    @cached_property
    def member(self) -> Project | None:
        """Return the member of the workspace that is at hand, None at its root."""
        if self.workspace is None or self.place == self.project_directory:
            return None
        at_hand = [one for one in self.workspace.members.values() if one.root == self.place]
        return at_hand[0] if at_hand else None

    def find_project(self) -> Project | None:
        """Return the project, or None where there is none."""
        if self.options.project is None and self._found is None:
            return None
        return self.project

    @cached_property
    def settings(self) -> Settings:
        """Return the settings of every level below the command line."""
        from wheelright.project import load_settings

        directory = self.project_directory
        config = self.options.config_file
        return load_settings(
            directory if (directory / "pyproject.toml").is_file() else None,
            (self.directory / config) if config else None,
            no_config=self.options.no_config,
            environ=self.environ,
            reporter=self.reporter,
        )

    @cached_property
    def offline(self) -> bool:
        """Whether the network may not be used."""
        return self.options.offline or self.settings.offline

    @cached_property
    def cache_directory(self) -> Path:
        """Return where the cache is (with ``--no-cache``, a directory that goes with the run)."""
        if self.temporary_cache is not None:
            return self.temporary_cache
        named = self.options.cache_dir or self.settings.cache_dir
        if named:
            return self.directory / Path(named).expanduser()
        from wheelright.outside.places import user_cache

        return user_cache()

    @cached_property
    def store(self) -> Store:
        """Return the store of unpacked wheels."""
        from wheelright.store import Store

        return Store(self.cache_directory / "store", self.reporter)

    def sources(self, options: IndexOptions) -> tuple[IndexSource, ...]:
        """Return the places to look for files, in the order in which they are asked."""
        from wheelright.index import IndexSource

        settings = self.settings
        found = []
        for text in options.index:
            name, equals, url = text.partition("=")
            named = bool(equals) and "/" not in name and ":" not in name
            found.append(IndexSource(name, url) if named else IndexSource(None, text))
        default = options.default_index
        for index in settings.indexes:
            if index.default and default is not None:
                continue
            found.append(
                IndexSource(
                    index.name,
                    index.url,
                    explicit=index.explicit,
                    flat=index.format == "flat",
                    default=index.default,
                    authenticate=index.authenticate,
                    ignored_statuses=frozenset(index.ignore_error_codes),
                )
            )
        links = (*(self._link(text) for text in options.find_links), *settings.find_links)
        found += [IndexSource(None, link, flat=True) for link in links]
        if default is not None:
            found.append(IndexSource(None, default, default=True))
        elif not any(source.default for source in found) and not self.no_index(options):
            found.append(self._machine_index)
        return tuple(found)

    @cached_property
    def _machine_index(self) -> IndexSource:
        """Return the index that this machine's pip would ask."""
        from wheelright.index.default import default_index

        return default_index()

    def _link(self, text: str) -> str:
        return text if "://" in text else str(self.directory / Path(text).expanduser())

    def no_index(self, options: IndexOptions) -> bool:
        """Whether no index may be asked."""
        return options.no_index or self.settings.no_index

    def indexes(self, options: IndexOptions) -> Indexes:
        """Return the configured indexes as one, ready to be asked; the same for equal options."""
        key = (options, self.sources(options))
        known = self._opened.get(key)
        if known is None:
            known = self._opened[key] = self._open_indexes(options)
        return known[0]

    def _open_indexes(self, options: IndexOptions) -> tuple[Indexes, Http]:
        from wheelright.index import Credentials, Indexes

        settings = self.settings
        sources = self.sources(options)
        keyring = options.keyring_provider or settings.keyring_provider
        credentials = Credentials(sources, self.environ, self.reporter, keyring=keyring)
        insecure = (*options.allow_insecure_host, *settings.allow_insecure_host)
        http = self.http(credentials, insecure)
        indexes = Indexes(
            sources,
            http,
            self.cache_directory / "index",
            self.reporter,
            strategy=options.index_strategy or settings.index_strategy,
            no_index=self.no_index(options),
            offline=self.offline,
            refresh=options.refresh,
            refresh_projects=frozenset(_normal(name) for name in options.refresh_package),
            credentials=credentials,
        )
        return indexes, http

    @cached_property
    def _opened(self) -> dict[Hashable, tuple[Indexes, Http]]:
        """Keep what was opened, so that the steps of a run share connections and pages."""
        return {}

    def close(self) -> None:
        """Close all connections; nothing of the context may be used afterwards."""
        for _, http in self._opened.values():
            http.close()

    def http(self, auth: Credentials | None, insecure: tuple[str, ...]) -> Http:
        """Return a client that sends what ``auth`` knows to whom it belongs."""
        from wheelright.index.default import certificates
        from wheelright.outside.http import Http, HttpSettings

        return Http(
            HttpSettings(
                user_agent=f"wheelright/{__version__}",
                cert=certificates(),
                insecure_hosts=insecure,
                auth=auth,
                offline=self.offline,
            )
        )

    def venv_directory(self) -> Path:
        """Return where the project's venv is, or would be."""
        if self.venv_path is not None:
            return self.venv_path
        named = self.environ.get("WHEELRIGHT_PROJECT_ENVIRONMENT", "")
        return self.project_directory / (Path(named).expanduser() if named else ".venv")


def _normal(name: str) -> str:
    from wheelright.targets import normalize_name

    return normalize_name(name)


def make_context(
    options: GlobalOptions,
    reporter: Reporter,
    *,
    environ: Mapping[str, str] | None = None,
    temporary_cache: Path | None = None,
) -> Context:
    """Return the context of one run. Raises ``UsageError`` where a directory does not exist."""
    directory = Path.cwd() if options.directory is None else Path(options.directory).absolute()
    for option, path in (("--directory", directory), ("--project", options.project)):
        if path is not None and not (directory / path).is_dir():
            raise UsageError(
                f"`{path}` is no directory",
                where=option,
                hints=["give a directory that exists"],
            )
    environ = os.environ if environ is None else environ
    return Context(options, reporter, directory, environ, temporary_cache)
