"""What judges say of releases, and the driver tells the resolver."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from wheelright.resolver import Files


class HopefulFiles(Files, Protocol):
    """What the files of a release say of targets, when asked."""

    @property
    def hopeful(self) -> bool:
        """Whether it is worth fetching the metadata ahead: the search will like this release."""


class Fitness(Struct, frozen=True):
    """Whether the files of a release can serve, and if not, why, in words.

    ``serves``, ``unserved``, ``files`` and ``reluctant`` are as in the resolver's ``Candidate``;
    ``left_out`` drops the release altogether.
    """

    left_out: str | None = None
    serves: frozenset[tuple[int, int]] | None = None
    misfit: str = ""
    unserved: tuple[str, ...] = ()
    files: HopefulFiles | None = None
    reluctant: bool = False


FIT = Fitness()
"""What is said of a release that serves wherever it is wanted."""
