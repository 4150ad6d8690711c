"""Which machines a venv is to serve: as asked, as set, as it remembers, or the machine at hand.

In this order: ``--for`` and ``--python-platform``, ``WHEELRIGHT_TARGET``, the setting
``default-target`` where it changed since the venv was synced, what the venv remembers, the
setting, this machine. So a target stays until somebody says another one.

Must not live here: tags, marker values and what fits (``aims``), for they need the venv's Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import RequestError
from wheelright.project import Target
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.specifiers import SpecifierSet
from wheelright.workflows.declared import (
    NATIVE,
    VARIABLE,
    TargetError,
    asked_in,
    named_targets,
    read_target,
)

if TYPE_CHECKING:
    from wheelright.project import Project
    from wheelright.venv import Record
    from wheelright.workflows.context import Context
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.options import SyncOptions

__all__ = ["NATIVE", "VARIABLE", "ForgottenTargetError", "Goal", "choose_goal", "forgotten"]


class ForgottenTargetError(RequestError):
    """A venv is for a target that nobody declares any more."""


class Goal(Struct, frozen=True):
    """The targets that a venv is to serve, all with the same files; none: the machine at hand.

    ``setting`` is ``default-target`` as it stands, ``asked`` says that a flag or the variable
    named the targets, ``changed`` that the venv was for another target before.
    """

    targets: tuple[DeclaredTarget, ...] = ()
    setting: str | None = None
    asked: bool = False

    @property
    def name(self) -> str | None:
        """What the user calls it: the targets' names, joined by commas; None for this machine."""
        return ",".join(target.name for target in self.targets) or None

    @property
    def python(self) -> SpecifierSet | None:
        """The Pythons that all targets run; None where nothing limits them."""
        if not self.targets:
            return None
        parts = {str(part) for target in self.targets for part in target.python}
        return SpecifierSet(",".join(sorted(parts))) if parts else None


def choose_goal(context: Context, options: SyncOptions, record: Record | None) -> Goal:
    """Return what the project's venv is to serve.

    Raises ``TargetError`` and ``UnknownPlatform`` for names that are none,
    :class:`ForgottenTargetError`, and ``UsageError`` for this machine among other targets.
    """
    project, settings = context.find_project(), context.settings
    setting = settings.default_target
    platform = options.python_platform
    if platform is not None:
        # As with uv: one platform, never a name of the project's.
        found = () if platform in NATIVE else (read_target(Target(platform), project),)
        return Goal(found, setting, asked=True)
    asked = options.target or asked_in(context.environ)
    if asked:
        return Goal(_targets(context, project, asked), setting, asked=True)
    if record is None or record.setting != setting:
        goal = Goal(_targets(context, project, setting or "native"), setting)
        if record is not None and goal.name != record.target:
            before, after = record.target or "this machine", goal.name or "this machine"
            why = "as `default-target` says" if setting else "as `default-target` is gone"
            context.reporter.note(f"the environment was for {before} and is for {after} now, {why}")
        return goal
    if record.target is None:
        return Goal((), setting)
    try:
        return Goal(_targets(context, project, record.target), setting)
    except (TargetError, UnknownPlatform):
        raise forgotten(record) from None


def _targets(context: Context, project: Project | None, names: str) -> tuple[DeclaredTarget, ...]:
    found = named_targets(names, project, context.settings)
    if found and not set.intersection(*(set(target.pythons) for target in found)):
        quoted = " and ".join(f"`{target.name}`" for target in found)
        raise TargetError(
            f"the targets {quoted} have no Python in common",
            details=[f"`{one.name}` runs Python {one.python}" for one in found],
            hints=['`venv = "per-target"` in `[tool.wheelright]` keeps a venv for each target'],
        )
    return found


def forgotten(record: Record) -> ForgottenTargetError:
    """Return the error for a venv whose target is declared no more; it shows both choices."""
    return ForgottenTargetError(
        f"the environment is for the target `{record.target}`, which is no longer declared",
        details=[f"it was made for {record.platform}"],
        hints=[
            f"`--for {record.platform}` keeps it as it is",
            "`--for native` makes it for this machine",
        ],
    )
