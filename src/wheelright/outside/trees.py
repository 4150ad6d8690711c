"""Placing many files at once: by clone, hard link, copy or symbolic link."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Final, Literal

from wheelright.outside.files import translate, translating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LinkMode = Literal["clone", "hardlink", "copy", "symlink"]
"""How a file gets from the store into a venv.

``clone`` shares the data until one side is written; ``hardlink`` is the same file under two
names; ``symlink`` points back, so that the store must stay.
"""

_NEXT: Final[dict[LinkMode, LinkMode]] = {
    "clone": "hardlink",
    "hardlink": "copy",
    "symlink": "copy",
}
_IMPOSSIBLE: Final = frozenset(
    {
        errno.EXDEV,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.ENOTTY,
        errno.EINVAL,
        errno.EPERM,
        errno.EACCES,
    }
)
"""What the system says where two places cannot share data in a mode (other disk, other kind)."""
_FICLONE: Final = 0x40049409


def place_tree(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    entries: Iterable[tuple[str, str]],
    mode: LinkMode,
) -> LinkMode:
    """Place files from one folder into another; returns the mode that was really used.

    ``entries`` are pairs of paths (``/``), below ``source`` and below ``destination``, both of
    which the caller has checked not to lead out. Folders are made as needed; a file or link that
    is in the way is replaced. A mode that the disks cannot do gives way, for this file and all
    after it, to the next: clone, hardlink, copy; symlink, copy. One file with too many links is
    copied alone. Raises DiskError.
    """
    root, goal = os.path.join(source, ""), os.path.join(destination, "")  # noqa: PTH118
    if mode == "symlink":
        root = os.path.abspath(root) + os.sep  # noqa: PTH100
    place = _PLACERS[mode]
    made: set[str] = set()
    for below, name in entries:
        origin, path = root + below, goal + name
        folder = path.rpartition("/")[0]
        if folder not in made:
            _make_folder(folder)
            made.add(folder)
        while True:
            try:
                place(origin, path)
                break
            except FileExistsError:
                with translating("replace", path):
                    os.unlink(path)  # noqa: PTH108
            except OSError as error:
                if error.errno == errno.EMLINK:
                    with translating("copy to", path):
                        _copy(origin, path)
                    break
                if error.errno not in _IMPOSSIBLE or mode not in _NEXT:
                    raise translate(error, "place", path) from error
                mode = _NEXT[mode]
                place = _PLACERS[mode]
    return mode


def _make_folder(path: str) -> None:
    """Make a folder with one call where its parent is there, as it is for nearly all."""
    try:
        os.mkdir(path)  # noqa: PTH102
    except OSError:
        with translating("make the folder", path):
            os.makedirs(path, exist_ok=True)  # noqa: PTH103


def _copy(source: str, path: str) -> None:
    """Copy data, times and rights to a new file."""
    from shutil import copyfileobj, copystat

    with open(source, "rb") as origin, open(path, "xb") as copy:  # noqa: PTH123
        try:
            _copy_data(origin.fileno(), copy.fileno())
        except OSError as error:
            if error.errno not in _IMPOSSIBLE:
                raise
            origin.seek(0)
            copy.seek(0)
            copy.truncate()
            copyfileobj(origin, copy, 1 << 20)
    copystat(source, path)


def _copy_data(origin: int, copy: int) -> None:
    """Let the kernel copy, where it can; ``OSError`` with ENOSYS where not."""
    if not hasattr(os, "copy_file_range"):
        raise OSError(errno.ENOSYS, "no kernel copy")
    left = os.fstat(origin).st_size
    while left > 0:
        done = os.copy_file_range(origin, copy, left)
        if not done:
            raise OSError(errno.ENOSYS, "the kernel copied nothing")
        left -= done


if sys.platform == "linux":
    import fcntl

    def _clone(source: str, path: str) -> None:
        """Share the data (btrfs, XFS, bcachefs and others); rights and times as ``_copy``."""
        from shutil import copystat

        with open(source, "rb") as origin, open(path, "xb") as copy:  # noqa: PTH123
            try:
                fcntl.ioctl(copy.fileno(), _FICLONE, origin.fileno())
            except OSError:
                os.unlink(path)  # noqa: PTH108
                raise
        copystat(source, path)

elif sys.platform == "darwin":
    import ctypes

    _libc = ctypes.CDLL(None, use_errno=True)

    def _clone(source: str, path: str) -> None:
        """Share the data (APFS); the system clones rights and times too."""
        if _libc.clonefile(os.fsencode(source), os.fsencode(path), 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)

else:

    def _clone(source: str, path: str) -> None:
        raise OSError(errno.ENOTSUP, "no clones on this system", source, None, path)


_PLACERS: Final[dict[LinkMode, Callable[[str, str], None]]] = {
    "clone": _clone,
    "hardlink": os.link,
    "copy": _copy,
    "symlink": os.symlink,
}
