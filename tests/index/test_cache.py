"""The cache: what is fresh, what is kept, and what becomes of damaged entries."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelright.index.cache import Cache, CachedPage, age_allowed
from wheelright.index.metadata import Headers
from wheelright.index.newer import exclude_newer
from wheelright.index.release import ProjectPage, Release, Summary, pack_files
from wheelright.outside.reporting import Silent
from wheelright.store import File

INDEX = "https://index.invalid/simple/"
FILE = File(
    "x-1.tar.gz",
    "https://index.invalid/x-1.tar.gz",
    {"sha256": "a" * 64},
    12,
    "2024-01-01T00:00:00Z",
    ">=3.8",
    "broken",
    {"sha256": "b" * 64},
)
WHEEL = File("x-1-py3-none-any.whl", "https://index.invalid/x-1-py3-none-any.whl")
PAGE = CachedPage((Release("1", (WHEEL, FILE), INDEX),), True, '"tag"', "Mon", 1000.0, 60.0)
ONE = ("x", "1", 7)
HEADERS = Headers("x", "1", ("y>=2",), ">=3.8", ("extra",), static=True)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, Silent())


def entries(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_a_page_comes_back_as_it_was(cache: Cache) -> None:
    assert cache.load_page(INDEX, "x") is None
    cache.save_page(INDEX, "x", PAGE)
    assert cache.load_page(INDEX, "x") == PAGE
    assert cache.load_page(INDEX, "y") is None
    assert cache.load_page("https://other.invalid/", "x") is None


def test_files_of_a_cached_page_are_decoded_when_asked_for(cache: Cache) -> None:
    cache.save_page(INDEX, "x", PAGE)
    page = cache.load_page(INDEX, "x")
    assert page is not None
    (release,) = page.releases
    assert release.packed is not None
    assert release.files == (WHEEL, FILE)
    assert release.packed is None


def test_choosing_and_cutting_releases_decodes_no_files(cache: Cache) -> None:
    timed = replace(WHEEL, uploaded="2024-01-02T00:00:00Z")
    releases = (Release("2", (timed, FILE), INDEX), Release("1", (FILE,), INDEX))
    cache.save_page(INDEX, "x", replace(PAGE, releases=releases))
    cached = cache.load_page(INDEX, "x")
    assert cached is not None
    page = ProjectPage("x", INDEX, None, cached.releases)
    assert [exclude_newer(page, datetime(2024, 1, day, tzinfo=UTC)) for day in (3, 1)] == [
        page,
        replace(page, releases=()),
    ]
    assert [release.packed is not None for release in cached.releases] == [True, True]
    times = (1704067200.0, 1704153600.0)
    assert [release.summary for release in cached.releases] == [
        Summary(True, True, ">=3.8", False, times, True),
        Summary(False, True, ">=3.8", "broken", (times[0], times[0])),
    ]
    assert Release("1", (WHEEL, FILE), INDEX).summary.uploads is None


def test_a_page_is_saved_again_without_decoding_it(cache: Cache) -> None:
    cache.save_page(INDEX, "x", PAGE)
    page = cache.load_page(INDEX, "x")
    assert page is not None
    cache.save_page("https://other.invalid/", "x", page)
    assert page.releases[0].packed is not None
    again = cache.load_page("https://other.invalid/", "x")
    assert again is not None
    assert again.releases[0].files == (WHEEL, FILE)


def test_metadata_belongs_to_the_hash_of_its_file(cache: Cache) -> None:
    cache.save_metadata(ONE, FILE, HEADERS, "sdist")
    elsewhere = File(FILE.name, "https://mirror.invalid/x-1.tar.gz", FILE.hashes)
    assert cache.load_metadata("x", elsewhere) == (HEADERS, "sdist")
    other = File(FILE.name, FILE.url, {"sha256": "c" * 64})
    assert cache.load_metadata("x", other) is None


def test_metadata_of_a_file_without_a_hash_belongs_to_its_url(cache: Cache) -> None:
    cache.save_metadata(ONE, WHEEL, HEADERS, "ranges")
    assert cache.load_metadata("x", WHEEL) == (HEADERS, "ranges")
    assert cache.load_metadata("x", File(WHEEL.name, "https://other.invalid/x")) is None


def test_no_cache_keeps_nothing() -> None:
    cache = Cache(None, Silent())
    cache.save_page(INDEX, "x", PAGE)
    cache.save_metadata(ONE, FILE, HEADERS, "sdist")
    assert cache.load_page(INDEX, "x") is None
    assert cache.load_metadata("x", FILE) is None


def mangled(data: bytes) -> list[bytes]:
    return [
        b"",
        data[:7],
        data[:-1],
        b"wri0" + data[4:],
        data[:8] + bytes(len(data) - 8),
        data[:30] + bytes([data[30] ^ 1]) + data[31:],
        data + b"x",
    ]


@pytest.mark.parametrize("damage", range(7))
def test_a_damaged_page_is_absent_and_written_anew(
    cache: Cache, tmp_path: Path, damage: int
) -> None:
    cache.save_page(INDEX, "x", PAGE)
    (path,) = entries(tmp_path)
    path.write_bytes(mangled(path.read_bytes())[damage])
    assert cache.load_page(INDEX, "x") is None
    cache.save_page(INDEX, "x", PAGE)
    assert cache.load_page(INDEX, "x") == PAGE


TIMES = slice(12, 32)
"""Where a page has its times, and their checksum."""


def test_renewing_a_page_writes_its_times_alone(cache: Cache, tmp_path: Path) -> None:
    cache.save_page(INDEX, "x", PAGE)
    (path,) = entries(tmp_path)
    before, place = path.read_bytes(), path.stat().st_ino
    assert cache.load_page(INDEX, "x") == PAGE
    renewed = replace(PAGE, fetched_at=2000.0, max_age=5.0)

    cache.renew_page(INDEX, "x", renewed)

    after = path.read_bytes()
    assert (after[:12], after[32:]) == (before[:12], before[32:])
    assert after[TIMES] != before[TIMES]
    assert path.stat().st_ino == place
    assert cache.load_page(INDEX, "x") == renewed


def test_another_page_that_came_meanwhile_keeps_its_times(cache: Cache, tmp_path: Path) -> None:
    cache.save_page(INDEX, "x", PAGE)
    cache.load_page(INDEX, "x")
    other = replace(PAGE, etag="another")
    Cache(tmp_path, Silent()).save_page(INDEX, "x", other)

    cache.renew_page(INDEX, "x", replace(PAGE, fetched_at=2000.0))

    assert cache.load_page(INDEX, "x") == other


def test_a_page_that_went_meanwhile_is_not_brought_back(cache: Cache, tmp_path: Path) -> None:
    cache.save_page(INDEX, "x", PAGE)
    cache.load_page(INDEX, "x")
    cache.forget_page(INDEX, "x")

    cache.renew_page(INDEX, "x", replace(PAGE, fetched_at=2000.0))

    assert entries(tmp_path) == []


@pytest.mark.parametrize("at", range(TIMES.start, TIMES.stop))
def test_a_page_with_damaged_times_is_absent(cache: Cache, tmp_path: Path, at: int) -> None:
    cache.save_page(INDEX, "x", PAGE)
    (path,) = entries(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])

    assert cache.load_page(INDEX, "x") is None


@pytest.mark.parametrize("change", ["gone", "replaced", "damaged"])
@pytest.mark.parametrize("releases", [1, 6])
def test_files_that_can_be_read_no_more_are_asked_for(
    cache: Cache, tmp_path: Path, change: str, releases: int
) -> None:
    held = tuple(Release(str(9 - n), (WHEEL, FILE), INDEX) for n in range(releases))
    page = replace(PAGE, releases=held)
    cache.save_page(INDEX, "x", page)
    asked = []

    def lost(version: str) -> bytes:
        asked.append(version)
        return pack_files((FILE,))

    loaded = cache.load_page(INDEX, "x", lost)
    assert loaded is not None
    (path,) = entries(tmp_path)
    if change == "gone":
        path.unlink()
    elif change == "replaced":
        cache.save_page(INDEX, "x", replace(page, etag="another"))
    else:
        path.write_bytes(path.read_bytes().replace(WHEEL.name.encode(), b"y" * len(WHEEL.name)))
    assert [release.files for release in loaded.releases] == [(FILE,)] * releases
    assert asked == [release.version for release in held]


@pytest.mark.parametrize("damage", range(7))
def test_damage_costs_the_records_from_there_on_and_is_mended_by_the_next(
    tmp_path: Path, damage: int
) -> None:
    first = Cache(tmp_path, Silent())
    first.save_metadata(ONE, FILE, HEADERS, "sdist")
    (path,) = entries(tmp_path)
    kept = path.read_bytes()
    first.save_metadata(ONE, WHEEL, HEADERS, "ranges")
    path.write_bytes(kept + mangled(path.read_bytes()[len(kept) :])[damage])
    again = Cache(tmp_path, Silent())
    assert again.load_metadata("x", FILE) == (HEADERS, "sdist")
    assert (again.load_metadata("x", WHEEL) is not None) is (damage == 6)
    other = File("x-2.tar.gz", "https://index.invalid/x-2.tar.gz", {"sha256": "d" * 64})
    again.save_metadata(("x", "2", 8), other, HEADERS, "sdist")
    again.save_metadata(ONE, WHEEL, HEADERS, "ranges")
    mended = Cache(tmp_path, Silent())
    found = [mended.load_metadata("x", file) for file in (FILE, WHEEL, other)]
    assert found == [(HEADERS, "sdist"), (HEADERS, "ranges"), (HEADERS, "sdist")]


def test_two_processes_add_to_one_shelf(tmp_path: Path) -> None:
    one, other = Cache(tmp_path, Silent()), Cache(tmp_path, Silent())
    assert one.load_metadata("x", FILE) is other.load_metadata("x", WHEEL) is None
    one.save_metadata(ONE, FILE, HEADERS, "sdist")
    other.save_metadata(ONE, WHEEL, HEADERS, "ranges")
    other.save_metadata(ONE, FILE, HEADERS, "another way")
    later = Cache(tmp_path, Silent())
    assert later.load_metadata("x", FILE) == (HEADERS, "sdist")
    assert later.load_metadata("x", WHEEL) == (HEADERS, "ranges")


def test_a_version_is_known_by_its_files_where_just_one_of_them_told(tmp_path: Path) -> None:
    cache = Cache(tmp_path, Silent())
    assert cache.shelf("x").only("1", 7) is None
    cache.save_metadata(ONE, FILE, HEADERS, "sdist")
    for shelf in (cache.shelf("x"), Cache(tmp_path, Silent()).shelf("x")):
        found = shelf.only("1", 7)
        assert found is not None
        assert (found.file, found.headers) == (FILE.name, HEADERS)
        assert shelf.only("1", 8) is None
        assert shelf.only("2", 7) is None
    cache.save_metadata(ONE, WHEEL, HEADERS, "ranges")
    assert cache.shelf("x").only("1", 7) is None


def test_the_mark_of_a_release_is_the_same_from_the_cache_and_from_its_files(cache: Cache) -> None:
    cache.save_page(INDEX, "x", PAGE)
    page = cache.load_page(INDEX, "x")
    assert page is not None
    assert page.releases[0].mark == PAGE.releases[0].mark
    assert page.releases[0].packed is not None
    assert Release("1", (WHEEL,), INDEX).mark != PAGE.releases[0].mark


def test_an_entry_under_anothers_name_is_absent(cache: Cache, tmp_path: Path) -> None:
    cache.save_page(INDEX, "x", PAGE)
    cache.save_page(INDEX, "y", PAGE)
    x, y = entries(tmp_path)
    y.write_bytes(x.read_bytes())
    assert cache.load_page(INDEX, "y") is None


def test_a_cache_that_can_not_be_written_is_told_once_and_done_without(
    tmp_path: Path, heard: Any
) -> None:
    (tmp_path / "index").write_text("a file where the folder should be")
    cache = Cache(tmp_path, heard)
    cache.save_page(INDEX, "x", PAGE)
    cache.save_metadata(ONE, FILE, HEADERS, "sdist")
    assert cache.load_page(INDEX, "x") is None
    (warning,) = heard.warnings
    assert warning.startswith("The cache is not written: Could not ")
    assert str(tmp_path / "index") in warning


def test_nothing_but_entries_is_left_behind(cache: Cache, tmp_path: Path) -> None:
    for _ in range(2):
        cache.save_page(INDEX, "x", PAGE)
        cache.save_metadata(ONE, FILE, HEADERS, "sdist")
    assert len(entries(tmp_path)) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 600.0),
        ({"cache-control": "public"}, 600.0),
        ({"cache-control": "max-age=30"}, 30.0),
        ({"cache-control": "max-age=600, public"}, 600.0),
        ({"cache-control": 'Public, Max-Age = "60"'}, 60.0),
        ({"cache-control": "s-maxage=5"}, 600.0),
        ({"cache-control": "max-age=0"}, 0.0),
        ({"cache-control": "no-cache"}, 0.0),
        ({"cache-control": "max-age=60, no-store"}, 0.0),
        ({"cache-control": "max-age=60", "age": "25"}, 35.0),
        ({"cache-control": "max-age=60", "age": "90"}, 0.0),
        ({"cache-control": "max-age=60", "age": "old"}, 60.0),
        ({"cache-control": "max-age=banana"}, 600.0),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, str], seconds: float) -> None:
    assert seconds == age_allowed(headers)


@pytest.mark.parametrize(
    ("now", "fresh"),
    [(1000.0, True), (1059.9, True), (1060.0, False), (999.0, False), (1e12, False)],
)
def test_fresh_until_its_age_is_reached_and_never_from_the_future(now: float, fresh: bool) -> None:
    assert fresh is PAGE.is_fresh(now)


def test_that_an_index_does_not_know_a_project_is_never_fresh() -> None:
    assert not CachedPage((), False, "", "", 1000.0, 600.0).is_fresh(1000.0)


texts = st.text(max_size=10)
hashes = st.dictionaries(texts, texts, max_size=2)
files = st.builds(
    File,
    texts,
    texts,
    hashes,
    st.none() | st.integers(0, 1 << 60),
    st.none() | texts,
    st.none() | texts,
    st.booleans() | texts,
    st.booleans() | hashes,
)


@given(st.lists(st.tuples(texts, st.lists(files, max_size=3)), max_size=3))
@settings(deadline=None, max_examples=50)
def test_any_page_comes_back(tmp: list[tuple[str, list[File]]]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        cache = Cache(Path(folder), Silent())
        releases = tuple(Release(version, tuple(held), INDEX) for version, held in tmp)
        cache.save_page(INDEX, "x", CachedPage(releases, True, "", "", 0.0, 0.0))
        page = cache.load_page(INDEX, "x")
        assert page is not None
        assert page.releases == releases
