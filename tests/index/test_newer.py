"""``--exclude-newer``: what may be written, and what is left of a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelright.index.errors import InvalidCutoffError
from wheelright.index.newer import Cutoff, exclude_newer, parse_cutoff
from wheelright.index.release import ProjectPage, Release
from wheelright.store import File

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
INDEX = "https://index.invalid/simple/"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01", datetime(2026, 3, 2, tzinfo=UTC)),
        (" 2026-02-28 ", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (
            "2026-03-01T10:00:00+02:00",
            datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("7 days", NOW - timedelta(days=7)),
        ("1 week 2 days", NOW - timedelta(days=9)),
        ("1 week, 2 days ago", NOW - timedelta(days=9)),
        ("36h", NOW - timedelta(hours=36)),
        ("1d12h", NOW - timedelta(hours=36)),
        ("90 minutes", NOW - timedelta(minutes=90)),
        ("P7D", NOW - timedelta(days=7)),
        ("p2w", NOW - timedelta(days=14)),
        ("P1DT12H", NOW - timedelta(hours=36)),
        ("PT30M", NOW - timedelta(minutes=30)),
    ],
)
def test_reads_times_dates_and_durations(value: str, expected: datetime) -> None:
    assert expected == parse_cutoff(value, NOW)


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2026-13-01", "2026-02-30", "9999-12-31", "1 month", "P1M", "P", "PT", "7",
     "days", "-7 days", "999999999 weeks", "2026-03-01 and more"],
)  # fmt: skip
def test_anything_else_is_an_error(value: str) -> None:
    with pytest.raises(InvalidCutoffError) as caught:
        parse_cutoff(value, NOW)
    assert caught.value.message == f"`{value}` is no point in time"


@given(st.text(max_size=20))
@settings(deadline=None)
def test_any_text_is_an_instant_or_an_error(value: str) -> None:
    try:
        assert parse_cutoff(value, NOW).tzinfo is not None
    except InvalidCutoffError:
        return


def page(*uploads: tuple[str, str | None]) -> ProjectPage:
    releases = [
        Release(version, (File(f"x-{version}.tar.gz", "u", uploaded=time),), INDEX)
        for version, time in uploads
    ]
    return ProjectPage("x", INDEX, None, tuple(releases))


def test_the_cut_is_exclusive_and_empty_releases_go() -> None:
    whole = page(
        ("4", "2026-03-02T00:00:00.000001Z"),
        ("3", "2026-03-02T00:00:00Z"),
        ("2", "2026-03-01T23:59:59.999999Z"),
        ("1", "2026-03-02T01:00:00+02:00"),
    )
    left = exclude_newer(whole, parse_cutoff("2026-03-01", NOW))
    assert [release.version for release in left.releases] == ["2", "1"]


def test_files_of_a_release_are_cut_one_by_one() -> None:
    old = File("x-1.tar.gz", "u", uploaded="2020-01-01T00:00:00Z")
    new = File("x-1-py3-none-any.whl", "u", uploaded="2030-01-01T00:00:00Z")
    whole = ProjectPage("x", INDEX, None, (Release("1", (new, old), INDEX),))
    assert exclude_newer(whole, NOW).releases == (Release("1", (old,), INDEX),)


def test_files_without_a_time_go_with_one_warning_per_index() -> None:
    warnings: list[str] = []
    cutoff = Cutoff(NOW, warnings.append)
    assert cutoff.apply(page(("2", None), ("1", "yesterday"))).releases == ()
    cutoff.apply(page(("3", None)))
    (warning,) = warnings
    assert warning == (
        f"`{INDEX}` does not tell when files were uploaded; those were left out because of"
        " `exclude-newer`"
    )
