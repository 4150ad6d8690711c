"""The HTTP client, as the rest of Wheelright sees it; ``file:`` addresses are answered here.

Must live here: what works without a network. What needs one is in ``exchange``, loaded with the
first request: sockets and TLS take longer to load than a small lock from the cache takes.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from wheelright.outside.errors import HttpError, OfflineError
from wheelright.outside.messages import HttpSettings, Response, Stream
from wheelright.outside.urls import path_of, redact, split_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wheelright.outside.exchange import Exchange

__all__ = [
    "Http",
    "HttpError",
    "HttpSettings",
    "OfflineError",
    "Response",
    "Stream",
    "redact",
    "split_credentials",
]

_CHUNK: Final = 256 * 1024
_WANTED: Final = (200, 206, 304)


class Http:
    """An HTTP client for many threads. Close it, or use it as a context manager."""

    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._network: Exchange | None = None
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections that are not in use."""
        if self._network is not None:
            self._network.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        ok: Collection[int] = _WANTED,
    ) -> Response:
        """Fetch an ``http:``, ``https:`` or ``file:`` address whole.

        A status outside ``ok`` raises HttpError with that ``status``: so a caller that cares for
        one status catches the error, and one that does not can not overlook it. Ask for a byte
        range with a ``Range`` header. A missing file is status 404, an unreadable one 403.
        """
        if url[:5].lower() == "file:":
            with _open_file(url) as stream:
                return Response(200, stream.headers, b"".join(stream.chunks), stream.url)
        return self._exchange(url).get(url, _lowered(headers), ok)

    @contextmanager
    def stream(self, url: str, *, headers: Mapping[str, str] | None = None) -> Iterator[Stream]:
        """Fetch an address piece by piece; what is left unread is dropped.

        The request is tried again as ``get`` does, until the body begins; a body that breaks off
        raises HttpError (``transient``), since the caller has its first part already. No encoding
        is asked for and none is undone: the bytes are those of the file. Raises HttpError for a
        status other than 200 and 206.
        """
        if url[:5].lower() == "file:":
            with _open_file(url) as stream:
                yield stream
        else:
            with self._exchange(url).stream(url, _lowered(headers)) as stream:
                yield stream

    def _exchange(self, url: str) -> Exchange:
        """Return what sends requests. Raises OfflineError where none may be sent."""
        if self.settings.offline and url[:5].lower() in {"http:", "https"}:
            raise OfflineError(redact(url))
        with self._lock:
            if self._network is None:
                from wheelright.outside.exchange import Exchange

                self._network = Exchange(self.settings)
            return self._network


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


@contextmanager
def _open_file(url: str) -> Iterator[Stream]:
    """Open a ``file:`` address as if a server had answered."""
    shown = redact(url)
    try:
        file = open(path_of(url), "rb")  # noqa: PTH123, SIM115  closed below
    except PermissionError as error:
        raise HttpError(shown, "no right to read the file", status=403) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HttpError(shown, "no such file", status=404) from error
    except IsADirectoryError as error:
        raise HttpError(shown, "it is a folder", status=404) from error
    except OSError as error:
        raise HttpError(shown, (error.strerror or "not readable").lower()) from error
    except ValueError as error:
        raise HttpError(shown, f"not a usable address ({error})") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        chunks = iter(lambda: file.read(_CHUNK), b"")
        yield Stream(200, {"content-length": str(size)}, url, size, chunks)
