from __future__ import annotations

import platform

import pytest
from hypothesis import given
from packaging.markers import default_environment

from support.platforms import platforms
from wheelright.targets import Platform, detect_machine, marker_values, parse_platform


@given(platforms())
def test_every_variable_has_a_value_on_every_platform(target: Platform) -> None:
    assert set(marker_values(target, "3.12.4")) == set(default_environment())


def test_this_machine_is_described_as_packaging_describes_it() -> None:
    expected = dict(default_environment())
    expected.update(platform_release="", platform_version="")
    found = marker_values(detect_machine().platform, platform.python_version())
    assert found == expected


@pytest.mark.parametrize(
    ("name", "os_name", "sys_platform", "system", "machine"),
    [
        ("linux", "posix", "linux", "Linux", "x86_64"),
        ("aarch64-unknown-linux-musl", "posix", "linux", "Linux", "aarch64"),
        ("macos", "posix", "darwin", "Darwin", "arm64"),
        ("windows", "nt", "win32", "Windows", "AMD64"),
        ("win_arm64", "nt", "win32", "Windows", "ARM64"),
        ("win32", "nt", "win32", "Windows", "x86"),
        ("aarch64-linux-android", "posix", "android", "Android", "aarch64"),
        ("arm64-apple-ios", "posix", "ios", "iOS", "arm64"),
        ("wasm32-pyodide2024", "posix", "emscripten", "Emscripten", "wasm32"),
    ],
)
def test_systems_spell_their_own_names(
    name: str, os_name: str, sys_platform: str, system: str, machine: str
) -> None:
    values = marker_values(parse_platform(name), "3.12.4")
    assert values["os_name"] == os_name
    assert values["sys_platform"] == sys_platform
    assert values["platform_system"] == system
    assert values["platform_machine"] == machine


@pytest.mark.parametrize(
    ("full", "short", "whole"),
    [("3.12.4", "3.12", "3.12.4"), ("3.14.0rc1", "3.14", "3.14.0rc1"), ("3.9", "3.9", "3.9.0")],
)
def test_versions(full: str, short: str, whole: str) -> None:
    values = marker_values(parse_platform("linux"), full)
    assert (values["python_version"], values["python_full_version"]) == (short, whole)
    assert values["implementation_version"] == whole


def test_other_implementations_have_versions_of_their_own() -> None:
    values = marker_values(parse_platform("linux"), "3.10.14", "pypy", "7.3.17")
    assert values["implementation_version"] == "7.3.17"
    assert values["platform_python_implementation"] == "PyPy"
