"""Project pages as the mirror serves them: PEP 691 JSON and PEP 503 HTML, from one list of files.

A file's address is ``/files/ORIGIN/PATH``, relative to the mirror's root, so that a page holds on
any port; ORIGIN is the number of the place it was recorded from (``recorder.Origins``).
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wheelright.store import File

JSON: Final = "application/vnd.pypi.simple.v1+json"
HTML: Final = "text/html; charset=utf-8"
SDIST_ENDINGS: Final = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")


def json_page(
    name: str, files: Sequence[File], place: Callable[[str], str], *, metadata: bool
) -> bytes:
    """Write the page of a project; ``place`` turns a file's address into the mirror's.

    With ``metadata`` every wheel offers a PEP 658 file, as on PyPI. A size is given where the
    recorded page gave one.
    """
    page = {
        "meta": {"api-version": "1.1"},
        "name": name,
        "versions": list(dict.fromkeys(_version(file.name, name) for file in files)),
        "files": [_entry(file, place(file.url), metadata=metadata) for file in files],
    }
    return json.dumps(page, separators=(",", ":")).encode()


def _entry(file: File, url: str, *, metadata: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.name,
        "hashes": file.hashes,
        "url": url,
        "yanked": file.yanked,
    }
    if file.size is not None:
        entry["size"] = file.size
    if file.uploaded is not None:
        entry["upload-time"] = file.uploaded
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    offered = (file.metadata or file.is_wheel) if metadata else False
    entry["core-metadata"] = entry["data-dist-info-metadata"] = offered
    return entry


def html_page(
    name: str, files: Sequence[File], place: Callable[[str], str], *, metadata: bool
) -> bytes:
    """Write the page of a project for clients that ask for HTML."""
    lines = []
    for file in files:
        fragment = "".join(f"#{kind}={digest}" for kind, digest in file.hashes.items())
        attributes = {"href": place(file.url) + fragment}
        if file.requires_python is not None:
            attributes["data-requires-python"] = file.requires_python
        if file.yanked is not False:
            attributes["data-yanked"] = file.yanked if isinstance(file.yanked, str) else ""
        if metadata and file.is_wheel:
            attributes["data-core-metadata"] = "true"
            attributes["data-dist-info-metadata"] = "true"
        said = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {said}>{file.name}</a><br />\n")
    head = f"<!DOCTYPE html>\n<html><head><title>Links for {name}</title></head><body>\n"
    return (head + "".join(lines) + "</body></html>\n").encode()


def _version(filename: str, name: str) -> str:
    """Return the version in a file's name, near enough for the list that no tool reads."""
    if filename.endswith(".whl"):
        return filename.split("-")[1]
    for ending in SDIST_ENDINGS:
        if filename.endswith(ending):
            return filename[len(name) + 1 : -len(ending)]
    return filename[len(name) + 1 :]
