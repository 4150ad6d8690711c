"""Being held by the rights of files, even as root: for tests of read-only places."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def read_only(*folders: Path) -> Iterator[None]:
    """Take the right to write from folders and all below; root loses its privileges meanwhile.

    Capabilities (capabilities(7)) belong to a thread: they are laid down by this one, threads that
    it starts have none either, and afterwards they are taken up again.
    """
    places = [place for folder in folders for place in (folder, *folder.rglob("*"))]
    modes = {place: place.stat().st_mode for place in places if not place.is_symlink()}
    for place, mode in modes.items():
        place.chmod(mode & 0o7555)
    try:
        with _without_capabilities():
            yield
    finally:
        for place, mode in modes.items():
            if place.exists():
                place.chmod(mode)


@contextmanager
def _without_capabilities() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root is held by no rights here")
    libc = ctypes.CDLL(None, use_errno=True)
    header = _Header(_VERSION, 0)
    had, none = (_Sets * 2)(), (_Sets * 2)()
    _check(libc.capget(ctypes.byref(header), had))
    for index in range(2):
        none[index].permitted = had[index].permitted
        none[index].inheritable = had[index].inheritable
    _check(libc.capset(ctypes.byref(header), none))
    try:
        yield
    finally:
        _check(libc.capset(ctypes.byref(header), had))


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
