"""The program that stands in for GNU compilers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wheelright.builder.crossing import compiler
from wheelright.builder.crossing.compiler import command, translated

TARGET = "x86_64-linux-gnu.2.17"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-O2 -fPIC -c a.c -o a.o", "-O2 -fPIC -c a.c -o a.o"),
        ("-Wl,-O1,--as-needed", "-Wl,-O1,--as-needed"),
        ("-Wl,-Bsymbolic-functions a.o", "a.o"),
        ("-Wl,--exclude-libs,ALL,-z,now", "-Wl,-z,now"),
        ("-Wl,-Map=out.map -Wl,-rpath,/x", "-Wl,-rpath,/x"),
        ("-Wl,--icf=all", ""),
        ("-march=native -mtune=native x.c", "x.c"),
        ("-march=x86-64-v2", "-march=x86_64_v2"),
        ("--target=x86_64-unknown-linux-gnu x.c", "x.c"),
        ("-I/usr/include -I/usr/include/x86_64-linux-gnu -Iinclude", "-Iinclude"),
        ("-L/usr/lib -L/usr/lib/x86_64-linux-gnu/ -L/usr/local/lib -Llib", "-Llib"),
        # Headers of one library are named on purpose; a build that needs them fails on its own.
        ("-I/usr/include/python3.11", "-I/usr/include/python3.11"),
    ],
)
def test_arguments_of_gnu_compilers(given: str, expected: str) -> None:
    assert translated(given.split()) == expected.split()


def test_compiling_names_the_target_and_no_checks_of_its_own() -> None:
    assert command("zig", "cc", TARGET, "/headers", ["-g", "-c", "a.c"]) == [
        *("zig", "cc", "-target", TARGET, "-fno-sanitize=undefined"),
        *("-Wno-unused-command-line-argument", "-I", "/headers", "-g", "-c", "a.c"),
    ]


def test_linking_leaves_out_what_only_a_debugger_reads() -> None:
    assert "-s" in command("zig", "c++", TARGET, "", ["-shared", "a.o"])
    assert "-s" not in command("zig", "c++", TARGET, "", ["-g", "-shared", "a.o"])


def test_archives_are_made_as_they_are_asked_for() -> None:
    assert command("zig", "ar", TARGET, "", ["rcs", "x.a", "a.o"]) == [
        *("zig", "ar", "rcs", "x.a", "a.o")
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="becomes another program")
def test_it_runs_on_its_own_and_says_what_the_target_is_called() -> None:
    script = compiler.__file__
    assert script is not None
    line = [sys.executable, "-I", "-S", script, "/bin/echo", "cc", TARGET, "x86_64-linux-gnu", ""]
    said = subprocess.run([*line, "-dumpmachine"], capture_output=True, text=True, check=True)
    assert said.stdout == "x86_64-linux-gnu\n"
    ran = subprocess.run([*line, "-c", "a.c"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"cc -target {TARGET} ")
