"""``wheelright pip install`` and ``pip sync``: one environment made to hold what is asked for.

Looks first: where everything asked for is there already, nothing is fetched. Then resolves,
plans, fetches and builds, and only then touches the environment.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelright.errors import RequestError
from wheelright.targets import detect_machine
from wheelright.venv import ApplyOptions, Plan, PlanOptions, Wanted, make_plan
from wheelright.workflows.building import Builds
from wheelright.workflows.machine import best_file
from wheelright.workflows.outcomes import Action
from wheelright.workflows.pip.applying import change_site, fetch_wheels
from wheelright.workflows.pip.asking import (
    Asked,
    format_policy,
    gather_wishes,
    joined_index,
    require_something,
    requirement_name,
)
from wheelright.workflows.pip.directs import DirectReader, holds
from wheelright.workflows.pip.errors import HashesRequiredError, NothingAskedError
from wheelright.workflows.pip.locks import wanted_by_lock
from wheelright.workflows.pip.present import Present, kept_of
from wheelright.workflows.pip.resolving import Question, answer, choice
from wheelright.workflows.pip.sites import find_site, purpose_of
from wheelright.workflows.pip_options import PipOutcome

if TYPE_CHECKING:
    from wheelright.index import Indexes
    from wheelright.venv import Installed
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.asking import FormatPolicy, Wishes
    from wheelright.workflows.pip.directs import Direct
    from wheelright.workflows.pip.resolving import Answer
    from wheelright.workflows.pip.sites import Purpose, Site
    from wheelright.workflows.pip_options import PipInstallOptions

#: What other tools put into a venv when they make it; an exact install leaves it alone.
SEEDS = frozenset({"pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True)
class Installing:
    """One install: everything that planning and carrying it out need."""

    context: Context
    options: PipInstallOptions
    wishes: Wishes
    site: Site
    purpose: Purpose
    policy: FormatPolicy
    indexes: Indexes
    builds: Builds

    @property
    def aim(self) -> Aim:
        """What the environment is for."""
        return self.purpose.aim


@dataclass(frozen=True, slots=True)
class Decision:
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
            wheels = fetch_wheels(context, work.indexes, work.builds, work.aim, decision.plan)
            change_site(
                context,
                work.site,
                work.aim,
                decision.plan,
                wheels,
                ApplyOptions(
                    options.link_mode or context.settings.link_mode or "clone",
                    options.compile_bytecode or context.settings.compile_bytecode,
                    detect_machine().arch,
                ),
            )
    return _outcome(work, decision, started)


def _prepared(context: Context, options: PipInstallOptions) -> Installing:
    wishes = gather_wishes(context, options.requests)
    require_something(wishes, "pip sync" if options.exact and options.no_deps else "pip install")
    _check_empty(wishes, options)
    place = options.place
    site = find_site(context, place)
    purpose = purpose_of(
        site.interpreter,
        site.record,
        python_version=place.python_version,
        python_platform=place.python_platform,
    )
    _check_hashes(wishes, options, purpose.aim)
    indexes = context.indexes(joined_index(options.index, wishes))
    builds = Builds(context, indexes, site.interpreter, context.settings.config_settings)
    policy = format_policy(context, options.build, wishes)
    return Installing(context, options, wishes, site, purpose, policy, indexes, builds)


def _check_empty(wishes: Wishes, options: PipInstallOptions) -> None:
    if options.exact and not options.allow_empty and not wishes.requirements and not wishes.locks:
        raise NothingAskedError(
            "the files hold no requirement, so that everything would be removed",
            hints=["`--allow-empty-requirements` says that this is meant"],
        )


def _check_hashes(wishes: Wishes, options: PipInstallOptions, aim: Aim) -> None:
    """Insist on a pin and a hash for everything, where hashes are required."""
    if not (options.require_hashes or wishes.require_hashes):
        return
    hashes = wishes.hashes()
    for asked in wishes.requirements:
        if not holds(asked.marker, aim.values):
            continue
        pinned = asked.source is not None or any(
            one.operator in {"==", "==="} and not one.version.endswith(".*")
            for one in (asked.requirement.specifier if asked.requirement is not None else ())
        )
        has_hash = bool(asked.hashes) or asked.name in hashes or "#sha" in asked.text
        if pinned and has_hash:
            continue
        what = "is not pinned with `==`" if not pinned else "has no hash"
        raise HashesRequiredError(
            f"`{asked.name or asked.text}` {what}, and hashes are required",
            where=asked.origin,
            hints=["`wheelright pip compile --generate-hashes` writes pins with hashes"],
        )


# -- deciding


def _decided(work: Installing) -> Decision:
    installed = work.site.installed()
    if work.wishes.locks:
        wanted = wanted_by_lock(work.context, work.wishes, work.aim, work.policy, work.options)
        return _planned(work, installed, wanted, {}, ())
    reader = DirectReader(work.builds, work.indexes, work.aim.values, work.aim.tags)
    asked = tuple(reader.read(work.wishes.requirements))
    present = Present(work.site, installed, work.aim, work.site.pending)
    candidates = _stayable(work, asked, present, reader.found)
    if not _upgrades(work) and not reader.found:
        enough = present.closure(
            asked, work.wishes, candidates, _limits(work), no_deps=work.options.no_deps
        )
        if enough is not None:
            return _planned(work, installed, [], {name: candidates[name] for name in enough}, ())
    found = _resolved(work, asked, reader.found, candidates)
    wanted, staying = _wanted(work, asked, reader.found, candidates, found)
    return _planned(work, installed, wanted, staying, found.notes)


def _upgrades(work: Installing) -> bool:
    return work.options.resolve.upgrade or work.options.reinstall


def _limits(work: Installing) -> list[str]:
    """Return the settings' constraints; overrides stand in the way of looking only."""
    return [str(one) for one in work.context.settings.constraint_dependencies]


def _stayable(
    work: Installing, asked: tuple[Asked, ...], present: Present, directs: dict[str, Direct]
) -> dict[str, Installed]:
    """Return what is installed and may stay: sound, fitting, and not asked to be replaced."""
    options = work.options
    if _upgrades(work):
        return {}
    replaced = {requirement_name(text) for text in options.resolve.upgrade_package}
    replaced |= {requirement_name(text) for text in options.reinstall_packages}
    replaced |= directs.keys()
    by_source = {one.name for one in asked if one.hashes}
    return {
        name: one
        for name, one in present.sound.items()
        if name not in replaced and (name not in by_source or not options.require_hashes)
    }


def _resolved(
    work: Installing,
    asked: tuple[Asked, ...],
    directs: dict[str, Direct],
    candidates: dict[str, Installed],
) -> Answer:
    kept = {name: kept_of(work.site, one) for name, one in candidates.items()}
    question = Question(
        "the command line" if not work.options.exact else "the files",
        asked,
        directs,
        work.policy,
        choice(
            work.context,
            work.options.resolve,
            work.wishes,
            {name: (one.version,) for name, one in kept.items()},
        ),
        work.aim,
        work.purpose.foreign,
        kept=kept,
        hashes={} if work.options.no_verify_hashes else work.wishes.hashes(),
        pinned_indexes=work.wishes.pinned_indexes,
        no_deps=work.options.no_deps,
    )
    return answer(work.context, work.indexes, work.builds, question, work.options.resolve)


def _wanted(
    work: Installing,
    asked: tuple[Asked, ...],
    directs: dict[str, Direct],
    candidates: dict[str, Installed],
    found: Answer,
) -> tuple[list[Wanted], dict[str, Installed]]:
    """Return what must be there, and what stays as it is."""
    named = {one.name for one in asked}
    hashes = {} if work.options.no_verify_hashes else work.wishes.hashes()
    wanted: list[Wanted] = []
    staying: dict[str, Installed] = {}
    for package in found.resolution.packages:
        name, version = package.name, package.version
        requested = name in named
        direct = directs.get(name)
        if direct is not None:
            files = () if direct.file is None else (direct.file,)
            wanted.append(Wanted(name, version, direct.file, files, direct.origin(), requested))
            continue
        release = next(r for r in found.driver.pages[name].releases if r.version == version)
        if name in candidates and not release.files:
            staying[name] = candidates[name]
            continue
        file = best_file(name, release, work.aim.tags, work.policy)
        if name in hashes and not file.hashes:
            file = work.indexes.with_hash(file)
            _check_hash(file.name, file.hashes, hashes[name])
        wanted.append(Wanted(name, version, file, release.files, None, requested))
    return wanted, staying


def _check_hash(name: str, found: dict[str, str], allowed: frozenset[str]) -> None:
    if not {f"{kind}:{digest}" for kind, digest in found.items()} & allowed:
        raise RequestError(
            f"`{name}` has none of the hashes that are given for it",
            details=[f"it has {kind}:{digest}" for kind, digest in found.items()],
            hints=["the file was changed on the index, or the hashes are of other files"],
        )


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
    actions = tuple(
        replace(action, reason="not asked for") if action.kind == "remove" else action
        for action in plan.actions
        if not (action.kind == "remove" and _is_seed(action.name, action.old))
    )
    kept = {one.name: one for one in (*plan.kept, *staying.values())}
    left = [one for one in others if one.name in SEEDS and one.name not in kept]
    kept |= {one.name: one for one in left if _is_seed(one.name, (one,))}
    plan = Plan(actions, tuple(sorted(kept.values(), key=lambda one: one.name)))
    names = {one.name for one in wanted} | staying.keys()
    changed = {action.name for action in plan.actions}
    return Decision(plan, notes, len(names - changed))


def _is_seed(name: str, old: tuple[Installed, ...]) -> bool:
    return name in SEEDS and all(one.installer != "wheelright" for one in old)


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
