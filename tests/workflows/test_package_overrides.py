"""Overrides and exclusions that count for what one package requires, as uv writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.workbench import lines

if TYPE_CHECKING:
    from support.workbench import Workbench


@pytest.fixture
def world(bench: Workbench) -> Workbench:
    for version in ("1.0", "2.0", "3.0"):
        bench.index.add("base", version)
    bench.index.add("a", "1.0", requires=["base>=3", "extra-thing"])
    bench.index.add("a", "2.0", requires=["base>=3", "extra-thing"])
    bench.index.add("b", "1.0", requires=["base<3"])
    bench.index.add("extra-thing", "1.0")
    bench.index.add("more", "1.0")
    return bench


def test_an_override_for_one_package(world: Workbench) -> None:
    world.write("a", "b")
    assert world("lock").code == 1

    more = """
[tool.uv]
override-dependencies = [{ package = { name = "a" }, dependencies = ["base>=2", "more"] }]
"""
    world.write("a", "b", more=more)
    world.ok("lock")

    assert world.locked() == {
        "a": "2.0",
        "b": "1.0",
        "base": "2.0",
        "extra-thing": "1.0",
        "more": "1.0",
    }
    (a,) = world.lock().by_name["a"]
    assert a.requires == ("base>=2", "extra-thing", "more")
    assert world.ok("lock --check").code == 0


def test_an_override_for_one_version_counts_before_those_for_all(world: Workbench) -> None:
    more = """
[tool.wheelright]
override-dependencies = [
    "base==3.0",
    { package = { name = "a", version = "1.0" }, dependencies = ["base==1.0"] },
    { package = "a", dependencies = ["base==2.0"] },
]
"""
    world.write("a==1.0", more=more)
    world.ok("lock")
    assert world.locked()["base"] == "1.0"

    world.write("a", more=more)
    world.ok("lock -U")
    assert world.locked()["base"] == "2.0"

    world.write("b", more=more)
    world.ok("lock")
    assert world.locked()["base"] == "3.0"


def test_what_one_package_shall_not_require(world: Workbench) -> None:
    more = """
[tool.wheelright]
exclude-dependencies = [{ package = "a", dependencies = ["extra-thing"] }]
"""
    world.write("a", more=more)
    world.ok("lock")
    assert world.locked() == {"a": "2.0", "base": "3.0"}

    world.write("a", more=more.replace("[{", '["base", {'))
    answer = world("lock --check")
    assert answer.err == lines(
        "The lock is not current: setting `exclude-dependencies` was set to `base`"
    )


def test_it_is_in_the_explanation(world: Workbench) -> None:
    more = """
[tool.wheelright]
override-dependencies = [{ package = "a", dependencies = ["base>=4"] }]
"""
    world.write("a", more=more)

    answer = world("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app`",
            "  Because `app` requires `a` and all versions of `a` require `base>=4`, but no version"
            " of `base` matches, the requirements of `app` cannot be met.",
            "hint: the versions of `base` go from 1.0 to 3.0",
        ),
    )


def test_a_mistake_in_it(world: Workbench) -> None:
    more = """
[tool.wheelright]
override-dependencies = [{ package = "a", requires = ["base>=4"] }]
"""
    world.write("a", more=more)

    answer = world("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: `tool.wheelright.override-dependencies[0].requires` is not a known key",
            "  in [PROJECT]/pyproject.toml:8:43",
            "    |",
            '  8 | override-dependencies = [{ package = "a", requires = ["base>=4"] }]',
            "    |                                           ^^^^^^^^",
            "hint: known here: `package`, `dependencies`",
        ),
    )


def test_the_front_without_a_project(world: Workbench) -> None:
    more = """
[tool.uv]
override-dependencies = [{ package = { name = "a" }, dependencies = ["base==2"] }]
"""
    world.write("a", more=more)
    answer = world.ok("pip compile pyproject.toml --no-header --no-annotate")
    assert answer.out == lines("a==2.0", "base==2.0", "extra-thing==1.0")
