"""Processes: running a program to its end, and becoming one.

Must live here: starting, feeding, bounding and ending programs. Must not live here: what any
program is for. The environment is always given by the caller, never taken from this process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from msgspec import Struct

from wheelright.outside.errors import ProcessError, ProcessTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "Completed",
    "ProcessError",
    "ProcessTimeoutError",
    "ending_together",
    "follow",
    "give_back",
    "replace",
    "run",
]

_GRACE: Final = 2.0
"""Seconds between asking a program to end and ending it."""


class Completed(Struct, frozen=True):
    """How a program ended: its exit code (``-N``: by signal N), and what it said (UTF-8)."""

    code: int
    stdout: str
    stderr: str


def run(
    args: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    capture: bool = True,
    feed: str | None = None,
    grace: float = _GRACE,
) -> Completed:
    """Run a program and wait for its end; any exit code is an answer, not an error.

    Captured, it has no terminal and a process group of its own: after ``timeout`` seconds, or when
    we are interrupted, the whole group is ended (asked first, killed ``grace`` seconds later), so
    that nothing is left behind. Not captured, it shares our terminal, and ``stdout`` and
    ``stderr`` are empty; there the terminal itself interrupts it, and only the program is ended.
    ``feed`` is text for its standard input, which is empty otherwise (when captured).

    Raises ProcessError where it cannot be started, and ProcessTimeoutError.
    """
    command = [os.fspath(part) for part in args]
    with _running.lock:
        if _running.ended:
            raise ProcessError(f"`{_shown(command)}` was not run: the work was given up")
        process = _start(command, env, cwd, capture=capture, fed=feed is not None)
        _running.processes.add(process)
    try:
        stdout, stderr = process.communicate(feed, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        stdout, stderr = _end(process, grace, group=capture)
        raise ProcessTimeoutError(
            f"`{_shown(command)}` did not end within {timeout:g} seconds",
            stdout=stdout,
            stderr=stderr,
        ) from error
    except BaseException:
        _end(process, grace, group=capture)
        raise
    finally:
        with _running.lock:
            _running.processes.discard(process)
    return Completed(process.returncode, stdout or "", stderr or "")


class _Running:
    """The programs that threads of this process wait for, and whether they were all ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.processes: set[subprocess.Popen[str]] = set()
        self.ended = False


_running: Final = _Running()


@contextmanager
def ending_together() -> Iterator[Callable[[], None]]:
    """Give a function that ends all programs that threads run, for one of them failed.

    Until the block ends no further one is started, so that its threads come to their end. Call it
    from the one place that starts several threads which run programs.
    """

    def end() -> None:
        with _running.lock:
            _running.ended = True
            for process in _running.processes:
                _signal(process, signal.SIGTERM, group=True)

    try:
        yield end
    finally:
        with _running.lock:
            _running.ended = False


def _start(
    command: list[str],
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None,
    *,
    capture: bool,
    fed: bool,
) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE if capture else None
    empty = subprocess.DEVNULL if capture else None
    try:
        return subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if fed else empty,
            stdout=pipe,
            stderr=pipe,
            encoding="utf-8",
            errors="replace",
            start_new_session=capture and os.name != "nt",
            creationflags=_NEW_GROUP if capture else 0,
        )
    except (OSError, ValueError) as error:
        raise _not_started(command, error, cwd) from error


_NEW_GROUP: Final[int] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def _end(process: subprocess.Popen[str], grace: float, *, group: bool) -> tuple[str, str]:
    """End a program and, with ``group``, all it started; returns what it said last."""
    _signal(process, signal.SIGTERM, group=group)
    try:
        stdout, stderr = process.communicate(timeout=grace)
    except subprocess.TimeoutExpired:
        stdout, stderr = "", ""
    finally:
        # Those of the group that did not listen, also where the program itself did.
        _signal(process, _KILL, group=group)
    if process.returncode is None:
        try:
            stdout, stderr = process.communicate(timeout=grace)
        except subprocess.TimeoutExpired as error:
            # One that left the group holds the pipes: what was read so far must do.
            stdout, stderr = _text(error.stdout), _text(error.stderr)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return stdout or "", stderr or ""


_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)


def _text(said: str | bytes | None) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said or ""


def _signal(process: subprocess.Popen[str], number: int, *, group: bool) -> None:
    if sys.platform == "win32":
        if group and process.returncode is None:
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
            )
        elif process.returncode is None:
            process.kill()
    elif group:
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):  # all of the group ended by themselves
            return
    else:
        process.send_signal(number)


def replace(args: Sequence[str | os.PathLike[str]], env: Mapping[str, str]) -> NoReturn:
    """Become another program; it is looked up on the ``PATH`` of ``env``.

    On Windows, where no process can become another, it is run, and we exit with its code.
    Raises ProcessError where it cannot be started.
    """
    command = [os.fspath(part) for part in args]
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if os.name != "nt":
        try:
            os.execvpe(command[0], command, dict(env))  # noqa: S606
        except (OSError, ValueError) as error:
            raise _not_started(command, error, None) from error
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program gets it too, and decides
    process = _start(command, env, None, capture=False, fed=False)
    sys.exit(process.wait())


def follow(
    args: Sequence[str | os.PathLike[str]],
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
) -> int:
    """Run a program in our place and wait; returns its exit code (128 + N: by signal N).

    It shares our terminal and standard streams. What asks us to end is handed on to it, and it
    decides; what a terminal sends (Ctrl-C) it gets from there. Call it from the main thread.
    Raises ProcessError where it cannot be started.
    """
    command = [os.fspath(part) for part in args]
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    started: list[subprocess.Popen[str]] = []

    def hand_on(number: int, _frame: object) -> None:
        from_terminal = number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty()
        if started and not from_terminal:
            started[0].send_signal(number)

    # Handlers, unlike ignored signals, are not inherited by the program.
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK")
    numbers = [number for name in names if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        started.append(_start(command, env, cwd, capture=False, fed=False))
        code = started[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


def give_back(descriptor: int, data: bytes) -> None:
    """Put what was read from a descriptor (from its start) back, for a program to read it anew."""
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError:  # a pipe
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            os.dup2(file.fileno(), descriptor)


def _not_started(
    command: list[str], error: Exception, cwd: str | os.PathLike[str] | None
) -> ProcessError:
    program = command[0] if command else ""
    match error:
        case FileNotFoundError() | NotADirectoryError() if cwd is not None and not os.path.isdir(  # noqa: PTH112
            cwd
        ):
            return ProcessError(
                f"Could not run `{program}`: the folder `{os.fspath(cwd)}` does not exist"
            )
        case FileNotFoundError() if os.path.exists(program):  # noqa: PTH110
            return ProcessError(
                f"Could not run `{program}`: the program that should interpret it was not found",
                hints=["check its first line (`#!`)"],
            )
        case FileNotFoundError():
            return ProcessError(
                f"Could not run `{program}`: no such program",
                hints=["check the spelling and that its folder is on `PATH`"],
            )
        case PermissionError():
            return ProcessError(
                f"Could not run `{program}`: it may not be executed",
                hints=["check its rights (`chmod +x`)"],
            )
        case OSError():
            reason = (error.strerror or type(error).__name__).lower()
            return ProcessError(f"Could not run `{program}`: {reason}")
        case _:
            return ProcessError(f"Could not run `{program}`: {error}")


def _shown(command: list[str]) -> str:
    """Show a command in at most 80 characters."""
    text = " ".join(command)
    return text if len(text) <= 80 else text[:77] + "..."
