"""Reading the binaries of the wheels that a proof chose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.workbench import lines

if TYPE_CHECKING:
    from support.workbench import Workbench

BINARIES = Path(__file__).parents[1] / "targets" / "needs" / "binaries"
PLC = "x86_64-manylinux_2_17"


def data(name: str) -> bytes:
    return (BINARIES / name).read_bytes()


@pytest.fixture
def locked(bench: Workbench) -> Workbench:
    """Serve wheels with small real binaries, and lock them."""
    for name, tag, path, binary in (
        ("kept", "cp37-abi3-manylinux_2_17_x86_64", "kept/_x.abi3.so", "glibc_x86_64.so"),
        ("broken", "cp37-abi3-manylinux_2_17_x86_64", "broken/_x.abi3.so", "glibc_random.so"),
        ("helper", "py3-none-any", "helper/attach.so", "glibc_random.so"),
        ("sneaky", "py3-none-any", "sneaky/_x.abi3.so", "glibc_x86_64.so"),
    ):
        bench.index.add(name, "1.0", tags=tag, files={path: data(binary)})
    bench.index.add("plain", "1.0")
    return bench


def test_promises_kept(locked: Workbench) -> None:
    locked.write("kept", "plain", python=">=3.12,<3.13")
    locked.ok("lock")
    answer = locked.ok(f"check --binaries --for {PLC}")
    assert answer.out == lines(
        "ok x86_64-manylinux_2_17: glibc 2.17, x86_64, Python 3.12: 2 packages: 1 wheel,"
        " 1 pure wheel",
        "  the most that a binary needs is glibc 2.2 (`_x.abi3.so` of kept)",
        "Read 1 binary in 1 wheel",
        "1 target proved in [TIME]",
    )
    # Measured once: the second time nothing is fetched.
    locked.index.clear_log()
    locked.ok(f"check --binaries --offline --for {PLC}")
    assert locked.index.log == []


def test_a_promise_broken_on_a_target_is_a_failure(locked: Workbench) -> None:
    locked.write("broken", python=">=3.12,<3.13")
    locked.ok("lock")
    answer = locked(f"check --binaries --for {PLC},x86_64-manylinux_2_28")
    assert answer.code == 1
    assert answer.out == lines(
        "FAIL x86_64-manylinux_2_17: glibc 2.17, x86_64, Python 3.12: 1 package: 1 missing",
        "  X broken 1.0: `_x.abi3.so` needs GLIBC_2.25, x86_64-manylinux_2_17 has 2.17, though the"
        " wheel is tagged cp37-abi3-manylinux_2_17_x86_64",
        "      ask for another version, and tell the maintainers of this one",
        "  the most that a binary needs is glibc 2.25 (`_x.abi3.so` of broken)",
        "ok x86_64-manylinux_2_28: glibc 2.28, x86_64, Python 3.12: 1 package: 1 wheel",
        "  the most that a binary needs is glibc 2.25 (`_x.abi3.so` of broken)",
        "Read 1 binary in 1 wheel",
        "warning: `broken-1.0-cp37-abi3-manylinux_2_17_x86_64.whl` is tagged manylinux_2_17,"
        " needs GLIBC_2.25 in `_x.abi3.so`",
        "1 of 2 targets is not served: x86_64-manylinux_2_17",
    )


def test_wheels_for_any_machine_may_do_without_their_binaries(locked: Workbench) -> None:
    locked.write("helper", "sneaky", python=">=3.12,<3.13")
    locked.ok("lock")
    answer = locked.ok(f"check --binaries --for {PLC}")
    assert answer.out == lines(
        "ok x86_64-manylinux_2_17: glibc 2.17, x86_64, Python 3.12: 2 packages: 2 pure wheels",
        "  note: `attach.so` of helper needs glibc 2.25; its wheel is tagged for any machine, and"
        " may do without",
        "Read 2 binaries in 2 wheels",
        "warning: `sneaky-1.0-py3-none-any.whl` is tagged any, holds machine code in `_x.abi3.so`",
        "1 target proved in [TIME]",
    )


def test_what_cannot_be_fetched_is_not_proved(locked: Workbench) -> None:
    locked.write("kept", python=">=3.12,<3.13")
    locked.ok("lock")
    answer = locked(f"check --binaries --offline --for {PLC}")
    assert answer.code == 1
    assert answer.out == lines(
        "FAIL x86_64-manylinux_2_17: glibc 2.17, x86_64, Python 3.12: 1 package: 1 missing",
        "  X kept 1.0: `kept-1.0-cp37-abi3-manylinux_2_17_x86_64.whl` is not in the store, and the"
        " network may not be used",
        "      leave `--offline` out",
        "No wheel has binaries to read",
        "1 of 1 target is not served: x86_64-manylinux_2_17",
    )
