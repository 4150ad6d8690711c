from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from support.locks import lock, locks, package
from wheelright.lockfile import Change, compare


def test_added_removed_updated_and_split() -> None:
    old = lock(package("flask", "3.0"), package("gone"), package("same"), package("numpy", "1.26"))
    new = lock(
        package("flask", "3.1"),
        package("new"),
        package("same"),
        package("numpy", "1.26"),
        package("numpy", "2.0"),
    )
    changes = compare(old, new)
    assert changes == [
        Change("flask", ("3.0",), ("3.1",)),
        Change("gone", ("1.0",), ()),
        Change("new", (), ("1.0",)),
        Change("numpy", ("1.26",), ("1.26", "2.0")),
    ]
    assert [change.kind for change in changes] == ["updated", "removed", "added", "updated"]


@settings(max_examples=40)
@given(locks)
def test_a_lock_does_not_differ_from_itself(some: Any) -> None:
    assert compare(some, some) == []
    assert {change.kind for change in compare(None, some)} <= {"added"}
