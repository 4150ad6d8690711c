"""Connections: a thread-safe pool that keeps them alive, and proxies.

Must live here: what decides how a connection is opened. Must not live here: where a host is
(``names``), what is said over a connection (``wire``), TLS (``tls``), retries, redirects and
credentials of hosts (``exchange``). A connection belongs to one thread while it is taken; only
:class:`Pool` is shared.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.outside.names import Names
from wheelright.outside.urls import Address, basic, parse_address, redact, split_credentials
from wheelright.outside.wire import Connection

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from wheelright.outside.tls import Trust


class Proxies(Struct, frozen=True):
    """Which proxy serves which scheme. Addresses may carry ``user:password@``.

    ``bypass`` lists hosts that are reached directly, as ``NO_PROXY`` does: ``*``, ``name``,
    ``.name`` (both with all below them), ``name:port``, an IP address or an IP network.
    """

    http: str | None = None
    https: str | None = None
    bypass: tuple[str, ...] = ()

    def serving(self, address: Address) -> str | None:
        """Return the proxy for an address, or ``None`` where it is reached directly."""
        proxy = self.https if address.scheme == "https" else self.http
        if proxy is None or any(_bypasses(rule, address) for rule in self.bypass):
            return None
        return proxy


def proxies_from(environment: Mapping[str, str]) -> Proxies:
    """Read ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``; lower case goes first.

    ``HTTP_PROXY`` in capitals is not trusted in a CGI program, where a client can set it.
    """

    def value(name: str) -> str | None:
        capital = name == "http_proxy" and "REQUEST_METHOD" in environment
        text = environment.get(name) or ("" if capital else environment.get(name.upper(), ""))
        return text.strip() or None

    every = value("all_proxy")
    bypass = (rule.strip().lower() for rule in (value("no_proxy") or "").split(","))
    return Proxies(
        http=_with_scheme(value("http_proxy") or every),
        https=_with_scheme(value("https_proxy") or every),
        bypass=tuple(rule for rule in bypass if rule),
    )


def _with_scheme(proxy: str | None) -> str | None:
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _bypasses(rule: str, address: Address) -> bool:
    if rule == "*":
        return True
    if "/" in rule:
        return _in_network(rule, address.host)
    name, colon, port = rule.rpartition(":")
    if colon and port.isdigit() and (name.endswith("]") or ":" not in name):
        if int(port) != address.port:
            return False
        rule = name
    rule = rule.removeprefix("*").removeprefix(".").strip("[]")
    return address.host == rule or address.host.endswith("." + rule)


def _in_network(rule: str, host: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(rule, strict=False)
    except ValueError:  # a name, or no network: the rule says nothing about it
        return False


class Endpoint(NamedTuple):
    """What connections are alike by: where they lead, and through which proxy."""

    scheme: str
    host: str
    port: int
    proxy: str | None

    @property
    def forwards(self) -> bool:
        """Whether the proxy is sent whole addresses (``http:`` through a proxy)."""
        return self.proxy is not None and self.scheme == "http"


class TunnelError(OSError):
    """A proxy does not pass on; the text is what it answered."""


class Pool:
    """Idle connections by endpoint. As many are open as threads use at a time.

    ``cert`` and ``insecure_hosts`` are those of ``tls.Trust``; time-outs are in seconds.
    """

    def __init__(
        self,
        cert: Path | None,
        insecure_hosts: Collection[str],
        *,
        connect_timeout: float,
        read_timeout: float,
    ) -> None:
        self._trusted = cert, insecure_hosts
        self._trust: Trust | None = None
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._names = Names()
        self._idle: dict[Endpoint, list[Connection]] = {}
        self._closed = False
        self._lock = threading.Lock()

    def take(self, endpoint: Endpoint) -> tuple[Connection, bool]:
        """Return an open connection, and whether it was used before.

        Raises ``OSError`` and WireError where none can be opened, and UsageError for a proxy or
        certificates that are not usable.
        """
        with self._lock:
            idle = self._idle.get(endpoint)
            if idle:
                return idle.pop(), True
        return self._open(endpoint), False

    def give_back(self, endpoint: Endpoint, connection: Connection) -> None:
        """Keep a connection, whose answer was read to the end, for the next request."""
        with self._lock:
            if not self._closed:
                self._idle.setdefault(endpoint, []).append(connection)
                return
        connection.close()

    def forget(self, endpoint: Endpoint) -> None:
        """Close what idles for an endpoint: one was found dead, so the others are too."""
        with self._lock:
            idle = self._idle.pop(endpoint, [])
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close all idle connections; those in use close when they are given back."""
        with self._lock:
            self._closed = True
            endpoints = list(self._idle)
        for endpoint in endpoints:
            self.forget(endpoint)

    def _open(self, endpoint: Endpoint) -> Connection:
        if endpoint.proxy is None:
            place, credentials = endpoint.host, None
            port, secure = endpoint.port, endpoint.scheme == "https"
            tunnel = False
        else:
            proxy, credentials = _proxy_of(endpoint.proxy)
            place, port = proxy.host, proxy.port
            secure, tunnel = proxy.scheme == "https", endpoint.scheme == "https"
            if secure and tunnel:
                raise UsageError(
                    f"The proxy `{redact(endpoint.proxy)}` is not usable for `https:` addresses",
                    details=["TLS to the proxy and through it at once is not supported"],
                    hints=["set `HTTPS_PROXY` to the proxy's `http:` address"],
                )

        def connect() -> socket.socket:
            opened = self._names.connect(place, port, self._connect_timeout)
            try:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tunnel:
                    _ask_through(opened, endpoint, credentials)
            except BaseException:
                opened.close()
                raise
            return opened

        name = (endpoint.host, endpoint.port) if tunnel else (place, port)
        secured = secure or tunnel
        opened = self._trust_now().secure(connect, *name) if secured else connect()
        opened.settimeout(self._read_timeout)
        return Connection(opened)

    def _trust_now(self) -> Trust:
        with self._lock:
            if self._trust is None:
                from wheelright.outside.tls import Trust

                self._trust = Trust(*self._trusted)
            return self._trust


def _proxy_of(text: str) -> tuple[Address, tuple[str, str] | None]:
    """Take a proxy's address apart, and its credentials. Raises UsageError."""
    clean, credentials = split_credentials(text)
    try:
        return parse_address(clean), credentials
    except ValueError as error:
        raise UsageError(
            f"The proxy `{redact(text)}` is not usable",
            details=["only `http:` and `https:` proxies are known"],
            hints=["set `HTTP_PROXY` and `HTTPS_PROXY` to an address like `http://host:3128`"],
        ) from error


def _ask_through(
    opened: socket.socket, endpoint: Endpoint, credentials: tuple[str, str] | None
) -> None:
    """Ask a proxy to pass on all that follows. Raises ``OSError`` where it does not."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    target = f"{host}:{endpoint.port}"
    headers = {"host": target}
    if credentials:
        headers["proxy-authorization"] = basic(*credentials)
    head = Connection(opened).ask(target, headers, method="CONNECT")
    if head.status != 200:
        raise TunnelError(f"{head.status} {head.reason}".strip())
