"""Environments beside the project's: for a script's own requirements and ``run --with``.

They are kept in the cache by what is in them, never changed once made, and shared by all that need
the same. What a request led to is noted, so that the same request asks no index again until the
cache is cleaned, or ``--refresh`` or ``--upgrade`` is given.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wheelright.errors import WheelrightError
from wheelright.outside import files
from wheelright.project import GitSource, IndexSource, PathSource, UrlSource
from wheelright.venv import (
    ApplyOptions,
    BrokenVenv,
    Origin,
    PlanOptions,
    Record,
    Wanted,
    apply_plan,
    create_venv,
    find_venv,
    lock_venv,
    make_plan,
    next_packages,
)
from wheelright.workflows.building import Builds
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.local import fingerprint
from wheelright.workflows.lock import build_policy, choice
from wheelright.workflows.machine import request_for, resolve_for_machine
from wheelright.workflows.roots import UnsupportedSourceError
from wheelright.workflows.sources import read_sources, source_metadata
from wheelright.workflows.stated import Stated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.index import Indexes
    from wheelright.project import Source
    from wheelright.store import StoredWheel
    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.asked import Asked
    from wheelright.workflows.context import Context
    from wheelright.workflows.local import LocalProject
    from wheelright.workflows.options import SyncOptions

_COMPLETE = ".complete"
_BASE = "_wheelright_base.pth"


@dataclass(frozen=True, slots=True)
class EnvironmentRequest:
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


def environment_for(context: Context, request: EnvironmentRequest, options: SyncOptions) -> Venv:
    """Return a venv that holds what is asked for, made now or kept from before.

    Raises ``ResolutionFailure``, ``UnsupportedSourceError`` and what fetching and building raise.
    """
    work = _Making(context, request, options)
    note = work.folder / "requests" / f"{work.request_key()}.json"
    if not (options.resolve.upgrade or options.resolve.upgrade_package or _refreshes(options)):
        known = _noted(work, note)
        if known is not None:
            return known
    try:
        venv = work.made()
    except WheelrightError as error:
        error.doing = error.doing or f"preparing the environment of `{request.what}`"
        raise
    files.make_directory(note.parent)
    files.write_atomic(note, msgspec.json.encode(Path(venv.path).name))
    return venv


def _refreshes(options: SyncOptions) -> bool:
    return options.index.refresh or bool(options.index.refresh_package)


def _noted(work: _Making, note: Path) -> Venv | None:
    try:
        name = msgspec.json.decode(note.read_bytes(), type=str)
    except (OSError, msgspec.MsgspecError):
        return None
    return _ready(work.folder / name)


def _ready(path: Path) -> Venv | None:
    """Return an environment that was finished, and whose Python is still there."""
    if not (path / _COMPLETE).is_file():
        return None
    try:
        return find_venv(path)
    except BrokenVenv:
        return None


@dataclass(frozen=True)
class _Making:
    """One environment in the making."""

    context: Context
    request: EnvironmentRequest
    options: SyncOptions

    @property
    def folder(self) -> Path:
        """Return where these environments are kept."""
        return self.context.cache_directory / "environments"

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
                if isinstance(source, (GitSource, UrlSource)) or source.is_conditional:
                    raise UnsupportedSourceError(
                        f"`{asked.name}` comes from a place that this version cannot install from",
                        doing=f"preparing the environment of `{self.request.what}`",
                        hints=["name a version that an index has, or a directory"],
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
                path = source.located(request.root)
                editable = bool(source.editable)
                parts.append(fingerprint(path, editable=editable) if path.is_dir() else "-")
        parts += [f"{one.name} {one.url} {one.flat}" for one in context.sources(options.index)]
        parts += [str(options.resolve), str(options.build)]
        settings = context.settings
        parts += [str(settings.constraint_dependencies), str(settings.override_dependencies)]
        parts += [str(settings.exclude_newer), settings.resolution, settings.prerelease]
        parts += [request.base.site_packages if request.base is not None else ""]
        parts += [f"{name} {versions}" for name, versions in sorted(request.preferred.items())]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]

    def made(self) -> Venv:
        """Resolve, fetch and install; or find that the same is there already."""
        context, request = self.context, self.request
        indexes = context.indexes(self.options.index)
        builds = Builds(context, indexes, request.interpreter, context.settings.config_settings)
        sources = self.sources()
        trees = {name: one for name, one in sources.items() if isinstance(one, PathSource)}
        local = read_sources(context, request.root, trees, indexes)
        pins = {name: one.index for name, one in sources.items() if isinstance(one, IndexSource)}
        wheels = self._resolved(indexes, builds, local, pins)
        origins: dict[str, Origin] = {}
        for name, tree in trees.items():
            path, editable = tree.located(request.root), bool(tree.editable)
            wheels[name] = builds.editable(path) if editable else builds.wheel(path)
            origins[name] = Origin(path.as_uri(), editable=editable)
        return self._installed(wheels, origins)

    def _resolved(
        self,
        indexes: Indexes,
        builds: Builds,
        local: Mapping[str, LocalProject],
        pins: Mapping[str, str],
    ) -> dict[str, StoredWheel]:
        context, request = self.context, self.request
        settings = context.settings
        policy = build_policy(context, self.options.build)
        question = request_for(
            request.interpreter,
            [asked.requirement for asked in request.asked],
            policy,
            request.what,
        )
        how = replace(choice(context, self.options.resolve, None), preferred=request.preferred)
        question = replace(
            question,
            choice=how,
            fixed={name: one.fixed for name, one in local.items()},
            pinned_index=pins,
            restrict=Cutoffs.of(settings, self.options.resolve, context.reporter).apply,
            overlay=Stated.of(settings).dependencies,
            build=source_metadata(context, indexes, policy),
        )
        found = resolve_for_machine(question, indexes, context.reporter)
        fetcher = Fetcher(indexes, context.store, context.reporter, builds.sdist)
        return fetcher.wheels(found.files)

    def _installed(self, wheels: Mapping[str, StoredWheel], origins: Mapping[str, Origin]) -> Venv:
        """Return the venv that holds these wheels, made where there is none."""
        request = self.request
        python = request.interpreter
        key = hashlib.sha256(f"{python.executable} {python.version}".encode())
        for name in sorted(wheels):
            key.update(f"\n{name} {wheels[name].sha256}".encode())
        if request.base is not None:
            key.update(f"\n{request.base.site_packages}".encode())
        path = self.folder / key.hexdigest()[:24]
        files.make_directory(self.folder)
        with lock_venv(str(path), self.context.reporter):
            return _ready(path) or self._furnished(path, wheels, origins)

    def _furnished(
        self, path: Path, wheels: Mapping[str, StoredWheel], origins: Mapping[str, Origin]
    ) -> Venv:
        context, request = self.context, self.request
        venv = create_venv(path, request.interpreter, clear=True)
        wanted = [
            Wanted(name, wheel.version, wheel.file, (wheel.file,), origins.get(name))
            for name, wheel in wheels.items()
        ]
        plan = make_plan(wanted, (), None, lambda _: None, PlanOptions())
        record = Record(python=venv.version, platform=str(request.interpreter.platform))
        record = msgspec.structs.replace(record, packages=next_packages(None, plan, wheels))
        mode = self.options.link_mode or context.settings.link_mode or "clone"
        arch = request.interpreter.platform.arch
        apply_plan(venv, plan, wheels, record, context.reporter, ApplyOptions(mode, arch=arch))
        if request.base is not None:
            # What the base has comes after; its own `.pth` files (editables) count too.
            line = f"import site; site.addsitedir({request.base.site_packages!r})\n"
            files.write_atomic(f"{venv.site_packages}/{_BASE}", line)
        files.write_atomic(path / _COMPLETE, b"")
        return venv
