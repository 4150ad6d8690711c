"""Doing a thing once, however many threads ask for it at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from wheelright.outside.threads import Job

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
        self._answers: dict[K, Job[V]] = {}

    def get(self, key: K, work: Callable[[], V]) -> V:
        """Return the answer for ``key``, by ``work()`` where nobody asked before."""
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = Job(work)
        if mine:
            answer.run()
            if not isinstance(answer.failure, Exception | None):  # Ctrl-C is no answer for later
                self.forget(key)
        return answer.result()

    def known(self, key: K) -> V | None:
        """Return the answer for ``key`` where there is one already, and no error."""
        with self._lock:
            answer = self._answers.get(key)
        return None if answer is None else answer.peek()

    def forget(self, key: K) -> None:
        """Do the work again when next asked."""
        with self._lock:
            self._answers.pop(key, None)
