"""HTTP/1.1 over one connection: a request is written, the head and the body of its answer are read.

Must live here: the form of messages (RFC 9112), and what a server may send at most. Must not live
here: opening connections (``connections``), and what an answer means (``exchange``). Written out
rather than left to ``http.client``, which reads heads with the parser for mail: that takes longer
than all the rest of a request, and twice as long to load.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator, Mapping
    from io import BufferedReader

_LINE: Final = 64 << 10
_MOST_LINES: Final = 200
_STATUS: Final = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: ([^\r\n]*))?\r?\n")
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_BODILESS: Final = frozenset({204, 304})
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")


class WireError(Exception):
    """The other side does not speak HTTP as it should; the text names what is wrong."""


class CutBodyError(WireError):
    """A body broke off. ``missing`` is how many bytes of it lack, where that is known."""

    def __init__(self, missing: int | None) -> None:
        super().__init__("the body broke off")
        self.missing = missing


class Head(Struct):
    """The head of an answer.

    ``headers`` have lower-case names; those that come several times are joined. ``length`` is how
    many bytes the body has, ``None`` where that shows at its end. ``keep`` says whether the
    connection can take another request after it; ``taken`` that somebody began to read the body.
    """

    status: int
    reason: str
    headers: dict[str, str]
    length: int | None
    chunked: bool
    keep: bool
    taken: bool = False


class Connection:
    """One connection, for one thread at a time."""

    __slots__ = ("_file", "_socket")

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._file: BufferedReader = opened.makefile("rb")

    def close(self) -> None:
        """Close it; nothing may be read afterwards."""
        self._file.close()
        self._socket.close()

    def ask(self, target: str, headers: Mapping[str, str], method: str = "GET") -> Head:
        """Send a request without a body, and read the head of the answer.

        ``target`` is ready to send. Raises ``OSError`` and WireError; ``ConnectionError`` where
        the server closed the connection before it answered.
        """
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if any(map(_CONTROLS.search, lines)):
            raise WireError("InvalidRequest")
        self._socket.sendall("\r\n".join((*lines, "", "")).encode("latin-1"))
        while True:
            head = self._head()
            if head.status >= 200:  # those below announce the one that counts
                return head

    def _head(self) -> Head:
        line = self._file.readline(_LINE)
        if not line:
            raise ConnectionResetError
        found = _STATUS.fullmatch(line)
        if found is None:
            raise WireError("BadStatusLine")
        status = int(found[2])
        headers = self._headers()
        chunked, length = _framing(status, headers)
        said = headers.get("connection", "").lower()
        keep = "close" not in said if found[1] != b"0" else "keep-alive" in said
        reason = (found[3] or b"").decode("latin-1").strip()
        ends = chunked or length is not None
        return Head(status, reason, headers, length, chunked, keep and ends)

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        name = ""
        for _ in range(_MOST_LINES):
            line = self._line()
            if line in {b"\r\n", b"\n"}:
                return headers
            text = line.decode("latin-1")
            if text[0] in " \t":  # goes on with the line before
                if name:
                    headers[name] = f"{headers[name]} {text.strip()}".strip()
                continue
            name, colon, value = text.partition(":")
            name, value = name.rstrip().lower(), value.strip()
            if not colon or not name:
                name = ""  # no header: nothing is made of it
            elif name in headers:
                headers[name] += f", {value}"
            else:
                headers[name] = value
        raise WireError("TooManyHeaders")

    def _line(self) -> bytes:
        line = self._file.readline(_LINE)
        if not line.endswith(b"\n"):
            if len(line) >= _LINE:
                raise WireError("LineTooLong")
            raise ConnectionResetError
        return line

    def body(self, head: Head, most: int) -> Generator[bytes]:
        """Yield the body of the answer that ``head`` began, in pieces of up to ``most`` bytes.

        Raises ``OSError``, CutBodyError and WireError.
        """
        if head.chunked:
            while left := self._size():
                yield from self._exactly(left, most)
                if self._line() not in {b"\r\n", b"\n"}:
                    raise WireError("BadChunk")
            self._headers()  # what may follow the body
        elif head.length is not None:
            yield from self._exactly(head.length, most)
        else:
            while piece := self._file.read(most):
                yield piece

    def _size(self) -> int:
        """Read how many bytes the next chunk has; none end the body."""
        try:
            found = _SIZE.fullmatch(self._line())
        except ConnectionResetError:
            raise CutBodyError(None) from None
        if found is None:
            raise WireError("BadChunk")
        return int(found[1], 16)

    def _exactly(self, left: int, most: int) -> Generator[bytes]:
        while left:
            piece = self._file.read(min(left, most))
            if piece:
                left -= len(piece)
                yield piece
            else:
                raise CutBodyError(left)


def _framing(status: int, headers: Mapping[str, str]) -> tuple[bool, int | None]:
    """Return whether the body comes in chunks, and its length where that is known (RFC 9112, 6)."""
    if status < 200 or status in _BODILESS:
        return False, 0
    encoding = headers.get("transfer-encoding", "").lower()
    if encoding not in {"", "identity"}:
        if encoding != "chunked":
            raise WireError("UnknownTransferEncoding")
        return True, None
    lengths = {part.strip() for part in headers.get("content-length", "").split(",")} - {""}
    if not lengths:
        return False, None
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdecimal()) or len(length) > 18:
        raise WireError("BadContentLength")
    return False, int(length)
