"""Files: atomic writes, temporary and removed trees, and errors that say what to do.

Must live here: the primitives by which any other folder changes the disk, and the one place
(:func:`translate`) that puts the system's errors into words. Must not live here: locks
(``locks``), placing whole trees (``trees``), and what any file means.

All functions raise DiskError, a UsageError, with what was being done, the path and what to do.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from wheelright.outside.errors import DiskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "DiskError",
    "amend",
    "append",
    "create",
    "is_temporary",
    "make_directory",
    "make_symlink",
    "read_bytes",
    "remove_empty_directory",
    "remove_file",
    "remove_tree",
    "replace",
    "set_mode",
    "temporary_directory",
    "touch",
    "translate",
    "translating",
    "tree_size",
    "walk",
    "write_atomic",
    "writing",
]

_ADVICE: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: (
        "no space left on the disk",
        "free some space (`wheelright cache prune` may help) and run again",
    ),
    errno.EFBIG: (
        "the file would be larger than this process may write",
        "raise the limit (`ulimit -f`) and run again",
    ),
    errno.EDQUOT: ("the disk quota is used up", "free some space or ask for a larger quota"),
    errno.EROFS: ("the file system is read-only", "choose a place that can be written"),
    errno.EACCES: ("permission denied", "check who owns the place and its rights"),
    errno.EPERM: ("the operation is not permitted", "check who owns the place and its rights"),
    errno.ENOENT: ("no such file or folder", "check that the path is right"),
    errno.ENOTDIR: ("a part of the path is not a folder", "check that the path is right"),
    errno.EISDIR: ("it is a folder", "check that the path is right"),
    errno.EEXIST: ("it exists already", "move it out of the way and run again"),
    errno.ENOTEMPTY: ("the folder is not empty", "move its contents away and run again"),
    errno.ENAMETOOLONG: ("the path is too long", "choose a place with a shorter path"),
    errno.ELOOP: ("too many symbolic links", "check where the links on the path lead"),
    errno.EMFILE: ("too many open files", "raise the limit (`ulimit -n`) and run again"),
    errno.EIO: ("the disk reported an error", "check the disk"),
    errno.ESTALE: ("the network file system lost it", "run again"),
    errno.EBUSY: ("it is in use", "close the programs that use it and run again"),
    errno.ETXTBSY: ("it is a program that runs", "close that program and run again"),
}
_IN_USE: Final = frozenset({32, 33})
"""Windows: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION come as EACCES."""


def translate(error: OSError, doing: str, path: str | os.PathLike[str]) -> DiskError:
    """Put a system error into words: ``doing`` is like "write", then the path and the reason."""
    number = error.errno
    if getattr(error, "winerror", None) in _IN_USE:
        number = errno.EBUSY
    shown = os.fspath(path)
    if number in _ADVICE:
        reason, hint = _ADVICE[number]
        return DiskError(
            f"Could not {doing} `{shown}`: {reason}", errno=number, where=shown, hints=[hint]
        )
    reason = (error.strerror or type(error).__name__).lower()
    return DiskError(f"Could not {doing} `{shown}`: {reason}", errno=number, where=shown)


class translating:  # noqa: N801  used like a function
    """Context manager: an ``OSError`` inside it becomes the DiskError of :func:`translate`."""

    __slots__ = ("_doing", "_path")

    def __init__(self, doing: str, path: str | os.PathLike[str]) -> None:
        self._doing = doing
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise translate(error, self._doing, self._path) from error


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file."""
    with translating("read", path):
        return Path(path).read_bytes()


def write_atomic(
    path: str | os.PathLike[str],
    data: bytes | str,
    mode: int | None = None,
    *,
    lasting: bool = True,
) -> None:
    """Write a whole file (text as UTF-8): afterwards it is the old one or the new one, never less.

    ``mode`` is its permission bits; ``None`` keeps those of the file that is replaced, or takes
    the usual ones. A symbolic link is followed. The folder must exist. What is not ``lasting`` may
    be gone, or empty, after a power cut: for what can be made anew.
    """
    with writing(path, mode, lasting=lasting) as file:
        file.write(data.encode() if isinstance(data, str) else data)


@contextmanager
def writing(
    path: str | os.PathLike[str], mode: int | None = None, *, lasting: bool = True
) -> Iterator[BinaryIO]:
    """Open a file to be written as :func:`write_atomic` does; it appears when the block ends well.

    When the block raises, nothing has changed.
    """
    with translating("write", path):
        final = os.path.realpath(path)
        if mode is None:
            mode = _mode_of(final)
        temporary = _beside(final)
        file = os.fdopen(os.open(temporary, _NEW, 0o666), "wb")
    try:
        with file:
            try:
                yield file
            except OSError as error:
                if error.filename is not None:
                    raise  # it is of another file that the block works on
                raise translate(error, "write", path) from error
            with translating("write", path):
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
                if mode is not None:
                    os.chmod(temporary, mode)  # noqa: PTH101  text paths are quicker
        with translating("write", path):
            os.replace(temporary, final)  # noqa: PTH105
            if lasting:
                _sync_directory(os.path.dirname(final))  # noqa: PTH120
    except BaseException:
        _remove_quietly(temporary)
        raise


_NEW: Final = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
)
_OLD: Final = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_MORE: Final = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_APPEND
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def _mode_of(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116
    except FileNotFoundError:
        return None


def _beside(path: str) -> str:
    """Return an unused name in the same folder, short enough wherever ``path`` itself is."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:40]}.{os.urandom(6).hex()}.tmp")  # noqa: PTH118


def _sync_directory(path: str) -> None:
    """Make a rename last through a power cut, where the system can."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(path or ".", os.O_RDONLY)
    except PermissionError:  # a folder one may write but not list: the rename stands
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


_TEMPORARY: Final = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")


def is_temporary(name: str) -> bool:
    """Whether a file has the name that :func:`writing` gives to what is not finished."""
    return _TEMPORARY.fullmatch(name) is not None


def _remove_quietly(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        # An error is on its way already, and says more than this one would.
        return


def create(
    path: str | os.PathLike[str], chunks: Iterable[bytes], *, executable: bool = False
) -> int:
    """Write a new file, not atomic and not flushed: for trees that are renamed into place whole.

    Returns its size. Raises DiskError where the file exists already.
    """
    size = 0
    with translating("write", path):
        descriptor = os.open(path, _NEW, 0o777 if executable else 0o666)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                with translating("write", path):
                    written = file.write(view)
                size += written
                view = view[written:]
    return size


def append(path: str, data: bytes) -> None:
    """Add to the end of a file in one write, not flushed; the file is made where there is none.

    Processes that append at once do not overwrite each other. A write that is cut short (a full
    disk) leaves a part behind: whoever reads must know a record that is not whole.
    """
    with translating("write", path):
        descriptor = os.open(path, _MORE, 0o666)
        try:
            if os.write(descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        finally:
            os.close(descriptor)


def amend(path: str, beginning: bytes, data: bytes) -> bool:
    """Write over what follows the beginning of a file, in place and in one write, not flushed.

    Returns whether that was done: not where there is no file, or one that begins otherwise.
    A write that is cut short must be told by a checksum.
    """
    with translating("write", path):
        try:
            descriptor = os.open(path, _OLD)
        except FileNotFoundError:
            return False
        try:
            if os.read(descriptor, len(beginning)) != beginning:
                return False
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
    return True


def create_whole(path: str, data: bytes, *, executable: bool = False) -> None:
    """Do as :func:`create` with all bytes at once: the quick way for thousands of small files."""
    try:
        descriptor = os.open(path, _NEW, 0o777 if executable else 0o666)
        try:
            written = os.write(descriptor, data)
            while written < len(data):
                written += os.write(descriptor, data[written:])
        finally:
            os.close(descriptor)
    except OSError as error:
        raise translate(error, "write", path) from error


def make_directory(path: str | os.PathLike[str]) -> None:
    """Make a folder and those above it; one that exists is fine."""
    try:
        os.mkdir(path)  # noqa: PTH102 (one call where its parent is there, as for nearly all)
    except OSError:
        with translating("make the folder", path):
            os.makedirs(path, exist_ok=True)  # noqa: PTH103


def make_symlink(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Make ``path`` a symbolic link to ``target``."""
    with translating("link", path):
        os.symlink(target, path)  # noqa: PTH211


def set_mode(path: str | os.PathLike[str], mode: int) -> None:
    """Set permission bits."""
    with translating("change the rights of", path):
        os.chmod(path, mode)  # noqa: PTH101


def touch(path: str | os.PathLike[str]) -> None:
    """Make an empty file, or set the times of one that exists to now."""
    with translating("write", path):
        Path(path).touch()


def replace(source: str | os.PathLike[str], destination: str | os.PathLike[str]) -> None:
    """Rename a file or folder; an existing file (or empty folder) there is replaced, atomically."""
    with translating(f"move `{os.fspath(source)}` to", destination):
        os.replace(source, destination)  # noqa: PTH105


def remove_file(path: str | os.PathLike[str]) -> bool:
    """Remove a file or a link; returns whether there was one."""
    with translating("remove", path):
        try:
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            return False
        except PermissionError:
            if os.name != "nt":
                raise
            os.chmod(path, stat.S_IWRITE)  # noqa: PTH101  Windows keeps read-only files
            os.unlink(path)  # noqa: PTH108
    return True


def remove_empty_directory(path: str | os.PathLike[str]) -> bool:
    """Remove a folder if nothing is in it; returns whether it was removed."""
    with translating("remove", path):
        try:
            os.rmdir(path)  # noqa: PTH106
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR}:
                return False
            raise
    return True


def remove_tree(path: str | os.PathLike[str]) -> bool:
    """Remove a folder and all in it, read-only parts too; returns whether there was one.

    A link is removed, never what it leads to.
    """
    import shutil

    with translating("remove", path):
        if os.path.islink(path):  # noqa: PTH114
            return remove_file(path)
        if not os.path.lexists(path):
            return False
        if sys.version_info >= (3, 12):
            shutil.rmtree(path, onexc=_insist)
        else:
            shutil.rmtree(path, onerror=lambda call, at, info: _insist(call, at, info[1]))
    return True


def _insist(call: Callable[..., Any], path: str, error: BaseException) -> None:
    """Give write rights where they lack, and try once more; what is gone is fine."""
    if isinstance(error, FileNotFoundError):
        return
    if not isinstance(error, PermissionError):
        raise error
    for place in (os.path.dirname(path), path):  # noqa: PTH120
        if not os.path.islink(place):  # noqa: PTH114
            os.chmod(place, stat.S_IMODE(os.lstat(place).st_mode) | stat.S_IRWXU)  # noqa: PTH101
    if call in {os.unlink, os.rmdir, os.remove}:
        call(path)
    else:  # a folder that could not be listed
        remove_tree(path)


@contextmanager
def temporary_directory(
    parent: str | os.PathLike[str] | None = None, prefix: str = ".tmp-"
) -> Iterator[Path]:
    """Make a folder that is removed, with all in it, when the block ends.

    ``parent`` is made where it lacks; ``None`` is the system's place. A block may rename the
    folder away.
    """
    if parent is None:
        from tempfile import gettempdir

        parent = gettempdir()
    make_directory(parent)
    path = os.path.join(os.path.abspath(parent), f"{prefix}{os.urandom(8).hex()}")  # noqa: PTH100, PTH118
    with translating("make the folder", path):
        os.mkdir(path, 0o700)  # noqa: PTH102
    try:
        yield Path(path)
    finally:
        if not remove_empty_directory(path):
            remove_tree(path)


def walk(root: str | os.PathLike[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield every file and link below a folder, by its path from there (``/``), in name order.

    Links to folders are yielded, not followed.
    """
    with translating("list", root), os.scandir(root) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            for name, inner in walk(entry.path):
                yield f"{entry.name}/{name}", inner
        else:
            yield entry.name, entry


def tree_size(root: str | os.PathLike[str]) -> int:
    """Add up the sizes of all files below a folder, in bytes; a folder that lacks has none."""
    if not os.path.isdir(root):  # noqa: PTH112
        return 0
    with translating("read", root):
        return sum(entry.stat(follow_symlinks=False).st_size for _, entry in walk(root))
