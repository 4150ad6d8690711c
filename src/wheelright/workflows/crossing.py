"""The compiler for other machines: a wheel like any other, fetched when a build first needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelright.builder.crossing import make_toolchain, without_compiler
from wheelright.errors import WheelrightError

if TYPE_CHECKING:
    from wheelright.builder import BuildTarget
    from wheelright.builder.crossing import Toolchain
    from wheelright.targets import Interpreter
    from wheelright.workflows.build_environments import BuildEnvironments

COMPILER = "ziglang"


def cross_toolchain(
    environments: BuildEnvironments, target: BuildTarget, interpreter: Interpreter, place: Path
) -> Toolchain:
    """Return a toolchain for a target, written into ``place``.

    Raises what resolving and fetching the compiler raise, with a word on what it is for.
    """
    try:
        wheel = environments.wheels(interpreter, (COMPILER,), "the compiler")[COMPILER]
    except WheelrightError as error:
        error.doing = f"getting the compiler `{COMPILER}` for {target.words}"
        error.hints = (
            *error.hints,
            (
                f"builds for {target.called} need the project `{COMPILER}`, which an index or"
                " `--find-links` must have"
            ),
        )
        raise
    program = Path(wheel.path) / "ziglang" / "zig"
    cache = environments.context.cache_directory / "compiled"
    return make_toolchain(place, program, wheel.version, target, interpreter, cache)


def no_toolchain(target: BuildTarget, place: Path) -> Toolchain:
    """Return a toolchain without a compiler, for what is expected to need none."""
    return without_compiler(place, f"no compiler is at hand for {target.words}")
