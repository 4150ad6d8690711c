"""A Python interpreter as it was found: a value that venvs, builds and resolutions share.

How it is found and asked is the business of ``interpreters``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.targets.tags import compatible_tags

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.targets.platform import Platform, Version
    from wheelright.targets.tags import TagSet


class SchemePaths(Struct, frozen=True):
    """Where this Python installs to and imports from (``sysconfig.get_paths``)."""

    purelib: Path
    platlib: Path
    scripts: Path
    include: Path
    data: Path
    stdlib: Path


class Interpreter(Struct, frozen=True):
    """One Python: what it is, where it lives, and what it runs on.

    ``version`` is complete (``3.12.4``, ``3.14.0rc1``). ``executable`` is the path that was asked,
    made absolute but not resolved; ``base_executable`` the Python behind a venv (itself
    otherwise). ``marker_values`` are measured, not derived. ``abi`` is the ABI tag of a Python that
    is not CPython. ``pointer_size`` is in bits. ``refused_glibc``: see
    :func:`~wheelright.targets.tags.compatible_tags`.
    """

    executable: Path
    version: str
    implementation: str
    prefix: Path
    base_prefix: Path
    base_executable: Path
    platform: Platform
    paths: SchemePaths
    marker_values: dict[str, str]
    free_threaded: bool = False
    debug: bool = False
    abi: str | None = None
    pointer_size: int = 64
    externally_managed: bool = False
    is_venv: bool = False
    refused_glibc: frozenset[Version] = frozenset()

    def __hash__(self) -> int:
        return hash((self.executable, self.version, self.platform))

    @property
    def python(self) -> Version:
        """The version that wheels and venvs care for: ``(3, 12)``."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def tags(self) -> TagSet:
        """The tags of wheels that it accepts, as the native Python of its machine."""
        return self.tags_for(self.platform, native=True)

    def tags_for(self, platform: Platform, *, native: bool = False) -> TagSet:
        """Give the tags that this kind of Python accepts on another platform."""
        return compatible_tags(
            platform,
            self.python,
            self.implementation,
            free_threaded=self.free_threaded,
            debug=self.debug and native,
            abi=self.abi,
            native=native,
            refused=self.refused_glibc if native else frozenset(),
        )

    def describe(self) -> str:
        """Words for people: ``CPython 3.13.0t``, ``PyPy 3.10.14``."""
        words = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
        suffix = ("t" if self.free_threaded else "") + ("d" if self.debug else "")
        return f"{words.get(self.implementation, self.implementation)} {self.version}{suffix}"
