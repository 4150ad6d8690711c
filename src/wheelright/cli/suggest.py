"""The nearest known word to one that is not known. Imported only when something is wrong."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What other tools call it.
COMMAND_SYNONYMS = {
    "install": "sync",
    "i": "add",
    "uninstall": "remove",
    "rm": "remove",
    "update": "lock --upgrade",
    "upgrade": "lock --upgrade",
    "exec": "run",
    "new": "init",
    "freeze": "export",
    "clean": "cache clean",
    "graph": "tree",
    "virtualenv": "venv",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like ``word``, or ``None`` where none is much like it."""
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def nearest_command(word: str, known: Iterable[str]) -> str | None:
    """As :func:`nearest`, knowing also what other tools call their commands."""
    return nearest(word, known) or COMMAND_SYNONYMS.get(word.lower())
