"""Names of hosts: looked up once, for all who connect to them."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from wheelright.outside.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

DEAD = ("127.0.0.1", 1)
"""Nobody listens there."""


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[:2]


class Resolver:
    """Answers with given addresses, or fails, and counts how often it is asked."""

    def __init__(self, *answers: list[tuple[str, int]] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[bytes, int]] = []
        self.free = threading.Event()
        self.free.set()

    def __call__(self, host: bytes, port: int, family: int, kind: int) -> list[Any]:
        assert (family, kind) == (0, socket.SOCK_STREAM)
        self.asked.append((host, port))
        assert self.free.wait(30)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in answer]


def test_a_burst_of_connections_asks_once(server: tuple[str, int]) -> None:
    resolver = Resolver([server])
    resolver.free.clear()
    names, opened = Names(resolver), list[socket.socket]()
    threads = [
        threading.Thread(target=lambda: opened.append(names.connect("host", 80, 5)))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    resolver.free.set()
    for thread in threads:
        thread.join()
    for one in opened:
        assert one.getpeername() == server
        assert one.gettimeout() == 5
        one.close()
    assert len(opened) == 16
    assert resolver.asked == [(b"host", 80)]


def test_the_address_that_answers_is_asked_first_from_then_on(server: tuple[str, int]) -> None:
    resolver = Resolver([DEAD, server])
    names = Names(resolver)
    names.connect("host", 80, 5).close()
    names.connect("host", 80, 5).close()
    (places,) = [names._places.known(("host", 80))]
    assert places is not None
    assert [address for *_, address in places] == [server, DEAD]
    assert len(resolver.asked) == 1


def test_a_name_that_leads_nowhere_is_looked_up_anew(server: tuple[str, int]) -> None:
    resolver = Resolver(socket.gaierror(socket.EAI_AGAIN, "later"), [DEAD], [], [server])
    names = Names(resolver)
    with pytest.raises(socket.gaierror, match="later"):
        names.connect("host", 80, 5)
    with pytest.raises(ConnectionRefusedError):
        names.connect("host", 80, 5)
    with pytest.raises(OSError, match=r"^the host has no address$"):
        names.connect("host", 80, 5)
    names.connect("host", 80, 5).close()
    assert len(resolver.asked) == 4


def test_hosts_and_ports_are_told_apart(server: tuple[str, int]) -> None:
    resolver = Resolver([server])
    names = Names(resolver)
    for host, port in (("a", 80), ("b", 80), ("a", 443), ("a", 80)):
        names.connect(host, port, 5).close()
    assert resolver.asked == [(b"a", 80), (b"b", 80), (b"a", 443)]


def test_real_names_are_found(server: tuple[str, int]) -> None:
    opened = Names().connect("localhost", server[1], 5)
    assert opened.getpeername()[:2] == server
    opened.close()
