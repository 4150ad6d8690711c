"""Requirements as a person gives them, on the command line or in files: read into one shape.

Must live here: telling names from places (directories, archives, URLs), finding out what a
directory is called, and how a place is written into ``[tool.wheelright.sources]``. Must not live
here: editing the project (``add``), resolving.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.project import (
    BadValue,
    GitSource,
    PathSource,
    ProjectFileError,
    UrlSource,
    parse_requirement,
    source_of_reference,
)
from wheelright.targets import normalize_name, parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.project import Requirement, Source
    from wheelright.project.requirements_file import RequirementLine
    from wheelright.targets.conditions import Marker
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import IndexOptions

_PARTS = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?(?P<rest>.*)", re.DOTALL)
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
_ABSOLUTE = re.compile(r"(?:^|[\s=@])(?:/|~|[A-Za-z]:[\\/]|file:/)")


class Asked(Struct, frozen=True):
    """One requirement that was asked for.

    ``name`` and ``extras`` are normalized. ``specifier`` is as written ("" for any version).
    ``source`` is a place other than an index; a path in it is absolute, and ``path`` is the text
    for it that stands in a file of the project. ``text`` is what was given; it takes no part in
    equality.
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: Marker | None = None
    source: Source | None = None
    path: str | None = None
    text: str = ""

    @property
    def _said(self) -> tuple[object, ...]:
        return self.name, self.specifier, self.extras, self.marker, self.source, self.path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asked) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)

    @property
    def requirement(self) -> str:
        """The requirement without its source, as PEP 508 text."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f"; {self.marker}" if self.marker is not None else ""
        return f"{self.name}{extras}{self.specifier}{marker}"

    def with_more(self, extras: Iterable[str], marker: Marker | None) -> Asked:
        """Return the same with these extras too, and only where ``marker`` holds too."""
        from wheelright.targets.conditions import Marker

        both = self.marker or marker
        if self.marker is not None and marker is not None:
            both = Marker(f"({self.marker}) and ({marker})")
        named = {normalize_name(extra) for extra in extras}
        return replace(self, extras=tuple(sorted({*self.extras, *named})), marker=both)

    def source_table(self) -> dict[str, Any] | None:
        """Return the entry for ``sources``, ``None`` where indexes are asked."""
        match self.source:
            case PathSource(editable=editable):
                assert self.path is not None
                table: dict[str, Any] = {"path": self.path}
                return table if editable is None else {**table, "editable": editable}
            case GitSource() as git:
                keys = ("git", "rev", "tag", "branch", "subdirectory")
                return {key: value for key in keys if (value := getattr(git, key))}
            case UrlSource() as url:
                where = {"subdirectory": url.subdirectory} if url.subdirectory else {}
                return {"url": url.url, **where}
            case _:
                return None


def read_arguments(
    context: Context, texts: Iterable[str], root: Path, index: IndexOptions
) -> list[Asked]:
    """Read requirements from the command line; paths are relative to where it was typed.

    ``root`` is the directory of the project that paths are written for. Raises ``UsageError`` for
    what is no requirement, ``RequestError`` for a directory that is no Python project.
    """
    return [_read_argument(context, text.strip(), root, index) for text in texts]


def from_requirements(
    context: Context, requirements: Iterable[Requirement], root: Path
) -> list[Asked]:
    """Return requirements that were parsed already (those of a script) in this shape."""
    return [_from_requirement(context, one, root) for one in requirements]


def read_files(
    context: Context, paths: Iterable[str], root: Path, index: IndexOptions
) -> list[Asked]:
    """Read requirements files; their paths are relative to the file. Raises ``ProjectFileError``.

    What a file says beside its requirements (indexes, constraints, hashes) is not taken over,
    which is reported.
    """
    from wheelright.project.requirements_file import read_requirements_file

    found = []
    for path in paths:
        read = read_requirements_file(context.directory / path, context.environ)
        found += [_from_line(context, line, root, index) for line in read.requirements]
        said = {
            "indexes": read.index_url or read.extra_index_urls or read.no_index,
            "`--find-links`": read.find_links,
            "constraints": read.constraints,
            "hashes": any(line.hashes for line in read.requirements),
            "choices of formats": read.no_binary or read.only_binary,
        }
        ignored = [what for what, value in said.items() if value]
        if ignored:
            context.reporter.warn(
                f"only the requirements of `{path}` are added, not its {' and '.join(ignored)}"
            )
    return found


def _read_argument(context: Context, text: str, root: Path, index: IndexOptions) -> Asked:
    try:
        requirement = parse_requirement(text)
    except BadValue as bad:
        if not _looks_like_place(text):
            hints = [bad.hint] if bad.hint else []
            raise UsageError(f"this {bad.message}", hints=hints) from None
    else:
        return _from_requirement(context, requirement, root)
    from wheelright.project.requirements_file import parse_requirements_text

    here = context.directory / "requirements.txt"  # stands for the place where it was typed
    try:
        lines = parse_requirements_text(here, text, {}).requirements
    except ProjectFileError as error:
        raise UsageError(
            f"`{text}` is neither a requirement nor a place that can be understood",
            details=[error.message],
            hints=error.hints,
        ) from None
    if len(lines) != 1:
        raise UsageError(f"`{text}` is not one requirement")
    return _from_line(context, lines[0], root, index)


def _looks_like_place(text: str) -> bool:
    bare = text.partition("[")[0].partition(";")[0].strip()
    return (
        bare.startswith((".", "~", "/"))
        or "/" in bare
        or "\\" in bare
        or bare.lower().endswith(_ARCHIVES)
    )


def _from_line(context: Context, line: RequirementLine, root: Path, index: IndexOptions) -> Asked:
    if line.requirement is not None and line.source is None:
        return replace(_from_requirement(context, line.requirement, root), text=line.text)
    assert line.source is not None
    source = line.source
    if isinstance(source, PathSource) and line.editable:
        source = replace(source, editable=True)
    name = line.requirement.name if line.requirement else _name_of(context, line, index)
    asked = Asked(name, "", line.extras, line.marker, source, text=line.text)
    return _placed(asked, root, absolute=bool(_ABSOLUTE.search(line.text)))


def _from_requirement(context: Context, requirement: Requirement, root: Path) -> Asked:
    source = source_of_reference(requirement)
    rest = _PARTS.fullmatch(requirement.text)
    specifier = ""
    if source is None and rest is not None:
        specifier = re.sub(r"\s+", "", rest["rest"].partition(";")[0].strip().strip("()"))
    if isinstance(source, PathSource):
        source = replace(source, path=str(source.located(context.directory)))
    asked = Asked(
        requirement.name,
        specifier,
        requirement.extras,
        requirement.marker,
        source,
        text=requirement.text,
    )
    return _placed(asked, root, absolute=True)


def _placed(asked: Asked, root: Path, *, absolute: bool) -> Asked:
    """Fill in how a path is written for a file in ``root``."""
    if not isinstance(asked.source, PathSource):
        return asked
    path = asked.source.path
    if not absolute:
        try:
            path = os.path.relpath(path, root)
        except ValueError:  # another drive
            path = asked.source.path
    return replace(asked, path=Path(path).as_posix())


def _name_of(context: Context, line: RequirementLine, index: IndexOptions) -> str:
    """Find the name of what lies at a place that was given without one."""
    source = line.source
    if isinstance(source, PathSource):
        path = Path(source.path)
        if path.is_dir():
            return name_of_tree(context, path, index)
        if not path.exists():
            raise RequestError(f"there is nothing at `{line.text}`", where=str(path))
        return _name_of_archive(path.name, line.text)
    if isinstance(source, UrlSource):
        return _name_of_archive(source.url.partition("#")[0].rpartition("/")[2], line.text)
    if isinstance(source, GitSource):
        return _name_in_repository(context, source, line.text, index)
    raise _unnamed(line.text)


def _name_in_repository(context: Context, source: GitSource, text: str, index: IndexOptions) -> str:
    """Fetch a repository and return the name of the project in it."""
    from wheelright.project.names import without_credentials
    from wheelright.workflows.direct.archives import tree_in
    from wheelright.workflows.direct.ask import Ask
    from wheelright.workflows.direct.places import repository_of, revision_of
    from wheelright.workflows.direct.reading import git_of

    git = git_of(context)
    shown = without_credentials(text)
    at = repository_of(Ask(shown, source, context.directory, "the command line"))
    tree = git.checkout(at, git.commit_of(at, revision_of(source)))
    return name_of_tree(context, tree_in(tree, source.subdirectory, at.shown), index)


def _name_of_archive(name: str, text: str) -> str:
    if name.endswith(".whl"):
        return parse_wheel_name(name).name
    for ending in _ARCHIVES:
        if name.lower().endswith(ending):
            project = name[: -len(ending)].rpartition("-")[0]
            if project:
                return normalize_name(project)
    raise _unnamed(text)


def _unnamed(text: str) -> UsageError:
    from wheelright.project.names import without_credentials

    shown = without_credentials(text)
    return UsageError(
        f"the name of what is at `{shown}` is not known",
        hints=[f"write `NAME @ {shown}`"],
    )


def name_of_tree(context: Context, path: Path, index: IndexOptions) -> str:
    """Return the name of the project in a directory; its backend is asked where it must be.

    Raises ``RequestError`` for a directory without a Python project.
    """
    from wheelright.builder import static_metadata
    from wheelright.index.metadata import read_metadata
    from wheelright.workflows.fingerprints import DECIDING

    if not any((path / file).is_file() for file in DECIDING):
        raise RequestError(
            "the directory holds no Python project",
            where=str(path),
            hints=["it needs a `pyproject.toml` or a `setup.py`"],
        )
    data = static_metadata(path)
    if data is None:
        from wheelright.workflows.building import Builds
        from wheelright.workflows.pythons import choose_python

        builds = Builds(context, context.indexes(index), choose_python(context))
        data = builds.metadata(path)
    return normalize_name(read_metadata(data).name)
