"""Exchanges with servers: a pool of connections, retries, redirects and credentials.

Must live here: what a request is, when it is tried again and where it may be redirected.
Must not live here: the form of messages (``wire``), what addresses mean, files (``http``), caching,
and where credentials are looked up (a callable in the settings supplies them).

How requests are tried again:

- A kept-alive connection that turns out dead before the answer began: at once, not counted.
- No connection, a time-out, a body cut short, and the statuses 429, 500, 502, 503 and 504:
  ``retries`` more times, after ``backoff`` seconds, doubled each time, or what ``Retry-After``
  asks; never longer than ``longest_wait``. There is no chance in it.
- An unknown host name, an untrusted certificate and every other status: never.

``Authorization`` and ``Cookie`` go only to the origin they were given for. The address's own
``user:password@`` wins over the ``auth`` callable, which is asked for each origin anew.
"""

from __future__ import annotations

import os
import socket
import sys
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import urljoin

from wheelright.outside.connections import Endpoint, Pool, TunnelError, proxies_from
from wheelright.outside.errors import HttpError
from wheelright.outside.messages import Response, Stream
from wheelright.outside.urls import (
    Address,
    basic,
    parse_address,
    redact,
    split_credentials,
)
from wheelright.outside.wire import CutBodyError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping

    from wheelright.outside.messages import HttpSettings
    from wheelright.outside.wire import Connection, Head

T = TypeVar("T")

_CHUNK: Final = 256 * 1024
_DRAINED: Final = 64 * 1024
"""An unwanted body up to this many bytes is read, so that its connection can be kept."""
_LARGEST_DECODED: Final = 1 << 30
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 10
_TRANSIENT: Final = frozenset({429, 500, 502, 503, 504})
_BOUND_TO_ORIGIN: Final = frozenset({"authorization", "cookie"})


class _Answer(NamedTuple):
    """The head of an answer, and the connection its body comes on."""

    connection: Connection
    endpoint: Endpoint
    head: Head
    url: str


class Exchange:
    """Requests over the network, for many threads."""

    def __init__(self, settings: HttpSettings) -> None:
        self.settings = settings
        self._proxies = proxies_from(os.environ) if settings.proxies is None else settings.proxies
        self._pool = Pool(
            settings.cert,
            settings.insecure_hosts,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.timeout,
        )

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._pool.close()

    def get(self, url: str, headers: Mapping[str, str], ok: Collection[int]) -> Response:
        """As :meth:`wheelright.outside.http.Http.get`; ``headers`` have lower-case names."""
        wanted = dict(headers)
        if "range" not in wanted:
            wanted.setdefault("accept-encoding", "gzip, deflate")

        def attempt() -> Response:
            answer = self._answer(url, wanted, ok)
            fields = answer.head.headers
            body = b"".join(self._body(answer))
            return Response(answer.head.status, fields, _decoded(body, fields, answer), answer.url)

        return self._persist(attempt)

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[Stream]:
        """As :meth:`wheelright.outside.http.Http.stream`; ``headers`` have lower-case names."""
        answer = self._persist(lambda: self._answer(url, headers, (200, 206)))
        chunks = self._body(answer)
        try:
            head = answer.head
            yield Stream(head.status, head.headers, answer.url, head.length, chunks)
        finally:
            chunks.close()
            if not answer.head.taken:  # nobody began to read
                answer.connection.close()

    def _persist(self, attempt: Callable[[], T]) -> T:
        """Try until it works, the error is for good, or the tries are used up."""
        wait = self.settings.backoff
        for left in range(self.settings.retries, -1, -1):
            try:
                return attempt()
            except HttpError as error:
                if not error.transient:
                    raise
                if not left:
                    if self.settings.retries:
                        error.details += (f"tried {self.settings.retries + 1} times",)
                    raise
                asked = error.retry_after or 0.0
            self.settings.sleep(min(max(wait, asked), self.settings.longest_wait))
            wait *= 2
        raise AssertionError("the last try returns or raises")

    def _answer(self, url: str, wanted: Mapping[str, str], ok: Collection[int]) -> _Answer:
        """Send one request, follow where it is redirected, and check the final status."""
        headers = dict(wanted)
        clean, credentials = split_credentials(url)
        address = _address(clean)
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._send(address, clean, self._signed(headers, clean, credentials))
            status = answer.head.status
            location = answer.head.headers.get("location")
            if status not in _REDIRECTS or location is None:
                if status in ok:
                    return answer
                raise self._refused(answer)
            self._drop(answer)
            clean, given = split_credentials(_joined(clean, location))
            previous, address = address, _address(clean, came_from=redact(url))
            if not _same_owner(previous, address):
                credentials = None
                headers = {k: v for k, v in headers.items() if k not in _BOUND_TO_ORIGIN}
            credentials = given or credentials
        raise HttpError(redact(url), f"redirected more than {_MOST_REDIRECTS} times")

    def _signed(
        self, headers: Mapping[str, str], url: str, credentials: tuple[str, str] | None
    ) -> dict[str, str]:
        """Add what every request carries, and the credentials for this address."""
        signed = {"user-agent": self.settings.user_agent, "accept-encoding": "identity", **headers}
        if "authorization" not in signed:
            if credentials is None and self.settings.auth is not None:
                credentials = self.settings.auth(url)
            if credentials is not None:
                signed["authorization"] = basic(*credentials)
        return signed

    def _send(self, address: Address, url: str, headers: dict[str, str]) -> _Answer:
        """Send one request and read the head of its answer; dead kept connections are replaced."""
        endpoint = Endpoint(*address[:3], self._proxies.serving(address))
        target = address.target
        headers = {"host": address.origin.partition("://")[2], **headers}
        if endpoint.forwards:
            target = address.origin + target
            _, credentials = split_credentials(endpoint.proxy or "")
            if credentials:
                headers["proxy-authorization"] = basic(*credentials)
        while True:
            try:
                connection, used = self._pool.take(endpoint)
            except (OSError, WireError) as error:
                raise self._failed(url, error, endpoint, connecting=True) from error
            try:
                return _Answer(connection, endpoint, connection.ask(target, headers), url)
            except (OSError, WireError) as error:
                connection.close()
                if used and not isinstance(error, TimeoutError):
                    self._pool.forget(endpoint)
                    continue
                raise self._failed(url, error, endpoint) from error
            except BaseException:
                connection.close()
                raise

    def _body(self, answer: _Answer) -> Generator[bytes]:
        """Yield the body; at its end the connection goes back to the pool."""
        head, got = answer.head, 0
        head.taken = True
        whole = False
        try:
            for chunk in answer.connection.body(head, _CHUNK):
                got += len(chunk)
                yield chunk
            whole = True
        except CutBodyError as error:
            cause = f"the body broke off after {got} bytes"
            if head.length is not None:
                cause = f"the body broke off after {got} of {head.length} bytes"
            raise HttpError(redact(answer.url), cause, transient=True) from error
        except (OSError, WireError) as error:
            raise self._failed(answer.url, error, answer.endpoint) from error
        finally:
            if whole and head.keep:
                self._pool.give_back(answer.endpoint, answer.connection)
            else:
                answer.connection.close()

    def _drop(self, answer: _Answer) -> None:
        """Finish with an answer whose body nobody wants, and keep its connection if it is cheap."""
        if answer.head.length is not None and answer.head.length <= _DRAINED:
            try:
                for _ in self._body(answer):
                    pass
            except HttpError:
                # The status is the news; that its body broke off too tells nothing more,
                # and the connection was closed.
                return
        else:
            answer.connection.close()

    def _refused(self, answer: _Answer) -> HttpError:
        """Build the error for a status that was not asked for."""
        from http import HTTPStatus

        status = answer.head.status
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "(an unknown status)"
        hints = []
        if status in {401, 403}:
            hints.append(f"check the credentials for `{redact(_address(answer.url).origin)}`")
        elif status == 407:
            hints.append("check the credentials in `HTTP_PROXY` and `HTTPS_PROXY`")
        error = HttpError(
            redact(answer.url),
            f"{status} {phrase}",
            status=status,
            transient=status in _TRANSIENT,
            retry_after=_seconds(answer.head.headers.get("retry-after")),
            hints=hints,
        )
        self._drop(answer)
        return error

    def _failed(
        self,
        url: str,
        error: OSError | WireError,
        endpoint: Endpoint,
        *,
        connecting: bool = False,
    ) -> HttpError:
        """Build the error for a request that got no (whole) answer."""
        limit = self.settings.connect_timeout if connecting else self.settings.timeout
        cause, transient, hints = _explain(error, endpoint, limit)
        details = [f"through the proxy `{redact(endpoint.proxy)}`"] if endpoint.proxy else []
        return HttpError(redact(url), cause, transient=transient, details=details, hints=hints)


def _explain(
    error: OSError | WireError, endpoint: Endpoint, limit: float
) -> tuple[str, bool, list[str]]:
    """Say why in words, whether a later try may help, and what to do."""
    host = endpoint.host
    secure = _explain_tls(error, host)
    if secure is not None:
        return secure
    match error:
        case TimeoutError():
            return f"no answer from `{host}` for {limit:g} seconds", True, []
        case socket.gaierror():
            shown = redact(endpoint.proxy).partition("://")[2] if endpoint.proxy else host
            again = error.errno == socket.EAI_AGAIN
            return f"the name `{shown}` is not known", again, ["check the network connection"]
        case ConnectionRefusedError():
            return "the connection was refused", True, []
        case ConnectionError():  # RemoteDisconnected too
            return "the server closed the connection", True, []
        case TunnelError():
            said = str(error)
            hint = "check `HTTPS_PROXY`, and the credentials in it"
            return f"the proxy answered {said}", said[:1] == "5", [hint]
        case OSError():
            return (error.strerror or "the connection failed").lower(), True, []
        case _:
            return f"the answer is not HTTP ({error})", True, []


def _explain_tls(error: OSError | WireError, host: str) -> tuple[str, bool, list[str]] | None:
    """Say what a failure of TLS means, if it is one; where TLS was not loaded, it is none."""
    if isinstance(error, TimeoutError | WireError) or "ssl" not in sys.modules:
        return None
    from wheelright.outside.tls import explain

    return explain(error, host)


def _address(url: str, *, came_from: str | None = None) -> Address:
    details = [f"redirected from `{came_from}`"] if came_from else []
    try:
        return parse_address(url)
    except ValueError as error:  # UnicodeError of a bad host name too
        raise HttpError(redact(url), f"not a usable address ({error})", details=details) from error


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # it is no address, which the next step says
        return location


def _same_owner(first: Address, second: Address) -> bool:
    """Whether credentials for one address may go to the other: one origin, or its move to TLS."""
    if first[:3] == second[:3]:
        return True
    upgraded = (first.scheme, first.port, second.scheme, second.port) == ("http", 80, "https", 443)
    return upgraded and first.host == second.host


def _seconds(text: str | None) -> float | None:
    """Read ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3); nonsense is ``None``."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _decoded(body: bytes, headers: Mapping[str, str], answer: _Answer) -> bytes:
    """Undo ``Content-Encoding``; raises HttpError for a broken or unknown one."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"} or not body:
        return body
    if encoding in {"gzip", "x-gzip", "deflate"}:
        # "deflate" means zlib's format, yet some servers send it bare (the first byte tells).
        bare = encoding == "deflate" and body[0] & 0x0F != zlib.DEFLATED
        decoder = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)
        try:
            text = decoder.decompress(body, _LARGEST_DECODED)
        except zlib.error:
            text = b""
        if decoder.eof:
            return text
    raise HttpError(redact(answer.url), f"the body is not valid `{encoding[:20]}`", transient=True)
