"""``.python-version`` and ``.python-versions``: which Python a folder asks for.

The files are pyenv's and uv's: one request a line; blank lines and what follows ``#`` say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.interpreters.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = (".python-version", ".python-versions")
_LARGEST = 1 << 16


class Pin(Struct, frozen=True):
    """A file of requests and what it says, in its order; never empty."""

    path: Path
    requests: tuple[str, ...]

    @property
    def request(self) -> str:
        """The first request, which counts where one Python is wanted."""
        return self.requests[0]


def read_pin(path: Path) -> Pin | None:
    """Read one such file; ``None`` if it is missing or says nothing.

    Raises:
        InvalidRequest: it is not a small text file.

    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"`{path}` is not text in UTF-8", where=str(path)) from error
    if len(data) > _LARGEST:
        raise InvalidRequest(f"`{path}` is too large for a file of versions", where=str(path))
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    requests = tuple(line for line in lines if line)
    return Pin(path, requests) if requests else None


def find_pin(directory: Path, boundary: Path | None = None) -> Pin | None:
    """Find the pin that holds in ``directory``: there, or in the nearest folder above it.

    Nothing above ``boundary`` is read (a project does not obey what lies around it).
    """
    for folder in (directory, *directory.parents):
        for name in _NAMES:
            if (pin := read_pin(folder / name)) is not None:
                return pin
        if folder == boundary:
            return None
    return None
