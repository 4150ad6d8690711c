"""Following what a project asks for directly, to any depth.

In two steps, since a lock that is current must not cost a request: what lies on this machine is
read and stated first (:meth:`DirectReader.declare`); what is behind URLs and in repositories, and
what these ask for in turn, only when the lock is made (:meth:`DirectReader.complete`), at the
commits and hashes of the lock before unless an upgrade is asked for.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from wheelright.index.metadata import read_metadata
from wheelright.lockfile import Archive, Vcs
from wheelright.lockfile.model import path_of, without_credentials
from wheelright.outside import files
from wheelright.project import (
    BadValue,
    GitSource,
    IndexSource,
    PathSource,
    UrlSource,
    WorkspaceSource,
    find_workspace_root,
    load_project,
    load_workspace,
    parse_requirement,
    source_of_reference,
)
from wheelright.project.document import read_document
from wheelright.project.settings_read import member_settings
from wheelright.store import File
from wheelright.targets import normalize_name
from wheelright.workflows.direct.archives import Archives, file_at, tree_in
from wheelright.workflows.direct.ask import Ask
from wheelright.workflows.direct.errors import ConflictingPlacesError, WrongPlaceError
from wheelright.workflows.direct.git import Git
from wheelright.workflows.direct.places import Place, place_of, repository_of, revision_of
from wheelright.workflows.local import LocalProject, read_directory, relative_path
from wheelright.workflows.origins import Claim, all_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelright.index import Indexes
    from wheelright.index.metadata import Headers
    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.project import Requirement, Source
    from wheelright.targets.conditions import Marker
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context


def git_of(context: Context) -> Git:
    """Return Git with the repositories in the cache of a run."""
    root = context.cache_directory / "git"
    return Git(root, context.environ, context.reporter, context.offline)


class DirectReader(Struct):
    """Reads places. ``found`` is by name, and label where a place counts somewhere (``a@1``).

    ``declared`` is by name: whether a lock is current.
    """

    context: Context
    root: Path
    indexes: Indexes
    builds: Callable[[], Builds]
    with_sources: bool = True
    members: frozenset[str] = frozenset()  # of the workspace: what they ask for is gathered before
    stating: frozenset[str] = frozenset()  # members whose requirements the lock states by itself
    found: dict[str, LocalProject] = field(default_factory=dict)
    stated: dict[str, str] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    _asks: dict[str, tuple[Ask, Place]] = field(default_factory=dict)
    _forced: set[str] = field(default_factory=set)
    _waiting: list[tuple[Ask, Place]] = field(default_factory=list)
    _followed: set[tuple[str, str]] = field(default_factory=set)
    _trees: dict[str, tuple[Path, Ask | None]] = field(default_factory=dict)
    _labels: dict[tuple[str, Place, str], str] = field(default_factory=dict)

    def declare(self, asks: Iterable[Ask], forced: Iterable[Ask] = ()) -> None:
        """Take in what the project asks for. No network is used.

        What is ``forced`` (by overrides) counts against everything else. Raises ``RequestError``
        for what is not there, and :class:`ConflictingPlacesError`.
        """
        for ask in forced:
            self._take(ask)
            self._forced.add(ask.name)
        for ask in asks:
            self._take(ask)
        self.declared.update(self._said())

    def _said(self) -> dict[str, str]:
        """Return what is stated of each project, all its places in one text."""
        said: dict[str, list[str]] = {}
        for key, text in self.stated.items():
            where = self._asks[key][0].where
            said.setdefault(_name(key), []).append(f"{text} where {where}" if where else text)
        return {name: "; ".join(sorted(texts)) for name, texts in said.items()}

    @property
    def claims(self) -> list[Claim]:
        """What is known of where projects come from, for telling their origins apart."""
        return [
            Claim(ask.name, key.partition("@")[2], f"`{place}`", ask.where)
            for key, (ask, place) in self._asks.items()
        ]

    def complete(self, known: Lock | None, upgraded: Callable[[str], bool]) -> None:
        """Fetch and read the rest. ``upgraded`` says which names leave what ``known`` holds."""
        while self._waiting:
            ask, place = self._waiting.pop(0)
            key = self._key(ask, place)
            locked = () if known is None or upgraded(ask.name) else known.by_name.get(ask.name, ())
            was = {} if known is None or known.inputs is None else known.inputs.sources
            kept = locked if was.get(ask.name) == self.declared.get(ask.name) else ()
            if place.kind == "git":
                local = self._repository(ask, place, kept)
            else:
                local = self._archive(ask, place, kept)
            before = self.found.get(key)
            if before is None:
                self.found[key] = local
            elif before.vcs is None or local.vcs is None or before.vcs.commit != local.vcs.commit:
                raise self._conflict(ask, place)
            self._follow(key, ask.extras)

    # -- asking

    def _key(self, ask: Ask, place: Place) -> str:
        """Return what a place of a project is kept by."""
        if not ask.where:
            return ask.name
        numbered = sum(name == ask.name for name, _, _ in self._labels)
        label = self._labels.setdefault((ask.name, place, ask.where), str(numbered + 1))
        return f"{ask.name}@{label}"

    def _take(self, ask: Ask) -> None:
        if ask.name in self._forced:
            return
        place = place_of(ask)
        key = self._key(ask, place)
        known = self._asks.get(key)
        if known is None:
            self._asks[key] = (ask, place)
            self._declare(key, ask, place)
        elif known[1] == place:
            self._follow(key, ask.extras)
        elif known[1].is_beside(place):
            self._waiting.append((ask, place))
        else:
            raise self._conflict(ask, place)

    def _conflict(self, ask: Ask, place: Place) -> ConflictingPlacesError:
        first, at = self._asks[ask.name]
        return ConflictingPlacesError(
            f"`{ask.name}` is asked for from two places",
            details=[
                f"`{first.by}` takes it from `{at}`",
                f"`{ask.by}` takes it from `{place}`",
            ],
            hints=["name one place for both, or decide with `override-dependencies`"],
        )

    def _declare(self, key: str, ask: Ask, place: Place) -> None:
        """State a place, and read it where it is a source tree."""
        if place.kind != "path":
            self.stated[key] = place.state(self.root)
            self._waiting.append((ask, place))
            return
        source = ask.source
        assert isinstance(source, PathSource)
        path = source.located(ask.base)
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            self.stated[key] = f"{place.state(self.root)} sha256 {digest}"
            self._waiting.append((ask, place))
            return
        local = read_directory(
            self.root,
            ask.name,
            path,
            lambda tree: self.builds().metadata(tree),
            editable=bool(source.editable),
        )
        self.stated[key] = local.state(brief=ask.name in self.stating)
        self.found[key] = local
        self._trees[key] = (path, None)
        self._follow(key, ask.extras)

    # -- reading

    def _archive(self, ask: Ask, place: Place, kept: Iterable[LockedPackage]) -> LocalProject:
        folder = None
        if isinstance(ask.source, UrlSource):
            folder = place.subdirectory
            file = file_at(ask.source.url, ask.name)
            clean = without_credentials(file.url)
            for one in kept:
                was = one.archive
                if was is None or file.hashes or without_credentials(was.file.url) != clean:
                    continue
                file = File(file.name, file.url, was.file.hashes, was.file.size)
        else:
            assert isinstance(ask.source, PathSource)
            path = ask.source.located(ask.base)
            if ask.source.editable:
                raise WrongPlaceError(
                    f"`{ask.name}` is an archive, which cannot be editable",
                    where=str(path),
                    hints=["take `editable` out of the source, or name a source tree"],
                )
            digest = self.stated[self._key(ask, place)].rpartition(" ")[2]
            file = file_at(path.as_uri(), ask.name)
            file = File(file.name, file.url, {"sha256": digest}, path.stat().st_size)
        archives = Archives(self.context, self.indexes, self.builds)
        headers, file = archives.headers(file, folder)
        archive = Archive(File(file.name, without_credentials(file.url), file.hashes, file.size),
                          folder)  # fmt: skip
        return _local(ask, place, headers, archive=archive)

    def _repository(self, ask: Ask, place: Place, kept: Iterable[LockedPackage]) -> LocalProject:
        git, at = git_of(self.context), repository_of(ask)
        assert isinstance(ask.source, GitSource)
        revision = revision_of(ask.source)
        vcs = Vcs(
            "git",
            "",
            url=None if place.by_path else at.clean,
            path=relative_path(path_of(at.url), self.root) if place.by_path else None,
            requested_revision=revision.text or None,
            subdirectory=place.subdirectory,
        )
        commit = next((one.vcs.commit for one in kept if one.vcs and _alike(one.vcs, vcs)), None)
        if commit is None:
            commit = git.commit_of(at, revision)
        tree = git.checkout(at, commit)
        shown = f"{at.shown}@{commit[:12]}"
        folder = tree_in(tree, place.subdirectory, shown)
        headers = self._headers(at.key, commit, place.subdirectory, folder)
        vcs = Vcs(vcs.kind, commit, vcs.url, vcs.path, vcs.requested_revision, vcs.subdirectory)
        local = _local(ask, place, headers, vcs=vcs)
        fixed = GitSource(git=at.url, rev=commit, lfs=ask.source.lfs)
        self._trees.setdefault(self._key(ask, place), (folder, Ask(ask.name, fixed, tree, ask.by)))
        return local

    def _headers(self, key: str, commit: str, folder: str | None, tree: Path) -> Headers:
        from wheelright.builder import static_metadata

        text = static_metadata(tree)
        if text is None:
            name = hashlib.sha256(f"{commit} {folder}".encode()).hexdigest()[:32]
            note = self.context.cache_directory / "git" / "metadata" / key / name
            if note.is_file():
                text = files.read_bytes(note)
            else:
                text = self.builds().metadata(tree)
                files.make_directory(note.parent)
                files.write_atomic(note, text)
        return read_metadata(text)

    # -- following

    def _follow(self, key: str, extras: Iterable[str]) -> None:
        """Take in what a project asks for directly, itself and with these extras."""
        local = self.found.get(key)
        if local is None:  # not fetched yet: it is followed with the extras of its own ask
            ask, place = self._asks[key]
            more = tuple(sorted({*ask.extras, *extras}))
            wider = Ask(ask.name, ask.source, ask.base, ask.by, more, ask.where)
            self._asks[key] = (wider, place)
            self._waiting = [(wider, at) if one is ask else (one, at) for one, at in self._waiting]
            return
        for extra in ("", *extras):
            if (key, extra) in self._followed:
                continue
            self._followed.add((key, extra))
            for requirement in _active(local.requires, extra):
                if requirement.name == local.name:
                    self._follow(key, requirement.extras)
                    continue
                ask_for = self._asked_by(key, local, requirement, extra)
                if ask_for is not None:
                    self._take(ask_for)
                    continue
                for other in [one for one in self._asks if _name(one) == requirement.name]:
                    self._follow(other, requirement.extras)

    def _asked_by(
        self, key: str, local: LocalProject, requirement: Requirement, extra: str
    ) -> Ask | None:
        """Return the place that a project asks for, itself ("") or with an extra."""
        if local.name in self.members:
            return None
        name = requirement.name
        tree, fixed = self._trees.get(key, (self.root, None))
        source = source_of_reference(requirement)
        where = None if source is None else _plain(requirement)
        if source is None and key in self._trees and self.with_sources:
            for one in _sources_in(tree).get(name, ()):
                if one.group is None and one.extra in {None, extra} and source is None:
                    source, where = _usable(one, name, local, tree), one.marker
        if source is None:
            return None
        if fixed is not None and isinstance(source, PathSource):
            source = _inside(source, tree, fixed, name)
        only = all_of(self._asks[key][0].where, where)
        return Ask(name, source, tree, local.name, requirement.extras, only)


def _local(
    ask: Ask,
    place: Place,
    headers: Headers,
    *,
    archive: Archive | None = None,
    vcs: Vcs | None = None,
) -> LocalProject:
    if normalize_name(headers.name) != ask.name:
        raise WrongPlaceError(
            f"the place of `{ask.name}` holds a project named `{headers.name}`",
            where=str(place),
            hints=["name the source after the project, or correct the place"],
        )
    return LocalProject(
        ask.name,
        headers.version,
        headers.requires_dist,
        headers.requires_python,
        headers.extras,
        "",
        editable=False,
        archive=archive,
        vcs=vcs,
    )


def _alike(one: Vcs, other: Vcs) -> bool:
    """Whether two entries differ by their commit at most."""
    return (one.url, one.path, one.requested_revision, one.subdirectory) == (
        other.url,
        other.path,
        other.requested_revision,
        other.subdirectory,
    )


def _active(texts: Iterable[str], extra: str) -> Iterable[Requirement]:
    """Return the requirements that count with an extra (without any for ""), somewhere."""
    for text in texts:
        try:
            requirement = parse_requirement(text)
        except BadValue:
            continue  # the resolver meets it, and says so
        marker = "" if requirement.marker is None else str(requirement.marker)
        if "extra" not in marker:
            if not extra:
                yield requirement
        elif extra and f'"{extra}"' in marker.replace("'", '"'):
            yield requirement


def _plain(requirement: Requirement) -> Marker | None:
    """Return the marker of a requirement, but for one that speaks of extras."""
    marker = requirement.marker
    return None if marker is None or "extra" in str(marker) else marker


def _name(key: str) -> str:
    return key.partition("@")[0]


def _sources_in(tree: Path) -> Mapping[str, tuple[Source, ...]]:
    """Return the sources that a source tree states for itself; its indexes do not count here."""
    if not (tree / "pyproject.toml").is_file():
        return {}
    return member_settings(read_document(tree / "pyproject.toml"), None).sources


def _usable(source: Source, name: str, by: LocalProject, tree: Path) -> Source | None:
    if isinstance(source, IndexSource):
        return None
    return _sibling(name, by, tree) if isinstance(source, WorkspaceSource) else source


def _sibling(name: str, by: LocalProject, tree: Path) -> PathSource:
    """Return the place of another member of the workspace that a source tree is in."""
    root = load_project(find_workspace_root(tree) or tree)
    workspace = load_workspace(root, member_settings(root.document, None), foreign=True)
    members = {} if workspace is None else {**workspace.members, root.name: root}
    if name not in members:
        raise WrongPlaceError(
            f"`{by.name}` takes `{name}` from its workspace, which has no such member",
            where=by.place,
            hints=[f"name a place for `{name}` in the project"],
        )
    path = relative_path(members[name].root, tree)
    return PathSource(path=path, editable=by.editable)


def _inside(source: PathSource, tree: Path, fixed: Ask, name: str) -> Source:
    """Return a path in a checkout as a folder of the same commit."""
    root, path = fixed.base, source.located(tree)
    if Path(source.path).is_absolute():
        return source
    assert isinstance(fixed.source, GitSource)
    if not path.resolve().is_relative_to(root.resolve()):
        raise WrongPlaceError(
            f"`{fixed.name}` takes `{name}` from a path outside of its Git repository",
            where=source.path,
            hints=[f"name a place for `{name}` in the project"],
        )
    folder = path.resolve().relative_to(root.resolve()).as_posix()
    return GitSource(
        git=fixed.source.git,
        rev=fixed.source.rev,
        lfs=fixed.source.lfs,
        subdirectory=None if folder == "." else folder,
    )


__all__ = ["DirectReader", "git_of"]
