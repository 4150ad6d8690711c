"""What a venv is made for: one Python on one platform, this machine's or others'."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wheelright.errors import RequestError, UsageError
from wheelright.targets import marker_values, parse_platform, parse_wheel_name
from wheelright.targets.errors import UnknownPlatform
from wheelright.targets.machine import detect_machine, machine_misfit
from wheelright.workflows.goals import NATIVE, forgotten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.targets import Interpreter, Platform, TagSet, WheelName
    from wheelright.venv import Record
    from wheelright.workflows.declared import DeclaredTarget
    from wheelright.workflows.goals import Goal

__all__ = ["NATIVE", "Aim", "OtherMachineError", "aim_for", "choose_aim", "runs_here"]


class OtherMachineError(UsageError):
    """A venv was made for this machine, which was another kind of machine then."""


class Aim(Struct, frozen=True):
    """A Python on a platform: its tags and marker values. ``name`` is what the user called it.

    ``name`` is None where the aim is this machine. ``others`` are further platforms that the same
    files must fit (``sync --for plc,ubuntu22``); the aim itself then has the lowest floor.
    """

    name: str | None
    platform: Platform
    tags: TagSet
    values: Mapping[str, str]
    others: tuple[Aim, ...] = ()

    @property
    def foreign(self) -> bool:
        """Whether it was asked for by name, so that nothing may be built for this machine."""
        return self.name is not None

    @property
    def members(self) -> tuple[Aim, ...]:
        """Every single aim, this one first."""
        if not self.others:
            return (self,)
        return (replace(self, others=()), *self.others)

    @property
    def full_name(self) -> str | None:
        """The names of all members, joined by commas; None for this machine."""
        return ",".join(one.name for one in self.members if one.name) or None

    @property
    def words(self) -> str:
        """The platform and what it promises, for messages."""
        if self.name is None:
            return f"this machine ({self.platform.describe()})"
        return " and ".join(f"{one.name} ({one.platform.describe()})" for one in self.members)

    def why_not(self, wheel: str, needs: Any = None, /) -> str | None:
        """Say why a wheel does not fit, by its file name; None where it does.

        ``needs`` are its measured needs as plain data. They decide about a wheel that was built
        somewhere and is tagged ``linux_x86_64``: that tag promises nothing.
        """
        name = parse_wheel_name(wheel)
        local = any(platform.startswith("linux_") for platform in name.platforms)
        for one in self.members:
            why = one.measured(name, needs) if local and needs else one.promised(name)
            if why is not None:
                return why
        return None

    def why_not_needs(self, needs: Any) -> str | None:
        """Say why binaries with these needs (plain data) do not fit; None where they do."""
        from wheelright.targets.needs import from_plain, why_needs_misfit

        measured = from_plain(needs)
        if measured is None:
            return None
        for one in self.members:
            called = one.name or "this machine"
            why = why_needs_misfit(measured, one.platform, called, policy=one.foreign)
            if why is not None:
                return why
        return None

    def promised(self, name: WheelName) -> str | None:
        """Say why a wheel's tags do not fit this platform alone."""
        if self.tags.rank(name) is not None:
            return None
        from wheelright.targets import nearest_wheel

        nearest = nearest_wheel([name], self.tags)
        shown = nearest.tag.rpartition("-")[2] if nearest and nearest.kind == "floor" else name.tag
        return f"{shown} does not fit {self.name or self.platform}"

    def measured(self, name: WheelName, needs: Any) -> str | None:
        """Say why a wheel's needs, or the Python in its tags, do not fit this platform alone."""
        from wheelright.targets.needs import from_plain, why_needs_misfit

        measured = from_plain(needs)
        if measured is None:
            return self.promised(name)
        # Its Python and ABI must fit all the same; of the platform its binaries speak.
        best = next(iter(self.tags.platform_tags), "any")
        platforms = (best,) if measured.binaries else ("any", best)
        tag = "-".join((".".join(name.pythons), ".".join(name.abis), ".".join(platforms)))
        as_if = parse_wheel_name(f"x-1-{tag}.whl")
        if self.tags.rank(as_if) is None:
            return self.promised(name) or f"{name.tag} does not fit {self.name or self.platform}"
        called = self.name or "this machine"
        return why_needs_misfit(measured, self.platform, called, policy=self.foreign)


def choose_aim(asked: str | None, record: Record | None, interpreter: Interpreter) -> Aim:
    """Return what a venv without a project is for: as asked, as recorded, else this machine.

    Raises ``UnknownPlatform`` for a name that is none.
    """
    if asked is None and record is not None and record.target is not None:
        try:
            platform = parse_platform(record.platform)
        except UnknownPlatform:
            raise forgotten(record) from None
        return _aim(record.target, platform, interpreter)
    if asked is None or asked in NATIVE:
        return _here(interpreter)
    return _aim(asked, parse_platform(asked), interpreter)


def aim_for(goal: Goal, interpreter: Interpreter, record: Record | None) -> Aim:
    """Return the aim of a venv with this Python.

    Raises :class:`OtherMachineError` where the venv is for the machine at hand and was made on
    another kind of machine, and nobody asked for a change.
    """
    if not goal.targets:
        if record is not None and not goal.asked:
            _check_kind(record, interpreter.platform)
        return _here(interpreter)
    aims = [_declared(target, interpreter) for target in goal.targets]
    # Among platforms of one kind the lowest floor decides; the first name wins a tie.
    first = min(aims, key=lambda aim: (_kind(aim.platform) != _kind(aims[0].platform),
                                       aim.platform.floor or (0, 0)))  # fmt: skip
    others = tuple(aim for aim in aims if aim is not first)
    return Aim(first.name, first.platform, first.tags, first.values, others)


def _here(interpreter: Interpreter) -> Aim:
    return Aim(None, interpreter.platform, interpreter.tags, interpreter.marker_values)


def _aim(name: str, platform: Platform, interpreter: Interpreter) -> Aim:
    values = marker_values(platform, interpreter.version, interpreter.implementation)
    return Aim(name, platform, interpreter.tags_for(platform), values)


def _declared(target: DeclaredTarget, interpreter: Interpreter) -> Aim:
    if target.implementation != interpreter.implementation:
        raise RequestError(
            f"the target `{target.name}` runs {target.implementation}, and the Python of the"
            f" environment is {interpreter.describe()}",
            hints=[f"choose one with `--python {target.implementation}`"],
        )
    aim = _aim(target.name, target.platform, interpreter)
    described = {k: v for k, v in target.described.items() if not k.startswith("python_")}
    if not described:
        return aim
    described.pop("implementation_version", None)
    return Aim(aim.name, aim.platform, aim.tags, {**aim.values, **described})


def _kind(platform: Platform) -> tuple[str, str, str | None]:
    """Return what machines must have in common to share binaries at all."""
    return platform.os, platform.cpu, platform.libc


def _check_kind(record: Record, here: Platform) -> None:
    """Refuse to turn a venv that another kind of machine made into one for this machine."""
    if record.target is not None or not record.platform:
        return
    try:
        before = parse_platform(record.platform)
    except UnknownPlatform:
        return  # a name that a later version may know: what is installed is judged file by file
    if _kind(before) == _kind(here):
        return
    raise OtherMachineError(
        "the environment was made on another kind of machine, for that machine",
        details=[
            f"it is for {before} ({before.describe()})",
            f"this machine is {here} ({here.describe()})",
        ],
        hints=[
            "`--for native` makes it for this machine",
            f"`--for {before}` keeps it for the other one",
            '`venv = "per-target"` in `[tool.wheelright]` keeps one for each',
        ],
    )


def runs_here(aim: Aim) -> bool:
    """Whether this machine can run what is installed for an aim."""
    here = detect_machine()
    return aim.name is None or any(
        machine_misfit(one.platform, here) is None for one in aim.members
    )
