"""What a venv is made for: one Python on one platform, this machine's or another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelright.targets import marker_values, nearest_wheel, parse_platform, parse_wheel_name
from wheelright.targets.machine import detect_machine, machine_misfit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.targets import Interpreter, Platform, TagSet
    from wheelright.venv import Record

#: What ``--python-platform`` takes for going back to the machine at hand.
NATIVE = frozenset({"native", "this-machine"})


@dataclass(frozen=True, slots=True)
class Aim:
    """A Python on a platform: its tags and marker values. ``name`` is what the user called it.

    ``name`` is None where the aim is this machine.
    """

    name: str | None
    platform: Platform
    tags: TagSet
    values: Mapping[str, str]

    @property
    def foreign(self) -> bool:
        """Whether it was asked for by name, so that nothing may be built for this machine."""
        return self.name is not None

    @property
    def words(self) -> str:
        """The platform and what it promises, for messages."""
        if self.name is None:
            return f"this machine ({self.platform.describe()})"
        return f"{self.name} ({self.platform.describe()})"

    def why_not(self, wheel: str) -> str | None:
        """Say why a wheel does not fit, by its file name; None where it does."""
        name = parse_wheel_name(wheel)
        if self.tags.rank(name) is not None:
            return None
        tag = "-".join((".".join(name.pythons), ".".join(name.abis), ".".join(name.platforms)))
        nearest = nearest_wheel([name], self.tags)
        shown = nearest.tag.rpartition("-")[2] if nearest and nearest.kind == "floor" else tag
        return f"{shown} does not fit {self.name or self.platform}"


def choose_aim(asked: str | None, record: Record | None, interpreter: Interpreter) -> Aim:
    """Return what a venv is for: what was asked, else what it was made for, else this machine.

    Raises ``UnknownPlatform`` for a name that is none.
    """
    name = asked
    if name is None and record is not None:
        name = record.target
    if name is None or name in NATIVE:
        return Aim(None, interpreter.platform, interpreter.tags, interpreter.marker_values)
    platform = parse_platform(name)
    values = marker_values(platform, interpreter.version, interpreter.implementation)
    return Aim(name, platform, interpreter.tags_for(platform), values)


def runs_here(aim: Aim) -> bool:
    """Whether this machine can run what is installed for an aim."""
    return aim.name is None or machine_misfit(aim.platform, detect_machine()) is None
