"""Source trees with C in them, and a compiler for other machines that is this machine's own.

The trees are built by a backend of their own, which asks Python and the environment for a compiler
as setuptools does; ``fake_compiler`` serves a ``ziglang`` that hands everything on to ``cc``.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from support.wheels import make_wheel, sdist_files, sdist_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.local_index import LocalIndex

needs_compiler = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)

SIMPLE = "void *PyInit_native(void) { return 0; }\n"
THREADS = """
#include <pthread.h>
static void *run(void *given) { return given; }
void *PyInit_native(void) {
    pthread_t thread;
    pthread_create(&thread, 0, run, 0);
    return 0;
}
"""
_BACKEND = '''
"""Compiles one C file with what the environment and Python name."""
import json, os, shlex, subprocess, sysconfig, zipfile

NAME, VERSION, OPTIONAL = {facts!r}

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = f"{{NAME}}-{{VERSION}}.dist-info"
    os.makedirs(os.path.join(folder, info))
    with open(os.path.join(folder, info, "METADATA"), "w") as file:
        file.write(metadata())
    return info

def metadata():
    return f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    seen = (config_settings or {{}}).get("seen")
    if seen:
        names = ("CC", "CXX", "LDSHARED", "CARGO_BUILD_TARGET", "CPATH", "PIP_INDEX_URL", "EXTRA")
        facts = {{name: os.environ.get(name) for name in names}}
        facts["platform"] = sysconfig.get_platform()
        facts["suffix"] = sysconfig.get_config_var("EXT_SUFFIX")
        facts["soabi"] = sysconfig.get_config_var("SOABI")
        with open(seen[0] if isinstance(seen, list) else seen, "w") as file:
            json.dump(facts, file)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    abi = "cp" + sysconfig.get_config_var("SOABI").split("-")[1]
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    target = os.path.join(folder, "native" + suffix)
    done = subprocess.run([*shlex.split(compiler), "-shared", "-fPIC", "native.c", "-o", target])
    tag = f"{{abi}}-{{abi}}-{{platform}}"
    if done.returncode:
        if not OPTIONAL:
            raise SystemExit(1)
        tag = "py3-none-any"
    name = f"{{NAME}}-{{VERSION}}-{{tag}}.whl"
    info = f"{{NAME}}-{{VERSION}}.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        if not done.returncode:
            archive.write(target, "native" + suffix)
        archive.writestr("native_py.py", "")
        archive.writestr(info + "/METADATA", metadata())
        archive.writestr(info + "/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {{tag}}\\n")
        rows = "".join(f"{{path}},,\\n" for path in archive.namelist())
        archive.writestr(info + "/RECORD", rows + info + "/RECORD,,\\n")
    if os.path.exists(target):
        os.remove(target)
    return name
'''  # noqa: E501 (the backend's own lines)
_COMPILER = """\
#!/bin/sh
# What `zig` is given is noted; the rest is for the compiler at hand.
echo "$@" >> {log}
kind=$1; shift
[ "$1" = -target ] && shift 2
[ "$1" = -fno-sanitize=undefined ] && shift
exec $kind "$@"
"""


def native_files(
    name: str, version: str, code: str = SIMPLE, *, optional: bool = False
) -> dict[str, bytes]:
    """Return the files of a tree with C; where it is ``optional`` it builds without, too."""
    files = sdist_files(name, version)
    files["in_tree_backend.py"] = _BACKEND.format(facts=(name, version, optional)).encode()
    files["native.c"] = code.encode()
    return files


def add_native(
    index: LocalIndex, name: str, version: str, code: str = SIMPLE, *, optional: bool = False
) -> None:
    """Give an index an sdist with C."""
    filename, data = sdist_of(name, version, native_files(name, version, code, optional=optional))
    index.add_file(name, version, filename, data)


def fake_compiler(index: LocalIndex, log: Path) -> Path:
    """Give an index a ``ziglang``; returns the file in which it notes how it was called."""
    filename, data = make_wheel(
        "ziglang",
        "0.1",
        tag="py3-none-any",
        files={"ziglang/__init__.py": "", "ziglang/zig": _COMPILER.format(log=log)},
        executables=["ziglang/zig"],
    )
    index.add_file("ziglang", "0.1", filename, data)
    return log
