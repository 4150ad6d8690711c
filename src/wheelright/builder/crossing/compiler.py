"""Stands in for ``cc``, ``c++`` and their like: runs ``zig`` with arguments that it understands.

The Python of a build runs this, never Wheelright's own: only the standard library, and syntax
that Python 3.8 knows. Arguments: the program of ``zig``, the kind (``cc``, ``c++``, ``ar``,
``ranlib``), the target, the GNU name of the target, the folder of Python's headers for it, then
what the build gives to its compiler.
"""

from __future__ import annotations

import os
import sys

# Arguments of GNU compilers and linkers that change nothing in what a binary needs or does.
LINKER_FLAGS = {
    "-Bsymbolic-functions",
    "--push-state",
    "--pop-state",
    "--no-keep-memory",
    "--warn-common",
    "--no-undefined-version",
}
# The same with a value: in the next part, or after `=`.
LINKER_VALUES = ("--exclude-libs", "-Map", "--icf", "--dynamic-list", "--export-dynamic-symbol")
# What is in these folders was made for the machine that builds.
HOST_FOLDERS = (
    "/usr/include",
    "/usr/local/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/lib",
    "/lib64",
)


def translated(arguments: list[str]) -> list[str]:
    """Return the arguments of a GNU compiler as ``zig cc`` takes them."""
    found = []
    for argument in arguments:
        if argument.startswith("-Wl,"):
            parts = linker_parts(argument[4:].split(","))
            if parts:
                found.append("-Wl," + ",".join(parts))
        elif argument in {"-march=native", "-mtune=native", "-mcpu=native"}:
            continue  # the machine that builds is not the one it is built for
        elif argument.startswith("-march="):
            found.append(argument.replace("x86-64", "x86_64").replace("-v", "_v"))
        elif not (
            argument.startswith("--target=")
            or (argument[:2] in {"-I", "-L"} and is_of_host(argument[2:]))
        ):
            found.append(argument)
    return found


def linker_parts(parts: list[str]) -> list[str]:
    """Leave out what the linker does not know."""
    kept = []
    skip = False
    for part in parts:
        if skip:
            skip = False
        elif part in LINKER_VALUES:
            skip = True
        elif part not in LINKER_FLAGS and part.partition("=")[0] not in LINKER_VALUES:
            kept.append(part)
    return kept


def is_of_host(folder: str) -> bool:
    """Whether a folder holds headers or libraries of the machine that builds."""
    folder = folder.rstrip("/")
    inside = folder.rpartition("/")[2]
    return folder in HOST_FOLDERS or (
        folder.rpartition("/")[0] in {"/usr/lib", "/usr/include", "/lib"} and "-linux-" in inside
    )


def command(zig: str, kind: str, target: str, headers: str, arguments: list[str]) -> list[str]:
    """Return the command to run."""
    if kind in {"ar", "ranlib"}:
        return [zig, kind, *arguments]
    # Without optimisation `zig` adds checks that call what no other program brings.
    own = ["-target", target, "-fno-sanitize=undefined", "-Wno-unused-command-line-argument"]
    if headers:
        own += ["-I", headers]
    if "-c" not in arguments and "-E" not in arguments and "-g" not in arguments:
        own.append("-s")
    return [zig, kind, *own, *translated(arguments)]


def main() -> None:
    """Become the compiler, or say what the target is called."""
    zig, kind, target, gnu, headers = sys.argv[1:6]
    arguments = sys.argv[6:]
    if arguments == ["-dumpmachine"]:
        sys.stdout.write(f"{gnu}\n")
        return
    line = command(zig, kind, target, headers, arguments)
    os.execv(line[0], line)  # noqa: S606


if __name__ == "__main__":
    main()
