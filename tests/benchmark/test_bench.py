"""What the benchmark claims: what it counts, compares, serves and draws."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from bench.agree import compiled_packages, difference, installed_packages, locked_packages
from bench.measure import CommandFailedError, Meter, Sample, Series
from bench.mirror import Traffic, traffic_of
from bench.pages import HTML, JSON, html_page, json_page
from bench.picture import Bar, Panel, draw, seconds, step_of
from bench.session import Column

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
    column = Column(bed=None)  # type: ignore[arg-type]
    column.samples = [Sample(31.0, 1.0, 1)] * 2
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
