"""One binary: what it needs, as a value, and reading its bytes within their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import mmap
    import struct

Version = tuple[int, int]
Format = Literal["elf", "mach-o", "pe"]

_LONGEST_NAME = 4096


class BinaryNeeds(msgspec.Struct, frozen=True, array_like=True):
    """What one binary of a wheel needs: a program, a library or an extension module.

    A universal file of macOS gives one for each of its architectures, all with the same ``path``
    (relative to the wheel's root, with slashes). ``system`` is named as in ``Platform.os``, or
    after another system (``freebsd``); ``arch`` is spelled alike on all systems (``aarch64``);
    both are ``None`` where they are unknown. ``libc`` is ``None`` for what needs no libc, and
    outside Linux.

    ``floor`` is the lowest version of the libc, or of macOS, that it loads on; ``None`` where it
    needs none. musl does not number its symbols: its floor is 1.1, or 1.2 where a symbol says so.
    ``own_name`` is the name others need it by (``DT_SONAME``, ``LC_ID_DYLIB``). ``libraries`` are
    those it must have, as it names them, ``outside`` those of them that its wheel does not hold.
    ``versions`` has, by library, the highest symbol version of each namespace (``GLIBC_2.17``) and
    those that are words (``GLIBC_PRIVATE``); versions that it can do without are not needs.
    ``search`` is where it looks for libraries (``DT_RPATH``, ``DT_RUNPATH``, ``LC_RPATH``), and
    ``elsewhere`` the directories of that beside the wheel's own, relative to its root
    (``nvidia/cublas/lib``). ``private`` are the symbols it imports that a policy forbids.
    ``fault`` says why the rest could not be read; ``None`` for a sound file.
    """

    path: str
    format: Format
    system: str | None = None
    arch: str | None = None
    bits: int = 0
    big_endian: bool = False
    libc: Literal["glibc", "musl"] | None = None
    floor: Version | None = None
    own_name: str | None = None
    libraries: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    versions: dict[str, tuple[str, ...]] = {}
    search: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class Malformed(Exception):  # noqa: N818 (never leaves this folder; it becomes a `fault`)
    """A file that contradicts its own format; the text says where."""


class Image:
    """The bytes of a binary, or of one architecture within a file; nothing is read beyond them."""

    def __init__(self, data: bytes | mmap.mmap, start: int = 0, size: int | None = None) -> None:
        if size is None:
            size = len(data) - start
        if start + size > len(data):
            raise Malformed("an architecture lies beyond its end")
        self.data = data
        self.start = start
        self.size = size

    def take(self, offset: int, size: int, what: str) -> bytes:
        """Give ``size`` bytes at ``offset``; ``what`` names them should they be missing."""
        if offset + size > self.size:
            raise Malformed(f"its {what} lies beyond its end")
        return self.data[self.start + offset : self.start + offset + size]

    def unpack(self, layout: struct.Struct, offset: int, what: str) -> tuple[int, ...]:
        """Read the numbers of ``layout`` at ``offset``."""
        return layout.unpack(self.take(offset, layout.size, what))

    def text(self, offset: int, what: str, end: int | None = None) -> str:
        """Read a name that ends with a zero byte before ``end`` (of the image where not given)."""
        last = min(self.size if end is None else end, self.size, offset + _LONGEST_NAME)
        stop = self.data.find(b"\0", self.start + offset, self.start + last)
        if stop < 0:
            raise Malformed(f"its {what} has no end")
        return self.data[self.start + offset : stop].decode("utf-8", "replace")


def numeric(version: str) -> tuple[int, ...] | None:
    """Read ``3.4.21`` as numbers; ``None`` for versions that are words (``ABI_DT_RELR``)."""
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError:
        return None


def highest_versions(names: list[str]) -> tuple[str, ...]:
    """Keep of ``GLIBC_2.2.5``, ``GLIBC_2.17`` the highest of each namespace, and all words."""
    highest: dict[str, tuple[tuple[int, ...], str]] = {}
    words = set()
    for name in names:
        namespace, _, version = name.partition("_")
        number = numeric(version) if len(version) < 40 and version.isascii() else None
        if number is None:
            words.add(name)
        elif namespace not in highest or highest[namespace][0] < number:
            highest[namespace] = (number, name)
    return tuple(sorted(words | {name for _, name in highest.values()}))
