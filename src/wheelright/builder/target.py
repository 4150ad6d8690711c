"""What a build is for, and how this machine can build it: decided before anything starts.

A build is for a platform, never for "wherever it happens to run": this machine's own, a higher one
of its kind, a lower glibc, another libc, another processor, another system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.targets.interpreter import Interpreter
    from wheelright.targets.platform import Platform

Way = Literal["native", "cross", "pure"]
"""``native``: with the compilers of this machine. ``cross``: with a compiler that builds for other
machines, brought along. ``pure``: native code cannot be built, only what proves to have none.
"""

# Processors that the compiler of `crossing` knows and CPython runs on.
_CROSS_CPUS = frozenset(
    {"x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x", "riscv64", "loongarch64"}
)


class BuildTarget(Struct, frozen=True):
    """The platform that a build is for; ``name`` is what the user calls it.

    ``name`` is None for the machine at hand, where libraries of this machine may be used too.
    """

    platform: Platform
    name: str | None = None

    @property
    def called(self) -> str:
        """The target in a few words: ``plc``, ``this machine``."""
        return self.name or "this machine"

    @property
    def words(self) -> str:
        """The target with what it promises, for messages."""
        return f"{self.called} ({self.platform.describe()})"


def way_to(target: BuildTarget, interpreter: Interpreter) -> Way:
    """Say how a Python of this machine builds for a target.

    A lower floor needs other libraries to link with than this machine has. A newer one does not:
    what is built here runs there, as far as the binary itself then proves.
    """
    here, there = interpreter.platform, target.platform
    if here.os != there.os:
        return "pure"
    if there.os != "linux":
        return "native" if here.cpu == there.cpu else "pure"
    same_kind = here.cpu == there.cpu and here.libc == there.libc
    if same_kind and (target.name is None or _serves(here, there)):
        return "native"
    known = there.libc is not None and there.floor is not None and there.cpu in _CROSS_CPUS
    return "cross" if known and interpreter.implementation == "cpython" else "pure"


def _serves(here: Platform, there: Platform) -> bool:
    if there.floor is None or here.floor is None:
        return there.floor == here.floor
    return there.floor >= here.floor
