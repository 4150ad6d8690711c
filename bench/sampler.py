"""Run Wheelright and look, a thousand times a second, at what it does; a program of its own.

Usage: ``PYTHON -I sampler.py REPORT ARGUMENT ...`` with the Python that has Wheelright. REPORT gets
JSON: the seconds that passed, and how many looks found it at each place. A place is a module of
Wheelright (whatever that called is counted there), ``imports``, ``waiting`` or ``other``. Where the
main thread waits, its share goes to the threads that work.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from types import FrameType  # noqa: TC003 (light)

_INTERVAL = 0.001
_WAITING = {
    ("threading.py", "wait"),
    ("threading.py", "_wait_for_tstate_lock"),
    ("threading.py", "join"),
    ("queue.py", "get"),
    ("selectors.py", "select"),
    ("socket.py", "readinto"),
    ("socket.py", "create_connection"),
    ("thread.py", "_worker"),
    ("_base.py", "wait"),
    ("_base.py", "as_completed"),
    ("_base.py", "result"),
}


def place_of(frame: FrameType | None) -> str:
    """Say where a thread is; ``frame`` is its innermost one."""
    assert frame is not None
    code = frame.f_code
    if (code.co_filename.rpartition("/")[2], code.co_name) in _WAITING:
        return "waiting"
    found = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib._bootstrap"):
            return "imports"
        _, inside, path = name.rpartition("/site-packages/wheelright/")
        if inside and not found:
            found = path.removesuffix(".py")
        frame = frame.f_back
    return found or "other"


class Sampler(threading.Thread):
    """Looks at all other threads until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.places: Counter[str] = Counter()
        self.over = False

    def run(self) -> None:
        """Look, and sleep."""
        main = threading.main_thread().ident
        while not self.over:
            time.sleep(_INTERVAL)
            frames = sys._current_frames()  # noqa: SLF001 (there is no other way)
            places = {
                thread: place_of(frame) for thread, frame in frames.items() if thread != self.ident
            }
            leading = places.pop(main, "other") if main else "other"
            working = [place for place in places.values() if place not in ("waiting", "other")]
            if leading != "waiting" or not working:
                self.places[leading] += 1
            else:
                self.places[working[0]] += 1


def main(report: str, *arguments: str) -> int:
    """Run ``wheelright ARGUMENTS``."""
    sys.setswitchinterval(_INTERVAL / 2)
    sys.argv = ["wheelright", *arguments]
    sampler = Sampler()
    sampler.start()
    started = time.perf_counter()
    code: object = 0
    try:
        from wheelright.start import main as run

        code = run()
    except SystemExit as error:
        code = error.code
    wall = time.perf_counter() - started
    sampler.over = True
    sampler.join()
    import json

    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123 (as in `launch`)
        json.dump({"wall": wall, "places": sampler.places}, file)
    return code if isinstance(code, int) else 0 if code is None else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
