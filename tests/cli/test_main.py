"""The program as a whole, with the workflows replaced by what they would answer."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from wheelright import __version__
from wheelright.cli import main
from wheelright.cli.option import Arguments, Command, Option
from wheelright.cli.registry import ENTRIES, Entry, Registry
from wheelright.console import OutputClosed
from wheelright.errors import RequestError, UsageError
from wheelright.workflows.options import GlobalOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.cli.given import Given
    from wheelright.console import Screen

SOURCE = Path(__file__).parents[2] / "src"


class Loaded(Entry):
    """An entry whose command is at hand."""

    command: ClassVar[Command]

    def load(self) -> Command:
        return self.command


def registry_doing(work: Callable[[Any, str], str]) -> Registry:
    """Make ``lock`` a command that does ``work``."""

    class Trying(Loaded):
        command = Command(
            name="lock",
            summary="Try it",
            options=(Option(flags=("--word",), dest="word", metavar="WORD", help="Say it"),),
            arguments=Arguments("ANYTHING", "Whatever"),
            read=lambda given: given.text("word"),
            work=work,
            render=_show,
        )

    return Registry((Trying("lock", "", "", "Try it"), *ENTRIES))


def _show(outcome: str, _given: Given, screen: Screen) -> int:
    screen.data(outcome)
    screen.say(["done"])
    return 0


def run(
    line: str,
    work: Callable[[Any, str], str] = lambda context, word: f"{context} {word}",
    **environ: str,
) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(
        line.split(),
        environ=environ,
        out=out,
        err=err,
        registry=registry_doing(work),
        make_context=lambda options, _reporter, cache: nullcontext((options, cache)),  # type: ignore[arg-type]
    )
    return code, out.getvalue(), err.getvalue()


def fail(error: BaseException) -> Callable[[Any, str], str]:
    def work(_context: object, _word: str) -> str:
        raise error

    return work


def test_reads_works_and_renders() -> None:
    context = (GlobalOptions(offline=True), None)
    assert run("--offline lock --word hello") == (0, f"{context} hello\n", "done\n")


def test_quiet_leaves_the_data() -> None:
    assert run("lock -q --word a", lambda _, word: word) == (0, "a\n", "")


def test_a_cache_of_its_own_goes_with_the_run() -> None:
    seen = []

    def work(context: tuple[GlobalOptions, Path], _word: str) -> str:
        seen.append(context[1])
        (context[1] / "file").write_text("x")
        return "done"

    assert run("-n lock", work)[0] == 0
    [cache] = seen
    assert not cache.exists()


def test_a_request_that_cannot_be_met() -> None:
    error = RequestError("no version of `flask` fits", where="app/pyproject.toml", hints=["wait"])
    assert run("lock", fail(error)) == (
        1,
        "",
        "error: no version of `flask` fits\n  in app/pyproject.toml\nhint: wait\n",
    )


def test_a_broken_environment() -> None:
    assert run("lock", fail(UsageError("the disk is full"))) == (
        2,
        "",
        "error: the disk is full\n",
    )


def test_wrong_usage() -> None:
    assert run("lock --wrd") == (
        2,
        "",
        "error: `wheelright lock` has no option `--wrd`\nhint: did you mean `--word`?\n",
    )


def test_colours_of_an_error() -> None:
    assert run("lock --color always", fail(UsageError("no")))[2] == (
        "\x1b[31;1merror:\x1b[0m \x1b[1mno\x1b[0m\n"
    )


def test_interrupted() -> None:
    assert run("lock", fail(KeyboardInterrupt())) == (130, "", "interrupted\n")


def test_output_closed_is_no_error() -> None:
    assert run("lock", fail(OutputClosed())) == (141, "", "")


def test_a_fault_of_ours_is_saved(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    line = f"--cache-dir {cache} lock --word https://me:secret@a.test/x"
    code, out, err = run(line, fail(KeyError("https://me:secret@a.test/x")))
    [report] = (cache / "reports").iterdir()
    assert (code, out) == (2, "")
    assert err == (
        "internal error: KeyError: 'https://a.test/x'\n"
        f"  the report was saved to {report}\n"
        "hint: this is a fault of Wheelright, not yours\n"
    )
    text = report.read_text(encoding="utf-8")
    assert f"command: wheelright --cache-dir {cache} lock --word https://a.test/x\n" in text
    assert "Traceback (most recent call last):" in text
    assert "secret" not in text


def test_a_fault_of_ours_that_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    code, _, err = run(
        "lock", fail(ValueError("two\nlines")), WHEELRIGHT_CACHE_DIR=str(tmp_path / "cache")
    )
    assert (code, err) == (
        2,
        (
            "internal error: ValueError: two lines\n"
            "  WHEELRIGHT_TRACEBACK=1 shows where it happened\n"
            "hint: this is a fault of Wheelright, not yours\n"
        ),
    )


def test_the_traceback_is_shown_on_demand(tmp_path: Path) -> None:
    environ = {"WHEELRIGHT_TRACEBACK": "1", "WHEELRIGHT_CACHE_DIR": str(tmp_path)}
    code, _, err = run("lock", fail(ValueError("odd")), **environ)
    assert code == 2
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("ValueError: odd\ninternal error: ValueError: odd\n")
    assert list(tmp_path.iterdir()) == []


def test_version() -> None:
    assert run("--version") == (0, f"wheelright {__version__}\n", "")
    assert run("lock -V") == (0, f"wheelright {__version__}\n", "")


def test_help_goes_to_stdout_when_asked_for() -> None:
    code, out, err = run("lock --help")
    assert (code, err) == (0, "")
    assert out.startswith("Try it\n\nUsage: wheelright lock [OPTIONS] [ANYTHING]...\n")


@pytest.mark.parametrize("line", ["", "python"])
def test_no_command_shows_help_on_stderr(line: str) -> None:
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert f"Usage: wheelright {line}".rstrip() in err


def _process(*words: str, code: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    code = code or "import sys; from wheelright.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    ("word", "needed"),
    [("--version", []), ("--help", []), ("help", []), ("lock --help", ["msgspec"])],
)
def test_start_up_imports_nothing_heavy(word: str, needed: list[str]) -> None:
    code = (
        "import sys; from wheelright.cli import main; code = main();"
        "heavy = {'rich', 'tomlkit', 'packaging', 'ssl', 'msgspec', 'json', 'asyncio', 'zipfile'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = _process(*word.split(), code=code)
    assert (done.returncode, done.stderr) == (0, f"{needed}\n")


def test_a_closed_pipe_is_quiet() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    code = "import sys; from wheelright.cli import main; sys.exit(main())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, "help", "sync"],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (141, "")
