"""The same work on many items, by a few threads, the calling one among them."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

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
