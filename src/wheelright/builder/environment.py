"""The environment variables that a build sees: enough to compile, nothing to steal."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(API|ACCESS|PRIVATE|SIGNING)_?KEY"
    r"|(^|_)(AUTH|PASS|PAT|KEY)(_|$)|^NETRC$"
)
# Settings of installers and of the Python that runs us: they are for us, not for the backend.
_FOREIGN_NAME = re.compile(
    r"(PIP|UV|WHEELRIGHT|TWINE|POETRY|PDM|HATCH_INDEX|FLIT|CONDA|PYTHON)(_|$)|PYTHON|VIRTUAL_ENV"
    r"|__PYVENV_LAUNCHER__$"
)
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s@]+@")


def build_variables(
    environ: Mapping[str, str],
    *,
    prefix: Path,
    scripts: Path,
    extra: Mapping[str, str],
    in_tree: bool = False,
) -> dict[str, str]:
    """Return what a backend gets of ``environ``.

    Left out are variables whose name speaks of a secret or whose value is a URL with user
    information, and those that steer an installer or another Python. ``scripts`` comes first on
    ``PATH`` and ``prefix`` is the ``VIRTUAL_ENV``; ``extra`` is what the user asked for, as it is.
    A backend that lies ``in_tree`` leaves no bytecode there: it would litter the source, and would
    be taken for a file that was edited twice within a second.
    """
    kept = {name: value for name, value in environ.items() if _is_harmless(name, value)}
    path = kept.get("PATH") or os.defpath
    return {
        **kept,
        "PATH": os.pathsep.join((str(scripts), path)),
        "VIRTUAL_ENV": str(prefix),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",  # else what a backend and its compiler say is out of order
        "PYTHONIOENCODING": "utf-8:backslashreplace",
        **({"PYTHONDONTWRITEBYTECODE": "1"} if in_tree else {}),
        **extra,
    }


def _is_harmless(name: str, value: str) -> bool:
    upper = name.upper()
    return not (_SECRET_NAME.search(upper) or _FOREIGN_NAME.match(upper) or _USERINFO.search(value))
