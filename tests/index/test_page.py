"""Pages: JSON and HTML, as servers write them and as they should not."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelright.index.errors import InvalidPageError
from wheelright.index.page import parse_html, parse_json, parse_page
from wheelright.store import File

URL = "https://index.invalid/simple/foo-bar/"
DIGEST = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4


def page(*files: dict[str, Any], version: str = "1.1", **more: Any) -> bytes:
    return json.dumps({"meta": {"api-version": version}, "files": files, **more}).encode()


def entry(name: str = "foo_bar-1.0-py3-none-any.whl", **more: Any) -> dict[str, Any]:
    return {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": DIGEST}, **more}


def as_html(entries: list[dict[str, Any]]) -> bytes:
    """Write what a JSON page says in HTML, as far as HTML can."""
    lines = ["<!DOCTYPE html><html><head>"]
    lines.append('<meta name="pypi:repository-version" content="1.1"></head><body>')
    for one in entries:
        attributes = {"href": one["url"]}
        for algorithm, digest in one["hashes"].items():
            attributes["href"] += f"#{algorithm}={digest}"
        if one.get("requires-python"):
            attributes["data-requires-python"] = one["requires-python"]
        if one.get("yanked", False) is not False:
            attributes["data-yanked"] = "" if one["yanked"] is True else one["yanked"]
        if one.get("upload-time"):
            attributes["data-upload-time"] = one["upload-time"]
        offered = one.get("core-metadata", False)
        if offered is not False:
            said = "true" if offered is True else f"sha256={offered['sha256']}"
            attributes["data-core-metadata"] = said
        shown = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {shown}>{one['filename']}</a><br/>")
    lines.append("</body></html>")
    return "\n".join(lines).encode()


def test_reads_all_that_json_says() -> None:
    body = page(
        entry(
            size=123,
            yanked="broken build",
            **{
                "requires-python": ">=3.8,<4",
                "upload-time": "2024-01-02T03:04:05.678901Z",
                "core-metadata": {"sha256": OTHER},
            },
        )
    )
    assert parse_json(body, URL) == [
        File(
            name="foo_bar-1.0-py3-none-any.whl",
            url="https://index.invalid/files/foo_bar-1.0-py3-none-any.whl",
            hashes={"sha256": DIGEST},
            size=123,
            uploaded="2024-01-02T03:04:05.678901Z",
            requires_python=">=3.8,<4",
            yanked="broken build",
            metadata={"sha256": OTHER},
        )
    ]


def test_reads_all_that_html_says() -> None:
    body = f"""
      <!-- <a href="hidden-1.0.tar.gz">hidden</a> -->
      <A class=x  HREF='../../files/foo_bar-1.0-py3-none-any.whl?a=1&amp;b=2#sha256={DIGEST}'
         data-requires-python="&gt;=3.8" data-yanked="no &quot;good&quot;"
         data-dist-info-metadata=sha256={OTHER} data-upload-time="2024-01-02T03:04:05Z">text</A>
      <a>no link</a><a href="">empty</a><a name="x" href="#top">top</a>
      <a href="https://else.invalid/dir/foo.bar-2.0.tar.gz" data-requires-python=">=3" data-yanked>
    """.encode()
    assert parse_html(body, URL) == [
        File(
            name="foo_bar-1.0-py3-none-any.whl",
            url="https://index.invalid/files/foo_bar-1.0-py3-none-any.whl?a=1&b=2",
            hashes={"sha256": DIGEST},
            uploaded="2024-01-02T03:04:05Z",
            requires_python=">=3.8",
            yanked='no "good"',
            metadata={"sha256": OTHER},
        ),
        File(
            name="foo.bar-2.0.tar.gz",
            url="https://else.invalid/dir/foo.bar-2.0.tar.gz",
            requires_python=">=3",
            yanked=True,
        ),
    ]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ('<base href="https://files.invalid/x/">', "https://files.invalid/x/a-1.tar.gz"),
        ('<base href="/y/"><base href="/z/">', "https://index.invalid/y/a-1.tar.gz"),
        ("<base target=x>", "https://index.invalid/simple/foo-bar/a-1.tar.gz"),
    ],
)
def test_base_decides_where_relative_links_lead(base: str, expected: str) -> None:
    body = f'<head>{base}</head><a href="a-1.tar.gz">a</a>'.encode()
    assert [expected] == [file.url for file in parse_html(body, URL)]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("x-1.whl", "https://index.invalid/simple/foo-bar/x-1.whl"),
        ("./d/../x-1.whl", "https://index.invalid/simple/foo-bar/x-1.whl"),
        ("/x-1.whl", "https://index.invalid/x-1.whl"),
        ("//cdn.invalid/x-1.whl", "https://cdn.invalid/x-1.whl"),
        ("https://user:secret@cdn.invalid/x-1.whl", "https://cdn.invalid/x-1.whl"),
        ("//user:secret@cdn.invalid/x-1.whl", "https://cdn.invalid/x-1.whl"),
        ("../x%2B1-1.whl", "https://index.invalid/simple/x%2B1-1.whl"),
    ],
)
def test_urls_are_absolute_and_without_credentials(link: str, expected: str) -> None:
    by_html = parse_html(f'<a href="{link}">x</a>'.encode(), URL)
    by_json = parse_json(page({"filename": "x", "url": link, "hashes": {}}), URL)
    assert [expected] == [file.url for file in by_html]
    assert [expected] == [file.url for file in by_json]


@pytest.mark.parametrize("link", ["mailto:x@y", "javascript:void(0)", "ftp://x/y-1.whl", "x/"])
def test_links_that_lead_to_no_file_are_dropped(link: str) -> None:
    assert parse_html(f'<a href="{link}">x</a>'.encode(), URL) == []


def test_names_in_links_are_unquoted() -> None:
    (file,) = parse_html(b'<a href="x-1%2Bcpu-py3-none-any.whl">x</a>', URL)
    assert file.name == "x-1+cpu-py3-none-any.whl"


ENTRIES = [
    entry(),
    entry("foo_bar-1.1-py3-none-any.whl", yanked=True, **{"core-metadata": True}),
    entry("foo_bar-1.2-py3-none-any.whl", yanked="a < b & c", **{"core-metadata": False}),
    entry(
        "foo-bar-2.0.tar.gz",
        **{"requires-python": ">=3.8, <4", "upload-time": "2024-05-06T07:08:09Z"},
    ),
    entry("foo_bar-2.0-py3-none-any.whl", **{"core-metadata": {"sha256": OTHER}}),
]


def test_json_and_html_give_the_same_files() -> None:
    assert parse_json(page(*ENTRIES), URL) == parse_html(as_html(ENTRIES), URL)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (page(*ENTRIES), "application/vnd.pypi.simple.v1+json"),
        (page(*ENTRIES), "application/json; charset=utf-8"),
        (page(*ENTRIES), ""),
        (as_html(ENTRIES), "application/vnd.pypi.simple.v1+html"),
        (as_html(ENTRIES), "text/html"),
        (as_html(ENTRIES), ""),
    ],
)
def test_the_form_is_what_the_server_says_else_how_it_looks(body: bytes, content_type: str) -> None:
    assert len(ENTRIES) == len(parse_page(body, content_type, URL))


def test_core_metadata_wins_over_its_old_name() -> None:
    said = {"core-metadata": False, "dist-info-metadata": True}
    assert [file.metadata for file in parse_json(page(entry(**said)), URL)] == [False]
    only_old = {"dist-info-metadata": {"sha256": OTHER}}
    (file,) = parse_json(page(entry(**only_old)), URL)
    assert file.metadata == {"sha256": OTHER}


def test_a_wrong_entry_costs_itself_and_a_wrong_size_less() -> None:
    body = page(
        entry("a-1.tar.gz"),
        {"filename": 7, "url": "x"},
        "nonsense",
        entry("b-1.tar.gz", size="big"),
        entry("c-1.tar.gz", **{"requires-python": 3}),
    )
    files = parse_json(body, URL)
    assert [file.name for file in files] == ["a-1.tar.gz", "b-1.tar.gz"]
    assert files[1].size is None


def test_hashes_that_nobody_can_check_are_dropped() -> None:
    hashes = {"SHA256": DIGEST.upper(), "crc": "00", "md5": "../../etc/passwd"}
    (file,) = parse_json(page(entry(hashes=hashes)), URL)
    assert file.hashes == {"sha256": DIGEST}


@pytest.mark.parametrize("version", ["2.0", "0.1", "one", ""])
def test_another_major_version_is_an_error(version: str) -> None:
    expected = f"The answer is no project page: its API version is `{version}`, only 1.x is known"
    with pytest.raises(InvalidPageError) as by_json:
        parse_json(page(version=version), URL)
    with pytest.raises(InvalidPageError) as by_html:
        parse_html(f'<meta name="pypi:repository-version" content="{version}">'.encode(), URL)
    assert expected == by_json.value.message == by_html.value.message
    assert by_json.value.where == URL


def test_a_newer_minor_version_is_fine() -> None:
    assert len(parse_json(page(entry(), version="1.99", **{"project-status": {}}), URL)) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"files": 3}', b"\xff\xfe", b'{"files": ['])
def test_what_is_no_json_page_is_an_error(body: bytes) -> None:
    with pytest.raises(InvalidPageError):
        parse_json(body, "https://user:secret@index.invalid/x/?token=secret")


def test_an_invalid_page_does_not_show_credentials() -> None:
    with pytest.raises(InvalidPageError) as caught:
        parse_json(b"", "https://user:secret@index.invalid/x/?token=secret")
    assert caught.value.where == "https://index.invalid/x/?token=***"


@given(st.text())
@settings(deadline=None)
def test_any_text_is_an_html_page(text: str) -> None:
    for file in parse_html(text.encode("utf-8", "replace"), URL):
        assert file.url.startswith(("https://", "http://", "file:"))


@given(st.binary())
@settings(deadline=None)
def test_any_bytes_are_a_json_page_or_an_error(body: bytes) -> None:
    try:
        assert isinstance(parse_json(body, URL), list)
    except InvalidPageError:
        return


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["filename", "url", "hashes", "yanked", "size", "upload-time", "sha256"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=4))
@settings(deadline=None)
def test_any_entries_are_read_or_dropped(entries: list[Any]) -> None:
    body = json.dumps({"files": entries}).encode()
    assert len(parse_json(body, URL)) <= len(entries)


class Anchors(HTMLParser):
    """The standard library's opinion on anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = next((value for name, value in attrs if name == "href"), None)
        if tag == "a" and link:
            self.links.append(link)


words = st.text("abc-_.0123456789+ é&<>'=/", min_size=1, max_size=12)


@given(st.lists(st.tuples(words, words, st.sampled_from(['"', "'"])), max_size=5))
@settings(deadline=None)
def test_anchors_are_those_that_html_parser_finds(links: list[tuple[str, str, str]]) -> None:
    lines = []
    for name, python, mark in links:
        href = html.escape(f"files/x{name.replace('/', '')}")
        lines.append(f"<p><a href={mark}{href}{mark} data-requires-python={mark}"
                     f"{html.escape(python)}{mark}>{html.escape(name)}</a>")  # fmt: skip
    text = "\n".join(lines)
    parser = Anchors()
    parser.feed(text)
    parser.close()
    files = parse_html(text.encode(), "https://index.invalid/")
    expected = [f"https://index.invalid/{link.strip()}" for link in parser.links]
    assert expected == [file.url for file in files]
    assert [python.strip() or None for _, python, _ in links] == [
        (file.requires_python or "").strip() or None for file in files
    ]


@pytest.mark.parametrize(
    "text", ["<a " * 50_000, '<a "' * 50_000, "<a x='" * 50_000, "<!--" * 9999]
)
def test_hostile_text_takes_no_long_time(text: str) -> None:
    assert parse_html(text.encode(), URL) == []


links = st.lists(
    st.sampled_from(["..", ".", "", "a", "b.c", ".hidden", "d%20e", "f+g", "~h", "i;j", "k l"]),
    min_size=1,
    max_size=6,
).map(lambda parts: "/".join([*parts, "file-1.0.zip"]))


@given(
    st.sampled_from(
        [URL, "http://h/simple/p", "http://h/", "https://h:8443/a/b/c/", "file:///d/p/"]
    ),
    links,
)
def test_relative_links_lead_where_the_standard_says(base: str, link: str) -> None:
    said = {"meta": {"api-version": "1.0"}, "files": [{"filename": "n", "url": link, "hashes": {}}]}
    found = [file.url for file in parse_json(json.dumps(said).encode(), base)]
    assert found == [urljoin(base, link)]
