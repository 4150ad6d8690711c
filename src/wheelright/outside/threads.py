"""The same work on many items by a few threads, and work that goes on beside the caller's."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def run_all(
    work: Callable[[T], object],
    items: Iterable[T],
    threads: int,
    *,
    stop: Callable[[], object] = lambda: None,
) -> None:
    """Do ``work`` on every item, in their order as far as threads have one.

    After a failure, Ctrl-C included, nothing more is begun, ``stop`` is called, which may cut short
    what was begun, and the first failure is raised once that has come to its end.
    """
    left = deque(items)
    failures: list[BaseException] = []

    def fail(failure: BaseException) -> None:
        failures.append(failure)
        stop()

    def serve() -> None:
        while not failures and left:
            try:
                _work_on_next(work, left)
            except BaseException as failure:  # noqa: BLE001 (raised below, by the calling thread)
                fail(failure)

    others = [_Helper(serve) for _ in range(min(threads, len(left)) - 1)]
    try:
        for helper in others:
            helper.start()
        serve()
        _wait_for(others)
    except BaseException as failure:  # noqa: BLE001 (raised below, once the others have ended)
        fail(failure)
        # One that has no identity yet will find that nothing more is to be begun.
        _wait_for(helper for helper in others if helper.ident is not None)
    if failures:
        raise failures[0]


def _work_on_next(work: Callable[[T], object], left: deque[T]) -> None:
    try:
        item = left.popleft()
    except IndexError:  # another thread was quicker
        return
    work(item)


class _Helper(threading.Thread):
    """A thread that can be waited for: ``join`` takes it for ended once an interrupt came."""

    def __init__(self, serve: Callable[[], None]) -> None:
        super().__init__()
        self.job = Job(serve)

    def run(self) -> None:
        """Serve."""
        self.job.run()


def _wait_for(helpers: Iterable[_Helper]) -> None:
    for helper in helpers:
        helper.job.result()


class DroppedError(Exception):
    """Work was not begun, since nobody waits for it any more."""


class Job(Generic[T]):
    """What comes of a piece of work, sooner or later.

    The standard library's futures do more, and bring ``logging`` along: 7 ms.
    """

    __slots__ = ("_acts", "_failure", "_lock", "_over", "_values", "_work")

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._values: list[T] = []
        self._failure: BaseException | None = None
        self._acts: list[Callable[[Job[T]], object]] = []
        self._lock = threading.Lock()
        self._over = threading.Event()

    @classmethod
    def of(cls, value: T) -> Job[T]:
        """Return a job that is done: nothing had to be worked on."""
        job = cls(lambda: value)
        job.run()
        return job

    @property
    def failure(self) -> BaseException | None:
        """What the work raised, once it is over."""
        return self._failure

    def peek(self) -> T | None:
        """Return what came of it; None where it is not over, or failed."""
        return next(iter(self._values), None)

    def run(self) -> None:
        """Do the work, on this thread."""
        try:
            self._values.append(self._work())
        except BaseException as failure:  # noqa: BLE001 (raised to who asks for the result)
            self._failure = failure
        self._end()

    def drop(self) -> None:
        """Leave the work undone; who asks for the result gets DroppedError."""
        self._failure = DroppedError()
        self._end()

    def then(self, act: Callable[[Job[T]], object]) -> None:
        """Act once it is over: on the thread that ends it, or now."""
        with self._lock:
            if not self._over.is_set():
                self._acts.append(act)
                return
        act(self)

    def result(self) -> T:
        """Wait for what came of it; raises what the work raised."""
        self._over.wait()
        if self._failure is not None:
            raise self._failure
        return self._values[0]

    def _end(self) -> None:
        with self._lock:
            self._over.set()
        for act in self._acts:
            act(self)


def begin(work: Callable[[], T]) -> Job[T]:
    """Begin work on a thread of its own, which does not outlive the process."""
    job = Job(work)
    threading.Thread(target=job.run, daemon=True).start()
    return job


class Team:
    """Threads that work on jobs in the order in which they come, ``most`` at a time.

    A thread ends where nothing is left to do, so that nobody need send it home.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._left: deque[Job[Any]] = deque()
        self._threads = 0
        self._lock = threading.Lock()

    def start(self, work: Callable[[], T]) -> Job[T]:
        """Return the job that is worked on as soon as a thread is free."""
        job = Job(work)
        with self._lock:
            self._left.append(job)
        self._hire()
        return job

    def drop_all(self) -> None:
        """Drop the jobs that nobody has begun; what was begun is finished."""
        with self._lock:
            left = list(self._left)
            self._left.clear()
        for job in left:
            job.drop()

    def _hire(self) -> None:
        with self._lock:
            one_more = bool(self._left) and self._threads < self._most
            self._threads += one_more
        if one_more:
            threading.Thread(target=self._serve, name=self._name).start()

    def _serve(self) -> None:
        try:
            while (job := self._next()) is not None:
                job.run()
        except BaseException:  # what follows a job is at fault: nobody may wait for this thread
            with self._lock:
                self._threads -= 1
            self._hire()
            raise

    def _next(self) -> Job[Any] | None:
        with self._lock:
            if self._left:
                return self._left.popleft()
            self._threads -= 1
            return None
