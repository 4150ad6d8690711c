"""The bytecode of what was installed: from the store where it is there, else made, and kept there.

Made by the Python that the packages are installed for, after they were placed; what fails is no
error: packages carry templates and tests that are no Python of that version.
"""

from __future__ import annotations

import os
import pkgutil
from collections import Counter
from typing import TYPE_CHECKING

from wheelright.outside.files import DiskError
from wheelright.outside.threads import run_all
from wheelright.outside.trees import place_tree
from wheelright.store.bytecode import StoredBytecode, find_bytecode, keep_bytecode
from wheelright.venv.guard import MODE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.outside.reporting import Reporter
    from wheelright.outside.trees import LinkMode
    from wheelright.store import StoredWheel
    from wheelright.venv.inspect import Venv

# Who asks for builds that can be repeated bit for bit gets bytecode checked by hash (PEP 552).
_EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
_THREADS = 2


def compile_packages(
    venv: Venv, wheels: Sequence[StoredWheel], mode: LinkMode, reporter: Reporter
) -> None:
    """Give wheels that were just placed their bytecode. The caller holds the environment's lock.

    ``mode`` is how their files were placed.
    """
    sources = {wheel.name: _sources(wheel) for wheel in wheels}
    common = _brought_twice(sources.values())
    python = _name(venv)
    ready: list[StoredBytecode] = []
    missing: list[StoredWheel] = []
    shareable: list[StoredWheel] = []
    for wheel in wheels:
        is_shared = _EPOCH_VARIABLE not in os.environ and common.isdisjoint(sources[wheel.name])
        found = find_bytecode(wheel, python) if is_shared else None
        if found is not None:
            ready.append(found)
        elif sources[wheel.name]:
            missing.append(wheel)
            if is_shared:
                shareable.append(wheel)

    def place(found: StoredBytecode) -> None:
        place_tree(found.path, venv.site_packages, ((path, path) for path in found.files), mode)

    run_all(place, ready, _THREADS)
    if not missing:
        return
    wanted = sorted({path for wheel in missing for path in sources[wheel.name]})
    made = _made(venv, wanted, reporter)
    try:
        for wheel in shareable:
            pairs = [(path, made[path]) for path in sources[wheel.name] if path in made]
            # The store outlives the venv: it must not point there.
            kept = "hardlink" if mode == "symlink" else mode
            keep_bytecode(wheel, python, venv.site_packages, pairs, kept)
    except DiskError:
        reporter.debug("the bytecode could not be kept in the cache")


def _sources(wheel: StoredWheel) -> list[str]:
    """List the Python files that lie in site-packages as they lie in the wheel."""
    facts = wheel.facts
    others = tuple(f"{name}/" for name in (facts.dist_info, facts.data_directory) if name)
    return [
        entry.path
        for entry in facts.entries
        if entry.path.endswith(".py") and not entry.path.startswith(others)
    ]


def _brought_twice(sources: Iterable[Iterable[str]]) -> frozenset[str]:
    """Name the files that several wheels bring: whose they are is known once all are placed."""
    counts = Counter(path for paths in sources for path in paths)
    return frozenset(path for path, count in counts.items() if count > 1)


def _name(venv: Venv) -> str:
    """Name the venv's Python in the store; one without the global lock has bytecode of its own."""
    major, minor = venv.python
    threads = "t" if f"/python{major}.{minor}t/" in venv.site_packages else ""
    return f"{venv.implementation}-{venv.version}{threads}"


def _made(venv: Venv, sources: Sequence[str], reporter: Reporter) -> Mapping[str, str]:
    """Let the venv's Python compile; the path of each source's bytecode, where there is one."""
    from wheelright.outside.processes import run

    script = pkgutil.get_data(__package__, "_compile_script.py")
    assert script is not None
    command = [venv.executable, "-I", "-c", script.decode(), venv.site_packages]
    # Here it serves to compile alone, whatever machines the venv is for.
    done = run(command, env={**os.environ, MODE_VARIABLE: "off"}, feed="\0".join(sources))
    made = done.stdout.split("\0")
    if done.code != 0 or len(made) != len(sources):
        said = done.stderr.strip()[-500:]
        reporter.debug(f"Some files could not be compiled: {said or f'exit code {done.code}'}")
        return {}
    failed = [source for source, path in zip(sources, made, strict=True) if not path]
    if failed:
        shown = ", ".join(f"`{path}`" for path in failed[:10])
        more = f" and {len(failed) - 10} more" if len(failed) > 10 else ""
        reporter.debug(f"Some files could not be compiled: {shown}{more}")
    found = zip(sources, made, strict=True)
    return {source: path.replace(os.sep, "/") for source, path in found if path}
