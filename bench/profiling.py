"""Where Wheelright's time goes in each work: shares of the time by the clock, by module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench.bed import Bed
from bench.measure import CommandFailedError, Meter
from bench.works import WORKS

if TYPE_CHECKING:
    from bench.cases import Case
    from bench.mirror import Mirror
    from bench.tools.tool import Tool

PROFILED: Final = "jupyter"
"""The case whose profile is on the page."""
_SAMPLER: Final = Path(__file__).with_name("sampler.py")
_WORKS: Final = (
    "sync-warm", "sync-cold", "lock-cold", "lock-plain", "lock-warm", "lock-cached",
    "lock-nothing", "add", "lock-targets", "check-targets",
)  # fmt: skip
_REPEATS: Final = 3


class Profile(msgspec.Struct, frozen=True):
    """One work: looks by place (see ``bench.sampler``) and the seconds of all repeats."""

    wall: float
    places: dict[str, int]

    @property
    def shares(self) -> dict[str, float]:
        """Shares of 1 by folder, or by place where that is no module of a folder; largest first."""
        found: dict[str, int] = {}
        for place, looks in self.places.items():
            folder = place.partition("/")[0]
            found[folder] = found.get(folder, 0) + looks
        total = sum(found.values()) or 1
        return {
            folder: looks / total for folder, looks in sorted(found.items(), key=lambda x: -x[1])
        }

    def largest(self, folder: str, most: int = 3) -> list[tuple[str, float]]:
        """Return the modules of a folder that take most, and their shares of all."""
        total = sum(self.places.values()) or 1
        inside = [
            (place.removeprefix(f"{folder}/"), looks / total)
            for place, looks in self.places.items()
            if place.startswith(f"{folder}/")
        ]
        return sorted(inside, key=lambda x: -x[1])[:most]


def profile_case(case: Case, tool: Tool, mirror: Mirror, folder: Path, results: Path) -> None:
    """Profile every work of a case and keep the profiles in ``results``."""
    works = [work for work in WORKS if work.name in _WORKS]
    bed = Bed(tool, case, folder / tool.name, mirror, Meter(folder / "output"))
    try:
        bed.prime(works)
    except CommandFailedError as error:
        print(f"no profile: {error}", flush=True)
        return
    found = {}
    for work in works:
        wall, places = 0.0, dict[str, int]()
        for number in range(_REPEATS):
            report = folder / f"{work.name}-{number}.json"
            try:
                ready = bed.ready(work)
                assert ready is not None
                python = str(tool.programs / "python")
                command = [python, "-I", str(_SAMPLER), str(report), *ready.command[1:]]
                bed.meter.run(command, ready.folder, ready.environ)
            except CommandFailedError as error:
                print(f"profile of {work.title}: {error}", flush=True)
                break
            one = msgspec.json.decode(report.read_bytes(), type=Profile)
            wall += one.wall
            for place, looks in one.places.items():
                places[place] = places.get(place, 0) + looks
        if places:
            found[work.name] = Profile(wall / _REPEATS, places)
    results.mkdir(parents=True, exist_ok=True)
    (results / "profile.json").write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def read_profiles(results: Path) -> dict[str, Profile]:
    """Return the profiles that are there, by the name of the work."""
    try:
        return msgspec.json.decode((results / "profile.json").read_bytes(), type=dict[str, Profile])
    except FileNotFoundError:
        return {}
