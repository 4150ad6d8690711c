"""Connections: a thread-safe pool that keeps them alive, TLS, and proxies.

Must live here: what decides how a connection is opened. Must not live here: requests, retries,
redirects and credentials of hosts (``http``). A connection belongs to one thread while it is
taken; only :class:`Pool` is shared.
"""

from __future__ import annotations

import os
import ssl
import threading
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.outside.urls import Address, basic, parse_address, redact, split_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep their trusted certificates, for a Python that was built elsewhere."""


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


class Trust:
    """TLS settings: the system's certificates and ``cert`` on top; contexts are built when used.

    ``insecure_hosts`` are ``name`` or ``name:port``, whose certificates are not checked.
    """

    def __init__(self, cert: Path | None, insecure_hosts: Collection[str]) -> None:
        self._cert = cert
        self._insecure = frozenset(host.lower() for host in insecure_hosts)
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, host: str, port: int) -> ssl.SSLContext:
        """Return the context for a host; raises UsageError where ``cert`` cannot be read."""
        checked = not ({host, f"{host}:{port}"} & self._insecure)
        with self._lock:
            if checked not in self._contexts:
                self._contexts[checked] = self._build() if checked else _unchecked()
            return self._contexts[checked]

    def _build(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context()
            if self._cert is not None:
                context.load_verify_locations(cafile=self._cert)
        except (OSError, ssl.SSLError) as error:
            broken = self._cert or os.environ.get("SSL_CERT_FILE") or "the system's certificates"
            raise UsageError(
                f"Could not read the trusted certificates from `{broken}`",
                details=[str(error)],
                hints=["name a file with certificates in PEM format"],
            ) from error
        if not _system_has_certificates():
            bundle = next((path for path in _BUNDLES if Path(path).is_file()), None)
            if bundle is not None:
                context.load_verify_locations(cafile=bundle)
        return context


def _system_has_certificates() -> bool:
    """Whether this Python's own places hold certificates (they do not where it was moved)."""
    if os.name == "nt":
        return True
    file, folder = ssl.get_default_verify_paths()[:2]
    if file:
        return True
    if not folder:
        return False
    with os.scandir(folder) as entries:
        return any(entry.name.endswith(".0") for entry in entries)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


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


class Pool:
    """Idle connections by endpoint. As many are open as threads use at a time."""

    def __init__(self, trust: Trust, *, connect_timeout: float, read_timeout: float) -> None:
        self._trust = trust
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._idle: dict[Endpoint, list[HTTPConnection]] = {}
        self._closed = False
        self._lock = threading.Lock()

    def take(self, endpoint: Endpoint) -> tuple[HTTPConnection, bool]:
        """Return an open connection, and whether it was used before.

        Raises ``OSError`` where none can be opened, and UsageError for a proxy that is not usable.
        """
        with self._lock:
            idle = self._idle.get(endpoint)
            if idle:
                return idle.pop(), True
        return self._open(endpoint), False

    def give_back(self, endpoint: Endpoint, connection: HTTPConnection) -> None:
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

    def _open(self, endpoint: Endpoint) -> HTTPConnection:
        connection = self._prepare(endpoint)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        connection.sock.settimeout(self._read_timeout)
        connection.auto_open = 0  # one that died is replaced, never reopened in silence
        return connection

    def _prepare(self, endpoint: Endpoint) -> HTTPConnection:
        limit = self._connect_timeout
        if endpoint.proxy is None:
            return self._plain_or_tls(endpoint.scheme, endpoint.host, endpoint.port)
        clean, credentials = split_credentials(endpoint.proxy)
        try:
            proxy = parse_address(clean)
        except ValueError as error:
            raise UsageError(
                f"The proxy `{redact(endpoint.proxy)}` is not usable",
                details=["only `http:` and `https:` proxies are known"],
                hints=["set `HTTP_PROXY` and `HTTPS_PROXY` to an address like `http://host:3128`"],
            ) from error
        if endpoint.scheme == "http":
            return self._plain_or_tls(proxy.scheme, proxy.host, proxy.port)
        if proxy.scheme == "https":
            raise UsageError(
                f"The proxy `{redact(endpoint.proxy)}` is not usable for `https:` addresses",
                details=["TLS to the proxy and through it at once is not supported"],
                hints=["set `HTTPS_PROXY` to the proxy's `http:` address"],
            )
        context = self._trust.context(endpoint.host, endpoint.port)
        tunnel = HTTPSConnection(proxy.host, proxy.port, timeout=limit, context=context)
        headers = {"Proxy-Authorization": basic(*credentials)} if credentials else {}
        tunnel.set_tunnel(endpoint.host, endpoint.port, headers)
        return tunnel

    def _plain_or_tls(self, scheme: str, host: str, port: int) -> HTTPConnection:
        if scheme == "http":
            return HTTPConnection(host, port, timeout=self._connect_timeout)
        context = self._trust.context(host, port)
        return HTTPSConnection(host, port, timeout=self._connect_timeout, context=context)
