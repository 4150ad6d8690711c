"""``wheelright cache dir``, ``cache size``, ``cache clean`` and ``cache prune``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.cli.option import Arguments, Command, Option

if TYPE_CHECKING:
    from wheelright.cli.given import Given
    from wheelright.console import Screen
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import CacheReport


def _read_nothing(_given: Given) -> None:
    """Read nothing: the work of these commands needs no options."""


def _read_names(given: Given) -> tuple[str, ...]:
    return given.arguments


def _work_dir(context: Context, _options: None) -> str:
    from wheelright.workflows.cache import cache_dir

    return cache_dir(context)


def _work_size(context: Context, _options: None) -> CacheReport:
    from wheelright.workflows.cache import cache_size

    return cache_size(context)


def _work_clean(context: Context, names: tuple[str, ...]) -> CacheReport:
    from wheelright.workflows.cache import cache_clean

    return cache_clean(context, names)


def _work_prune(context: Context, _options: None) -> CacheReport:
    from wheelright.workflows.cache import cache_prune

    return cache_prune(context)


def _render_dir(path: str, _given: Given, screen: Screen) -> int:
    screen.data(path)
    return 0


def _render_size(report: CacheReport, given: Given, screen: Screen) -> int:
    from wheelright.console.text import byte_size

    screen.data(byte_size(report.bytes) if given.flag("human") else str(report.bytes))
    return 0


def _render_removed(report: CacheReport, _given: Given, screen: Screen) -> int:
    from wheelright.console.outcomes import cache_lines

    screen.say(cache_lines(report, "Removed"))
    return 0


DIR = Command(
    name="cache dir",
    summary="Show where the cache is",
    read=_read_nothing,
    work=_work_dir,
    render=_render_dir,
)

SIZE = Command(
    name="cache size",
    summary="Show how large the cache is",
    description="Prints the size in bytes.",
    options=(
        Option(
            flags=("-H", "--human"),
            dest="human",
            help="Print the size for people, as in `54.0 MiB`",
        ),
    ),
    read=_read_nothing,
    work=_work_size,
    render=_render_size,
)

CLEAN = Command(
    name="cache clean",
    summary="Empty the cache, or remove some packages from it",
    description="Removes everything from the cache, or what it holds of the packages named.",
    arguments=Arguments("PACKAGE", "The packages to remove; none: everything"),
    read=_read_names,
    work=_work_clean,
    render=_render_removed,
)

PRUNE = Command(
    name="cache prune",
    summary="Remove what nothing uses any more",
    description="Removes what is outdated or was left unfinished; the rest of the cache stays.",
    read=_read_nothing,
    work=_work_prune,
    render=_render_removed,
)
