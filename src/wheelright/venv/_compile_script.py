"""Run by the Python whose packages are compiled: makes their bytecode, on all its processors.

The argument is a folder, the standard input the paths of sources below it, separated by NUL. The
answer is, for each, the path of its bytecode, or nothing where it is no Python of this version.
What is compiled names its source by the path below the folder: an import puts the whole path in
its place, so that the same bytecode serves wherever the package lies. Runs on Python >= 3.8; sent
as text, nothing but the standard library.
"""
# ruff: noqa: PTH118 (`os.path` spares the import of `pathlib`)

import os
import py_compile
import sys
from itertools import repeat

# A process takes as long to start as so many files to compile.
FILES_PER_PROCESS = 50
# Windows cannot wait for more.
MOST_PROCESSES = 60


def compile_all(root: str, names: "list[str]") -> "list[str | None]":
    """Compile sources; a path for each, ``None`` where that cannot be done."""
    # Of `py_compile.compile`: file, cfile, dfile, doraise, optimize, invalidation_mode, quiet.
    jobs = (
        [os.path.join(root, name) for name in names],
        repeat(None),
        names,
        repeat(False),
        repeat(-1),
        repeat(None),
        repeat(2),
    )
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    processes = min(processors, len(names) // FILES_PER_PROCESS, MOST_PROCESSES)
    if processes > 1:
        try:
            from concurrent.futures import ProcessPoolExecutor

            with ProcessPoolExecutor(processes) as pool:
                return list(pool.map(py_compile.compile, *jobs, chunksize=16))
        except (ImportError, NotImplementedError, OSError):
            pass  # systems without semaphores have no pool; what cannot be read is said below
    return list(map(py_compile.compile, *jobs))


def main() -> None:
    """Answer what is asked."""
    root = sys.argv[1]
    names = sys.stdin.buffer.read().decode("utf-8").split("\0")
    made = [path and os.path.relpath(path, root) for path in compile_all(root, names)]
    sys.stdout.buffer.write("\0".join(path or "" for path in made).encode("utf-8"))


if __name__ == "__main__":
    main()
