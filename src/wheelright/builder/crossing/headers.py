"""Python's headers for another processor: those of the Python at hand, with other sizes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelright.outside import files

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.builder.crossing.triples import Triples
    from wheelright.targets.interpreter import Interpreter

# Debian keeps what depends on the processor in a folder of its own, named in this file.
_ELSEWHERE = re.compile(r"#\s*include\s*<([\w.-]+-linux-[\w.-]+/[\w./-]+)>")
_WORDS = ("LONG", "VOID_P", "SIZE_T", "PTHREAD_T", "UINTPTR_T")


def write_headers(folder: Path, interpreter: Interpreter, names: Triples) -> Path | None:
    """Make a folder with the headers of an interpreter for another processor.

    ``None`` where the interpreter has none: a build that needs them then says so.
    """
    source = interpreter.paths.include
    config = source / "pyconfig.h"
    if not config.is_file():
        return None
    files.make_directory(folder)
    for entry in sorted(source.iterdir()):
        if entry.name != config.name:
            files.make_symlink(folder / entry.name, str(entry))
    files.create(folder / config.name, [_config(config, source, interpreter, names).encode()])
    return folder


def _config(config: Path, source: Path, interpreter: Interpreter, names: Triples) -> str:
    text = config.read_text(encoding="utf-8", errors="replace")
    for match in _ELSEWHERE.finditer(text):
        real = source.parent / match[1]
        if match[1].startswith(interpreter.platform.cpu) and real.is_file():
            text = real.read_text(encoding="utf-8", errors="replace")
            break
    return text + "\n" + "".join(f"#undef {key}\n#define {key} {value}\n"
                                 for key, value in sizes(names).items())  # fmt: skip


def sizes(names: Triples) -> dict[str, int]:
    """Return the sizes of C types that differ between processors, in bytes."""
    word = names.bits // 8
    found = {f"SIZEOF_{name}": word for name in _WORDS}
    found["SIZEOF_LONG_DOUBLE"] = {"i686": 12, "armv7l": 8}.get(names.cpu, 16)
    found["ALIGNOF_LONG"] = word
    if names.bits == 32:
        found["SIZEOF_TIME_T"] = 8 if names.musl else 4
    return found
