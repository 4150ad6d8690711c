"""Direct references: directories, archives on disk and behind URLs, each one fixed candidate.

What they require directly in turn is followed, to any depth. Anything that comes from an index
may not bring a direct reference with it: that would let a package choose where others come from.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct
from msgspec.structs import replace

from wheelright.builder import static_metadata
from wheelright.index.metadata import read_metadata
from wheelright.lockfile import Vcs
from wheelright.outside.urls import redact
from wheelright.project import (
    GitSource,
    PathSource,
    UrlSource,
    parse_requirement,
    source_of_reference,
)
from wheelright.store import File
from wheelright.targets import (
    InvalidFileName,
    normalize_name,
    parse_wheel_name,
)
from wheelright.venv import Origin
from wheelright.workflows.direct.archives import Archives, tree_in
from wheelright.workflows.direct.ask import Ask
from wheelright.workflows.direct.origin import git_origin
from wheelright.workflows.direct.places import repository_of, revision_of
from wheelright.workflows.direct.reading import git_of
from wheelright.workflows.driver import Fixed
from wheelright.workflows.fingerprints import fingerprint
from wheelright.workflows.pip.asking import Asked, holds
from wheelright.workflows.pip.errors import (
    ConflictingReferencesError,
    UnsupportedReferenceError,
    WrongHashError,
    WrongReferenceError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.index import Indexes
    from wheelright.index.metadata import Headers
    from wheelright.project import Source
    from wheelright.targets import TagSet
    from wheelright.workflows.building import Builds

_SDISTS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tbz", ".txz")
#: A path or URL that says where it is by itself, in a line of a requirements file.
_ABSOLUTE = re.compile(r"(?:^|[\s=@\"'])(?:[/~$\\]|[A-Za-z]:[\\/]|file:)")
_HASHES = ("sha256", "sha384", "sha512")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


class Direct(Struct, frozen=True):
    """A project that is at one place. ``url`` is for messages and files: without credentials.

    ``file`` is that of an archive, ``directory`` a source tree, ``vcs`` the commit of a repository.
    ``by`` says who asks for it; ``beside`` is the path where it was written as a relative one.
    """

    name: str
    version: str
    fixed: Fixed
    url: str
    by: str
    file: File | None = None
    directory: Path | None = None
    editable: bool = False
    vcs: Vcs | None = None
    subdirectory: str | None = None
    beside: Path | None = None

    def origin(self) -> Origin:
        """Return where it comes from, as an environment remembers it."""
        if self.vcs is not None:
            return git_origin(self.vcs, Path())
        if self.directory is not None:
            mark = fingerprint(self.directory, editable=self.editable)
            return Origin(self.url, editable=self.editable, fingerprint=mark)
        assert self.file is not None
        return Origin(
            self.url,
            fingerprint=self.file.hashes.get("sha256"),
            is_directory=False,
            subdirectory=self.subdirectory,
        )

    @property
    def reference(self) -> str:
        """The place as it stands in a requirement."""
        part = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
        if self.vcs is not None:
            return f"git+{self.vcs.url}@{self.vcs.commit}{part}"
        return f"{self.url}{part}"

    @property
    def shown(self) -> str:
        """The place in words for messages."""
        if self.vcs is not None:
            return self.reference
        if self.directory is not None:
            return str(self.directory)
        return self.url


class DirectReader(Struct):
    """Reads direct references. ``values`` are those of the one environment, None for all."""

    builds: Builds
    indexes: Indexes
    values: Mapping[str, str] | None
    tags: TagSet | None
    found: dict[str, Direct] = {}

    def read(self, asked: Iterable[Asked]) -> list[Asked]:
        """Read all places; return what was asked for with every requirement named.

        Raises ``WrongReferenceError``, ``UnsupportedReferenceError``,
        ``ConflictingReferencesError``, and what a backend has to say.
        """
        named = []
        for one in asked:
            if one.source is None:
                named.append(one)
            elif holds(one.marker, self.values, one.extras):
                direct = self._read(one)
                extras = f"[{','.join(one.extras)}]" if one.extras else ""
                marker = f" ; {one.marker}" if one.marker else ""
                text = f"{direct.name}{extras} @ {direct.reference}{marker}"
                named.append(replace(one, text=text, requirement=parse_requirement(text)))
        return named

    def _read(self, asked: Asked) -> Direct:
        assert asked.source is not None
        direct = self._at(asked, asked.source)
        if asked.name is not None and asked.name != direct.name:
            raise WrongReferenceError(
                f"`{asked.name}` is said to be at a place that holds `{direct.name}`",
                where=direct.shown,
                details=[f"{asked.origin} says so"],
                hints=["correct the name or the place"],
            )
        known = self.found.get(direct.name)
        if known is not None:
            if (known.reference, known.editable) != (direct.reference, direct.editable):
                raise ConflictingReferencesError(
                    f"`{direct.name}` is asked for from two places",
                    details=[
                        f"{known.by} takes it from `{known.shown}`",
                        f"{direct.by} takes it from `{direct.shown}`",
                    ],
                    hints=["leave one of them out"],
                )
            return known
        self.found[direct.name] = direct
        self._follow(direct, asked.extras)
        return direct

    def _follow(self, direct: Direct, extras: tuple[str, ...]) -> None:
        """Read what a direct reference requires directly."""
        for text in direct.fixed.requires:
            if "@" not in text:
                continue
            requirement = parse_requirement(text)
            source = source_of_reference(requirement)
            marker = None if requirement.marker is None else str(requirement.marker)
            if source is not None and holds(marker, self.values, extras):
                self._read(
                    Asked(direct.name, text, requirement, source, requirement.extras, marker)
                )

    def _at(self, asked: Asked, source: Source) -> Direct:
        if isinstance(source, UrlSource):
            return self._archive(asked, source.url, source.subdirectory)
        if isinstance(source, PathSource):
            path = source.located(self.builds.context.directory)
            beside = None if _ABSOLUTE.search(asked.text) else path
            if path.is_dir():
                return replace(self._directory(asked, path), beside=beside)
            if not path.exists():
                raise WrongReferenceError(
                    "there is nothing at the path that is asked for",
                    where=str(path),
                    details=[f"{asked.origin} asks for it"],
                    hints=["correct the path; it is relative to the file that names it"],
                )
            return replace(self._archive(asked, path.as_uri()), beside=beside)
        assert isinstance(source, GitSource)
        return self._repository(asked, source)

    def _repository(self, asked: Asked, source: GitSource) -> Direct:
        context = self.builds.context
        name = asked.name or redact(asked.text)
        at = repository_of(Ask(name, source, context.directory, asked.origin))
        git = git_of(context)
        revision = revision_of(source)
        commit = git.commit_of(at, revision)
        tree = tree_in(git.checkout(at, commit), source.subdirectory, f"{at.shown}@{commit[:12]}")
        headers = read_metadata(static_metadata(tree) or self.builds.metadata(tree))
        vcs = Vcs(
            "git",
            commit,
            url=at.clean,
            requested_revision=revision.text or None,
            subdirectory=source.subdirectory,
        )
        project = normalize_name(headers.name)
        return Direct(
            project,
            headers.version,
            _fixed(headers),
            at.clean,
            asked.origin,
            vcs=vcs,
            subdirectory=source.subdirectory,
        )

    def _directory(self, asked: Asked, path: Path) -> Direct:
        if not any((path / name).is_file() for name in _PROJECT_FILES):
            raise WrongReferenceError(
                "the directory that is asked for holds no Python project",
                where=str(path),
                details=[f"{asked.origin} asks for it"],
                hints=["it needs a `pyproject.toml` or a `setup.py`"],
            )
        path = path.resolve()
        headers = read_metadata(static_metadata(path) or self.builds.metadata(path))
        return Direct(
            normalize_name(headers.name),
            headers.version,
            _fixed(headers),
            path.as_uri(),
            asked.origin,
            directory=path,
            editable=asked.editable,
        )

    def _archive(self, asked: Asked, url: str, subdirectory: str | None = None) -> Direct:
        parts = urlsplit(url)
        plain = urlunsplit(parts._replace(fragment=""))
        name = unquote(parts.path).rpartition("/")[2]
        file = File(name, plain, _hashes(parts.fragment, asked.hashes))
        if len(asked.hashes) > 1:
            file = self.indexes.with_hash(file)
            check_hash(file, frozenset(asked.hashes))
        if asked.editable:
            raise _unsupported(asked, "is an archive, which cannot be editable")
        if name.endswith(".whl"):
            return self._wheel(asked, file)
        if not name.lower().endswith(_SDISTS):
            raise _unsupported(asked, "is neither a wheel nor an sdist")
        return self._sdist(asked, file, subdirectory)

    def _wheel(self, asked: Asked, file: File) -> Direct:
        try:
            wheel = parse_wheel_name(file.name)
        except InvalidFileName as fault:
            raise WrongReferenceError(fault.message, where=redact(file.url)) from None
        if self.tags is not None and self.tags.rank(wheel) is None:
            from wheelright.targets import nearest_wheel

            nearest = nearest_wheel([wheel], self.tags)
            raise WrongReferenceError(
                f"`{file.name}` does not fit {self.tags.platform.describe()}"
                f" with Python {'.'.join(map(str, self.tags.python))}",
                where=redact(file.url),
                details=[] if nearest is None else [nearest.text],
                hints=["choose the wheel for this platform and this Python"],
            )
        if file.url.startswith("file:"):
            file = self.indexes.with_hash(file)
        metadata = self.indexes.metadata(wheel.name, wheel.version, [file])
        fixed = Fixed(
            metadata.version, metadata.requires_dist, metadata.requires_python, metadata.extras
        )
        return Direct(wheel.name, metadata.version, fixed, redact(file.url), asked.origin, file)

    def _sdist(self, asked: Asked, file: File, subdirectory: str | None) -> Direct:
        archives = Archives(self.builds.context, self.indexes, lambda: self.builds)
        headers, file = archives.headers(file, subdirectory)
        return Direct(
            normalize_name(headers.name),
            headers.version,
            _fixed(headers),
            redact(file.url),
            asked.origin,
            file,
            subdirectory=subdirectory,
        )


def check_hash(file: File, allowed: frozenset[str]) -> None:
    """Raise :class:`WrongHashError` for a file that has none of the hashes (``sha256:...``)."""
    found = [f"{kind}:{digest}" for kind, digest in file.hashes.items()]
    if not allowed.intersection(found):
        raise WrongHashError(
            f"`{file.name}` has none of the hashes that are given for it",
            details=[f"it has {one}" for one in found],
            hints=["the file was changed where it is, or the hashes are of other files"],
        )


def _fixed(headers: Headers) -> Fixed:
    return Fixed(headers.version, headers.requires_dist, headers.requires_python, headers.extras)


def _hashes(fragment: str, given: tuple[str, ...]) -> dict[str, str]:
    """Return the hashes that a URL's fragment and a ``--hash`` option name; one per kind."""
    found = {}
    for part in fragment.split("&"):
        kind, equals, digest = part.partition("=")
        if equals and kind in _HASHES:
            found[kind] = digest.lower()
    if len(given) == 1:
        kind, _, digest = given[0].partition(":")
        found[kind] = digest
    return found


def _unsupported(asked: Asked, what: str) -> UnsupportedReferenceError:
    shown = asked.name or redact(asked.text)
    return UnsupportedReferenceError(
        f"the place of `{shown}` {what}, which this version cannot install from",
        where=asked.origin,
        hints=["use an index, a directory, or the file of a wheel or an sdist"],
    )
