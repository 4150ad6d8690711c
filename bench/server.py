"""The mirror as a small threaded server: it answers from the recording, and records what it lacks.

It stands behind nginx for what is not recorded yet, and alone where there is no nginx or answers
are to be delayed.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote

from bench.pages import HTML, JSON

if TYPE_CHECKING:
    from pathlib import Path

    from bench.recorder import Recorder

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
FILE_AGE: Final = "max-age=365000000, immutable, public"


@dataclass(frozen=True, slots=True)
class Mode:
    """How a mirror answers: the age that pages may have, in seconds, and PEP 658 on or off."""

    name: str
    max_age: int = 600
    metadata: bool = True


@dataclass(frozen=True, slots=True)
class _Found:
    body: bytes
    kind: str
    tag: str
    age: str
    packed: bool = False


class RecordingServer(ThreadingHTTPServer):
    """Serves one mode on a port of its own; a context manager. ``delay`` is in seconds."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, recorder: Recorder, mode: Mode, log: Path, delay: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.recorder = recorder
        self.mode = mode
        self.delay = delay
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self._log.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of tools that hang up early; whatever else happened is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def port(self) -> int:
        """The port it listens on, on the loopback address."""
        return int(self.server_address[1])

    def note(self, method: str, status: int, size: int, path: str) -> None:
        """Write a line of the log, in the same form as nginx does."""
        self._log.write(f"{method} {status} {size} {path}\n")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: RecordingServer

    def do_GET(self) -> None:
        if self.server.delay:
            time.sleep(self.server.delay)
        path = unquote(self.path.partition("?")[0])
        try:
            found = self._find(path)
        except Exception as error:  # noqa: BLE001 (whatever it is, the tool must hear of it)
            self.send_error(502, type(error).__name__, str(error))
            return
        if found is None:
            self._reply(404, b"not known", {"Content-Type": "text/plain"})
            return
        headers = {"Content-Type": found.kind, "ETag": found.tag, "Cache-Control": found.age}
        if found.packed:
            headers["Content-Encoding"] = "gzip"
        if self.headers.get("if-none-match") == found.tag:
            self._reply(304, b"", headers)
            return
        self._ranged(found, headers)

    do_HEAD = do_GET  # noqa: N815 (named by the base class)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as above)
        """Say nothing: `note` keeps the log."""

    def _ranged(self, found: _Found, headers: dict[str, str]) -> None:
        body, total = found.body, len(found.body)
        asked = None if found.packed else _RANGE.fullmatch(self.headers.get("range", ""))
        if asked is None or not any(asked.groups()):
            self._reply(200, body, headers)
            return
        if asked[1]:
            start, stop = int(asked[1]), min(int(asked[2] or total), total - 1) + 1
        else:
            start, stop = max(0, total - int(asked[2])), total
        if start >= stop:
            self._reply(416, b"", {"Content-Range": f"bytes */{total}"})
            return
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
        self._reply(206, body[start:stop], headers)

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Accept-Ranges", "bytes")
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = b"" if self.command == "HEAD" or status == 304 else body
        self.wfile.write(sent)
        self.server.note(self.command, status, len(sent), self.path)

    def _find(self, path: str) -> _Found | None:
        recorder, mode = self.server.recorder, self.server.mode
        if match := re.fullmatch(r"/simple/([a-z0-9-]+)/", path):
            if not recorder.page(match[1]):
                return None
            wants_json = JSON in self.headers.get("accept", "")
            packed = "gzip" in self.headers.get("accept-encoding", "")
            state = "on" if mode.metadata else "off"
            name = f"{state}.{'json' if wants_json else 'html'}{'.gz' if packed else ''}"
            file = recorder.folder / "pages" / match[1] / name
            age = f"max-age={mode.max_age}, public"
            return _read(file, JSON if wants_json else HTML, age, packed=packed)
        if not path.startswith("/files/") or (path.endswith(".metadata") and not mode.metadata):
            return None
        place = path.removeprefix("/files/")
        if not recorder.file(place):
            return None
        return _read(recorder.folder / "files" / place, "application/octet-stream", FILE_AGE)


def _read(file: Path, kind: str, age: str, *, packed: bool = False) -> _Found:
    state = file.stat()
    tag = f'"{int(state.st_mtime):x}-{state.st_size:x}"'  # as nginx makes them
    return _Found(file.read_bytes(), kind, tag, age, packed)
