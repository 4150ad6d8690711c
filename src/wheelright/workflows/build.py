"""``wheelright build``: sdists and wheels of projects, for this machine or for targets.

As with other build tools the wheel is made of the sdist, so that what is published is what was
proved to build; ``--wheel`` alone, or with ``--sdist``, builds it from the tree.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.builder import read_build_system, stamp_wheel, unpack_sdist
from wheelright.errors import RequestError, UsageError
from wheelright.outside import files
from wheelright.targets import normalize_name
from wheelright.venv import BrokenVenv, find_venv
from wheelright.workflows.building import Builds
from wheelright.workflows.declared import NATIVE, asked_in, find_target, split_names
from wheelright.workflows.outcomes import BuildOutcome, BuiltFile
from wheelright.workflows.pythons import choose_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import BuildCommandOptions

_SDISTS = (".tar.gz", ".zip", ".tgz")


class _Job(Struct, frozen=True):
    """One source to build and the folder for the results."""

    source: Path
    out: Path
    is_sdist: bool = False


def build(context: Context, options: BuildCommandOptions) -> BuildOutcome:
    """Build what is asked for and return the files that were made.

    Raises ``UsageError`` for what is no project, ``TargetError``, and what builds raise.
    """
    started = time.monotonic()
    jobs = _jobs(context, options)
    targets = _targets(context, options)
    made: list[BuiltFile] = []
    for job in jobs:
        made += _Building(context, options, job, targets).run()
    return BuildOutcome(tuple(made), time.monotonic() - started)


class _Building(Struct, frozen=True):
    """One job on its way."""

    context: Context
    options: BuildCommandOptions
    job: _Job
    targets: Sequence[DeclaredTarget | None]

    def run(self) -> list[BuiltFile]:
        """Build the sdist and the wheels that are asked for."""
        options, job = self.options, self.job
        both_or_none = options.sdist == options.wheel
        files.make_directory(job.out)
        root = self.context.cache_directory / "builds"
        made: list[BuiltFile] = []
        with files.temporary_directory(root) as place:
            source = job.source
            if job.is_sdist:
                source = unpack_sdist(job.source, place / "source")
            elif both_or_none or options.sdist:
                made.append(self._sdist(source))
                if both_or_none and not options.sdist:
                    source = unpack_sdist(job.out / made[0].name, place / "source")
            if both_or_none or options.wheel:
                made += [self._wheel(source, target) for target in self.targets]
        return made

    def _builds(self, target: DeclaredTarget | None) -> Builds:
        context = self.context
        bounds = None if target is None else target.python
        python = choose_python(context, bounds)
        return Builds(
            context,
            context.indexes(self.options.index),
            python,
            aim=None if target is None else _aim(target, python),
            options=self.options.how,
            venv=self._venv(),
        )

    def _venv(self) -> Venv | None:
        """Return the project's venv, in which builds run that are not to be isolated."""
        try:
            return find_venv(self.context.venv_directory())
        except BrokenVenv:
            return None

    def _name(self, source: Path) -> str:
        """Return the project's name; the folder in an sdist is called after the version too."""
        system = read_build_system(source)
        if system.stated or source == self.job.source:
            return normalize_name(system.project)
        return normalize_name(source.name.rpartition("-")[0] or source.name)

    def _sdist(self, source: Path) -> BuiltFile:
        started = time.monotonic()
        builds = self._builds(None)
        name = self._name(source)
        self.context.reporter.note(f"building the sdist of `{name}`")
        made = builds.source_distribution(source, name, self.job.out)
        return _file(made, "sdist", started)

    def _wheel(self, source: Path, target: DeclaredTarget | None) -> BuiltFile:
        started = time.monotonic()
        builds = self._builds(target)
        name = self._name(source)
        self.context.reporter.note(f"building the wheel of `{name}` for {builds.target.words}")
        out = self.job.out
        with files.temporary_directory(out, ".wheel-") as place:
            built, measured, compiler = builds.proved("wheel", source, name, place)
            details = None
            if built.path.stem.rpartition("-")[2] != measured.tag:
                details = builds.details(built, measured, None, compiler)
            path = stamp_wheel(built.path, measured, details)
            files.replace(path, out / path.name)
        final = out / path.name
        floor = None if measured.floor is None else str(measured.floor)
        return replace(
            _file(final, "wheel", started),
            target=builds.target.name or str(builds.target.platform),
            floor=floor,
            needs=measured.needs.versions,
        )


def _aim(target: DeclaredTarget, python: Interpreter) -> Aim:
    from wheelright.workflows.aims import aim_for
    from wheelright.workflows.goals import Goal

    return aim_for(Goal((target,), asked=True), python, None)


def _file(path: Path, kind: str, started: float) -> BuiltFile:
    data = files.read_bytes(path)
    return BuiltFile(
        path=str(path),
        name=path.name,
        kind=kind,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        seconds=time.monotonic() - started,
    )


def _targets(context: Context, options: BuildCommandOptions) -> list[DeclaredTarget | None]:
    asked = options.target or asked_in(context.environ)
    if asked is None:
        return [None]
    project = context.find_project()
    return [
        None if name in NATIVE else find_target(name, project, context.settings)
        for name in split_names(asked)
    ]


def _jobs(context: Context, options: BuildCommandOptions) -> list[_Job]:
    """Return what is to be built: a source, a member of the workspace, or all of them."""
    out = None if options.out is None else context.directory / options.out
    if options.package is not None or options.all_packages:
        return _members(context, options, out)
    if options.source is None:
        source = context.place
    else:
        source = (context.directory / options.source).resolve()
    if source.is_file() and source.name.endswith(_SDISTS):
        if options.sdist:
            raise UsageError(
                "an sdist is given, of which only a wheel can be built",
                where=str(source),
                hints=["leave `--sdist` out"],
            )
        return [_Job(source, out or source.parent, is_sdist=True)]
    if not source.is_dir():
        raise UsageError(
            "there is neither a directory nor an sdist to build",
            where=str(source),
            hints=["give a directory with a `pyproject.toml`, or an sdist"],
        )
    read_build_system(source)
    return [_Job(source, out or source / "dist")]


def _members(context: Context, options: BuildCommandOptions, out: Path | None) -> list[_Job]:
    workspace = context.workspace
    root = context.project
    members = {} if workspace is None else dict(workspace.members)
    everything = {root.name: root, **members}
    if options.all_packages:
        chosen = [one for one in everything.values() if one.is_package]
    else:
        name = normalize_name(options.package or "")
        if name not in everything:
            from wheelright.project import nearest_name

            near = nearest_name(name, list(everything))
            known = ", ".join(f"`{one}`" for one in everything)
            raise RequestError(
                f"the workspace has no member `{name}`",
                details=[f"its members are {known}"],
                hints=[f"did you mean `{near}`?"] if near else [],
            )
        chosen = [everything[name]]
    if not chosen:
        raise RequestError(
            "no member of the workspace is a package that could be built",
            where=str(root.root),
            hints=["a package has a `[build-system]`"],
        )
    return [_Job(one.root, out or root.root / "dist") for one in chosen]
