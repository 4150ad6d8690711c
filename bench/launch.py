"""Run one command and write what it took; a program of its own, small on purpose.

The peak memory that the kernel reports for a process is at least that of the process which
started it, so what starts the measured commands must be smaller than any of them: this imports
only what the interpreter has loaded anyway.

Usage: ``python -I -S launch.py REPORT OUTPUT FOLDER COMMAND ...``. REPORT gets one line: exit code,
wall nanoseconds, user and system seconds, peak kilobytes. The command's output goes to OUTPUT.
"""

import os
import sys
import time


def main(report: str, output: str, folder: str, *command: str) -> None:
    """Run ``command`` in ``folder``."""
    os.chdir(folder)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter_ns()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter_ns() - start
    code = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    line = f"{code} {wall} {usage.ru_utime} {usage.ru_stime} {peak}\n"
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 (pathlib is large)
        file.write(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
