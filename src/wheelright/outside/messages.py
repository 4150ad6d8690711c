"""What goes into the HTTP client and comes out of it, as values.

Must live here: settings and answers, without anything that opens a connection: whoever works
offline or from the cache never loads TLS (``exchange`` does).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from wheelright.outside.connections import Proxies


class HttpSettings(Struct, frozen=True):
    """How requests are made; times are in seconds.

    ``timeout`` bounds each wait for bytes, ``connect_timeout`` opening a connection (TLS
    included). ``retries`` counts tries after the first. ``cert`` is a file of further trusted
    certificates (PEM). ``insecure_hosts`` are ``name`` or ``name:port``, whose certificates are
    not checked. ``proxies`` is ``None`` to read the environment. ``auth`` is given an address
    without credentials and returns user and password, or ``None``; it is called from several
    threads. ``offline`` makes every request but ``file:`` an :class:`OfflineError`.
    ``sleep`` waits between tries.
    """

    timeout: float = 30.0
    connect_timeout: float = 10.0
    retries: int = 3
    backoff: float = 0.5
    longest_wait: float = 10.0
    user_agent: str = f"wheelright/{__version__}"
    cert: Path | None = None
    insecure_hosts: tuple[str, ...] = ()
    proxies: Proxies | None = None
    auth: Callable[[str], tuple[str, str] | None] | None = None
    offline: bool = False
    sleep: Callable[[float], None] = time.sleep


class Response(Struct, frozen=True):
    """A whole answer. ``headers`` has lower-case names; ``url`` is the final one, no credentials.

    ``body`` is decoded (gzip, deflate). A byte range shows in ``status`` 206 and the
    ``content-range`` header; a server that has no ranges answers 200 with everything.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Stream(Struct, frozen=True):
    """An answer whose body is still to come, in ``chunks`` of up to 256 KiB, as it was sent.

    ``length`` is how many bytes will come, where the server says. The iterator raises HttpError
    where the body stalls or breaks off before that.
    """

    status: int
    headers: Mapping[str, str]
    url: str
    length: int | None
    chunks: Iterator[bytes]
