"""Real wheels from PyPI, compared with what `readelf` says of their files and with their tags."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from wheelright.targets import parse_wheel_name
from wheelright.targets.needs import BinaryNeeds, Broken, floor_of, promise_kept, read_needs
from wheelright.targets.needs.binary import highest_versions

if TYPE_CHECKING:
    from pathlib import Path

PROJECTS = (
    "argon2-cffi-bindings==25.1.0", "bcrypt==4.3.0", "cffi==1.17.1", "charset-normalizer==3.4.2",
    "cryptography==45.0.5", "debugpy==1.8.14", "frozenlist==1.7.0", "greenlet==3.2.3",
    "kiwisolver==1.4.8", "lxml==6.0.0", "markupsafe==3.0.2", "msgpack==1.1.1", "msgspec==0.19.0",
    "multidict==6.6.3", "numpy==2.3.1", "orjson==3.10.18", "pillow==11.3.0", "psutil==7.0.0",
    "pydantic-core==2.33.2", "pyyaml==6.0.2", "pyzmq==27.0.0", "regex==2024.11.6",
    "rpds-py==0.26.0", "tornado==6.5.1", "wrapt==1.17.2",
)  # fmt: skip
PLATFORMS = {
    "linux": (
        "manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_26_x86_64",
        "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux_2_5_x86_64",
    ),
    "musl": ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    "macos": ("macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_10_12_universal2",
              "macosx_10_9_universal2"),
    "windows": ("win_amd64",),
}  # fmt: skip
# What these wheels really promise and do not keep.
BROKEN = ["tagged macosx_10_9_universal2, needs macOS 10.13 in `_rust.abi3.so`"]
FEW = ("cffi", "cryptography", "markupsafe", "numpy", "pydantic-core", "pyyaml")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Download about 40 wheels: all for glibc, a few for the other systems."""
    folder = tmp_path_factory.mktemp("wheels")
    for system, platforms in PLATFORMS.items():
        chosen = [p for p in PROJECTS if system == "linux" or p.partition("==")[0] in FEW]
        options = [part for platform in platforms for part in ("--platform", platform)]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
             "--only-binary", ":all:", "--python-version", "3.12", *options, *chosen],
            check=True,
        )  # fmt: skip
    return sorted(folder.glob("*.whl"))


@pytest.mark.network
def test_real_wheels(wheels: list[Path], tmp_path: Path) -> None:
    readelf = shutil.which("readelf")
    checked = 0
    broken: list[Broken] = []
    for wheel in wheels:
        root = tmp_path / wheel.name
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root)
            needs = read_needs(root, [m for m in archive.namelist() if not m.endswith("/")])
        assert needs.binaries, wheel.name
        assert not [binary for binary in needs.binaries if binary.fault], wheel.name
        broken.extend(promise_kept(parse_wheel_name(wheel.name).platforms, needs))
        if "universal2" not in wheel.name:
            assert floor_of(needs) is not None, wheel.name
        for binary in needs.binaries:
            if binary.format == "elf" and readelf is not None:
                assert _facts(binary) == _readelf(readelf, root / binary.path), binary.path
                checked += 1
    assert [each.text for each in broken] == BROKEN
    assert len(wheels) >= 40
    assert readelf is None or checked >= 100


_Facts = tuple[list[str], list[str], dict[str, tuple[str, ...]]]


def _facts(binary: BinaryNeeds) -> _Facts:
    own = [] if binary.own_name is None else [binary.own_name]
    return list(binary.libraries), own, binary.versions


def _readelf(readelf: str, path: Path) -> _Facts:
    text = subprocess.run(
        [readelf, "-W", "-V", "-d", path], capture_output=True, text=True, check=True
    ).stdout
    libraries = re.findall(r"\(NEEDED\) .*\[(.*)\]", text)
    own = re.findall(r"\(SONAME\) .*\[(.*)\]", text)
    versions: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.partition("Version needs section")[2].splitlines():
        if match := re.search(r" File: (\S+)", line):
            current = versions.setdefault(match[1], [])
        elif (match := re.search(r" Name: (\S+)  Flags: (.*?)  ", line)) and "WEAK" not in match[2]:
            current.append(match[1])
    return libraries, own, {name: highest_versions(found) for name, found in versions.items()}
