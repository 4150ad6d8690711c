"""Making an environment beside the project's: resolved for one Python, fetched and installed."""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs
from msgspec.structs import replace

from wheelright.errors import WheelrightError
from wheelright.outside import files
from wheelright.project import IndexSource
from wheelright.venv import (
    ApplyOptions,
    PlanOptions,
    Record,
    Wanted,
    anything_fits,
    apply_plan,
    create_venv,
    lock_venv,
    make_plan,
    next_packages,
)
from wheelright.workflows.building import Builds
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.direct.ask import Ask
from wheelright.workflows.direct.installing import DirectWheels, Stated
from wheelright.workflows.direct.origin import origin_of
from wheelright.workflows.environments import COMPLETE, ready
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.locking import choice
from wheelright.workflows.machine import request_for, resolve_for_machine
from wheelright.workflows.policy import build_policy
from wheelright.workflows.sources import direct_reader, source_metadata
from wheelright.workflows.stated import Stated as StatedMetadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelright.index import Indexes
    from wheelright.store import File, StoredWheel
    from wheelright.venv import Origin, Venv
    from wheelright.workflows.environments import Making
    from wheelright.workflows.local import LocalProject

_BASE = "_wheelright_base.pth"


def make_environment(work: Making) -> Venv:
    """Make what is asked for, unless the same is there already, and note it for the next time.

    Raises ``ResolutionFailure``, ``UnsupportedSourceError`` and what fetching and building raise.
    """
    try:
        venv = _made(work)
    except WheelrightError as error:
        error.doing = error.doing or f"preparing the environment of `{work.request.what}`"
        raise
    files.make_directory(work.note.parent)
    files.write_atomic(work.note, msgspec.json.encode(PurePath(venv.path).name))
    return venv


def _made(work: Making) -> Venv:
    context, request = work.context, work.request
    resolve = work.options.resolve
    indexes = context.indexes(work.options.index)
    builds = Builds(context, indexes, request.interpreter, options=work.options.build.how)
    sources = work.sources()
    how = work.options.build.how
    reader = direct_reader(context, request.root, indexes, no_sources=resolve.no_sources, how=how)
    extras = {asked.name: asked.extras for asked in request.asked}
    reader.declare(
        Ask(name, source, request.root, request.what, extras.get(name, ()))
        for name, source in sources.items()
        if not isinstance(source, IndexSource)
    )
    reader.complete(None, lambda _name: resolve.upgrade)
    local = reader.found
    pins = {name: one.index for name, one in sources.items() if isinstance(one, IndexSource)}
    wheels, chosen = _resolved(work, indexes, builds, local, pins)
    direct = DirectWheels(builds, build_policy(context, work.options.build),
                          Stated.of(sources.values()))  # fmt: skip
    fetched: dict[str, File] = {}
    origins: dict[str, Origin] = {}
    for name in sorted(chosen & local.keys()):
        one = local[name]
        file = None if one.archive is None else one.archive.file
        origin = origins[name] = origin_of(one, request.root)
        if file is None or direct.needs_build(origin, file):
            wheels[name] = direct.wheel(name, origin, file)
        else:
            fetched[name] = direct.stated.file(file)
    wheels |= Fetcher(lambda: indexes, context.store, context.reporter, builds.sdist).wheels(
        fetched
    )
    return _installed(work, wheels, origins)


def _resolved(
    work: Making,
    indexes: Indexes,
    builds: Builds,
    local: Mapping[str, LocalProject],
    pins: Mapping[str, str],
) -> tuple[dict[str, StoredWheel], set[str]]:
    """Return the wheels of what indexes have, and the names of all that is needed."""
    context, request = work.context, work.request
    settings = context.settings
    policy = build_policy(context, work.options.build)
    question = request_for(
        request.interpreter,
        [asked.requirement for asked in request.asked],
        policy,
        request.what,
    )
    how = replace(choice(context, work.options.resolve, None), preferred=request.preferred)
    question = structs.replace(
        question,
        choice=how,
        fixed={name: one.fixed for name, one in local.items()},
        pinned_index=pins,
        restrict=Cutoffs.of(settings, work.options.resolve, context.reporter).apply,
        overlay=StatedMetadata.of(settings).dependencies,
        build=source_metadata(context, indexes, policy, work.options.build.how),
    )
    found = resolve_for_machine(question, indexes, context.reporter)
    fetcher = Fetcher(lambda: indexes, context.store, context.reporter, builds.sdist)
    return fetcher.wheels(found.files), {one.name for one in found.resolution.packages}


def _installed(
    work: Making, wheels: Mapping[str, StoredWheel], origins: Mapping[str, Origin]
) -> Venv:
    """Return the venv that holds these wheels, made where there is none."""
    request = work.request
    python = request.interpreter
    key = hashlib.sha256(f"{python.executable} {python.version}".encode())
    for name in sorted(wheels):
        key.update(f"\n{name} {wheels[name].sha256}".encode())
    if request.base is not None:
        key.update(f"\n{request.base.site_packages}".encode())
    path = work.folder / key.hexdigest()[:24]
    files.make_directory(work.folder)
    with lock_venv(str(path), work.context.reporter):
        return ready(path) or _furnished(work, path, wheels, origins)


def _furnished(
    work: Making, path: Path, wheels: Mapping[str, StoredWheel], origins: Mapping[str, Origin]
) -> Venv:
    context, request = work.context, work.request
    venv = create_venv(path, request.interpreter, clear=True)
    wanted = [
        Wanted(name, wheel.version, wheel.file, (wheel.file,), origins.get(name))
        for name, wheel in wheels.items()
    ]
    plan = make_plan(wanted, (), None, anything_fits, PlanOptions())
    record = Record(python=venv.version, platform=str(request.interpreter.platform))
    record = msgspec.structs.replace(record, packages=next_packages(None, plan, wheels))
    mode = work.options.link_mode or context.settings.link_mode or "clone"
    arch = request.interpreter.platform.arch
    apply_plan(venv, plan, wheels, record, context.reporter, ApplyOptions(mode, arch=arch))
    if request.base is not None:
        # What the base has comes after; its own `.pth` files (editables) count too.
        line = f"import site; site.addsitedir({request.base.site_packages!r})\n"
        files.write_atomic(f"{venv.site_packages}/{_BASE}", line)
    files.write_atomic(path / COMPLETE, b"")
    return venv
