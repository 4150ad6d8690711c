"""What a wheel says of itself before it is anywhere near the store."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from wheelright.targets.filenames import normalize_name, parse_wheel_name

if TYPE_CHECKING:
    from pathlib import Path

_MAX_METADATA_BYTES = 16 << 20


class UnreadableWheelError(Exception):
    """The archive is not a wheel; the text says why. It never leaves this folder."""


def read_wheel_metadata(path: Path) -> bytes:
    """Return the ``METADATA`` of the wheel at ``path``. Raises UnreadableWheelError."""
    wheel = parse_wheel_name(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                folder, _, base = member.filename.rpartition("/")
                stem, dot, _ = folder.rpartition(".dist-info")
                if base != "METADATA" or not dot or "/" in folder:
                    continue
                if normalize_name(stem.rpartition("-")[0]) != wheel.name:
                    continue
                if member.file_size > _MAX_METADATA_BYTES:
                    raise UnreadableWheelError("its `METADATA` is larger than 16 MiB")
                return archive.read(member)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise UnreadableWheelError(f"it is not a zip archive ({error})") from None
    raise UnreadableWheelError(f"it holds no `METADATA` of `{wheel.name}`")


def header(metadata: bytes, name: str) -> str | None:
    """Return the first header of that name in a ``METADATA`` file."""
    wanted = f"{name.lower()}:"
    for line in metadata.decode("utf-8", "replace").splitlines():
        if not line:
            return None
        if line.lower().startswith(wanted):
            return line[len(wanted) :].strip()
    return None
