"""Runs a script with everything it says, and all its children say, going to one file.

The Python of a build runs this, never Wheelright's own: only the standard library, and syntax
that Python 3.8 knows. Arguments: the log, the script, the script's arguments. Two pipes would
lose the order of what a backend and its compiler say, and keep it from view until the end.
"""

import os
import runpy
import sys


def main() -> None:
    """Append standard output and error to the log and become the script."""
    descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (starts sooner)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]  # noqa: PTH100
    sys.argv[:] = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
