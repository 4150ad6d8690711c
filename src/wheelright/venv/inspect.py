"""Reading a venv without running its Python: its layout, and what is installed in it.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
https://packaging.python.org/en/latest/specifications/direct-url/
https://docs.python.org/3/library/venv.html (``pyvenv.cfg``)
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from wheelright.outside import files
from wheelright.targets.filenames import normalize_name
from wheelright.venv.damage import record_rows, record_text, with_damage
from wheelright.venv.errors import BrokenVenv, NotAVenv

if TYPE_CHECKING:
    from collections.abc import Iterable

# Not `.lock`: that is the name of another tool's, which stays when it is not held.
LOCK_NAME = ".wheelright-lock"
RECORD_NAME = "wheelright.json"
# There while a venv is made: one that has it is not whole.
MAKING_NAME = ".wheelright-making"
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+\S*)?")
# What the directory above `site-packages` is called: python3.12, python3.13t, pypy3.10.
_LIBRARY = re.compile(r"(?:python|pypy|graalpy)[\d.]*t?")


class Venv(Struct, frozen=True):
    """A venv as found on disk. All paths are absolute text.

    ``version`` is the Python's full version as ``pyvenv.cfg`` has it, ``home`` the directory of
    the base interpreter. ``scripts`` is ``bin`` or ``Scripts``. ``windows`` tells the layout.
    """

    path: str
    version: str
    home: str
    site_packages: str
    scripts: str
    executable: str
    windows: bool = False
    system_site_packages: bool = False
    prompt: str | None = None
    implementation: str = "cpython"

    @property
    def python(self) -> tuple[int, int]:
        """The major and minor version of its Python."""
        match = _VERSION.match(self.version)
        assert match is not None
        return int(match[1]), int(match[2])


class Installed(Struct, frozen=True):
    """A package found in a venv.

    ``name`` is normalized. ``dist_info`` is the name of its metadata directory (``.dist-info``,
    or of the legacy kinds ``.egg-info`` and ``.egg-link``) in site-packages. ``tags`` are those
    of WHEEL. ``direct_url`` is the URL of ``direct_url.json``. ``problem`` says what is wrong
    with it, where something is. ``seal`` is a digest of its RECORD, where its files were looked
    at.
    """

    name: str
    version: str | None
    dist_info: str
    installer: str | None = None
    tags: tuple[str, ...] = ()
    direct_url: str | None = None
    editable: bool = False
    requested: bool = False
    problem: str | None = None
    seal: str | None = None


def find_venv(path: str | os.PathLike[str]) -> Venv | None:
    """Read the venv at ``path``; ``None`` where there is nothing, or an empty directory.

    Raises :class:`NotAVenv` for anything else that is no venv, :class:`BrokenVenv` for one whose
    ``pyvenv.cfg`` makes no sense or whose interpreter is gone.
    """
    root = os.path.abspath(path)  # noqa: PTH100 (text)
    try:
        with open(f"{root}/pyvenv.cfg", encoding="utf-8") as file:  # noqa: PTH123 (speed)
            settings = _read_settings(file)
    except (FileNotFoundError, NotADirectoryError):
        if is_vacant(root):
            return None
        raise NotAVenv(root, why=_why_no_venv(root)) from None
    except UnicodeDecodeError:
        raise BrokenVenv(root, "its `pyvenv.cfg` is not UTF-8 text") from None
    version = settings.get("version_info") or settings.get("version") or ""
    found = _VERSION.match(version)
    if found is None or "home" not in settings:
        raise BrokenVenv(root, "its `pyvenv.cfg` names no Python")
    windows = os.path.isdir(f"{root}/Scripts")  # noqa: PTH112 (text)
    scripts = f"{root}/Scripts" if windows else f"{root}/bin"
    executable = f"{scripts}/python.exe" if windows else f"{scripts}/python"
    if not os.path.exists(executable):  # noqa: PTH110 (text)
        raise BrokenVenv(root, f"its interpreter `{executable}` is gone")
    if os.path.exists(f"{root}/{MAKING_NAME}"):  # noqa: PTH110 (text)
        raise BrokenVenv(root, "making it was interrupted")
    return Venv(
        path=root,
        version=version,
        home=settings["home"],
        site_packages=_site_packages(root, windows, found[0].rpartition(".")[0], found),
        scripts=scripts,
        executable=executable,
        windows=windows,
        system_site_packages=settings.get("include-system-site-packages") == "true",
        prompt=settings.get("prompt", "").strip("'\"") or None,
        implementation=settings.get("implementation", "cpython").lower(),
    )


def is_vacant(path: str) -> bool:
    """Whether a venv may be made at ``path``: nothing is there, or nothing that is somebody's."""
    try:
        names = os.listdir(path)  # noqa: PTH208 (text)
        return all(is_lock(name) or files.is_temporary(name) for name in names)
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False


def is_lock(name: str) -> bool:
    """Whether a file in a venv is its lock, or that of one who takes a dead lock over."""
    return name == LOCK_NAME or name.startswith(f"{LOCK_NAME}.")


def list_installed(venv: Venv, *, check_files: bool = False) -> tuple[Installed, ...]:
    """Find what is installed in the venv's own site-packages, sorted by name.

    Never raises for junk: what lost its RECORD or METADATA is listed with its ``problem``, what
    has no name of a package is left out. ``check_files`` also looks at every file that RECORD
    lists (see ``damage``).
    """
    found = []
    try:
        names = os.listdir(venv.site_packages)  # noqa: PTH208 (text)
    except FileNotFoundError:
        return ()
    for name in names:
        if name.endswith(".dist-info") and name[0] not in "~.":
            found.append(_read_dist_info(venv.site_packages, name))
        elif name.endswith((".egg-info", ".egg-link")) and name[0] not in "~.":
            found.append(_read_egg(venv.site_packages, name))
    packages = [package for package in found if package.name]
    packages.sort(key=lambda package: (package.name, package.dist_info))
    if check_files:
        return with_damage(venv.site_packages, packages, since=synced_at(venv.path))
    return tuple(packages)


def synced_at(path: str) -> int | None:
    """Return when the venv at ``path`` was synced last, in ns; ``None`` where it never was."""
    try:
        return os.stat(f"{path}/{RECORD_NAME}").st_mtime_ns  # noqa: PTH116 (text)
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_record_paths(venv: Venv, installed: Installed) -> list[str] | None:
    """List the paths in a package's RECORD, relative to site-packages; ``None`` without RECORD."""
    text = record_text(venv.site_packages, installed.dist_info)
    return None if text is None else [row[0] for row in record_rows(text)]


def _read_settings(lines: Iterable[str]) -> dict[str, str]:
    settings = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals:
            settings[key.strip().lower()] = value.strip()
    return settings


def _why_no_venv(root: str) -> str:
    if not os.path.isdir(root):  # noqa: PTH112 (text)
        return "it is a file"
    return "it has no `pyvenv.cfg`"


def _site_packages(root: str, windows: bool, _: str, version: re.Match[str]) -> str:
    if windows:
        return f"{root}/Lib/site-packages"
    usual = f"{root}/lib/python{version[1]}.{version[2]}/site-packages"
    if os.path.isdir(usual):  # noqa: PTH112 (text)
        return usual
    try:
        names = sorted(os.listdir(f"{root}/lib"))  # noqa: PTH208 (text)
    except FileNotFoundError:
        names = []
    for name in names:
        if _LIBRARY.fullmatch(name) and os.path.isdir(f"{root}/lib/{name}/site-packages"):  # noqa: PTH112
            return f"{root}/lib/{name}/site-packages"
    return usual


def _read_dist_info(site_packages: str, directory: str) -> Installed:
    name, _, version = directory.removesuffix(".dist-info").rpartition("-")
    path = f"{site_packages}/{directory}"
    try:
        held = set(os.listdir(path))  # noqa: PTH208 (text)
    except NotADirectoryError:
        return Installed("", None, directory)
    url, editable = None, False
    if "direct_url.json" in held:
        url, editable = _read_direct_url(f"{path}/direct_url.json")
    missing = [base for base in ("METADATA", "RECORD") if base not in held]
    are = "is" if len(missing) == 1 else "are"
    return Installed(
        name=normalize_name(name or version),
        version=version if name else None,
        dist_info=directory,
        installer=_read_line(f"{path}/INSTALLER") if "INSTALLER" in held else None,
        tags=_read_tags(f"{path}/WHEEL") if "WHEEL" in held else (),
        direct_url=url,
        editable=editable,
        requested="REQUESTED" in held,
        problem=f"its {' and '.join(missing)} {are} missing" if missing else None,
    )


def _read_egg(site_packages: str, name: str) -> Installed:
    """Read what setuptools and distutils left before there were dist-infos."""
    stem, _, _ = name.rpartition(".")
    project, _, rest = stem.partition("-")
    version = rest.partition("-")[0] or None
    if name.endswith(".egg-link"):
        target = _read_line(f"{site_packages}/{name}")
        return Installed(
            normalize_name(project), None, name, None, (), f"file://{target}", editable=True
        )
    return Installed(normalize_name(project), version, name)


def _read_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 (speed)
            return file.readline().strip() or None
    except OSError:
        return None


def _read_tags(path: str) -> tuple[str, ...]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 (speed)
            return tuple(line[4:].strip() for line in file if line.startswith("Tag:"))
    except OSError:
        return ()


def _read_direct_url(path: str) -> tuple[str | None, bool]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (speed)
            document: Any = msgspec.json.decode(file.read())
        url, info = document.get("url"), document.get("dir_info") or {}
        return (url if isinstance(url, str) else None), info.get("editable") is True
    except (OSError, msgspec.MsgspecError, AttributeError, UnicodeDecodeError):
        return None, False
