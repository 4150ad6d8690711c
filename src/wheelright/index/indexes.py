"""The configured indexes as one: pages, metadata and files.

Must live here: which index is asked for what, in which order, and what follows from its answer.
Must not live here: how pages, caches, archives and credentials work.

A name is looked for on later indexes only where earlier ones do not know it, so that nobody can
slip in a package of the same name (dependency confusion); the ``unsafe-`` strategies lift that.
Safe for many threads: no page and no metadata is fetched twice, nor by two threads at once.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec.structs import replace

from wheelright.errors import WheelrightError
from wheelright.index.cache import Cache, CachedPage, age_allowed
from wheelright.index.cache import now as system_clock
from wheelright.index.errors import (
    FileUnavailableError,
    IndexUnreachableError,
    NotCachedError,
    ProjectNotFoundError,
    UnknownIndexError,
)
from wheelright.index.fetch import MetadataFetcher
from wheelright.index.folders import list_folder, read_local_page
from wheelright.index.page import ACCEPT, parse_page
from wheelright.index.release import (
    ProjectPage,
    Release,
    chain_releases,
    group_files,
    merge_releases,
    pack_files,
)
from wheelright.outside.errors import HttpError, OfflineError
from wheelright.outside.once import Once
from wheelright.outside.threads import begin
from wheelright.outside.urls import redact
from wheelright.targets.filenames import normalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from wheelright.index.credentials import Credentials
    from wheelright.index.metadata import Metadata
    from wheelright.index.sources import IndexSource
    from wheelright.outside.http import Http, Response, Stream
    from wheelright.outside.reporting import Reporter
    from wheelright.store import File

Strategy = Literal["first-index", "unsafe-first-match", "unsafe-best-match"]
_UNKNOWN: Final = frozenset({404, 410})
_FLAT: Final = "*"
"""The cache's name for a page of links to many projects; no project is called so."""
_RESUMPTIONS: Final = 3
_AHEAD: Final = 8
"""Threads that ask for pages before the search does."""
_WORD: Final = re.compile(r"[a-z0-9]+")


class Indexes:
    """All configured places to look for files.

    ``sources`` in the order to ask, those marked ``default`` last. ``cache_dir`` ``None`` keeps
    nothing. ``refresh`` asks all indexes anew, ``refresh_projects`` (normalized names) for those.
    ``clock`` tells seconds since the epoch.
    """

    def __init__(
        self,
        sources: Sequence[IndexSource],
        http: Http,
        cache_dir: Path | None,
        reporter: Reporter,
        *,
        strategy: Strategy = "first-index",
        no_index: bool = False,
        offline: bool = False,
        refresh: bool = False,
        refresh_projects: frozenset[str] = frozenset(),
        credentials: Credentials | None = None,
        clock: Callable[[], float] = system_clock,
    ) -> None:
        self._flat = tuple(source for source in sources if source.flat)
        indexes = [source for source in sources if not source.flat and not no_index]
        self._indexes = tuple(sorted(indexes, key=lambda source: source.default))
        self._http = http
        self._cache = Cache(cache_dir, reporter)
        self._reporter = reporter
        self._strategy = strategy
        self._offline = offline
        self._refresh = refresh
        self._refresh_projects = refresh_projects
        self._credentials = credentials
        self._clock = clock
        self._fetcher = MetadataFetcher(http, self._cache, reporter.debug)
        self._joined: Once[tuple[str, str | None], ProjectPage] = Once()
        self._pages: Once[tuple[str, str], CachedPage] = Once()
        self._loaded: dict[tuple[str, str], CachedPage | None] = {}  # what was not fresh
        self._renewed: Once[tuple[str, str], CachedPage] = Once()
        self._links: Once[str, dict[str, list[File]]] = Once()
        self._metadata: Once[tuple[str, str, tuple[str, ...]], Metadata] = Once()
        self._hashed: Once[str, File] = Once()

    @property
    def sources(self) -> tuple[IndexSource, ...]:
        """The places that are asked, in order; flat ones last."""
        return self._indexes + self._flat

    def page(self, name: str, index: str | None = None) -> ProjectPage:
        """Return what is known of a project.

        ``index`` names (or is the URL of) the one index to ask; else all that are not explicit.
        Raises ProjectNotFoundError, IndexUnreachableError, InvalidPageError, NotCachedError and
        UnknownIndexError.
        """
        project = normalize_name(name)
        return self._joined.get((project, index), lambda: self._join(project, index))

    def known_page(self, name: str, index: str | None = None) -> ProjectPage | None:
        """Return a project's page where that takes no request; None where an index must be asked.

        Only for the strategy ``first-index``: the others need all indexes.
        """
        project = normalize_name(name)
        if self._joined.known((project, index)) is None:
            sources = (self._named(index),) if index is not None else self._open_indexes()
            if (
                not sources
                or sources[0].flat
                or self._strategy != "first-index"
                or sources[0].folder is not None
            ):
                return None
            renew = self._refresh or project in self._refresh_projects
            if renew:
                return None
            cached = self._load_page(sources[0], project)
            if (
                cached is None
                or not cached.known
                or not (self._offline or cached.is_fresh(self._clock()))
            ):
                self._loaded[sources[0].url, project] = cached
                return None
            found = cached
            self._pages.get((sources[0].url, project), lambda: found)
        return self.page(project, index)

    def ask_ahead(self, names: Iterable[str]) -> None:
        """Begin to ask for pages that will surely be asked for, on threads of their own.

        To open the first connection takes longer than any page; nothing is done for pages that are
        at hand. What fails is told to who asks for the page.
        """
        sources = self._open_indexes()
        if self._offline or not sources or sources[0].folder is not None or sources[0].flat:
            return
        projects = dict.fromkeys(map(normalize_name, names))
        wanted = deque(project for project in projects if self.known_page(project) is None)
        for _ in range(min(len(wanted), _AHEAD)):
            begin(lambda: self._asked_ahead(wanted))

    def _asked_ahead(self, wanted: deque[str]) -> None:
        while wanted:
            try:
                project = wanted.popleft()
            except IndexError:  # another thread was quicker
                return
            try:
                self.page(project)
            except WheelrightError as error:
                self._reporter.debug(f"the page of `{project}` did not come: {error.message}")

    def known_metadata(self, name: str, version: str, files: Sequence[File]) -> Metadata | None:
        """Return a version's metadata where that takes no request."""
        return self._fetcher.known(name, version, files)

    def kept_metadata(self, name: str, release: Release) -> Metadata | None:
        """Return a release's metadata where none of its files need be looked at for that.

        The cache has that of just one file, and the files are the same as they were then.
        """
        return self._fetcher.kept(name, release)

    def also_known_on(self, name: str) -> tuple[str, ...]:
        """Return the labels of later indexes that are known to have the project too.

        For hints only, so no index is asked: a name that only one index should learn of must not
        reach another because a resolution failed. It tells what earlier requests left behind.
        """
        project = normalize_name(name)
        having = []
        for source in self._open_indexes():
            page = self._pages.known((source.url, project))
            if page is None:
                page = self._load_page(source, project)
            if page is not None and page.known:
                having.append(source.label)
        return tuple(having[1:])

    def not_asked(self, url: str) -> tuple[str, ...]:
        """Return the labels of the indexes after one, where that alone is asked for what it has."""
        if self._strategy != "first-index":
            return ()
        labels = [source.label for source in self._open_indexes()]
        urls = [source.url for source in self._open_indexes()]
        return tuple(labels[urls.index(url) + 1 :]) if url in urls else ()

    def metadata(self, name: str, version: str, files: Sequence[File], mark: int = 0) -> Metadata:
        """Return a version's metadata, by its files in the order given (see ``fetch``).

        ``mark`` is that of the release, for :meth:`kept_metadata`. Raises NeedsBuildError where
        only a build can tell, else MetadataUnavailableError.
        """
        key = (normalize_name(name), version, tuple([file.url for file in files]))
        return self._metadata.get(key, lambda: self._fetcher.fetch(name, version, files, mark))

    @contextmanager
    def open(self, file: File, *, elsewhere: bool = True) -> Iterator[Iterator[bytes]]:
        """Open a file for reading: its URL, else wherever an index lists a file of its name.

        Without ``elsewhere`` its URL alone counts: nothing else is known to be the same file.
        The bytes are not checked: whoever takes them compares the hash. A body that breaks off is
        taken up again where it stopped. Raises FileUnavailableError with each place and cause, and
        HttpError where a body breaks off for good.
        """
        attempts: list[tuple[str, str]] = []
        with ExitStack() as stack:
            for url in self._places(file, attempts) if elsewhere else (file.url,):
                try:
                    stream = stack.enter_context(self._opened(url))
                except HttpError as error:
                    attempts.append((error.url, error.cause))
                    continue
                if attempts:
                    self._reporter.debug(
                        f"`{file.name}` came from `{redact(url)}`, since `{attempts[0][0]}`"
                        f" failed: {attempts[0][1]}"
                    )
                yield self._whole(url, stream)
                return
        raise FileUnavailableError(file.name, attempts, offline=self._offline)

    def with_hash(self, file: File) -> File:
        """Return the file with a SHA-256 and its size, read whole where no index told a hash.

        Raises as :meth:`open` does.
        """
        if file.hashes:
            return file
        return self._hashed.get(file.url, lambda: self._measured(file))

    # --- pages

    def _open_indexes(self) -> tuple[IndexSource, ...]:
        return tuple(source for source in self._indexes if not source.explicit)

    def _named(self, index: str) -> IndexSource:
        for source in self.sources:
            if index in {source.name, source.url, source.url.rstrip("/")}:
                return source
        raise UnknownIndexError(index, [one.name for one in self.sources if one.name])

    def _join(self, project: str, index: str | None) -> ProjectPage:
        """Put together what all places say that may be asked for this project."""
        named = None if index is None else self._named(index)
        asked, flat = self._open_indexes(), tuple(one for one in self._flat if not one.explicit)
        if named is not None:
            asked, flat = ((), (named,)) if named.flat else ((named,), ())
        found: list[tuple[IndexSource, tuple[Release, ...]]] = []
        unsure: list[str] = []
        for source in asked:
            try:
                page = self._index_page(source, project)
            except NotCachedError:
                unsure.append(source.url)
                break  # an index that was not asked may know it: a later one must not answer
            if page.known:
                found.append((source, page.releases))
                if self._strategy == "first-index":
                    break
        linked = [(source, self._linked(source, project)) for source in flat]
        linked = [(source, releases) for source, releases in linked if releases]
        if unsure and not (found or linked):
            raise NotCachedError(project, unsure)
        if not found and not linked:
            raise ProjectNotFoundError(project, [source.url for source in (*asked, *flat)])
        join = chain_releases if self._strategy == "unsafe-first-match" else merge_releases
        releases = join([part for _, part in found])
        if linked:
            releases = merge_releases([releases, *(part for _, part in linked)])
        first = (found or linked)[0][0]
        return ProjectPage(project, first.url, first.name, releases)

    def _index_page(self, source: IndexSource, project: str) -> CachedPage:
        """Return one index's page of a project, asked at most once in a session."""
        return self._pages.get(
            (source.url, project),
            lambda: self._current(
                source,
                project,
                lambda files: group_files(project, files, source.url),
                renew=self._refresh or project in self._refresh_projects,
            ),
        )

    def _renewed_page(self, source: IndexSource, project: str) -> CachedPage:
        """Return a page as the index has it now, whatever the cache says."""
        return self._renewed.get(
            (source.url, project),
            lambda: self._current(
                source,
                project,
                lambda files: group_files(project, files, source.url),
                renew=True,
            ),
        )

    def _load_page(self, source: IndexSource, project: str) -> CachedPage | None:
        return self._cache.load_page(
            source.url, project, lambda version: self._lost(source, project, version)
        )

    def _lost(self, source: IndexSource, project: str, version: str) -> bytes:
        """Return the files of a release once more, whose cached page is gone or damaged by now."""
        self._cache.forget_page(source.url, project)
        if project == _FLAT:
            files = [file for found in self._all_links(source).values() for file in found]
            return pack_files(tuple(files))
        self._renewed.forget((source.url, project))  # its files may lie where they are lost
        found = self._renewed_page(source, project).releases
        return next((release.pack() for release in found if release.version == version), b"\x90")

    def _linked(self, source: IndexSource, project: str) -> tuple[Release, ...]:
        """Return the releases of a project among a flat source's links."""
        links = self._links.get(source.url, lambda: self._all_links(source))
        return group_files(project, links.get(project.partition("-")[0], ()), source.url)

    def _all_links(self, source: IndexSource) -> dict[str, list[File]]:
        """Read a flat source; its files by the first word of their names."""
        folder = source.folder
        if folder is not None:
            files = list_folder(folder, source.url)
        else:
            page = self._current(
                source,
                _FLAT,
                lambda files: (Release("0", tuple(files), source.url),),
                renew=self._refresh,
            )
            files = [file for release in page.releases for file in release.files]
        links: dict[str, list[File]] = {}
        for file in files:
            word = _WORD.match(file.name.lower())
            if word:
                links.setdefault(word[0], []).append(file)
        return links

    def _current(
        self,
        source: IndexSource,
        project: str,
        build: Callable[[list[File]], tuple[Release, ...]],
        *,
        renew: bool,
    ) -> CachedPage:
        """Return a page from the cache while it is fresh, else from the index."""
        if source.folder is not None:
            files = read_local_page(source, project)
            return CachedPage(build(files), bool(files), "", "", 0.0, 0.0)
        found = self._loaded.pop((source.url, project), ...)
        cached = self._load_page(source, project) if found is ... else found
        if self._offline:
            if cached is None:
                raise NotCachedError(project, [source.url])
            return cached
        instant = self._clock()
        if cached is not None and not renew and cached.is_fresh(instant):
            return cached
        url = source.url if project == _FLAT else source.page_url(project)
        conditions = cached.conditions if cached is not None and cached.known else {}
        response = self._ask(source, url, project, conditions)
        if response is None:
            fresh = CachedPage((), known=False, etag="", last_modified="", fetched_at=instant,
                               max_age=0.0)  # fmt: skip
        elif response.status == 304 and cached is not None:
            said = "cache-control" in response.headers
            age = age_allowed(response.headers) if said else cached.max_age
            fresh = replace(cached, fetched_at=instant, max_age=age)
            if age or cached.max_age:  # else it will be asked for again whatever its time
                self._cache.renew_page(source.url, project, fresh)
            return fresh
        else:
            headers = response.headers
            files = parse_page(response.body, headers.get("content-type", ""), response.url)
            fresh = CachedPage(
                build(files),
                bool(files),
                headers.get("etag", ""),
                headers.get("last-modified", ""),
                instant,
                age_allowed(headers),
            )
        self._cache.save_page(source.url, project, fresh)
        return fresh

    def _ask(
        self, source: IndexSource, url: str, project: str, conditions: dict[str, str]
    ) -> Response | None:
        """Request a page; ``None`` where the index does not know the project."""
        headers = {"accept": ACCEPT, **conditions}
        try:
            try:
                return self._http.get(url, headers=headers, ok=(200, 304))
            except HttpError as error:
                refused = error.status in {401, 403}
                if not refused or self._credentials is None or not self._credentials.ask(url):
                    raise
                return self._http.get(url, headers=headers, ok=(200, 304))
        except OfflineError:
            raise NotCachedError(project, [source.url]) from None
        except HttpError as error:
            if error.status in _UNKNOWN or error.status in source.ignored_statuses:
                return None
            name = project if project != _FLAT else source.label
            raise IndexUnreachableError(
                source.url, name, error.cause, status=error.status, hint=_advice(source, error)
            ) from error

    # --- files

    def _places(self, file: File, attempts: list[tuple[str, str]]) -> Iterator[str]:
        """Yield the URLs to try for a file, its own first; indexes are asked only when needed."""
        tried = {file.url}
        yield file.url
        project = _project_of(file)
        for source in self.sources:
            for look in (self._listed, self._listed_now):
                try:
                    found = look(source, project, file)
                except (NotCachedError, IndexUnreachableError) as error:
                    attempts.append((source.url, error.message))
                    break
                if found is not None and found.url not in tried:
                    if _contradicts(file, found):
                        attempts.append((redact(found.url), "it has another hash"))
                        break
                    tried.add(found.url)
                    yield found.url
                    break

    def _listed(self, source: IndexSource, project: str, file: File) -> File | None:
        if source.flat:
            return _named_as(file, self._linked(source, project))
        return _named_as(file, self._index_page(source, project).releases)

    def _listed_now(self, source: IndexSource, project: str, file: File) -> File | None:
        """Look again where the cached page did not help: the file may have moved since."""
        if source.flat or self._offline:
            return None
        return _named_as(file, self._renewed_page(source, project).releases)

    @contextmanager
    def _opened(self, url: str) -> Iterator[Stream]:
        """Stream a URL; where it is refused, the keyring is asked once."""
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(self._http.stream(url))
            except HttpError as error:
                refused = error.status in {401, 403}
                if not refused or self._credentials is None or not self._credentials.ask(url):
                    raise
                stream = stack.enter_context(self._http.stream(url))
            yield stream

    def _whole(self, url: str, stream: Stream) -> Iterator[bytes]:
        """Yield the body, taking it up again by byte ranges where it breaks off."""
        got = 0
        tag = stream.headers.get("etag", "")
        chunks = stream.chunks
        with ExitStack() as stack:
            for left in range(_RESUMPTIONS, -1, -1):
                try:
                    for chunk in chunks:
                        got += len(chunk)
                        yield chunk
                except HttpError as error:
                    if not error.transient or not left or not got:
                        raise
                    broken = error
                else:
                    return
                wanted = {"range": f"bytes={got}-"}
                if tag and not tag.startswith("W/"):
                    wanted["if-range"] = tag
                again = stack.enter_context(self._http.stream(url, headers=wanted))
                begins = again.headers.get("content-range", "").startswith(f"bytes {got}-")
                if again.status != 206 or not begins:
                    raise broken
                chunks = again.chunks

    def _measured(self, file: File) -> File:
        digest, size = hashlib.sha256(), 0
        with self.open(file) as chunks:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
        return msgspec.structs.replace(file, hashes={"sha256": digest.hexdigest()}, size=size)


def _project_of(file: File) -> str:
    """Guess a file's project from its name: right for all but the oldest sdists."""
    if file.is_wheel:
        return normalize_name(file.name.partition("-")[0])
    return normalize_name(file.name.rpartition("-")[0])


def _named_as(file: File, releases: tuple[Release, ...]) -> File | None:
    for release in releases:
        for one in release.files:
            if one.name == file.name:
                return one
    return None


def _contradicts(file: File, other: File) -> bool:
    """Whether two files of one name are known to differ."""
    shared = file.hashes.keys() & other.hashes.keys()
    return any(file.hashes[algorithm] != other.hashes[algorithm] for algorithm in shared)


def _advice(source: IndexSource, error: HttpError) -> str:
    """Say what to do about an index that does not answer."""
    if error.status in {401, 403}:
        if source.name:
            variable = "WHEELRIGHT_INDEX_" + re.sub(r"[^A-Z0-9]", "_", source.name.upper())
            return (
                f"give credentials with `{variable}_USERNAME` and `{variable}_PASSWORD`, in the"
                " netrc file or with `--keyring-provider subprocess`"
            )
        return (
            "give credentials in the index's URL, in the netrc file or with"
            " `--keyring-provider subprocess`"
        )
    if error.hints:
        return error.hints[0]
    return "check the URL of the index and the network, or use the cache alone with `--offline`"
