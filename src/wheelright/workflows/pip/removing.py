"""``wheelright pip uninstall``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wheelright.targets import detect_machine
from wheelright.venv import Action as PlannedAction
from wheelright.venv import ApplyOptions, Plan
from wheelright.workflows.outcomes import Action
from wheelright.workflows.pip.applying import change_site
from wheelright.workflows.pip.asking import gather_wishes
from wheelright.workflows.pip.errors import NothingAskedError
from wheelright.workflows.pip.sites import find_site, purpose_of
from wheelright.workflows.pip_options import PipOutcome, PipRequests

if TYPE_CHECKING:
    from wheelright.venv import Installed
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip_options import PipListOptions


def uninstall(context: Context, options: PipListOptions) -> PipOutcome:
    """Remove packages; of what is not installed a warning is given.

    Raises :class:`NothingAskedError`, ``ManagedPythonError`` and ``NoEnvironmentError``.
    """
    started = time.monotonic()
    wishes = gather_wishes(
        context,
        PipRequests(requirements=options.packages, requirement_files=options.requirement_files),
    )
    names = {one.name for one in wishes.requirements if one.name is not None}
    if not names:
        raise NothingAskedError(
            "`wheelright pip uninstall` was given no package",
            hints=["name a package, or a file with `-r FILE`"],
        )
    site = find_site(context, options.place)
    with site.lock(context):
        installed = site.installed()
        for name in sorted(names - {one.name for one in installed}):
            context.reporter.warn(f"`{name}` is not installed, so that there is nothing to remove")
        plan = _plan(installed, names)
        if not plan.is_empty and not options.dry_run:
            aim = purpose_of(
                site.interpreter, site.record, python_version=None, python_platform=None
            ).aim
            settings = ApplyOptions(arch=detect_machine().arch)
            change_site(context, site, aim, plan, {}, settings)
    return PipOutcome(
        site.venv.path,
        str(site.interpreter.platform),
        tuple(Action(a.kind, a.name, a.version, reason=a.reason) for a in plan.actions),
        seconds=time.monotonic() - started,
        dry_run=options.dry_run,
    )


def _plan(installed: tuple[Installed, ...], names: set[str]) -> Plan:
    going: dict[str, list[Installed]] = {}
    for one in installed:
        if one.name in names:
            going.setdefault(one.name, []).append(one)
    return Plan(
        tuple(
            PlannedAction("remove", name, old[0].version, "asked for", old=tuple(old))
            for name, old in sorted(going.items())
        ),
        tuple(one for one in installed if one.name not in names),
    )
