"""``wheelright pip install`` and ``pip sync``: one environment made to hold what is asked for.

Looks first: where everything asked for is there already, nothing is fetched, and nothing that
fetching and resolving need is imported. Then resolves, plans, fetches and builds, and only then
touches the environment.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wheelright.venv import ApplyOptions, Plan, PlanOptions, make_plan
from wheelright.workflows.outcomes import Action
from wheelright.workflows.pip.asking import (
    gather_wishes,
    holds,
    joined_index,
    require_something,
    requirement_name,
)
from wheelright.workflows.pip.errors import HashesRequiredError, NothingAskedError
from wheelright.workflows.pip.present import Present
from wheelright.workflows.pip.sites import find_site, purpose_of
from wheelright.workflows.pip_options import PipOutcome

if TYPE_CHECKING:
    from wheelright.index import Indexes
    from wheelright.venv import Action as PlannedAction
    from wheelright.venv import Installed, Wanted
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.pip.asking import Asked, Wishes
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.formats import FormatPolicy
    from wheelright.workflows.pip.sites import Purpose, Site
    from wheelright.workflows.pip_options import PipInstallOptions

#: What other tools put into a venv when they make it; an exact install leaves it alone.
SEEDS = frozenset({"pip", "setuptools", "wheel"})


class Installing(Struct, frozen=True, dict=True):
    """One install: everything that planning and carrying it out need; the costly parts late."""

    context: Context
    options: PipInstallOptions
    wishes: Wishes
    site: Site
    purpose: Purpose

    @property
    def aim(self) -> Aim:
        """What the environment is for."""
        return self.purpose.aim

    @cached_property
    def indexes(self) -> Indexes:
        """The indexes of options, settings and files."""
        return self.context.indexes(joined_index(self.options.index, self.wishes))

    @cached_property
    def builds(self) -> Builds:
        """Builds with the environment's Python."""
        from wheelright.workflows.building import Builds

        return Builds(
            self.context,
            self.indexes,
            self.site.interpreter,
            aim=self.aim,
            options=self.options.build.how,
            venv=self.site.venv,
        )

    @cached_property
    def policy(self) -> FormatPolicy:
        """Which kinds of files may be used."""
        from wheelright.workflows.pip.formats import format_policy

        return format_policy(self.context, self.options.build, self.wishes)

    @property
    def hashes(self) -> dict[str, frozenset[str]]:
        """The hashes that files must have, by project."""
        return {} if self.options.no_verify_hashes else self.wishes.hashes()


class Decision(Struct, frozen=True):
    """What is to be done, and what is to be told of it."""

    plan: Plan
    notes: tuple[str, ...] = ()
    unchanged: int = 0


def install(context: Context, options: PipInstallOptions) -> PipOutcome:
    """Install what is asked for and return what was done (or would be).

    Raises ``ResolutionFailure``, ``NoEnvironmentError``, ``ManagedPythonError``, and what
    indexes, builds and disks have to say.
    """
    started = time.monotonic()
    work = _prepared(context, options)
    if options.dry_run:
        return _outcome(work, _decided(work), started)
    with work.site.lock(context):
        decision = _decided(work)
        if not decision.plan.is_empty:
            _carry_out(work, decision.plan)
    return _outcome(work, decision, started)


def _carry_out(work: Installing, plan: Plan) -> None:
    from wheelright.targets import detect_machine
    from wheelright.workflows.direct.installing import Stated
    from wheelright.workflows.pip.applying import change_site, fetch_wheels

    context, options = work.context, work.options
    asked = [one.source for one in work.wishes.requirements if one.source is not None]
    stated = Stated.of(asked)
    wheels = fetch_wheels(context, work.indexes, work.builds, work.aim, plan, work.policy, stated)
    settings = ApplyOptions(
        options.link_mode or context.settings.link_mode or "clone",
        options.compile_bytecode or context.settings.compile_bytecode,
        detect_machine().arch,
    )
    change_site(context, work.site, work.aim, plan, wheels, settings)


def _prepared(context: Context, options: PipInstallOptions) -> Installing:
    wishes = gather_wishes(context, options.requests)
    require_something(wishes, options.command)
    if options.exact and not options.allow_empty and not wishes.requirements and not wishes.locks:
        raise NothingAskedError(
            "the files hold no requirement, so that everything would be removed",
            hints=["`--allow-empty-requirements` says that this is meant"],
        )
    place = options.place
    site = find_site(context, place)
    purpose = purpose_of(
        site.interpreter,
        site.record,
        python_version=place.python_version,
        python_platform=place.python_platform,
        targets=_targets(context, place.targets),
    )
    _check_hashes(wishes, options, purpose.aim)
    return Installing(context, options, wishes, site, purpose)


def _targets(context: Context, names: str | None) -> tuple[DeclaredTarget, ...] | None:
    if names is None:
        return None
    from wheelright.workflows.declared import named_targets

    return named_targets(names, None, context.settings)


def _check_hashes(wishes: Wishes, options: PipInstallOptions, aim: Aim) -> None:
    """Insist on a pin and a hash for everything, where hashes are required."""
    if not (options.require_hashes or wishes.require_hashes):
        return
    hashes = wishes.hashes()
    for asked in wishes.requirements:
        if not holds(asked.marker, aim.values):
            continue
        has_hash = bool(asked.hashes) or asked.name in hashes or "#sha" in asked.text
        if asked.is_pinned and has_hash:
            continue
        what = "has no hash" if asked.is_pinned else "is not pinned with `==`"
        raise HashesRequiredError(
            f"`{asked.name or asked.text}` {what}, and hashes are required",
            where=asked.origin,
            hints=["`wheelright pip compile --generate-hashes` writes pins with hashes"],
        )


# -- deciding


def _decided(work: Installing) -> Decision:
    installed = work.site.installed()
    if work.wishes.locks:
        from wheelright.workflows.pip.locks import wanted_by_lock

        wanted = wanted_by_lock(work.context, work.wishes, work.aim, work.policy, work.options)
        return _planned(work, installed, wanted, {}, ())
    present = Present(work.site, installed, work.aim, work.site.pending)
    stayable = _stayable(work, present)
    if not _anew(work):
        enough = _enough(work, present, stayable)
        if enough is not None:
            return _planned(work, installed, [], {name: stayable[name] for name in enough}, ())
    asked, directs = tuple(work.wishes.requirements), dict[str, "Direct"]()
    if work.wishes.limits_with_places() or any(one.source is not None for one in asked):
        asked, directs = _read_directs(work)
    return _resolved(work, installed, asked, directs, stayable)


def _anew(work: Installing) -> bool:
    """Whether versions are to be chosen without a look at what is installed."""
    return work.options.resolve.upgrade or work.options.reinstall


def _read_directs(work: Installing) -> tuple[tuple[Asked, ...], dict[str, Direct]]:
    from wheelright.workflows.pip.directs import DirectReader

    reader = DirectReader(work.builds, work.indexes, work.aim.values, work.aim.tags)
    reader.read(work.wishes.limits_with_places())
    return tuple(reader.read(work.wishes.requirements)), reader.found


def _stayable(work: Installing, present: Present) -> dict[str, Installed]:
    """Return what is installed and may stay: sound, fitting, and not asked to be replaced."""
    options = work.options
    if _anew(work):
        return {}
    replaced = {requirement_name(text) for text in options.resolve.upgrade_package}
    replaced |= {requirement_name(text) for text in options.reinstall_packages}
    return {name: one for name, one in present.sound.items() if name not in replaced}


def _enough(work: Installing, present: Present, stayable: dict[str, Installed]) -> set[str] | None:
    """Return what is needed of what is installed, where that is enough; else None."""
    settings, wishes = work.context.settings, work.wishes
    if wishes.overrides or settings.override_dependencies or settings.exclude_dependencies:
        return None  # the resolver knows how to apply them
    constraints = [str(one) for one in settings.constraint_dependencies]
    for one in wishes.constraints:
        if one.requirement is None or one.source is not None:
            return None
        constraints.append(str(one.requirement))
    if any(one.source is not None for one in wishes.requirements):
        return None
    return present.closure(wishes.requirements, constraints, stayable, no_deps=work.options.no_deps)


def _resolved(
    work: Installing,
    installed: tuple[Installed, ...],
    asked: tuple[Asked, ...],
    directs: dict[str, Direct],
    stayable: dict[str, Installed],
) -> Decision:
    from wheelright.workflows.pip.choosing import resolve_site

    stayable = {name: one for name, one in stayable.items() if name not in directs}
    chosen = resolve_site(work, asked, directs, stayable)
    return _planned(work, installed, chosen.wanted, chosen.staying, chosen.notes)


def _planned(
    work: Installing,
    installed: tuple[Installed, ...],
    wanted: list[Wanted],
    staying: dict[str, Installed],
    notes: tuple[str, ...],
) -> Decision:
    options, site = work.options, work.site
    others = [one for one in installed if one.name not in staying]
    again = {requirement_name(text) for text in options.reinstall_packages}
    if site.kind != "venv":  # nothing tells whether a source changed since
        again |= {
            one.name
            for one in wanted
            if one.origin is not None and one.origin.is_directory and not one.origin.editable
        }
    plan = make_plan(
        wanted,
        others,
        site.record,
        work.aim.why_not,
        PlanOptions(not options.exact, options.reinstall, frozenset(again)),
        site.pending,
    )
    seeds = [one for action in plan.actions if _is_seed(action) for one in action.old]
    actions = tuple(
        replace(action, reason="not asked for") if action.kind == "remove" else action
        for action in plan.actions
        if not _is_seed(action)
    )
    kept = {one.name: one for one in (*plan.kept, *staying.values(), *seeds)}
    plan = Plan(actions, tuple(sorted(kept.values(), key=lambda one: one.name)))
    names = {one.name for one in wanted} | staying.keys()
    return Decision(plan, notes, len(names - {action.name for action in actions}))


def _is_seed(action: PlannedAction) -> bool:
    """Whether an action removes what somebody else put into the venv when it was made."""
    return (
        action.kind == "remove"
        and action.name in SEEDS
        and all(one.installer != "wheelright" for one in action.old)
    )


def _outcome(work: Installing, decision: Decision, started: float) -> PipOutcome:
    return PipOutcome(
        environment_path=work.site.venv.path,
        target=work.aim.name or str(work.aim.platform),
        actions=tuple(
            Action(a.kind, a.name, a.version, a.old_version, a.file, a.reason)
            for a in decision.plan.actions
        ),
        notes=decision.notes,
        unchanged=decision.unchanged,
        seconds=time.monotonic() - started,
        dry_run=work.options.dry_run,
    )
