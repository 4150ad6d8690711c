"""The stamp of a plain sync: what it hung on, looked at before it was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelright.project import configuration_files
from wheelright.venv.stamp import observe, remove_stamp, write_stamp
from wheelright.workflows.local import DECIDING
from wheelright.workflows.lock import LOCK_NAME
from wheelright.workflows.options import GlobalOptions, SyncOptions

if TYPE_CHECKING:
    from wheelright.project import Project
    from wheelright.venv import Venv
    from wheelright.venv.stamp import FileState
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import SyncOutcome

_PINS = (".python-version", ".python-versions")
_CONFIGURATION = ("wheelright.toml", "uv.toml")


@dataclass(frozen=True, slots=True)
class Observation:
    """How the inputs of a sync looked before it began."""

    inputs: tuple[FileState, ...]

    @classmethod
    def of(cls, context: Context) -> Observation:
        """Look at every file that decides what a plain sync of this project does."""
        root = context.project_directory
        names = (*DECIDING, *_PINS, *_CONFIGURATION)
        places = [path for _, path in configuration_files()]
        return cls(observe([*(root / name for name in names), *places]))

    def stamp(
        self,
        context: Context,
        venv: Venv,
        project: Project,
        options: SyncOptions,
        outcome: SyncOutcome,
        *,
        runnable: bool,
        exact: bool,
    ) -> None:
        """Stamp the venv after a sync with default options; forget the stamp after any other.

        ``exact``: the venv holds nothing but what the lock names. One that holds more (``inexact``)
        is stamped for ``run`` alone.
        """
        if (
            replace(options, inexact=False) != SyncOptions()
            or not _plain(context.options)
            or _has_trees(context)
        ):
            remove_stamp(venv)
            return
        count = outcome.unchanged + sum(a.kind != "remove" for a in outcome.actions)
        noun = "package is" if count == 1 else "packages are"
        write_stamp(
            venv,
            project.root,
            (*self.inputs, *observe([project.root / LOCK_NAME])),
            message=f"Nothing to do: {count} {noun} as locked",
            exact=exact,
            runnable=runnable,
            environ=context.environ,
        )


def _plain(options: GlobalOptions) -> bool:
    """Whether the global options change nothing about what a sync does."""
    return options == GlobalOptions(cache_dir=options.cache_dir, offline=options.offline)


def _has_trees(context: Context) -> bool:
    """Whether other source trees decide as well, which the stamp does not look at."""
    from wheelright.project import PathSource

    found = context.settings.sources.values()
    return any(isinstance(source, PathSource) for sources in found for source in sources)
