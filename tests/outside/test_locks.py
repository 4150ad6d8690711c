"""A lock keeps other processes and threads out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wheelright.outside.files import DiskError
from wheelright.outside.locks import FileLock
from wheelright.outside.reporting import Silent

HOLDER = """
import sys
from wheelright.outside.locks import FileLock
from wheelright.outside.reporting import Silent
with FileLock(sys.argv[1], Silent()):
    print("held", flush=True)
    sys.stdin.read()
"""


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def test_another_process_waits_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        notes = Notes()
        sleeps = 0

        def sleep(_: float) -> None:
            nonlocal sleeps
            sleeps += 1
            if sleeps == 3:
                holder.communicate()

        with FileLock(path, notes, purpose="the cache", patience=0, sleep=sleep):
            assert holder.returncode == 0
    assert sleeps >= 3
    assert notes.texts == [f"Waiting for another process that uses the cache (`{path}`)"]


def test_a_lock_that_is_free_says_nothing(tmp_path: Path) -> None:
    notes = Notes()
    for _ in range(2):
        with FileLock(tmp_path / "lock", notes, patience=0):
            pass
    assert notes.texts == []


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
    holder = FileLock(path, Silent())
    holder.acquire()

    def sleep(_: float) -> None:
        path.unlink()
        holder.release()

    with FileLock(path, Silent(), sleep=sleep):
        assert path.exists()
        third = FileLock(path, Silent(), sleep=lambda _: pytest.fail("it had to wait"))
        with pytest.raises(pytest.fail.Exception, match="it had to wait"):
            third.acquire()


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
