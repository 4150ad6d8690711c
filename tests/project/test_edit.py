"""Edits change the edited entry and nothing else, in the style of the text."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.errors import WheelrightError
from wheelright.project.edit import (
    add_requirement,
    remove_requirement,
    replace_requirement,
    set_source,
    tidy_requirement,
)
from wheelright.project.model import RequirementHome
from wheelright.project.names import normal_name
from wheelright.project.toml_edit import set_value

DEV = RequirementHome("group", "dev")
WEB = RequirementHome("extra", "web")
MAIN = RequirementHome()
HEAD = '[project]\nname = "demo"\nversion = "1"\n'


def head(body: str) -> str:
    return HEAD + body


ADDITIONS = {
    "an empty list opens over several lines": (
        "dependencies = []\n",
        "Flask >= 3",
        'dependencies = [\n    "flask>=3",\n]\n',
    ),
    "a missing list is made": ("", "flask", 'dependencies = [\n    "flask",\n]\n'),
    "a list on one line stays on it": (
        'dependencies = ["a", "c"] # why\n',
        "b",
        'dependencies = ["a", "b", "c"] # why\n',
    ),
    "its trailing comma stays": (
        'dependencies = ["a",]\n',
        "b",
        'dependencies = ["a", "b",]\n',
    ),
    "the front of a list on one line": (
        'dependencies = ["b"]\n',
        "a",
        'dependencies = ["a", "b"]\n',
    ),
    "indentation and comments stay": (
        'dependencies = [\n  # web\n  "flask",  # server\n\n  # data\n  "numpy",\n]\n',
        "jinja2",
        'dependencies = [\n  # web\n  "flask",  # server\n  "jinja2",\n\n  # data\n  "numpy",\n]\n',
    ),
    "above the comments of the first": (
        'dependencies = [ # all\n\t# web\n\t"flask",\n]\n',
        "anyio",
        'dependencies = [ # all\n\t"anyio",\n\t# web\n\t"flask",\n]\n',
    ),
    "no trailing comma is given where there was none": (
        'dependencies = [\n  "a", # one\n  "b" # two\n]\n',
        "c",
        'dependencies = [\n  "a", # one\n  "b", # two\n  "c"\n]\n',
    ),
    "a bracket behind the last element stays there": (
        'dependencies = ["a",\n                "b"]\n',
        "c",
        'dependencies = ["a",\n                "b",\n                "c"]\n',
    ),
    "an unsorted list takes it last": (
        'dependencies = ["z", "a"]\n',
        "b",
        'dependencies = ["z", "a", "b"]\n',
    ),
    "a list of comments": (
        "dependencies = [\n  # none yet\n]\n",
        "a",
        'dependencies = [\n  # none yet\n    "a",\n]\n',
    ),
    "an entry of the same name takes the specifier": (
        'dependencies = ["Flask[async]>=2"]\n',
        "flask>=3,<4",
        'dependencies = ["Flask[async]>=3,<4"]\n',
    ),
    "and the extras, its specifier kept": (
        "dependencies = ['flask [async] >= 2']\n",
        "flask[dotenv]",
        "dependencies = ['flask[async,dotenv]>=2']\n",
    ),
    "another marker is another entry": (
        'dependencies = ["flask"]\n',
        "flask<3; python_version < '3.10'",
        'dependencies = ["flask", "flask<3; python_version < \'3.10\'"]\n',
    ),
    "the same marker is the same entry": (
        "dependencies = [\"flask<3 ; python_version < '3.10'\"]\n",
        'flask<2; python_version<"3.10"',
        "dependencies = [\"flask<2; python_version < '3.10'\"]\n",
    ),
    "a URL takes the place of a specifier": (
        'dependencies = ["flask>=3"]\n',
        "flask @ file:///x/flask.whl",
        'dependencies = ["flask @ file:///x/flask.whl"]\n',
    ),
}


@pytest.mark.parametrize(("before", "added", "after"), ADDITIONS.values(), ids=list(ADDITIONS))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_adding(before: str, added: str, after: str, newline: str) -> None:
    tail = "\n[tool.other]\nx = [ 1,2 ] # odd\n"
    text = head(before + tail).replace("\n", newline)
    assert add_requirement(text, added).text == head(after + tail).replace("\n", newline)


def test_adding_says_what_was_and_what_is() -> None:
    text = head('dependencies = ["flask>=2"]\n')
    edit = add_requirement(text, "flask>=3")
    assert (edit.written, edit.previous) == ("flask>=3", "flask>=2")
    same = add_requirement(text, "flask")
    assert (same.text, same.written, same.previous) == (text, "flask>=2", "flask>=2")


def test_a_source_takes_the_place_of_a_url() -> None:
    text = head('dependencies = ["flask @ file:///x.whl"]\n')
    assert add_requirement(text, "flask", has_source=True).text == head(
        'dependencies = ["flask"]\n'
    )


TABLES = {
    "a group before the tool tables": (
        DEV,
        "[tool.x]\na = 1\n",
        '[dependency-groups]\ndev = [\n    "pytest",\n]\n\n[tool.x]\na = 1\n',
    ),
    "above the comment of the first of them": (
        DEV,
        "# our tools\n[tool.x]\na = 1\n",
        '[dependency-groups]\ndev = [\n    "pytest",\n]\n\n# our tools\n[tool.x]\na = 1\n',
    ),
    "a group last": (DEV, "", '\n[dependency-groups]\ndev = [\n    "pytest",\n]\n'),
    "a group beside others": (
        DEV,
        '[dependency-groups]\n"x-y" = ["b"] # b\n\n[tool.x]\n',
        '[dependency-groups]\n"x-y" = ["b"] # b\ndev = [\n    "pytest",\n]\n\n[tool.x]\n',
    ),
    "a group with includes": (
        DEV,
        '[dependency-groups]\nlint = ["ruff"]\ndev = [{ include-group = "lint" }, "zope"]\n',
        (
            '[dependency-groups]\nlint = ["ruff"]\n'
            'dev = [{ include-group = "lint" }, "pytest", "zope"]\n'
        ),
    ),
    "the legacy list of uv": (
        DEV,
        '[tool.uv]\ndev-dependencies = ["ruff"]\n',
        '[tool.uv]\ndev-dependencies = ["pytest", "ruff"]\n',
    ),
    "an extra after the project's tables": (
        WEB,
        '[project.urls]\na = "b"\n\n[build-system]\nrequires = []\n',
        (
            '[project.urls]\na = "b"\n\n'
            '[project.optional-dependencies]\nweb = [\n    "pytest",\n]\n\n'
            "[build-system]\nrequires = []\n"
        ),
    ),
    "an extra by dotted keys": (
        WEB,
        'optional-dependencies.x = ["b"]\n[tool.x]\n',
        (
            'optional-dependencies.x = ["b"]\n'
            'optional-dependencies.web = [\n    "pytest",\n]\n[tool.x]\n'
        ),
    ),
    "an extra in braces": (
        WEB,
        'optional-dependencies = { x = ["b"] }\n',
        'optional-dependencies = { x = ["b"], web = [     "pytest", ] }\n',
    ),
    "an extra in another spelling": (
        RequirementHome("extra", "web-ui"),
        '[project.optional-dependencies]\nWeb_UI = ["b"]\n',
        '[project.optional-dependencies]\nWeb_UI = ["b", "pytest"]\n',
    ),
}


@pytest.mark.parametrize(("home", "before", "after"), TABLES.values(), ids=list(TABLES))
def test_adding_to_other_lists(home: RequirementHome, before: str, after: str) -> None:
    assert add_requirement(head(before), "pytest", home).text == head(after)


REMOVALS = {
    "the only one": ('dependencies = ["a"]\n', "dependencies = []\n"),
    "the only one on a line of its own": ('dependencies = [\n  "a",\n]\n', "dependencies = []\n"),
    "comments stay": (
        'dependencies = [\n  # why\n  "a", # gone\n]\n',
        "dependencies = [\n  # why\n]\n",
    ),
    "the first of a line": ('dependencies = ["a", "b"]\n', 'dependencies = ["b"]\n'),
    "the last of a line": ('dependencies = ["b", "a"]\n', 'dependencies = ["b"]\n'),
    "the last before a trailing comma": ('dependencies = ["b", "a",]\n', 'dependencies = ["b",]\n'),
    "a line": (
        'dependencies = [\n  "b", # b\n  "a>1",\n  "c",\n]\n',
        'dependencies = [\n  "b", # b\n  "c",\n]\n',
    ),
    "the last line without a comma": (
        'dependencies = [\n  "b", # b\n  "a"\n]\n',
        'dependencies = [\n  "b" # b\n]\n',
    ),
    "every entry of the name": (
        'dependencies = ["A>1 ; os_name == \'nt\'", "b", "a"]\n',
        'dependencies = ["b"]\n',
    ),
    "its source, which nothing needs now": (
        'dependencies = ["a", "b"]\n\n[tool.uv.sources]\nA = { path = "x" }\nb = { path = "y" }\n',
        'dependencies = ["b"]\n\n[tool.uv.sources]\nb = { path = "y" }\n',
    ),
    "the last source and its table": (
        'dependencies = ["a"]\n\n[tool.uv.sources]\na = { path = "x" }\n\n[tool.x]\n',
        "dependencies = []\n\n[tool.x]\n",
    ),
    "not a source that a group needs": (
        (
            'dependencies = ["a"]\n[dependency-groups]\ndev = ["a"]\n'
            '[tool.wheelright]\nsources = { a = { path = "x" } }\n'
        ),
        (
            'dependencies = []\n[dependency-groups]\ndev = ["a"]\n'
            '[tool.wheelright]\nsources = { a = { path = "x" } }\n'
        ),
    ),
    "a source in braces": (
        (
            'dependencies = ["a"]\n[tool.wheelright]\n'
            'sources = { a = { path = "x" }, b = { path = "y" } }\n'
        ),
        'dependencies = []\n[tool.wheelright]\nsources = { b = { path = "y" } }\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), REMOVALS.values(), ids=list(REMOVALS))
def test_removing(before: str, after: str) -> None:
    assert remove_requirement(head(before), "a").text == head(after)


FAULTS = {
    "elsewhere": (
        lambda text: remove_requirement(text, "PyTest"),
        "`PyTest` is not in the project's dependencies",
        (
            "`pytest` is in group `dev`: use `--group dev`",
            "`pytest` is in group `test`: use `--group test`",
        ),
    ),
    "in the main list": (
        lambda text: remove_requirement(text, "flask", DEV),
        "`flask` is not in group `dev`",
        (
            "`flask` is in the project's dependencies: leave out `--group` and `--optional`",
            "`flask` is in extra `web`: use `--optional web`",
        ),
    ),
    "mistyped": (
        lambda text: remove_requirement(text, "flaks"),
        "`flaks` is not in the project's dependencies",
        ("Did you mean `flask`?",),
    ),
    "twice there": (
        lambda text: add_requirement(text, "ruff", RequirementHome("group", "test")),
        "`ruff` stands 2 times in group `test`",
        ("Remove all but one of them, then add it again",),
    ),
    "no requirement": (
        lambda text: add_requirement(text, "flask >> 3"),
        (
            "This is not a valid requirement: `flask >> 3`: expected semicolon "
            "(after name with no version specifier) or end"
        ),
        (),
    ),
    "not there to replace": (
        lambda text: replace_requirement(text, "flask>=9", "flask>=10"),
        "`flask>=9` is not in the project's dependencies",
        (),
    ),
    "dynamic": (
        lambda _: add_requirement("[project]\ndynamic = ['dependencies']\n", "flask"),
        "`project.dependencies` is dynamic: the build backend decides what it holds",
        ("Add it where the backend reads it, or add to a group with `--group`",),
    ),
    "no project table": (
        lambda _: add_requirement("[tool.uv]\n", "flask"),
        "`pyproject.toml` has no `[project]` table to add to",
        ("Write one, or add to a group with `--group`",),
    ),
}


@pytest.mark.parametrize(("act", "message", "hints"), FAULTS.values(), ids=list(FAULTS))
def test_faults(act: object, message: str, hints: tuple[str, ...]) -> None:
    text = head(
        'dependencies = ["flask"]\noptional-dependencies.web = ["Flask"]\n'
        '[dependency-groups]\ndev = ["pytest"]\ntest = ["pytest", "ruff", "ruff>1"]\n'
    )
    assert callable(act)
    with pytest.raises(WheelrightError) as caught:
        act(text)
    assert (caught.value.message, caught.value.hints) == (message, hints)


def test_replacing_keeps_the_place_and_the_quotes() -> None:
    text = head("dependencies = [ 'flask' , \"b\" ]\n")
    edit = replace_requirement(text, "flask", "flask>=3.1")
    assert edit.text == head("dependencies = [ 'flask>=3.1' , \"b\" ]\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '\n[tool.wheelright.sources]\ntorch = { index = "cpu" }\n'),
        (
            '[tool.uv.sources]\nx = { path = "x" }\n',
            '[tool.uv.sources]\nx = { path = "x" }\ntorch = { index = "cpu" }\n',
        ),
        (
            '[tool.wheelright.sources]\nTorch = { path = "x" } # was\n',
            '[tool.wheelright.sources]\nTorch = { index = "cpu" } # was\n',
        ),
        (
            '[tool.wheelright]\nguard = "off"\n\n[tool.zzz]\n',
            (
                '[tool.wheelright]\nguard = "off"\n\n[tool.wheelright.sources]\n'
                'torch = { index = "cpu" }\n\n[tool.zzz]\n'
            ),
        ),
    ],
)
def test_sources(before: str, after: str) -> None:
    assert set_source(head(before), "torch", {"index": "cpu"}) == head(after)


def test_a_value_stands_before_the_tables_below_its_own() -> None:
    key = ("project", "requires-python")
    text = '[project]\nname = "demo"\n\n[project.urls]\na = "b"\n'
    added = '[project]\nname = "demo"\nrequires-python = ">=3.11"\n\n[project.urls]\na = "b"\n'
    assert set_value(text, key, ">=3.11") == added
    assert set_value(added, key, ">=3.12") == added.replace("3.11", "3.12")


def test_a_key_that_cannot_be_edited_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(WheelrightError) as caught:
        set_source("tool = 3\n", "torch", {"index": "cpu"})
    assert caught.value.message == (
        "`tool.wheelright.sources` is written in a way that cannot be edited safely"
    )
    assert caught.value.hints == ("Change it by hand; nothing was written",)


@pytest.mark.parametrize(
    ("given_text", "tidied"),
    [
        ("Flask_Login >= 1 , < 2", "flask-login>=1,<2"),
        ("a[ Z , b ] (==1)", "a[b,z]==1"),
        ('a; python_version<"3.9"', "a; python_version < '3.9'"),
        (
            "a@ https://x.test/a;b.whl ; os_name=='nt'",
            "a @ https://x.test/a;b.whl ; os_name == 'nt'",
        ),
    ],
)
def test_tidy(given_text: str, tidied: str) -> None:
    assert tidy_requirement(given_text) == tidied


names = st.sampled_from(["anyio", "Flask", "numpy", "zope.interface", "ruff", "b_c"])
specifiers = st.sampled_from(["", ">=1", "==2.*", "[x]>1,<3"])
entries = st.lists(
    st.tuples(names, specifiers).map("".join), max_size=5, unique_by=lambda one: one[:3]
)
comments = st.sampled_from(["", " # why", " #[\"'", "  "])


@st.composite
def lists(draw: st.DrawFn) -> str:
    """A list in one of many styles."""
    elements = draw(entries)
    quote = draw(st.sampled_from("\"'"))
    quoted = [f"{quote}{one}{quote}" for one in elements]
    style = draw(st.sampled_from(["inline", "lines", "mixed"]))
    last = draw(st.sampled_from(["", ","])) if quoted else ""
    if style == "inline":
        space = draw(st.sampled_from(["", " "]))
        return f"[{space}{', '.join(quoted)}{last}{space}]"
    text = "["
    for number, one in enumerate(quoted):
        between = "," if number < len(quoted) - 1 else last
        if style == "mixed" and draw(st.booleans()):
            text += f" {one}{between}"
        else:
            above = draw(st.sampled_from(["", "  # group\n", "\n"]))
            text += f"{draw(comments)}\n{above}  {one}{draw(st.sampled_from(['', ' ']))}{between}"
    return text + f"{draw(comments)}\n]"


layouts = st.sampled_from(
    [
        "[project]\nname = 'demo'\ndependencies = LIST # end\n[tool.x]\ny = 1\n",
        "[tool.x]\ny = 1\n\n[project]\ndependencies=LIST",
        "project.dependencies = LIST\nproject.name = 'x'\n",
        "[project]\nname = 'x' # odd\n\n  [project.urls]\n  a='b'\n[dependency-groups]\nz = LIST\n",
        "project = { name = 'x' }\n[dependency-groups]\nz = LIST\n",
    ]
)


@given(layouts, lists(), names, st.sampled_from(["", ">=9"]))
def test_adding_changes_one_entry_and_removing_it_again_restores_the_text(
    layout: str, written: str, name: str, specifier: str
) -> None:
    text = layout.replace("LIST", written)
    before = tomllib.loads(text)
    edit = add_requirement(text, name + specifier)
    after = tomllib.loads(edit.text)
    old = before.get("project", {}).pop("dependencies", [])
    new = after["project"].pop("dependencies")
    assert after == before
    assert edit.written in new
    others = [one for one in old if one != edit.previous]
    assert [one for one in new if one != edit.written] == others
    kept = [line for line in text.split("\n") if "#" in line and '"' not in line]
    assert all(line.split("#", 1)[1] in edit.text for line in kept)
    if edit.previous is None and old:
        removed = remove_requirement(edit.text, name).text
        assert tomllib.loads(removed) == tomllib.loads(text)


@given(layouts, lists())
def test_removing_changes_one_entry(layout: str, written: str) -> None:
    text = layout.replace("LIST", written)
    data = tomllib.loads(text)
    old = data.get("project", {}).pop("dependencies", [])
    for requirement in old:
        name = requirement.split("[")[0].rstrip("<>=12.*,39")
        edited = tomllib.loads(remove_requirement(text, name).text)
        wanted = [one for one in old if not normal_name(one).startswith(normal_name(name))]
        assert edited["project"].pop("dependencies") == wanted
        assert edited == data
