"""Doing things once, for many threads."""

from __future__ import annotations

import threading

import pytest

from wheelright.outside.once import Once
from wheelright.outside.threads import begin


def test_the_work_is_done_once_for_all_who_ask() -> None:
    once, done, asked = Once[str, int](), list[int](), threading.Barrier(4, timeout=10)

    def work() -> int:
        asked.wait()  # the first holds the work back until the others have asked
        done.append(1)
        return 7

    first = begin(lambda: once.get("a", work))
    others = [begin(lambda: (asked.wait(), once.get("a", work))[1]) for _ in range(3)]
    assert [job.result() for job in (first, *others)] == [7] * 4
    assert (done, once.known("a"), once.known("b")) == ([1], 7, None)


def test_an_error_is_an_answer_until_it_is_forgotten() -> None:
    once, tries = Once[str, int](), list[int]()

    def work() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("no")
        return 3

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            once.get("a", work)
    assert (tries, once.known("a")) == ([1], None)
    once.forget("a")
    assert once.get("a", work) == 3


def test_an_interrupt_is_no_answer_for_later() -> None:
    once = Once[str, int]()

    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once.get("a", interrupted)
    assert once.get("a", lambda: 2) == 2
