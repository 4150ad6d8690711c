"""Target files: a machine described as JSON, by ``wheelright target describe`` on that machine.

Must live here: the schema, and reading it with errors that say what is wrong and where.
Must not live here: making one (``describing`` stands alone, for Python 3.6 and newer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wheelright.errors import RequestError
from wheelright.targets.describing import SCHEMA
from wheelright.targets.platform import Platform, parse_platform

if TYPE_CHECKING:
    from pathlib import Path

#: The schema that this version of Wheelright reads and writes.
TARGET_FILE_SCHEMA = SCHEMA


class TargetFileError(RequestError):
    """A target file is missing, is none, or was written by a newer Wheelright."""


class TargetFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A machine as it was described.

    ``platform`` is a platform name, ``values`` the marker values (PEP 508) measured there,
    ``implementation`` that of the describing Python, ``pythons`` the full versions found,
    ``libcs`` the C libraries, that of the describing Python first. ``refused_glibc`` are versions
    whose wheels the machine declines (PEP 600).
    """

    platform: str
    schema: int = TARGET_FILE_SCHEMA
    values: dict[str, str] = {}
    implementation: str = "cpython"
    pythons: tuple[str, ...] = ()
    libcs: tuple[str, ...] = ()
    refused_glibc: tuple[tuple[int, int], ...] = ()

    @property
    def parsed_platform(self) -> Platform:
        """The platform. Raises ``UnknownPlatform``."""
        return parse_platform(self.platform)


class _Head(msgspec.Struct):
    schema: int = 0


def read_target_file(path: Path) -> TargetFile:
    """Read a target file. Raises :class:`TargetFileError`."""
    try:
        data = path.read_bytes()
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema > TARGET_FILE_SCHEMA:
            raise TargetFileError(
                f"the target file has schema {schema}, and this Wheelright reads up to"
                f" {TARGET_FILE_SCHEMA}",
                where=str(path),
                hints=["upgrade Wheelright, or describe the machine with this version of it"],
            )
        return msgspec.json.decode(data, type=TargetFile)
    except OSError as error:
        raise TargetFileError(
            "the target file cannot be read",
            where=str(path),
            details=[error.strerror or str(error)],
            hints=["`wheelright target describe`, run on the machine, writes one"],
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TargetFileError(
            "the file is no target file",
            where=str(path),
            details=[str(error)],
            hints=["`wheelright target describe`, run on the machine, writes one"],
        ) from None
