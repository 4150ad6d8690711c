"""Carrying out a plan: wheels fetched and built, then the environment changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wheelright.errors import RequestError
from wheelright.outside import files
from wheelright.venv import Record, apply_plan, next_packages
from wheelright.venv.place import Placer
from wheelright.venv.remove import remove_package
from wheelright.workflows.direct.installing import DirectWheels
from wheelright.workflows.fetching import Fetcher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.index import Indexes
    from wheelright.outside.trees import LinkMode
    from wheelright.store import File, StoredWheel
    from wheelright.venv import ApplyOptions, Plan
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.direct.installing import Stated
    from wheelright.workflows.pip.sites import Site
    from wheelright.workflows.policy import BuildPolicy


def fetch_wheels(
    context: Context,
    indexes: Indexes,
    builds: Builds,
    aim: Aim,
    plan: Plan,
    policy: BuildPolicy,
    stated: Stated,
) -> dict[str, StoredWheel]:
    """Return the stored wheel of everything that the plan installs.

    ``stated`` has the credentials of what is asked for by its place.

    Raises ``RequestError`` where a wheel that was built here does not fit what it is for.
    """
    coming = [action.wanted for action in plan.actions if action.wanted is not None]

    def build(file: File) -> StoredWheel:
        return builds.sdist(file)

    direct = DirectWheels(builds, policy, stated)
    built = {
        one.name: (one.origin, one.file)
        for one in coming
        if one.origin is not None and direct.needs_build(one.origin, one.file)
    }
    fetched = {o.name: o.file for o in coming if o.file is not None and o.name not in built}
    fetcher = Fetcher(lambda: indexes, context.store, context.reporter, build)
    wheels = fetcher.wheels(fetched)
    for name, (origin, file) in built.items():
        wheels[name] = direct.wheel(name, origin, file)
    for name, wheel in wheels.items():
        why = aim.why_not(wheel.file.name)
        if why is not None:
            raise RequestError(
                f"`{name}` was built on this machine, and the result does not fit {aim.words}",
                details=[why],
                hints=["ask for a version that has a wheel for this platform"],
            )
    return wheels


def change_site(
    context: Context,
    site: Site,
    aim: Aim,
    plan: Plan,
    wheels: Mapping[str, StoredWheel],
    options: ApplyOptions,
) -> None:
    """Change the environment. The caller holds its lock."""
    if site.kind != "venv":
        mode = _change_folder(context, site, plan, wheels, options)
        if options.compile_bytecode:
            _compile(context, site, aim, list(wheels.values()), mode)
        return
    before = site.record
    record = Record(
        target=aim.name,
        platform=str(aim.platform),
        python=site.venv.version,
        options={} if before is None else before.options,
    )
    packages = next_packages(before, plan, wheels)
    record = msgspec.structs.replace(record, packages=packages)
    apply_plan(site.venv, plan, wheels, record, context.reporter, options)


def _change_folder(
    context: Context,
    site: Site,
    plan: Plan,
    wheels: Mapping[str, StoredWheel],
    options: ApplyOptions,
) -> LinkMode:
    """Change what is no venv of ours: no journal and no record stay behind.

    RECORD is written last and removed last, so that what a kill leaves half done is seen as
    damaged by the next install. Returns how files were placed.
    """
    venv, reporter = site.venv, context.reporter
    files.make_directory(venv.site_packages)
    reporter.begin("install", len(plan.actions))
    try:
        for action in plan.actions:
            for old in action.old:
                remove_package(venv, old)
        placer = Placer(venv, options.link_mode, reporter.warn, options.arch)
        for action in plan.actions:
            if action.wanted is not None:
                wheel = wheels[action.name]
                if _has_scripts(wheel):
                    files.make_directory(venv.scripts)
                placer.place(wheel, origin=action.wanted.origin, requested=action.wanted.requested)
            reporter.advance("install", detail=action.name)
    finally:
        reporter.end("install")
    return placer.mode


def _compile(
    context: Context, site: Site, aim: Aim, wheels: Sequence[StoredWheel], mode: LinkMode
) -> None:
    """Compile what was installed, where the Python at hand is of the version that it is for."""
    python = site.interpreter
    if ".".join(map(str, python.python)) != aim.values["python_version"]:
        context.reporter.warn(
            f"nothing was compiled: {python.describe()} cannot compile for Python"
            f" {aim.values['python_version']}"
        )
        return
    from wheelright.venv.bytecode import compile_packages

    compile_packages(site.venv, wheels, mode, context.reporter)


def _has_scripts(wheel: StoredWheel) -> bool:
    facts = wheel.facts
    if facts.console_scripts or facts.gui_scripts:
        return True
    prefix = f"{facts.data_directory}/scripts/" if facts.data_directory else "\0"
    return any(entry.path.startswith(prefix) for entry in facts.entries)
