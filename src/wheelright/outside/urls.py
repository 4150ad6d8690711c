"""Addresses: taking credentials out of them, and showing them without secrets (RFC 3986).

Must live here: text in, text out. No socket and no file is touched.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

_KEPT = "%/:=&?~+!$,;'@()*[]"
"""What :func:`ask_for` leaves as it is: reserved characters and escapes that are there already."""

DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """An address taken apart: ``host`` is lower-case, ``target`` path and query ready to send."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port (the port only where it is not the scheme's own)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"
        return f"{self.scheme}://{shown}"


def parse_address(url: str) -> Address:
    """Take an ``http:`` or ``https:`` address apart; raises ``ValueError`` where it is none."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("not an http or https address")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if any(character <= " " or character == "\x7f" for character in host):
        raise ValueError("blank in the host name")
    target = quote(parts.path, safe=_KEPT) or "/"
    if parts.query:
        target += "?" + quote(parts.query, safe=_KEPT)
    return Address(scheme, host, parts.port or DEFAULT_PORTS[scheme], target)


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Take ``user:password@`` out of an address: the address without, and the pair (decoded)."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url, None
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    info, at, host = rest[:end].rpartition("@")
    if not at:
        return url, None
    user, _, password = info.partition(":")
    clean = f"{scheme}://{host}{rest[end:]}"
    return clean, (unquote(user), unquote(password)) if info else None


def redact(url: str) -> str:
    """Show an address without secrets: no user, password or fragment; query values become ``***``.

    Never raises, whatever the text; a character that does not print becomes ``?``.
    """
    scheme, separator, rest = url.partition("://")
    if separator:
        authority = re.split("[/?#]", rest, maxsplit=1)[0]
        port = authority.rpartition("]")[2].rpartition(":")
        if port[1] and not port[2].isdigit():
            # A password with a bare `/`, `?` or `#`: what looks like the host is its first half.
            rest = rest.rpartition("@")[2]
        url = split_credentials(f"{scheme}://{rest}")[0]
    head, mark, query = url.partition("#")[0].partition("?")
    if mark:
        pairs = (item.partition("=") for item in query.split("&"))
        head += "?" + "&".join(f"{key}=***" if equals else "***" for key, equals, _ in pairs)
    return "".join(character if character.isprintable() else "?" for character in head)


def basic(user: str, password: str) -> str:
    """Return the value of an ``Authorization`` header (RFC 7617, UTF-8)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def path_of(url: str) -> str:
    """Turn a ``file:`` address into a path; raises ``ValueError`` for a foreign host."""
    parts = urlsplit(url)
    if os.name == "nt":  # drive letters and UNC shares
        from urllib.request import url2pathname

        return url2pathname(f"//{parts.netloc}{parts.path}" if parts.netloc else parts.path)
    if parts.netloc not in {"", "localhost"}:
        raise ValueError("a file on another host")
    return unquote(parts.path)
