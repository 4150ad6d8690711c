"""The stamp of a plain sync: what it hung on, looked at before it was read.

Source trees that are installed editable count with the files that decide their metadata. Any other
tree counts with every file in it, which is too much to look at: there is no stamp then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.project import configuration_files
from wheelright.venv.stamp import observe, remove_stamp, write_stamp
from wheelright.workflows.fingerprints import DECIDING, cache_keys
from wheelright.workflows.freshness import LOCK_NAME
from wheelright.workflows.options import GlobalOptions, SyncOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelright.project import PathSource, Project
    from wheelright.venv import Venv
    from wheelright.venv.stamp import FileState
    from wheelright.workflows.context import Context
    from wheelright.workflows.outcomes import SyncOutcome

_PINS = (".python-version", ".python-versions")
_CONFIGURATION = ("wheelright.toml", "uv.toml")
_AGEING = 0.012
"""Seconds: a little more than the clock tick of ``venv.stamp``."""


class Observation(Struct, frozen=True):
    """How the inputs of a sync looked before it began."""

    inputs: tuple[FileState, ...]
    whole: bool = True  # whether that is all that decides

    @classmethod
    def of(cls, context: Context) -> Observation:
        """Look at every file that decides what a plain sync of this project does."""
        root = context.project_directory
        names = (*DECIDING, *_PINS, *_CONFIGURATION)
        places = [path for _, path in configuration_files()]
        # A workspace above may take the project in.
        above = (folder / "pyproject.toml" for folder in root.absolute().parents)
        inputs = observe([*(root / name for name in names), *places, *above])
        trees = list(_trees(context))
        inside = [source.located(root) / name for source in trees for name in DECIDING]
        whole = all(one.editable and not _leads_on(one.located(root)) for one in trees)
        settings = context.settings
        whole = whole and all(one.url is None for one in settings.override_dependencies)
        # What `cache-keys` name may be many files, variables, and a repository.
        whole = whole and not any(map(cache_keys, (root, *(one.located(root) for one in trees))))
        # What members say counts too, and which folders are members; nobody watches those.
        whole = whole and context.workspace is None
        described = (one.file for one in (*settings.target, *settings.targets) if one.file)
        inside += [root / file for file in described]
        return cls((*inputs, *observe(inside)), whole)

    def stamp(
        self,
        context: Context,
        venv: Venv,
        project: Project,
        options: SyncOptions,
        outcome: SyncOutcome,
        locked: int,
        *,
        runnable: bool,
        exact: bool,
    ) -> None:
        """Stamp the venv after a sync with default options; forget the stamp after any other.

        ``exact``: the venv holds nothing but what the lock names. One that holds more (``inexact``)
        is stamped for ``run`` and ``lock`` alone. ``locked`` packages are in the lock.
        """
        place = None if context.venv_path is None else str(context.venv_path.parent)
        if (
            replace(options, inexact=False) != SyncOptions()
            or not _plain(context.options)
            or not self.whole
        ):
            remove_stamp(venv, place)
            return
        count = outcome.unchanged + sum(a.kind != "remove" for a in outcome.actions)
        noun = "package is" if count == 1 else "packages are"
        nouns = "package" if locked == 1 else "packages"
        messages = {
            "sync": f"Nothing to do: {count} {noun} as locked",
            "lock": f"Nothing to do: the lock is current ({locked} {nouns})",
        }
        for waited in (False, True):
            stamped = write_stamp(
                venv,
                project.root,
                (*self.inputs, *observe([project.root / LOCK_NAME])),
                messages=messages,
                exact=exact,
                runnable=runnable,
                place=place,
                environ=context.environ,
            )
            if stamped or waited or not all(state.settled for state in self.inputs):
                return
            # What this sync wrote itself is too young to be told from a later edit; it ages fast,
            # and the stamp saves the next command far more.
            time.sleep(_AGEING)


def _plain(options: GlobalOptions) -> bool:
    """Whether the global options change nothing about what a sync does."""
    return options == GlobalOptions(cache_dir=options.cache_dir, offline=options.offline)


def _leads_on(tree: Path) -> bool:
    """Whether a source tree may name further places on this machine, which nobody watches."""
    for name in DECIDING:
        try:
            text = (tree / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if "file:" in text or ".sources" in text:
            return True
    return False


def _trees(context: Context) -> Iterator[PathSource]:
    """Yield the source trees that the project names: sources, and direct references."""
    from wheelright.project import PathSource, source_of_reference

    project = context.project
    stated = [source for sources in context.settings.sources.values() for source in sources]
    lists = (project.dependencies, *project.optional_dependencies.values())
    for requirements in (*lists, *project.groups.values()):
        stated += [one for each in requirements if (one := source_of_reference(each)) is not None]
    for source in stated:
        if isinstance(source, PathSource):
            yield source
