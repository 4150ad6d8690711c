"""Host names: each is looked up once, however many connections are opened to it at a time.

Some resolvers drop questions that come in a burst, and whoever asked then waits five seconds.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, TypeAlias

from wheelright.outside.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable

Place: TypeAlias = tuple[int, int, int, Any]
"""Family, kind and protocol of a socket, and the address that it connects to."""


class Names:
    """The addresses of hosts, for many threads. ``look_up`` is as ``socket.getaddrinfo``."""

    def __init__(self, look_up: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        self._look_up = look_up
        self._places: Once[tuple[str, int], list[Place]] = Once()

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to the first address of a host that answers; the others then ask that first.

        ``timeout`` seconds are given to each address. Raises ``OSError``; the next who asks then
        looks the name up anew.
        """
        key = host, port
        try:
            places = self._places.get(key, lambda: self._found(host, port))
            failure: OSError = OSError("the host has no address")
            for place in list(places):
                try:
                    opened = _connected(place, timeout)
                except OSError as error:
                    failure = error
                    continue
                places.sort(key=lambda one: one is not place)
                return opened
            raise failure
        except OSError:
            self._places.forget(key)
            raise

    def _found(self, host: str, port: int) -> list[Place]:
        # As text it would be encoded by a codec that takes longer to load than most answers.
        found = self._look_up(host.encode("ascii"), port, 0, socket.SOCK_STREAM)
        return [(family, kind, proto, address) for family, kind, proto, _, address in found]


def _connected(place: Place, timeout: float) -> socket.socket:
    *kind, address = place
    opened = socket.socket(*kind)
    try:
        opened.settimeout(timeout)
        opened.connect(address)
    except BaseException:
        opened.close()
        raise
    return opened
