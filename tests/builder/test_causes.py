from __future__ import annotations

import pytest

from wheelright.builder.causes import CAUSES, HEADERS, LIBRARIES, PROGRAMS, find_hints

COMPILER = "A C or C++ compiler is missing (Debian and Ubuntu: `apt install build-essential`)"
RUST = "A Rust compiler and Cargo are missing (Debian and Ubuntu: `apt install cargo`, or rustup)"
NETWORK = "Its build tries to reach the network, which did not answer"


def apt(package: str) -> str:
    return f"(Debian and Ubuntu: `apt install {package}`)"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("error: command 'gcc' failed: No such file or directory", COMPILER),
        ("error: command '/usr/bin/x86_64-linux-gnu-g++' failed: No such file", COMPILER),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cc'", COMPILER),
        ("/bin/sh: 1: gcc: not found", COMPILER),
        ("sh: line 1: clang: command not found", COMPILER),
        ("  No CMAKE_CXX_COMPILER could be found.", COMPILER),
        ("ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]", COMPILER),
        ("configure: error: no acceptable C compiler found in $PATH", COMPILER),
        ("error: linker `cc` not found", COMPILER),
        (
            "error: Microsoft Visual C++ 14.0 or greater is required. Get it",
            "The Microsoft C++ Build Tools are missing",
        ),
        (
            "a.c:1:10: fatal error: Python.h: No such file or directory",
            f"The header `Python.h` is missing {apt('python3-dev')}",
        ),
        (
            "a.c:1:10: fatal error: openssl/opensslv.h: No such file or directory",
            f"The header `openssl/opensslv.h` is missing {apt('libssl-dev')}",
        ),
        (
            "a.c:1:10: fatal error: 'yaml.h' file not found",
            f"The header `yaml.h` is missing {apt('libyaml-dev')}",
        ),
        (
            "a.c:1:10: fatal error: rare/thing.h: No such file or directory",
            "The header `rare/thing.h` is missing",
        ),
        (
            "/usr/bin/ld: cannot find -lpq: No such file",
            f"The library `pq` is missing {apt('libpq-dev')}",
        ),
        ("/usr/bin/ld: cannot find -lrare", "The library `rare` is missing"),
        (
            "Package libffi was not found in the pkg-config search path.",
            f"pkg-config does not know the library `libffi` {apt('libffi-dev')}",
        ),
        (
            "Package 'libxml-2.0', required by 'virtual:world', not found",
            f"pkg-config does not know the library `libxml-2.0` {apt('libxml2-dev')}",
        ),
        ("No package 'rare' found", "pkg-config does not know the library `rare`"),
        (
            '../meson.build:41:11: ERROR: Dependency "openblas" not found, tried pkgconfig',
            f"The library `openblas` is missing {apt('libopenblas-dev')}",
        ),
        ("error: can't find Rust compiler", RUST),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", RUST),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cargo'", RUST),
        ("/bin/sh: 1: pkg-config: not found", f"`pkg-config` is missing {apt('pkg-config')}"),
        ("The pkg-config command could not be found", None),
        (
            "Did not find pkg-config by name 'pkg-config'",
            f"`pkg-config` is missing {apt('pkg-config')}",
        ),
        ("/bin/sh: 1: swig: not found", f"The program `swig` is missing {apt('swig')}"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'cmake'",
            f"The program `cmake` is missing {apt('cmake')}",
        ),
        ("CMake must be installed to build this", f"CMake is missing {apt('cmake')}"),
        (
            "Problem with the CMake installation, aborting build.",
            f"CMake is missing {apt('cmake')}",
        ),
        (
            "Error: pg_config executable not found.",
            f"The program `pg_config` is missing {apt('libpq-dev')}",
        ),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'README'", None),
        (
            "ModuleNotFoundError: No module named 'distutils'",
            (
                "Its build needs `distutils`, which Python 3.12 removed: "
                "try a newer version of it, or Python 3.11"
            ),
        ),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            (
                "Its build needs `pkg_resources`, which newer versions of setuptools have removed: "
                "try a newer version of it"
            ),
        ),
        (
            "ModuleNotFoundError: No module named 'numpy'",
            (
                "Its build imports `numpy`, which its `[build-system]` does not require: "
                "tell its authors, or try another version"
            ),
        ),
        (
            "error: invalid command 'bdist_wheel'",
            (
                "Its build needs the project `wheel`, which its `[build-system]` does not require: "
                "tell its authors, or try another version"
            ),
        ),
        ("curl: (6) Could not resolve host: files.example", NETWORK),
        (
            "cc: fatal error: Killed signal terminated program cc1plus",
            "The machine ran out of memory",
        ),
        ("a.c: No space left on device", "The disk is full"),
        ("all is well", None),
    ],
)
def test_a_line_of_a_log_means(line: str, hint: str | None) -> None:
    assert find_hints(f"before\n{line}\nafter") == (() if hint is None else (hint,))


def test_each_kind_hints_once_and_three_are_enough() -> None:
    log = """
a.c:1:10: fatal error: zlib.h: No such file or directory
b.c:1:10: fatal error: ffi.h: No such file or directory
/bin/sh: 1: gcc: not found
/usr/bin/ld: cannot find -lz
No space left on device
"""

    assert find_hints(log) == (
        COMPILER,
        f"The header `zlib.h` is missing {apt('zlib1g-dev')}",
        f"The library `z` is missing {apt('zlib1g-dev')}",
    )


def test_every_package_is_spelt_like_one() -> None:
    for table in (HEADERS, LIBRARIES, PROGRAMS):
        for packages in table.values():
            for package in packages.split():
                assert package == package.lower().strip()
                assert all(letter.isalnum() or letter in "+-." for letter in package)


def test_every_hint_can_be_filled_by_its_pattern() -> None:
    for cause in CAUSES:
        if "{0}" in cause.hint or "{package}" in cause.hint:
            assert cause.pattern.groups >= 1, cause
        assert ("{package}" in cause.hint) == bool(cause.packages), cause


def test_the_standard_library_of_another_target() -> None:
    line = "= note: the `aarch64-unknown-linux-gnu` target may not be installed"
    assert find_hints(line) == (
        (
            "The Rust standard library for `aarch64-unknown-linux-gnu` is missing"
            " (`rustup target add aarch64-unknown-linux-gnu`)"
        ),
    )


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("a.c:1:10: fatal error: 'ffi.h' file not found", "The header `ffi.h` is missing"),
        ("ld: cannot find -lpq: No such file", "The library `pq` is missing"),
    ],
)
def test_no_package_of_this_machine_helps_a_build_for_another(line: str, missing: str) -> None:
    what, along = find_hints(line, crossing=True)
    assert what == missing
    assert along.startswith("A build for another machine uses no headers and libraries of this one")
