"""What indexes said, kept on disk: pages with their freshness, metadata for ever.

Must live here: where entries lie, the form of pages and when one is fresh. Must not live here:
asking again (``indexes``), the form of metadata (``shelves``). A page begins with what choosing a
release needs, which is all that is read at first; the files of each release follow. Both have
checksums. A page that is cut, damaged or of another format is treated as absent and written anew.
Pages are renamed into place, and nothing is flushed: losing it to a power cut costs a request.
Only the times of a page are written in place, where an index says that it has not changed.

What else changes with it: a changed form needs a new ``_FORMAT`` or ``shelves.MARK``, which makes
old entries absent.
"""

from __future__ import annotations

import errno
import os
import re
import struct
import threading
import time
import zlib
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import Struct

from wheelright.index.release import Release, Summary
from wheelright.index.shelves import Record, Shelf, pack, read_shelf
from wheelright.outside.errors import DiskError
from wheelright.outside.files import amend, append, create, make_directory, remove_file, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wheelright.index.metadata import Headers
    from wheelright.outside.reporting import Reporter
    from wheelright.store import File

_FORMAT: Final = b"wri4"
_HEAD: Final = struct.Struct(">4sII")
_TIMES: Final = struct.Struct(">dd")
_CHECK: Final = struct.Struct(">I")
_BEGIN: Final = _HEAD.size + _TIMES.size + _CHECK.size
_FIRST: Final = 32 << 10
"""Bytes of a page that are read at once; what choosing needs rarely takes more."""
_FEW: Final = 3
"""Releases whose files are read one by one; where more are wanted, all are read."""
UNSAID_AGE: Final = 600.0
"""Seconds a page stays fresh where the index does not say."""
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})")
_NEVER: Final = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])")


class CachedPage(Struct, frozen=True):
    """A page as an index gave it. Times are seconds since the epoch, ages seconds.

    ``known`` is false where the index answered that it does not know the project; that is kept for
    ``--offline`` only and never fresh.
    """

    releases: tuple[Release, ...]
    known: bool
    etag: str
    last_modified: str
    fetched_at: float
    max_age: float

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used without asking; an entry from the future may not."""
        return self.known and 0 <= now - self.fetched_at < self.max_age

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask whether it is still right (RFC 9110, 13.1)."""
        conditions = {}
        if self.etag:
            conditions["if-none-match"] = self.etag
        if self.last_modified:
            conditions["if-modified-since"] = self.last_modified
        return conditions


class PageEntry(msgspec.Struct, array_like=True):
    """What a page begins with: each release's version, summary, bytes of its files and mark."""

    project: str
    known: bool
    etag: str
    last_modified: str
    releases: list[tuple[str, Summary, int, int]]


class StoredPage(NamedTuple):
    """A page as it lies on disk: its ``head`` tells it from any other that may lie there later.

    ``start`` is where the files begin; times as in :class:`CachedPage`.
    """

    head: bytes
    entry: PageEntry
    fetched_at: float
    max_age: float
    start: int


_ENCODER = msgspec.msgpack.Encoder()
_PAGE_DECODER = msgspec.msgpack.Decoder(PageEntry)


class _Files:
    """The files of a cached page's releases, read from where it lies when they are asked for.

    They begin at ``start``. Another page may lie there by now: what is read is checked, and
    ``lost`` gives the files of a version where they are gone or damaged.
    """

    __slots__ = ("_data", "_lengths", "_lost", "_path", "_start", "_starts", "_taken")

    def __init__(
        self, path: str, start: int, lengths: list[int], lost: Callable[[str], bytes]
    ) -> None:
        self._path = path
        self._start = start
        self._lengths = lengths
        self._lost = lost
        self._starts: list[int] = []
        self._taken = 0
        self._data: bytes | None = None

    def take(self, version: str, number: int, mark: int) -> bytes:
        """Return the packed files of a release, as ``release.Packed`` says."""
        if not self._starts:
            self._starts = list(accumulate(self._lengths, initial=self._start))
        begin, end = self._starts[number], self._starts[number + 1]
        self._taken += 1
        data = self._data
        if data is None and self._taken > _FEW:
            data = self._data = self._read(0, self._starts[-1])
        found = self._read(begin, end) if data is None else data[begin:end]
        return found if zlib.crc32(found) == mark and found else self._lost(version)

    def _read(self, begin: int, end: int) -> bytes:
        try:
            with open(self._path, "rb", buffering=0) as opened:  # noqa: PTH123
                opened.seek(begin)
                return opened.read(end - begin)
        except OSError:
            return b""  # gone since the page was read


def _never_lost(version: str) -> bytes:
    """Stand for a page of whose releases only the summaries matter: others need ``lost``."""
    raise AssertionError(version)


def age_allowed(headers: Mapping[str, str]) -> float:
    """Return for how many seconds an answer stays fresh by its headers (RFC 9111)."""
    said = headers.get("cache-control", "").lower()
    if _NEVER.search(said):
        return 0.0
    found = _MAX_AGE.search(said)
    if found is None:
        return UNSAID_AGE
    age = headers.get("age", "").strip()
    spent = float(age) if age.isdecimal() and len(age) < 12 else 0.0
    return max(0.0, float(found[1]) - spent)


class Cache:
    """The entries below ``root``, or nothing where ``root`` is ``None`` (``--no-cache``)."""

    def __init__(self, root: Path | None, reporter: Reporter) -> None:
        self._root = None if root is None else os.fspath(root / "index")
        self._reporter = reporter
        self._broken = False  # one failed write ends writing: it is told once
        self._heads: dict[str, bytes] = {}  # of the pages that were loaded, by path
        self._shelves: dict[str, Shelf] = {}
        self._lock = threading.Lock()  # of the shelves

    def load_page(
        self, index: str, project: str, lost: Callable[[str], bytes] = _never_lost
    ) -> CachedPage | None:
        """Return what the cache has of a page; its files are read when they are asked for.

        ``lost`` gives the packed files of a version where they can then be read no more.
        """
        if self._root is None:
            return None
        path = self._page_path(index, project)
        stored = read_page(path)
        if stored is None or stored.entry.project != project:
            return None
        self._heads[path] = stored.head
        entry = stored.entry
        rows = entry.releases
        files = _Files(path, stored.start, [row[2] for row in rows], lost)
        return CachedPage(
            tuple(
                [
                    Release(version, None, index, files, summary, mark, number)
                    for number, (version, summary, _, mark) in enumerate(rows)
                ]
            ),
            entry.known,
            entry.etag,
            entry.last_modified,
            stored.fetched_at,
            stored.max_age,
        )

    def save_page(self, index: str, project: str, page: CachedPage) -> None:
        """Keep a page; the form holds no credentials since neither ``index`` nor URLs do."""
        if self._root is None or self._broken:
            return
        body = [release.pack() for release in page.releases]
        entry = PageEntry(
            project,
            page.known,
            page.etag,
            page.last_modified,
            [
                (release.version, release.summary, len(files), zlib.crc32(files))
                for release, files in zip(page.releases, body, strict=True)
            ],
        )
        begin = _ENCODER.encode(entry)
        head = _HEAD.pack(_FORMAT, len(begin), zlib.crc32(begin))
        first = _sealed(head, page.fetched_at, page.max_age) + begin
        self._write(self._page_path(index, project), (first, b"".join(body)))

    def renew_page(self, index: str, project: str, page: CachedPage) -> None:
        """Keep the times of a page that was loaded and that is still right.

        Nothing is written where another one lies there by now: that has times of its own.
        """
        path = self._page_path(index, project)
        head = self._heads.get(path)
        if head is None or self._broken:
            return
        try:
            amend(path, head, _sealed(head, page.fetched_at, page.max_age)[len(head) :])
        except DiskError as error:
            self._give_up(error)

    def forget_page(self, index: str, project: str) -> None:
        """Drop a page that turned out to be damaged."""
        if self._root is not None:
            try:
                remove_file(self._page_path(index, project))
            except DiskError as error:
                self._reporter.debug(f"a damaged page stays in the cache: {error.message}")

    def shelf(self, project: str) -> Shelf:
        """Return the metadata that is known of a project (normalized name), read once."""
        shelf = self._shelves.get(project)
        if shelf is None:
            with self._lock:
                shelf = self._shelves.get(project)
                if shelf is None:
                    shelf = self._shelves[project] = self._read_shelf(project)
        return shelf

    def load_metadata(self, project: str, file: File) -> tuple[Headers, str] | None:
        """Return the metadata of a file and the way it came, if the cache knows."""
        record = self.shelf(project).by_key.get(_key(file))
        if record is None or record.file != file.name:
            return None
        return record.headers, record.way

    def save_metadata(
        self, release: tuple[str, str, int], file: File, headers: Headers, way: str
    ) -> None:
        """Keep the metadata of a file for ever: a file never changes under its hash.

        ``release`` is the normalized name of the project, the version and its ``mark``.
        """
        if self._root is None or self._broken:
            return
        project, version, mark = release
        record = Record(project, version, mark, _key(file), file.name, way, headers)
        shelf = self.shelf(project)
        with self._lock:
            if record.key in shelf.by_key:
                return
            shelf.add(record)
            if shelf.whole:
                self._append(self._shelf_path(project), pack(record))
            else:
                records = [pack(known) for known in shelf.by_key.values()]
                self._write(self._shelf_path(project), records)
                shelf.whole = True

    def _read_shelf(self, project: str) -> Shelf:
        if self._root is None:
            return Shelf()
        try:
            with open(self._shelf_path(project), "rb") as opened:  # noqa: PTH123
                return read_shelf(opened.read(), project)
        except OSError:
            return Shelf()  # absent or unreadable: it is asked for again

    def _page_path(self, index: str, project: str) -> str:
        place = sha256(index.encode()).hexdigest()[:20]
        return f"{self._root}/pages/{place}/{project[:80]}.{zlib.crc32(project.encode()):08x}"

    def _shelf_path(self, project: str) -> str:
        return f"{self._root}/metadata/{project[:80]}.{zlib.crc32(project.encode()):08x}"

    def _append(self, path: str, data: bytes) -> None:
        try:
            try:
                append(path, data)
            except DiskError as error:
                if error.errno != errno.ENOENT:
                    raise
                make_directory(os.path.dirname(path))  # noqa: PTH120
                append(path, data)
        except DiskError as error:
            self._give_up(error)

    def _write(self, path: str, chunks: Sequence[bytes]) -> None:
        temporary = f"{path}.{os.urandom(6).hex()}.tmp"
        try:
            try:
                create(temporary, chunks)
            except DiskError as error:
                # Not "while the folder lacks": another thread may have made it just now.
                if error.errno != errno.ENOENT:
                    raise
                make_directory(os.path.dirname(path))  # noqa: PTH120
                create(temporary, chunks)
            replace(temporary, path)
        except DiskError as error:
            self._give_up(error, temporary)

    def _give_up(self, error: DiskError, temporary: str = "") -> None:
        """Work on without writing: a full or read-only cache costs time, not the result."""
        try:
            if temporary:
                remove_file(temporary)
        except DiskError as second:
            self._reporter.debug(f"could not remove `{temporary}`: {second.message}")
        if not self._broken:
            self._broken = True
            self._reporter.warn(f"The cache is not written: {error.message}")


def read_page(path: str) -> StoredPage | None:
    """Read how a page begins; None for what is none."""
    try:
        with open(path, "rb", buffering=0) as opened:  # noqa: PTH123  text paths are quicker
            data = opened.read(_FIRST)
            if len(data) < _BEGIN:
                return None
            mark, length, check = _HEAD.unpack_from(data)
            end = _BEGIN + length
            size = os.fstat(opened.fileno()).st_size
            if mark != _FORMAT or end > size:
                return None
            while len(data) < end:
                more = opened.read(end - len(data))
                if not more:
                    return None
                data += more
    except OSError:
        return None  # absent or unreadable: it is asked for again
    begin, head = memoryview(data)[_BEGIN:end], data[: _HEAD.size]
    fetched_at, max_age = _TIMES.unpack_from(data, _HEAD.size)
    if zlib.crc32(begin) != check or not data.startswith(_sealed(head, fetched_at, max_age)):
        return None
    try:
        entry = _PAGE_DECODER.decode(begin)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # as if it were absent: the page is asked for and written anew
    if end + sum([row[2] for row in entry.releases]) != size:
        return None
    return StoredPage(head, entry, fetched_at, max_age, end)


def _sealed(head: bytes, fetched_at: float, max_age: float) -> bytes:
    """Return the head of a page, its times and their checksum, which belongs to this head."""
    data = head + _TIMES.pack(fetched_at, max_age)
    return data + _CHECK.pack(zlib.crc32(data))


def _key(file: File) -> str:
    """Return what stands for a file: its hash, else where it lies."""
    if file.hashes:
        algorithm = "sha256" if "sha256" in file.hashes else min(file.hashes)
        return f"{algorithm}-{file.hashes[algorithm]}"
    return "url-" + sha256(f"{file.url}\0{file.name}".encode()).hexdigest()


def now() -> float:
    """Seconds since the epoch; a clock of the caller's own takes its place in tests."""
    return time.time()
