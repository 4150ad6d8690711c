"""The program: reads the command line, runs one command, renders what came of it.

Exit codes: 0 done, 1 the project or the request cannot be met, 2 wrong usage, a broken
environment or a fault of ours, 130 interrupted, 141 nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from wheelright import __version__
from wheelright.cli.parsing import Parsed, parse
from wheelright.cli.registry import Registry
from wheelright.console import OutputClosed, Screen
from wheelright.console.errors import error_lines
from wheelright.errors import WheelrightError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wheelright.outside.reporting import Reporter
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import GlobalOptions

    MakeContext = Callable[[GlobalOptions, Reporter, Path | None], AbstractContextManager[Context]]

INTERRUPTED = 130
OUTPUT_CLOSED = 141


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
    registry: Registry | None = None,
    make_context: MakeContext | None = None,
) -> int:
    """Run ``wheelright`` with the arguments ``argv`` and answer its exit code.

    The rest stands for the process around, and is replaced by tests.
    """
    argv = sys.argv[1:] if argv is None else argv
    environ = os.environ if environ is None else environ
    out = sys.stdout if out is None else out
    err = sys.stderr if err is None else err
    screen = Screen(out, err, environ=environ)
    try:
        try:
            parsed = parse(argv, environ, registry or Registry())
            screen = _screen(parsed, out, err, environ)
            return _answer(parsed, screen, registry or Registry(), make_context or _make_context)
        except WheelrightError as error:
            every_detail = bool(screen.verbose)
            screen.error(error_lines(error, screen.err_style, every_detail=every_detail))
            return error.exit_code
        except OutputClosed:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence
            from wheelright.cli.fault import fault_lines

            screen.error(fault_lines(error, argv, environ, screen.err_style))
            return 2
    except KeyboardInterrupt:
        screen.error(["interrupted"])
        return INTERRUPTED
    except OutputClosed:
        _drop_output()
        return OUTPUT_CLOSED


def _screen(parsed: Parsed, out: TextIO, err: TextIO, environ: Mapping[str, str]) -> Screen:
    given = parsed.given
    return Screen(
        out,
        err,
        environ=environ,
        color=given.text("color") or "auto",
        quiet=given.count("quiet"),
        verbose=given.count("verbose"),
    )


def _answer(parsed: Parsed, screen: Screen, registry: Registry, make_context: MakeContext) -> int:
    """Do what was asked: show a page or the version, or run the command."""
    if parsed.version:
        screen.data(f"wheelright {__version__}")
        return 0
    if parsed.help:
        from wheelright.cli.help import page

        screen.data(page(parsed.name, registry, screen.out_style))
        return 0
    if parsed.command is None:
        from wheelright.cli.help import page

        screen.error([page(parsed.name, registry, screen.err_style)])
        return 2
    return _run(parsed, screen, make_context)


def _run(parsed: Parsed, screen: Screen, make_context: MakeContext) -> int:
    command, given = parsed.command, parsed.given
    assert command is not None
    options = command.read(given)
    if not command.needs_context:
        return command.render(command.work(None, options), given, screen)
    from wheelright.cli.everywhere import read_global
    from wheelright.console.reporter import ConsoleReporter

    reporter = ConsoleReporter(screen, progress=not given.flag("no_progress"))
    everywhere = read_global(given)
    try:
        with (
            _temporary_cache(everywhere) as cache,
            make_context(everywhere, reporter, cache) as context,
        ):
            outcome = command.work(context, options)
    finally:
        reporter.close()
    return command.render(outcome, given, screen)


def _make_context(
    options: GlobalOptions, reporter: Reporter, cache: Path | None
) -> AbstractContextManager[Context]:
    from contextlib import closing

    from wheelright.workflows.context import make_context

    return closing(make_context(options, reporter, temporary_cache=cache))


def _temporary_cache(options: GlobalOptions) -> AbstractContextManager[Path | None]:
    """Give the cache of ``--no-cache``, which goes with the run; nothing without it."""
    if not options.no_cache:
        from contextlib import nullcontext

        return nullcontext()
    from wheelright.outside.files import temporary_directory

    return temporary_directory(prefix="wheelright-cache-")


def _drop_output() -> None:
    """Point stdout nowhere, so that flushing it at exit does not fail once more."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):  # stdout is no real file: nothing to flush
        return
