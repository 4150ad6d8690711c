from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from support.locks import inputs, lock
from wheelright.lockfile import Lock, LockInputs, staleness

BEFORE = LockInputs(
    project="app",
    requires_python=">=3.9",
    requirements=("flask>=2", "rich"),
    extras={"web": ("uvicorn",)},
    groups={"dev": ("pytest",), "docs": ("sphinx",)},
    constraints=("click<9",),
    environments=("sys_platform == 'linux'",),
    exclude_newer="2025-01-01",
    targets={"plc": "x86_64-manylinux_2_17"},
    sources={"rich": "index inner"},
    metadata={"numba==1": ("blas",)},
)


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"requirements": ("flask>=2", "rich", "httpx")}, ["requirement `httpx` was added"]),
        ({"requirements": ("flask>=2",)}, ["requirement `rich` was removed"]),
        ({"requirements": ("Flask>=3", "rich")}, ["requirement `flask>=2` became `Flask>=3`"]),
        (
            {"groups": {"dev": ("pytest", "flask>=3"), "docs": ("sphinx",)}},
            ["requirement `flask>=3` was added to group `dev`"],
        ),
        (
            {"groups": {"dev": ("pytest>=8",)}},
            ["requirement `pytest` became `pytest>=8` in group `dev`", "group `docs` was removed"],
        ),
        (
            {"extras": {"web": (), "cli": ("click",)}},
            ["extra `cli` was added", "requirement `uvicorn` was removed from extra `web`"],
        ),
        ({"requires_python": ">=3.11"}, ["`requires-python` changed from `>=3.9` to `>=3.11`"]),
        ({"exclude_newer": None}, ["`exclude-newer` is no longer set (it was `2025-01-01`)"]),
        ({"resolution": "lowest"}, ["`resolution` was set to `lowest`"]),
        ({"constraints": ("click<10",)}, ["constraint `click<9` became `click<10`"]),
        (
            {"environments": ("sys_platform == 'win32'",)},
            [
                "environment `sys_platform == 'win32'` was added",
                "environment `sys_platform == 'linux'` was removed",
            ],
        ),
        (
            {"targets": {"plc": "x86_64-manylinux_2_28", "mac": "macos"}},
            [
                "target `mac` was set to `macos`",
                "target `plc` changed from `x86_64-manylinux_2_17` to `x86_64-manylinux_2_28`",
            ],
        ),
        ({"sources": {}}, ["source of `rich` is no longer set (it was `index inner`)"]),
        ({"metadata": {}}, ["`dependency-metadata` of `numba==1` changed"]),
        ({"project": "api"}, ["the project's name changed from `app` to `api`"]),
    ],
)
def test_every_change_is_told_in_words(changed: dict[str, Any], reasons: list[str]) -> None:
    stale = staleness(lock(inputs=BEFORE), replace(BEFORE, **changed))
    assert stale is not None
    assert list(stale.reasons) == reasons
    assert stale.reason == reasons[0]


def test_order_does_not_matter() -> None:
    other = replace(BEFORE, requirements=BEFORE.requirements[::-1], groups=dict(reversed(BEFORE.groups.items())))  # fmt: skip # noqa: E501
    assert staleness(lock(inputs=BEFORE), other) is None


def test_a_lock_of_another_tool_is_not_current() -> None:
    stale = staleness(Lock(created_by="uv"), LockInputs())
    assert stale is not None
    assert stale.reasons == ("it was written by `uv`, which records no inputs",)


def test_a_merged_lock_is_not_current() -> None:
    stale = staleness(lock(inputs=BEFORE, intact=False), BEFORE)
    assert stale is not None
    assert stale.reasons == ("it was merged or edited: its digest does not belong to its inputs",)


@settings(max_examples=40)
@given(inputs, st.data())
def test_every_input_counts(old: LockInputs, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(LockInputs.__struct_fields__))
    new = replace(old, **{name: getattr(data.draw(inputs), name)})
    same = old.digest() == new.digest()
    assert (staleness(lock(inputs=old), new) is None) is same
    assert staleness(lock(inputs=old), old) is None
