"""The usual causes of failed builds, as data: what the log says, and what helps.

A row of :data:`CAUSES` is a pattern and a hint; the hint may use the pattern's groups and, with
``{package}``, the Debian package that :data:`HEADERS`, :data:`LIBRARIES` or :data:`MODULES` name
for the first group. Rows are tried in order and each kind gives at most one hint.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

# Headers by their path in `#include`; a key that ends in a slash stands for all below it.
HEADERS: dict[str, str] = {
    "Python.h": "python3-dev",
    "X11/": "libx11-dev",
    "GL/": "libgl-dev",
    "acl/libacl.h": "libacl1-dev",
    "alsa/": "libasound2-dev",
    "boost/": "libboost-dev",
    "bzlib.h": "libbz2-dev",
    "cairo.h": "libcairo2-dev",
    "cblas.h": "libopenblas-dev",
    "cups/": "libcups2-dev",
    "curl/": "libcurl4-openssl-dev",
    "dbus/": "libdbus-1-dev",
    "ev.h": "libev-dev",
    "expat.h": "libexpat1-dev",
    "ffi.h": "libffi-dev",
    "fontconfig/": "libfontconfig-dev",
    "ft2build.h": "libfreetype-dev",
    "gdal.h": "libgdal-dev",
    "geos_c.h": "libgeos-dev",
    "girepository.h": "libgirepository1.0-dev",
    "glib.h": "libglib2.0-dev",
    "gmp.h": "libgmp-dev",
    "gssapi/": "libkrb5-dev",
    "hdf5.h": "libhdf5-dev",
    "jpeglib.h": "libjpeg-dev",
    "krb5.h": "libkrb5-dev",
    "ldap.h": "libldap-dev",
    "lber.h": "libldap-dev",
    "libpq-fe.h": "libpq-dev",
    "libusb-1.0/": "libusb-1.0-0-dev",
    "libxml/": "libxml2-dev",
    "libxslt/": "libxslt1-dev",
    "linux/": "linux-libc-dev",
    "lz4.h": "liblz4-dev",
    "lzma.h": "liblzma-dev",
    "magic.h": "libmagic-dev",
    "mpc.h": "libmpc-dev",
    "mpfr.h": "libmpfr-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "ncurses.h": "libncurses-dev",
    "openssl/": "libssl-dev",
    "pcap.h": "libpcap-dev",
    "png.h": "libpng-dev",
    "portaudio.h": "portaudio19-dev",
    "proj.h": "libproj-dev",
    "readline/": "libreadline-dev",
    "sasl/": "libsasl2-dev",
    "snappy.h": "libsnappy-dev",
    "snappy-c.h": "libsnappy-dev",
    "sodium.h": "libsodium-dev",
    "sql.h": "unixodbc-dev",
    "sqlite3.h": "libsqlite3-dev",
    "stdio.h": "libc6-dev",
    "stdlib.h": "libc6-dev",
    "systemd/": "libsystemd-dev",
    "tk.h": "tk-dev",
    "uv.h": "libuv1-dev",
    "xmlsec/": "libxmlsec1-dev",
    "yaml.h": "libyaml-dev",
    "zlib.h": "zlib1g-dev",
    "zmq.h": "libzmq3-dev",
    "zstd.h": "libzstd-dev",
}

# Libraries by what follows `-l`, and by the name that pkg-config knows.
LIBRARIES: dict[str, str] = {
    "blas": "libopenblas-dev",
    "bz2": "libbz2-dev",
    "cairo": "libcairo2-dev",
    "crypto": "libssl-dev",
    "dbus-1": "libdbus-1-dev",
    "ffi": "libffi-dev",
    "freetype2": "libfreetype-dev",
    "glib-2.0": "libglib2.0-dev",
    "gobject-introspection-1.0": "libgirepository1.0-dev",
    "hdf5": "libhdf5-dev",
    "jpeg": "libjpeg-dev",
    "lapack": "liblapack-dev",
    "libffi": "libffi-dev",
    "liblzma": "liblzma-dev",
    "libpng": "libpng-dev",
    "libpq": "libpq-dev",
    "libsodium": "libsodium-dev",
    "libsystemd": "libsystemd-dev",
    "libxml-2.0": "libxml2-dev",
    "libxslt": "libxslt1-dev",
    "libzmq": "libzmq3-dev",
    "libzstd": "libzstd-dev",
    "lzma": "liblzma-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "openblas": "libopenblas-dev",
    "openssl": "libssl-dev",
    "pq": "libpq-dev",
    "sqlite3": "libsqlite3-dev",
    "ssl": "libssl-dev",
    "xml2": "libxml2-dev",
    "xmlsec1": "libxmlsec1-dev",
    "xslt": "libxslt1-dev",
    "yaml-0.1": "libyaml-dev",
    "z": "zlib1g-dev",
    "zlib": "zlib1g-dev",
}

# Programs that builds call.
PROGRAMS: dict[str, str] = {
    "autoreconf": "autoconf automake libtool",
    "autoconf": "autoconf",
    "automake": "automake",
    "bison": "bison",
    "cmake": "cmake",
    "flex": "flex",
    "gfortran": "gfortran",
    "git": "git",
    "libtoolize": "libtool",
    "make": "make",
    "meson": "meson",
    "nasm": "nasm",
    "ninja": "ninja-build",
    "patchelf": "patchelf",
    "pg_config": "libpq-dev",
    "pkg-config": "pkg-config",
    "mysql_config": "default-libmysqlclient-dev",
    "protoc": "protobuf-compiler",
    "swig": "swig",
}

_COMPILER = r"(?:[\w.-]+-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d+)?"
_APT = " (Debian and Ubuntu: `apt install {package}`)"


class Cause(Struct, frozen=True):
    """One row: ``pattern`` is searched in each line, ``hint`` is what it means."""

    kind: str
    pattern: re.Pattern[str]
    hint: str
    packages: Mapping[str, str] = field(default_factory=dict)


def _cause(kind: str, pattern: str, hint: str, packages: Mapping[str, str] | None = None) -> Cause:
    return Cause(kind, re.compile(pattern), hint, packages or {})


_NO_COMPILER = "A C or C++ compiler is missing (Debian and Ubuntu: `apt install build-essential`)"
_NO_RUST = (
    "A Rust compiler and Cargo are missing (Debian and Ubuntu: `apt install cargo`, or rustup)"
)

_BROUGHT_ALONG = (
    "A build for another machine uses no headers and libraries of this one:"
    " a version that brings them along would build, or give a wheel with `--find-links`"
)

CAUSES: tuple[Cause, ...] = (
    _cause("compiler", rf"command '\S*?{_COMPILER}' failed: No such file", _NO_COMPILER),
    _cause("compiler", rf"No such file or directory: '{_COMPILER}'", _NO_COMPILER),
    _cause("compiler", rf"(?:^|[\s/:]){_COMPILER}: (?:command )?not found", _NO_COMPILER),
    _cause("compiler", r"No CMAKE_C(?:XX)?_COMPILER could be found", _NO_COMPILER),
    _cause("compiler", r"Unknown compiler\(s\): \[\[?'c", _NO_COMPILER),
    _cause("compiler", r"no acceptable C compiler found", _NO_COMPILER),
    _cause("compiler", r"linker `cc` not found", _NO_COMPILER),
    _cause(
        "compiler",
        r"Microsoft Visual C\+\+ .* is required",
        "The Microsoft C++ Build Tools are missing",
    ),
    _cause(
        "header",
        r"fatal error: ([\w./+-]+): No such file or directory",
        "The header `{0}` is missing" + _APT,
        HEADERS,
    ),
    _cause(
        "header",
        r"fatal error: '([\w./+-]+)' file not found",
        "The header `{0}` is missing" + _APT,
        HEADERS,
    ),
    _cause(
        "library", r"cannot find -l([\w.+-]+)", "The library `{0}` is missing" + _APT, LIBRARIES
    ),
    _cause(
        "module",
        r"Package '?([\w.+-]+?)'?,? (?:required by .*)?(?:was )?not found",
        "pkg-config does not know the library `{0}`" + _APT,
        LIBRARIES,
    ),
    _cause(
        "module",
        r"No package '([\w.+-]+)' found",
        "pkg-config does not know the library `{0}`" + _APT,
        LIBRARIES,
    ),
    _cause(
        "module",
        r'Dependency "([\w.+-]+)" not found',
        "The library `{0}` is missing" + _APT,
        LIBRARIES,
    ),
    _cause(
        "rust target",
        r"the `([\w.-]+)` target may not be installed",
        "The Rust standard library for `{0}` is missing (`rustup target add {0}`)",
    ),
    _cause("rust", r"(?i)can(?:'|no)t find rust compiler", _NO_RUST),
    _cause("rust", r"(?i)rust\S* not found|cargo, the rust package manager, is not", _NO_RUST),
    _cause("rust", r"No such file or directory: '(?:cargo|rustc)'", _NO_RUST),
    _cause("rust", r"(?:^|[\s/:])(?:cargo|rustc): (?:command )?not found", _NO_RUST),
    _cause(
        "program",
        r"(?i)(pkg-config)\S* (?:could not be found|is not installed|not found|missing)",
        "`pkg-config` is missing" + _APT,
        PROGRAMS,
    ),
    _cause("program", r"Did not find (pkg-config)", "`{0}` is missing" + _APT, PROGRAMS),
    _cause(
        "program",
        r"(?:^|[\s/:])([\w+-]+): (?:command )?not found",
        "The program `{0}` is missing" + _APT,
        PROGRAMS,
    ),
    _cause(
        "program",
        r"No such file or directory: '([\w+-]+)'",
        "The program `{0}` is missing" + _APT,
        PROGRAMS,
    ),
    _cause(
        "program",
        r"(?i)(?:problem with the |could not find )(cmake)\b",
        "CMake is missing" + _APT,
        PROGRAMS,
    ),
    _cause(
        "program",
        r"(?i)\b(cmake) (?:must be installed|is not installed|is required)",
        "CMake is missing" + _APT,
        PROGRAMS,
    ),
    _cause(
        "program",
        r"(pg_config|mysql_config) (?:executable )?not found",
        "The program `{0}` is missing" + _APT,
        PROGRAMS,
    ),
    _cause(
        "python",
        r"No module named '(?:distutils)\b",
        "Its build needs `distutils`, which Python 3.12 removed: "
        "try a newer version of it, or Python 3.11",
    ),
    _cause(
        "python",
        r"No module named '(?:pkg_resources)\b",
        "Its build needs `pkg_resources`, which newer versions of setuptools have removed: "
        "try a newer version of it",
    ),
    _cause(
        "python",
        r"invalid command 'bdist_wheel'",
        "Its build needs the project `wheel`, which its `[build-system]` does not require: "
        "tell its authors, or try another version",
    ),
    _cause(
        "python",
        r"No module named '([\w.]+)'",
        "Its build imports `{0}`, which its `[build-system]` does not require: "
        "tell its authors, or try another version",
    ),
    _cause(
        "network",
        r"(?i)temporary failure in name resolution|network is unreachable|getaddrinfo failed"
        r"|could not resolve host|nodename nor servname|urlopen error|connection refused",
        "Its build tries to reach the network, which did not answer",
    ),
    _cause(
        "memory",
        r"(?i)killed signal terminated program|cannot allocate memory|virtual memory exhausted"
        r"|^MemoryError|signal: 9, SIGKILL",
        "The machine ran out of memory",
    ),
    _cause("disk", r"No space left on device", "The disk is full"),
)


# What is missing in these kinds must be there for the machine that is built for.
_OF_A_MACHINE = frozenset({"header", "library", "module"})


def find_hints(log: str, *, limit: int = 3, crossing: bool = False) -> tuple[str, ...]:
    """Return what the log's lines point to, the first ``limit`` kinds, one hint each.

    For a build for another machine (``crossing``) no package of this one would help.
    """
    found: dict[str, str] = {}
    lines = log.splitlines()
    for cause in CAUSES:
        if cause.kind in found:
            continue
        hint = next((text for line in lines if (text := _read(cause, line))), None)
        if hint is not None and crossing and cause.kind in _OF_A_MACHINE:
            found[cause.kind] = hint.partition(" (Debian")[0]
            found["another machine"] = _BROUGHT_ALONG
        elif hint is not None and hint not in found.values():
            found[cause.kind] = hint
    return tuple(found.values())[:limit]


def _read(cause: Cause, line: str) -> str | None:
    match = cause.pattern.search(line)
    if match is None:
        return None
    groups = match.groups()
    if "{package}" not in cause.hint:
        return cause.hint.format(*groups)
    package = _package(groups[0], cause.packages)
    if package is not None:
        return cause.hint.format(*groups, package=package)
    if cause.kind == "program":
        return None  # the pattern is loose: only programs that we know are meant
    return cause.hint.removesuffix(_APT).format(*groups)


def _package(name: str, packages: Mapping[str, str]) -> str | None:
    if name in packages:
        return packages[name]
    folded = name.lower()
    return next(
        (
            package
            for key, package in packages.items()
            if (key.endswith("/") and name.startswith(key)) or key.lower() == folded
        ),
        None,
    )
