"""Looking at what other tools installed: the needs of its binaries, read where they lie."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wheelright.venv.inspect import read_record_paths

if TYPE_CHECKING:
    from wheelright.venv.inspect import Installed, Venv

_LIBRARIES = (".so", ".pyd", ".dll", ".dylib")


def measure_needs(venv: Venv, installed: Installed) -> Any:
    """Measure what the binaries of an installed package need, as the store keeps it.

    ``None`` where nobody knows which files are its own. Of a package that says it is pure only
    files with the name of a library are read.
    """
    from wheelright.targets.needs import read_needs, to_plain

    paths = read_record_paths(venv, installed)
    if paths is None:
        return None
    held = [
        path
        for path in paths
        if not path.endswith((".pyc", ".py")) and os.path.isfile(f"{venv.site_packages}/{path}")  # noqa: PTH113 (text)
    ]
    pure = bool(installed.tags) and all(tag.endswith("-any") for tag in installed.tags)
    libraries = [path for path in held if path.endswith(_LIBRARIES) or ".so." in path]
    return to_plain(read_needs(venv.site_packages, held, libraries if pure else None))
