"""The page of the matrix: its markup, what foreign text may do in it, and a real browser on it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.browser import Browser, BrowserError, find_browser
from wheelright.console.matrix_page import matrix_page
from wheelright.workflows.matrix import MatrixOutcome, Row, Square
from wheelright.workflows.proofs import Cell, Proof, TargetProof

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHONS = ("3.11", "3.12")


def wheel(package: str, python: str, floor: str | None = "2.17") -> Cell:
    tag = f"cp{python.replace('.', '')}"
    file = f"{package}-1.0-{tag}-{tag}-manylinux_2_17_x86_64.whl"
    return Cell(package, "1.0", python, "wheel", file, f"{tag}-manylinux_2_17_x86_64", floor)


def bad(package: str, python: str) -> Cell:
    return Cell(
        package,
        "1.0",
        python,
        "missing",
        kind="floor",
        reason="its wheels need glibc 2.28 or newer, plc has 2.17",
        nearest="cp312-manylinux_2_28_x86_64",
        fixes=("raise the floor to `x86_64-manylinux_2_28`", "ask <em>nicely</em>"),
    )


def outcome(project: str = "app", marker: str | None = None) -> MatrixOutcome:
    def target(name: str, words: str, *cells: Cell) -> TargetProof:
        return TargetProof(name, "x86_64-manylinux_2_17", words, True, PYTHONS, cells)

    rows = (
        Row("alpha", "1.0", None, (
            Square("wheel", (wheel("alpha", "3.11"), wheel("alpha", "3.12"))),
            Square("wheel", (wheel("alpha", "3.11", "11"), wheel("alpha", "3.12", "11"))),
        )),
        Row("beta", "1.0", marker, (
            Square("missing", (wheel("beta", "3.11"), bad("beta", "3.12"))),
            Square("absent", (), "needed only where `sys_platform == 'linux'`"),
        )),
        Row("gamma", "10.0", None, (
            Square("passed", (wheel("gamma", "3.11"),), "11.0 passed over: its wheels"),
            Square("pure", (Cell("gamma", "10.0", "3.11", "pure", "g-10.0-py3-none-any.whl"),)),
        )),
    )  # fmt: skip
    first = target("plc", "glibc 2.17, x86_64", *(c for row in rows for c in row.squares[0].cells))
    second = target("mac", "macOS 12, arm64")
    return MatrixOutcome(project, Proof("/p/pylock.toml", (first, second)), rows)


class _Outline(HTMLParser):
    """Checks that elements are closed in order, and keeps tags and text."""

    void = frozenset({"meta", "input", "br", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text += data


def outline(page: str) -> _Outline:
    parser = _Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_table_is_one_for_readers_too() -> None:
    found = outline(matrix_page(outcome()))
    tags = [tag for tag, _ in found.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("h1") == 1
    scopes = [attrs.get("scope") for tag, attrs in found.tags if tag == "th"]
    assert scopes == ["col", "col", "col", "row", "row", "row"]
    labels = [attrs["aria-label"] for tag, attrs in found.tags if "data-at" in attrs]
    assert labels == [
        "alpha on plc: wheel, floor 2.17",
        "alpha on mac: wheel, floor 11",
        "beta on plc: missing",
        "beta on mac: not needed",
        "gamma on plc: older version, floor 2.17",
        "gamma on mac: pure wheel",
    ]
    assert "3 locked packages; 1 of 2 targets not served" in found.text


def test_it_needs_nothing_else() -> None:
    page = matrix_page(outcome())
    assert page == matrix_page(outcome())
    for tag, attrs in outline(page).tags:
        assert not attrs.keys() & {"src", "href", "style", "onclick", "onload"}, tag
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


EVIL = st.lists(
    st.sampled_from([*"<>&\"'/!-`\\ ab\u2028é\x00", "</script>", "<!--", "]]>", "<b>"]), max_size=8
).map("".join)


@given(EVIL, EVIL)
def test_foreign_text_stays_text(project: str, marker: str) -> None:
    found = outline(matrix_page(outcome(project, marker)))
    assert [tag for tag, _ in found.tags] == [
        tag for tag, _ in outline(matrix_page(outcome())).tags
    ]


def test_the_document_inside_is_whole() -> None:
    page = matrix_page(outcome("</script><script>alert(1)</script>", "a < 'b' & \"c\""))
    inside = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert inside is not None
    assert "<" not in inside[1]
    data = json.loads(inside[1])
    assert data["rows"][1]["marker"] == "a < 'b' & \"c\""
    assert data["rows"][1]["squares"][0]["groups"][1] == {
        "pythons": "3.12",
        "words": "nothing to install",
        "file": None,
        "reason": "its wheels need glibc 2.28 or newer, plc has 2.17",
        "nearest": "cp312-manylinux_2_28_x86_64",
        "fixes": ["raise the floor to `x86_64-manylinux_2_28`", "ask <em>nicely</em>"],
    }


# -- in a real browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    browser = Browser(program)
    try:
        browser.__enter__()
    except BrowserError as error:
        pytest.skip(f"{program} does not start here: {error}")
    yield browser
    browser.__exit__()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    path = tmp_path / "page.html"
    path.write_text(matrix_page(outcome()), encoding="utf-8")
    browser.messages.clear()
    browser.requests.clear()
    browser.size(1280, 800)
    browser.open(path)
    yield browser
    assert browser.messages == []
    assert browser.requests == [path.as_uri()]


SHOWN = (
    "Array.from(document.querySelectorAll('tbody tr')).filter(row => !row.hidden)"
    ".map(row => row.dataset.name.split(' ')[0]).join(' ')"
)
FOUND = "document.getElementById('found').textContent"
OPEN = "document.querySelector('dialog').open"


def test_the_script_runs_under_its_own_policy(page: Browser) -> None:
    assert page.run("document.documentElement.className") == "live"
    assert page.run("getComputedStyle(document.querySelector('.targets')).display") == "grid"
    assert page.run(FOUND) == "3 packages"


def test_sorting(page: Browser) -> None:
    heads = "Array.from(document.querySelectorAll('th[scope=col]')).map(h => h.ariaSort)"
    assert page.run(SHOWN) == "alpha beta gamma"
    page.click("th[scope=col]:nth-child(1) button")
    assert page.run(SHOWN) == "gamma beta alpha"
    page.click("th[scope=col]:nth-child(2) button")
    assert page.run(SHOWN) == "beta gamma alpha"
    assert page.run(heads) == [None, "descending", None]
    page.click("th[scope=col]:nth-child(2) button")
    assert page.run(SHOWN) == "alpha gamma beta"
    assert page.run(heads) == [None, "ascending", None]


def test_filtering(page: Browser) -> None:
    page.click("#search")
    page.write("MM 10")
    assert (page.run(SHOWN), page.run(FOUND)) == ("gamma", "1 of 3 packages")
    page.run("(() => { const s = document.getElementById('search'); s.value = '';"
             " s.dispatchEvent(new Event('input')); })()")  # fmt: skip
    page.click(".chip[data-look=missing]")
    assert page.run(SHOWN) == "beta"
    page.click(".chip[data-look=pure]")
    assert page.run(SHOWN) == "beta gamma"
    assert page.run("document.querySelector('.chip[data-look=pure]').ariaPressed") == "true"
    page.click(".chip[data-look=missing]")
    page.click(".chip[data-look=pure]")
    assert page.run(FOUND) == "3 packages"


def test_the_reason_behind_a_cell(page: Browser) -> None:
    page.click(".cell.missing")
    assert page.run(OPEN)
    said = page.run("document.querySelector('dialog').innerText").split("\n")
    assert [line for line in said if line.strip()] == [
        "beta 1.0",
        "on plc: glibc 2.17, x86_64",
        "✕",
        "Python 3.11: a wheel",
        "beta-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "Python 3.12: nothing to install",
        "its wheels need glibc 2.28 or newer, plc has 2.17",
        "Nearest: cp312-manylinux_2_28_x86_64",
        "raise the floor to x86_64-manylinux_2_28",
        "ask <em>nicely</em>",
    ]
    page.press("Escape")
    assert not page.run(OPEN)
    page.press("Enter")  # the cell has the focus again
    assert page.run(OPEN)
    page.click("dialog .close")
    assert not page.run(OPEN)


def test_the_note_of_a_version_passed_over(page: Browser) -> None:
    page.click(".cell.passed")
    assert "11.0 passed over: its wheels" in page.run("document.querySelector('dialog').innerText")
    page.press("Escape")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_screen(page: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    page.size(width, 844, dark=dark, phone=width < 600)
    assert page.run("document.documentElement.scrollWidth") <= width
    small = page.run(
        "Array.from(document.querySelectorAll('.cell, .chip, thead button')).filter(e => {"
        " const b = e.getBoundingClientRect(); return b.width < 32 || b.height < 32; }).length"
    )
    assert small == 0
    back, ink = page.run("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    light = [sum(map(int, re.findall(r"\d+", color)[:3])) for color in (back, ink)]
    assert (light[0] < light[1]) is dark
    page.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 5000
    page.size(1280, 800)
