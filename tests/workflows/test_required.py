"""``required-environments``: versions that must have a wheel there, or an sdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workbench import lines
from wheelright.lockfile import read_lock
from wheelright.targets import parse_wheel_name
from wheelright.workflows.required import unserved

if TYPE_CHECKING:
    from support.workbench import Workbench

INTEL = "sys_platform == 'darwin' and platform_machine == 'x86_64'"
DOUBLE = INTEL.replace("'", '"')
MORE = f'[tool.wheelright]\nrequired-environments = ["{INTEL}"]\n'
NEW = "cp311-cp311-macosx_11_0_arm64"
OLD = "cp311-cp311-macosx_10_9_universal2"


@pytest.mark.parametrize(
    ("tag", "marker", "served"),
    [
        ("py3-none-any", INTEL, True),
        ("cp311-cp311-macosx_11_0_arm64", INTEL, False),
        ("cp311-cp311-macosx_10_9_universal2", INTEL, True),
        ("cp311-cp311-macosx_10_9_x86_64", INTEL, True),
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "sys_platform == 'linux'", True),
        ("cp311-cp311-manylinux1_i686", "platform_machine == 'aarch64'", False),
        ("cp311-cp311-musllinux_1_2_aarch64", "platform_machine == 'aarch64'", True),
        ("cp311-cp311-linux_armv7l", "platform_machine == 'armv7l'", True),
        ("cp311-cp311-win_amd64", "platform_system == 'Windows'", True),
        ("cp311-cp311-win_amd64", "platform_machine == 'ARM64'", False),
        ("cp311-cp311-win32", "os_name == 'nt'", True),
        ("cp311-cp311-win32", "os_name == 'posix' or sys_platform == 'win32'", True),
        ("cp311-cp311-win32", "python_version >= '3.12'", False),
        ("cp38-abi3-win32", "python_version >= '3.12'", True),
        ("py3-none-win32", "python_version < '3.9' and sys_platform == 'win32'", True),
        ("py2-none-any", "python_version >= '3.8'", False),
    ],
)
def test_what_a_wheel_can_serve(tag: str, marker: str, served: bool) -> None:
    wheel = parse_wheel_name(f"a-1-{tag}.whl")

    assert unserved([wheel], [marker]) == (() if served else (marker,))


def versions(bench: Workbench) -> dict[str | None, str | None]:
    lock = read_lock(bench.lockfile.read_text(), bench.lockfile).lock
    return {package.version: package.marker for package in lock.packages}


def test_a_version_without_such_a_wheel_is_passed_over(bench: Workbench) -> None:
    bench.index.add("core", "1.0", tags=OLD)
    bench.index.add("core", "2.0", tags=NEW)
    bench.write("core", more=MORE)
    bench.ok("lock")

    assert versions(bench) == {"1.0": None}


def test_it_matters_only_where_it_is_reached(bench: Workbench) -> None:
    bench.index.add("core", "1.0", tags=OLD)
    bench.index.add("core", "2.0", tags=NEW)
    bench.write("core; platform_machine == 'arm64'", more=MORE)
    bench.ok("lock")

    assert versions(bench) == {"2.0": "platform_machine == 'arm64'"}


def test_nothing_that_serves_is_an_error_that_says_so(bench: Workbench) -> None:
    bench.index.add("core", "2.0", tags=NEW)
    bench.write("core", more=MORE)

    answer = bench("lock")

    assert answer.code == 1
    assert answer.err == lines(
        f"error: no versions satisfy the requirements of `app` where `{INTEL}`",
        f"  Because `core` cannot be used (it has no wheel for the required `{DOUBLE}`) and `app`"
        " requires `core`, the requirements of `app` cannot be met.",
    )
