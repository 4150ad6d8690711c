"""Run every check, one line each with its time, then the tests.

All checks run even when one fails, so that one round shows everything there is to mend; the
output of a check is shown only when it fails. The tests come last and print as they go.
Arguments go to pytest.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

PYTHON = sys.executable
LINT_IMPORTS = str(Path(PYTHON).with_name("lint-imports"))  # it cannot be run as a module
CODE = ("src", "tests", "tools", "bench")

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("shell", ("sh", "-n", "dev")),
    ("lint", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
    ("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
    ("types", (PYTHON, "-m", "mypy", "--no-error-summary")),
    ("bench", (PYTHON, "-m", "mypy", "--no-error-summary", "-p", "bench")),
    ("imports", (LINT_IMPORTS, "--no-cache")),
    ("budgets", (PYTHON, "tools/budgets.py", *CODE)),
    ("hosts", (PYTHON, "tools/hosts.py")),
    ("docs", (PYTHON, "tools/pages.py", "--check")),
)
TESTS = ("./dev", "test", "--numprocesses", "auto", "--maxprocesses", "8")


def run(name: str, command: tuple[str, ...]) -> bool:
    """Run one check and print its line; return whether it passed."""
    print(f"{name:<8} ", end="", flush=True)
    start = time.perf_counter()
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print(f"{verdict:<6} {time.perf_counter() - start:5.1f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout.rstrip() or f"exit code {done.returncode}, no output", flush=True)
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """Run all checks and the tests; return 1 where any failed."""
    failed = [name for name, command in CHECKS if not run(name, command)]
    print("tests", flush=True)
    if subprocess.run([*TESTS, *arguments], check=False).returncode != 0:
        failed.append("tests")
    if failed:
        print(f"check failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
