"""What tests of the index share."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from support.local_index import LocalIndex
from wheelright.index import Credentials, Indexes, IndexSource
from wheelright.outside.http import Http, HttpSettings
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Hearing(Silent):
    """A reporter that keeps what it hears."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.details: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def debug(self, text: str) -> None:
        self.details.append(text)


@pytest.fixture
def heard() -> Hearing:
    return Hearing()


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def open_indexes(heard: Hearing, cache_dir: Path) -> Iterator[Callable[..., Indexes]]:
    """Open indexes as a new run of the program would: an empty memory, the cache of the last.

    Arguments are sources (or local indexes, or URLs) and the options of ``Indexes``.
    """
    opened: list[Http] = []

    def build(*places: IndexSource | LocalIndex | str, **options: object) -> Indexes:
        sources = [source_of(place) for place in places]
        credentials = options.pop("credentials", None) or Credentials(sources, {}, heard)
        settings = HttpSettings(
            timeout=0.3,
            retries=1,
            sleep=lambda _: None,
            auth=credentials,
            offline=bool(options.get("offline")),
        )  # type: ignore[arg-type]
        http = Http(settings)
        opened.append(http)
        return Indexes(sources, http, cache_dir, heard, credentials=credentials, **options)  # type: ignore[arg-type]

    yield build
    for http in opened:
        http.close()


def source_of(place: IndexSource | LocalIndex | str) -> IndexSource:
    if isinstance(place, LocalIndex):
        return IndexSource(None, place.url)
    return IndexSource(None, place) if isinstance(place, str) else place


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
