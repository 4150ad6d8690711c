"""Venvs of the Python that runs the tests, and wheels put into a store for them."""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any

from support.wheels import make_wheel
from wheelright.outside.reporting import Silent
from wheelright.store import File, Store, StoredWheel
from wheelright.targets.interpreter import Interpreter, SchemePaths
from wheelright.targets.platform import parse_platform


class Listening(Silent):
    """A reporter that keeps what it was told, for a test to look at."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.debugs: list[str] = []
        self.steps: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def debug(self, text: str) -> None:
        self.debugs.append(text)

    def advance(self, stage: str, steps: int = 1, detail: str = "") -> None:
        self.steps.append(f"{stage} {steps} {detail}")


def this_interpreter() -> Interpreter:
    """Describe the base Python of the tests."""
    base = Path(sys._base_executable)  # type: ignore[attr-defined]
    paths = {key: Path(value) for key, value in sysconfig.get_paths().items()}
    return Interpreter(
        executable=base,
        version=platform.python_version(),
        implementation="cpython",
        prefix=Path(sys.base_prefix),
        base_prefix=Path(sys.base_prefix),
        base_executable=base,
        platform=parse_platform("x86_64-manylinux_2_17"),
        paths=SchemePaths(**{key: paths[key] for key in SchemePaths.__slots__}),
        marker_values={},
    )


def file_of(name: str, data: bytes, url: str = "") -> File:
    """Describe a file as a lock would."""
    return File(name, url, {"sha256": hashlib.sha256(data).hexdigest()}, len(data))


def put_wheel(store: Store, name: str, version: str = "1.0", **options: Any) -> StoredWheel:
    """Make a wheel (options of ``make_wheel``) and add it to the store."""
    file_name, data = make_wheel(name, version, **options)
    return store.add(file_of(file_name, data), [data])


def tree_of(root: str | Path) -> dict[str, bytes | str]:
    """Read all below a folder, by path: bytes of files, ``-> target`` of links."""
    root = Path(root)
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        key = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[key] = f"-> {path.readlink()}"
        elif path.is_file():
            found[key] = path.read_bytes()
    return found
