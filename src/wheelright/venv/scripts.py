"""The scripts that a venv gets: generated ones, and those that a wheel brings.

https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from wheelright.store import EntryPoint

# Linux before 5.1 cuts the line after `#!` at 127 bytes, newline and `#!` included; macOS at 512.
MAX_SHEBANG_BYTES = 127
# What the launchers of `installer` are made for, by the platform's arch.
_LAUNCHERS: dict[str, Literal["win-amd64", "win-arm64", "win-ia32"]] = {
    "x86_64": "win-amd64",
    "amd64": "win-amd64",
    "aarch64": "win-arm64",
    "arm64": "win-arm64",
    "i686": "win-ia32",
    "x86": "win-ia32",
}
_TEMPLATE = """\
import sys
from {module} import {root}
if __name__ == "__main__":
    if sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit({attribute}())
"""


def shebang(executable: str) -> str:
    """Return the first line(s) of a script for this interpreter, newline included.

    A path too long for the kernel, or with a space in it, goes through ``/bin/sh``: to the shell
    the second line runs the interpreter, to Python it is a string.
    """
    line = f"#!{executable}\n"
    if len(line.encode()) <= MAX_SHEBANG_BYTES and " " not in executable:
        return line
    quoted = executable.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f"#!/bin/sh\n'''exec' \"{quoted}\" \"$0\" \"$@\"\n' '''\n"


def script_text(executable: str, entry: EntryPoint) -> bytes:
    """Return a generated script for systems that read ``#!``."""
    body = _TEMPLATE.format(
        module=entry.module, root=entry.attribute.partition(".")[0], attribute=entry.attribute
    )
    return (shebang(executable) + body).encode()


def windows_launcher(executable: str, entry: EntryPoint, arch: str, *, gui: bool) -> bytes:
    """Return a generated program (``NAME.exe``) for Windows."""
    from installer.scripts import Script

    script = Script(entry.name, entry.module, entry.attribute, "gui" if gui else "console")
    _, data = script.generate(executable, _LAUNCHERS.get(arch.lower(), "win-amd64"))
    return bytes(data)


def rewrite_script(executable: str, data: bytes) -> bytes | None:
    """Put the interpreter into a wheel's own script; ``None`` where the script asks for none."""
    if not data.startswith(b"#!python"):
        return None
    first, newline, rest = data.partition(b"\n")
    del first
    return shebang(executable).encode() + (rest if newline else b"")
