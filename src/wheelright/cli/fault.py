"""A fault of ours: one clear line, and a report that can be sent in."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from wheelright import __version__
from wheelright.console.style import PLAIN, Style, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def fault_lines(
    error: Exception, argv: Sequence[str], environ: Mapping[str, str], style: Style = PLAIN
) -> list[str]:
    """Tell of an unexpected exception; its traceback goes to a file in the cache.

    With ``WHEELRIGHT_TRACEBACK=1`` the traceback is shown instead.
    """
    text = printable(" ".join(f"{type(error).__name__}: {error}".split()))
    lines = [f"{style.paint('internal error:', 'red', 'bold')} {_without_secrets(text)}"]
    if environ.get("WHEELRIGHT_TRACEBACK", "0") not in {"", "0"}:
        return [*"".join(traceback.format_exception(error)).rstrip().split("\n"), *lines]
    path = _save(error, argv, environ)
    if path is None:
        lines.append("  WHEELRIGHT_TRACEBACK=1 shows where it happened")
    else:
        lines.append(f"  the report was saved to {path}")
    lines.append(f"{style.paint('hint:', 'cyan', 'bold')} this is a fault of Wheelright, not yours")
    return lines


def _save(error: Exception, argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Write the report; ``None`` where even that fails."""
    from wheelright.outside.files import make_directory, write_atomic

    stamp = time.strftime("%Y%m%d-%H%M%S")
    command = " ".join(map(_without_secrets, argv))
    report = (
        f"wheelright {__version__}\nPython {sys.version}\n{sys.platform}\n"
        f"command: wheelright {command}\n\n"
        + _without_secrets("".join(traceback.format_exception(error)))
    )
    try:
        folder = _cache_directory(argv, environ) / "reports"
        path = folder / f"internal-error-{stamp}-{os.getpid()}.txt"
        make_directory(folder)
        write_atomic(path, report)
    except Exception:  # noqa: BLE001 - the first fault is the one to tell of
        return None
    return str(path)


def _cache_directory(argv: Sequence[str], environ: Mapping[str, str]) -> Path:
    """Find the cache without the help of what may just have failed."""
    for word, following in zip(argv, (*argv[1:], ""), strict=False):
        if word.startswith("--cache-dir="):
            return Path(word.partition("=")[2])
        if word == "--cache-dir" and following:
            return Path(following)
    if environ.get("WHEELRIGHT_CACHE_DIR"):
        return Path(environ["WHEELRIGHT_CACHE_DIR"])
    from wheelright.outside.places import user_cache

    return user_cache()


def _without_secrets(text: str) -> str:
    """Take user and password out of every URL in ``text``."""
    import re

    return re.sub(r"(?<=://)[^\s/@'\"]+@", "", text)
