"""The bounds that ``add`` writes for a requirement that was given without: pure text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Sequence

Bounds = Literal["lower", "major", "minor", "exact"]


def bounds_for(versions: Sequence[str], kind: Bounds) -> str:
    """Return a specifier that admits the locked ``versions`` (several: of different environments).

    ``lower`` is ``>=1.2.3``; ``major`` adds ``<2.0.0`` (``<0.2.0`` for 0.1.2), ``minor``
    ``<1.3.0``; ``exact`` is ``==1.2.3``, where one version is locked. Local parts (``+cpu``) stay
    in ``exact`` alone, since no other operator takes them.
    """
    found = sorted(Version(version) for version in versions)
    low, high = found[0], found[-1]
    lower = f">={low.public}"
    match kind:
        case "exact" if low == high:
            return f"=={low}"
        case "major":
            return f"{lower},<{_above(high, _first_that_counts(high))}"
        case "minor":
            return f"{lower},<{_above(high, max(1, _first_that_counts(high)))}"
        case _:
            return lower


def _first_that_counts(version: Version) -> int:
    """Return the place of the first number that is not zero: a change there may break."""
    for place, number in enumerate(version.release):
        if number:
            return place
    return len(version.release) - 1


def _above(version: Version, place: int) -> str:
    """Return the first version that is greater in the number at ``place``."""
    numbers = [*version.release]
    numbers += [0] * (place + 1 - len(numbers))
    numbers[place] += 1
    numbers[place + 1 :] = [0] * (len(numbers) - place - 1)
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(map(str, numbers))
