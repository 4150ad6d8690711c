"""Name the tracked files that spell out the host of a public package registry.

Wheelright is used with mirrors as much as with the public index, so no source, test, page or
pin may lean on one. The hosts to look for are asked of pip, which is installed in any case.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pip._internal.models.index import PyPI, TestPyPI

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def registry_hosts() -> tuple[str, ...]:
    """Return the host names that serve the public registry's pages and files."""
    indexes = (PyPI, TestPyPI)
    hosts = {host for index in indexes for host in (index.netloc, index.file_storage_domain)}
    return tuple(sorted(hosts))


def tracked_files(root: Path) -> tuple[Path, ...]:
    """Return the files that git tracks below ``root``, and those it would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    paths = (root / name for name in listing.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def mentions(paths: Sequence[Path], hosts: Sequence[str]) -> Iterator[str]:
    """Yield ``path:line: host`` for each line that spells out a host."""
    needles = [(host, host.encode()) for host in hosts]
    for path in paths:
        content = path.read_bytes()
        for host, needle in needles:
            if needle in content:
                for number, line in enumerate(content.splitlines(), 1):
                    if needle in line:
                        yield f"{path}:{number}: {host}"


def main() -> int:
    """Print each mention; return 1 where there is one."""
    found = list(mentions(tracked_files(Path.cwd()), registry_hosts()))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
