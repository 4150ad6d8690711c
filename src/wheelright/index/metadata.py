"""METADATA and PKG-INFO: the fields that resolving needs, read fast.

Must live here: text in, :class:`Metadata` out. Must not live here: getting the text (``fetch``).
Requirements stay text: whoever resolves parses them once and keeps what it parsed.

https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

from typing import Final

import msgspec

from wheelright.index.errors import Failure, InvalidMetadataError
from wheelright.targets.filenames import normalize_name

_WANTED: Final = frozenset(
    {
        b"metadata-version",
        b"name",
        b"version",
        b"requires-dist",
        b"requires-python",
        b"provides-extra",
        b"dynamic",
    }
)
_DECIDING: Final = frozenset({"requires-dist", "requires-python", "provides-extra"})


class Metadata(msgspec.Struct, frozen=True, array_like=True):
    """What a version needs.

    ``name`` and ``version`` are as written, ``requires_dist`` the requirements as written,
    ``extras`` normalized names. ``source`` is the file that told, ``way`` how: ``metadata-file``
    (PEP 658), ``ranges`` or ``wheel`` (from the wheel itself), ``sdist`` (static PKG-INFO).
    ``failures`` are the files that were asked before and could not answer.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    extras: tuple[str, ...] = ()
    source: str = ""
    way: str = ""
    failures: tuple[Failure, ...] = ()


class Headers(msgspec.Struct, frozen=True, array_like=True):
    """The fields of one METADATA or PKG-INFO. ``static``: a build would say the same."""

    name: str
    version: str
    requires_dist: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...]
    static: bool


def read_metadata(text: bytes) -> Headers:
    """Read METADATA or PKG-INFO.

    ``static`` is as PEP 643 says: Metadata-Version 2.2 or newer, and no deciding field Dynamic.
    Raises InvalidMetadataError where it names no project or version.
    """
    fields = _fields(text)
    name, version = fields.get(b"name"), fields.get(b"version")
    if not name or not name[0]:
        raise InvalidMetadataError("its metadata has no name")
    if not version or not version[0]:
        raise InvalidMetadataError("its metadata has no version")
    python = fields.get(b"requires-python", [])
    dynamic = {one.lower() for one in fields.get(b"dynamic", [])}
    extras = dict.fromkeys(normalize_name(one) for one in fields.get(b"provides-extra", []) if one)
    return Headers(
        name[0],
        version[0],
        tuple(one for one in fields.get(b"requires-dist", []) if one),
        python[0] if python and python[0] else None,
        tuple(extras),
        _since_2_2(fields.get(b"metadata-version", [""])[0]) and not dynamic & _DECIDING,
    )


def _fields(text: bytes) -> dict[bytes, list[str]]:
    """Collect the wanted headers up to the first empty line; folded lines are joined."""
    fields: dict[bytes, list[str]] = {}
    open_field: list[str] | None = None
    for line in text.removeprefix(b"\xef\xbb\xbf").splitlines():
        if not line:
            break
        if line[:1] in {b" ", b"\t"}:
            if open_field is not None:
                open_field[-1] += " " + line.strip().decode("utf-8", "replace")
            continue
        key, colon, value = line.partition(b":")
        key = key.strip().lower()
        open_field = None
        if colon and key in _WANTED:
            open_field = fields.setdefault(key, [])
            open_field.append(value.strip().decode("utf-8", "replace"))
    return fields


def _since_2_2(version: str) -> bool:
    major, _, minor = version.strip().partition(".")
    if not (major.isdecimal() and minor.isdecimal() and len(major) < 9 and len(minor) < 9):
        return False
    return (int(major), int(minor)) >= (2, 2)
