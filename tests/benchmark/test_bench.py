"""What the benchmark claims: what it counts, compares, serves and draws."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from bench.__main__ import _expanded
from bench.agree import compiled_packages, difference, installed_packages, locked_packages
from bench.bars import corpus_verdicts, verdicts
from bench.cases import Case, Made
from bench.chart import Line, draw_lines
from bench.growth import make_packages, needs
from bench.measure import CommandFailedError, Meter, Sample, Series
from bench.mirror import Traffic, traffic_of
from bench.page import Findings, write_page
from bench.pages import HTML, JSON, html_page, json_page
from bench.picture import Bar, Panel, draw, seconds, step_of
from bench.profiling import Profile
from bench.recorder import Recorder
from bench.results import CaseResult, Measured, Session, merged, read_results, write_result
from bench.sampler import place_of
from bench.session import Column
from msgspec.structs import replace

from wheelright.index.page import parse_page
from wheelright.store import File

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the benchmark runs where fork is")


def test_a_series() -> None:
    series = Series((Sample(3.0, 1.0, 10), Sample(1.0, 2.0, 30), Sample(9.0, 9.0, 20)))

    assert (series.median, series.least, series.most) == (3.0, 1.0, 9.0)
    assert (series.cpu, series.peak) == (2.0, 30)


def test_a_run_is_measured(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "output")
    script = "import os; x = bytearray(60_000_000); print(os.getcwd(), os.environ['WORD'])"

    sample = meter.run([sys.executable, "-c", script], tmp_path, {"WORD": "said"})

    assert meter.said() == f"{tmp_path} said\n"
    assert sample.cpu > 0
    assert 0 < sample.wall < 60
    assert 55 < sample.peak < 120


def test_a_run_that_fails(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "output")
    script = "import sys; print('one'); sys.exit('two')"

    with pytest.raises(CommandFailedError) as caught:
        meter.run([sys.executable, "-c", script], tmp_path, {})

    assert str(caught.value) in {"exit code 1: one / two", "exit code 1: two / one"}


def test_a_run_that_hangs(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "output", limit=0.1)

    with pytest.raises(CommandFailedError, match=r"^took more than 0 s$"):
        meter.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, {})


def test_a_slow_tool_runs_less_often() -> None:
    column = Column(bed=None, patience=6.0)  # type: ignore[arg-type]
    column.samples = [Sample(2.9, 1.0, 1)] * 2
    assert not column.enough
    column.samples *= 2
    assert column.enough


@pytest.mark.parametrize(("kind", "write"), [(JSON, json_page), (HTML, html_page)])
@pytest.mark.parametrize("metadata", [True, False])
def test_pages_say_what_was_recorded(kind: str, write: object, *, metadata: bool) -> None:
    wheel = File(
        "a_b-1.0-py3-none-any.whl",
        "https://files.example/x/a_b-1.0-py3-none-any.whl",
        {"sha256": "ab" * 32},
        None,
        None,
        ">=3.8",
        "broken <once>",
    )
    sdist = File("a_b-1.0.tar.gz", "https://files.example/x/a_b-1.0.tar.gz")

    def place(url: str) -> str:
        return url.replace("https://files.example/", "/files/0/")

    body = write("a-b", [wheel, sdist], place, metadata=metadata)  # type: ignore[operator]
    first, second = parse_page(body, kind, "http://127.0.0.1:1/simple/a-b/")

    assert first.url == "http://127.0.0.1:1/files/0/x/a_b-1.0-py3-none-any.whl"
    assert first.hashes == wheel.hashes
    assert first.requires_python == ">=3.8"
    assert first.yanked == "broken <once>"
    assert first.metadata is metadata
    assert (second.name, second.metadata, second.yanked) == (sdist.name, False, False)


def test_a_log_is_counted() -> None:
    log = (
        "GET 200 100 /simple/a/\n"
        "GET 304 0 /simple/b/\n"
        "GET 200 10 /files/0/a.whl.metadata\n"
        "GET 206 20 /files/0/a.whl\n"
        "HEAD 200 0 /files/0/a.whl\n"
    )

    assert traffic_of(log) == Traffic({"pages": 2, "metadata": 1, "ranges": 1, "files": 1}, 130)


def result(code: str, works: dict[str, dict[str, Measured]], **failures: str) -> CaseResult:
    session = Session("2026-01-01", {}, "nginx", {"uv": "1"}, 0.1, code)
    return CaseResult("jupyter", "t", ("jupyter",), "six", (session,), works, failures)


def took(wall: float, beside: float, peak: float = 10) -> Measured:
    return Measured((Sample(wall, wall, peak),), beside=beside)


def test_what_is_measured_anew_replaces_only_that() -> None:
    old = result(
        "a",
        {"noop": {"uv": took(2, 2), "pip": took(9, 2)}, "run": {"uv": took(4, 4)}},
        pdm="why",
        pip="why not",
    )
    new = result("b", {"noop": {"uv": took(1, 1), "wheelright": took(3, 1)}}, poetry="no")

    both = merged(old, new)
    again = merged(both, result("c", {"run": {"uv": took(5, 5)}, "noop": {"pip": took(1, 1)}}))

    assert both.works["noop"]["uv"].series == Series((Sample(1, 1, 10),))
    assert (both.works["noop"]["uv"].session, both.works["noop"]["pip"].session) == (1, 0)
    assert both.works["noop"]["pip"].ratio == 4.5
    assert both.works["noop"]["wheelright"].ratio == 3
    assert both.works["run"] == old.works["run"]
    assert [session.code for session in both.sessions] == ["a", "b"]
    assert both.failures == {"pdm": "why", "pip": "why not", "poetry": "no"}
    assert [session.code for session in again.sessions] == ["b", "c"]
    assert again.works["noop"]["uv"].session == 0
    assert again.works["run"]["uv"].session == again.works["noop"]["pip"].session == 1
    assert again.failures == {"pdm": "why", "poetry": "no"}


def test_a_result_is_kept_and_read(tmp_path: Path) -> None:
    kept = result("a", {"noop": {"uv": took(2, 2)}})

    write_result(tmp_path, kept)
    (tmp_path / "web.json").write_text('{"of": "another time"}')

    assert read_results(tmp_path, ["web", "jupyter", "large"]) == [kept]


def test_every_bar_is_judged() -> None:
    case = result(
        "a",
        {
            "sync-warm": {
                "uv": took(1, 1),
                "wheelright": took(0.8, 1, peak=30),
                "pip": took(9, 2),
                "pdm": took(4, 1),
            },
            "noop": {"uv": took(1, 1), "wheelright": took(1, 1)},
            "lock-cold": {"uv": took(1, 1), "wheelright": Measured(failure="x", beside=1)},
            "lock-targets": {"wheelright": Measured((Sample(1, 1, 1),))},
        },
    )

    found = {(one.work, one.kind, one.beside): one for one in verdicts(case)}

    assert {key: one.says for key, one in found.items()} == {
        ("sync-warm", "time", "uv"): "missed: 1.60 times the bar",
        ("sync-warm", "time", "pip"): "met",
        ("sync-warm", "time", "pdm"): "missed: 2.00 times the bar",
        ("sync-warm", "memory", "uv"): "missed: 1.50 times the bar",
        ("noop", "time", "uv"): "met",
        ("noop", "memory", "uv"): "met",
    }


def test_the_page_says_what_was_measured(tmp_path: Path) -> None:
    case = result(
        "a",
        {
            "sync-warm": {"uv": took(1, 1), "wheelright": took(0.8, 1)},
            "lock-targets": {"wheelright": Measured((Sample(0.5, 1, 1),), 12)},
        },
        pip="could | not",
    )
    grown = [
        replace(
            result("a", {"noop": {"uv": took(size, size), "wheelright": took(1, size)}}),
            name=f"packages-{size}",
        )
        for size in (25, 100)
    ]

    write_page(Findings([case], grown), tmp_path / "page.md", tmp_path / "pictures")

    text = (tmp_path / "page.md").read_text()
    assert "| jupyter | sync, warm | time beside uv | 0.50 | 0.80 | **missed: 1.60 times" in text
    assert "| sync, warm | 800 ms | 1.00 s | 0.80 | 0.5: missed: 1.60 times the bar |" in text
    assert "| lock for three targets | 500 ms | no counterpart |  |  |" in text
    assert "| Wheelright | 800 ms | 0.80 | 800 ms to 800 ms | 1 |" in text
    assert "pip took no part: could | not" in text
    assert "| 25 | 1.00 s | 25.0 s |\n| 100 | 1.00 s | 100.0 s |" in text
    assert "4 times the packages take Wheelright 1.0 times the time." in text
    for picture in ("jupyter.svg", "growth-noop-packages.svg"):
        assert f"(pictures/{picture})" in text
        ET.fromstring((tmp_path / "pictures" / picture).read_text())


def test_lines_are_to_scale_and_begin_at_zero() -> None:
    line = Line("uv", ((100, 1.0, 0.5, 2.0), (400, 4.0, 4.0, 4.0)))
    root = ET.fromstring(draw_lines("a < b", "packages", [line]))
    space = "{http://www.w3.org/2000/svg}"

    [drawn] = root.iter(f"{space}polyline")
    (x1, y1), (x2, y2) = (
        [float(word) for word in corner.split(",")] for corner in drawn.attrib["points"].split()
    )
    zeros = [text for text in root.iter(f"{space}text") if text.text == "0"]
    [base] = {float(text.attrib["y"]) for text in zeros if text.get("text-anchor") == "end"}
    left = next(float(text.attrib["x"]) for text in zeros if text.get("text-anchor") == "middle")

    assert x2 - left == pytest.approx(4 * (x1 - left), abs=0.3)
    assert base - 4 - y2 == pytest.approx(4 * (base - 4 - y1), abs=0.3)


def test_made_packages_need_all_others_and_no_circle() -> None:
    for packages in (25, 100):
        reached, left = set(), [0]
        while left:
            number = left.pop()
            if number not in reached:
                reached.add(number)
                left += needs(number, packages)
        assert reached == set(range(packages))
        assert all(other > number for number in reached for other in needs(number, packages))


def test_made_packages_are_served_and_installed(tmp_path: Path) -> None:
    case = Case("packages-3", "3", ("made-packages-3-0",), "", made=Made(3, 6))

    make_packages(tmp_path, case)
    page = (tmp_path / "pages/made-packages-3-0/on.json").read_bytes()
    newest, older, *_ = parse_page(page, JSON, "http://127.0.0.1:1/simple/made-packages-3-0/")
    wheel = tmp_path / newest.url.removeprefix("http://127.0.0.1:1/")

    assert newest.size == wheel.stat().st_size
    assert newest.hashes["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    with zipfile.ZipFile(wheel) as archive:
        assert len(archive.namelist()) == 6
    assert b"made-packages-3-2>=1.0" in wheel.with_name(f"{wheel.name}.metadata").read_bytes()
    assert older.name == "made_packages_3_0-1.3-py3-none-any.whl"


def test_a_closed_recording_asks_nobody(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, None, "nowhere", closed=True)  # type: ignore[arg-type]

    assert not recorder.page("unknown")
    assert not recorder.file("0/unknown.whl")
    assert recorder.misses == 0


def test_a_sample_is_counted_where_it_is() -> None:
    namespace: dict[str, Any] = {"sys": sys, "seen": []}
    look = "def f(): seen.append(sys._getframe())\nf()"
    inside = "/x/site-packages/wheelright/resolver/solve.py"
    exec(compile(look, inside, "exec"), namespace)
    exec(compile(look, "/x/other.py", "exec"), namespace)
    exec(compile(look, "<frozen importlib._bootstrap>", "exec"), namespace)
    exec(
        compile("def get(): seen.append(sys._getframe())\nget()", "/x/queue.py", "exec"), namespace
    )
    frames = namespace["seen"]

    assert place_of(frames[0]) == "resolver/solve"
    assert place_of(frames[1]) == "other"
    assert place_of(frames[2]) == "imports"
    assert place_of(frames[3]) == "waiting"


def test_shares_of_a_profile() -> None:
    profile = Profile(1.0, {"resolver/a": 30, "imports": 20, "resolver/b": 50})

    assert profile.shares == {"resolver": 0.8, "imports": 0.2}
    assert profile.largest("resolver", 1) == [("b", 0.5)]


def test_groups_of_cases() -> None:
    assert _expanded(["web", "jupyter"]) == ["jupyter", "web"]
    assert _expanded(["growth"])[:2] == ["packages-25", "packages-50"]
    assert _expanded(["profile"]) == []
    assert not any(name.startswith("corpus") for name in _expanded([]))
    assert _expanded(["cases"]) == ["jupyter", "web", "science", "large", "tiny"]


LOCKS = {
    "uv.lock": '[[package]]\nname = "a-b"\nversion = "1.0"\n[[package]]\nname = "bench-project"\n'
    'version = "1.0"\n',
    "pylock.toml": '[[packages]]\nname = "a-b"\nversion = "1.0"\n',
    "poetry.lock": '[[package]]\nname = "A_b"\nversion = "1.0"\n',
}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_read_alike(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LOCKS[name])

    assert locked_packages(tmp_path / name) == {("a-b", "1.0")}


def test_pins_and_venvs_are_read_alike(tmp_path: Path) -> None:
    pins = 'A.b[x]==1.0 ; sys_platform == "linux" \\\n    --hash=sha256:ab\nc==2\n'
    text = f"# head\n{pins}    # via a\n"
    for name in ("A_b-1.0", "c-2", "pip-26.0"):
        (tmp_path / "lib/python3.11/site-packages" / f"{name}.dist-info").mkdir(parents=True)

    assert compiled_packages(text) == {("a-b", "1.0"), ("c", "2")}
    assert installed_packages(tmp_path) == {("a-b", "1.0"), ("c", "2")}


def test_differences_are_said() -> None:
    wanted = frozenset({("a", "1"), ("b", "1"), ("c", "1")})

    assert difference(wanted, wanted) == ""
    found = frozenset({("a", "1"), ("b", "2"), ("d", "1")})
    assert difference(found, wanted) == "+d, -c, b 2 (not 1)"
    assert difference(frozenset(), wanted, most=1) == "-a, and 2 more"


def test_a_picture_begins_at_zero_and_is_to_scale() -> None:
    bars = (Bar("Wheelright", 1.0, 0.9, 1.1), Bar("uv", 2.0, 1.9, 2.4))
    root = ET.fromstring(draw("a < b", [Panel("sync", bars)]))
    space = "{http://www.w3.org/2000/svg}"
    drawn = [rect for rect in root.iter(f"{space}rect") if rect.get("x")]
    first, second = (float(rect.attrib["width"]) for rect in drawn)

    assert first > 0
    assert second == pytest.approx(2 * first, abs=0.2)
    texts = [text.text for text in root.iter(f"{space}text")]
    assert texts[:3] == ["a < b", "sync", "0"]
    ticks = [line for line in root.iter(f"{space}line") if line.get("stroke") == "#ddd"]
    assert ticks[0].get("x1") == f"{float(drawn[0].attrib['x']):.1f}"


@pytest.mark.parametrize("largest", [0.0009, 0.017, 0.3, 1.0, 7.2, 9.99, 48.0, 600.0])
def test_ticks_are_round_and_few(largest: float) -> None:
    step = step_of(largest)

    assert re.fullmatch(r"[125]e[-+]\d\d", f"{step:.0e}")
    assert 2 <= largest / step <= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0175, "17.5 ms"),
        (0.02, "20 ms"),
        (0.2504, "250 ms"),
        (1.234, "1.23 s"),
        (48.06, "48.1 s"),
    ],
)
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


def compiled(seconds: float, uv: float, peak: float) -> dict[str, Measured]:
    counts = {"steps": 5, "conflicts": 1, "visited": 4, "pages": 3, "metadata": 4}
    ours = Measured((Sample(seconds, 1.0, peak),), 3, "", "", counts, beside=uv)
    return {"wheelright": ours, "uv": Measured((Sample(uv, 1.0, 10.0),), 3, beside=uv)}


def test_real_projects_are_held_against_their_bars(tmp_path: Path) -> None:
    works = {
        "plain-cold": compiled(0.9, 1.0, 20.0),
        "plain-cached": compiled(0.3, 0.02, 20.0),
        "universal-cold": compiled(1.1, 1.0, 31.0),
        "universal-cached": compiled(0.7, 0.2, 20.0),
    }
    session = Session("2026-01-01", {}, "none", {"wheelright": "1", "uv": "2"}, 0.0)
    result = CaseResult("corpus-web", "corpus-web", (), "", (session,), works)

    found = {(one.work, one.kind): one.met for one in corpus_verdicts(result)}
    write_page(Findings([], corpora=[result]), tmp_path / "page.md", tmp_path / "pictures")

    assert [name for name, met in found.items() if not met] == [
        ("universal-cold", "time"),
        ("universal-cold", "memory"),
        ("universal-cached", "time"),
    ]
    lines = (tmp_path / "page.md").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("- ") and " at most " in line] == [
        "- Cold, at most 1 times uv: met in 1 of 2.",
        "- Cached, at most 3 times uv or 0.3 s: met in 1 of 2.",
        "- Memory, at most 3 times uv: met in 3 of 4.",
    ]
    assert [line for line in lines if line.startswith("| web |")] == [
        (
            "| web | plain | 3 / 3 | 900 ms / 1.00 s | 0.90 | 300 ms / 20 ms | 15.00 | 2.00 "
            "| 5 | 1 | 4 | 3 | 4 | yes |"
        ),
        (
            "| web | universal | 3 / 3 | 1.10 s / 1.00 s | **1.10** | 700 ms / 200 ms | **3.50** "
            "| **3.10** | 5 | 1 | 4 | 3 | 4 | yes |"
        ),
    ]
