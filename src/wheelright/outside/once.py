"""Doing a thing once, however many threads ask for it at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class _Answer(Generic[V]):
    """A value or an error, once it is there."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.values: list[V] = []
        self.error: BaseException | None = None

    def give(self, value: V) -> None:
        """Let all have the value who wait for it."""
        self.values.append(value)
        self.there.set()

    def fail(self, error: BaseException) -> None:
        """Let all who wait have the error."""
        self.error = error
        self.there.set()

    def wait(self) -> V:
        """Return the value once it is there, or raise the error."""
        self.there.wait()
        if self.error is not None:
            raise self.error
        return self.values[0]


class Once(Generic[K, V]):
    """Answers by key: the first thread that asks does the work, others wait for its answer.

    Errors are answers too: they are raised to all that ask, until :meth:`forget`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[K, _Answer[V]] = {}

    def get(self, key: K, work: Callable[[], V]) -> V:
        """Return the answer for ``key``, by ``work()`` where nobody asked before."""
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = _Answer()
        if not mine:
            return answer.wait()
        try:
            value = work()
        except Exception as error:
            answer.fail(error)
            raise
        except BaseException as error:  # Ctrl-C: those who wait must not hang
            self.forget(key)
            answer.fail(error)
            raise
        answer.give(value)
        return value

    def known(self, key: K) -> V | None:
        """Return the answer for ``key`` where there is one already, and no error."""
        with self._lock:
            answer = self._answers.get(key)
        if answer is None or not answer.values:
            return None
        return answer.values[0]

    def forget(self, key: K) -> None:
        """Do the work again when next asked."""
        with self._lock:
            self._answers.pop(key, None)
