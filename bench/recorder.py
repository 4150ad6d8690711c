"""Record what the tools ask for, once, from this machine's default index.

Must live here: the only requests that leave the machine while something is measured or prepared.
The recording is a folder that a plain file server can serve::

    pages/NAME/{on,off}.{json,html}[.gz]   with and without PEP 658
    files/ORIGIN/PATH                      files as they are, and their .metadata
    origins.json                           the places that the numbers ORIGIN stand for
    unknown.json                           projects that the index does not know

A wheel's ``.metadata`` is asked of the index, and read from the wheel by byte ranges where the
index has none, so that the mirror can serve PEP 658 whatever the index serves.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
import zipfile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from bench.pages import html_page, json_page
from wheelright.index.page import parse_page
from wheelright.outside.http import Http, HttpError

if TYPE_CHECKING:
    from pathlib import Path

_ACCEPT: Final = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1"
)
_WINDOW: Final = 64 * 1024


class Recorder:
    """Fetches what the recording lacks; safe for many threads.

    ``misses`` counts what was not there: a measured run during which it grew does not count.
    A ``closed`` one fetches nothing: what it lacks does not exist.
    """

    def __init__(self, folder: Path, http: Http, index: str, *, closed: bool = False) -> None:
        self.folder = folder
        self.closed = closed
        self.http = http
        self.index = index.rstrip("/")
        self.misses = 0
        self._guard = threading.Lock()
        self._under_way: dict[str, threading.Lock] = {}
        self._origins = _load(folder / "origins.json")
        self._unknown = set(_load(folder / "unknown.json"))

    def page(self, name: str) -> bool:
        """Record the pages of a project; false where the index does not know it."""
        with self._alone(f"page {name}"):
            if (self.folder / "pages" / name / "off.html.gz").exists():
                return True
            if name in self._unknown or self.closed:
                return False
            self._missed()
            try:
                answer = self.http.get(f"{self.index}/{name}/", headers={"Accept": _ACCEPT})
            except HttpError as error:
                if error.status != 404:
                    raise
                self._remember_unknown(name)
                return False
            kind = answer.headers.get("content-type", "")
            files = parse_page(answer.body, kind, answer.url)
            folder = self.folder / "pages" / name
            folder.mkdir(parents=True, exist_ok=True)
            for state, metadata in (("on", True), ("off", False)):
                for ending, write in (("json", json_page), ("html", html_page)):
                    body = write(name, files, self._place, metadata=metadata)
                    _put(folder / f"{state}.{ending}", body)
                    _put(folder / f"{state}.{ending}.gz", gzip.compress(body, 6, mtime=0))
            return True

    def file(self, path: str) -> bool:
        """Record ``ORIGIN/PATH``, a file or a wheel's ``.metadata``; false where there is none."""
        with self._alone(f"file {path}"):
            target = self.folder / "files" / path
            if target.exists():
                return True
            number, _, rest = path.partition("/")
            known = number.isdigit() and int(number) < len(self._origins)
            if self.closed or not known or ".." in path:
                return False
            self._missed()
            target.parent.mkdir(parents=True, exist_ok=True)
            url = f"{self._origins[int(number)]}/{rest}"
            try:
                if path.endswith(".metadata"):
                    _put(target, self._metadata(url))
                else:
                    self._download(url, target)
            except HttpError as error:
                if error.status != 404:
                    raise
                return False
            return True

    def _metadata(self, url: str) -> bytes:
        try:
            return self.http.get(url).body
        except HttpError:
            wheel = url.removesuffix(".metadata")
        with zipfile.ZipFile(_Ranges(self.http, wheel)) as archive:
            [name] = [
                name
                for name in archive.namelist()
                if name.endswith(".dist-info/METADATA") and name.count("/") == 1
            ]
            return archive.read(name)

    def _download(self, url: str, target: Path) -> None:
        half = target.with_name(target.name + ".part")
        with self.http.stream(url) as stream, half.open("wb") as file:
            for chunk in stream.chunks:
                file.write(chunk)
        half.replace(target)

    def _place(self, url: str) -> str:
        """Return the address on the mirror of a file of the index."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._guard:
            if origin not in self._origins:
                self._origins.append(origin)
                _put(self.folder / "origins.json", json.dumps(self._origins).encode())
            return f"/files/{self._origins.index(origin)}{unquote(parts.path)}"

    def _remember_unknown(self, name: str) -> None:
        with self._guard:
            self._unknown.add(name)
            _put(self.folder / "unknown.json", json.dumps(sorted(self._unknown)).encode())

    def _missed(self) -> None:
        with self._guard:
            self.misses += 1

    def _alone(self, what: str) -> threading.Lock:
        with self._guard:
            return self._under_way.setdefault(what, threading.Lock())


class _Ranges(io.RawIOBase):
    """A file on a server, read in windows by byte ranges, for ``zipfile``."""

    def __init__(self, http: Http, url: str) -> None:
        super().__init__()
        self._http = http
        self._url = url
        self._at = 0
        self._start, self._window = 0, b""
        tail = http.get(url, headers={"Range": f"bytes=-{_WINDOW}"})
        said = tail.headers.get("content-range", "")
        self._size = int(said.rpartition("/")[2]) if tail.status == 206 else len(tail.body)
        self._start, self._window = self._size - len(tail.body), tail.body

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        wanted = min(len(view), self._size - self._at)
        if wanted <= 0:
            return 0
        if not self._start <= self._at <= self._at + wanted <= self._start + len(self._window):
            end = min(self._size, self._at + max(wanted, _WINDOW))
            asked = {"Range": f"bytes={self._at}-{end - 1}"}
            self._start, self._window = self._at, self._http.get(self._url, headers=asked).body
        first = self._at - self._start
        view[:wanted] = self._window[first : first + wanted]
        self._at += wanted
        return wanted


def _load(path: Path) -> list[str]:
    try:
        return [str(item) for item in json.loads(path.read_bytes())]
    except FileNotFoundError:
        return []


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{threading.get_ident()}.part")
    half.write_bytes(body)
    half.replace(path)
