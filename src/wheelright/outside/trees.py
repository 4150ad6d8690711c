"""Placing many files at once: by clone, hard link, copy or symbolic link."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Literal

from wheelright.outside.files import translate, translating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
_RELATIVE_LINKS: Final = os.link in os.supports_dir_fd


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
    left: Iterable[tuple[str, str]] = entries
    if mode == "hardlink" and _RELATIVE_LINKS:
        left = _link_below(root, goal, list(entries))
    made: set[str] = set()
    for origin, path in left:
        folder = path.rpartition("/")[0]
        if folder not in made:
            _make_folder(goal + folder)
            made.add(folder)
        mode = _place_one(root + origin, goal + path, mode)
    return mode


def _link_below(
    root: str, goal: str, entries: Sequence[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """Link files between two open folders: short paths spare the system a third of its work.

    Returns the entries that could not be linked so, and those after them.
    """
    with ExitStack() as opened:
        try:
            source = os.open(root, os.O_RDONLY)
            opened.callback(os.close, source)
            destination = _open_folder(goal or ".")
            opened.callback(os.close, destination)
        except OSError:
            return entries
        made = {""}
        last, link = "", os.link
        for done, (origin, path) in enumerate(entries):
            folder = path.rpartition("/")[0]
            try:
                if folder != last:
                    if folder not in made:
                        _make_folder_below(destination, folder, made)
                    last = folder
                link(origin, path, src_dir_fd=source, dst_dir_fd=destination)
            except OSError:
                return entries[done:]
    return ()


def _open_folder(path: str) -> int:
    """Open a folder, made where it is missing."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        _make_folder(path)
        return os.open(path, os.O_RDONLY)


def _make_folder_below(descriptor: int, folder: str, made: set[str]) -> None:
    """Make a folder, and those above it, in an open one; ``made`` are those that are there."""
    try:
        os.mkdir(folder, dir_fd=descriptor)
    except FileExistsError:
        pass  # what is in the way, if it is no folder, shows when a file is placed there
    except FileNotFoundError:
        parent = folder.rpartition("/")[0]
        if parent in made:
            raise
        _make_folder_below(descriptor, parent, made)
        _make_folder_below(descriptor, folder, made)
    made.add(folder)


def _place_one(origin: str, path: str, mode: LinkMode) -> LinkMode:
    """Place one file in the first mode that the disks can do, and return it."""
    while True:
        try:
            _PLACERS[mode](origin, path)
        except FileExistsError:
            with translating("replace", path):
                os.unlink(path)  # noqa: PTH108
        except OSError as error:
            if error.errno == errno.EMLINK:
                with translating("copy to", path):
                    _copy(origin, path)
                return mode
            if error.errno not in _IMPOSSIBLE or mode not in _NEXT:
                raise translate(error, "place", path) from error
            mode = _NEXT[mode]
        else:
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
