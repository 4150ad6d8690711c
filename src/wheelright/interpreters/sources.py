"""The places where Pythons are, in the order they are looked at.

1. the active venv (``VIRTUAL_ENV``, ``CONDA_PREFIX``) and ``.venv`` in the directory;
2. each folder of ``PATH``: names that state the version asked for, ``python3``, ``python``, and
   other ``python3.N``, newest first. A folder of pyenv's shims stands for the versions that pyenv
   has selected, as its shims would choose them;
3. every version under pyenv; 4. every one that uv installed; 5. Windows' registry (PEP 514).

What a name says (``python3.8``, a link to that, ``versions/3.8.18``) saves asking; it is never the
answer.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.interpreters.request import PythonRequest
    from wheelright.interpreters.search import Search

_WINDOWS = os.name == "nt"
_EXE = ".exe" if _WINDOWS else ""
_SCRIPTS = "Scripts" if _WINDOWS else "bin"
_VERSIONED = re.compile(r"(?:python|pypy)(\d)(?:\.(\d{1,3}))?t?d?(?:\.exe)?", re.ASCII)
_FOLDER = re.compile(
    r"(?:(cpython|pypy|graalpy)-?)?(\d+)\.(\d+)(?:\.(\d+))?(?:(?:a|b|rc)\d+)?(?:[-+t].*)?", re.ASCII
)


class Candidate(Struct, frozen=True):
    """A file that may be a Python: where it is, which source named it, what its name says.

    ``version`` is the beginning of a version, ``()`` if the name says none; ``is_link`` where only
    the name of what it links to can say one.
    """

    path: Path
    source: str
    version: tuple[int, ...] = ()
    is_venv: bool = False
    is_link: bool = False


def candidates(search: Search, request: PythonRequest) -> Iterator[Candidate]:
    """Give every candidate, in the order of the module's description; a file may come twice."""
    if request.path is not None:
        yield from in_place(request.path)
        return
    if request.name is not None:
        yield from _by_name(search, request.name)
        return
    if search.venvs:
        yield from venvs(search)
    yield from on_path(search, request)
    yield from under_pyenv(search)
    yield from installed_by_uv(search)
    yield from registered()


def places(search: Search) -> list[str]:
    """Name the places that are looked at, for people."""
    named = []
    if search.venvs:
        active = [str(folder) for folder in _venv_folders(search) if folder.is_dir()]
        named += [f"venv `{folder}`" for folder in active]
    folders = _path_folders(search)
    named.append(f"PATH ({len(folders)} folder{'s' if len(folders) != 1 else ''})")
    for words, folder in (("pyenv", _pyenv_root(search) / "versions"), ("uv", _uv_folder(search))):
        if folder.is_dir():
            named.append(f"{words} `{folder}`")
    if _WINDOWS:
        named.append("the registry")
    return named


def in_place(path: Path) -> Iterator[Candidate]:
    """Give the Pythons at one path: the file itself, or those of a venv or an installation."""
    if not path.is_dir():
        yield Candidate(path, "the request")
        return
    is_venv = (path / "pyvenv.cfg").is_file()
    # A folder `bin` of an installation is taken as well as the installation.
    for folder in (path / _SCRIPTS, path):
        for name in ("python", "python3", "pypy3", "pypy"):
            if _is_program(folder / (name + _EXE)):
                yield Candidate(folder / (name + _EXE), "the request", (), is_venv)
        yield from _versioned_in(folder, "the request")


def venvs(search: Search) -> Iterator[Candidate]:
    """Give the Python of the active venv, then of ``.venv`` in the directory."""
    for folder in _venv_folders(search):
        for name in ("python", "python3"):
            path = folder / _SCRIPTS / (name + _EXE)
            if _is_program(path):
                yield Candidate(path, "venv", (), is_venv=True)
                break


def _venv_folders(search: Search) -> list[Path]:
    active = (search.environ.get(variable) for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"))
    return [*(search.directory / path for path in active if path), search.directory / ".venv"]


def on_path(search: Search, request: PythonRequest) -> Iterator[Candidate]:
    """Give what is on ``PATH``, folder by folder."""
    for folder in _path_folders(search):
        if _is_shims(folder):
            yield from _selected_by_pyenv(search, folder.parent, request)
        else:
            yield from _in_folder(folder, "PATH", request)


def _path_folders(search: Search) -> list[Path]:
    entries = search.environ.get("PATH", "").split(os.pathsep)
    folders = (search.directory / entry for entry in entries if entry)
    # `/bin` is often a link to `/usr/bin`: the first of such names counts.
    unique: dict[str, Path] = {}
    for folder in folders:
        if _is_folder(folder):
            unique.setdefault(os.path.realpath(folder), folder)
    return list(unique.values())


def _in_folder(folder: Path, source: str, request: PythonRequest) -> Iterator[Candidate]:
    names = ["python3", "python"]
    if request.implementation not in {None, "cpython"}:
        names = [request.implementation + "3", request.implementation, *names]
    if request.release is not None and len(request.release) >= 2:
        exact = f"python{request.release[0]}.{request.release[1]}"
        names = [f"{exact}t", exact, *names] if request.free_threaded else [exact, *names]
    for name in names:
        path = folder / (name + _EXE)
        if _is_program(path):
            # `python3` is mostly a link to a name that says more.
            real = os.path.basename(os.path.realpath(path))  # noqa: PTH119 (pathlib has none)
            own, linked = _named_version(path.name), _named_version(real)
            yield Candidate(path, source, own or linked, is_link=not own)
    yield from _versioned_in(folder, source)


def _versioned_in(folder: Path, source: str) -> Iterator[Candidate]:
    """Give ``python3.N`` of a folder, newest first."""
    found = []
    for name in _names_in(folder):
        match = _VERSIONED.fullmatch(name)
        if match is not None and match[2] is not None and _is_program(folder / name):
            found.append(((int(match[1]), int(match[2])), name))
    for version, name in sorted(found, key=lambda one: (tuple(-part for part in one[0]), one[1])):
        yield Candidate(folder / name, source, version)


def _named_version(name: str) -> tuple[int, ...]:
    match = _VERSIONED.fullmatch(name)
    if match is None or match[2] is None:
        return ()
    return int(match[1]), int(match[2])


def _by_name(search: Search, name: str) -> Iterator[Candidate]:
    for folder in _path_folders(search):
        for spelled in dict.fromkeys((name, name + _EXE)):
            if _is_program(folder / spelled):
                yield Candidate(folder / spelled, "PATH")


def _pyenv_root(search: Search) -> Path:
    root = search.environ.get("PYENV_ROOT")
    return Path(root) if root else search.home / ".pyenv"


def _is_shims(folder: Path) -> bool:
    return folder.name == "shims" and (folder.parent / "versions").is_dir()


def _selected_by_pyenv(search: Search, root: Path, request: PythonRequest) -> Iterator[Candidate]:
    """Give the Pythons that the shims under ``root`` would run, without running the shims."""
    for version in _pyenv_selection(search, root):
        if version == "system":
            continue
        folder = _pyenv_version_folder(root, version)
        if folder is None:
            search.reporter.debug(f"pyenv selects `{version}`, which is not installed; passed over")
        else:
            yield from _in_folder(folder / _SCRIPTS, "pyenv's shims", request)


def _pyenv_selection(search: Search, root: Path) -> list[str]:
    """Read what pyenv has selected: its variable, a ``.python-version`` above, its own file."""
    if chosen := search.environ.get("PYENV_VERSION"):
        return chosen.split(":")
    folders = (search.directory, *search.directory.parents)
    for path in (*(folder / ".python-version" for folder in folders), root / "version"):
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        words = [word for line in lines for word in line.partition("#")[0].split()]
        if words:
            return words
    return []


def _pyenv_version_folder(root: Path, version: str) -> Path | None:
    if not version or "/" in version or version in {".", ".."}:
        return None
    exact = root / "versions" / version.removeprefix("python-")
    if _is_folder(exact):
        return exact
    # `3.12` stands for the newest 3.12.N there is.
    alike = [name for name in _names_in(root / "versions") if name.startswith(f"{version}.")]
    return root / "versions" / max(alike, key=_newest) if alike else None


def under_pyenv(search: Search) -> Iterator[Candidate]:
    """Give every version that pyenv installed, newest first."""
    yield from _in_versions(_pyenv_root(search) / "versions", "pyenv")


def _uv_folder(search: Search) -> Path:
    if folder := search.environ.get("UV_PYTHON_INSTALL_DIR"):
        return search.directory / folder
    if _WINDOWS:
        data = search.environ.get("APPDATA") or str(search.home / "AppData" / "Roaming")
        return Path(data) / "uv" / "data" / "python"
    data = search.environ.get("XDG_DATA_HOME") or str(search.home / ".local" / "share")
    return Path(data) / "uv" / "python"


def installed_by_uv(search: Search) -> Iterator[Candidate]:
    """Give every version that uv installed, newest first."""
    yield from _in_versions(_uv_folder(search), "uv")


def _in_versions(root: Path, source: str) -> Iterator[Candidate]:
    """Give one Python per folder of a folder of installations; folders say their version."""
    for name in sorted(_names_in(root), key=_newest, reverse=True):
        if name.startswith("."):
            continue
        for program in ("bin/python3", "bin/python", "bin/pypy3", "python.exe"):
            path = root / name / program
            if _is_program(path):
                yield Candidate(path, source, _folder_version(name))
                break


def _folder_version(name: str) -> tuple[int, ...]:
    match = _FOLDER.fullmatch(name)
    if match is None:
        return ()
    # The third number of `pypy3.10-7.3.15` and the like is not Python's.
    numbers = match.group(2, 3, 4) if match[1] in {None, "cpython"} else match.group(2, 3)
    return tuple(int(number) for number in numbers if number is not None)


def _newest(name: str) -> tuple[tuple[int, ...], bool, str]:
    # A pre-release comes before its final version: `3.14.0rc1` < `3.14.0`.
    return _folder_version(name), re.search(r"\d(a|b|rc)\d", name) is None, name


def registered() -> Iterator[Candidate]:
    """Give the Pythons that Windows' registry lists (PEP 514)."""
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            for company in _subkeys(root, r"Software\Python"):
                for tag in _subkeys(root, rf"Software\Python\{company}"):
                    key = rf"Software\Python\{company}\{tag}\InstallPath"
                    path = _registry_value(root, key, "ExecutablePath")
                    version = tuple(int(n) for n in re.findall(r"\d+", tag)[:2])
                    if path:
                        said = version if len(version) > 1 else ()
                        yield Candidate(Path(path), "the registry", said)
    yield from ()


def _subkeys(root: int, name: str) -> list[str]:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(root, name) as key:
                return [winreg.EnumKey(key, at) for at in range(winreg.QueryInfoKey(key)[0])]
        except OSError:
            return []
    return []


def _registry_value(root: int, name: str, value: str) -> str | None:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(root, name) as key:
                return str(winreg.QueryValueEx(key, value)[0])
        except OSError:
            return None
    return None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_program(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except (OSError, ValueError):
        return False


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted, not paths
    except OSError:
        return []
