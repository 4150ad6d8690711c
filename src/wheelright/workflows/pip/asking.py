"""What is asked for: the command line and every kind of file read into one value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError
from wheelright.project import BadValue, ProjectFileError, load_project, source_of_reference
from wheelright.project.requirements_file import (
    RequirementLine,
    parse_requirements_text,
    read_requirements_file,
)
from wheelright.project.sources import IndexSource, PathSource, WorkspaceSource
from wheelright.targets import normalize_name
from wheelright.workflows.origins import all_of
from wheelright.workflows.pip.errors import NothingAskedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelright.project import Project, Requirement, Source
    from wheelright.project.requirements_file import RequirementsFile
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import IndexOptions
    from wheelright.workflows.pip_options import PipRequests

_COMMAND_LINE = "the command line"
_FILE_ENDINGS = (".txt", ".in", ".toml")


class Asked(Struct, frozen=True):
    """One requirement. ``origin`` says who asks, as an annotation shows it (``-r FILE``).

    ``requirement`` is None where only a place is given; ``source`` is None where the indexes are
    to be asked.
    """

    origin: str
    text: str
    requirement: Requirement | None = None
    source: Source | None = None
    extras: tuple[str, ...] = ()
    marker: str | None = None
    editable: bool = False
    hashes: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The normalized name, where one is given."""
        return None if self.requirement is None else self.requirement.name

    @property
    def is_pinned(self) -> bool:
        """Whether one version alone can be meant: a place, or ``==`` without a wildcard."""
        if self.source is not None:
            return True
        return self.requirement is not None and any(
            one.operator in {"==", "==="} and not one.version.endswith(".*")
            for one in self.requirement.specifier
        )


class Wishes(Struct):
    """Everything asked for, and what files say of where and how to look. Filled while reading."""

    requirements: list[Asked] = []
    constraints: list[Asked] = []
    overrides: list[Asked] = []
    locks: list[Path] = []
    pins: list[tuple[str, IndexSource]] = []
    files: list[RequirementsFile] = []

    def pinned_indexes(self, values: Mapping[str, str] | None) -> dict[str, str]:
        """Return the index of each project that is bound to one, in one environment.

        Raises ``RequestError`` where all environments are meant and not all have the same one.
        """
        found = {}
        for name, source in self.pins:
            marker = None if source.marker is None else str(source.marker)
            if marker is not None and values is None:
                raise RequestError(
                    f"`{name}` comes from the index `{source.index}` only where `{marker}`",
                    details=["a requirements file for all environments cannot say that"],
                    hints=[
                        "lock the project with `wheelright lock`, or leave `--universal` out",
                    ],
                )
            if holds(marker, values):
                found[name] = source.index
        return found

    @property
    def surely_paged(self) -> tuple[str, ...]:
        """The projects whose pages an index will surely be asked for, whatever the environment."""
        if self.pins or self.overrides:
            return ()
        return tuple(
            one.name
            for one in self.requirements
            if one.name is not None and one.source is None
            if one.marker is None and one.requirement is not None and one.requirement.marker is None
        )

    @property
    def require_hashes(self) -> bool:
        """Whether a file requires hashes of all."""
        return any(file.require_hashes for file in self.files)

    @property
    def prereleases(self) -> bool:
        """Whether a file asks for pre-releases."""
        return any(file.pre for file in self.files)

    def limits_with_places(self) -> list[Asked]:
        """Return the constraints and overrides that say where their project is."""
        every = (*self.constraints, *self.overrides)
        return [one for one in every if one.source is not None and one.requirement is not None]

    def hashes(self) -> dict[str, frozenset[str]]:
        """Return the allowed hashes (``sha256:...``) of the projects that name any."""
        found: dict[str, frozenset[str]] = {}
        for asked in (*self.requirements, *self.constraints):
            if asked.name is not None and asked.hashes:
                known = found.get(asked.name)
                given = frozenset(asked.hashes)
                found[asked.name] = given if known is None else known & given
        return found


def gather_wishes(context: Context, requests: PipRequests) -> Wishes:
    """Read the command line and all files. Raises ``ProjectFileError`` and ``RequestError``."""
    reader = _Reader(context, requests)
    for text in requests.requirements:
        reader.typed(text)
    for text in requests.editables:
        reader.typed(f"-e {text}")
    for name in requests.requirement_files:
        reader.file(name)
    for name in requests.constraint_files:
        reader.wishes.constraints += reader.lines(name, "-c", constraint=True)
    for name in requests.override_files:
        reader.wishes.overrides += reader.lines(name, "--override")
    reader.groups()
    return reader.wishes


def require_something(wishes: Wishes, command: str) -> None:
    """Raise :class:`NothingAskedError` where nothing at all is asked for."""
    if not wishes.requirements and not wishes.locks and not wishes.files:
        raise NothingAskedError(
            f"`wheelright {command}` was given no requirement",
            hints=[f"name a package (`wheelright {command} NAME`) or a file (`-r FILE`)"],
        )


def name_of(asked: Iterable[Asked], command: str) -> str:
    """Return what the requirements are the requirements of: the one file, else the command."""
    origins = {one.origin for one in asked}
    if len(origins) == 1 and (origin := origins.pop()).startswith("-r "):
        return origin.removeprefix("-r ")
    return command


class _Reader:
    """Reads one request; what is found so far is its state."""

    def __init__(self, context: Context, requests: PipRequests) -> None:
        self.context = context
        self.requests = requests
        self.wishes = Wishes()
        self._projects: list[Project] = []

    def typed(self, text: str) -> None:
        """Read one requirement of the command line; ``-e`` before it makes it editable."""
        place = self.context.directory / _COMMAND_LINE
        if text.endswith(_FILE_ENDINGS) and self._path(text).is_file():
            raise RequestError(
                f"`{text}` is a file of requirements, not a package",
                hints=[f"`-r {text}` installs what it asks for"],
            )
        try:
            read = parse_requirements_text(place, text, {})
        except ProjectFileError as fault:
            raise RequestError(
                fault.message.replace("The line is", f"`{text}` is", 1)
                if fault.message.startswith("The line is not a valid requirement")
                else fault.message,
                where=_COMMAND_LINE,
                hints=fault.hints,
            ) from None
        self.wishes.requirements += [_asked(line, _COMMAND_LINE) for line in read.requirements]

    def file(self, name: str) -> None:
        """Read one ``-r`` file by its kind."""
        path = self._path(name)
        base = path.name
        if base == "pyproject.toml":
            self._project(path, name)
        elif base.startswith("pylock.") and base.endswith(".toml"):
            self.wishes.locks.append(path)
        elif base.endswith(".toml"):
            raise RequestError(
                f"`{name}` is no file of requirements",
                hints=["of TOML files, `pyproject.toml` and `pylock.toml` can be read"],
            )
        elif (path.is_dir() or base in {"setup.py", "setup.cfg"}) and not _is_url(name):
            raise RequestError(
                f"`{name}` is no file of requirements",
                hints=["to install a project from its directory, name the directory without `-r`"],
            )
        else:
            self.wishes.requirements += self.lines(name, "-r")

    def lines(self, name: str, flag: str, *, constraint: bool = False) -> list[Asked]:
        """Read a requirements file; its own constraints and options are kept too."""
        environ = self.context.environ
        if name == "-":
            text = sys.stdin.read()
            path = self.context.directory / "-"
            read = parse_requirements_text(path, text, environ, constraint=constraint)
        else:
            place = Path(name) if _is_url(name) else self._path(name)
            read = read_requirements_file(place, environ, fetch=self._fetch, constraint=constraint)
        self.wishes.files.append(read)
        if not constraint:
            self.wishes.constraints += [
                _asked(line, f"-c {self._shown(line, name)}") for line in read.constraints
            ]
        found = read.constraints if constraint else read.requirements
        return [_asked(line, f"{flag} {self._shown(line, name)}") for line in found]

    def groups(self) -> None:
        """Add the groups asked for, of the projects read or of the one in the directory."""
        for text in self.requests.groups:
            where, colon, group = text.rpartition(":")
            if colon:
                project = load_project(self._path(where).parent)
                self._group(project, group, text)
                continue
            projects = self._projects or [load_project(self.context.directory)]
            for project in projects:
                self._group(project, group, text)

    def _group(self, project: Project, group: str, text: str) -> None:
        name = normalize_name(group)
        if name not in project.groups:
            known = ", ".join(f"`{one}`" for one in project.groups) or "no group at all"
            raise RequestError(
                f"the project has no group `{group}`",
                where=str(project.path),
                hints=[f"it has {known}"],
            )
        who = f"{project.path.name} (group {text})"
        self._add(project, project.groups[name], who, ("group", name))

    def _project(self, path: Path, shown: str) -> None:
        project = load_project(path.parent)
        self._projects.append(project)
        if project.dynamic & {"dependencies", "optional-dependencies"}:
            raise RequestError(
                "the project's dependencies are known to its build backend alone (`dynamic`)",
                where=str(path),
                hints=["name the directory instead of the file: `wheelright pip install DIR`"],
            )
        self._add(project, project.dependencies, f"{project.name} ({shown})")
        extras = [normalize_name(extra) for extra in self.requests.extras]
        if self.requests.all_extras:
            extras = list(project.optional_dependencies)
        for extra in extras:
            if extra not in project.optional_dependencies:
                known = ", ".join(f"`{one}`" for one in project.optional_dependencies)
                raise RequestError(
                    f"the project has no extra `{extra}`",
                    where=str(path),
                    hints=[f"it has {known}" if known else "it has no extras at all"],
                )
            requirements = project.optional_dependencies[extra]
            who = f"{project.name} ({shown}, extra {extra})"
            self._add(project, requirements, who, ("extra", extra))

    def _add(
        self,
        project: Project,
        requirements: Iterable[Requirement],
        origin: str,
        entry: tuple[str, str] = ("", ""),
    ) -> None:
        """Add the requirements of one entry of a project (kind and name), with their sources."""
        settings = self.context.settings
        sources: Mapping[str, tuple[Source, ...]] = settings.sources
        if self.context.project_directory != project.root or settings.no_sources:
            sources = {}
        for requirement in _followed(project, requirements, frozenset()):
            reference = source_of_reference(requirement)
            stated = (reference,) if reference is not None else sources.get(requirement.name, ())
            places: list[Source | None] = [*self._places(project, requirement, stated, entry)]
            if all(one is None or one.marker is not None for one in places):
                places.append(None)  # wherever none of them counts
            for source in places:
                markers = (requirement.marker, None if source is None else source.marker)
                self.wishes.requirements.append(
                    Asked(
                        origin,
                        requirement.text or str(requirement),
                        requirement,
                        source,
                        requirement.extras,
                        all_of(*markers) or None,
                        isinstance(source, PathSource) and bool(source.editable),
                    )
                )

    def _places(
        self,
        project: Project,
        requirement: Requirement,
        stated: Iterable[Source],
        entry: tuple[str, str],
    ) -> list[Source]:
        """Return the places that count for a requirement of an entry; note the indexes."""
        places: list[Source] = []
        for source in stated:
            only = next(((k, v) for k in ("extra", "group") if (v := getattr(source, k))), entry)
            if only != entry:
                continue
            if isinstance(source, IndexSource):
                self.wishes.pins.append((requirement.name, source))
            elif isinstance(source, PathSource):
                places.append(replace(source, path=str(source.located(project.root))))
            elif isinstance(source, WorkspaceSource):
                workspace = self.context.workspace
                if workspace is not None and requirement.name in workspace.members:
                    place = str(workspace.members[requirement.name].root)
                    places.append(PathSource(path=place, editable=source.editable is not False))
            else:
                places.append(source)
        return places

    def _path(self, name: str) -> Path:
        return self.context.directory / Path(name).expanduser()

    def _shown(self, line: RequirementLine, name: str) -> str:
        """Return the name of a file as the user wrote it, or of one that it includes."""
        from wheelright.outside.urls import redact

        if _is_url(line.path) or name == "-":
            return redact(line.path) if name != "-" else "-"
        if Path(line.path) == self._path(name):
            return name
        try:
            return Path(line.path).relative_to(self.context.directory).as_posix()
        except ValueError:
            return line.path

    def _fetch(self, url: str) -> str:
        response = self.context.http(None, ()).get(url)
        return response.body.decode("utf-8", "replace")


def _asked(line: RequirementLine, origin: str) -> Asked:
    return Asked(
        origin,
        line.text,
        line.requirement,
        line.source,
        line.extras,
        None if line.marker is None else str(line.marker),
        line.editable,
        line.hashes,
    )


def _followed(
    project: Project, requirements: Iterable[Requirement], seen: frozenset[str]
) -> Iterator[Requirement]:
    """Replace ``project[extra]`` by what the extra asks for, each extra once."""
    for requirement in requirements:
        if requirement.name != project.name:
            yield requirement
            continue
        for extra in requirement.extras:
            if extra not in seen and extra in project.optional_dependencies:
                inner = project.optional_dependencies[extra]
                yield from _followed(project, inner, seen | {extra})


def _is_url(text: str) -> bool:
    return "://" in text


def joined_index(options: IndexOptions, wishes: Wishes) -> IndexOptions:
    """Add to the options what requirements files say of indexes; the command line wins."""
    for file in wishes.files:
        options = replace(
            options,
            default_index=options.default_index or file.index_url,
            index=(*options.index, *file.extra_index_urls),
            find_links=(*options.find_links, *file.find_links),
            no_index=options.no_index or file.no_index,
            allow_insecure_host=(*options.allow_insecure_host, *file.trusted_hosts),
        )
    return options


def requirement_name(text: str) -> str:
    """Return the name that an option like ``-P`` speaks of. Raises ``RequestError``."""
    from wheelright.project import parse_requirement

    try:
        return parse_requirement(text).name
    except BadValue as fault:
        raise RequestError(f"the value {fault.message}", where="--upgrade-package") from None


def holds(marker: str | None, values: Mapping[str, str] | None, extras: Iterable[str] = ()) -> bool:
    """Whether a marker holds in the one environment (always, where all are meant)."""
    if marker is None or values is None:
        return True
    from wheelright.targets.conditions import Marker

    parsed = Marker(marker)
    environment = cast("dict[str, str]", {**values})
    return any(parsed.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
