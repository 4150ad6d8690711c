"""Targets: machines, platforms, their tags and marker values, and what file names say.

Must live here: the names of platforms and what they mean; detecting the machine; which wheels fit
a platform and a Python, and why others do not; the ``Interpreter`` value; ``needs`` (what binaries
need). Must not live here: finding or running Pythons (``interpreters``), choosing versions
(``resolver``), settings (``project``: a target declared by a project is made of a platform there).
Changes with it: ``interpreters`` (which measures what is derived here), the guard in ``venv``.

The names are imported when they are first asked for: no command needs all of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.targets.describing import Libc
    from wheelright.targets.errors import InvalidFileName, UnknownPlatform
    from wheelright.targets.filenames import (
        WheelName,
        normalize_name,
        parse_sdist_name,
        parse_wheel_name,
    )
    from wheelright.targets.interpreter import Interpreter, SchemePaths
    from wheelright.targets.machine import Machine, detect_machine, machine_misfit, platform_fits
    from wheelright.targets.markers import marker_values
    from wheelright.targets.misfit import Misfit, nearest_wheel, why_not
    from wheelright.targets.platform import WELL_KNOWN_NAMES, Platform, parse_platform
    from wheelright.targets.tags import TagSet, compatible_tags
else:
    from wheelright import loading

    _PLACES = {
        "Interpreter": "interpreter",
        "InvalidFileName": "errors",
        "Libc": "describing",
        "Machine": "machine",
        "Misfit": "misfit",
        "Platform": "platform",
        "SchemePaths": "interpreter",
        "TagSet": "tags",
        "UnknownPlatform": "errors",
        "WELL_KNOWN_NAMES": "platform",
        "WheelName": "filenames",
        "compatible_tags": "tags",
        "detect_machine": "machine",
        "machine_misfit": "machine",
        "marker_values": "markers",
        "nearest_wheel": "misfit",
        "normalize_name": "filenames",
        "parse_platform": "platform",
        "parse_sdist_name": "filenames",
        "parse_wheel_name": "filenames",
        "platform_fits": "machine",
        "why_not": "misfit",
    }

    __getattr__ = loading(__name__, _PLACES)


__all__ = [
    "WELL_KNOWN_NAMES",
    "Interpreter",
    "InvalidFileName",
    "Libc",
    "Machine",
    "Misfit",
    "Platform",
    "SchemePaths",
    "TagSet",
    "UnknownPlatform",
    "WheelName",
    "compatible_tags",
    "detect_machine",
    "machine_misfit",
    "marker_values",
    "nearest_wheel",
    "normalize_name",
    "parse_platform",
    "parse_sdist_name",
    "parse_wheel_name",
    "platform_fits",
    "why_not",
]
