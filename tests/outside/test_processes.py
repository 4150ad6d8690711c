"""Programs are run to their end, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wheelright.outside import processes
from wheelright.outside.processes import ProcessError, ProcessTimeoutError, run

ENV = {"PATH": os.environ["PATH"]}

FAMILY = """
import os, signal, sys, time
child = os.fork()
if not child:
    {child}
    open(sys.argv[1], "w").close()
    time.sleep(60)
print("up", flush=True)
print(child, file=sys.stderr, flush=True)
time.sleep(60)
"""


def python(code: str, *args: str) -> list[str]:
    return [sys.executable, "-c", code, *args]


def ended(process: int) -> bool:
    """Whether a process that is not our child is gone (or only waits to be collected)."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def settles(process: int) -> bool:
    return any(ended(process) or threading.Event().wait(0.01) for _ in range(200))


def test_a_program_is_heard(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), dict(os.environ).get('X')); sys.stderr.write('é\\n')"
    done = run(python(code), env={**ENV, "X": "1", "PYTHONUTF8": "1"}, cwd=tmp_path)
    assert (done.code, done.stdout, done.stderr) == (0, f"{tmp_path} 1\n", "é\n")


def test_an_exit_code_is_an_answer() -> None:
    assert run(python("raise SystemExit(3)"), env=ENV).code == 3
    assert run(python("import os; os.kill(os.getpid(), 9)"), env=ENV).code == -9


def test_the_environment_is_the_one_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "1")
    done = run(python("import os; print(os.environ.get('LEAKED'))"), env=ENV)
    assert done.stdout == "None\n"


def test_standard_input() -> None:
    code = "import sys; print(sys.stdin.read().upper())"
    assert run(python(code), env=ENV, feed="abc").stdout == "ABC\n"
    assert run(python(code), env=ENV).stdout == "\n"


def test_output_that_is_no_text_is_still_an_answer() -> None:
    done = run(python("import sys; sys.stdout.buffer.write(b'a\\xff')"), env=ENV)
    assert done.stdout == "a\N{REPLACEMENT CHARACTER}"


def test_uncaptured_output_goes_where_ours_goes(capfd: pytest.CaptureFixture[str]) -> None:
    done = run(python("print('seen')"), env=ENV, capture=False)
    assert (done.code, done.stdout, capfd.readouterr().out) == (0, "", "seen\n")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("child", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_a_time_out_ends_the_whole_family(tmp_path: Path, child: str) -> None:
    command = python(FAMILY.format(child=child), str(tmp_path / "up"))
    said = error = ""
    for timeout in (0.2, 1, 10):  # a busy machine may need longer to start them
        with pytest.raises(ProcessTimeoutError) as caught:
            run(command, env=ENV, timeout=timeout, grace=0.1)
        assert caught.value.message.endswith(f"...` did not end within {timeout:g} seconds")
        said, error = caught.value.stdout, caught.value.stderr
        if error:
            break
    assert said == "up\n"
    assert settles(int(error))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_an_interrupt_ends_the_whole_family(tmp_path: Path) -> None:
    # A shell that starts the tests in the background has its children ignore the interrupt.
    code = """
import signal, sys
from wheelright.outside.processes import run
signal.signal(signal.SIGINT, signal.default_int_handler)
run([sys.executable, "-c", sys.argv[1], sys.argv[2]], env={}, grace=0.1)
"""
    mark = tmp_path / "up"
    inner = FAMILY.format(child="open(sys.argv[1] + '.pid', 'w').write(str(os.getpid()))")
    environment = {**ENV, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        python(code, inner, str(mark)), env=environment, stderr=subprocess.PIPE
    ) as ours:
        try:
            while not mark.exists():
                assert ours.poll() is None
                threading.Event().wait(0.01)
            ours.send_signal(signal.SIGINT)
            _, said = ours.communicate(timeout=20)
        finally:
            ours.kill()
    assert said.rstrip().endswith(b"KeyboardInterrupt")
    assert settles(int((tmp_path / "up.pid").read_text()))


def test_an_uncaptured_program_is_ended_too() -> None:
    with pytest.raises(ProcessTimeoutError):
        run(python("import time; time.sleep(60)"), env=ENV, capture=False, timeout=0.1, grace=5)


def test_programs_that_cannot_be_started(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("text")
    orphan = tmp_path / "orphan"
    orphan.write_text("#!/none/python\n")
    orphan.chmod(0o755)
    for args, where, message, hint in [
        (
            ["no-such-program"],
            None,
            "Could not run `no-such-program`: no such program",
            "check the spelling and that its folder is on `PATH`",
        ),
        (
            [str(plain)],
            None,
            f"Could not run `{plain}`: it may not be executed",
            "check its rights (`chmod +x`)",
        ),
        (
            [str(orphan)],
            None,
            f"Could not run `{orphan}`: the program that should interpret it was not found",
            "check its first line (`#!`)",
        ),
        (
            [sys.executable],
            tmp_path / "none",
            f"Could not run `{sys.executable}`: the folder `{tmp_path / 'none'}` does not exist",
            None,
        ),
        (["a\0b"], None, "Could not run `a\0b`: embedded null byte", None),
    ]:
        with pytest.raises(ProcessError) as caught:
            run(args, env=ENV, cwd=where)
        assert caught.value.message == message
        assert caught.value.hints == ((hint,) if hint else ())


def test_becoming_another_program() -> None:
    code = """
import sys
from wheelright.outside.processes import replace
print("first")
replace(["python-of-the-test", "-c", "import os; print(os.environ['X']); raise SystemExit(7)"],
        {"PATH": sys.argv[1], "X": "second"})
"""
    environment = {**ENV, "PYTHONPATH": os.pathsep.join(sys.path)}
    folder = Path(sys.executable).parent
    code = code.replace("python-of-the-test", Path(sys.executable).name)
    done = run(python(code, str(folder)), env=environment)
    assert (done.code, done.stdout) == (7, "first\nsecond\n")
    with pytest.raises(ProcessError, match="Could not run `none`: no such program"):
        processes.replace(["none"], {"PATH": ""})
