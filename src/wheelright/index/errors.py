"""What can go wrong with indexes, pages and metadata.

The tree::

    RequestError (exit 1)
    ├── ProjectNotFoundError      no index knows the project; lists the ones asked
    ├── MetadataUnavailableError  every file of a version failed; lists each with its cause
    │   └── NeedsBuildError       only a build can tell; lists the sdists that could be built
    ├── FileUnavailableError      a file could not be fetched from anywhere
    └── InvalidCutoffError        the value of ``--exclude-newer`` is not understood
    UsageError (exit 2)
    ├── IndexUnreachableError     an index did not answer, or refused
    ├── InvalidPageError          an index answered something that is no project page
    ├── NotCachedError            ``--offline``, and the cache does not know
    ├── UnknownIndexError         a source names an index that is not configured
    └── NoDefaultIndexError       this machine has no default index
    InvalidMetadataError          a METADATA or PKG-INFO is broken; always answered by another file
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import RequestError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelright.store import File


class Failure(Struct, frozen=True):
    """Why one file could not answer: its name, and the cause in a few words."""

    file: str
    cause: str

    def __str__(self) -> str:
        return f"`{self.file}`: {self.cause}"


class ProjectNotFoundError(RequestError):
    """No index knows the project. ``asked`` are the URLs of the indexes, in the order asked."""

    def __init__(self, name: str, asked: Sequence[str]) -> None:
        if asked:
            message = f"No index knows the project `{name}`"
            hints = ["check the spelling of the name"]
        else:
            message = f"There is no index to look for the project `{name}`"
            hints = ["allow the index, or give a folder of wheels with `--find-links`"]
        super().__init__(message, details=[f"asked `{url}`" for url in asked], hints=hints)
        self.name = name
        self.asked = tuple(asked)


class IndexUnreachableError(UsageError):
    """An index did not answer, or refused; ``index`` is its URL without credentials."""

    def __init__(
        self, index: str, name: str, cause: str, *, status: int | None = None, hint: str = ""
    ) -> None:
        super().__init__(
            f"The index does not answer for `{name}`: {cause}",
            where=index,
            hints=[hint] if hint else [],
        )
        self.index = index
        self.cause = cause
        self.status = status


class InvalidPageError(UsageError):
    """An index answered with something that is no project page."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(
            f"The answer is no project page: {cause}",
            where=url,
            hints=["check that the URL is that of a simple index (PEP 503, PEP 691)"],
        )
        self.cause = cause


class NotCachedError(UsageError):
    """Something is not in the cache, and the network may not be used."""

    def __init__(self, name: str, asked: Sequence[str]) -> None:
        super().__init__(
            f"The cache does not know `{name}` and the network is off",
            details=[f"not asked: `{url}`" for url in asked],
            hints=["run again without `--offline`"],
        )
        self.name = name


class UnknownIndexError(UsageError):
    """A source names an index that is not configured."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = ", ".join(f"`{one}`" for one in known) or "none"
        super().__init__(
            f"There is no index named `{name}`",
            details=[f"configured: {listed}"],
            hints=["declare it under `[[tool.wheelright.index]]` with this name"],
        )


class NoDefaultIndexError(UsageError):
    """Neither pip's configuration nor the installed pip names an index."""

    def __init__(self) -> None:
        super().__init__(
            "This machine has no default index",
            details=["neither pip's configuration nor an installed pip names one"],
            hints=["give its URL with `--default-index` or `PIP_INDEX_URL`"],
        )


class InvalidMetadataError(RequestError):
    """A METADATA or PKG-INFO file is broken."""


class MetadataUnavailableError(RequestError):
    """No file of a version could answer; ``failures`` holds each file with its cause."""

    def __init__(self, name: str, version: str, failures: Sequence[Failure]) -> None:
        super().__init__(
            f"No file of `{name} {version}` could tell its metadata",
            details=[str(failure) for failure in failures] or ["it has no files"],
        )
        self.name = name
        self.version = version
        self.failures = tuple(failures)


class NeedsBuildError(MetadataUnavailableError):
    """Only a build can tell the metadata. ``files`` are the sdists to build, best first."""

    def __init__(
        self, name: str, version: str, failures: Sequence[Failure], files: Sequence[File]
    ) -> None:
        super().__init__(name, version, failures)
        self.message = f"The metadata of `{name} {version}` can only be had by building it"
        self.files = tuple(files)


class FileUnavailableError(RequestError):
    """A file could not be fetched from its URL nor from any index."""

    def __init__(
        self, name: str, attempts: Sequence[tuple[str, str]], *, offline: bool = False
    ) -> None:
        hint = "lock again if the file has left the index"
        if offline:
            hint = "it is not in the cache: run again without `--offline`"
        super().__init__(
            f"The file `{name}` could not be fetched",
            details=[f"`{url}`: {cause}" for url, cause in attempts],
            hints=[hint],
        )
        self.name = name
        self.attempts = tuple(attempts)


class InvalidCutoffError(RequestError):
    """The value of ``--exclude-newer`` is not understood."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"`{value}` is no point in time",
            hints=["write a date (`2026-03-01`), a time (`2026-03-01T12:00:00Z`) or `7 days`"],
        )
