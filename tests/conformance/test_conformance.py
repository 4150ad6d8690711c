"""Cases written by others, scored by their own runner: private indexes, real processes.

They live beside the repository (``../shared/conformance``); where that folder is absent the test
is skipped. No product code knows a case; a case that fails shows a fault of a rule.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.pythons import PYTHONS

RUNNER = Path(__file__).parents[3] / "shared" / "conformance" / "score.py"

pytestmark = pytest.mark.slow


def scored(tmp_path: Path, *arguments: str) -> list[dict[str, str]]:
    """Run the scenarios and return a row for each."""
    if not RUNNER.is_file():
        pytest.skip(f"the cases are not there: {RUNNER}")
    if not PYTHONS:
        pytest.skip("no Pythons are installed under pyenv, which the cases run with")
    pythons = next(iter(PYTHONS.values())).parents[2]
    report = tmp_path / "results.tsv"
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    command = [sys.executable, str(RUNNER), "--profile", "wheelright", "--jobs", "2"]
    command += ["--scenarios", str(RUNNER.with_name("scenarios")), "--pythons", str(pythons)]
    command += ["--work", str(tmp_path / "work"), "--out", str(report), *arguments]
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert report.is_file(), done.stdout + done.stderr
    with report.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_every_core_case_passes(tmp_path: Path) -> None:
    rows = scored(tmp_path)
    assert len(rows) > 100
    core = [row for row in rows if row["group"] == "core"]
    wrong = {row["key"]: row["note"] for row in core if row["result"] not in {"pass", "n/a"}}
    assert wrong == {}
    assert sum(row["result"] == "pass" for row in core) > 80


def test_the_choices_of_policy_are_ours(tmp_path: Path) -> None:
    """Stable first, no upper bounds of Python, yanked only by the project's own pin.

    Markers of different requirements that meet deep in the graph are solved, which their label
    (uv's) calls unsolvable: such a case scores "other".
    """
    rows = scored(tmp_path, "--only", "prereleases/|yanked/|requires_python/|fork/non-local")
    policy = {row["key"]: row["result"] for row in rows if row["group"] != "core"}
    solved = {key for key in policy if key.startswith("fork/non-local-fork")}
    assert {key for key, result in policy.items() if result == "other"} == solved
    assert all(result in {"pass", "other", "n/a"} for result in policy.values())


def test_a_poor_server_changes_no_answer(tmp_path: Path) -> None:
    server = '{"html_only": true, "no_metadata": true, "no_range": true}'
    rows = scored(tmp_path, "--server", server, "--only", "fork/|extras/|wheels/")
    wrong = {row["key"]: row["note"] for row in rows if row["result"] == "FAIL"}
    assert wrong == {}
