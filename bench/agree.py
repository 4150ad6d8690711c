"""Whether the tools did the same work: what is locked, and what is installed."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_NOT_PART: Final = frozenset({"pip", "setuptools", "wheel", "bench-project"})
"""What a tool may put into a venv beside what is asked, and the project itself."""
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\\n]+)", re.MULTILINE)

Packages = frozenset[tuple[str, str]]
"""Normalized name and version."""


def normalized(name: str) -> str:
    """Return a project's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _packages(pairs: Iterable[tuple[str, str]]) -> Packages:
    clean = ((normalized(name), _plain(version)) for name, version in pairs)
    return frozenset((name, version) for name, version in clean if name not in _NOT_PART)


def _plain(version: str) -> str:
    """Write alike what two tools write differently: ``1.0.post1`` and ``1.0-post1``."""
    return version.lower().replace("_", "+").replace("-", ".").removeprefix("v")


def locked_packages(lock: Path) -> Packages:
    """Return what a lock of any of the tools holds, the project itself left out."""
    data = tomllib.loads(lock.read_text("utf-8"))
    listed = data.get("packages") or data.get("package") or []
    return _packages((item["name"], item["version"]) for item in listed if "version" in item)


def compiled_packages(requirements: str) -> Packages:
    """Return what a compiled requirements file pins."""
    return _packages(_PIN.findall(requirements))


def installed_packages(venv: Path) -> Packages:
    """Return what is installed in a venv, by the names of its ``.dist-info`` folders."""
    found = venv.glob("lib*/python3*/site-packages/*.dist-info")
    names = {path.name.removesuffix(".dist-info") for path in found}
    return _packages((name, version) for name, _, version in (n.rpartition("-") for n in names))


def difference(found: Packages, wanted: Packages, most: int = 6) -> str:
    """Say in a few words how a set differs from the one it should be; empty if it does not."""
    ours, theirs = _by_name(found), _by_name(wanted)
    words = [f"+{name}" for name in sorted(ours.keys() - theirs.keys())]
    words += [f"-{name}" for name in sorted(theirs.keys() - ours.keys())]
    words += [
        f"{name} {'/'.join(sorted(ours[name]))} (not {'/'.join(sorted(theirs[name]))})"
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name] != theirs[name]
    ]
    if len(words) > most:
        words[most:] = [f"and {len(words) - most} more"]
    return ", ".join(words)


def _by_name(packages: Packages) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in packages:
        found.setdefault(name, set()).add(version)
    return found
