"""What requirements mean, from `pyproject.toml` to the lock: one short story for each rule.

The resolver's own tests say the same of data; here the whole way is walked, through an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.wheels import make_wheel, sdist_files, write_project
from support.workbench import lines, serve

if TYPE_CHECKING:
    from support.workbench import Workbench


def marks(bench: Workbench, name: str) -> dict[str | None, str | None]:
    return {package.version: package.marker for package in bench.lock().by_name[name]}


# -- pre-releases, yanked versions, odd versions


@pytest.mark.parametrize(
    ("settings", "requirements", "expected"),
    [
        ("", ["a", "b"], {"a": "1.0", "b": "1.0rc1"}),
        ('prerelease = "allow"', ["a", "b"], {"a": "2.0b1", "b": "1.0rc1"}),
        ('prerelease-package = { A = "allow" }', ["a", "b"], {"a": "2.0b1", "b": "1.0rc1"}),
        ('prerelease = "explicit"', ["a>=2.0b0"], {"a": "2.0b1"}),
        (
            'prerelease = "allow"\nprerelease-package = { a = "disallow" }',
            ["a", "b"],
            {"a": "1.0", "b": "1.0rc1"},
        ),
    ],
)
def test_prereleases(
    bench: Workbench, settings: str, requirements: list[str], expected: dict[str, str]
) -> None:
    serve(bench.index, {"a 1.0": {}, "a 2.0b1": {}, "b 1.0rc1": {}})
    bench.write(*requirements, more=f"[tool.uv]\n{settings}\n")
    bench.ok("lock")
    assert bench.locked() == expected


def test_prereleases_of_one_package_on_the_command_line(bench: Workbench) -> None:
    serve(bench.index, {"a 1.0": {}, "a 2.0b1": {}, "b 1.0": {}, "b 2.0a1": {}})
    bench.write("a", "b")
    bench.ok("lock --prerelease-package a=allow")
    assert bench.locked() == {"a": "2.0b1", "b": "1.0"}

    answer = bench("lock --prerelease-package a=always")
    assert (answer.code, answer.err) == (
        2,
        lines(
            "error: `a=always` does not say when pre-releases of a package are taken",
            "  in --prerelease-package",
            "hint: write `NAME=WHEN`, where WHEN is one of `disallow`, `allow`, `if-necessary`,"
            " `explicit`, `if-necessary-or-explicit`",
        ),
    )


def test_a_yanked_version_and_its_reason(bench: Workbench) -> None:
    serve(bench.index, {"a 1.0": {}, "a 2.0": {"yanked": "it deletes files"}})
    bench.write("a")
    bench.ok("lock")
    assert bench.locked() == {"a": "1.0"}
    bench.write("a==2.0")
    assert "note: a 2.0 is yanked (it deletes files)\n" in bench.ok("lock").err
    assert bench.locked() == {"a": "2.0"}
    assert (
        "note: a 2.0 is yanked (it deletes files)\n"
        in bench.ok("pip install --target out --dry-run a==2.0").err
    )
    bench.write("a>1")
    bench.lockfile.unlink()
    assert "`a==2.0` is yanked (it deletes files)" in bench("lock").err


@pytest.mark.parametrize(
    ("wish", "version"),
    [
        ("a", "1!0.1"),
        ("a<1!0", "2.0.post1"),
        ("a==2.0", "2.0+local.2"),
        ("a==2.0+local.1", "2.0+local.1"),
        ("a===2.0", "2.0"),
        ("a==2.0.post1", "2.0.post1"),
        ("a==2.1.dev1", "2.1.dev1"),
        ("a~=2.0,<2.0.post1", "2.0+local.2"),
    ],
)
def test_versions_of_every_form(bench: Workbench, wish: str, version: str) -> None:
    forms = ("2.0", "2.0+local.1", "2.0+local.2", "2.0.post1", "2.1.dev1", "1!0.1")
    serve(bench.index, {f"a {form}": {} for form in forms})
    bench.write(wish)
    bench.ok("lock")
    assert bench.locked() == {"a": version}


# -- Pythons and markers


def test_requires_python_counts_from_below_alone(bench: Workbench) -> None:
    bench.index.add("a", "1.0", requires_python=">=3.8")
    bench.index.add("a", "2.0", requires_python=">=3.9,<3.12")
    bench.index.add("a", "3.0", requires_python=">=3.13")
    bench.write("a", python=">=3.9")
    bench.ok("lock")
    assert marks(bench, "a") == {
        "2.0": "python_version < '3.13'",
        "3.0": "python_version >= '3.13'",
    }


def test_a_cut_inside_a_minor(bench: Workbench) -> None:
    serve(bench.index, {"a 1.0": {}, "a 2.0": {}})
    early, late = "python_full_version < '3.11.4'", "python_full_version >= '3.11.4'"
    bench.write(f"a<2 ; {early}", f"a>=2 ; {late}")
    bench.ok("lock")
    assert marks(bench, "a") == {"1.0": early, "2.0": late}


@pytest.mark.parametrize(
    ("marker", "locked"),
    [
        ("os_name == 'nt'", "os_name == 'nt'"),
        ("sys_platform in 'linux darwin'", "sys_platform == 'linux' or sys_platform == 'darwin'"),
        ("sys_platform not in 'win32'", None),
        ("platform_machine == 's390x'", "platform_machine == 's390x'"),
        ("platform_system != 'Windows'", "sys_platform != 'win32'"),
        ("implementation_name == 'pypy'", "implementation_name == 'pypy'"),
        ("platform_python_implementation == 'CPython'", None),
        ("platform_release >= '20'", "platform_release >= '20'"),
        ("platform_version == 'x'", "platform_version == 'x'"),
        ("implementation_version < '7.3'", "implementation_version < '7.3'"),
        ("'linux' in sys_platform", None),
        ("python_version == '3.12.*'", None),
        ("python_version ~= '3.11'", "python_version >= '3.11' and python_version < '4.0'"),
        ("python_version in '3.9 3.10'", "python_version < '3.11'"),
        ("os_name == 'nt' or os_name != 'nt'", None),
    ],
)
def test_every_variable_and_operator_of_markers(
    bench: Workbench, marker: str, locked: str | None
) -> None:
    """What stands in the lock holds exactly where the marker does; the texts are the shortest."""
    from packaging.markers import Marker

    serve(bench.index, {"a 1.0": {}})
    bench.write(f"a ; {marker}")
    bench.ok("lock")
    found = marks(bench, "a")["1.0"]
    if locked is not None:
        assert found == locked
    base = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_version": "#1",
        "implementation_version": "3.12.1",
        "python_version": "3.12",
        "python_full_version": "3.12.1",
    }
    for change in (
        {},
        {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
        {"sys_platform": "darwin", "platform_system": "Darwin"},
        {"platform_machine": "s390x"},
        {"implementation_name": "pypy", "platform_python_implementation": "PyPy"},
        {"platform_release": "21"},
        {"platform_version": "x"},
        {"implementation_version": "7.2"},
        {"python_version": "3.10", "python_full_version": "3.10.2"},
    ):
        values = {**base, **change}
        whole = found is None or Marker(found).evaluate(values)
        assert whole is Marker(marker).evaluate(values), values


def test_a_marker_that_never_holds(bench: Workbench) -> None:
    serve(bench.index, {"a 1.0": {}})
    bench.write("a ; python_version < '3'", "a ; os_name == 'nt' and os_name == 'posix'")
    bench.ok("lock")
    assert bench.locked() == {}


# -- extras and groups


def test_extras_of_themselves_nested(bench: Workbench) -> None:
    bench.index.add("a", "1.0", extras={"x": ["b"], "all": ["a[x]"], "more": ["a[all]", "c"]})
    serve(bench.index, {"b 1.0": {}, "c 1.0": {}})
    bench.write("a[more]")
    bench.ok("lock")
    assert bench.locked() == {"a": "1.0", "b": "1.0", "c": "1.0"}


def test_extras_of_the_project_itself_and_groups_with_them(bench: Workbench) -> None:
    serve(bench.index, {f"{name} 1.0": {} for name in "bcd"})
    more = """
[project.optional-dependencies]
x = ["b"]
all = ["app[x]", "c"]
[dependency-groups]
dev = ["app[all]", "d"]
late = ["d>=1"]
[tool.uv.dependency-groups]
late = { requires-python = ">=3.12" }
"""
    bench.write(more=more)
    bench.ok("lock")
    assert {p.name: p.marker for p in bench.lock().packages} == {
        "b": "'all' in extras or 'dev' in dependency_groups or 'x' in extras",
        "c": "'all' in extras or 'dev' in dependency_groups",
        "d": "'dev' in dependency_groups or 'late' in dependency_groups"
        " and python_version >= '3.12'",
    }


# -- direct places against the index


def test_a_place_decides_at_any_depth(bench: Workbench) -> None:
    serve(bench.index, {"deep 1.0": {}, "deep 9.0": {}, "user 1.0": {"requires": ["deep"]}})
    name, data = make_wheel("deep", "5.0")
    (bench.root / name).write_bytes(data)
    place = f"deep @ file://{bench.root / name}"
    write_project(bench.root / "near", sdist_files("near", "1.0", requires=[place]))
    bench.write("user", f"near @ file://{bench.root}/near")
    bench.ok("lock")
    assert bench.locked() == {"deep": "5.0", "near": "1.0", "user": "1.0"}


def test_a_place_that_the_index_contradicts(bench: Workbench) -> None:
    serve(bench.index, {"deep 9.0": {}, "user 1.0": {"requires": ["deep>=6"]}})
    name, data = make_wheel("deep", "5.0")
    (bench.root / name).write_bytes(data)
    bench.write("user", f"deep @ file://{bench.root / name}")

    answer = bench("lock")

    assert (answer.code, answer.err) == (
        1,
        lines(
            "error: no versions satisfy the requirements of `app`",
            "  Because `app` requires `user` and `user` requires `deep>=6`, but no version of"
            " `deep` matches, the requirements of `app` cannot be met.",
            "hint: `deep` comes from `file://[ROOT]/deep-5.0-py3-none-any.whl`, which holds 5.0",
        ),
    )


# -- what the user says of others, and what moves


def test_constraints_overrides_and_excludes(bench: Workbench) -> None:
    for version in ("1.0", "2.0", "3.0"):
        bench.index.add("base", version)
        bench.index.add("other", version)
    bench.index.add("a", "1.0", requires=["base>=3", "other", "unwanted"])
    more = """
[tool.uv]
constraint-dependencies = ["other<3", "absent<1"]
override-dependencies = ["base<3"]
exclude-dependencies = ["unwanted"]
"""
    bench.write("a", more=more)
    bench.ok("lock")
    assert bench.locked() == {"a": "1.0", "base": "2.0", "other": "2.0"}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("lowest", {"a": "1.0", "base": "1.0"}),
        ("lowest-direct", {"a": "1.0", "base": "2.0"}),
        ("highest", {"a": "2.0", "base": "2.0"}),
    ],
)
def test_resolution(bench: Workbench, mode: str, expected: dict[str, str]) -> None:
    for version in ("1.0", "2.0"):
        bench.index.add("base", version)
        bench.index.add("a", version, requires=["base>=1"])
    bench.write("a")
    bench.ok(f"lock --resolution {mode}")
    assert bench.locked() == expected


def test_an_upgrade_moves_what_was_asked_for_and_what_it_needs(bench: Workbench) -> None:
    bench.index.add("a", "1.0", requires=["base"])
    serve(bench.index, {"base 1.0": {}, "b 1.0": {}, "c 1.0": {}})
    bench.write("a", "b", "c")
    bench.ok("lock")
    bench.index.add("a", "2.0", requires=["base>=2"])
    serve(bench.index, {"base 2.0": {}, "b 2.0": {}, "c 2.0": {}})

    bench.ok("lock -P b --refresh")
    assert bench.locked() == {"a": "1.0", "b": "2.0", "base": "1.0", "c": "1.0"}
    bench.ok("lock -P a")
    assert bench.locked() == {"a": "2.0", "b": "2.0", "base": "2.0", "c": "1.0"}
    bench.ok("lock -P c==1.0")
    assert bench.locked()["c"] == "1.0"
    bench.ok("lock -U")
    assert bench.locked()["c"] == "2.0"
