"""Servers whose every answer a test scripts, and a proxy, all on this machine."""

from __future__ import annotations

import select
import socket
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


class Seen(NamedTuple):
    """One request: its method, its target as sent, its headers (lower-case names)."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int
    """Which connection it came on, counted from 0."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``length`` states another ``Content-Length`` than the body has.

    ``hang_up`` closes the connection after it, without having said so. ``raw`` is sent as it is,
    in place of all else.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    hang_up: bool = False
    raw: bytes | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler], owner: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.owner = owner
        self.tls: ssl.SSLContext | None = None
        self.errors: list[Exception] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base's
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.errors.append(error)

    def hang_up(self) -> None:
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the client was quicker
                    continue

    def number(self) -> int:
        with self._guard:
            self.connections += 1
            return self.connections - 1


class _Running:
    """Starts and ends a server's thread."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.seen: list[Seen] = []
        self.server = _Server(handler, self)
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.005}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.hang_up()
        self.server.server_close()
        if self.server.errors:
            raise ExceptionGroup("the local site failed", self.server.errors)

    @property
    def port(self) -> int:
        """The port of the server."""
        return int(self.server.server_address[1])


class LocalSite(_Running):
    """A server that asks ``answer`` what to reply to each request; ``seen`` keeps them all.

    With ``tls`` it speaks HTTPS. ``host`` is the name by which :attr:`url` calls it.
    """

    def __init__(
        self,
        answer: Callable[[Seen], Reply],
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(_SiteHandler)
        self.answer = answer
        self.host = host
        self.server.tls = tls

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http{'s' if self.server.tls else ''}://{self.host}:{self.port}"

    def hang_up(self) -> None:
        """End all kept-alive connections, as a server does that has waited long enough."""
        self.server.hang_up()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection_number = self.server.number()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named by the base class
        """Say nothing."""

    def note(self) -> Seen:
        """Keep a request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.connection_number)
        self.server.owner.seen.append(seen)
        return seen


class _SiteHandler(_Handler):
    def do_GET(self) -> None:
        reply = self.server.owner.answer(self.note())
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 304:
            length = len(reply.body) if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.hang_up:
            self.close_connection = True


class LocalProxy(_Running):
    """A proxy: answers ``http:`` requests by forwarding them, and opens tunnels (``CONNECT``).

    ``seen`` keeps what it was asked. With ``credentials`` it answers 407 to all who lack them.
    """

    def __init__(self, *, credentials: str | None = None) -> None:
        super().__init__(_ProxyHandler)
        self.credentials = credentials

    @property
    def url(self) -> str:
        """The address to configure."""
        return f"http://127.0.0.1:{self.port}"


class _ProxyHandler(_Handler):
    def do_GET(self) -> None:
        if not self._allowed():
            return
        rest = self.path.removeprefix("http://")
        authority, _, path = rest.partition("/")
        with self._reach(authority) as there:
            lines = [f"GET /{path} HTTP/1.1", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in self.headers.items()]
            there.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            while data := there.recv(65536):
                self.wfile.write(data)
        self.close_connection = True

    def do_CONNECT(self) -> None:
        if not self._allowed():
            return
        with self._reach(self.path) as there:
            self.send_response(200)
            self.end_headers()
            both = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(both), [], [], 5)[0] or [None]:
                    data = ready.recv(65536) if ready else b""
                    if not data:
                        self.close_connection = True
                        return
                    both[ready].sendall(data)

    def _allowed(self) -> bool:
        seen = self.note()
        wanted = self.server.owner.credentials
        if wanted is None or seen.headers.get("proxy-authorization") == wanted:
            return True
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    @staticmethod
    def _reach(authority: str) -> socket.socket:
        """Connect to this machine, whatever name was asked for."""
        return socket.create_connection(("127.0.0.1", int(authority.rpartition(":")[2])))
