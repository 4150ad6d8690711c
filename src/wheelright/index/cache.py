"""What indexes said, kept on disk: pages with their freshness, metadata for ever.

Must live here: the form on disk and when an entry is fresh. Must not live here: asking again
(``indexes``). An entry is a checksum and a msgpack array; one that is cut, damaged or of another
format is treated as absent and written anew. Entries are renamed into place and not flushed:
losing one to a power cut costs a request.

What else changes with it: a changed form needs a new ``_FORMAT``, which makes old entries absent.
"""

from __future__ import annotations

import errno
import os
import re
import time
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wheelright.index.metadata import Headers  # noqa: TC001  msgspec needs it at run time
from wheelright.index.release import Release, Summary
from wheelright.outside.errors import DiskError
from wheelright.outside.files import create, make_directory, remove_file, replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelright.outside.reporting import Reporter
    from wheelright.store import File

_FORMAT: Final = b"wri2"
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


class _PageEntry(msgspec.Struct, array_like=True):
    project: str
    known: bool
    etag: str
    last_modified: str
    fetched_at: float
    max_age: float
    releases: list[tuple[str, Summary, msgspec.Raw]]


class _MetadataEntry(msgspec.Struct, array_like=True):
    file: str
    way: str
    headers: Headers


_ENCODER = msgspec.msgpack.Encoder()
_PAGE_DECODER = msgspec.msgpack.Decoder(_PageEntry)
_METADATA_DECODER = msgspec.msgpack.Decoder(_MetadataEntry)


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

    def load_page(self, index: str, project: str) -> CachedPage | None:
        """Return what the cache has of a page; its files are decoded when they are asked for."""
        payload = self._read(self._page_path(index, project))
        if payload is None:
            return None
        try:
            entry = _PAGE_DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # as if it were absent: the page is asked for and written anew
        if entry.project != project:
            return None
        return CachedPage(
            tuple(
                [
                    Release(version, None, index, packed=raw, summary=summary)
                    for version, summary, raw in entry.releases
                ]
            ),
            entry.known,
            entry.etag,
            entry.last_modified,
            entry.fetched_at,
            entry.max_age,
        )

    def save_page(self, index: str, project: str, page: CachedPage) -> None:
        """Keep a page; the form holds no credentials since neither ``index`` nor URLs do."""
        if self._root is None or self._broken:
            return
        releases = []
        for release in page.releases:
            packed = release.packed
            raw = msgspec.Raw(_ENCODER.encode(release.files)) if packed is None else packed
            releases.append((release.version, release.summary, raw))
        entry = _PageEntry(
            project,
            page.known,
            page.etag,
            page.last_modified,
            page.fetched_at,
            page.max_age,
            releases,
        )
        self._write(self._page_path(index, project), _ENCODER.encode(entry))

    def load_metadata(self, file: File) -> tuple[Headers, str] | None:
        """Return the metadata of a file and the way it came, if the cache knows."""
        payload = self._read(self._metadata_path(file))
        if payload is None:
            return None
        try:
            entry = _METADATA_DECODER.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # as if it were absent
        return (entry.headers, entry.way) if entry.file == file.name else None

    def save_metadata(self, file: File, headers: Headers, way: str) -> None:
        """Keep the metadata of a file for ever: a file never changes under its hash."""
        if self._root is not None and not self._broken:
            payload = _ENCODER.encode(_MetadataEntry(file.name, way, headers))
            self._write(self._metadata_path(file), payload)

    def _page_path(self, index: str, project: str) -> str:
        place = sha256(index.encode()).hexdigest()[:20]
        return f"{self._root}/pages/{place}/{project[:80]}.{zlib.crc32(project.encode()):08x}"

    def _metadata_path(self, file: File) -> str:
        if file.hashes:
            algorithm = "sha256" if "sha256" in file.hashes else min(file.hashes)
            key = f"{algorithm}-{file.hashes[algorithm]}"
        else:
            key = "url-" + sha256(f"{file.url}\0{file.name}".encode()).hexdigest()
        return f"{self._root}/metadata/{key[-2:]}/{key}"

    def _read(self, path: str) -> memoryview | None:
        if self._root is None:
            return None
        try:
            with open(path, "rb") as opened:  # noqa: PTH123  text paths are quicker
                data = opened.read()
        except OSError:
            return None  # absent or unreadable: it is asked for again
        payload = memoryview(data)[8:]
        if data[:4] != _FORMAT or data[4:8] != zlib.crc32(payload).to_bytes(4, "big"):
            return None
        return payload

    def _write(self, path: str, payload: bytes) -> None:
        head = _FORMAT + zlib.crc32(payload).to_bytes(4, "big")
        temporary = f"{path}.{os.urandom(6).hex()}.tmp"
        try:
            try:
                create(temporary, (head, payload))
            except DiskError as error:
                # Not "while the folder lacks": another thread may have made it just now.
                if error.errno != errno.ENOENT:
                    raise
                make_directory(os.path.dirname(path))  # noqa: PTH120
                create(temporary, (head, payload))
            replace(temporary, path)
        except DiskError as error:
            self._give_up(error, temporary)

    def _give_up(self, error: DiskError, temporary: str) -> None:
        """Work on without writing: a full or read-only cache costs time, not the result."""
        try:
            remove_file(temporary)
        except DiskError as second:
            self._reporter.debug(f"could not remove `{temporary}`: {second.message}")
        if not self._broken:
            self._broken = True
            self._reporter.warn(f"The cache is not written: {error.message}")


def now() -> float:
    """Seconds since the epoch; a clock of the caller's own takes its place in tests."""
    return time.time()
