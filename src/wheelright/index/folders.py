"""Indexes and links on this machine: folders of files, and pages in a tree (``file:``).

Must live here: what only local places know. They are read anew in each session: no cache is
quicker, and none can be stale.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.errors import UsageError
from wheelright.index.page import parse_html, parse_json
from wheelright.store import File

if TYPE_CHECKING:
    from wheelright.index.sources import IndexSource


def list_folder(place: Path, url: str) -> list[File]:
    """List the files of a ``--find-links`` folder (without hashes), or the links of a local page.

    Raises UsageError where there is none, or it can not be read.
    """
    try:
        if not place.is_dir():
            return parse_html(place.read_bytes(), url)
        with os.scandir(place) as entries:
            return [
                File(entry.name, Path(entry.path).as_uri(), {}, entry.stat().st_size)
                for entry in entries
                if entry.is_file()
            ]
    except OSError as error:
        raise UsageError(
            "The place to find links in can not be read",
            where=str(place),
            details=[(error.strerror or type(error).__name__).lower()],
            hints=["check the path given with `--find-links`"],
        ) from error


def read_local_page(source: IndexSource, project: str) -> list[File]:
    """Read a project's page in a tree of ``index.html`` or ``index.json``; empty if there is none.

    Raises UsageError where the tree itself is not there, or can not be read.
    """
    root = source.folder
    assert root is not None
    folder = root / project
    for name, parse in (("index.json", parse_json), ("index.html", parse_html)):
        try:
            return parse((folder / name).read_bytes(), f"{source.page_url(project)}{name}")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UsageError(
                "The index can not be read",
                where=str(folder / name),
                details=[(error.strerror or type(error).__name__).lower()],
            ) from error
    if not root.is_dir():
        raise UsageError(
            "The index is no folder", where=str(root), hints=["check the URL of the index"]
        )
    return []
