"""METADATA and PKG-INFO: the fields that resolving needs."""

from __future__ import annotations

from email import message_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.wheels import metadata_text
from wheelright.index.errors import InvalidMetadataError
from wheelright.index.metadata import Headers, read_metadata


def test_reads_the_fields_and_no_more() -> None:
    text = (
        "Metadata-Version: 2.1\r\n"
        "Name: Foo.Bar\r\n"
        "version: 1.0\r\n"
        "Summary: Name: not this\r\n"
        "Requires-Dist: a>=1\r\n"
        'Requires-Dist: b ; python_version < "3.9"\r\n'
        '        and extra == "x"\r\n'
        "License: some\r\n"
        "        Requires-Dist: folded\r\n"
        "Requires-Python: >=3.8\r\n"
        "Provides-Extra: Some_Thing\r\n"
        "Provides-Extra: some-thing\r\n"
        "\r\n"
        "Requires-Dist: of the description\r\n"
    )
    assert read_metadata(text.encode()) == Headers(
        name="Foo.Bar",
        version="1.0",
        requires_dist=("a>=1", 'b ; python_version < "3.9" and extra == "x"'),
        requires_python=">=3.8",
        extras=("some-thing",),
        static=False,
    )


@pytest.mark.parametrize(
    ("version", "dynamic", "static"),
    [
        ("2.1", (), False),
        ("2.2", (), True),
        ("2.10", (), True),
        ("3.0", (), True),
        ("1.2", (), False),
        ("banana", (), False),
        ("2.2", ("Description",), True),
        ("2.2", ("requires-dist",), False),
        ("2.2", ("Requires-Python",), False),
        ("2.4", ("Provides-Extra",), False),
    ],
)
def test_static_is_what_pep_643_says(version: str, dynamic: tuple[str, ...], static: bool) -> None:
    text = metadata_text("foo", "1", dynamic=dynamic, metadata_version=version)
    assert static is read_metadata(text.encode()).static


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "its metadata has no name"),
        (b"\n\nName: late\nVersion: 1\n", "its metadata has no name"),
        (b"Name: foo\n", "its metadata has no version"),
        (b"Name: foo\nVersion:\n", "its metadata has no version"),
        (b"Name:   \nVersion: 1\n", "its metadata has no name"),
    ],
)
def test_without_name_or_version_it_is_broken(text: bytes, message: str) -> None:
    with pytest.raises(InvalidMetadataError) as caught:
        read_metadata(text)
    assert message == caught.value.message


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_are_metadata_or_an_error(text: bytes) -> None:
    try:
        assert read_metadata(b"Name: x\nVersion: 1\n" + text).name == "x"
        read_metadata(text)
    except InvalidMetadataError:
        return


values = (
    st.text("abc >=<;\"'()[]_.0123456789é", min_size=1, max_size=20).map(str.strip).filter(bool)
)


@given(st.lists(st.tuples(st.sampled_from(["Requires-Dist", "Keywords", "Author"]), values)))
@settings(deadline=None)
def test_says_what_the_email_parser_says(fields: list[tuple[str, str]]) -> None:
    lines = ["Metadata-Version: 2.1", "Name: foo", "Version: 1"]
    lines += [f"{key}: {value}" for key, value in fields]
    text = "\n".join([*lines, "", "Requires-Dist: body"]).encode()
    said = [value for key, value in fields if key == "Requires-Dist"]
    # The email parser is the oracle for the layout; its text of non-ASCII bytes is a guess.
    oracle = message_from_bytes(text).get_all("Requires-Dist", [])
    assert len(oracle) == len(said)
    assert tuple(said) == read_metadata(text).requires_dist
