"""Getting the wheels of a plan into the store: many downloads at once, sdists built on the way."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.outside.threads import run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from wheelright.index import Indexes
    from wheelright.outside.reporting import Reporter
    from wheelright.store import File, Store, StoredWheel

#: Downloads under way at once. The store unpacks fewer wheels at a time in any case.
DOWNLOADS = 12
#: What a build is thought to need; a compiler of C++ takes as much.
BYTES_PER_BUILD = 2 << 30


class Fetcher(Struct, frozen=True):
    """Fetches files into a store; the indexes are opened for the first that is not there.

    ``build`` makes a wheel of an sdist or of a source tree.
    """

    open_indexes: Callable[[], Indexes]
    store: Store
    reporter: Reporter
    build: Callable[[File], StoredWheel] | None = None

    def wheels(self, wanted: Mapping[str, File]) -> dict[str, StoredWheel]:
        """Return the stored wheel of each file, by the same keys.

        What the store has already is not fetched. The first failure is raised once no further
        download is started; what was finished stays in the store.
        """
        found: dict[str, StoredWheel] = {}
        missing: dict[str, File] = {}
        for name, file in wanted.items():
            stored = self.store.get(file) if file.is_wheel else None
            if stored is None:
                missing[name] = file
            else:
                found[name] = stored
        if missing:
            self._fetch(missing, found)
        return found

    def _fetch(self, missing: Mapping[str, File], found: dict[str, StoredWheel]) -> None:
        indexes = self.open_indexes()

        def download(item: tuple[str, File]) -> None:
            name, file = item
            found[name] = self._download(indexes, file)

        # Large files first: the last one decides how long all take.
        ordered = sorted(missing.items(), key=lambda item: -(item[1].size or 0))
        with self._stage(missing):
            run_all(download, [item for item in ordered if item[1].is_wheel], DOWNLOADS)
        self._build({name: file for name, file in ordered if not file.is_wheel}, found)

    def _build(self, sdists: Mapping[str, File], found: dict[str, StoredWheel]) -> None:
        """Build several at once, as far as the memory of the machine allows."""
        if not sdists:
            return
        assert self.build is not None
        make = self.build
        from wheelright.outside import processes

        with processes.ending_together() as end:

            def build(item: tuple[str, File]) -> None:
                name, file = item
                found[name] = make(file)

            run_all(build, sdists.items(), builds_at_once(len(sdists)), stop=end)

    @contextmanager
    def _stage(self, missing: Mapping[str, File]) -> Generator[None]:
        total = sum(file.size or 0 for file in missing.values() if file.is_wheel)
        self.reporter.begin("download", total or None)
        try:
            yield
        finally:
            self.reporter.end("download")

    def _download(self, indexes: Indexes, file: File) -> StoredWheel:
        with indexes.open(file) as chunks:
            return self.store.add(file, self._counted(file, chunks))

    def _counted(self, file: File, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.reporter.advance("download", len(chunk), file.name)
            yield chunk


def builds_at_once(wanted: int, free_bytes: int | None = None) -> int:
    """Return how many of so many builds may run at once: by processors and by free memory."""
    if free_bytes is None:
        free_bytes = _available_bytes()
    return max(1, min(wanted, os.cpu_count() or 1, free_bytes // BYTES_PER_BUILD))


def _available_bytes() -> int:
    """Return the memory that programs could have; enough for two builds where nobody tells."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return BYTES_PER_BUILD * 2
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else BYTES_PER_BUILD * 2
