"""Where the benchmark keeps what it makes; everything but the page is below ``.dev/bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BASE: Final = ROOT / ".dev" / "bench"
VENVS: Final = BASE / "venvs"
RECORDED: Final = BASE / "mirror"
MADE: Final = BASE / "made"
PROGRAMS: Final = BASE / "programs"
RUNS: Final = BASE / "runs"
RESULTS: Final = BASE / "results"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
PICTURES: Final = ROOT / "docs" / "benchmarks"
CORPUS: Final = ROOT.parent / "shared" / "conformance" / "corpus"
