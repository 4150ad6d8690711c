"""Real requirement files at full size, resolved against the public index as of a day.

The files lie beside the repository (``../shared/conformance/corpus``) with what uv found for the
same question; where that folder is absent the tests are skipped.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[3] / "shared" / "conformance" / "corpus"
RECORD = CORPUS / "uv-0.13.8.tsv"
DAY = "2026-11-01T00:00:00Z"
PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)(?:\[[^]]*\])?==", re.MULTILINE)
READ = re.compile(r"(\d+) versions visited, (\d+) pages, (\d+) metadata files read")

pytestmark = [pytest.mark.network, pytest.mark.slow]


@dataclass(frozen=True)
class Question:
    """One file, asked for one platform (``plain``) or for all (``universal``)."""

    file: str
    mode: str
    names: int

    def __str__(self) -> str:
        return f"{self.file.split()[0]}-{self.mode}"


def questions() -> list[Question]:
    if not RECORD.is_file():
        return []
    with RECORD.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [Question(row["file"], row["mode"], int(row["distinct_names"])) for row in rows]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpora-cache")


@pytest.mark.parametrize("question", questions(), ids=str)
def test_a_real_project_resolves(question: Question, cache: Path, tmp_path: Path) -> None:
    name, *options = question.file.split()
    out = tmp_path / "requirements.txt"
    command = [
        sys.executable,
        "-c",
        "import sys; from wheelright.start import main; sys.exit(main())",
    ]
    command += ["pip", "compile", "-v", "--python-version", "3.12", "--exclude-newer", DAY]
    command += ["--no-build", "--no-sources", "--cache-dir", str(cache), "-o", str(out), *options]
    command += ["--universal"] if question.mode == "universal" else []
    done = subprocess.run(
        [*command, str(CORPUS / name)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {match[1] for match in PIN.finditer(out.read_text())}
    # Another answer may be as good: a newer version of one project for an older one of another.
    assert abs(len(found) - question.names) <= question.names * 0.05
    counts = READ.search(done.stderr)
    assert counts is not None, done.stderr
    visited, _, metadata = map(int, counts.groups())
    assert metadata <= 1.5 * visited


def test_the_files_are_there() -> None:
    if not RECORD.is_file():
        pytest.skip(f"the corpora are not there: {CORPUS}")
    assert len(questions()) >= 20
