"""The laws that the published policies keep."""

from __future__ import annotations

from itertools import pairwise

import pytest

from wheelright.targets.needs import Policy, policies, policy_for
from wheelright.targets.needs.policies import (
    Family,
    macos_provides,
    watched_symbols,
    windows_provides,
)

PAIRS = [pair for family in ("glibc", "musl") for pair in pairwise(policies(family))]


@pytest.mark.parametrize(("older", "newer"), PAIRS, ids=lambda policy: policy.name)
def test_each_policy_contains_the_older(older: Policy, newer: Policy) -> None:
    assert older.version < newer.version
    assert older.libraries <= newer.libraries
    assert older.words <= newer.words
    assert older.arches <= newer.arches
    for library, symbols in newer.forbidden.items():
        assert symbols <= older.forbidden[library]
    for arch in older.arches:
        for namespace in older.ceilings[""]:
            low, high = older.ceiling(namespace, arch), newer.ceiling(namespace, arch)
            assert low is not None
            assert high is not None
            assert low <= high, (arch, namespace)


@pytest.mark.parametrize("policy", policies("glibc"), ids=lambda policy: policy.name)
def test_glibc_policies_allow_their_own_version(policy: Policy) -> None:
    number = f"GLIBC_{policy.version[0]}.{policy.version[1]}"
    following = f"GLIBC_{policy.version[0]}.{policy.version[1] + 2}"
    # glibc 2.37 brought nothing new on several architectures.
    known = [arch for arch in policy.arches if policy.version != (2, 37)]
    assert all(policy.allows(number, arch) for arch in known)
    assert not any(policy.allows(following, arch) for arch in policy.arches)


@pytest.mark.parametrize(
    ("family", "floor", "name"),
    [
        ("glibc", (2, 4), "manylinux_2_5"),
        ("glibc", (2, 17), "manylinux_2_17"),
        ("glibc", (2, 30), "manylinux_2_28"),
        ("glibc", (2, 99), "manylinux_2_41"),
        ("musl", (1, 2), "musllinux_1_2"),
    ],
)
def test_the_policy_for_a_floor(family: Family, floor: tuple[int, int], name: str) -> None:
    assert policy_for(family, floor).name == name


@pytest.mark.parametrize(
    ("version", "arch", "allowed"),
    [
        ("GLIBC_2.17", "x86_64", True),
        ("GLIBC_2.18", "x86_64", False),
        ("GLIBC_2.18", "aarch64", True),  # brought back to the distribution of manylinux_2_17
        ("GLIBC_PRIVATE", "x86_64", False),
        ("GLIBC_ABI_DT_RELR", "x86_64", False),
        ("GLIBCXX_3.4.19", "x86_64", True),
        ("GLIBCXX_3.4.20", "x86_64", False),
        ("CXXABI_TM_1", "x86_64", True),
        ("LIBATOMIC_1.0", "x86_64", False),
        ("LIBATOMIC_1.0", "aarch64", True),
        ("OPENSSL_3.0.0", "x86_64", True),  # not the policy's business
    ],
)
def test_what_manylinux_2_17_allows(version: str, arch: str, allowed: bool) -> None:
    assert policy_for("glibc", (2, 17)).allows(version, arch) is allowed


@pytest.mark.parametrize(
    ("family", "library", "provided"),
    [
        ("glibc", "libc.so.6", True),
        ("glibc", "ld-linux-x86-64.so.2", True),
        ("glibc", "ld64.so.1", True),
        ("glibc", "libpq.so.5", False),
        ("glibc", "libc.so", False),
        ("musl", "libc.so", True),
        ("musl", "libc.musl-x86_64.so.1", True),
        ("musl", "libc.so.6", False),
        ("musl", "libstdc++.so.6", False),
    ],
)
def test_libraries_of_the_machine(family: Family, library: str, provided: bool) -> None:
    assert policies(family)[-1].provides(library) is provided


@pytest.mark.parametrize(
    ("library", "provided"),
    [
        ("KERNEL32.dll", True),
        ("api-ms-win-crt-runtime-l1-1-0.dll", True),
        ("python312.dll", True),
        ("python3.dll", True),
        ("python313t.dll", True),
        ("VCRUNTIME140_1.dll", True),
        ("MSVCP140.dll", False),
        ("libcrypto-3-x64.dll", False),
    ],
)
def test_libraries_of_windows(library: str, provided: bool) -> None:
    assert windows_provides(library) is provided


@pytest.mark.parametrize(
    ("library", "provided"),
    [
        ("/usr/lib/libSystem.B.dylib", True),
        ("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation", True),
        ("/usr/local/lib/libpq.5.dylib", False),
        ("@rpath/libx.dylib", False),
    ],
)
def test_libraries_of_macos(library: str, provided: bool) -> None:
    assert macos_provides(library) is provided


def test_symbols_to_watch_for() -> None:
    watched = watched_symbols()
    assert "inflate_table" in watched["libz.so.1"]
    assert "gettid" in watched["musl"]
