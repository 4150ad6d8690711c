"""Work on many items by a few threads."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from wheelright.outside.threads import DroppedError, Job, Team, begin, run_all


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


def test_what_goes_on_can_be_cut_short_after_a_failure() -> None:
    begun, stopped = threading.Event(), threading.Event()

    def work(item: str) -> None:
        if item == "fails":
            assert begun.wait(10)
            raise ValueError(item)
        begun.set()
        assert stopped.wait(10)

    with pytest.raises(ValueError, match="fails"):
        run_all(work, ["goes on", "fails", "never"], 2, stop=stopped.set)


@pytest.mark.skipif(os.name == "nt", reason="no signal is sent to a thread there")
def test_an_interrupt_stops_the_others_and_waits_for_them() -> None:
    main, begun, stopped = threading.main_thread(), threading.Event(), threading.Event()
    finished: list[str] = []

    def work(item: str) -> None:
        if threading.current_thread() is main:
            assert begun.wait(10)
            return
        begun.set()
        assert main.ident is not None
        signal.pthread_kill(main.ident, signal.SIGINT)
        assert stopped.wait(10)
        finished.append(item)

    with pytest.raises(KeyboardInterrupt):
        run_all(work, ["one"] * 2, 2, stop=stopped.set)
    assert finished == ["one"]


def test_a_job_tells_what_came_of_it() -> None:
    assert Job.of(3).result() == 3
    assert begin(lambda: "done").result() == "done"
    failing = begin(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        failing.result()
    assert isinstance(failing.failure, ZeroDivisionError)
    assert (failing.peek(), Job.of(0).failure, Job.of(4).peek()) == (None, None, 4)


def test_what_follows_a_job_is_done_once_it_is_over() -> None:
    free, followed, told = threading.Event(), threading.Event(), list[Job[bool]]()
    job = begin(lambda: free.wait(10))
    job.then(told.append)
    job.then(lambda _job: followed.set())
    assert told == []
    free.set()
    assert followed.wait(10)
    assert told == [job]
    job.then(told.append)
    assert (told, job.result()) == ([job, job], True)


def test_a_team_works_on_as_much_as_it_has_threads_for_and_in_order() -> None:
    barrier, begun = threading.Barrier(3, timeout=10), list[int]()
    team = Team(2, "test")

    def work(item: int) -> int:
        begun.append(item)
        barrier.wait()
        return item

    jobs = [team.start(lambda item=item: work(item)) for item in range(4)]  # type: ignore[misc]
    barrier.wait()
    assert sorted(begun[:2]) == [0, 1]
    barrier.wait()
    assert [job.result() for job in jobs] == [0, 1, 2, 3]
    assert team.start(lambda: "once more").result() == "once more"


def test_what_nobody_began_can_be_dropped() -> None:
    begun, free, team = threading.Event(), threading.Event(), Team(1, "test")

    def work() -> bool:
        begun.set()
        return free.wait(10)

    first, second = team.start(work), team.start(pytest.fail)
    assert begun.wait(10)
    team.drop_all()
    assert isinstance(second.failure, DroppedError)
    with pytest.raises(DroppedError):
        second.result()
    free.set()
    assert first.result()


def test_a_team_goes_on_after_a_failure() -> None:
    team = Team(1, "test")
    jobs = [team.start(work) for work in (lambda: 1 // 0, lambda: 2)]
    assert jobs[1].result() == 2
    with pytest.raises(ZeroDivisionError):
        jobs[0].result()


def test_a_team_goes_on_after_a_fault_of_what_follows_a_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults, seen = list[type[BaseException]](), threading.Event()

    def hook(told: threading.ExceptHookArgs) -> None:
        faults.append(told.exc_type)
        seen.set()

    def fail(_job: Job[bool]) -> None:
        raise LookupError

    monkeypatch.setattr(threading, "excepthook", hook)
    free, team = threading.Event(), Team(1, "test")
    first = team.start(lambda: free.wait(10))
    first.then(fail)
    second = team.start(lambda: 2)
    free.set()
    assert seen.wait(10)
    assert (first.result(), second.result(), faults) == (True, 2, [LookupError])
