"""A package index on this machine, over real HTTP, with faults to switch on.

Serves what :meth:`LocalIndex.add` was given: pages in HTML (PEP 503) or JSON (PEP 691, 700) as
asked, metadata files (PEP 658), ranges, validators and cache headers. Every request is kept in
``log``, so that tests can state how many of which kind were made.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import socket
import sys
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from support.wheels import make_sdist, make_wheel, normalized, wheel_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Kind = Literal["page", "metadata", "file", "range", "other"]
"""``file`` is a whole file, ``range`` a part of one that was answered with 206 (or 416)."""

Fault = Literal[
    "401",
    "403",
    "404",
    "410",
    "429",  # with Retry-After: 0, once; then fine
    "500",
    "500-twice",  # the first two requests; then fine
    "cut",  # the connection closes in the middle of the body
    "cut-once",  # the first request only
    "slow",  # half of the body comes after `LocalIndex.delay` seconds at most
    "stall",  # the second half never comes while the index is open
    "wrong-hash",  # the listed hash is another one
    "wrong-length",  # the listed size is another one
    "no-hash",  # no hash is listed
    "no-ranges",  # `Range` is ignored
    "no-metadata",  # no PEP 658 file is listed or served
]

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = "application/vnd.pypi.simple.v1+html"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was answered; ``range`` is the header's text."""

    method: str
    path: str
    range: str | None
    status: int
    kind: Kind


@dataclass(slots=True)
class Listed:
    """A file on the index."""

    project: str
    version: str
    name: str
    data: bytes
    metadata: bytes | None
    requires_python: str | None
    yanked: bool | str
    uploaded: str | None
    hashes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class LocalIndex:
    """An index to fill and to ask; a context manager.

    ``html_only`` answers no JSON. ``metadata``, ``ranges``, ``cache_headers`` and ``hashes``
    switch these off for all files; ``max_age`` is in seconds. ``credentials`` (user, password)
    are demanded for everything. Attributes may be changed while it runs.
    """

    def __init__(
        self,
        *,
        html_only: bool = False,
        metadata: bool = True,
        ranges: bool = True,
        cache_headers: bool = True,
        max_age: int = 600,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self.html_only = html_only
        self.metadata = metadata
        self.ranges = ranges
        self.cache_headers = cache_headers
        self.max_age = max_age
        self.credentials = credentials
        self.delay = 0.05
        self.closing = threading.Event()
        self.log: list[Request] = []
        self.headers_seen: list[dict[str, str]] = []
        self._files: dict[str, dict[str, Listed]] = {}
        self._faults: dict[str, set[Fault]] = {}
        self._hits: dict[tuple[str, Fault], int] = {}
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        if self._server.errors:
            raise ExceptionGroup("the local index failed", self._server.errors)

    @property
    def root(self) -> str:
        """The address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address to configure as an index."""
        return f"{self.root}/simple/"

    @property
    def flat_url(self) -> str:
        """A page that lists every file, for ``--find-links``."""
        return f"{self.root}/flat/"

    @property
    def url_with_credentials(self) -> str:
        """:attr:`url` with the demanded user and password in it."""
        user, password = self.credentials or ("", "")
        return self.url.replace("://", f"://{user}:{password}@")

    def file_url(self, name: str) -> str:
        """The address of a file."""
        return f"{self.root}/files/{name}"

    def add(
        self,
        name: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        tags: Sequence[str] | str = "py3-none-any",
        sdist: bool = False,
        requires_python: str | None = None,
        extras: Mapping[str, Sequence[str]] | None = None,
        dynamic: Sequence[str] = (),
        yanked: bool | str = False,
        uploaded: str | None = "2024-01-01T00:00:00Z",
        **wheel: Any,
    ) -> list[Listed]:
        """Make and list one version: a wheel per tag (none for ``()``) and perhaps an sdist.

        ``dynamic`` is for the sdist; further arguments are those of ``make_wheel``.
        """
        shared: dict[str, Any] = {
            "requires": requires,
            "requires_python": requires_python,
            "extras": extras,
        }
        names = [tags] if isinstance(tags, str) else tags
        made = [make_wheel(name, version, tag=tag, **shared, **wheel) for tag in names]
        if sdist:
            made.append(make_sdist(name, version, dynamic=dynamic, **shared))
        return [
            self.add_file(
                name,
                version,
                filename,
                data,
                requires_python=requires_python,
                yanked=yanked,
                uploaded=uploaded,
            )
            for filename, data in made
        ]

    def add_file(
        self,
        name: str,
        version: str,
        filename: str,
        data: bytes,
        *,
        metadata: bytes | None = None,
        requires_python: str | None = None,
        yanked: bool | str = False,
        uploaded: str | None = "2024-01-01T00:00:00Z",
    ) -> Listed:
        """List one file; a wheel's own ``METADATA`` is its PEP 658 file unless given."""
        if metadata is None and filename.endswith(".whl"):
            metadata = wheel_metadata(data)
        listed = Listed(
            normalized(name),
            version,
            filename,
            data,
            metadata,
            requires_python,
            yanked,
            uploaded,
            {"sha256": hashlib.sha256(data).hexdigest()},
        )
        with self._lock:
            self._files.setdefault(listed.project, {})[filename] = listed
        return listed

    def remove(self, name: str, filename: str | None = None) -> None:
        """Forget a file, or a whole project."""
        with self._lock:
            if filename is None:
                del self._files[normalized(name)]
            else:
                del self._files[normalized(name)][filename]

    def fault(self, pattern: str, *faults: Fault) -> None:
        """Switch faults on for every file, or page, whose name fits a pattern (``fnmatch``).

        A page's name is the project's with a slash (``six/``); a metadata file's ends in
        ``.metadata``, and ``*.whl`` does not touch it.
        """
        unknown = set(faults) - set(get_args(Fault))
        if unknown:
            raise ValueError(f"unknown faults: {unknown}")
        with self._lock:
            self._faults.setdefault(pattern, set()).update(faults)

    def heal(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()
            self._hits.clear()

    def count(self, kind: Kind | None = None, *, path: str = "*", status: int | None = None) -> int:
        """Count the requests of a kind, for paths that fit a pattern, answered with a status."""
        with self._lock:
            return sum(
                (kind is None or request.kind == kind)
                and fnmatchcase(request.path, path)
                and (status is None or request.status == status)
                for request in self.log
            )

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self.log.clear()
            self.headers_seen.clear()

    # What the handler asks.

    def faults_of(self, name: str) -> set[Fault]:
        """All faults that are on for a name; those for some requests only are counted down."""
        with self._lock:
            found: set[Fault] = set()
            for pattern, faults in self._faults.items():
                if fnmatchcase(name, pattern):
                    found |= faults
            bounded: dict[Fault, int] = {"500-twice": 2, "429": 1, "cut-once": 1}
            for fault, most in bounded.items():
                if fault in found:
                    self._hits[name, fault] = self._hits.get((name, fault), 0) + 1
                    if self._hits[name, fault] > most:
                        found.discard(fault)
            return found

    def listed_faults(self, name: str) -> set[Fault]:
        """The faults that show in listings; nothing is counted."""
        with self._lock:
            return {
                fault
                for pattern, faults in self._faults.items()
                if fnmatchcase(name, pattern)
                for fault in faults
            }

    def record(self, request: Request, headers: dict[str, str]) -> None:
        """Keep a request."""
        with self._lock:
            self.log.append(request)
            self.headers_seen.append(headers)

    def files_of(self, project: str | None) -> list[Listed] | None:
        """The files of a project (of all with ``None``), or ``None`` where it is not known."""
        with self._lock:
            if project is None:
                return [file for files in self._files.values() for file in files.values()]
            files = self._files.get(project)
            return None if files is None else list(files.values())

    def projects(self) -> list[str]:
        """The names of all projects."""
        with self._lock:
            return sorted(self._files)

    def find(self, filename: str) -> Listed | None:
        """A file by its name."""
        return next((file for file in self.files_of(None) or () if file.name == filename), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, index: LocalIndex) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self.errors: list[Exception] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all kept-alive connections, so that their threads end."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:  # the client was quicker
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base's
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        index = self.server.index
        path = self.path.partition("?")[0]
        name, kind = _name_and_kind(path)
        faults = index.faults_of(name)
        reply = self._denied() or _refusal(faults)
        if reply is None:
            reply = self._page(path, name) if kind == "page" else self._file(name, kind, faults)
        if kind == "file" and reply.status in {206, 416}:
            kind = "range"
        asked = self.headers.get("range")
        headers = {field.lower(): value for field, value in self.headers.items()}
        index.record(Request(self.command, path, asked, reply.status, kind), headers)
        self._send(reply, faults)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  named by the base class
        """Say nothing: the log is for tests."""

    def _denied(self) -> _Reply | None:
        credentials = self.server.index.credentials
        if credentials is None:
            return None
        wanted = "Basic " + b64encode(":".join(credentials).encode()).decode()
        if self.headers.get("authorization") == wanted:
            return None
        return _Reply(401, b"denied", (("WWW-Authenticate", 'Basic realm="index"'),))

    def _page(self, path: str, name: str) -> _Reply:
        index = self.server.index
        wants_json = _JSON in self.headers.get("accept", "") and not index.html_only
        if path == "/simple/":
            return self._validated(*_projects_page(index.projects(), wants_json=wants_json))
        if path == "/flat/":
            return self._validated(*_html_page(index, "all files", index.files_of(None) or []))
        wanted = f"/simple/{normalized(name.rstrip('/'))}/"
        if path != wanted:
            return _Reply(301, b"", (("Location", wanted),))
        project = name.rstrip("/")
        files = index.files_of(project)
        if files is None:
            return _Reply(404, b"unknown project")
        if wants_json:
            return self._validated(*_json_page(index, project, files))
        return self._validated(*_html_page(index, project, files))

    def _file(self, name: str, kind: Kind, faults: set[Fault]) -> _Reply:
        index = self.server.index
        listed = index.find(name.removesuffix(".metadata") if kind == "metadata" else name)
        if listed is None:
            return _Reply(404, b"unknown file")
        body: bytes | None = listed.data
        if kind == "metadata":
            off = not index.metadata or "no-metadata" in index.listed_faults(listed.name)
            body = None if off else listed.metadata
        if body is None:
            return _Reply(404, b"no metadata")
        asked = self.headers.get("range")
        if asked is None or not index.ranges or "no-ranges" in faults:
            return self._validated(body, "application/octet-stream", forever=True)
        return _ranged(body, asked)

    def _validated(self, body: bytes, content_type: str, *, forever: bool = False) -> _Reply:
        """Add validators and cache headers, and answer 304 where the client has it."""
        index = self.server.index
        headers = [("Content-Type", content_type)]
        if index.ranges and forever:
            headers.append(("Accept-Ranges", "bytes"))
        if index.cache_headers:
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            age = "max-age=31536000, immutable" if forever else f"max-age={index.max_age}"
            headers += [("ETag", tag), ("Cache-Control", age)]
            if self.headers.get("if-none-match") == tag:
                return _Reply(304, b"", tuple(headers))
        return _Reply(200, body, tuple(headers))

    def _send(self, reply: _Reply, faults: set[Fault]) -> None:
        index = self.server.index
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD" or reply.status == 304:
            return
        half = len(reply.body) // 2
        disturbed = reply.status in {200, 206} and faults & {"cut", "cut-once", "slow", "stall"}
        if not disturbed:
            self.wfile.write(reply.body)
            return
        self.wfile.write(reply.body[:half])
        if "slow" in disturbed:
            index.closing.wait(min(index.delay, 0.05))
            self.wfile.write(reply.body[half:])
            return
        if "stall" in disturbed:
            index.closing.wait(10)
        self.close_connection = True


def _name_and_kind(path: str) -> tuple[str, Kind]:
    """Return what faults are named by, and the kind of a path."""
    if match := re.fullmatch(r"/simple/([^/]+)/?", path):
        return match[1] + "/", "page"
    if path in {"/simple/", "/flat/"}:
        return path.strip("/") + "/", "page"
    name = path.rpartition("/")[2]
    if not path.startswith("/files/"):
        return name, "other"
    return name, "metadata" if name.endswith(".metadata") else "file"


def _refusal(faults: set[Fault]) -> _Reply | None:
    for fault in sorted(faults):
        status = fault.partition("-")[0]
        if status.isdigit():
            headers = (("Retry-After", "0"),) if status == "429" else ()
            return _Reply(int(status), b"refused on purpose", headers)
    return None


def _ranged(body: bytes, asked: str) -> _Reply:
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
    total = len(body)
    if match is None or not any(match.groups()):
        return _Reply(416, b"", (("Content-Range", f"bytes */{total}"),))
    if match[1]:
        start, stop = int(match[1]), min(int(match[2] or total), total - 1) + 1
    else:
        start, stop = max(0, total - int(match[2])), total
    if start >= total or start >= stop:
        return _Reply(416, b"", (("Content-Range", f"bytes */{total}"),))
    shown = f"bytes {start}-{stop - 1}/{total}"
    return _Reply(206, body[start:stop], (("Content-Range", shown), ("Accept-Ranges", "bytes")))


def _hashes(file: Listed, faults: set[Fault]) -> dict[str, str]:
    if "no-hash" in faults:
        return {}
    if "wrong-hash" in faults:
        return {"sha256": hashlib.sha256(b"another").hexdigest()}
    return file.hashes


def _metadata_hash(index: LocalIndex, file: Listed, faults: set[Fault]) -> str | None:
    if file.metadata is None or not index.metadata or "no-metadata" in faults:
        return None
    return hashlib.sha256(file.metadata).hexdigest()


def _json_page(index: LocalIndex, project: str, files: Iterable[Listed]) -> tuple[bytes, str]:
    """List files as PEP 691 and 700 say."""
    entries: list[dict[str, Any]] = []
    versions: list[str] = []
    for file in files:
        faults = index.listed_faults(file.name)
        entry: dict[str, Any] = {
            "filename": file.name,
            "url": index.file_url(file.name),
            "hashes": _hashes(file, faults),
            "size": len(file.data) + (7 if "wrong-length" in faults else 0),
            "yanked": file.yanked,
        }
        digest = _metadata_hash(index, file, faults)
        if digest is not None:
            entry["core-metadata"] = {"sha256": digest}
        if file.uploaded is not None:
            entry["upload-time"] = file.uploaded
        if file.requires_python is not None:
            entry["requires-python"] = file.requires_python
        if file.version not in versions:
            versions.append(file.version)
        entries.append(entry)
    page = {
        "meta": {"api-version": "1.1"},
        "name": project,
        "versions": versions,
        "files": entries,
    }
    return json.dumps(page).encode(), _JSON


def _html_page(index: LocalIndex, title: str, files: Iterable[Listed]) -> tuple[bytes, str]:
    """List files as PEP 503, 592 and 658 say; addresses are relative."""
    anchors = []
    for file in files:
        faults = index.listed_faults(file.name)
        up = "../files" if title == "all files" else "../../files"
        hashes = _hashes(file, faults)
        fragment = "".join(f"#{name}={digest}" for name, digest in hashes.items())
        attributes = {"href": f"{up}/{file.name}{fragment}"}
        digest = _metadata_hash(index, file, faults)
        if digest is not None:
            attributes["data-core-metadata"] = f"sha256={digest}"
            attributes["data-dist-info-metadata"] = f"sha256={digest}"
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.yanked is not False:
            attributes["data-yanked"] = file.yanked if isinstance(file.yanked, str) else ""
        shown = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        anchors.append(f"<a {shown}>{file.name}</a><br>")
    return _html(title, anchors), _HTML


def _projects_page(names: list[str], *, wants_json: bool) -> tuple[bytes, str]:
    if wants_json:
        page = {"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]}
        return json.dumps(page).encode(), _JSON
    return _html("all projects", [f'<a href="{name}/">{name}</a><br>' for name in names]), _HTML


def _html(title: str, lines: Iterable[str]) -> bytes:
    head = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>\n"
    return (head + "\n".join(lines) + "\n</body></html>\n").encode()
