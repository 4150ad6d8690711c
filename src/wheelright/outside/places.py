"""Where this machine keeps a program's settings and caches.

``platformdirs`` knows. On Linux with a plain ``HOME`` and plain ``XDG_...`` variables its answers
are short to state, and are given here: to load it takes longer than most commands have to work.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "wheelright"


def user_cache() -> Path:
    """Return the folder of the user's cache."""
    found = _below_home("XDG_CACHE_HOME", ".cache")
    if found is not None:
        return found
    from platformdirs import user_cache_path

    return user_cache_path(_NAME, appauthor=False)


def user_config() -> Path:
    """Return the folder of the user's settings."""
    found = _below_home("XDG_CONFIG_HOME", ".config")
    if found is not None:
        return found
    from platformdirs import user_config_path

    return user_config_path(_NAME, appauthor=False)


def site_config() -> Path:
    """Return the folder of the settings for all users of this machine."""
    if _is_plain_linux() and not os.environ.get("XDG_CONFIG_DIRS"):
        return Path("/etc/xdg", _NAME)
    from platformdirs import site_config_path

    return site_config_path(_NAME, appauthor=False)


def _below_home(variable: str, folder: str) -> Path | None:
    """Return what a variable or the home folder says; ``None`` where that is not plain."""
    said, home = os.environ.get(variable, ""), os.environ.get("HOME", "")
    if not _is_plain_linux() or said != said.strip() or not home.startswith("/"):
        return None
    if said:
        return Path(said, _NAME) if said.startswith("/") else None
    return Path(home, folder, _NAME)


def _is_plain_linux() -> bool:
    return (
        sys.platform == "linux"
        and not hasattr(sys, "getandroidapilevel")
        and "ANDROID_ROOT" not in os.environ
    )
