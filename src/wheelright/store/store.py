"""The store: wheels unpacked once, under the hash of their archive.

On disk::

    ROOT/CACHEDIR.TAG
    ROOT/wheels/ab/ab12.../wheel.msgpack    the facts (WheelFacts)
    ROOT/wheels/ab/ab12.../tree/            the files, exactly as the archive has them
    ROOT/wheels/ab/ab12.../bytecode/PYTHON/ what a Python made of them (see ``bytecode``)
    ROOT/wheels/.names/ALGORITHM-DIGEST     the SHA-256 of a file known by another hash only
    ROOT/wheels/.new/XXXX/                  what is being added; nobody else looks here

A wheel is committed by one rename of a finished directory, so a reader sees all of it or nothing
and several processes may add the same wheel: the first rename wins, the others drop theirs.

What is flushed: nothing. A killed process leaves only a directory below ``.new``; after a power
cut the file system may have kept the rename and lost the bytes, as with every cache of this
kind, and flushing 12,000 files one by one takes minutes. ``prune`` compares sizes and drops
wheels that lost bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from base64 import urlsafe_b64encode
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from wheelright.outside import files
from wheelright.store.errors import HashMismatch
from wheelright.store.wheel import SCHEMA, StoredWheel, WheelFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wheelright.outside.reporting import Reporter
    from wheelright.store.file import File

# Strongest first: the first that a file names is the one that is checked beside SHA-256.
_ALGORITHMS = ("sha512", "sha384", "sha3_512", "sha3_256", "blake2b", "blake2s", "sha224")
_WEAK_ALGORITHMS = ("sha1", "md5")
# A directory below `.new` that nobody touched for so long belongs to a process that was killed.
_ABANDONED_SECONDS = 24 * 3600.0
# https://bford.info/cachedir/
_CACHE_TAG = "CACHEDIR.TAG"
_CACHE_TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of Wheelright.\n"
# What the systems say where a directory is renamed onto one that holds something.
_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.EACCES, errno.EPERM})
# So many threads unpack at a time: measured on two cores, two take 0.8 s for what one does in
# 1.25 s, and three take longer than two.
_WRITERS = 2
# An archive of at most so many bytes is not written to the disk before it is unpacked.
_MOST_HELD = 4 << 20
_FACTS = "wheel.msgpack"
_TREE = "tree"

_decode = msgspec.msgpack.Decoder(WheelFacts).decode
_encode = msgspec.msgpack.Encoder().encode


class Removed(Struct, frozen=True):
    """An amount of files and their size in ``bytes``: what lay in the store or left it."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.files + other.files, self.bytes + other.bytes)


class Store:
    """The content-addressed store of unpacked wheels below ``root`` (made when first written).

    All methods may be called from several threads and processes at once.
    """

    def __init__(self, root: Path, reporter: Reporter) -> None:
        self.root = root
        self._wheels = os.path.join(root, "wheels")  # noqa: PTH118 (paths are text here, for speed)
        self._reporter = reporter
        self._writing = threading.BoundedSemaphore(_WRITERS)

    def get(self, file: File) -> StoredWheel | None:
        """Find a wheel by the hashes of ``file``; ``None`` where it is not in the store."""
        sha256 = self._known_sha256(file)
        return None if sha256 is None else self._load(sha256, file)

    def add(self, file: File, chunks: Iterable[bytes]) -> StoredWheel:
        """Take in the wheel ``file``, whose bytes are ``chunks``.

        The bytes go to a temporary file, if they are many, and are hashed on their way; nothing is
        unpacked before the hash was compared. A ``file`` without hashes is taken as it comes: its
        hash is then in ``StoredWheel.sha256``, and whether to trust it is the caller's decision.

        Raises :class:`HashMismatch`, :class:`BrokenWheel`, ``UsageError`` for a store that cannot
        be written, and whatever ``chunks`` raises.
        """
        with self._workplace() as place:
            work = str(place)
            archive = f"{work}/archive"
            sha256, data = self._receive(file, chunks, archive)
            found = self._load(sha256, file)
            if found is None:
                with self._writing:
                    found = self._load(sha256, file)
                    found = found or self._unpack(file, sha256, work, data or archive)
            if "sha256" not in file.hashes:
                self._remember(file, sha256)
            return found

    def keep_needs(self, wheel: StoredWheel, needs: Any) -> None:
        """Keep what a wheel's binaries were measured to need, where that was not known.

        In a store that may only be read nothing is kept, and it is measured again next time.
        """
        facts = msgspec.structs.replace(wheel.facts, needs=needs)
        try:
            files.write_atomic(f"{self._place(wheel.sha256)}/{_FACTS}", _encode(facts))
        except files.DiskError:
            self._reporter.debug(f"what `{wheel.file.name}` needs could not be kept in the cache")

    def size(self) -> Removed:
        """Count the files and bytes in the store."""
        return _measure(self._wheels)

    def clean(self, names: Collection[str] | None = None) -> Removed:
        """Remove all wheels, or those of the projects with these normalized names.

        Venvs keep their files unless they link symbolically into the store.
        """
        removed = Removed()
        for sha256 in list(self._hashes()):
            facts = None if names is None else self._facts(sha256)
            if names is None or (facts is not None and facts.name in names):
                removed += self._discard(sha256)
        if names is None:
            removed += _measure(self._wheels)
            files.remove_tree(self._wheels)
        return removed

    def prune(self) -> Removed:
        """Remove what can never be used again.

        Abandoned additions, wheels of another schema, and wheels that lost files or bytes.
        """
        removed = self._remove_abandoned()
        for sha256 in list(self._hashes()):
            facts = self._facts(sha256)
            if facts is None or not _whole(f"{self._place(sha256)}/{_TREE}", facts):
                removed += self._discard(sha256)
        return removed

    def heal(self, file: File) -> bool:
        """Forget a wheel whose files are not what they were; whether it was so.

        A venv that links to the store shares its files, and whoever edits one edits both.
        """
        sha256 = self._known_sha256(file)
        facts = None if sha256 is None else self._facts(sha256)
        if sha256 is None or facts is None or _sound(f"{self._place(sha256)}/{_TREE}", facts):
            return False
        self._discard(sha256)
        return True

    # ---- finding -----------------------------------------------------------------------------

    def _place(self, sha256: str) -> str:
        return f"{self._wheels}/{sha256[:2]}/{sha256}"

    def _facts(self, sha256: str) -> WheelFacts | None:
        try:
            with open(f"{self._place(sha256)}/{_FACTS}", "rb") as file:  # noqa: PTH123 (speed)
                facts = _decode(file.read())
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return None
        return facts if facts.schema == SCHEMA else None

    def _load(self, sha256: str, file: File) -> StoredWheel | None:
        facts = self._facts(sha256)
        if facts is None:
            return None
        return StoredWheel(f"{self._place(sha256)}/{_TREE}", sha256, file, facts)

    def _known_sha256(self, file: File) -> str | None:
        if "sha256" in file.hashes:
            return _hex(file.hashes["sha256"])
        algorithm = _other_algorithm(file)
        if algorithm is None or algorithm in _WEAK_ALGORITHMS:
            return None
        digest = _hex(file.hashes[algorithm])
        try:
            with open(f"{self._wheels}/.names/{algorithm}-{digest}", "rb") as name:  # noqa: PTH123
                return _hex(name.read().decode("ascii"))
        except FileNotFoundError:
            return None

    def _hashes(self) -> Iterator[str]:
        for first in _list(self._wheels):
            if not first.startswith("."):
                yield from _list(f"{self._wheels}/{first}")

    # ---- adding ------------------------------------------------------------------------------

    def _workplace(self) -> AbstractContextManager[Path]:
        """Make a directory of our own on the store's file system; it goes when we leave it."""
        tag = f"{self.root}/{_CACHE_TAG}"
        if not os.path.exists(tag):  # noqa: PTH110 (text)
            files.make_directory(self.root)
            files.write_atomic(tag, _CACHE_TAG_TEXT, lasting=False)
        return files.temporary_directory(f"{self._wheels}/.new", prefix="")

    def _receive(
        self, file: File, chunks: Iterable[bytes], archive: str
    ) -> tuple[str, bytes | None]:
        """Take in the archive while hashing it, compare the hashes, return the SHA-256.

        A small archive is returned too; others are written to ``archive``.
        """
        algorithm = "sha256" if "sha256" in file.hashes else _other_algorithm(file)
        sha256 = hashlib.sha256()
        hasher = sha256
        if algorithm is not None and algorithm != "sha256":
            hasher = hashlib.new(algorithm, usedforsecurity=False)
        received = 0

        def hashed() -> Iterator[bytes]:
            nonlocal received
            for chunk in chunks:
                received += len(chunk)
                sha256.update(chunk)
                if hasher is not sha256:
                    hasher.update(chunk)
                yield chunk

        data = _held(hashed(), archive)
        if algorithm is not None and hasher.hexdigest() != file.hashes[algorithm].lower():
            raise HashMismatch(
                file.name,
                algorithm,
                file.hashes[algorithm].lower(),
                hasher.hexdigest(),
                where=file.url or None,
                received=received,
                size=file.size,
            )
        return sha256.hexdigest(), data

    def _unpack(self, file: File, sha256: str, work: str, archive: str | bytes) -> StoredWheel:
        from wheelright.store.unpack import unpack_wheel

        new = f"{work}/{sha256}"
        files.make_directory(new)
        facts = unpack_wheel(archive, file.name, f"{new}/{_TREE}", self._reporter)
        files.create(f"{new}/{_FACTS}", [_encode(facts)])
        place = self._place(sha256)
        files.make_directory(os.path.dirname(place))  # noqa: PTH120 (text)
        try:
            files.replace(new, place)
        except files.DiskError as error:
            if error.errno not in _OCCUPIED:
                raise
            found = self._load(sha256, file)
            if found is not None:
                return found  # another process was faster
            # What lies there cannot be read (another schema, or damaged): it makes room.
            self._discard(sha256)
            files.replace(new, place)
        return StoredWheel(f"{place}/{_TREE}", sha256, file, facts)

    def _remember(self, file: File, sha256: str) -> None:
        algorithm = _other_algorithm(file)
        if algorithm is None or algorithm in _WEAK_ALGORITHMS:
            return
        names = f"{self._wheels}/.names"
        files.make_directory(names)
        files.write_atomic(
            f"{names}/{algorithm}-{_hex(file.hashes[algorithm])}", sha256.encode("ascii")
        )

    # ---- removing ----------------------------------------------------------------------------

    def _discard(self, sha256: str) -> Removed:
        """Remove one wheel: first out of sight in one step, then file by file."""
        place = self._place(sha256)
        amount = _measure(place)
        with self._workplace() as work:
            try:
                files.replace(place, f"{work}/gone")
            except files.DiskError as error:
                if error.errno != errno.ENOENT:
                    raise
                return Removed()  # another process removed it
        return amount

    def _remove_abandoned(self) -> Removed:
        removed = Removed()
        for name in _list(f"{self._wheels}/.new"):
            path = f"{self._wheels}/.new/{name}"
            try:
                age = time.time() - os.stat(path).st_mtime  # noqa: PTH116 (text)
            except FileNotFoundError:
                continue
            if age > _ABANDONED_SECONDS:
                removed += _measure(path)
                files.remove_tree(path)
        return removed


def _held(chunks: Iterator[bytes], archive: str) -> bytes | None:
    """Return what is small; write what is not to ``archive``."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > _MOST_HELD:
            files.create(archive, chain(held, chunks))
            return None
    if not held:
        files.create(archive, ())
        return None
    return b"".join(held)


def _other_algorithm(file: File) -> str | None:
    for algorithm in (*_ALGORITHMS, *_WEAK_ALGORITHMS):
        if algorithm in file.hashes:
            return algorithm
    return None


def _hex(digest: str) -> str | None:
    """Return a digest that is safe in a path, ``None`` for what is not a digest."""
    text = digest.strip().lower()
    return text if text and not text.strip("0123456789abcdef") else None


def _measure(path: str) -> Removed:
    count = size = 0
    if os.path.isdir(path):  # noqa: PTH112 (text)
        for _, entry in files.walk(path):
            count += 1
            size += entry.stat(follow_symlinks=False).st_size
    return Removed(count, size)


def _list(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path))  # noqa: PTH208 (text)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _sound(tree: str, facts: WheelFacts) -> bool:
    """Whether every file of a wheel has the content that it was stored with."""
    for entry in facts.entries:
        try:
            with open(f"{tree}/{entry.path}", "rb") as file:  # noqa: PTH123 (speed)
                digest = hashlib.file_digest(file, "sha256").digest()
        except OSError:
            return False
        if urlsafe_b64encode(digest).rstrip(b"=").decode("ascii") != entry.digest:
            return False
    return True


def _whole(tree: str, facts: WheelFacts) -> bool:
    try:
        return all(
            os.stat(f"{tree}/{entry.path}").st_size == entry.size  # noqa: PTH116 (speed)
            for entry in facts.entries
        )
    except OSError:
        return False
