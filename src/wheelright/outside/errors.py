"""The errors of the world outside: network, disk and processes.

The tree::

    UsageError
    ├── HttpError            a request failed, or its answer is not one that was asked for
    │   └── OfflineError     a request was needed while offline
    ├── DiskError            a file or folder could not be read, written, linked or removed
    └── ProcessError         a program could not be started
        └── ProcessTimeoutError   a program ran longer than it may, and was ended
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class HttpError(UsageError):
    """A request failed.

    ``url`` carries no credentials and no query values. ``status`` is the answer's status, or
    ``None`` where there was no answer (or its body broke off). ``cause`` says why, in a few words
    ("404 Not Found", "connection refused"). ``transient`` tells that a later try may succeed;
    ``retry_after`` is how many seconds the server asks to wait.
    """

    def __init__(
        self,
        url: str,
        cause: str,
        *,
        status: int | None = None,
        transient: bool = False,
        retry_after: float | None = None,
        details: Sequence[str] = (),
        hints: Sequence[str] = (),
    ) -> None:
        super().__init__(f"Could not fetch `{url}`: {cause}", details=details, hints=hints)
        self.url = url
        self.cause = cause
        self.status = status
        self.transient = transient
        self.retry_after = retry_after


class OfflineError(HttpError):
    """The network was needed while it may not be used."""

    def __init__(self, url: str) -> None:
        super().__init__(
            url,
            "the network is off",
            hints=["run again without `--offline` to allow network requests"],
        )


class DiskError(UsageError):
    """A file or folder could not be worked on; ``errno`` is the system's number, if any."""

    def __init__(
        self, message: str, *, errno: int | None, where: str, hints: Sequence[str] = ()
    ) -> None:
        super().__init__(message, where=where, hints=hints)
        self.errno = errno


class ProcessError(UsageError):
    """A program could not be started."""


class ProcessTimeoutError(ProcessError):
    """A program was ended because it ran too long; ``stdout`` and ``stderr`` hold what it said."""

    def __init__(self, message: str, *, stdout: str, stderr: str) -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr
