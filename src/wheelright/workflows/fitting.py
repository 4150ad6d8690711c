"""Whether this machine fits a venv: the facts of its guard, and the same judgement for ``run``.

Must live here: joining settings, record and machine to what ``venv.guard`` goes by. Must not live
here: what a guard says, how it judges (``venv``); what a venv is to be for (``goals``, ``aims``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.venv import guard_facts, guard_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelright.project import Settings
    from wheelright.venv import Installed, Record


def guard_for(
    settings: Settings, record: Record, kept: Sequence[Installed]
) -> Mapping[str, bytes] | None:
    """Return the files of the guard that a venv with this record gets; None where it gets none.

    ``kept`` is what stays in the venv: packages that are not in the record were installed by other
    tools, and nobody knows what they need.
    """
    recorded = {package.name for package in record.packages}
    complete = all(one.name in recorded for one in kept)
    return guard_files(guard_facts(record, settings.guard, complete=complete))
