"""A lock keeps other processes, threads and machines out, and outlives nobody for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from wheelright.outside import hosts, locks
from wheelright.outside.files import DiskError
from wheelright.outside.hosts import process_start, this_host
from wheelright.outside.locks import SILENCE, Claim, FileLock
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from collections.abc import Callable

HOLDER = """
import sys
from wheelright.outside.locks import FileLock
from wheelright.outside.reporting import Silent
with FileLock(sys.argv[1], Silent()):
    print("held", flush=True)
    sys.stdin.read()
"""
ELSEWHERE = hosts.Host("oldhost", "machine-2", "boot-2", "pid:[1]")


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Clock:
    """A clock that goes on only while a lock is waited for; ``then`` runs at each pause."""

    def __init__(self, then: Callable[[float], None] = lambda _: None) -> None:
        self.now = 0.0
        self.then = then

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.then(self.now)

    def __call__(self) -> float:
        return self.now


def start_holder(path: Path) -> subprocess.Popen[bytes]:
    """Start a process that holds a lock until its standard input ends."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(path)]
    holder = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def leave(path: Path, **changes: object) -> Claim:
    """Write a lock as somebody else left it."""
    claim = replace(Claim.mine(), **changes)
    path.write_bytes(msgspec.json.encode(claim))
    return claim


def test_another_process_waits_and_says_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    with start_holder(path) as holder:
        sleeps = 0

        def sleep(_: float) -> None:
            nonlocal sleeps
            sleeps += 1
            if sleeps == 3:
                holder.communicate()

        notes = Notes()
        claim = msgspec.json.decode(path.read_bytes(), type=Claim)
        assert (claim.pid, claim.host) == (holder.pid, this_host())
        with FileLock(path, notes, purpose="the cache", patience=0, sleep=sleep):
            assert holder.returncode == 0
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(claim.since))
    assert sleeps >= 3
    assert notes.texts == [
        f"Waiting for the cache: process {holder.pid} has it since {since} (`{path}`)"
    ]
    assert notes.warnings == []


def test_a_lock_that_is_free_says_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    notes = Notes()
    for _ in range(2):
        with FileLock(tmp_path / "lock", notes, patience=0):
            assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert (notes.texts, notes.warnings) == ([], [])
    assert list(tmp_path.iterdir()) == []


def test_patience_comes_before_words(tmp_path: Path) -> None:
    notes = Notes()
    holder = FileLock(tmp_path / "lock", Silent())
    holder.acquire()
    with FileLock(tmp_path / "lock", notes, patience=60, sleep=lambda _: holder.release()):
        assert notes.texts == []


def test_threads_keep_each_other_out(tmp_path: Path) -> None:
    total = 0
    pause = threading.Event()

    def add() -> None:
        nonlocal total
        for _ in range(20):
            with FileLock(tmp_path / "lock", Silent(), sleep=lambda _: None):
                before = total
                pause.wait(0.0001)
                total = before + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total == 80


def test_a_lock_whose_file_was_removed_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    notes = Notes()
    holder = FileLock(path, notes, purpose="the cache")
    holder.acquire()
    with FileLock(path, Silent(), sleep=lambda _: path.unlink()):
        holder.release()
        third = FileLock(path, Silent(), sleep=lambda _: pytest.fail("it had to wait"))
        with pytest.raises(pytest.fail.Exception, match="it had to wait"):
            third.acquire()
    assert notes.warnings == [
        (
            f"The lock of the cache was taken away while it was held (`{path}`): this process stood"
            " still for too long, or somebody removed the file"
        )
    ]


def test_a_folder_that_went_with_its_lock_is_no_matter(tmp_path: Path) -> None:
    notes = Notes()
    with FileLock(tmp_path / "folder" / "lock", notes):
        (tmp_path / "folder" / "lock").unlink()
        (tmp_path / "folder").rmdir()
    assert notes.warnings == []


# -- holders that are no more


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with start_holder(path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        # Not waited for: a process that the system still lists, and that does nothing any more.
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
        notes = Notes()
        with FileLock(path, notes, sleep=lambda _: pytest.fail("it waited")):
            pass
    assert notes.texts == [
        f"Took over the lock of process {holder.pid}, which ended without giving it back (`{path}`)"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the start of a process is asked of Linux")
def test_another_process_with_the_number_of_the_holder_is_not_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    leave(path, start="1")
    notes = Notes()
    with FileLock(path, notes, sleep=lambda _: pytest.fail("it waited")):
        pass
    assert notes.texts == [
        (
            f"Took over the lock of process {os.getpid()}, which ended without giving it back"
            f" (`{path}`)"
        )
    ]


def test_a_restart_of_this_machine_ended_all_holders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(this_host(), machine="machine-1", boot="boot-2")
    monkeypatch.setattr(hosts, "this_host", lambda: here)
    path = tmp_path / "lock"
    leave(path, host=replace(here, boot="boot-1"), pid=77)
    notes = Notes()
    with FileLock(path, notes, sleep=lambda _: pytest.fail("it waited")):
        pass
    assert notes.texts == [
        f"Took over the lock of process 77, which ended when this machine was restarted (`{path}`)"
    ]


def test_a_silent_holder_elsewhere_is_waited_for_and_then_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    claim = leave(path, host=ELSEWHERE, pid=77)
    notes, clock = Notes(), Clock()
    with FileLock(path, notes, purpose="the cache", sleep=clock.sleep, clock=clock):
        assert SILENCE <= clock.now < SILENCE + 1
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(claim.since))
    assert notes.texts == [
        f"Waiting for the cache: process 77 on `oldhost` has it since {since} (`{path}`)",
        (
            "Took over the lock of process 77 on `oldhost`, which has given no sign of life for 60"
            f" seconds (`{path}`)"
        ),
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_holder_elsewhere_that_gives_signs_of_life_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    leave(path, host=ELSEWHERE, pid=77)
    beats = iter(range(1, 1000))

    def then(now: float) -> None:
        if now > 500:
            path.unlink(missing_ok=True)
        elif int(now) % 10 == 0:
            os.utime(path, ns=(next(beats), next(beats)))

    notes, clock = Notes(), Clock(then)
    with FileLock(path, notes, sleep=clock.sleep, clock=clock):
        assert clock.now > 500
    assert len(notes.texts) == 1


def test_holders_give_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "BEAT", 0.001)
    path = tmp_path / "lock"
    with FileLock(path, Silent()):
        os.utime(path, (1, 1))
        until = time.monotonic() + 10
        while path.stat().st_mtime == 1:
            assert time.monotonic() < until


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": 1}', b"\xff"])
def test_a_lock_that_says_nothing(content: bytes, tmp_path: Path) -> None:
    """What a kill between two steps leaves, or an older Wheelright."""
    path = tmp_path / "lock"
    path.write_bytes(content)
    notes, clock = Notes(), Clock()
    with FileLock(path, notes, sleep=clock.sleep, clock=clock):
        assert 2 <= clock.now < 3
    assert notes.texts == [
        f"Took over the lock of a process that ended before it said which it was (`{path}`)"
    ]
    path.write_bytes(content)
    os.utime(path, (1, 1))
    with FileLock(path, Notes(), sleep=lambda _: pytest.fail("it waited")):
        pass


def test_one_alone_takes_over(tmp_path: Path) -> None:
    """Many see the same dead lock; never do two hold it."""
    path = tmp_path / "lock"
    inside, most = 0, 0
    taken: list[str] = []
    barrier = threading.Barrier(8)
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for round_ in range(15):
            if barrier.wait() == 0:
                leave(path, start="1", token=f"dead{round_}")
            barrier.wait()
            notes = Notes()
            with FileLock(path, notes, sleep=lambda _: None):
                with guard:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0)
                with guard:
                    inside -= 1
            taken.extend(notes.texts)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(taken) == 15
    assert list(tmp_path.iterdir()) == []


def test_one_that_was_killed_while_it_took_over_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    leave(path, start="1", token="dead")
    leave(tmp_path / "lock.dead", start="2", token="dying")
    with FileLock(path, Silent(), sleep=lambda _: pytest.fail("it waited")):
        pass
    assert list(tmp_path.iterdir()) == []


# -- processes


def test_processes_are_told_apart() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        start = process_start(child.pid)
        assert start is not None
        child.kill()
        until = time.monotonic() + 10
        while process_start(child.pid) is not None:  # before it was waited for
            assert time.monotonic() < until
    assert process_start(child.pid) is None
    assert process_start(os.getpid()) == process_start(os.getpid())


def test_another_container_of_this_machine_has_other_processes() -> None:
    here = this_host()
    assert hosts.shares_processes(here)
    assert not hosts.shares_processes(replace(here, pids="pid:[1]"))
    assert not hosts.was_restarted(here)
    assert not hosts.was_restarted(replace(here, machine="", boot="another"))


# -- misuse


def test_a_lock_is_not_reentrant(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", Silent())
    with lock, pytest.raises(RuntimeError, match="the lock is held already"):
        lock.acquire()
    lock.release()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DiskError) as caught:
        FileLock(tmp_path / "file" / "lock", Silent()).acquire()
    assert caught.value.message == (
        f"Could not make the folder `{tmp_path / 'file'}`: it exists already"
    )
    (tmp_path / "folder").mkdir()
    with pytest.raises(DiskError) as caught:
        FileLock(tmp_path / "folder", Silent()).acquire()
    assert caught.value.message == f"Could not lock `{tmp_path / 'folder'}`: it is a folder"


@pytest.mark.skipif(not Path("/proc/sys").is_dir(), reason="no folder where nobody may write")
def test_a_read_only_place() -> None:
    with pytest.raises(DiskError, match=r"^Could not lock `/proc/lock`: "):
        FileLock("/proc/lock", Silent()).acquire()


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may number processes anew"
)
def test_a_holder_in_another_container_is_not_taken_for_gone(tmp_path: Path) -> None:
    """Its process has another number here, and may have that of nobody."""
    path = tmp_path / "lock"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        [*command, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        if holder.stdout.readline() != b"held\n":
            pytest.skip("this root may not make a namespace")
        claim = msgspec.json.decode(path.read_bytes(), type=Claim)
        assert claim.pid == 1
        assert claim.host.boot == this_host().boot

        def then(now: float) -> None:
            if now > 30 and holder.poll() is None:
                holder.communicate()

        notes, clock = Notes(), Clock(then)
        with FileLock(path, notes, sleep=clock.sleep, clock=clock):
            assert clock.now > 30
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(claim.since))
    assert notes.texts == [
        (
            f"Waiting for this folder: process 1 on `{this_host().name}` has it since {since}"
            f" (`{path}`)"
        )
    ]
