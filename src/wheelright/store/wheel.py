"""A wheel in the store: where it lies, and everything that installing it needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.store.file import File

# Raised whenever the meaning of `WheelFacts` changes: wheels kept under another number are
# unpacked again.
SCHEMA = 2


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file of a wheel.

    ``path`` is relative to the wheel's root, with slashes. ``digest`` is its SHA-256 as RECORD
    writes it (URL-safe base64 without padding), ``size`` its bytes. ``executable`` says that the
    archive marked it so.
    """

    path: str
    digest: str
    size: int
    executable: bool = False


class EntryPoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A script to generate: ``name`` calls ``attribute`` (dotted) of ``module``."""

    name: str
    module: str
    attribute: str


class WheelFacts(msgspec.Struct, frozen=True, array_like=True):
    """What was read from a wheel once, when it entered the store.

    ``name`` is normalized, ``version`` as METADATA has it. ``tags`` are those of WHEEL, one by
    one. ``entries`` are sorted by path and cover every file, RECORD and what lies in
    ``data_directory`` (``NAME-VERSION.data``, ``None`` where the wheel has none) too.
    ``needs`` is what the wheel's binaries were measured to need, as the plain data that
    ``targets.needs.from_plain`` reads; ``None`` means not measured.
    """

    schema: int
    file_name: str
    name: str
    version: str
    tags: tuple[str, ...]
    root_is_purelib: bool
    dist_info: str
    data_directory: str | None
    console_scripts: tuple[EntryPoint, ...]
    gui_scripts: tuple[EntryPoint, ...]
    entries: tuple[Entry, ...]
    needs: Any = None


class StoredWheel(Struct, frozen=True):
    """A wheel in the store.

    ``path`` is the absolute directory that holds its files exactly as the archive has them,
    ``sha256`` the hex digest of the archive, ``file`` the file it was asked for as.
    """

    path: str
    sha256: str
    file: File
    facts: WheelFacts

    @property
    def name(self) -> str:
        """The normalized name of the project."""
        return self.facts.name

    @property
    def version(self) -> str:
        """The version, as the wheel's METADATA has it."""
        return self.facts.version

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags in WHEEL; they may disagree with the file name."""
        return self.facts.tags

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every file of the wheel, sorted by path."""
        return self.facts.entries
