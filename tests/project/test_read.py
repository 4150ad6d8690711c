"""Reading ``pyproject.toml``: what is said arrives typed, what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.errors import WheelrightError
from wheelright.project import (
    ProjectFileError,
    ProjectNotFoundError,
    RequirementHome,
    find_project,
    load_project,
    project_from_text,
    require_project,
)

FULL = """\
[project]
name = "My.Project"
version = "1.0rc1"
description = "A thing"
readme = { file = "README.md", content-type = "text/markdown" }
requires-python = ">=3.11"
license = "MIT"
license-files = ["LICENSE"]
authors = [{ name = "A", email = "a@x.test" }]
keywords = ["k"]
classifiers = []
dependencies = ["Flask[Async]>=3", "b @ file:///b.whl ; os_name == 'nt'"]
dynamic = ["gui-scripts"]

[project.scripts]
run = "my:main"

[project.optional-dependencies]
Web_UI = ["uvicorn"]

[dependency-groups]
Dev = ["pytest", { include-group = "lint" }]
lint = ["ruff"]
docs = []

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
backend-path = ["."]

[tool.uv]
dev-dependencies = ["coverage"]

[tool.wheelright]
default-groups = ["dev", "docs"]

[tool.wheelright.dependency-groups.docs]
requires-python = ">=3.12"
"""


def project(text: str) -> object:
    return project_from_text(Path("pyproject.toml"), text)


def test_everything_arrives() -> None:
    found = project_from_text(Path("/x/pyproject.toml"), FULL)
    assert (found.name, found.display_name, str(found.version)) == (
        "my-project",
        "My.Project",
        "1.0rc1",
    )
    assert found.root == Path("/x")
    assert str(found.requires_python) == ">=3.11"
    flask, direct = found.dependencies
    assert (flask.name, flask.extras, str(flask.specifier)) == ("flask", ("async",), ">=3")
    assert flask.text == "Flask[Async]>=3"
    assert str(flask.place) == "project.dependencies[0]"
    assert direct.url == "file:///b.whl"
    assert str(direct) == 'b @ file:///b.whl ; os_name == "nt"'
    assert {name: [one.name for one in group] for name, group in found.groups.items()} == {
        "dev": ["pytest", "ruff", "coverage"],
        "lint": ["ruff"],
        "docs": [],
    }
    assert list(found.optional_dependencies) == ["web-ui"]
    assert {name: str(one) for name, one in found.group_requires_python.items()} == {
        "docs": ">=3.12"
    }
    assert found.default_groups == ("dev", "docs")
    assert found.dynamic == {"gui-scripts"}
    assert found.build_system is not None
    assert found.build_system.backend == "hatchling.build"
    assert found.build_system.backend_path == (".",)
    assert found.is_package
    assert found.has_scripts
    assert found.named
    assert found.where_required("ruff") == (
        RequirementHome("group", "dev"),
        RequirementHome("group", "lint"),
    )
    assert found.where_required("uvicorn") == (RequirementHome("extra", "web-ui"),)


def test_a_requirement_knows_its_line() -> None:
    found = project_from_text(Path("/x/pyproject.toml"), FULL)
    place = found.groups["lint"][0].place
    assert place is not None
    excerpt = place.excerpt()
    assert excerpt is not None
    assert (excerpt.line, excerpt.column, excerpt.length, excerpt.text) == (
        23,
        9,
        6,
        'lint = ["ruff"]',
    )


MINIMAL = '[project]\nname = "demo"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("more", "is_package"),
    [
        ("", False),
        ("[build-system]\nrequires = []\n", True),
        ("[build-system]\nrequires = []\n[tool.uv]\npackage = false\n", False),
        ("[tool.uv]\npackage = false\n[tool.wheelright]\npackage = true\n", True),
    ],
)
def test_what_makes_a_package(more: str, is_package: bool) -> None:
    assert project_from_text(Path("pyproject.toml"), MINIMAL + more).is_package is is_package


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ("", ()),
        ("[dependency-groups]\ndev = []\nx = []\n", ("dev",)),
        ("[tool.uv]\ndev-dependencies = ['a']\n", ("dev",)),
        ("[tool.uv]\ndefault-groups = []\n[dependency-groups]\ndev = []\n", ()),
        ("[tool.uv]\ndefault-groups = 'all'\n[dependency-groups]\nb = []\na = []\n", ("b", "a")),
    ],
)
def test_default_groups(more: str, groups: tuple[str, ...]) -> None:
    assert project_from_text(Path("pyproject.toml"), MINIMAL + more).default_groups == groups


def test_a_file_without_a_project_table_is_named_after_its_directory() -> None:
    found = project_from_text(Path("/x/My App/pyproject.toml"), "[dependency-groups]\na = ['b']\n")
    assert (found.name, found.named, found.is_package) == ("my-app", False, False)


# What is wrong: text, message, place (line, column, length), hint
NAME_HINT = "Names hold letters, digits, `-`, `_` and `.`, with a letter or digit at each end"
FAULTS = {
    "broken TOML": (
        'x = 1\nname "demo"\n',
        "`pyproject.toml` is not valid TOML: expected '=' after a key in a key/value pair",
        (2, 6, 1),
        (),
    ),
    "broken TOML at the end": (
        '[project]\nname = "demo',
        "`pyproject.toml` is not valid TOML: unterminated string",
        (2, 13, 1),
        (),
    ),
    "targets as list and table": (
        '[tool.wheelright]\ntargets = ["plc"]\n[tool.wheelright.targets.plc]\nplatform = "x"\n',
        (
            "`pyproject.toml` is not valid TOML: cannot declare "
            "('tool', 'wheelright', 'targets', 'plc') twice"
        ),
        (3, 29, 1),
        (
            (
                "TOML allows `targets` to be a list or a table, not both: describe the named "
                "targets "
                "in `[tool.wheelright.target.NAME]` and list them in `targets`"
            ),
        ),
    ),
    "bad requirement": (
        MINIMAL + 'dependencies = [\n  "rich",\n  "flask >> 3",\n]\n',
        (
            "`project.dependencies[1]` is not a valid requirement: `flask >> 3`: "
            "expected semicolon (after name with no version specifier) or end"
        ),
        (6, 10, 1),
        (),
    ),
    "one equals sign": (
        MINIMAL + 'dependencies = ["flask = 3"]\n',
        (
            "`project.dependencies[0]` is not a valid requirement: `flask = 3`: "
            "expected semicolon (after name with no version specifier) or end"
        ),
        (4, 24, 1),
        ("A version is pinned with `==`",),
    ),
    "caret": (
        MINIMAL + 'dependencies = ["flask ^3"]\n',
        (
            "`project.dependencies[0]` is not a valid requirement: `flask ^3`: "
            "expected semicolon (after name with no version specifier) or end"
        ),
        (4, 24, 1),
        ("`^` is not a version operator here: write `>=1.2,<2`",),
    ),
    "no secret is shown": (
        MINIMAL + 'dependencies = ["a @ https://me:pw@x.test/a.whl os"]\n',
        (
            "`project.dependencies[0]` is not a valid requirement: `a @ "
            "https://*****@x.test/a.whl os`: "
            "expected semicolon (after URL and whitespace) or end"
        ),
        (4, 22, 27),
        (),
    ),
    "bad specifier": (
        MINIMAL + 'requires-python = ">=3.11, 3.x"\n',
        "`project.requires-python` is not a valid version specifier: `3.x`",
        (4, 28, 3),
        ("Write `==3.x.*` for this version, `>=3.x` for this one and later ones",),
    ),
    "bad name": (
        '[project]\nname = "my app!"\nversion = "1"\n',
        "`project.name` is not a valid project name: `my app!`",
        (2, 8, 9),
        (NAME_HINT + "; `my-app` would do",),
    ),
    "bad version": (
        '[project]\nname = "demo"\nversion = "one"\n',
        "`project.version` is not a valid version: `one`",
        (3, 11, 5),
        ("Versions look like `1.2.3` (PEP 440)",),
    ),
    "no name": ('[project]\nversion = "1"\n', "`project` needs a `name`", (1, 2, 7), ()),
    "no version": (
        '[project]\nname = "demo"\n',
        "`project` needs a `version`",
        (1, 2, 7),
        (
            (
                'Write `version = "0.1.0"`, or `dynamic = ["version"]` where the build backend '
                "knows it"
            ),
        ),
    ),
    "given and dynamic": (
        MINIMAL + 'dynamic = ["version"]\n',
        "`project.dynamic[0]` names `version`, which is also given",
        (4, 12, 9),
        (),
    ),
    "unknown dynamic": (
        MINIMAL + 'dynamic = ["dependancies"]\n',
        "`project.dynamic[0]` is not a field of `[project]`: `dependancies`",
        (4, 12, 14),
        ("Did you mean `dependencies`?",),
    ),
    "unknown key": (
        MINIMAL + "require-python = '>=3'\n",
        "`project.require-python` is not a known key",
        (4, 1, 14),
        ("Did you mean `requires-python`?",),
    ),
    "unknown key of ours": (
        MINIMAL + "[tool.wheelright]\nlinkmode = 'copy'\n",
        "`tool.wheelright.linkmode` is not a known key",
        (5, 1, 8),
        ("Did you mean `link-mode`?",),
    ),
    "wrong type deep inside": (
        MINIMAL + '[project.optional-dependencies]\nweb = ["a", "b", 3]\n',
        "`project.optional-dependencies.web[2]` must be a requirement in a string, not an integer",
        (5, 18, 1),
        (),
    ),
    "a string for a list": (
        MINIMAL + 'dependencies = "flask"\n',
        "`project.dependencies` must be a list of requirements, not a string",
        (4, 16, 7),
        (),
    ),
    "a project that is none": (
        "project = 3\n",
        "`project` must be a table, not an integer",
        (1, 11, 1),
        (),
    ),
    "two spellings of an extra": (
        MINIMAL + "[project.optional-dependencies]\na-b = []\nA_B = []\n",
        "`project.optional-dependencies.A_B` is the same extra as `a-b`",
        (6, 1, 3),
        (),
    ),
    "two spellings of a group": (
        MINIMAL + "[dependency-groups]\na-b = []\nA_B = []\n",
        "`dependency-groups.A_B` is the same group as `a-b`",
        (6, 1, 3),
        (),
    ),
    "a cycle of groups": (
        MINIMAL + "[dependency-groups]\na = [{include-group = 'B'}]\nb = [{include-group = 'a'}]\n",
        "`dependency-groups.b[0].include-group` includes itself: `a` -> `b` -> `a`",
        (6, 23, 3),
        (),
    ),
    "a missing group": (
        MINIMAL + "[dependency-groups]\ndev = [{include-group = 'lnt'}]\nlint = []\n",
        "`dependency-groups.dev[0].include-group` includes the group `lnt`, which does not exist",
        (5, 25, 5),
        ("Did you mean `lint`?",),
    ),
    "an unknown table in a group": (
        MINIMAL + "[dependency-groups]\ndev = [{path = 'x'}]\n",
        (
            "`dependency-groups.dev[0].path` is not known here; a table in a group is "
            '`{ include-group = "NAME" }`'
        ),
        (5, 9, 4),
        (),
    ),
    "a number in a group": (
        MINIMAL + "[dependency-groups]\ndev = [1]\n",
        (
            "`dependency-groups.dev[0]` must be a requirement or "
            '`{ include-group = "NAME" }`, not an integer'
        ),
        (5, 8, 1),
        (),
    ),
    "a default group that is missing": (
        MINIMAL + "[dependency-groups]\ndocs = []\n[tool.uv]\ndefault-groups = ['doc']\n",
        "`tool.uv.default-groups[0]` names the group `doc`, which does not exist",
        (7, 19, 5),
        ("Did you mean `docs`?",),
    ),
    "settings of a missing group": (
        MINIMAL + "[tool.wheelright.dependency-groups]\ndocs = {requires-python = '>=3'}\n",
        "`tool.wheelright.dependency-groups` describes the group `docs`, which does not exist",
        (4, 18, 17),
        (),
    ),
    "a build system without requires": (
        MINIMAL + "[build-system]\nbackend = 'x'\n",
        "`pyproject.toml` has 2 faults",
        None,
        (),
    ),
}


@pytest.mark.parametrize(("text", "message", "place", "hints"), FAULTS.values(), ids=list(FAULTS))
def test_faults(
    text: str, message: str, place: tuple[int, int, int] | None, hints: tuple[str, ...]
) -> None:
    with pytest.raises(ProjectFileError) as caught:
        project(text)
    error = caught.value
    assert (error.message, error.hints, error.exit_code) == (message, hints, 1)
    assert error.where == "pyproject.toml"
    excerpt = error.excerpt
    assert (excerpt and (excerpt.line, excerpt.column, excerpt.length)) == place


def test_several_faults_are_told_together_in_the_order_of_the_text() -> None:
    with pytest.raises(ProjectFileError) as caught:
        project(
            '[tool.wheelright]\nlink-mode = "copyy"\n'
            '[project]\nname = "demo"\ndependencies = ["a b", "c d"]\n'
        )
    assert caught.value.message == "`pyproject.toml` has 4 faults"
    assert caught.value.details == (
        (
            "line 2: `tool.wheelright.link-mode` must be `clone`, `hardlink`, `copy` or `symlink`, "
            "not `copyy` (Did you mean `copy`?)"
        ),
        (
            'line 3: `project` needs a `version` (Write `version = "0.1.0"`, or '
            '`dynamic = ["version"]` where the build backend knows it)'
        ),
        (
            "line 5: `project.dependencies[0]` is not a valid requirement: `a b`: expected "
            "semicolon "
            "(after name with no version specifier) or end"
        ),
        (
            "line 5: `project.dependencies[1]` is not a valid requirement: `c d`: expected "
            "semicolon "
            "(after name with no version specifier) or end"
        ),
    )


def test_a_project_is_found_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(MINIMAL)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.black]\n")
    assert find_project(deep) == tmp_path
    assert load_project(tmp_path).name == "demo"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.wheelright]\n")
    assert find_project(deep) == tmp_path / "a"


def test_no_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    with pytest.raises(ProjectNotFoundError) as caught:
        require_project(tmp_path)
    assert caught.value.message == (
        "No project was found: no `pyproject.toml` with a `[project]` table here or in any "
        "directory above"
    )
    assert caught.value.where == str(tmp_path)
    assert caught.value.details == (f"`{tmp_path / 'pyproject.toml'}` has no `[project]` table",)
    assert caught.value.hints == ("Run `wheelright init` to make a project here",)
    assert caught.value.exit_code == 2
    with pytest.raises(ProjectNotFoundError) as caught:
        load_project(tmp_path / "none")
    assert caught.value.message == "There is no `pyproject.toml`"


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(MINIMAL.encode() + b"# \xe9\n")
    with pytest.raises(ProjectFileError) as caught:
        load_project(tmp_path)
    assert caught.value.message == "`pyproject.toml` is not UTF-8: its byte 40 cannot be read"
    assert caught.value.hints == ("Save the file in UTF-8",)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load_project(tmp_path).name == "demo"


@given(st.data())
def test_no_text_breaks_the_reader_otherwise_than_by_an_error(data: st.DataObject) -> None:
    lines = FULL.split("\n")
    value = st.sampled_from(["1", '""', '"x y"', "[]", "[[]]", "{}", "[{}]", "true", '["a b", 1]'])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition(" = ")
        lines[at] = f"{key} = {data.draw(value)}" if equals else data.draw(st.just("") | value)
    try:
        project("\n".join(lines))
    except WheelrightError as error:
        assert error.message  # noqa: PT017 - either outcome is right
