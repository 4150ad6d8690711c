"""Write the reference pages from the code and build the documentation, strictly.

With ``--check`` nothing is written: the reference in the tree must be what the code says now,
and the pages must build without a warning.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = "docs/reference"
SITE = ".dev/site"


def main(arguments: list[str]) -> int:
    """Write or check the reference, then build; return the first exit code that is not 0."""
    mode = "--check" if "--check" in arguments else "--write"
    commands = (
        (sys.executable, "-m", "wheelright.cli.reference", mode, REFERENCE),
        (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", SITE),
    )
    for command in commands:
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code != 0:
            return code
    if mode == "--write":
        print(f"the pages are in {SITE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
