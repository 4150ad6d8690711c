"""One compilation: all that is known of it before anything is chosen."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.index import Indexes
    from wheelright.targets import Interpreter
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.building import Builds
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.asking import Wishes
    from wheelright.workflows.pip.formats import FormatPolicy
    from wheelright.workflows.pip_options import PipCompileOptions


class Compiling(Struct, frozen=True, dict=True):
    """One compilation. ``before`` is the text of an output file that exists.

    ``aim`` is None for all environments of ``requires_python``.
    """

    context: Context
    options: PipCompileOptions
    wishes: Wishes
    policy: FormatPolicy
    indexes: Indexes
    interpreter: Interpreter
    aim: Aim | None
    requires_python: str
    before: str | None

    @cached_property
    def builds(self) -> Builds:
        """Builds for metadata; where nothing is built, what they need is never imported."""
        from wheelright.workflows.building import Builds

        how = self.options.build.how
        return Builds(self.context, self.indexes, self.interpreter, options=how)

    @property
    def output(self) -> Path | None:
        """Where the text is written."""
        return output_of(self.context, self.options)


def output_of(context: Context, options: PipCompileOptions) -> Path | None:
    """Return where the text is to be written, None where it is only told."""
    if options.output_file is None:
        return None
    return context.directory / Path(options.output_file).expanduser()
