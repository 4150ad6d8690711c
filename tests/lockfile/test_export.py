from __future__ import annotations

import tomllib
from hashlib import sha256
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock
from packaging.requirements import Requirement

from support.locks import LINUX, WINDOWS, file, lock, package
from wheelright.lockfile import Archive, Edge, LocalDirectory, Lock, LockInputs, Vcs, dumps, loads
from wheelright.lockfile.export import Chosen, Style, to_pylock, to_requirements
from wheelright.lockfile.select import select

PATH = Path("/project/pylock.toml")
BARE = Style(hashes=False, annotate=False)


def sample() -> Lock:
    click = (file("click-1.0-py3-none-any.whl"),)
    forge = Vcs("git", "abc", "https://git.example.org/f", subdirectory="x")
    return lock(
        package("app", None, directory=LocalDirectory(".", editable=True)),
        package("tools", None, directory=LocalDirectory("lib/tools", subdirectory="py")),
        package("flask", requires=("click",), dependencies=(Edge("click"),)),
        package("click", wheels=click, sdist=file("click-1.0.tar.gz")),
        package("colorama", marker="sys_platform == 'win32' or 'web' in extras"),
        package("pytest", marker="'dev' in dependency_groups and sys_platform == 'linux'"),
        package("forge", None, vcs=forge),
        package("zipped", None, archive=Archive(file("zipped.zip"))),
        extras=("web",),
        groups=("dev",),
        inputs=LockInputs(
            project="app",
            requirements=("flask", "click", "forge", "zipped", "tools"),
            extras={"web": ("colorama",)},
            groups={"dev": ("pytest",)},
        ),
    )


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def test_a_requirements_file() -> None:
    text = to_requirements(
        sample(), Chosen(groups=["dev"]), Style(command="wheelright export --group dev")
    )
    hashes = sorted([digest("click-1.0-py3-none-any.whl"), digest("click-1.0.tar.gz")])
    assert (
        text
        == f"""\
# Written by Wheelright with this command:
#    wheelright export --group dev
-e .
click==1.0 \\
    --hash=sha256:{hashes[0]} \\
    --hash=sha256:{hashes[1]}
    # via
    #   app
    #   flask
colorama==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:{digest("colorama-1.0-py3-none-any.whl")}
flask==1.0 \\
    --hash=sha256:{digest("flask-1.0-py3-none-any.whl")}
    # via app
forge @ git+https://git.example.org/f@abc#subdirectory=x
    # via app
pytest==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:{digest("pytest-1.0-py3-none-any.whl")}
    # via app:dev
./lib/tools/py
    # via app
zipped @ https://files.example.org/zipped.zip \\
    --hash=sha256:{digest("zipped.zip")}
    # via app
"""
    )


def test_extras_lift_markers() -> None:
    lines = to_requirements(sample(), Chosen(extras=["web"]), BARE).splitlines()
    assert "colorama==1.0" in lines
    assert not any(line.startswith("pytest") for line in lines)


def test_packages_are_left_out_and_editables_are_not() -> None:
    style = Style(hashes=False, annotate=False, editable=False)
    lines = to_requirements(sample(), Chosen(leave_out=["Forge", "tools"]), style).splitlines()
    assert lines == [
        ".",
        "click==1.0",
        "colorama==1.0 ; sys_platform == 'win32'",
        "flask==1.0",
        "zipped @ https://files.example.org/zipped.zip",
    ]


def test_only_groups() -> None:
    chosen = Chosen(groups=["dev"], project=False)
    assert to_requirements(sample(), chosen, BARE) == "pytest==1.0 ; sys_platform == 'linux'\n"


def test_nothing_is_an_empty_file() -> None:
    assert to_requirements(lock(), Chosen(), BARE) == ""


def test_a_lock_for_one_selection() -> None:
    exported = to_pylock(sample(), Chosen(groups=["dev"], leave_out=["click"]))
    text = dumps(exported)
    assert "extras" not in text
    assert "groups" not in text
    assert "tool" not in text.replace("tools", "")
    assert loads(text, PATH).packages == exported.packages
    flask = exported.by_name["flask"][0]
    assert flask.dependencies == ()
    Pylock.from_dict(tomllib.loads(text)).validate()


names = st.sampled_from(["a", "b"])
marks = st.sampled_from(
    [
        None,
        "sys_platform == 'win32'",
        "'a' in extras or 'b' in dependency_groups",
        "'a' in extras and sys_platform == 'linux' or 'b' not in extras",
        "'a' in dependency_groups and ('b' in extras or sys_platform == 'win32')",
    ]
)


@given(st.lists(marks, max_size=5), st.frozensets(names), st.frozensets(names))
def test_an_export_selects_what_the_lock_selects(
    some: list[str | None], extras: frozenset[str], groups: frozenset[str]
) -> None:
    entries = [package(f"p{number}", marker=mark) for number, mark in enumerate(some)]
    whole = lock(*entries, extras=("a", "b"), groups=("a", "b"))
    chosen = Chosen(extras, groups)
    exported = to_pylock(whole, chosen)
    lines = to_requirements(whole, chosen, BARE).splitlines()
    for values in (LINUX, WINDOWS):
        expected = [entry.name for entry in select(whole, values, extras, groups)]
        assert [entry.name for entry in select(exported, values)] == expected
        required = map(Requirement, lines)
        assert [
            item.name
            for item in required
            if item.marker is None or item.marker.evaluate(dict(values))
        ] == expected
