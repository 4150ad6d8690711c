"""Locks between processes, and between machines that share a directory.

A lock is a file that only one can make (``O_EXCL``, which network file systems keep to as well;
``flock`` may be missing there, or hold on one machine alone). It says who made it: machine, boot,
process and when that started. It goes when the lock is given back; after a kill it stays, and
whoever comes next judges it:

- of this machine: the process is gone, or its number belongs to another one by now: taken over
- of this machine before its last start: taken over
- of another machine, or of another container: waited for. Its holder touches the file every ten
  seconds; where nobody did for a minute, by our own clock, it is taken over

Taking over is safe against others who do the same: only the one who makes the file ``LOCK.TOKEN``,
named after the dead lock, may remove that lock, and looks again before it does.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING, Final, Self

import msgspec
from msgspec import Struct

from wheelright.outside.errors import DiskError
from wheelright.outside.files import make_directory, remove_file, translate, translating
from wheelright.outside.hosts import (
    Host,
    process_start,
    shares_processes,
    this_host,
    was_restarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.outside.reporting import Reporter

_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.2
BEAT: Final = 10.0
"""Seconds between two signs of life of a holder."""
SILENCE: Final = 60.0
"""Seconds without one, after which a holder elsewhere counts as gone."""
_WRITING: Final = 2.0
"""Seconds that a holder may take to say who it is, after it made the file."""
_OLD: Final = 60.0
_GONE: Final = frozenset({errno.ENOENT, errno.ESTALE, errno.ENOTDIR})


class Claim(Struct, frozen=True):
    """Who holds a lock: a process (``start`` tells it from others of that number), ``since`` when.

    ``since`` is a time of its own clock, in seconds since 1970; ``token`` is like no other.
    """

    host: Host
    pid: int
    start: str
    since: float
    token: str

    @classmethod
    def mine(cls) -> Claim:
        """Return a new claim of this process."""
        pid = os.getpid()
        return cls(this_host(), pid, process_start(pid) or "", time.time(), os.urandom(8).hex())

    @property
    def holder(self) -> str:
        """The process in words."""
        here = shares_processes(self.host)
        return f"process {self.pid}" + ("" if here else f" on `{self.host.name}`")


class _Seen(Struct, frozen=True):
    """A lock as it was found: ``claim`` is None where it does not say whose it is."""

    claim: Claim | None
    facts: tuple[int, int, int]  # time in ns, size, inode
    age: float


class FileLock:
    """Keeps other processes, threads and machines out while it is held; a context manager.

    ``purpose`` says what is kept for oneself ("the cache"): after ``patience`` seconds of waiting
    the reporter hears who has it. Not reentrant. The folder is made where it lacks. A place that
    cannot be written raises DiskError.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        reporter: Reporter,
        *,
        purpose: str = "this folder",
        patience: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = os.fspath(path)
        self._reporter = reporter
        self._purpose = purpose
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._claim: Claim | None = None
        self._released = threading.Event()
        self.took_over = False
        """Whether a holder that ended without giving it back may have left things half done."""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Wait until the lock is ours."""
        if self._claim is not None:
            raise RuntimeError("the lock is held already")
        claim = Claim.mine()
        if not self._taken(claim):
            make_directory(os.path.dirname(self._path) or ".")  # noqa: PTH120
            self._wait(claim)
        self._claim = claim
        self._released = threading.Event()
        threading.Thread(
            target=_beat, args=(self._path, claim, self._released), daemon=True
        ).start()

    def release(self) -> None:
        """Let others have it. Without a lock, nothing happens."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        self._released.set()
        seen = _look(self._path)
        if seen is None:
            return  # the whole folder went while it was ours
        if seen.claim == claim:
            remove_file(self._path)
            return
        self._reporter.warn(
            f"The lock of {self._purpose} was taken away while it was held (`{self._path}`):"
            " this process stood still for too long, or somebody removed the file"
        )

    def _taken(self, claim: Claim) -> bool:
        """Try to make the file; a folder that lacks is no error yet."""
        try:
            return _make(self._path, claim)
        except DiskError as error:
            if error.errno in {errno.ENOENT, errno.ENOTDIR}:
                return False
            raise

    def _wait(self, claim: Claim) -> None:
        started = changed = self._clock()
        told: Claim | None = None
        last: tuple[int, int, int] | None = None
        pause = _PAUSE
        while not _make(self._path, claim):
            seen = _look(self._path)
            now = self._clock()
            if seen is None:
                continue  # it was given back this moment
            if seen.facts != last:
                last, changed = seen.facts, now
            end = _why_dead(seen, now - changed)
            if end is not None:
                if _remove_dead(self._path, seen):
                    self.took_over = True
                    self._reporter.note(f"Took over the lock of {end} (`{self._path}`)")
                continue
            if seen.claim != told and seen.claim is not None and now - started >= self._patience:
                told = seen.claim
                self._reporter.note(
                    f"Waiting for {self._purpose}: {told.holder} has it since"
                    f" {_moment(told.since)} (`{self._path}`)"
                )
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _make(path: str, claim: Claim) -> bool:
    """Make the file of a lock; whether nobody else had."""
    with translating("lock", path):
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(path, flags, 0o666)
        except FileExistsError:
            if os.path.isdir(path):  # noqa: PTH112 (text)
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path) from None
            return False
        except PermissionError:
            # Windows says so of a file that is being removed.
            if os.name == "nt" and os.path.lexists(path):
                return False
            raise
        try:
            try:
                os.write(descriptor, msgspec.json.encode(claim))
            finally:
                os.close(descriptor)
        except BaseException:
            os.unlink(path)  # noqa: PTH108 (text)
            raise
    return True


def _look(path: str) -> _Seen | None:
    """Read who holds a lock; ``None`` where nobody does."""
    try:
        # Opened each time: that makes a network file system ask for news.
        with open(path, "rb") as file:  # noqa: PTH123 (text)
            found = os.fstat(file.fileno())
            data = file.read(4096)
    except OSError as error:
        if error.errno in _GONE or (os.name == "nt" and error.errno == errno.EACCES):
            return None
        raise translate(error, "read", path) from error
    try:
        claim = msgspec.json.decode(data, type=Claim)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        claim = None
    facts = (found.st_mtime_ns, found.st_size, found.st_ino)
    return _Seen(claim, facts, time.time() - found.st_mtime)


def _why_dead(seen: _Seen, unchanged: float) -> str | None:
    """Say whose lock it was and how it ended; ``None`` while it must be waited for."""
    claim = seen.claim
    if claim is None:
        # A kill between making and writing; or an older version left it, which locked otherwise.
        if unchanged >= _WRITING or seen.age > _OLD:
            return "a process that ended before it said which it was"
        return None
    if shares_processes(claim.host):
        start = process_start(claim.pid)
        if start is None or (start and claim.start and start != claim.start):
            return f"process {claim.pid}, which ended without giving it back"
        return None
    if was_restarted(claim.host):
        return f"process {claim.pid}, which ended when this machine was restarted"
    if unchanged >= SILENCE:
        return f"{claim.holder}, which has given no sign of life for {SILENCE:.0f} seconds"
    return None


def _remove_dead(path: str, seen: _Seen) -> bool:
    """Remove the lock that was seen, unless another did; whether this call removed it."""
    guard = f"{path}.{seen.claim.token if seen.claim is not None else seen.facts[2]}"
    if not _make(guard, Claim.mine()):
        other = _look(guard)
        if other is not None and _why_dead(other, 0.0) is not None:
            _remove_dead(guard, other)
        return False
    try:
        again = _look(path)
        if again is None or again.claim != seen.claim or again.facts != seen.facts:
            return False
        return remove_file(path)
    finally:
        remove_file(guard)


def _beat(path: str, claim: Claim, released: threading.Event) -> None:
    """Touch a lock that is held, until it is given back."""
    while not released.wait(BEAT):
        seen = _look(path)
        if seen is None or seen.claim != claim:
            return
        try:
            os.utime(path)
        except OSError:
            return  # it is gone, or the disk is; whoever waits will find out
