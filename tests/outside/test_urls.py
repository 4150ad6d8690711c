"""No secret is shown, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.outside.urls import Address, parse_address, path_of, redact, split_credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/a", "https://host/a"),
        ("https://joe:secret@host:8080/a", "https://host:8080/a"),
        ("https://secret@host/a", "https://host/a"),
        ("https://joe:p@secret@host/a", "https://host/a"),
        ("https://joe:pa/secret@host/a", "https://host/a"),
        ("https://joe:pa#secret@host/a", "https://host/a"),
        ("https://joe:pa?secret@host/a", "https://host/a"),
        ("https://host/a?token=secret&b=secret", "https://host/a?token=***&b=***"),
        ("https://host/a?secret", "https://host/a?***"),
        ("https://host/a#secret", "https://host/a"),
        ("https://host/p@th", "https://host/p@th"),
        ("https://host:8080/p@th", "https://host:8080/p@th"),
        ("https://[::1]:8080/p@th", "https://[::1]:8080/p@th"),
        ("http://host/\x1b[31mred", "http://host/?[31mred"),
        ("file:///a/b", "file:///a/b"),
        ("just words", "just words"),
    ],
)
def test_redact(url: str, shown: str) -> None:
    assert redact(url) == shown


@given(st.text(), st.text(alphabet="secret:@/#?%[] ", max_size=12))
def test_redact_takes_any_text_and_settles(text: str, info: str) -> None:
    assert redact(text).isprintable()
    url = f"https://joe:{info}@host/path"
    assert redact(redact(url)) == redact(url)


@given(st.text(st.characters(codec="ascii", exclude_characters="/?#"), min_size=1))
def test_a_password_never_shows(password: str) -> None:
    assert redact(f"https://joe:{password}@host/path") == "https://host/path"


@pytest.mark.parametrize(
    ("url", "clean", "pair"),
    [
        ("https://host/a@b", "https://host/a@b", None),
        ("https://joe@host/", "https://host/", ("joe", "")),
        ("https://a%40b:c%3Ad@host/x", "https://host/x", ("a@b", "c:d")),
        ("https://a:b:c@host?q", "https://host?q", ("a", "b:c")),
        ("https://@host/", "https://host/", None),
        ("no address", "no address", None),
    ],
)
def test_split_credentials(url: str, clean: str, pair: tuple[str, str] | None) -> None:
    assert split_credentials(url) == (clean, pair)


def test_parse_address() -> None:
    address = parse_address("HTTPS://Bücher.example/ü?a=%20 b")
    assert address == Address("https", "xn--bcher-kva.example", 443, "/%C3%BC?a=%20%20b")
    assert address.origin == "https://xn--bcher-kva.example"
    assert parse_address("http://[::1]:81").origin == "http://[::1]:81"
    assert parse_address("http://host?a").target == "/?a"


def test_path_of() -> None:
    assert path_of("file:///a%20b/c%23") == "/a b/c#"
    assert path_of("file://localhost/a") == "/a"
