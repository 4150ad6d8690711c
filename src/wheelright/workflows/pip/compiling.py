"""``wheelright pip compile``: requirements pinned, for one environment or for all.

An output file that exists is read first: its versions are kept while they satisfy. What takes long
goes on side by side: a Python is asked what it is and the first pages are fetched, while what
resolves (``pinning``) is loaded.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wheelright.outside import files
from wheelright.outside.threads import begin
from wheelright.workflows.pip.asking import gather_wishes, joined_index, require_something
from wheelright.workflows.pip.compilation import Compiling, output_of
from wheelright.workflows.pip.errors import NothingAskedError
from wheelright.workflows.pip.formats import format_policy
from wheelright.workflows.pip.sites import find_python, full_version, near_venv, purpose_of
from wheelright.workflows.pip_options import CompileOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.index import Indexes
    from wheelright.targets import Interpreter
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.asking import Wishes
    from wheelright.workflows.pip_options import PipCompileOptions


def compile_requirements(context: Context, options: PipCompileOptions) -> CompileOutcome:
    """Compile and return the text; with ``output_file`` it is written where it changed.

    Raises ``ResolutionFailure`` and what files, indexes and builds have to say.
    """
    started = time.monotonic()
    search = near_venv(context)
    python = begin(lambda: find_python(context, options.python_version, search))
    wishes = _wishes(context, options)
    indexes = _asked_ahead(context, options, wishes)
    from wheelright.workflows.pip.pinning import choose, text_of

    work = _prepared(context, options, wishes, indexes, python.result())
    compiled = choose(work)
    path, text = work.output, text_of(work, compiled)
    wrote = False
    if path is not None and text != work.before:
        files.write_atomic(path, text)
        wrote = True
    return CompileOutcome(
        text,
        None if path is None else str(path),
        len({package.name for package in compiled.packages}),
        compiled.found.notes,
        time.monotonic() - started,
        wrote,
    )


def _wishes(context: Context, options: PipCompileOptions) -> Wishes:
    wishes = gather_wishes(context, options.requests)
    if not options.requests.requirement_files and not options.requests.groups:
        raise NothingAskedError(
            "`wheelright pip compile` needs a FILE",
            hints=[
                "name a requirements file or a `pyproject.toml`, or a group of it with `--group`"
            ],
        )
    require_something(wishes, "pip compile")
    return wishes


def _asked_ahead(context: Context, options: PipCompileOptions, wishes: Wishes) -> Indexes:
    """Open the indexes, and ask for the pages that are needed in any case."""
    indexes, settings = context.indexes(joined_index(options.index, wishes)), context.settings
    if not (settings.exclude_dependencies or settings.override_dependencies):
        indexes.ask_ahead(wishes.surely_paged)
    return indexes


def _prepared(
    context: Context,
    options: PipCompileOptions,
    wishes: Wishes,
    indexes: Indexes,
    interpreter: Interpreter,
) -> Compiling:
    aim, requires_python = None, ""
    if options.universal:
        requires_python = _bound(interpreter, options.python_version)
    else:
        aim = purpose_of(
            interpreter,
            None,
            python_version=options.python_version,
            python_platform=options.python_platform,
        ).aim
    policy = format_policy(context, options.build, wishes)
    before = _existing(output_of(context, options))
    return Compiling(
        context, options, wishes, policy, indexes, interpreter, aim, requires_python, before
    )


def _bound(interpreter: Interpreter, python_version: str | None) -> str:
    """Return the Pythons of a universal answer: from the one named, or from this minor, on."""
    if python_version is None:
        return f">={interpreter.python[0]}.{interpreter.python[1]}"
    full_version(python_version)
    return f">={python_version}"


def _existing(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
