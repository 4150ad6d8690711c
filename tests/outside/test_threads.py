"""Work on many items by a few threads."""

from __future__ import annotations

import threading

import pytest

from wheelright.outside.threads import run_all


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_all_items_are_worked_on_once(threads: int) -> None:
    done: list[int] = []
    run_all(done.append, range(100), threads)
    assert sorted(done) == list(range(100))


def test_nothing_is_done_with_nothing() -> None:
    run_all(pytest.fail, [], 4)


def test_two_threads_work_at_once() -> None:
    # Each waits for the other: one thread alone would break the barrier.
    barrier = threading.Barrier(2, timeout=10)
    run_all(lambda _item: barrier.wait(), [1, 2], 2)


def test_a_failure_is_raised_and_nothing_is_begun_after_it() -> None:
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 3:
            raise ValueError(item)

    with pytest.raises(ValueError, match="3"):
        run_all(work, range(10), 1)
    assert begun == [0, 1, 2, 3]


def test_what_another_thread_began_is_finished_after_a_failure() -> None:
    failed, finished = threading.Event(), []

    def work(item: str) -> None:
        if item == "fails":
            failed.set()
            raise KeyboardInterrupt
        failed.wait(10)
        finished.append(item)

    with pytest.raises(KeyboardInterrupt):
        run_all(work, ["goes on", "fails", "never"], 2)
    assert finished == ["goes on"]
