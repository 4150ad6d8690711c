"""Doing a thing once, however many threads ask for it at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Once(Generic[K, V]):
    """Answers by key: the first thread that asks does the work, others wait for its answer.

    Errors are answers too: they are raised to all that ask, until :meth:`forget`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[K, Future[V]] = {}

    def get(self, key: K, work: Callable[[], V]) -> V:
        """Return the answer for ``key``, by ``work()`` where nobody asked before."""
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = Future()
        if not mine:
            return answer.result()
        try:
            value = work()
        except Exception as error:
            answer.set_exception(error)
            raise
        except BaseException as error:  # Ctrl-C: those who wait must not hang
            self.forget(key)
            answer.set_exception(error)
            raise
        answer.set_result(value)
        return value

    def known(self, key: K) -> V | None:
        """Return the answer for ``key`` where there is one already, and no error."""
        with self._lock:
            answer = self._answers.get(key)
        if answer is None or not answer.done() or answer.exception() is not None:
            return None
        return answer.result()

    def forget(self, key: K) -> None:
        """Do the work again when next asked."""
        with self._lock:
            self._answers.pop(key, None)
