"""Locks between processes, on a file (``flock``; a locked byte on Windows)."""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from wheelright.outside.files import make_directory, translating

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.outside.reporting import Reporter

_PAUSE: Final = 0.05
_TAKEN: Final = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})
_UNSUPPORTED: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
_BYTE: Final = 0x7FFF0000
"""Windows: the byte that is locked, far behind any content."""


class FileLock:
    """Keeps other processes and threads out while it is held; a context manager.

    ``purpose`` says what is kept for oneself ("the cache"): after ``patience`` seconds of waiting
    the reporter hears it, once. Not reentrant. The folder is made where it lacks. A place that
    cannot be written raises DiskError; one whose file system has no locks is reported and used
    without. The system drops the lock of a process that dies.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        reporter: Reporter,
        *,
        purpose: str = "this folder",
        patience: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = os.fspath(path)
        self._reporter = reporter
        self._purpose = purpose
        self._patience = patience
        self._sleep = sleep
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Wait until the lock is ours."""
        if self._descriptor is not None:
            raise RuntimeError("the lock is held already")
        make_directory(os.path.dirname(self._path) or ".")  # noqa: PTH120
        while True:
            with translating("lock", self._path):
                flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
                descriptor = os.open(self._path, flags, 0o666)
            try:
                with translating("lock", self._path):
                    self._wait(descriptor)
                    current = self._is_current(descriptor)
            except BaseException:
                os.close(descriptor)
                raise
            if current:
                self._descriptor = descriptor
                return
            os.close(descriptor)  # the file was removed or replaced while we waited

    def release(self) -> None:
        """Let others have it. Without a lock, nothing happens."""
        if self._descriptor is not None:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, descriptor: int) -> None:
        started = time.monotonic()
        told = False
        try:
            while not _try_lock(descriptor):
                if not told and time.monotonic() - started >= self._patience:
                    self._reporter.note(
                        f"Waiting for another process that uses {self._purpose} (`{self._path}`)"
                    )
                    told = True
                self._sleep(_PAUSE)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            self._reporter.warn(
                f"The file system of `{self._path}` has no locks: "
                f"do not use {self._purpose} from two processes at a time"
            )

    def _is_current(self, descriptor: int) -> bool:
        """Whether the locked file is still the one that others will open."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))  # noqa: PTH116
        except FileNotFoundError:
            return False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
