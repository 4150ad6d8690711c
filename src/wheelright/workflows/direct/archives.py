"""Wheels and sdists that are named by their place: fetched once, measured, asked what they need.

A wheel goes into the store at once; an sdist to ``CACHE/archives/SHA256/NAME``, with the metadata
that a backend told beside it. A URL is never replaced by what an index has under the same name.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from wheelright.index import FileUnavailableError, InvalidMetadataError
from wheelright.index.metadata import read_metadata
from wheelright.outside import files
from wheelright.outside.urls import redact
from wheelright.store import File, HashMismatch
from wheelright.targets import InvalidFileName, parse_wheel_name
from wheelright.workflows.direct.errors import WrongPlaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelright.index import Indexes
    from wheelright.index.metadata import Headers
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context

SDISTS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tbz", ".txz")
HASHES = ("sha256", "sha384", "sha512")


def file_at(url: str, project: str) -> File:
    """Return the file that a URL names, with the hashes in its fragment.

    Raises :class:`WrongPlaceError` where it is neither a wheel nor an sdist.
    """
    parts = urlsplit(url)
    name = unquote(parts.path).rpartition("/")[2]
    hashes = {}
    for part in parts.fragment.split("&"):
        kind, equals, digest = part.partition("=")
        if equals and kind in HASHES:
            hashes[kind] = digest.lower()
    if name.endswith(".whl"):
        try:
            wheel = parse_wheel_name(name)
        except InvalidFileName as fault:
            raise WrongPlaceError(fault.message, where=redact(url)) from None
        if wheel.name != project:
            raise WrongPlaceError(
                f"the place of `{project}` holds a wheel of `{wheel.name}`",
                where=redact(url),
                hints=["name the source after the project, or correct the place"],
            )
    elif not name.lower().endswith(SDISTS):
        raise WrongPlaceError(
            f"the place of `{project}` is neither a wheel nor an sdist",
            where=redact(url),
            hints=["name a file that ends in `.whl`, `.tar.gz` or `.zip`, or a Git repository"],
        )
    return File(name, urlunsplit(parts._replace(fragment="")), hashes)


class Archives(Struct, frozen=True):
    """The files that are named directly, in the cache of a run."""

    context: Context
    indexes: Indexes
    builds: Callable[[], Builds]

    @property
    def root(self) -> Path:
        """Return where sdists are kept."""
        return self.context.cache_directory / "archives"

    def headers(self, file: File, subdirectory: str | None) -> tuple[Headers, File]:
        """Return what an archive says of itself, and the file with SHA-256 and size.

        Raises ``HashMismatch``, what fetching raises, and what a backend has to say.
        """
        if file.is_wheel:
            return self._wheel(file)
        from wheelright.builder import static_metadata, unpack_sdist

        file, place = self._fetched(file)
        name = hashlib.sha256((subdirectory or "").encode()).hexdigest()[:12]
        note = place.parent / f"{name}.metadata"
        if note.is_file():
            return read_metadata(files.read_bytes(note)), file
        with files.temporary_directory(self.context.cache_directory / "builds") as work:
            tree = unpack_sdist(place, work / "source", subdirectory)
            text = static_metadata(tree) or _static(tree) or self.builds().metadata(tree)
        files.write_atomic(note, text)
        return read_metadata(text), file

    def kept(self, file: File) -> File:
        """Return the file as it lies in the cache, where it does."""
        place = self._place(file)
        if place is None or not place.is_file():
            return file
        return msgspec.structs.replace(file, url=place.as_uri())

    def _wheel(self, file: File) -> tuple[Headers, File]:
        stored = self.context.store.get(file) if file.hashes else None
        size = file.size
        if stored is None:
            counted = _Counted()
            with self._opened(file) as chunks:
                stored = self.context.store.add(file, counted.over(chunks))
            size = counted.size
        found = Path(stored.path) / stored.facts.dist_info / "METADATA"
        hashes = {"sha256": stored.sha256}
        measured = msgspec.structs.replace(file, hashes=hashes, size=size)
        return read_metadata(files.read_bytes(found)), measured

    def _fetched(self, file: File) -> tuple[File, Path]:
        known = self._place(file)
        if known is not None and known.is_file():
            size = known.stat().st_size
            return msgspec.structs.replace(file, size=size), known
        with files.temporary_directory(self.root) as work:
            digests = {kind: hashlib.new(kind) for kind in {"sha256", *file.hashes}}
            with (
                self._opened(file) as chunks,
                files.writing(work / file.name) as out,
            ):
                for chunk in chunks:
                    for digest in digests.values():
                        digest.update(chunk)
                    out.write(chunk)
            for kind, expected in file.hashes.items():
                if digests[kind].hexdigest() != expected:
                    raise HashMismatch(file.name, kind, expected, digests[kind].hexdigest())
            hashes = {"sha256": digests["sha256"].hexdigest()}
            file = msgspec.structs.replace(
                file, hashes=hashes, size=(work / file.name).stat().st_size
            )
            place = self._place(file)
            assert place is not None
            files.make_directory(place.parent)
            files.replace(work / file.name, place)
        return file, place

    @contextmanager
    def _opened(self, file: File) -> Iterator[Iterator[bytes]]:
        try:
            with self.indexes.open(file, elsewhere=False) as chunks:
                yield chunks
        except FileUnavailableError as error:
            raise WrongPlaceError(
                f"`{file.name}` could not be fetched",
                where=redact(file.url),
                details=[cause for _, cause in error.attempts],
                hints=["check the address; for a private one, give credentials in the netrc file"],
            ) from None

    def _place(self, file: File) -> Path | None:
        digest = file.hashes.get("sha256")
        return None if digest is None else self.root / digest / file.name


class _Counted:
    """Bytes on their way, counted."""

    def __init__(self) -> None:
        self.size = 0

    def over(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the same chunks."""
        for chunk in chunks:
            self.size += len(chunk)
            yield chunk


def _static(tree: Path) -> bytes | None:
    """Return PKG-INFO where it says that nothing in it is left to a build."""
    try:
        text = (tree / "PKG-INFO").read_bytes()
        return text if read_metadata(text).static else None
    except (OSError, InvalidMetadataError):
        return None


def tree_in(root: Path, subdirectory: str | None, shown: str) -> Path:
    """Return the project in a folder of a tree.

    Raises :class:`WrongPlaceError` for a folder that is not in it, or holds no project.
    """
    tree = root / subdirectory if subdirectory else root
    inside = tree.resolve().is_relative_to(root.resolve())
    if not inside or not tree.is_dir():
        raise WrongPlaceError(
            f"`{shown}` has no folder `{subdirectory}`", hints=["correct `subdirectory`"]
        )
    if not any((tree / name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg")):
        where = f"the folder `{subdirectory}` of `{shown}`" if subdirectory else f"`{shown}`"
        raise WrongPlaceError(
            f"{where} holds no Python project",
            hints=["name the folder of the project with `subdirectory`"],
        )
    return tree
