"""Which kinds of files may be used, as pip's options say it: for all, or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.targets import normalize_name
from wheelright.workflows.policy import BuildPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.asking import Wishes
    from wheelright.workflows.pip_options import PipBuildOptions

ALL = ":all:"
NONE = ":none:"


class FormatPolicy(BuildPolicy, frozen=True):
    """As pip has it: what is said of one project beats what is said of all."""

    def may_build(self, name: str) -> bool:
        """Whether a project's sdist may be built."""
        if name in self.no_binary_packages:
            return True
        return not self.no_build and name not in self.no_build_packages

    def may_use_wheels(self, name: str) -> bool:
        """Whether a project's wheels may be used."""
        if name in self.no_build_packages:
            return True
        return not self.no_binary and name not in self.no_binary_packages


def format_policy(context: Context, options: PipBuildOptions, wishes: Wishes) -> FormatPolicy:
    """Join what settings, files and options say of sdists and wheels."""
    settings = context.settings
    only = [*settings.no_build_package, *(n for f in wishes.files for n in f.only_binary)]
    never = [*settings.no_binary_package, *(n for f in wishes.files for n in f.no_binary)]
    only, never = _named(only, options.only_binary), _named(never, options.no_binary)
    return FormatPolicy(
        options.no_build or settings.no_build or ALL in only,
        frozenset(only) - {ALL} - frozenset(_named([], options.no_binary)),
        settings.no_binary or ALL in never,
        frozenset(never) - {ALL},
    )


def _named(before: list[str], more: Iterable[str]) -> list[str]:
    names = list(before)
    for name in more:
        if name == NONE:
            names.clear()
        else:
            names.append(name if name == ALL else normalize_name(name))
    return names
