"""Environments beside the project's: for a script's own requirements and ``run --with``.

They are kept in the cache by what is in them, never changed once made, and shared by all that need
the same. What a request led to is noted, so that the same request asks no index again until the
cache is cleaned, or ``--refresh`` or ``--upgrade`` is given.

Must live here: knowing an environment again, with few imports, since it is what each run of a
script waits for. Must not live here: making one (``furnishing``).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from wheelright.project import PathSource, WorkspaceSource
from wheelright.venv import BrokenVenv, find_venv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wheelright.project import Source
    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.asked import Asked
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import SyncOptions

COMPLETE = ".complete"
"""The file that says that an environment was finished."""


class EnvironmentRequest(Struct, frozen=True):
    """What an environment shall hold.

    ``what`` names who needs it, in messages ("script.py"). ``root`` is where relative paths of
    sources start. ``base`` is a venv whose packages are seen behind its own; ``preferred`` are
    versions to take where they serve.
    """

    what: str
    interpreter: Interpreter
    asked: Sequence[Asked]
    root: Path
    base: Venv | None = None
    preferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def known_environment(work: Making) -> Venv | None:
    """Return the venv that the same request led to before, unless it is to be looked for anew.

    Raises ``UnsupportedSourceError``.
    """
    options = work.options
    if options.resolve.upgrade or options.resolve.upgrade_package:
        return None
    if options.index.refresh or options.index.refresh_package:
        return None
    try:
        name = msgspec.json.decode(work.note.read_bytes(), type=str)
    except (OSError, msgspec.MsgspecError):
        return None
    return ready(work.folder / name)


def ready(path: Path) -> Venv | None:
    """Return an environment that was finished, and whose Python is still there."""
    if not (path / COMPLETE).is_file():
        return None
    try:
        return find_venv(path)
    except BrokenVenv:
        return None


class Making(Struct, frozen=True):
    """One environment to be made: what was asked, and how."""

    context: Context
    request: EnvironmentRequest
    options: SyncOptions

    @property
    def folder(self) -> Path:
        """Return where these environments are kept."""
        return self.context.cache_directory / "environments"

    @property
    def note(self) -> Path:
        """Return the file that names the environment which the same request led to."""
        return self.folder / "requests" / f"{self.request_key()}.json"

    def sources(self) -> dict[str, Source]:
        """Return where each project comes from that does not come from any index.

        Raises ``UnsupportedSourceError`` for what cannot be installed from.
        """
        settings = self.context.settings
        hidden = self.options.resolve.no_sources or settings.no_sources
        found: dict[str, Source] = {}
        for asked in self.request.asked:
            stated = () if hidden else settings.sources.get(asked.name, ())
            for source in (asked.source,) if asked.source is not None else stated:
                if not _counts(source, self.request.interpreter.marker_values):
                    continue
                workspace = self.context.workspace if isinstance(source, WorkspaceSource) else None
                if workspace is not None and asked.name in workspace.members:
                    place = workspace.members[asked.name].root
                    found[asked.name] = PathSource(path=str(place), editable=True)
                    continue
                if isinstance(source, WorkspaceSource):
                    from wheelright.workflows.roots import UnsupportedSourceError

                    raise UnsupportedSourceError(
                        f"`{asked.name}` is taken from the workspace, which has no such member",
                        doing=f"preparing the environment of `{self.request.what}`",
                        hints=["correct its source, or leave sources out with `--no-sources`"],
                    )
                found[asked.name] = source
        return found

    def request_key(self) -> str:
        """Return a digest of everything that was asked, the answers of indexes left out."""
        context, options, request = self.context, self.options, self.request
        python = request.interpreter
        parts = [str(python.executable), python.version, str(python.platform)]
        parts += sorted(asked.requirement for asked in request.asked)
        for name, source in sorted(self.sources().items()):
            parts.append(f"{name} {source}")
            if isinstance(source, PathSource):
                from wheelright.workflows.fingerprints import fingerprint

                path = source.located(request.root)
                editable = bool(source.editable)
                parts.append(fingerprint(path, editable=editable) if path.is_dir() else "-")
                parts.append(str(path.stat().st_mtime_ns) if path.is_file() else "-")
        parts += [f"{one.name} {one.url} {one.flat}" for one in context.sources(options.index)]
        parts += [str(options.resolve), str(options.build)]
        settings = context.settings
        parts += [str(settings.constraint_dependencies), str(settings.override_dependencies)]
        parts += [str(settings.package_overrides), str(settings.package_excludes)]
        parts += [str(settings.exclude_newer), settings.resolution, settings.prerelease]
        parts += [str(sorted(settings.prerelease_package.items()))]
        parts += [request.base.site_packages if request.base is not None else ""]
        parts += [f"{name} {versions}" for name, versions in sorted(request.preferred.items())]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def _counts(source: Source, values: Mapping[str, str]) -> bool:
    """Whether a source holds for one Python; what is for an extra or a group alone does not."""
    if source.extra is not None or source.group is not None:
        return False
    return source.marker is None or source.marker.evaluate(dict(values))
