"""Packages made to show how time grows with their number and with the number of files.

They are written as a recording that the mirror serves like any other; nothing is downloaded.

Each package needs the two below it in a binary tree and one further on, so that the first needs all
the others. It has five versions; where what needs it excludes the newest, as every tenth does, the
one before that is chosen. Only these two have files and metadata: nobody asks for the others.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from bench.pages import html_page, json_page
from wheelright.store import File

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.cases import Case, Made

_ORIGIN: Final = "made:"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_VERSIONS: Final = ("1.4", "1.3", "1.2", "1.1", "1.0")
_WITH_FILES: Final = 2
_EXCLUDED_EACH: Final = 10
_FOLDER_SIZE: Final = 100
_LINES: Final = tuple(f"def name_{number}():\n    return {number}\n\n\n" for number in range(97))


def make_packages(recording: Path, case: Case) -> None:
    """Write the pages and files of a case, unless they are there."""
    assert case.made is not None
    done = recording / f"{case.name}.done"
    if done.exists():
        return
    print(f"{case.name}: making {case.made.packages} packages", flush=True)
    _put(recording / "origins.json", json.dumps([_ORIGIN]).encode())
    base = case.requirements[0].removesuffix("-0")
    for number in range(case.made.packages):
        _make_package(recording, base, number, case.made)
    _put(done, b"")


def needs(number: int, packages: int) -> Iterator[int]:
    """Yield the numbers of the packages that one needs; always larger ones."""
    wanted = {2 * number + 1, 2 * number + 2, number + 1 + (number * 7 + 3) % 17}
    yield from sorted(other for other in wanted if other < packages)


def _make_package(recording: Path, base: str, number: int, made: Made) -> None:
    name = f"{base}-{number}"
    module = name.replace("-", "_")
    listed = []
    for place, version in enumerate(_VERSIONS):
        wheel = f"{module}-{version}-py3-none-any.whl"
        digest = hashlib.sha256(wheel.encode()).hexdigest()
        size, core = 0, digest
        if place < _WITH_FILES:
            metadata = _metadata(base, number, version, made)
            folder = recording / "files" / "0" / name
            body = _put_wheel(folder / wheel, module, version, metadata, made.files)
            _put(folder / f"{wheel}.metadata", metadata)
            digest, size = hashlib.sha256(body).hexdigest(), len(body)
            core = hashlib.sha256(metadata).hexdigest()
        url = f"{_ORIGIN}/{name}/{wheel}"
        at = f"2025-0{9 - place}-01T00:00:00Z"
        hashes, of_metadata = {"sha256": digest}, {"sha256": core}
        listed.append(File(wheel, url, hashes, size, at, ">=3.8", False, of_metadata))
    for state, offered in (("on", True), ("off", False)):
        for ending, write in (("json", json_page), ("html", html_page)):
            page = write(name, listed, _place, metadata=offered)
            path = recording / "pages" / name / f"{state}.{ending}"
            _put(path, page)
            _put(path.with_name(f"{path.name}.gz"), gzip.compress(page, 6, mtime=0))


def _place(url: str) -> str:
    return "/files/0" + url.removeprefix(_ORIGIN)


def _metadata(base: str, number: int, version: str, made: Made) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {base}-{number}", f"Version: {version}"]
    lines.append("Requires-Python: >=3.8")
    for other in needs(number, made.packages):
        bound = ">=1.0,!=1.4" if other % _EXCLUDED_EACH == 0 else ">=1.0"
        lines.append(f"Requires-Dist: {base}-{other}{bound}")
    return "\n".join([*lines, "", ""]).encode()


def _put_wheel(path: Path, module: str, version: str, metadata: bytes, files: int) -> bytes:
    """Write a wheel of so many files, of which three are its metadata."""
    info = f"{module}-{version}.dist-info"
    members = {f"{module}/__init__.py": b""}
    for number in range(max(0, files - 4)):
        folder = f"{module}/part_{number // _FOLDER_SIZE}"
        members[f"{folder}/file_{number}.py"] = "".join(_LINES[: 5 + number * 31 % 92]).encode()
    members[f"{info}/METADATA"] = metadata
    members[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{name},sha256={_short(body)},{len(body)}" for name, body in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in members.items():
            member = zipfile.ZipInfo(name, _MOMENT)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o100644 << 16
            archive.writestr(member, body)
    return path.read_bytes()


def _short(body: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def _put(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
