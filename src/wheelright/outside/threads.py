"""The same work on many items by a few threads, and work that goes on beside the caller's."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def run_all(work: Callable[[T], object], items: Iterable[T], threads: int) -> None:
    """Do ``work`` on every item, in their order as far as threads have one.

    After a failure, Ctrl-C included, what was begun is finished and nothing more is begun; the
    first failure is then raised.
    """
    left = deque(items)
    failures: list[BaseException] = []

    def serve() -> None:
        while not failures:
            try:
                item = left.popleft()
            except IndexError:
                return
            try:
                work(item)
            except BaseException as failure:  # noqa: BLE001 (raised below, by the calling thread)
                failures.append(failure)

    others = [threading.Thread(target=serve) for _ in range(min(threads, len(left)) - 1)]
    for thread in others:
        thread.start()
    serve()
    for thread in others:
        thread.join()
    if failures:
        raise failures[0]


class Begun(Generic[T]):
    """Work on a thread of its own, begun when this is made; it ends with the process at last."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._values: list[T] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            self._values.append(self._work())
        except BaseException as failure:  # noqa: BLE001 (raised to who asks for the result)
            self._failure = failure

    def result(self) -> T:
        """Wait for what came of it; raises what it raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._values[0]
