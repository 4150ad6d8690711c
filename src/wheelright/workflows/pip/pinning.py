"""What a compilation chooses, and the text of it.

Loaded while the first pages come: it brings the resolver along.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import WheelrightError
from wheelright.lockfile import Archive, Lock, canonical, dumps
from wheelright.lockfile.model import bare_packages
from wheelright.project.requirements_file import parse_requirements_text
from wheelright.resolver.pythons import lower_bound
from wheelright.targets import normalize_name
from wheelright.workflows.local import LocalProject
from wheelright.workflows.pip.asking import holds, name_of
from wheelright.workflows.pip.question import Question
from wheelright.workflows.pip.resolving import answer, choice
from wheelright.workflows.pip.writing import Line, Sheet, write_requirements
from wheelright.workflows.writing import write_packages, write_pins

if TYPE_CHECKING:
    from wheelright.lockfile import LockedPackage
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.pip.asking import Asked
    from wheelright.workflows.pip.compilation import Compiling
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.resolving import Answer


class Compiled(Struct, frozen=True):
    """What was chosen: what was asked for, by name, the direct references and the answer."""

    asked: tuple[Asked, ...]
    directs: dict[str, Direct]
    found: Answer
    packages: tuple[LockedPackage, ...]


def choose(work: Compiling) -> Compiled:
    """Resolve. Raises ``ResolutionFailure`` and what files, indexes and builds have to say."""
    context, options, aim = work.context, work.options, work.aim
    values = None if aim is None else aim.values
    asked, directs = _read_places(work)
    question = Question(
        name_of(asked, "pip compile"),
        asked,
        directs,
        work.policy,
        choice(context, options.resolve, work.wishes, _preferred(work)),
        aim,
        foreign=aim is not None and aim.foreign,
        requires_python=work.requires_python,
        hashes=work.wishes.hashes(),
        pinned_indexes=work.wishes.pinned_indexes(values),
        no_deps=options.no_deps,
    )
    found = answer(context, work.indexes, lambda: work.builds, question, options.resolve)
    local = {name: _as_local(one) for name, one in directs.items()}
    if options.generate_hashes or options.format == "pylock.toml":
        lowest = lower_bound(work.requires_python) if aim is None else None
        minor = lowest[1] if lowest else 0
        packages = write_packages(found.resolution, found.driver, local, work.policy, minor)
    else:
        packages = write_pins(found.resolution, local)
    return Compiled(asked, directs, found, packages)


def _read_places(work: Compiling) -> tuple[tuple[Asked, ...], dict[str, Direct]]:
    """Read all direct references; return what was asked for, named, and what is at them."""
    limits, asked = work.wishes.limits_with_places(), work.wishes.requirements
    if all(one.source is None for one in (*limits, *asked)):
        return tuple(asked), {}
    from wheelright.workflows.pip.directs import DirectReader

    aim = work.aim
    values, tags = (None, None) if aim is None else (aim.values, aim.tags if aim.foreign else None)
    reader = DirectReader(work.builds, work.indexes, values, tags)
    reader.read(limits)
    return tuple(reader.read(asked)), reader.found


def _as_local(direct: Direct) -> LocalProject:
    fixed = direct.fixed
    return LocalProject(
        direct.name,
        direct.version,
        fixed.requires,
        fixed.requires_python,
        fixed.extras,
        "" if direct.directory is None else direct.directory.as_posix(),
        direct.editable,
        None if direct.file is None else Archive(direct.file, direct.subdirectory),
        direct.vcs,
    )


def _preferred(work: Compiling) -> dict[str, tuple[str, ...]]:
    """Return the versions that an existing output file holds; a file of another kind holds none."""
    if work.before is None or work.options.resolve.upgrade:
        return {}
    path = work.output
    assert path is not None
    found: dict[str, tuple[str, ...]] = {}
    try:
        if path.suffix == ".toml":
            from wheelright.lockfile import read_lock

            rows = [(p.name, p.version) for p in read_lock(work.before, path).lock.packages]
        else:
            read = parse_requirements_text(path, work.before, work.context.environ)
            rows = [
                (line.requirement.name, one.version)
                for line in read.requirements
                if line.requirement is not None
                for one in line.requirement.specifier
                if one.operator in {"==", "==="} and not one.version.endswith(".*")
            ]
    except WheelrightError as fault:
        work.context.reporter.warn(
            f"`{path}` cannot be read, so that its versions are not kept: {fault.message}"
        )
        return {}
    for name, version in rows:
        if version is not None:
            found[name] = (version, *found.get(name, ()))
    return found


# -- writing


def text_of(work: Compiling, compiled: Compiled) -> str:
    """Return the text of the file, in the format that was asked for."""
    if work.options.format == "pylock.toml":
        return _lock_text(work, compiled)
    return _requirements_text(work, compiled)


def _requirements_text(work: Compiling, compiled: Compiled) -> str:
    options = work.options
    left_out = {normalize_name(name) for name in options.no_emit_packages}
    extras = {package.name: package.extras for package in compiled.found.resolution.packages}
    lines = [
        Line(
            package.name,
            _pin(work, package, compiled, extras[package.name] if options.no_strip_extras else ()),
            None if options.universal else _own_marker(work, compiled, package.name),
            package.marker,
            _hashes(work, package) if options.generate_hashes else (),
        )
        for package in compiled.packages
        if package.name not in left_out
    ]
    sheet = Sheet(
        None if options.no_header else options.command,
        None if options.no_annotate else _origins(work, compiled),
        options.annotation_style == "line",
        _index_lines(work) if options.emit_index_url else (),
        tuple(sorted(left_out & {package.name for package in compiled.packages})),
    )
    return write_requirements(lines, sheet)


def _own_marker(work: Compiling, compiled: Compiled, name: str) -> str | None:
    """Return the marker that a requirement was asked for with, where it is to be kept."""
    if not work.options.no_strip_markers:
        return None
    markers = [one.marker for one in compiled.asked if one.name == name]
    return markers[0] if len(markers) == 1 else None


def _pin(
    work: Compiling, package: LockedPackage, compiled: Compiled, extras: tuple[str, ...]
) -> str:
    asked_for = f"[{','.join(extras)}]" if extras else ""
    direct = compiled.directs.get(package.name)
    if direct is None:
        return f"{package.name}{asked_for}=={package.version}"
    beside = _relative(work, direct)
    if direct.editable:
        assert direct.directory is not None
        return f"-e {beside or direct.url}"
    if beside is not None:
        return f"{beside}{asked_for}"
    from wheelright.lockfile.model import without_credentials

    if direct.file is None:
        return f"{package.name}{asked_for} @ {direct.reference}"
    part = f"#subdirectory={direct.subdirectory}" if direct.subdirectory else ""
    return f"{package.name}{asked_for} @ {without_credentials(direct.file.url)}{part}"


def _relative(work: Compiling, direct: Direct) -> str | None:
    """Return a path that was written as a relative one, now seen from the output file."""
    if direct.beside is None:
        return None
    path = work.output
    root = work.context.directory if path is None else path.parent
    try:
        text = Path(os.path.relpath(direct.beside, root)).as_posix()
    except ValueError:  # on another drive of Windows
        return None
    return text if text.startswith(".") else f"./{text}"


def _hashes(work: Compiling, package: LockedPackage) -> tuple[str, ...]:
    found = package.files
    if package.archive is not None:
        found = (work.indexes.with_hash(package.archive.file),)
    return tuple(
        sorted({f"{kind}:{digest}" for file in found for kind, digest in file.hashes.items()})
    )


def _origins(work: Compiling, compiled: Compiled) -> dict[str, tuple[str, ...]]:
    """Return who asks for each package: files first, then packages."""
    values = None if work.aim is None else work.aim.values
    files_of: dict[str, dict[str, None]] = {}
    for one in (*compiled.asked, *_limits(work, compiled)):
        if one.name is not None and holds(one.marker, values):
            files_of.setdefault(one.name, {})[one.origin] = None
    parents: dict[str, set[str]] = {}
    for package in compiled.found.resolution.packages:
        for name, _ in package.edges:
            if name != package.name:
                parents.setdefault(name, set()).add(package.name)
    return {
        package.name: (
            *files_of.get(package.name, ()),
            *sorted(parents.get(package.name, ())),
        )
        for package in compiled.packages
    }


def _limits(work: Compiling, compiled: Compiled) -> list[Asked]:
    """Return the constraints and overrides on what was chosen."""
    chosen = {package.name for package in compiled.packages}
    every = (*work.wishes.constraints, *work.wishes.overrides)
    return [one for one in every if one.name in chosen]


def _index_lines(work: Compiling) -> tuple[str, ...]:
    from wheelright.outside.urls import redact

    lines = []
    for source in work.indexes.sources:
        option = "--index-url" if source.default else "--extra-index-url"
        lines.append(f"{'--find-links' if source.flat else option} {redact(source.url)}")
    return tuple(sorted(lines, key=lambda line: not line.startswith("--index-url")))


def _lock_text(work: Compiling, compiled: Compiled) -> str:
    left_out = {normalize_name(name) for name in work.options.no_emit_packages}
    packages = [one for one in compiled.packages if one.name not in left_out]
    root = work.context.directory if work.output is None else work.output.parent
    aim = work.aim
    environments: tuple[str, ...] = compiled.found.resolution.environments
    if aim is not None:
        environments = (_environment(aim),)
    lock = Lock(
        requires_python=work.requires_python or None,
        environments=environments,
        packages=tuple(
            package
            if package.archive is None
            else replace(package, archive=Archive(work.indexes.with_hash(package.archive.file)))
            for package in bare_packages(packages)
        ),
    )
    return dumps(canonical(lock), root)


def _environment(aim: Aim) -> str:
    """Return the marker of the one environment that was resolved for."""
    names = ("python_version", "implementation_name", "sys_platform", "platform_machine")
    return " and ".join(f"{name} == '{aim.values[name]}'" for name in names)
