"""Whether this machine fits a venv: the facts of its guard, and the same judgement for ``run``.

Must live here: joining settings, record and machine to what ``venv.guard`` goes by. Must not live
here: what a guard says, how it judges (``venv``); what a venv is to be for (``goals``, ``aims``).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import UsageError
from wheelright.venv import (
    Record,
    RecordedTarget,
    guard_facts,
    guard_files,
    list_installed,
)
from wheelright.venv.guard import found_of, is_fit, misfit_help, misfit_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.project import Settings
    from wheelright.store import Store, StoredWheel
    from wheelright.targets import Platform
    from wheelright.venv import Installed, RecordedPackage, Venv
    from wheelright.workflows.goals import Goal


class UnfitMachineError(UsageError):
    """The venv is for another kind of machine than this one."""


class Misfit(Struct, frozen=True):
    """A machine does not fit a venv: in the words of the guard, and the command that helps."""

    words: str
    help: str

    @property
    def line(self) -> str:
        """All of it, as the guard says it."""
        return f"{self.words}; {self.help}"

    def error(self, where: str, *details: str) -> UnfitMachineError:
        """Return the error that says the same."""
        return UnfitMachineError(self.words, where=where, details=details, hints=[self.help])


def guard_for(
    settings: Settings, record: Record, kept: Sequence[Installed]
) -> Mapping[str, bytes] | None:
    """Return the files of the guard that a venv with this record gets; None where it gets none.

    ``kept`` is what stays in the venv.
    """
    facts = guard_facts(record, settings.guard, complete=_is_complete(record, kept))
    return guard_files(facts)


def with_needs(
    packages: Sequence[RecordedPackage],
    venv: Venv,
    kept: Sequence[Installed],
    wheels: Mapping[str, StoredWheel],
    store: Store,
) -> tuple[RecordedPackage, ...]:
    """Measure what was never measured, or by a Wheelright that measured in another way.

    Of a stored wheel that is kept in the store: it is measured once.
    """
    installed = {one.name: one for one in kept}
    from wheelright.targets.needs import read_needs, to_plain
    from wheelright.targets.needs.wheel import PLAIN_VERSION

    def measured(package: RecordedPackage) -> RecordedPackage:
        if package.needs and package.needs[0] == PLAIN_VERSION:
            return package
        if package.name in wheels:
            wheel = wheels[package.name]
            paths = [entry.path for entry in wheel.facts.entries]
            needs = to_plain(read_needs(wheel.path, paths))
            store.keep_needs(wheel, needs)
            return replace(package, needs=needs)
        from wheelright.venv import measure_needs

        return replace(package, needs=measure_needs(venv, installed[package.name]))

    return tuple(map(measured, packages))


def facts_of(venv: Venv, record: Record) -> dict[str, Any] | None:
    """Return what the guard of a venv goes by (its mode aside)."""
    complete = record.target is not None or _is_complete(record, list_installed(venv))
    return guard_facts(record, "warn", complete=complete)


def _is_complete(record: Record, installed: Sequence[Installed]) -> bool:
    """Whether all is recorded: nobody knows what packages of other tools need."""
    recorded = {package.name for package in record.packages}
    return all(one.name in recorded for one in installed)


def misfit_of(venv: Venv, record: Record | None, here: Platform) -> Misfit | None:
    """Say why a machine does not fit a venv; None where it does, or nobody knows."""
    if record is None or (record.platform == str(here) and not record.targets):
        return None
    return _misfit(facts_of(venv, record), here, venv.path)


def misfit_of_goal(goal: Goal, here: Platform, path: str) -> Misfit | None:
    """Say why a machine would not fit the venv that is asked for."""
    targets = tuple(RecordedTarget(one.name, str(one.platform)) for one in goal.targets)
    if not targets:
        return None
    record = Record(target=goal.name, platform=targets[0].platform, targets=targets)
    return _misfit(guard_facts(record, "warn"), here, path)


def _misfit(facts: dict[str, Any] | None, here: Platform, path: str) -> Misfit | None:
    found = found_of(here)
    if facts is None or is_fit(facts, found):
        return None
    return Misfit(misfit_words(facts, found, path), misfit_help(facts, found))


def why_not_ours(venv: Venv) -> str | None:
    """Say why a venv may not be changed for this machine's sake; None where it may.

    It must be private: what another user made, others use.
    """
    if not all(os.access(place, os.W_OK) for place in (venv.path, venv.site_packages)):
        return "it is left as it is, for it may not be written from here"
    if hasattr(os, "geteuid") and os.stat(venv.path).st_uid != os.geteuid():  # noqa: PTH116 (text)
        return "it is left as it is, for it belongs to another user"
    return None
