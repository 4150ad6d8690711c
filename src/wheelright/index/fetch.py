"""Getting a version's metadata from its files: they answer for each other.

Must live here: in which ways a file is asked, in which order, and what moves on to the next one.
Must not live here: which files come first (the caller orders them, never by the machine), builds,
and the layout of archives (``archives``).

The order: the PEP 658 file of any file that has one; each wheel by byte ranges, or whole where
the server has none; each sdist's ``PKG-INFO`` where it is static. A file that fails is not asked
again in this session; whatever its fault, the next one is. A host that does not answer twice is
not asked again either: sixty wheels must not mean sixty time-outs.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct

from wheelright.index.archives import (
    BrokenArchiveError,
    read_from_end,
    read_from_front,
    read_from_tar,
)
from wheelright.index.errors import (
    Failure,
    InvalidMetadataError,
    MetadataUnavailableError,
    NeedsBuildError,
)
from wheelright.index.metadata import Headers, Metadata, read_metadata
from wheelright.outside.errors import HttpError, OfflineError
from wheelright.outside.urls import path_of
from wheelright.targets.filenames import normalize_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wheelright.index.cache import Cache
    from wheelright.index.release import Release
    from wheelright.outside.http import Http, Stream
    from wheelright.store import File

_TAIL: Final = 32 << 10
"""Bytes asked of a wheel's end where its size is not known: in nine of ten, METADATA is inside."""
_BEFORE_DIRECTORY: Final = 75
"""Percent of a directory's size within which METADATA lies before it, in nearly all of the rest."""
_MOST_SILENCES: Final = 2
_MOST_METADATA_FILES: Final = 3
_RANGE: Final = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})")
_REFUSALS: Final = frozenset({401, 403, 404, 410})
"""Statuses that speak of the file; any other says only that the server dislikes ranges."""
_LARGEST_ANSWER: Final = 80 << 20


class _NoAnswerError(Exception):
    """This file can not tell; the text says why."""


class _NoRangesError(Exception):
    """The server does not do byte ranges as it should."""


class _Asked(Struct, frozen=True):
    """What is wanted: the project's normalized name and its version as text.

    ``mark`` stands for the files of the release (``Release.mark``), 0 where they are not all.
    """

    name: str
    version: str
    mark: int = 0

    def holds(self, path: str) -> bool:
        """Whether this member of a wheel is its METADATA."""
        folder, slash, base = path.partition("/")
        if not slash or base != "METADATA" or not folder.endswith(".dist-info"):
            return False
        return normalize_name(folder.partition("-")[0]) == self.name


def _is_pkg_info(path: str) -> bool:
    parts = path.removeprefix("./").split("/")
    return len(parts) == 2 and parts[1] == "PKG-INFO"


class MetadataFetcher:
    """Fetches metadata for many threads; remembers what failed, for the session."""

    def __init__(self, http: Http, cache: Cache, report: Callable[[str], None]) -> None:
        self._http = http
        self._cache = cache
        self._report = report
        self._failed: dict[tuple[str, str], str] = {}  # way and URL -> cause
        self._silences: dict[str, int] = {}  # origin -> requests without an answer
        self._rangeless: set[str] = set()  # origins that refuse ranges

    def fetch(self, name: str, version: str, files: Sequence[File], mark: int = 0) -> Metadata:
        """Return the metadata of a version, by its files in the order given.

        Raises NeedsBuildError where only sdists are left that must be built, and
        MetadataUnavailableError where no file answers.
        """
        asked = _Asked(normalize_name(name), version, mark)
        failures: list[Failure] = []
        wheels = [file for file in files if file.is_wheel]
        # Only the first few: an index may promise metadata files and have none.
        promised = [file for file in wheels if file.metadata][:_MOST_METADATA_FILES]
        for way, among in (("metadata-file", promised), ("wheel", wheels)):
            for file in among:
                found = self._ask(asked, file, way, failures)
                if found is not None:
                    return _answer(file.name, found, failures)
        buildable = []
        for file in files:
            if file.is_wheel:
                continue
            found = self._ask(asked, file, "sdist", failures)
            if found is not None and found[0].static:
                return _answer(file.name, found, failures)
            if found is not None:
                failures.append(Failure(file.name, "its metadata is not static"))
                buildable.append(file)
        if buildable:
            raise NeedsBuildError(name, version, failures, buildable)
        raise MetadataUnavailableError(name, version, failures)

    def known(self, name: str, version: str, files: Sequence[File]) -> Metadata | None:
        """Return what the cache has of a version, from the first file that it knows; else None."""
        asked = _Asked(normalize_name(name), version)
        for file in files:
            cached = self._cache.load_metadata(asked.name, file)
            if (
                cached is not None
                and _same(asked, cached[0])
                and (file.is_wheel or cached[0].static)
            ):
                return _answer(file.name, cached, [])
        return None

    def kept(self, name: str, release: Release) -> Metadata | None:
        """Return what the cache has of a release, where no file of it need be looked at."""
        record = self._cache.shelf(normalize_name(name)).only(release.version, release.mark)
        if record is None or not (record.headers.static or record.file.endswith(".whl")):
            return None
        return _answer(record.file, (record.headers, record.way), [])

    def _ask(
        self, asked: _Asked, file: File, way: str, failures: list[Failure]
    ) -> tuple[Headers, str] | None:
        """Ask one file in one way: its headers and how they came, or ``None`` and a failure."""
        cached = self._cache.load_metadata(asked.name, file)
        if cached is not None and _same(asked, cached[0]):
            return cached
        cause = self._failed.get((way, file.url)) or self._silent(file.url)
        if cause is None:
            try:
                text, how = self._text(asked, file, way)
                headers = read_metadata(text)
                if not _same(asked, headers):
                    raise _NoAnswerError(f"it says it is `{headers.name} {headers.version}`")
            except OfflineError:
                cause = "it is not in the cache and the network is off"
            except HttpError as error:
                cause = error.cause
                self._count(file.url, error)
            except (_NoAnswerError, BrokenArchiveError) as error:
                cause = str(error)
            except InvalidMetadataError as error:
                cause = error.message
            else:
                release = (asked.name, asked.version, asked.mark)
                self._cache.save_metadata(release, file, headers, how)
                return headers, how
            self._failed[way, file.url] = cause
            self._report(f"no metadata from `{file.name}` ({way}): {cause}")
        shown = f"{file.name}.metadata" if way == "metadata-file" else file.name
        failures.append(Failure(shown, cause))
        return None

    def _text(self, asked: _Asked, file: File, way: str) -> tuple[bytes, str]:
        """Fetch METADATA or PKG-INFO; the second value is how it came."""
        if way == "metadata-file":
            return self._metadata_file(file), way
        if way == "sdist":
            return self._metadata_file(file) if file.metadata else self._from_sdist(file), way
        return self._from_zip(file, asked.holds)

    def _metadata_file(self, file: File) -> bytes:
        """Fetch the file beside the file (PEP 658) and check its hash (PEP 714)."""
        path, mark, query = file.url.partition("?")
        body = self._http.get(f"{path}.metadata{mark}{query}", ok=(200,)).body
        hashes = file.metadata if isinstance(file.metadata, dict) else {}
        for algorithm, digest in hashes.items():
            if algorithm in hashlib.algorithms_available:
                found = hashlib.new(algorithm, body, usedforsecurity=False).hexdigest()
                if found != digest:
                    raise _NoAnswerError(f"its {algorithm} is {found}, the index says {digest}")
        return body

    def _from_sdist(self, file: File) -> bytes:
        if file.name.endswith(".zip"):
            return self._from_zip(file, _is_pkg_info)[0]
        with self._http.stream(file.url) as stream:
            return read_from_tar(stream.chunks, _is_pkg_info)

    def _from_zip(self, file: File, wanted: Callable[[str], bool]) -> tuple[bytes, str]:
        """Read a member of a zip archive by ranges, else from the whole as it streams by."""
        if file.url.startswith("file:"):
            return _from_disk(file, wanted), "wheel"
        if _origin(file.url) not in self._rangeless:
            size = file.size
            tail = _TAIL if size is None else max(_TAIL // 2, min(size // 16 + 8192, _TAIL * 8))
            try:
                return self._by_ranges(file, tail, wanted)
            except HttpError as error:
                if error.status in _REFUSALS or error.status is None:
                    raise
                self._rangeless.add(_origin(file.url))
            except _NoRangesError:
                self._rangeless.add(_origin(file.url))
        with self._http.stream(file.url) as stream:
            return read_from_front(stream.chunks, wanted), "wheel"

    def _by_ranges(self, file: File, tail: int, wanted: Callable[[str], bool]) -> tuple[bytes, str]:
        """Ask for the end, and then for what is missing; a whole answer is used as it comes."""
        with self._http.stream(file.url, headers={"range": f"bytes=-{tail}"}) as stream:
            if stream.status == 200:
                return read_from_front(stream.chunks, wanted), "wheel"
            window = _Window(self._http, stream)
        return read_from_end(window.read, window.total, wanted), "ranges"

    def _silent(self, url: str) -> str | None:
        origin = _origin(url)
        if self._silences.get(origin, 0) >= _MOST_SILENCES:
            return f"not asked, since `{origin}` does not answer"
        return None

    def _count(self, url: str, error: HttpError) -> None:
        """Count requests that got no answer at all (a body cut short is the file's fault)."""
        if error.status is None and isinstance(error.__cause__, OSError):
            origin = _origin(url)
            self._silences[origin] = self._silences.get(origin, 0) + 1


def _from_disk(file: File, wanted: Callable[[str], bool]) -> bytes:
    """Read a member of a zip archive on this machine."""
    try:
        with Path(path_of(file.url)).open("rb") as opened:

            def read(start: int, end: int) -> bytes:
                opened.seek(start)
                return opened.read(max(end - start, 0))

            return read_from_end(read, opened.seek(0, os.SEEK_END), wanted)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "not a usable address"
        raise _NoAnswerError(cause.lower()) from error


class _Window:
    """A file that is far away, of which some bytes are here."""

    def __init__(self, http: Http, stream: Stream) -> None:
        self._http = http
        self._url = stream.url
        start, data, total = _ranged(stream)
        self._parts = [(start, data)]
        self.total = total

    def read(self, start: int, end: int) -> bytes:
        """Return bytes ``start`` to ``end``, fetched where they are not here yet."""
        start, end = max(start, 0), min(end, self.total)
        if start >= end:
            return b""
        for at, data in self._parts:
            if at <= start and end <= at + len(data):
                return data[start - at : end - at]
        # What is here already may be the second half of what is asked: a directory. METADATA lies
        # before it, and between them RECORD, which lists the same files in fewer bytes.
        at, data = self._parts[0]
        joins = start < at < end <= at + len(data)
        asked = start
        if joins:
            start = max(0, start - (end - start) * _BEFORE_DIRECTORY // 100)
        wanted = f"bytes={start}-{(at if joins else end) - 1}"
        with self._http.stream(self._url, headers={"range": wanted}) as stream:
            if stream.status != 206:
                raise _NoRangesError
            got, fresh, total = _ranged(stream)
        if got != start or total != self.total or got + len(fresh) < (at if joins else end):
            raise _NoRangesError
        if joins:
            self._parts[0] = (start, fresh[: at - start] + data)
            return self._parts[0][1][asked - start : end - start]
        self._parts.append((got, fresh))
        return fresh[: end - start]


def _ranged(stream: Stream) -> tuple[int, bytes, int]:
    """Read an answer to a range request: where it starts, the bytes, the size of the file."""
    found = _RANGE.fullmatch(stream.headers.get("content-range", "").strip().lower())
    if found is None:
        raise _NoRangesError
    start, last, total = (int(number) for number in found.groups())
    if not start <= last < total or last - start >= _LARGEST_ANSWER:
        raise _NoRangesError
    data = b"".join(_bounded(stream.chunks, last - start + 1))
    if len(data) != last - start + 1:
        raise _NoRangesError
    return start, data, total


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Pass chunks on, and stop once there are more than ``most`` bytes."""
    for chunk in chunks:
        yield chunk
        most -= len(chunk)
        if most < 0:
            return


def _answer(file: str, found: tuple[Headers, str], failures: list[Failure]) -> Metadata:
    headers, how = found
    return Metadata(
        headers.name,
        headers.version,
        headers.requires_dist,
        headers.requires_python,
        headers.extras,
        file,
        how,
        tuple(failures),
    )


def _same(asked: _Asked, headers: Headers) -> bool:
    """Whether metadata is of the project and version that were asked for."""
    if normalize_name(headers.name) != asked.name:
        return False
    if headers.version == asked.version:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(headers.version) == Version(asked.version)
    except (InvalidVersion, ValueError):
        return False


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
