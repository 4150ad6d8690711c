"""Names of projects, extras and groups, and the nearest known name for a mistyped one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEPARATORS: Final = re.compile(r"[-_.]+")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s\"']+(?=@)")
_VALID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def normal_name(name: str) -> str:
    """Return a name normalised (PEP 503): lower case, runs of ``-_.`` become one ``-``."""
    return _SEPARATORS.sub("-", name).lower()


def is_valid_name(name: str) -> bool:
    """Whether a name is valid (PEP 508): ASCII letters, digits, ``-_.``; a letter at each end."""
    return _VALID.fullmatch(name) is not None


def without_credentials(text: str) -> str:
    """Return a text with the user and password of each URL starred out, its length kept."""
    return _CREDENTIALS.sub(lambda one: "*" * len(one[0]), text)


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a mistyped one is closest to, if any is close."""
    from difflib import get_close_matches

    by_folded = {normal_name(one): one for one in known}
    close = get_close_matches(normal_name(name), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def hint_for_name(name: str, known: Iterable[str]) -> str | None:
    """Return the hint for a mistyped name."""
    nearest = nearest_name(name, known)
    return f"Did you mean `{nearest}`?" if nearest else None
