"""Which proxy serves which address, and what is said of names that are not known."""

from __future__ import annotations

import socket

import pytest

from wheelright.outside.connections import Endpoint, Proxies, proxies_from
from wheelright.outside.exchange import _explain
from wheelright.outside.urls import parse_address


def test_proxies_come_from_the_environment() -> None:
    assert proxies_from({}) == Proxies()
    environment = {
        "http_proxy": "lower:1",
        "HTTP_PROXY": "http://upper:1",
        "HTTPS_PROXY": "http://upper:2",
        "ALL_PROXY": "http://all:3",
        "NO_PROXY": " a.example, ,.B.example ",
    }
    assert proxies_from(environment) == Proxies(
        "http://lower:1", "http://upper:2", ("a.example", ".b.example")
    )
    assert proxies_from({"all_proxy": "http://all:3"}) == Proxies("http://all:3", "http://all:3")
    cgi = {"HTTP_PROXY": "http://attacker", "REQUEST_METHOD": "GET"}
    assert proxies_from(cgi) == Proxies()


@pytest.mark.parametrize(
    ("rule", "url", "direct"),
    [
        ("*", "http://any.example", True),
        ("host.example", "http://host.example", True),
        ("host.example", "http://sub.host.example", True),
        ("host.example", "http://ghost.example", False),
        (".host.example", "http://sub.host.example", True),
        ("*.host.example", "http://sub.host.example", True),
        ("host.example:81", "http://host.example:81", True),
        ("host.example:81", "http://host.example", False),
        ("10.0.0.0/8", "http://10.1.2.3", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("10.0.0.0/8", "http://host.example", False),
        ("no/network", "http://10.1.2.3", False),
        ("::1", "http://[::1]:80", True),
        ("[::1]", "http://[::1]:80", True),
        ("[::1]:80", "http://[::1]:80", True),
        ("[::1]:81", "http://[::1]:80", False),
    ],
)
def test_hosts_that_are_reached_directly(rule: str, url: str, *, direct: bool) -> None:
    serving = Proxies(http="http://proxy", bypass=(rule,)).serving(parse_address(url))
    assert (serving is None) == direct


@pytest.mark.parametrize(
    ("number", "transient"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)]
)
def test_a_name_that_is_not_known(number: int, *, transient: bool) -> None:
    error = socket.gaierror(number, "text of the system")
    endpoint = Endpoint("https", "host.example", 443, None)
    hints = ["check the network connection"]
    assert _explain(error, endpoint, 1) == (
        "the name `host.example` is not known",
        transient,
        hints,
    )
    proxied = endpoint._replace(proxy="http://joe:secret@proxy:1")
    assert _explain(error, proxied, 1)[0] == "the name `proxy:1` is not known"
