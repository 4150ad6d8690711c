"""Strategies for platforms and wheel tags."""

from __future__ import annotations

from hypothesis import strategies as st

from wheelright.targets import Platform

LINUX_ARCHS = [
    "x86_64",
    "aarch64",
    "i686",
    "armv7l",
    "armv8l",
    "armv6l",
    "ppc64",
    "ppc64le",
    "s390x",
    "riscv64",
    "loongarch64",
]


def linux() -> st.SearchStrategy[Platform]:
    """Linux with glibc or musl of any minor number."""
    arch = st.sampled_from(LINUX_ARCHS)
    glibc = st.builds(
        lambda a, minor: Platform("linux", a, "glibc", (2, minor)), arch, st.integers(0, 120)
    )
    musl = st.builds(
        lambda a, minor: Platform("linux", a, "musl", (1, minor)), arch, st.integers(0, 20)
    )
    return glibc | musl


def macos() -> st.SearchStrategy[Platform]:
    """Every macOS that ran on the processor."""
    modern = st.tuples(st.integers(11, 40), st.integers(0, 9))
    intel = st.builds(
        lambda floor: Platform("macos", "x86_64", None, floor),
        modern | st.tuples(st.just(10), st.integers(4, 16)),
    )
    return intel | st.builds(lambda floor: Platform("macos", "arm64", None, floor), modern)


def platforms() -> st.SearchStrategy[Platform]:
    """Every platform that has a name."""
    windows = st.sampled_from(("x86_64", "arm64", "x86")).map(
        lambda arch: Platform("windows", arch)
    )
    android = st.builds(
        lambda arch, level: Platform("android", arch, None, (level, 0)),
        st.sampled_from(("aarch64", "x86_64", "i686", "armv7l")),
        st.integers(16, 60),
    )
    ios = st.builds(
        lambda floor, simulator: Platform("ios", "arm64", None, floor, simulator),
        st.tuples(st.integers(12, 40), st.integers(0, 9)),
        st.booleans(),
    )
    unknown = st.sampled_from(LINUX_ARCHS).map(lambda arch: Platform("linux", arch))
    pyodide = st.integers(2023, 2099).map(
        lambda year: Platform("pyodide", "wasm32", None, (year, 0))
    )
    return linux() | macos() | windows | android | ios | unknown | pyodide
