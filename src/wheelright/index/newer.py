"""``--exclude-newer``: the index as it was at a point in time.

Must live here: reading the value and cutting a page. The cut is exclusive, as uv's is: files
uploaded before the instant stay. A bare date means the whole of that day **in UTC**: uv takes the
machine's own time zone, but a lock may not depend on the machine that writes it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from wheelright.index.errors import InvalidCutoffError
from wheelright.index.release import ProjectPage, Release, upload_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelright.store import File

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRIENDLY: Final = re.compile(
    r"(\d{1,9})\s*(w|wks?|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)"
    r"(?:\s*,?\s+|(?=\d)|\Z)"
)
_ISO: Final = re.compile(
    r"P(?:(?P<w>\d{1,9})W)?(?:(?P<d>\d{1,9})D)?"
    r"(?:T(?:(?P<h>\d{1,9})H)?(?:(?P<m>\d{1,9})M)?(?:(?P<s>\d{1,9})S)?)?"
)
_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def parse_cutoff(value: str, now: datetime) -> datetime:
    """Read the value of ``--exclude-newer``; files uploaded at or after the result are left out.

    A time (RFC 3339; without an offset it is UTC), a date (the end of that day in UTC), or a
    duration before ``now``: ``7 days``, ``1 week 2 days``, ``P7D``, ``PT36H``. Months and years
    are none, since they have no fixed length. Raises InvalidCutoffError.
    """
    text = value.strip()
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)
        if _DATE.match(text):
            instant = datetime.fromisoformat(text)
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
        span = _duration(text)
        if span is None:
            raise InvalidCutoffError(value)
        return now - span
    except (ValueError, OverflowError) as error:
        raise InvalidCutoffError(value) from error


def _duration(text: str) -> timedelta | None:
    """Read an ISO 8601 or a plain duration; ``None`` if it is neither."""
    iso = _ISO.fullmatch(text.upper())
    if iso and any(iso.groups()):
        return timedelta(**{_UNITS[unit]: int(n) for unit, n in iso.groupdict().items() if n})
    span, end = timedelta(), 0
    low = text.lower().removesuffix(" ago").rstrip()
    while end < len(low):
        part = _FRIENDLY.match(low, end)
        if part is None:
            return None
        span += timedelta(**{_UNITS[part[2][0]]: int(part[1])})
        end = part.end()
    return span if low else None


def exclude_newer(
    page: ProjectPage, cutoff: datetime, untimed: Callable[[str], None] | None = None
) -> ProjectPage:
    """Return the page without files uploaded at or after ``cutoff`` (aware), or at an unknown time.

    ``untimed`` is called with the index's URL where a file was left out for want of a time.
    """
    releases = []
    instant = cutoff.timestamp()
    for release in page.releases:
        uploads = release.summary.uploads
        if uploads is not None and (uploads[1] < instant or uploads[0] >= instant):
            if uploads[1] < instant:
                releases.append(release)
            continue
        kept: list[File] = []
        for file in release.files:
            uploaded = upload_time(file)
            if uploaded is None:
                if untimed is not None:
                    untimed(release.index)
            elif uploaded < cutoff:
                kept.append(file)
        if len(kept) == len(release.files):
            releases.append(release)
        elif kept:
            releases.append(Release(release.version, tuple(kept), release.index))
    return ProjectPage(page.name, page.index, page.index_name, tuple(releases))


class Cutoff:
    """A cut that warns once per index that does not tell when files were uploaded."""

    def __init__(self, instant: datetime, warn: Callable[[str], None]) -> None:
        self.instant = instant
        self._warn = warn
        self._warned: set[str] = set()

    def apply(self, page: ProjectPage) -> ProjectPage:
        """Return the page as it was at the instant."""
        return exclude_newer(page, self.instant, self._untimed)

    def _untimed(self, index: str) -> None:
        if index not in self._warned:
            self._warned.add(index)
            self._warn(
                f"`{index}` does not tell when files were uploaded; those were left out because of"
                " `exclude-newer`"
            )
