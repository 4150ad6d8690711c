"""Which required environments the wheels of a release leave out (``required-environments``).

A wheel is asked about by the marker values of the machines that its name speaks of. What a marker
says of anything else (the release of the system, the implementation) is taken as true: this asks
whether a wheel *can* serve, and ``sync`` says whether it does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from wheelright.resolver.markers import All, Atom, holds, parse_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wheelright.resolver.markers import MarkerTree
    from wheelright.targets import WheelName

#: The newest Python 3 minor that a wheel for "this and newer" is asked about.
NEWEST_MINOR = 20
_PYTHON = re.compile(r"(?:py|cp|pp)3(\d*)")
_FAMILIES = (
    (re.compile(r"(?:many|musl)?linux[0-9]*(?:_\d+_\d+)?_(.+)"), ("linux", "Linux", "posix")),
    (re.compile(r"macosx_\d+_\d+_(.+)"), ("darwin", "Darwin", "posix")),
    (re.compile(r"win_(.+)|win(32)"), ("win32", "Windows", "nt")),
)
#: Machines as wheels name them, and as markers do.
_MACHINES = {
    "universal2": ("x86_64", "arm64"),
    "intel": ("x86_64", "i386"),
    "amd64": ("AMD64",),
    "arm64": ("arm64", "ARM64"),
    "32": ("x86",),
}


def unserved(wheels: Iterable[WheelName], required: Iterable[str]) -> tuple[str, ...]:
    """Return the markers, of those required, that none of these wheels can serve."""
    names = list(wheels)
    return tuple(
        text
        for text in required
        if not any(_serves(wheel.pythons, wheel.abis, wheel.platforms, text) for wheel in names)
    )


@lru_cache(maxsize=4096)
def _serves(
    pythons: tuple[str, ...], abis: tuple[str, ...], platforms: tuple[str, ...], text: str
) -> bool:
    tree = parse_marker(text)
    machines = [values for platform in platforms for values in _machine_values(platform)]
    return any(
        _can_hold(tree, {**machine, **python})
        for python in _python_values(pythons, abis)
        for machine in machines
    )


def _machine_values(platform: str) -> Iterator[Mapping[str, str]]:
    if platform == "any":
        yield {}
        return
    for pattern, (sys_platform, system, os_name) in _FAMILIES:
        found = pattern.fullmatch(platform)
        if found is not None:
            name = next(part for part in found.groups() if part)
            for machine in _MACHINES.get(name, (name,)):
                yield {
                    "sys_platform": sys_platform,
                    "platform_system": system,
                    "os_name": os_name,
                    "platform_machine": machine,
                }
            return


def _python_values(pythons: tuple[str, ...], abis: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    for python in pythons:
        found = _PYTHON.fullmatch(python)
        if found is None:
            continue
        lowest = int(found[1] or 0)
        newer = python.startswith("py") or not {"abi3", "none"}.isdisjoint(abis)
        for minor in range(lowest, NEWEST_MINOR if newer else lowest + 1):
            # Any release of the minor will do, so only what is said of minors is asked.
            yield {"python_version": f"3.{minor}"}


def _can_hold(tree: MarkerTree, values: Mapping[str, str]) -> bool:
    if isinstance(tree, Atom):
        return tree.variable not in values or holds(tree, values)
    parts = (_can_hold(part, values) for part in tree.parts)
    return all(parts) if isinstance(tree, All) else any(parts)
