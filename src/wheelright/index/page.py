"""Project pages: JSON (PEP 691, 700) and HTML (PEP 503, 592, 629, 658, 714), as pure functions.

Must live here: text in, files out. Both forms of one page give equal files, except for what only
JSON can say (``size``). What a page says of one file wrongly costs that file, never the page.

Anchors are found by a regular expression and not by ``html.parser``, which takes five times as
long (45 ms against 10 for the 4,400 links of numpy) and says the same; a test compares the two.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import unquote, urljoin

import msgspec

from wheelright.index.errors import InvalidPageError
from wheelright.outside.urls import redact, split_credentials
from wheelright.store import File

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json,"
    " application/vnd.pypi.simple.v1+html;q=0.2,"
    " text/html;q=0.01"
)
"""What to ask for: JSON, else HTML."""

_ALGORITHMS: Final = frozenset(
    {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s"}
)
_DIGEST: Final = re.compile(r"[0-9a-f]{16,128}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# An unclosed quote or tag swallows the rest of the text: then group 2 is empty and the scan ends,
# so that no text makes it slow.
_VALUES: Final = r"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+"""
_USUAL: Final = (
    r"""(?-i:<a\ href="(https?://[^"#@&%?]*/([^"#@&%?/]+))\#sha256=([0-9a-f]{64})\""""
    r"""(?:\ data-requires-python="([^"]*)")?(?:\ data-upload-time="([^"&]*)")?>)"""
)
"""What most anchors of most pages are: an absolute link, and no more than this beside it."""
_TAG: Final = re.compile(rf"{_USUAL}|<(a|base|meta)\s({_VALUES})(>?)", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""([^\s=/"'>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?"""
)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


class _Meta(msgspec.Struct):
    api_version: str = msgspec.field(name="api-version", default="1.0")


_Size = Annotated[int, msgspec.Meta(ge=0)]


class _Entry(msgspec.Struct, rename="kebab"):
    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    size: _Size | None = None
    upload_time: str | None = None
    yanked: bool | str | None = False
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None


class _Page(msgspec.Struct):
    files: list[_Entry]
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _LoosePage(msgspec.Struct):
    files: list[msgspec.Raw]
    meta: _Meta = msgspec.field(default_factory=_Meta)


_DECODE_PAGE = msgspec.json.Decoder(_Page)
_DECODE_LOOSE = msgspec.json.Decoder(_LoosePage)
_DECODE_ENTRY = msgspec.json.Decoder(_Entry)


def parse_page(body: bytes, content_type: str, url: str) -> list[File]:
    """Read a page by what the server says it is, or by how it looks where that is silent.

    ``url`` is where the page came from, for relative links. Raises InvalidPageError.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json") or (not kind.endswith("html") and body[:1] == b"{"):
        return parse_json(body, url)
    return parse_html(body, url)


def parse_json(body: bytes, url: str) -> list[File]:
    """Read a JSON page (PEP 691). Raises InvalidPageError for another major version or no page."""
    try:
        page: _Page | _LoosePage = _DECODE_PAGE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            page = _DECODE_LOOSE.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidPageError(redact(url), str(error)) from error
    _check_version(page.meta.api_version, url)
    entries = page.files if isinstance(page, _Page) else _usable(page.files)
    hashes = [entry.hashes for entry in entries]
    if not _are_sha256(hashes):
        hashes = list(map(_hashes, hashes))
    return [
        File(
            entry.filename,
            address,
            digests,
            entry.size,
            entry.upload_time or None,
            entry.requires_python or None,
            entry.yanked or False,
            offered if (offered := entry.core_metadata) is True else _offered(entry),
        )
        for entry, address, digests in zip(
            entries, _addresses([entry.url for entry in entries], url), hashes, strict=True
        )
        if address is not None
    ]


def _offered(entry: _Entry) -> bool | dict[str, str]:
    """Say whether there is a metadata file, by its new name before its old one (PEP 714)."""
    offered = entry.core_metadata
    if offered is None:
        offered = entry.dist_info_metadata
    return _hashes(offered) or True if isinstance(offered, dict) else bool(offered)


def _addresses(links: list[str], base: str) -> list[str | None]:
    """Make the links of a page absolute, without credentials; ``None`` for what is no file's.

    Where all are of one plain kind, that is found out for all at once.
    """
    text = "\n".join((*links, ""))
    if text.count("\n") == len(links) and "#" not in text and "@" not in text:
        starts = {link[:8] for link in links}
        if all(start.startswith(("https://", "http://")) for start in starts):
            return list(links)
        if all(start[:1] == "/" for start in starts) and _lead_down(text):
            start = _joined(base, "/x")
            return [start and start[:-2] + link for link in links]
    absolute = _resolver(base)
    found = (absolute(link) for link in links)
    return [None if one is None else one[0] for one in found]


def _lead_down(text: str) -> bool:
    """Whether joining would leave each line as it is, for the reason that ``_PLAIN_LINK`` tells."""
    return (
        text.isascii()
        and not text.encode().translate(None, _PLAIN)
        and _EMPTY_OR_DOTTED.search(text) is None
    )


def _usable(raw: list[msgspec.Raw]) -> list[_Entry]:
    """Decode entries one by one and leave out those that are not as they should be."""
    entries = []
    for one in raw:
        try:
            entries.append(_DECODE_ENTRY.decode(one))
        except (msgspec.DecodeError, UnicodeDecodeError):
            entry = _mended(one)
            if entry is not None:
                entries.append(entry)
    return entries


def _mended(raw: msgspec.Raw) -> _Entry | None:
    """Keep what is right about an entry: its name and URL must be, wrong extras are left out."""
    try:
        said: Any = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(said, dict):
        return None
    # A wrong Requires-Python or yank would make the file look fit for what it is not.
    for optional in ("size", "upload-time", "core-metadata", "dist-info-metadata", "hashes"):
        if optional in said:
            try:
                msgspec.convert({"filename": "", "url": "", optional: said[optional]}, _Entry)
            except msgspec.ValidationError:
                del said[optional]
    try:
        return msgspec.convert(said, _Entry)
    except msgspec.ValidationError:
        return None


def parse_html(body: bytes, url: str) -> list[File]:
    """Read an HTML page (PEP 503). Raises InvalidPageError for another major version (PEP 629)."""
    text = body.decode("utf-8", "replace")
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    absolute = _resolver(url)
    files = []
    based = False
    for address, name, digest, python, uploaded, tag, inside, closed in _TAG.findall(text):
        if address:
            bounds = _unescaped(python) if "&" in python else python
            hashes = {"sha256": digest}
            files.append(File(name, address, hashes, None, uploaded or None, bounds or None))
            continue
        if not closed:
            break
        attributes = _attributes(inside)
        kind = tag.lower()
        if kind == "a":
            href = attributes.get("href")
            file = _linked(href, attributes, absolute) if href else None
            if file is not None:
                files.append(file)
        elif kind == "base":
            href = attributes.get("href")
            if href and not based:
                absolute = _resolver(_joined(url, href.strip()) or url)
                based = True
        elif attributes.get("name", "").lower() == "pypi:repository-version":
            _check_version(attributes.get("content", ""), url)
    return files


def _attributes(inside: str) -> dict[str, str]:
    """Read the attributes of a tag; the first of a name counts, one without a value is empty."""
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside):
        value = double or single or bare
        attributes.setdefault(name.lower(), _unescaped(value) if "&" in value else value)
    return attributes


_ENTITY: Final = re.compile("&(?:(gt|lt|amp|quot|#39);)?")
_ENTITIES: Final = {"gt": ">", "lt": "<", "amp": "&", "quot": '"', "#39": "'"}
"""Those that pages are made with; the module that knows all takes as long to load as a page."""


@lru_cache(maxsize=1 << 10)  # a page escapes the same few values (`&gt;=3.8`) thousands of times
def _unescaped(text: str) -> str:
    if all(_ENTITY.findall(text)):
        return _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)
    from html import unescape

    return unescape(text)


def _linked(
    href: str,
    attributes: Mapping[str, str],
    absolute: Callable[[str], tuple[str, str] | None],
) -> File | None:
    """Build the file that an anchor links to; ``None`` if it links to none."""
    address = absolute(href.strip())
    if address is None:
        return None
    url, fragment = address
    name = url.partition("?")[0].rpartition("/")[2]
    if "%" in name:
        name = unquote(name)
    if not name:
        return None
    offered = attributes.get("data-core-metadata")
    if offered is None:
        offered = attributes.get("data-dist-info-metadata")
    yanked: bool | str = attributes.get("data-yanked", False)
    return File(
        name,
        url,
        _hash_of(fragment),
        None,
        attributes.get("data-upload-time") or None,
        attributes.get("data-requires-python") or None,
        True if yanked == "" else yanked,
        False if offered is None or offered == "false" else _hash_of(offered) or True,
    )


def _hash_of(text: str) -> dict[str, str]:
    """Read ``sha256=...``, also as one of several parts of a fragment."""
    if not text:
        return {}
    if text.startswith("sha256=") and _SHA256.fullmatch(text, 7):
        return {"sha256": text[7:]}
    found = {}
    for part in text.split("&"):
        algorithm, equals, digest = part.partition("=")
        if equals:
            found[algorithm] = digest
    return _hashes(found)


def _are_sha256(said: list[dict[str, str]]) -> bool:
    """Whether each is one well-formed SHA-256, which :func:`_hashes` would leave as it is."""
    try:
        digests = [one["sha256"] for one in said]
    except KeyError:
        return False
    text = "".join(digests)
    return (
        set(map(len, digests)) == {64}
        and set(map(len, said)) == {1}
        and text.isascii()
        and not text.encode().translate(None, b"0123456789abcdef")
    )


def _hashes(said: Mapping[str, str]) -> dict[str, str]:
    """Keep the hashes that can be checked, in lower case."""
    if len(said) == 1 and _SHA256.fullmatch(said.get("sha256", "")):
        return dict(said)
    kept = {}
    for algorithm, digest in said.items():
        low, value = algorithm.lower(), digest.lower()
        if low in _ALGORITHMS and _DIGEST.fullmatch(value):
            kept[low] = value
    return kept


def _resolver(base: str) -> Callable[[str], tuple[str, str] | None]:
    """Return a function that makes links absolute: URL without credentials, and fragment.

    It answers ``None`` for what is no file's URL. Joining is remembered by what leads up
    (``../../``), or else per folder: the relative links of a page share few.
    """
    joined: dict[str, str | None] = {}

    def absolute(link: str) -> tuple[str, str] | None:
        head, _, fragment = link.partition("#")
        if head.startswith(("https://", "http://")):
            if "@" in head:
                head = split_credentials(head)[0]
            return head, fragment
        path, mark, query = head.partition("?")
        if ":" in path.partition("/")[0]:  # another scheme, or this one in capitals
            whole = _joined(base, head)
            return (whole, fragment) if whole else None
        plain = _PLAIN_LINK.fullmatch(path)
        if plain is not None:
            folder, name = plain[1], plain[2]
        else:
            folder, slash, name = path.rpartition("/")
            folder += slash
        if folder not in joined:
            # A letter stands for the name: a bare folder would lose its last part.
            joined[folder] = _joined(base, f"{folder}x")
        found = joined[folder]
        if found is None or not name:
            return None
        return f"{found[:-1]}{name}{mark}{query}", fragment

    return absolute


_PLAIN_LINK: Final = re.compile(
    r"((?:\.\./)*|/)([A-Za-z0-9_%+!~-][A-Za-z0-9_%+!~.-]*(?:/[A-Za-z0-9_%+!~-][A-Za-z0-9_%+!~.-]*)*)",
    re.ASCII,
)
"""A relative link: what leads up, and the way down, in which no part is empty or begins with a dot.

So joining has nothing to resolve in the second half, which differs from file to file.
"""
_EMPTY_OR_DOTTED: Final = re.compile(r"/[/.\n]")
"""A part of a path that joining would take as something else than a name."""
_PLAIN: Final = b"/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_%+!~.-\n"


def _joined(base: str, link: str) -> str | None:
    """Join as ``urljoin`` does; ``None`` for what is no URL or of another scheme than ours."""
    try:
        url = urljoin(base, link)
    except ValueError:
        return None
    url = split_credentials(url)[0]
    return url if url.startswith(("https://", "http://", "file:")) else None


def _check_version(text: str, url: str) -> None:
    """Refuse a page of another major version (PEP 629): it may mean other things by our words."""
    major = text.partition(".")[0].strip()
    if major != "1":
        raise InvalidPageError(redact(url), f"its API version is `{text}`, only 1.x is known")
