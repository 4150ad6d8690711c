"""What an index says of one project: its releases, newest first, and their files.

Must live here: grouping files by version, ordering, and merging what several places say.
Must not live here: how pages are written (``page``) or kept (``cache``).
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from wheelright.store import File
from wheelright.targets.errors import InvalidFileName
from wheelright.targets.filenames import (
    normalize_name,
    parse_sdist_name,
    parse_wheel_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wheelright.index.versions import VersionKey

_DECODE_FILES = msgspec.msgpack.Decoder(tuple[File, ...])
_ENCODE_FILES = msgspec.msgpack.Encoder()
_TAG = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"

_PURE = ("-py3-none-any.whl", "-py2.py3-none-any.whl")
_PLAIN_PURE = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?-[0-9][A-Za-z0-9.!+_]*-(?:py2\.)?py3-none-any\.whl",
    re.ASCII,
)
"""The name of such a wheel, as nearly all are written."""


class Summary(msgspec.Struct, frozen=True, array_like=True):
    """What choosing a release depends on, so that its files need not be read for that.

    ``wheels`` and ``sdists`` say whether it has any. ``requires_python`` is that of the first file
    that states one. ``yanked`` is true, or the first reason, where every file is yanked.
    ``uploads`` are the times of the oldest and the newest file in seconds since the epoch; ``None``
    where the time of any is not known. ``pure`` says that it surely has a wheel for any Python 3.
    """

    wheels: bool
    sdists: bool
    requires_python: str | None
    yanked: bool | str
    uploads: tuple[float, float] | None
    pure: bool = False


def upload_time(file: File) -> datetime | None:
    """Return when a file was uploaded (aware; UTC where no offset is told), if that is known."""
    return None if file.uploaded is None else _instant(file.uploaded)


def _summarised(files: tuple[File, ...]) -> Summary:
    wheels, pure, python = 0, False, None
    for file in files:
        name = file.name
        if name.endswith(".whl"):
            wheels += 1
            if not pure and name.endswith(_PURE):
                pure = _is_readable(name)
        if python is None:
            python = file.requires_python or None
    yanked: bool | str = False
    if files and files[0].yanked is not False and all(file.yanked is not False for file in files):
        yanked = next((file.yanked for file in files if isinstance(file.yanked, str)), True)
    return Summary(wheels > 0, wheels < len(files), python, yanked, _uploads(files), pure)


def _is_readable(name: str) -> bool:
    if _PLAIN_PURE.fullmatch(name):
        return True
    try:
        parse_wheel_name(name)
    except InvalidFileName:
        return False
    return True


def _uploads(files: tuple[File, ...]) -> tuple[float, float] | None:
    """Return the times of the oldest and the newest file, where those of all are known."""
    texts = [file.uploaded or "" for file in files]
    if len(texts) > 2:
        forms = {(len(text), text[-1:]) for text in texts}
        if len(forms) == 1 and texts[0].endswith("Z"):
            # One form, UTC: the order of the texts is that of the times.
            texts = [min(texts), max(texts)]
    times = [time for text in texts if (time := _instant(text)) is not None]
    if not times or len(times) < len(texts):
        return None
    return min(times).timestamp(), max(times).timestamp()


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


class Packed(Protocol):
    """The files of the releases of a page, where they are kept."""

    def take(self, version: str, number: int, mark: int) -> bytes:
        """Return the files of a release as :func:`pack_files` made them.

        ``number`` is its place on the page, ``mark`` what is known to stand for its files.
        """


def pack_files(files: tuple[File, ...]) -> bytes:
    """Return files as the cache holds them."""
    return _ENCODE_FILES.encode(files)


class Release(Struct, eq=False):
    """One version of a project on one index, and its files in the order of their names.

    ``version`` is the normalized version as text, ``index`` the URL of the index (no credentials).
    A value: it never changes. Not a frozen one because files that come from the cache are read
    when they are first asked for: most releases of a project never are. The other fields are how
    the cache has them, in the order in which it gives them.
    """

    version: str
    _files: tuple[File, ...] | None
    index: str
    _packed: Packed | None = None
    _summary: Summary | None = None
    _mark: int | None = None
    _number: int = 0

    @property
    def files(self) -> tuple[File, ...]:
        """The files, sorted by name."""
        files = self._files
        if files is None:
            files = self._files = _DECODE_FILES.decode(self.pack())
            self._packed = None
        return files

    def pack(self) -> bytes:
        """Return the files as the cache holds them, decoded only where they were before."""
        if self._files is not None:
            return pack_files(self._files)
        assert self._packed is not None
        return self._packed.take(self.version, self._number, self._mark or 0)

    @property
    def summary(self) -> Summary:
        """What its files say together; known without reading them where the cache kept it."""
        summary = self._summary
        if summary is None:
            summary = self._summary = _summarised(self.files)
        return summary

    @property
    def mark(self) -> int:
        """A number that stands for its files: another one where anything about them differs."""
        mark = self._mark
        if mark is None:
            mark = self._mark = zlib.crc32(self.pack())
        return mark

    @property
    def packed(self) -> Packed | None:
        """The files as the cache holds them, where they were not read yet."""
        return self._packed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Release):
            return NotImplemented
        same = self.version == other.version and self.index == other.index
        return same and self.files == other.files

    def __hash__(self) -> int:
        return hash((self.version, self.index))

    def __repr__(self) -> str:
        return f"Release({self.version!r}, {self.files!r}, {self.index!r})"


class ProjectPage(Struct, frozen=True):
    """What is known of a project: its ``releases``, newest first.

    ``name`` is normalized; ``index`` is the URL of the index that knows it (no credentials) and
    ``index_name`` its configured name. With ``unsafe-first-match`` the releases of later indexes
    follow after all those of earlier ones, each part newest first.
    """

    name: str
    index: str
    index_name: str | None
    releases: tuple[Release, ...]


_OWNER = re.compile(r"[A-Za-z0-9_.]+", re.ASCII)
_VERSION = re.compile(r"[0-9vV][A-Za-z0-9.!+_]*", re.ASCII)
_TAGS = re.compile(rf"(?:[0-9]+[^-]*-)?{_TAG}-{_TAG}-{_TAG}\.whl", re.ASCII)


@lru_cache(maxsize=1 << 13)
def _ends_wheel(text: str) -> bool:
    """Whether this may follow the version in the name of a wheel: few differ in that."""
    return _TAGS.fullmatch(text) is not None


def _version_reader(project: str) -> Callable[[str], str | None]:
    """Return a function that finds the version in a file's name; None where it is not ours."""
    ours: dict[str, bool] = {}
    versions: dict[str, bool] = {}

    def read(name: str) -> str | None:
        owner, _, rest = name.partition("-")
        mine = ours.get(owner)
        if mine is None:
            mine = _OWNER.fullmatch(owner) is not None and normalize_name(owner) == project
            ours[owner] = mine
        if name.endswith(".whl"):
            version, _, end = rest.partition("-")
            if not mine or not _ends_wheel(end):
                return None
        elif mine and name.endswith(".tar.gz") and rest[:1].isdecimal():
            version = rest[:-7]
        else:
            return parse_sdist_name(name, project)
        right = versions.get(version)
        if right is None:
            right = versions[version] = _VERSION.fullmatch(version) is not None
        if right:
            return version
        return None if name.endswith(".whl") else parse_sdist_name(name, project)

    return read


def group_files(project: str, files: Iterable[File], index: str) -> tuple[Release, ...]:
    """Group a project's files by version, newest first, whatever the order they come in.

    Left out: what is neither a wheel nor an sdist, what belongs to another project, and what has
    no valid version (PEP 440). Two spellings of a version are one release, named by the longer.
    """
    from wheelright.index.versions import order_of

    read = _version_reader(project)
    spelled: dict[str, dict[str, File]] = {}
    for file in files:
        name = file.name
        text = read(name)
        if text is None:
            continue
        known = spelled.get(text)
        if known is None:
            spelled[text] = {name: file}
        elif name not in known or _rank(file) < _rank(known[name]):
            known[name] = file
    versions: dict[VersionKey, tuple[str, dict[str, File]]] = {}
    for text in sorted(spelled):
        read_version = order_of(text)
        if read_version is None:
            continue
        key, shown = read_version
        if key in versions:
            other, found = versions[key]
            found.update(spelled[text])
            versions[key] = (max(shown, other, key=len), found)
        else:
            versions[key] = (shown, spelled[text])
    ordered = sorted(versions.items(), key=itemgetter(0), reverse=True)
    return tuple(
        [
            Release(shown, tuple([found[name] for name in sorted(found)]), index)
            for _, (shown, found) in ordered
        ]
    )


def _rank(file: File) -> tuple[bool, str, str]:
    """Order two entries of one name: one with a hash first, then by text, never by place."""
    return (not file.hashes, repr(sorted(file.hashes.items())), file.url)


def _sorted(files: Iterable[File]) -> tuple[File, ...]:
    return tuple(sorted(files, key=lambda file: file.name))


def merge_releases(parts: list[tuple[Release, ...]]) -> tuple[Release, ...]:
    """Join the releases of several places, newest first; earlier places win for a file name."""
    from packaging.version import Version

    parts = [part for part in parts if part]
    if len(parts) < 2:
        return parts[0] if parts else ()
    merged: dict[Version, Release] = {}
    for release in (release for part in parts for release in part):
        version = Version(release.version)
        known = merged.get(version)
        if known is None:
            merged[version] = release
            continue
        files = {file.name: file for file in (*release.files, *known.files)}
        shown = max(known.version, release.version, key=len)
        merged[version] = Release(shown, _sorted(files.values()), known.index)
    return tuple(merged[version] for version in sorted(merged, reverse=True))


def chain_releases(parts: list[tuple[Release, ...]]) -> tuple[Release, ...]:
    """Put the releases of later places after those of earlier ones, each version once."""
    from packaging.version import Version

    chained: dict[Version, Release] = {}
    for release in (release for part in parts for release in part):
        chained.setdefault(Version(release.version), release)
    return tuple(chained.values())
