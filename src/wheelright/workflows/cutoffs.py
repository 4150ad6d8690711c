"""``exclude-newer`` applied to pages: one moment for all projects, others for single ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.errors import UsageError
from wheelright.index import Cutoff
from wheelright.project import BadValue, parse_cutoff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.index import ProjectPage
    from wheelright.outside.reporting import Reporter
    from wheelright.project import Settings
    from wheelright.workflows.options import ResolveOptions


class Cutoffs(Struct, frozen=True):
    """Cuts pages at the moments that options and settings name."""

    general: Cutoff | None
    single: Mapping[str, Cutoff | None]

    @classmethod
    def of(cls, settings: Settings, options: ResolveOptions, reporter: Reporter) -> Cutoffs:
        """Read options and settings. Raises ``UsageError`` for a value that is no moment."""
        now = datetime.now(UTC)
        general = settings.exclude_newer
        if options.exclude_newer is not None:
            try:
                general = parse_cutoff(options.exclude_newer)
            except BadValue:
                raise _invalid(options.exclude_newer) from None
        return cls(
            None if general is None else Cutoff(general.moment(now), reporter.warn),
            {
                name: None if cutoff is None else Cutoff(cutoff.moment(now), reporter.warn)
                for name, cutoff in settings.exclude_newer_package.items()
            },
        )

    def apply(self, page: ProjectPage) -> ProjectPage:
        """Return the page without files that are too new."""
        cutoff = self.single.get(page.name, self.general)
        return page if cutoff is None else cutoff.apply(page)


def _invalid(value: str) -> UsageError:
    return UsageError(
        f"`{value}` is no point in time",
        where="--exclude-newer",
        hints=["write a date (`2026-03-01`), a time (`2026-03-01T12:00:00Z`) or `7 days`"],
    )
