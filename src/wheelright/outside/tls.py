"""TLS: whom to trust, and what its errors mean. Loaded with the first ``https:`` connection.

Must live here: every use of ``ssl``, which takes as long to load as all else of a request.
"""

from __future__ import annotations

import os
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.errors import UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep their trusted certificates, for a Python that was built elsewhere."""


class Trust:
    """TLS settings: the system's certificates and ``cert`` on top; contexts are built when used.

    ``insecure_hosts`` are ``name`` or ``name:port``, whose certificates are not checked. To read
    a bundle of certificates takes 20 ms. So where the system has each in a file of its own beside
    it, those are looked at first, and all others once a host is not trusted by them.
    """

    def __init__(self, cert: Path | None, insecure_hosts: Collection[str]) -> None:
        self._cert = cert
        self._insecure = frozenset(host.lower() for host in insecure_hosts)
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._narrow: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def secure(self, connect: Callable[[], socket.socket], host: str, port: int) -> ssl.SSLSocket:
        """Connect, and speak TLS over the connection.

        Raises UsageError where ``cert`` cannot be read, else ``OSError``.
        """
        context = self._context(host, port)
        try:
            return _wrapped(context, connect(), host)
        except ssl.SSLCertVerificationError:
            if context is not self._narrow:
                raise
        return _wrapped(self._every(), connect(), host)

    def _context(self, host: str, port: int) -> ssl.SSLContext:
        checked = not ({host, f"{host}:{port}"} & self._insecure)
        with self._lock:
            if checked not in self._contexts:
                if checked:
                    self._narrow = self._from_folder()
                    self._contexts[True] = self._narrow or self._build()
                else:
                    self._contexts[False] = _unchecked()
            return self._contexts[checked]

    def _every(self) -> ssl.SSLContext:
        """Return the context with all certificates, built where there is none yet."""
        with self._lock:
            if self._contexts[True] is self._narrow:
                self._contexts[True] = self._build()
            return self._contexts[True]

    def _from_folder(self) -> ssl.SSLContext | None:
        """Return a context that reads single certificates as hosts need them, if there are any."""
        bundle, folder = ssl.get_default_verify_paths()[:2]
        other = self._cert is not None and not (bundle and _is_same(bundle, self._cert))
        if other or not bundle or not folder or os.name == "nt" or not _has_certificates(folder):
            return None
        return ssl.create_default_context(capath=folder)

    def _build(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context()
            if self._cert is not None and not _holds(context, self._cert):
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


def _wrapped(context: ssl.SSLContext, opened: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        # As text it would be encoded by a codec that takes long to load.
        return context.wrap_socket(opened, server_hostname=host.encode("ascii"))
    except BaseException:
        opened.close()
        raise


def _holds(context: ssl.SSLContext, cert: Path) -> bool:
    """Whether a file is the one that was loaded already: to read a whole bundle takes 20 ms."""
    file = ssl.get_default_verify_paths().cafile
    if not file or not _is_same(file, cert):
        return False
    return context.cert_store_stats()["x509_ca"] > 0


def _is_same(file: str, cert: Path) -> bool:
    try:
        return os.path.samefile(file, cert)  # noqa: PTH121  either may be text
    except OSError:  # who reads it will say so
        return False


def _system_has_certificates() -> bool:
    """Whether this Python's own places hold certificates (they do not where it was moved)."""
    if os.name == "nt":
        return True
    file, folder = ssl.get_default_verify_paths()[:2]
    if file:
        return True
    return bool(folder) and _has_certificates(folder)


def _has_certificates(folder: str) -> bool:
    """Whether a folder holds certificates under names that OpenSSL finds them by."""
    with os.scandir(folder) as entries:
        return any(entry.name.endswith(".0") for entry in entries)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def explain(error: OSError, host: str) -> tuple[str, bool, list[str]] | None:
    """Say in words what failed, whether a later try may help, and what to do.

    ``None`` for an error that is none of TLS.
    """
    match error:
        case ssl.SSLCertVerificationError():
            reason = error.verify_message or "it does not match"
            hint = "name the file of your company's certificates with `SSL_CERT_FILE`"
            return f"the certificate of `{host}` is not trusted ({reason})", False, [hint]
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "the server closed the connection", True, []
        case ssl.SSLError():
            reason = (error.reason or "no reason given").lower().replace("_", " ")
            return f"no secure connection to `{host}` ({reason})", False, []
        case _:
            return None
