"""A project that is asked for at a place, before anyone looks there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.project import Source


class Ask(Struct, frozen=True):
    """A project that is asked for at a place. ``base`` is where relative paths start.

    ``by`` is the name of the project that asks. ``where`` is a marker of where it does, "" where
    it does everywhere.
    """

    name: str
    source: Source
    base: Path
    by: str
    extras: tuple[str, ...] = ()
    where: str = ""
