"""This machine and its processes, so that another process or machine can tell them again.

Must live here: what names a machine, a boot of it, and a process for good: a number alone is given
to another process sooner or later. Must not live here: starting processes (``processes``), what
a machine can run (``targets``).
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from msgspec import Struct


class Host(Struct, frozen=True):
    """Where a process runs, each part ``""`` where it cannot be told.

    ``name`` is for people. ``machine`` stays for the life of an installation, ``boot`` until the
    next start of the system. ``pids`` is the numbering of processes that counts (a container has
    its own).
    """

    name: str
    machine: str = ""
    boot: str = ""
    pids: str = ""


@lru_cache(maxsize=1)
def this_host() -> Host:
    """Say where this process runs."""
    if sys.platform == "win32":
        return Host(os.environ.get("COMPUTERNAME", ""), pids="windows")
    name = os.uname().nodename
    if sys.platform != "linux":
        return Host(name, pids=sys.platform)
    return Host(
        name,
        _line("/etc/machine-id"),
        _line("/proc/sys/kernel/random/boot_id"),
        _link("/proc/self/ns/pid"),
    )


def shares_processes(host: Host) -> bool:
    """Whether process numbers of ``host`` mean the same here."""
    here = this_host()
    if here.boot or host.boot:
        return (here.boot, here.pids) == (host.boot, host.pids)
    return bool(here.name) and (here.name, here.pids) == (host.name, host.pids)


def was_restarted(host: Host) -> bool:
    """Whether ``host`` is this machine before it was started last: all its processes are gone."""
    here = this_host()
    return (
        bool(here.machine and here.boot and host.boot)
        and (here.name, here.machine) == (host.name, host.machine)
        and here.boot != host.boot
    )


def process_start(pid: int) -> str | None:
    """Say when a process of this machine started; ``None`` where it is gone.

    The text is for comparing alone; ``""`` where the system does not tell. A process that ended
    and was not yet waited for is gone.
    """
    if sys.platform == "win32":
        return _windows_start(pid)
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 (speed)
                fields = file.read().rpartition(b")")[2].split()
            return None if fields[0] in {b"Z", b"X"} else fields[19].decode("ascii")
        except (OSError, IndexError):
            pass  # gone; or there is no `/proc`, or it hides the processes of others
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return ""
    return ""


def _line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 (speed)
            return file.readline().strip()
    except (OSError, ValueError):
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 (speed)
    except OSError:
        return ""


if sys.platform == "win32":

    def _windows_start(pid: int) -> str | None:
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            # ERROR_INVALID_PARAMETER: there is no such process.
            return None if ctypes.get_last_error() == 87 else ""
        try:
            code = wintypes.DWORD()
            if kernel.GetExitCodeProcess(handle, ctypes.byref(code)) and code.value != 259:
                return None  # not STILL_ACTIVE
            times = [wintypes.FILETIME() for _ in range(4)]
            if not kernel.GetProcessTimes(handle, *(ctypes.byref(time) for time in times)):
                return ""
            return f"{times[0].dwHighDateTime:x}{times[0].dwLowDateTime:08x}"
        finally:
            kernel.CloseHandle(handle)

else:

    def _windows_start(_pid: int) -> str | None:
        return ""
