"""Making a venv, without pip and without running Python.

https://docs.python.org/3/library/venv.html and PEP 405. ``pyvenv.cfg`` is written first, then the
mark of a venv that is being made: what a kill leaves behind is recognised as a venv, broken, and
may be made again. The mark goes last.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wheelright import __version__
from wheelright.errors import UsageError
from wheelright.outside import files
from wheelright.outside.trees import place_tree
from wheelright.venv.activation import activation_scripts
from wheelright.venv.errors import BrokenVenv, NotAVenv
from wheelright.venv.inspect import MAKING_NAME, Venv, find_venv, is_lock, is_vacant

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.targets.interpreter import Interpreter

_CONFIG_NAME = "pyvenv.cfg"
_CACHE_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# A virtual environment: made again at will.\n"
)
_WORDS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


def create_venv(
    path: str | os.PathLike[str],
    interpreter: Interpreter,
    *,
    prompt: str | None = None,
    system_site_packages: bool = False,
    clear: bool = False,
    allow_existing: bool = False,
) -> Venv:
    """Make a venv at ``path`` for ``interpreter`` (a base Python, or a venv of one).

    ``prompt`` is what shells show, by default the name of the directory. A venv that is there is
    emptied with ``clear`` and written over with ``allow_existing``; without either it is an error.
    Raises :class:`NotAVenv` where something else is there (it stays as it is), ``UsageError``.
    """
    root = os.path.abspath(path)  # noqa: PTH100 (text)
    if not is_vacant(root):
        if not os.path.isfile(f"{root}/{_CONFIG_NAME}"):  # noqa: PTH113 (text)
            is_file = os.path.isfile(root)  # noqa: PTH113 (text)
            raise NotAVenv(root, why="it is a file" if is_file else "it has no `pyvenv.cfg`")
        if not clear and not allow_existing:
            raise UsageError(
                f"`{root}` is a virtual environment already",
                where=root,
                hints=["Make it anew with `--clear`, or keep it with `--allow-existing`"],
            )
    windows = interpreter.platform.os == "windows"
    scripts = f"{root}/Scripts" if windows else f"{root}/bin"
    below = "Lib/site-packages" if windows else f"lib/{_library(interpreter)}/site-packages"
    executable = _base_executable(interpreter)
    shown = prompt or os.path.basename(root)  # noqa: PTH119 (text)
    files.make_directory(root)
    making = f"{root}/{MAKING_NAME}"
    if os.path.isfile(f"{root}/{_CONFIG_NAME}"):  # noqa: PTH113 (text)
        files.touch(making)
        if clear:
            _clear(root)
    files.write_atomic(
        f"{root}/{_CONFIG_NAME}",
        f"home = {os.path.dirname(executable)}\n"  # noqa: PTH120 (text)
        f"implementation = {_WORDS.get(interpreter.implementation, interpreter.implementation)}\n"
        f"version_info = {interpreter.version}\n"
        f"include-system-site-packages = {'true' if system_site_packages else 'false'}\n"
        f"prompt = {shown}\n"
        f"wheelright = {__version__}\n",
        lasting=False,
    )
    files.touch(making)
    files.make_directory(f"{root}/{below}")
    files.make_directory(scripts)
    if windows:
        _copy_launchers(interpreter, scripts)
    else:
        _link_python(interpreter, executable, root, scripts)
    for name, text in activation_scripts(root, shown, below, windows=windows).items():
        _write(f"{scripts}/{name}", text)
    _write(f"{root}/CACHEDIR.TAG", _CACHE_TAG)
    _write(f"{root}/.gitignore", "*\n")
    files.remove_file(making)
    venv = find_venv(root)
    if venv is None:
        raise BrokenVenv(root, "it went away while it was made")
    return venv


def _clear(root: str) -> None:
    """Empty a venv but for what says that it is one, and the lock that we may hold."""
    for name in os.listdir(root):  # noqa: PTH208 (text)
        if name not in {_CONFIG_NAME, MAKING_NAME} and not is_lock(name):
            entry = f"{root}/{name}"
            if os.path.isdir(entry) and not os.path.islink(entry):  # noqa: PTH112, PTH114 (text)
                files.remove_tree(entry)
            else:
                files.remove_file(entry)


def _library(interpreter: Interpreter) -> str:
    major, minor = interpreter.python
    if interpreter.implementation in {"pypy", "graalpy"}:
        return f"{interpreter.implementation}{major}.{minor}"
    return f"python{major}.{minor}{'t' if interpreter.free_threaded else ''}"


def _base_executable(interpreter: Interpreter) -> str:
    """Return the Python to link to; its directory must lead to the standard library.

    A link elsewhere (``~/.local/bin/python3.12``) is followed, or Python would look for its
    library beside the link. One that lies right (``/usr/bin/python3``) is kept, so that the venv
    follows an update of it.
    """
    executable = os.fspath(interpreter.base_executable)
    prefix = os.path.realpath(interpreter.base_prefix)
    around = os.path.dirname(os.path.dirname(executable))  # noqa: PTH120 (text)
    if os.path.islink(executable) and os.path.realpath(around) != prefix:  # noqa: PTH114 (text)
        return os.path.realpath(executable)
    return executable


def _link_python(interpreter: Interpreter, executable: str, root: str, scripts: str) -> None:
    major, minor = interpreter.python
    names = [f"python{major}", f"python{major}.{minor}"]
    if interpreter.free_threaded:
        names.append(f"python{major}.{minor}t")
    if interpreter.implementation in {"pypy", "graalpy"}:
        names += [interpreter.implementation, f"{interpreter.implementation}{major}"]
    _link(f"{scripts}/python", executable)
    for name in names:
        _link(f"{scripts}/{name}", "python")
    if interpreter.pointer_size == 64 and interpreter.platform.os == "linux":
        _link(f"{root}/lib64", "lib")


def _link(path: str, target: str) -> None:
    if os.path.islink(path) and os.readlink(path) == target:  # noqa: PTH114, PTH115 (text)
        return
    files.remove_file(path)
    files.make_symlink(path, target)


def _copy_launchers(interpreter: Interpreter, scripts: str) -> None:
    """Copy the programs that start the base Python for a venv on Windows."""
    shipped: Path = interpreter.base_prefix / "Lib" / "venv" / "scripts" / "nt"
    for name, launcher in (
        ("python.exe", "venvlauncher.exe"),
        ("pythonw.exe", "venvwlauncher.exe"),
    ):
        source = launcher if (shipped / launcher).is_file() else name
        place_tree(shipped, scripts, [(source, name)], "copy")


def _write(path: str, text: str) -> None:
    """Write a small file anew; not flushed, a venv is made again when it is broken."""
    files.remove_file(path)
    files.create(path, [text.encode()])
