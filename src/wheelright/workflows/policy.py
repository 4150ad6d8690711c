"""What may be built and which wheels may be used, for all projects or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import BuildOptions


class BuildPolicy(Struct, frozen=True):
    """Whether sdists may be built and wheels used, for all projects or by name."""

    no_build: bool = False
    no_build_packages: frozenset[str] = frozenset()
    no_binary: bool = False
    no_binary_packages: frozenset[str] = frozenset()

    def may_build(self, name: str) -> bool:
        """Whether a project's sdist may be built."""
        return not self.no_build and name not in self.no_build_packages

    def may_use_wheels(self, name: str) -> bool:
        """Whether a project's wheels may be used."""
        return not self.no_binary and name not in self.no_binary_packages


def build_policy(context: Context, options: BuildOptions) -> BuildPolicy:
    """Join what settings and options say of sdists and wheels."""
    settings = context.settings
    no_build = frozenset((*options.no_build_package, *settings.no_build_package))
    no_binary = frozenset((*options.no_binary_package, *settings.no_binary_package))
    return BuildPolicy(
        options.no_build or settings.no_build or ":all:" in no_build,
        no_build,
        options.no_binary or settings.no_binary or ":all:" in no_binary,
        no_binary,
    )
