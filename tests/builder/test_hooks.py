"""Each failure of a build, shown whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from support.source_trees import write_tree
from wheelright.builder import (
    BackendNotFoundError,
    Builder,
    BuildFailedError,
    BuildSettings,
    BuildTimeoutError,
)
from wheelright.outside.reporting import Silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.source_trees import Provided
    from wheelright.builder import BuiltWheel
    from wheelright.errors import WheelrightError
    from wheelright.targets.interpreter import Interpreter

    Build = Callable[[Path], BuiltWheel]

BUILD = "def build_wheel(folder, config_settings=None, metadata_directory=None):"


def shown(error: WheelrightError, *roots: Path) -> str:
    """Write an error out as text, with the changing parts named."""
    lines = [error.message, f"in {error.where}", *error.details]
    text = "\n".join(lines + [f"hint: {hint}" for hint in error.hints])
    log = getattr(error, "log", None)
    if log is not None:
        text = text.replace(str(log), "LOG")
    for root in roots:
        text = text.replace(str(root), "SOURCE")
    return text.replace(sys.executable, "PYTHON")


def failure(build: Build, source: Path) -> str:
    with pytest.raises(BuildFailedError) as caught:
        build(source)
    return shown(caught.value, source)


def text(block: str) -> str:
    return dedent(block).strip()


def said(line: str, code: int = 1) -> str:
    """Write hooks whose build says one line as a compiler would, and fails."""
    return f"{BUILD}\n    print({line!r}, file=sys.stderr)\n    raise SystemExit({code})"


def test_a_crash_shows_the_traceback_without_our_frames(tmp_path: Path, build: Build) -> None:
    hooks = f"{BUILD}\n    print('compiling')\n    raise ValueError('no such thing')"
    source = write_tree(tmp_path / "demo", hooks)
    line = (source / "backend.py").read_text().splitlines().index(
        "    raise ValueError('no such thing')"
    ) + 1

    assert failure(build, source) == text(
        f"""
        `demo` could not be built: the backend `backend` failed in `build_wheel` (exit code 1)
        in SOURCE
        Traceback (most recent call last):
          File "SOURCE/backend.py", line {line}, in build_wheel
            raise ValueError('no such thing')
        ValueError: no such thing
        hint: The whole log is in `LOG`
        """
    )


def test_a_missing_compiler(tmp_path: Path, build: Build) -> None:
    hooks = said("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory")

    assert failure(build, write_tree(tmp_path / "demo", hooks)) == text(
        """
        `demo` could not be built: the backend `backend` failed in `build_wheel` (exit code 1)
        in SOURCE
        error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory
        hint: A C or C++ compiler is missing (Debian and Ubuntu: `apt install build-essential`)
        hint: The whole log is in `LOG`
        """
    )


def test_a_missing_header(tmp_path: Path, build: Build) -> None:
    hooks = said("src/a.c:3:10: fatal error: ffi.h: No such file or directory")

    assert failure(build, write_tree(tmp_path / "demo", hooks)) == text(
        """
        `demo` could not be built: the backend `backend` failed in `build_wheel` (exit code 1)
        in SOURCE
        src/a.c:3:10: fatal error: ffi.h: No such file or directory
        hint: The header `ffi.h` is missing (Debian and Ubuntu: `apt install libffi-dev`)
        hint: The whole log is in `LOG`
        """
    )


def test_a_build_that_needs_the_network(tmp_path: Path, build: Build) -> None:
    hooks = f"""
{BUILD}
    import urllib.error
    raise urllib.error.URLError("[Errno -3] Temporary failure in name resolution")
"""
    source = write_tree(tmp_path / "demo", hooks)
    line = len((source / "backend.py").read_text().splitlines())

    assert failure(build, source) == text(
        f"""
        `demo` could not be built: the backend `backend` failed in `build_wheel` (exit code 1)
        in SOURCE
        Traceback (most recent call last):
          File "SOURCE/backend.py", line {line}, in build_wheel
            raise urllib.error.URLError("[Errno -3] Temporary failure in name resolution")
        urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>
        hint: Its build tries to reach the network, which did not answer
        hint: The whole log is in `LOG`
        """
    )


def test_a_backend_that_dies(tmp_path: Path, build: Build) -> None:
    hooks = f"{BUILD}\n    import signal\n    os.kill(os.getpid(), signal.SIGSEGV)"

    assert failure(build, write_tree(tmp_path / "demo", hooks)) == text(
        """
        `demo` could not be built: the backend `backend` failed in `build_wheel` (ended by SIGSEGV)
        in SOURCE
        hint: The whole log is in `LOG`
        """
    )


def test_a_backend_that_is_not_there(tmp_path: Path, build: Build) -> None:
    source = tmp_path / "demo"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit-core"]\nbuild-backend = "no_such_backend.api"\n'
    )

    with pytest.raises(BackendNotFoundError) as caught:
        build(source)

    assert shown(caught.value, source) == text(
        """
        The build backend `no_such_backend.api` of `demo` could not be imported
        in SOURCE
        ModuleNotFoundError: No module named 'no_such_backend'
        hint: `requires` in `[build-system]` must name what provides it; it names `flit-core`
        """
    )


def test_a_backend_that_lacks_what_it_imports(tmp_path: Path, build: Build) -> None:
    source = write_tree(tmp_path / "demo", "import no_such_module")

    with pytest.raises(BackendNotFoundError) as caught:
        build(source)

    assert shown(caught.value, source) == text(
        """
        The build backend `backend` of `demo` could not be imported
        in SOURCE
        ModuleNotFoundError: No module named 'no_such_module'
        hint: The backend is there but imports `no_such_module`: add what provides it to `requires` in `[build-system]`
        """  # noqa: E501
    )


def test_an_in_tree_backend_that_is_not_there(tmp_path: Path, build: Build) -> None:
    source = write_tree(tmp_path / "demo")
    (source / "backend.py").unlink()

    with pytest.raises(BackendNotFoundError) as caught:
        build(source)

    assert shown(caught.value, source) == text(
        """
        The build backend `backend` of `demo` could not be imported
        in SOURCE
        Cannot find module 'backend' in ['SOURCE']
        hint: Check `build-backend` and `backend-path` in `[build-system]`
        """
    )


def processes_with(marker: str) -> list[int]:
    """Find the processes whose command line has ``marker`` in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if marker.encode() in line:
                found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


SPAWNING = """
{build}
    import subprocess, time
    print("compiling for ever", flush=True)
    subprocess.run([sys.executable, "-c", "import time; time.sleep(600)", {marker!r}])
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@linux_only
def test_a_build_that_takes_too_long_is_ended_with_all_it_started(
    tmp_path: Path, build_root: Path, interpreter: Interpreter, provided: Provided
) -> None:
    marker = f"orphan-of-{tmp_path.name}-{os.getpid()}"
    source = write_tree(tmp_path / "demo", SPAWNING.format(build=BUILD, marker=marker))
    builder = Builder(Silent(), build_root, BuildSettings(timeout=1.5))

    with pytest.raises(BuildTimeoutError) as caught:
        builder.build_wheel(source, interpreter, provided)

    assert shown(caught.value, source) == text(
        """
        `demo` could not be built: the backend `backend` did not finish `build_wheel` within 1.5 seconds
        in SOURCE
        the last that it said: compiling for ever
        hint: The whole log is in `LOG`
        """  # noqa: E501
    )
    assert wait_until(lambda: not processes_with(marker))


INTERRUPTED = """
import signal, sys
from pathlib import Path
# A shell that starts the tests in the background has its children ignore the interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path[:0] = {path!r}
from support.source_trees import Provided, some_interpreter
from wheelright.builder import Builder
from wheelright.outside.reporting import Silent
Builder(Silent(), Path({root!r})).build_wheel(Path({source!r}), some_interpreter(), Provided())
"""


@linux_only
def test_an_interrupted_build_leaves_no_process_and_no_temporary_folder(
    tmp_path: Path, build_root: Path
) -> None:
    marker = f"orphan-of-{tmp_path.name}-{os.getpid()}"
    source = write_tree(tmp_path / "demo", SPAWNING.format(build=BUILD, marker=marker))
    script = INTERRUPTED.format(path=sys.path, root=str(build_root), source=str(source))

    with subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert wait_until(lambda: bool(processes_with(marker)))
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()

    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert wait_until(lambda: not processes_with(marker))
    assert sorted(path.name for path in build_root.iterdir()) == ["built", "logs"]
    assert list((build_root / "built").rglob("*.whl")) == []
