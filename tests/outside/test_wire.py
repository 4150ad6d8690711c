"""HTTP/1.1 as bytes: what servers may send, and what they send wrongly."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.outside.wire import Connection, CutBodyError, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answered(data: bytes) -> Iterator[tuple[Connection, socket.socket]]:
    """Open a connection whose other end has sent all that it will send."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        connection = Connection(ours)
        try:
            yield connection, theirs
        finally:
            connection.close()


def body_of(data: bytes, most: int = 1 << 18) -> list[bytes]:
    with answered(data) as (connection, _):
        return list(connection.body(connection.ask("/", {}), most))


def test_a_request_has_its_headers_and_an_empty_line() -> None:
    with answered(OK + b"content-length: 0\r\n\r\n") as (connection, server):
        connection.ask("/a?b", {"host": "x:1", "accept": "é"})
        assert server.recv(999) == b"GET /a?b HTTP/1.1\r\nhost: x:1\r\naccept: \xe9\r\n\r\n"


@pytest.mark.parametrize("headers", [{"a": "b\r\nc: d"}, {"a\n": "b"}, {"a": "\x00"}])
def test_nothing_can_be_slipped_into_a_request(headers: dict[str, str]) -> None:
    with answered(OK) as (connection, server):
        with pytest.raises(WireError, match="InvalidRequest"):
            connection.ask("/", headers)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(1)


def test_the_head_of_an_answer() -> None:
    text = (
        b"HTTP/1.1 100 Continue\r\nX-First: 1\r\n\r\n"
        b"HTTP/1.1 404 Not  here\r\nContent-Length: 3\r\nVary: a\r\nno header\r\n"
        b"VARY:  b \r\n\t c\r\nEmpty:\r\n\r\nabcdef"
    )
    with answered(text) as (connection, _):
        head = connection.ask("/", {})
        assert (head.status, head.reason, head.length) == (404, "Not  here", 3)
        assert head.headers == {"content-length": "3", "vary": "a, b c", "empty": ""}
        assert list(connection.body(head, 2)) == [b"ab", b"c"]


@pytest.mark.parametrize(
    ("head", "keep"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: Close\r\n", False),
        (b"HTTP/1.1 200\r\n", False),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n", True),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n", True),
    ],
)
def test_whether_a_connection_can_be_kept(head: bytes, *, keep: bool) -> None:
    with answered(head + b"\r\n") as (connection, _):
        assert connection.ask("/", {}).keep is keep


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (b"content-length: 5\r\n", b"hello, and more", [b"hell", b"o"]),
        (b"content-length: 5, 5\r\n", b"hello", [b"hell", b"o"]),
        (b"", b"hello", [b"hell", b"o"]),
        (b"transfer-encoding: Chunked\r\n", b"0\r\n\r\n", []),
        (
            b"transfer-encoding: chunked\r\ncontent-length: 99\r\n",
            b"A;x=y\r\n0123456789\r\n1\n!\n0\r\nafter: wards\r\n\r\n",
            [b"0123", b"4567", b"89", b"!"],
        ),
    ],
)
def test_where_a_body_ends(headers: bytes, body: bytes, expected: list[bytes]) -> None:
    assert body_of(OK + headers + b"\r\n" + body, most=4) == expected


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (b"content-length: 5\r\n\r\nabc", 2),
        (b"transfer-encoding: chunked\r\n\r\n5\r\nabc", 2),
        (b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", None),
    ],
)
def test_a_body_that_breaks_off(text: bytes, missing: int | None) -> None:
    with pytest.raises(CutBodyError) as raised:
        body_of(OK + text)
    assert raised.value.missing == missing


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"SSH-2.0\r\n", "BadStatusLine"),
        (b"HTTP/2 200 OK\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200" + b"x" * 70_000, "BadStatusLine"),
        (OK + b"a: " + b"x" * 70_000 + b"\r\n\r\n", "LineTooLong"),
        (OK + b"a: b\r\n" * 1000 + b"\r\n", "TooManyHeaders"),
        (OK + b"content-length: -1\r\n\r\n", "BadContentLength"),
        (OK + b"content-length: 1_0\r\n\r\n", "BadContentLength"),
        (OK + b"content-length: 1, 2\r\n\r\n", "BadContentLength"),
        (OK + b"transfer-encoding: gzip, chunked\r\n\r\n", "UnknownTransferEncoding"),
        (OK + b"transfer-encoding: chunked\r\n\r\nx\r\n", "BadChunk"),
        (OK + b"transfer-encoding: chunked\r\n\r\n-1\r\n", "BadChunk"),
        (OK + b"transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n", "BadChunk"),
    ],
)
def test_what_is_no_answer(text: bytes, kind: str) -> None:
    with pytest.raises(WireError, match=f"^{kind}$"):
        body_of(text)


@pytest.mark.parametrize("text", [b"", OK, OK + b"a: b\r\n", OK + b"a: b"])
def test_a_server_that_closes_before_its_head_is_whole(text: bytes) -> None:
    with answered(text) as (connection, _), pytest.raises(ConnectionResetError):
        connection.ask("/", {})


class Played:
    """What ``http.client`` takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self.data)


HEADERS = st.lists(
    st.sampled_from([b"Content-Length: 4", b"Connection: close", b"X: 1\r\n more", b"X:2"]),
    max_size=5,
)


@given(
    version=st.sampled_from([b"HTTP/1.0", b"HTTP/1.1"]),
    status=st.sampled_from([b"200 OK", b"206", b"304 Same", b"404 No such thing"]),
    headers=HEADERS,
    body=st.binary(max_size=8),
)
def test_any_answer_is_read_as_http_client_reads_it(
    version: bytes, status: bytes, headers: list[bytes], body: bytes
) -> None:
    data = b"\r\n".join([version + b" " + status, *headers, b"", body])
    theirs = HTTPResponse(cast("socket.socket", Played(data)))
    theirs.begin()
    with answered(data) as (connection, _):
        head = connection.ask("/", {})
        assert head.status == theirs.status
        assert head.length == theirs.length
        assert set(head.headers) == {name.lower() for name in theirs.headers}
        assert head.keep is not theirs.will_close
        try:
            expected = theirs.read()
        except HTTPException:
            with pytest.raises(CutBodyError):
                list(connection.body(head, 9))
        else:
            assert b"".join(connection.body(head, 9)) == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_an_error(data: bytes) -> None:
    for text in (data, OK + data, OK + b"transfer-encoding: chunked\r\n\r\n" + data):
        try:
            body_of(text)
        except (WireError, ConnectionResetError):
            continue
