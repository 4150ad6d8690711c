"""What a wheel says of itself: WHEEL, METADATA, RECORD and entry points, read once.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
https://packaging.python.org/en/latest/specifications/entry-points/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelright.store.errors import BrokenWheel
from wheelright.targets.filenames import normalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable

# `module:attribute` with optional extras in brackets, which are obsolete and ignored.
_OBJECT = re.compile(r"\s*(?P<module>[\w.]+)\s*:\s*(?P<attribute>[\w.]+)\s*(?:\[.*\])?\s*")
# They sign RECORD, so it cannot list them.
UNLISTED = ("/RECORD", "/RECORD.jws", "/RECORD.p7s")


def find_dist_info(file: str, paths: Iterable[str]) -> str:
    """Return the one top-level ``*.dist-info`` directory, named as the file name says.

    Raises :class:`BrokenWheel` where there is none, several, or one of another project.
    """
    found = sorted(
        {top for path in paths if (top := path.partition("/")[0]).endswith(".dist-info")}
    )
    if not found:
        raise BrokenWheel(file, "it has no `.dist-info` directory")
    if len(found) > 1:
        raise BrokenWheel(file, f"it has {len(found)} `.dist-info` directories", details=found)
    name, _, rest = file.partition("-")
    own_name, _, own_version = found[0].removesuffix(".dist-info").rpartition("-")
    version = rest.partition("-")[0]
    if normalize_name(own_name) != normalize_name(name) or not same_version(own_version, version):
        raise BrokenWheel(file, f"it holds `{found[0]}`, which is not what its name says")
    return found[0]


def same_version(one: str, other: str) -> bool:
    """Whether two texts name the same version (PEP 440), as `1.0` and `1.0.0` do."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one.replace("_", "-")) == Version(other.replace("_", "-"))
    except InvalidVersion:
        return False


def read_headers(text: str) -> dict[str, list[str]]:
    """Read the headers of WHEEL or METADATA: lower-case key to values; the body is left out."""
    headers: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in text.splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            if last is not None:
                last[-1] += "\n" + line.strip()
            continue
        key, colon, value = line.partition(":")
        if not colon:
            break
        last = headers.setdefault(key.strip().lower(), [])
        last.append(value.strip())
    return headers


def read_wheel(file: str, text: str) -> tuple[bool, tuple[str, ...]]:
    """Read WHEEL: whether the root is purelib, and its tags.

    Raises :class:`BrokenWheel` for a major version of the format that is not 1.
    """
    headers = read_headers(text)
    version = headers.get("wheel-version", [""])[0]
    if version.partition(".")[0] != "1":
        raise BrokenWheel(file, f"its format version is `{version}`, only 1.x is known")
    purelib = headers.get("root-is-purelib", ["false"])[0].lower() == "true"
    return purelib, tuple(headers.get("tag", []))


def read_record(file: str, text: str) -> dict[str, tuple[str, str]]:
    """Read RECORD: path to hash algorithm and URL-safe base64 digest, both empty where none."""
    import csv

    rows: dict[str, tuple[str, str]] = {}
    for row in csv.reader(text.splitlines()):
        if not row:
            continue
        if len(row) < 2:
            raise BrokenWheel(file, "its RECORD has a line without a hash column")
        algorithm, _, digest = row[1].partition("=")
        rows[row[0].removeprefix("./")] = (algorithm, digest.rstrip("="))
    return rows


def read_entry_points(text: str) -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Read the console and GUI scripts: group to (script, module, attribute).

    Lines that are not understood are left out, as other installers do: a library may keep
    anything under groups of its own.
    """
    groups: dict[str, list[tuple[str, str, str]]] = {"console_scripts": [], "gui_scripts": []}
    current: list[tuple[str, str, str]] | None = None
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            current = groups.get(line[1:-1].strip())
            continue
        name, equals, value = line.partition("=")
        match = _OBJECT.fullmatch(value)
        script = name.strip()
        if current is None or not equals or match is None or not _is_script_name(script):
            continue
        current.append((script, match["module"], match["attribute"]))
    return {group: tuple(scripts) for group, scripts in groups.items() if scripts}


def _is_script_name(name: str) -> bool:
    return bool(name) and name not in {".", ".."} and not set(name) & set("/\\:\0")
