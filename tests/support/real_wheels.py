"""Real wheels of the public index, by name and hash; fetched once, kept between runs."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from support.old_machine import CACHE
from wheelright.index import Indexes
from wheelright.index.default import certificates, default_index
from wheelright.outside.http import Http, HttpSettings
from wheelright.outside.reporting import Silent
from wheelright.targets import parse_wheel_name

LIST = Path(__file__).parents[1] / "targets" / "needs" / "real_wheels.txt"
FOLDER = CACHE / "wheels"


@dataclass(frozen=True, slots=True)
class RealWheel:
    """A wheel, by its file name, its SHA-256 and its size in bytes."""

    name: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return FOLDER / self.name


def listed() -> list[RealWheel]:
    """Give the wheels of the list."""
    rows = (line.split() for line in LIST.read_text("utf-8").splitlines() if line[:1] != "#")
    return [RealWheel(name, digest, int(size)) for name, digest, size in rows]


def fetch(wheels: list[RealWheel]) -> list[RealWheel]:
    """Fetch what is not there yet, and give them all. Raises what the index raises."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in wheels if not _is_whole(wheel)]
    if missing:
        settings = HttpSettings(cert=certificates())
        with Http(settings) as http, ThreadPoolExecutor(8) as pool:
            indexes = Indexes([default_index()], http, CACHE / "index", Silent())
            list(pool.map(lambda wheel: _fetch(wheel, indexes), missing))
    return wheels


def _is_whole(wheel: RealWheel) -> bool:
    return wheel.path.exists() and wheel.path.stat().st_size == wheel.size


def _fetch(wheel: RealWheel, indexes: Indexes) -> None:
    page = indexes.page(parse_wheel_name(wheel.name).name)
    (file,) = (
        file for release in page.releases for file in release.files if file.name == wheel.name
    )
    digest, part = hashlib.sha256(), wheel.path.with_suffix(".part")
    with indexes.open(file) as chunks, part.open("wb") as out:
        for chunk in chunks:
            digest.update(chunk)
            out.write(chunk)
    assert digest.hexdigest() == wheel.sha256, wheel.name
    part.rename(wheel.path)
