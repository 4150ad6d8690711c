"""This machine's default index and certificates: pip's own settings, read in one place.

Must live here: where pip looks and in which order, and the last resort: the index that the
installed pip has built in (no host name is written in Wheelright). Must not live here: what
Wheelright's own settings say, which come before all this.

The order is pip's, later beats earlier: the files of the system, the user and the virtual
environment, then the file that ``PIP_CONFIG_FILE`` names, then the ``PIP_...`` variable. Across
all files together ``[install]`` beats ``[global]``. pip is never imported: it takes long.

https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from msgspec import Struct, field

from wheelright.errors import UsageError
from wheelright.index.errors import NoDefaultIndexError
from wheelright.index.sources import IndexSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BUILT_IN: Final = re.compile(
    r"""^PyPI\s*=\s*PackageIndex\(\s*["'](https?://[^"']+)["']""", re.MULTILINE
)
_PLAIN_LINE: Final = re.compile(
    r"(?:[#;].*|\[(?P<section>[A-Za-z0-9_-]+)\]"
    r"|(?P<name>[A-Za-z0-9_-]+)[ ]?=[ ]?(?P<value>\S(?:.*\S)?))?"
)
_MODEL: Final = "pip/_internal/models/index.py"


class Surroundings(Struct, frozen=True):
    """What of the machine decides pip's settings; tests make their own."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=lambda: Path(os.path.expanduser("~")))  # noqa: PTH111
    prefix: Path = field(default_factory=lambda: Path(sys.prefix))
    platform: str = sys.platform
    root: Path = Path("/")


def default_index(around: Surroundings | None = None) -> IndexSource:
    """Return the default index of this machine.

    Raises NoDefaultIndexError where nothing names one, UsageError for a broken pip configuration.
    """
    url = pip_setting("index-url", around) or built_in_index()
    if url is None:
        raise NoDefaultIndexError
    return IndexSource(None, url, default=True)


def certificates(around: Surroundings | None = None) -> Path | None:
    """Return the file of trusted certificates that pip is told to use (``cert``), if any."""
    text = pip_setting("cert", around)
    return Path(text).expanduser() if text else None


def pip_setting(key: str, around: Surroundings | None = None) -> str | None:
    """Return what pip's configuration says for ``key`` (such as ``index-url``) on install."""
    around = around or Surroundings()
    value = around.environ.get("PIP_" + key.upper().replace("-", "_"))
    if value:
        return value.strip()
    found: dict[str, str] = {}
    for path in config_files(around):
        found |= {section: said for section, said in _read(path, key) if said}
    return found.get("install") or found.get("global")


def config_files(around: Surroundings) -> list[Path]:
    """List the places of pip's configuration files, the least important first."""
    named = around.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    windows = around.platform == "win32"
    base = "pip.ini" if windows else "pip.conf"
    places = [folder / base for folder in _system_folders(around)]
    if not (named and Path(named).exists()):
        places.append(around.home / ("pip" if windows else ".pip") / base)
        places.append(_user_folder(around) / base)
    venv = around.environ.get("VIRTUAL_ENV")
    places.append((Path(venv) if venv else around.prefix) / base)
    if named:
        places.append(Path(named))
    return places


def _system_folders(around: Surroundings) -> list[Path]:
    if around.platform == "win32":
        shared = around.environ.get("PROGRAMDATA") or around.environ.get("ALLUSERSPROFILE")
        return [Path(shared) / "pip"] if shared else []
    if around.platform == "darwin":
        return [around.root / "Library" / "Application Support" / "pip"]
    etc = around.root / "etc"
    listed = around.environ.get("XDG_CONFIG_DIRS") or str(etc / "xdg")
    return [*(Path(one) / "pip" for one in listed.split(os.pathsep) if one), etc]


def _user_folder(around: Surroundings) -> Path:
    if around.platform == "win32":
        roaming = around.environ.get("APPDATA")
        return (Path(roaming) if roaming else around.home / "AppData" / "Roaming") / "pip"
    if around.platform == "darwin":
        library = around.home / "Library" / "Application Support" / "pip"
        return library if library.is_dir() else around.home / ".config" / "pip"
    configured = around.environ.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else around.home / ".config") / "pip"


def _read(path: Path, key: str) -> Iterator[tuple[str, str]]:
    """Yield section and value wherever a configuration file says something for ``key``."""
    for section, name, value in _items(path):
        said = name.lower().replace("_", "-").removeprefix("--")
        if said == key:
            yield section.lower(), value.strip()


def _items(path: Path) -> tuple[tuple[str, str, str], ...]:
    """Return what a file says, as section, name and value; nothing where there is no file."""
    try:
        text = path.read_bytes().decode().replace("\r\n", "\n").replace("\r", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "pip's configuration file could not be read",
            where=str(path),
            details=[getattr(error, "strerror", None) or "it is not UTF-8 text"],
        ) from error
    plain = _plain_items(text)
    if plain is not None:
        return plain
    from configparser import Error as ConfigError
    from configparser import RawConfigParser

    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except ConfigError as error:
        line = getattr(error, "lineno", None)
        raise UsageError(
            "pip's configuration file is not valid",
            where=f"{path}:{line}" if line else str(path),  # its text may hold a password
        ) from error
    return tuple(
        (section, name, value)
        for section in parser.sections()
        for name, value in parser.items(section)
    )


def _plain_items(text: str) -> tuple[tuple[str, str, str], ...] | None:
    """Read sections of one-line values; ``None`` for what takes all of ``configparser``."""
    found, section = [], ""
    for line in text.split("\n"):
        match = _PLAIN_LINE.fullmatch(line)
        if match is None:
            return None
        if match["section"]:
            section = match["section"]
            if section == "DEFAULT":
                return None
        elif match["name"]:
            if not section:
                return None
            found.append((section, match["name"], match["value"]))
    return tuple(found)


def built_in_index() -> str | None:
    """Return the simple index that the installed pip has built in; ``None`` without pip."""
    for read in (_installed_model, _bundled_model):
        found = _BUILT_IN.search(read() or "")
        if found:
            return urljoin(found[1], "simple/")
    return None


def _installed_model() -> str | None:
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("pip")  # finds without importing
    if spec is None:
        from importlib.util import find_spec

        spec = find_spec("pip")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            return (Path(folder) / "_internal" / "models" / "index.py").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # the next place, and the bundled pip after it
    return None


def _bundled_model() -> str | None:
    """Read the model from the wheel of pip that comes with Python for ``ensurepip``."""
    import zipfile
    from importlib.util import find_spec

    spec = find_spec("ensurepip")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for wheel in sorted((Path(folder) / "_bundled").glob("pip-*.whl"), reverse=True):
            try:
                with zipfile.ZipFile(wheel) as archive:
                    return archive.read(_MODEL).decode("utf-8")
            except (OSError, KeyError, UnicodeDecodeError, zipfile.BadZipFile):
                continue  # a distribution may strip it; the caller says what is missing
    return None
