"""Settings of every level: typed, merged in order, each knowing where it comes from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from wheelright.errors import WheelrightError
from wheelright.outside.reporting import Silent
from wheelright.project import (
    ConfigurationError,
    Cutoff,
    IndexSetting,
    IndexSource,
    ProjectFileError,
    Settings,
    Target,
    configuration_reference,
    parse_cutoff,
    parse_specifier,
)
from wheelright.project import (
    load_settings as load,
)
from wheelright.project.errors import BadValue
from wheelright.project.settings import Level, keys
from wheelright.project.settings_types import (
    CacheKey,
    ConflictMember,
    ExtraBuildRequirement,
    WorkspaceSetting,
)

HEAD = '[project]\nname = "demo"\nversion = "1"\n'


LEVELS: tuple[Literal["user"], Literal["system"]] = ("user", "system")


@pytest.fixture
def levels(tmp_path: Path) -> dict[Level, Path]:
    """The user's and the system's files, in a directory of the test."""
    found: dict[Level, Path] = {one: tmp_path / one / "wheelright.toml" for one in LEVELS}
    for path in found.values():
        path.parent.mkdir()
    return found


def load_settings(
    root: Path | None = None,
    config_file: Path | None = None,
    levels: dict[Level, Path] | None = None,
    **more: Any,
) -> Settings:
    """Load with the files of a test in place of those of the machine."""
    return load(root, config_file, found_in=list((levels or {}).items()), **more)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


def write(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(HEAD + text)
    return root


def test_nothing_said(root: Path) -> None:
    assert load_settings(write(root, "")) == Settings()
    assert load_settings() == Settings()
    assert str(load_settings().origin("link-mode")) == "the default"


VALUES: dict[str, tuple[str, Any]] = {
    "targets": ('["linux", "plc"]', (Target("linux"), Target("plc"))),
    "target": ('{ plc = "x86_64-manylinux_2_17" }', (Target("plc", "x86_64-manylinux_2_17"),)),
    "default-target": ('"plc"', "plc"),
    "wheels": ('"require"', "require"),
    "allow-build": ('["A.B"]', ("a-b",)),
    "index": (
        '[{ name = "x", url = "https://x.test/simple", explicit = true, format = "flat" }]',
        (IndexSetting("https://x.test/simple", "x", explicit=True, format="flat"),),
    ),
    "index-url": ('"https://x.test"', "https://x.test"),
    "extra-index-url": ('["https://x.test"]', ("https://x.test",)),
    "find-links": ('["https://x.test"]', ("https://x.test",)),
    "no-index": ("true", True),
    "index-strategy": ('"unsafe-best-match"', "unsafe-best-match"),
    "keyring-provider": ('"subprocess"', "subprocess"),
    "allow-insecure-host": ('["x.test"]', ("x.test",)),
    "sources": ("{}", {}),
    "no-sources": ("true", True),
    "exclude-dependencies": ('["A_b"]', ("a-b",)),
    "default-groups": ('"all"', "all"),
    "conflicts": (
        '[[{ extra = "a" }, { group = "B" }]]',
        ((ConflictMember(extra="a"), ConflictMember(group="b")),),
    ),
    "exclude-newer": ("2026-01-31", Cutoff("2026-01-31", datetime(2026, 2, 1, tzinfo=UTC))),
    "exclude-newer-package": (
        '{ A = "3 days", b = false }',
        {"a": Cutoff("3 days", age=timedelta(3)), "b": None},
    ),
    "resolution": ('"lowest"', "lowest"),
    "prerelease": ('"allow"', "allow"),
    "prerelease-package": ('{ A = "allow" }', {"a": "allow"}),
    "fork-strategy": ('"fewest"', "fewest"),
    "no-build": ("true", True),
    "no-build-package": ('["a"]', ("a",)),
    "no-binary": ("true", True),
    "no-binary-package": ('["a"]', ("a",)),
    "require-build-hashes": ("true", True),
    "no-build-isolation": ("true", True),
    "no-build-isolation-package": ('["a"]', ("a",)),
    "config-settings": ('{ a = "b", c = ["d", "e"] }', {"a": ("b",), "c": ("d", "e")}),
    "config-settings-package": ('{ N = { a = "b" } }', {"n": {"a": ("b",)}}),
    "extra-build-variables": ('{ n = { CC = "zig" } }', {"n": {"CC": "zig"}}),
    "cache-keys": (
        '["setup.py", { env = "CC" }, { git = true }, { dir = "src" }]',
        (
            CacheKey("file", "setup.py"),
            CacheKey("env", "CC"),
            CacheKey("git", git={"commit": True}),
            CacheKey("dir", "src"),
        ),
    ),
    "package": ("true", True),
    "managed": ("false", False),
    "workspace": (
        '{ members = ["libs/*"], exclude = ["libs/x"] }',
        WorkspaceSetting(("libs/*",), ("libs/x",)),
    ),
    "link-mode": ('"copy"', "copy"),
    "compile-bytecode": ("true", True),
    "python-preference": ('"system"', "system"),
    "python-downloads": ('"never"', "never"),
    "offline": ("true", True),
    "no-cache": ("true", True),
    "cache-dir": ('"/x/cache"', str(Path("/x/cache").absolute())),
    "concurrent-downloads": ("4", 4),
    "concurrent-builds": ("2", 2),
    "required-version": ('">=0.1"', parse_specifier(">=0.1")),
    "add-bounds": ('"major"', "major"),
    "guard": ('"error"', "error"),
    "venv": ('"per-target"', "per-target"),
}
SHOWN_ELSEWHERE = {
    "constraint-dependencies",
    "override-dependencies",
    "build-constraint-dependencies",
    "dev-dependencies",
    "dependency-groups",
    "environments",
    "required-environments",
    "dependency-metadata",
    "extra-build-dependencies",
}


@pytest.mark.parametrize("table", ["wheelright", "uv"])
@pytest.mark.parametrize(("key", "written", "value"), [(k, *v) for k, v in VALUES.items()])
def test_every_key_in_both_tables(
    root: Path, table: str, key: str, written: str, value: object
) -> None:
    settings = load_settings(write(root, f"[tool.{table}]\n{key} = {written}\n"))
    attribute = key.replace("-", "_")
    if table == "uv" and keys()[key].uv is None:
        assert settings == Settings()
    else:
        assert getattr(settings, attribute) == value
        assert str(settings.origin(key)) == f"`[tool.{table}]` in `{root / 'pyproject.toml'}`"


def test_no_key_is_left_out_of_these_tests() -> None:
    assert set(VALUES) | SHOWN_ELSEWHERE == set(keys())


def test_requirements_markers_and_metadata(root: Path) -> None:
    settings = load_settings(
        write(
            root,
            "[tool.uv]\n"
            'constraint-dependencies = ["A<2"]\noverride-dependencies = ["b==1"]\n'
            'build-constraint-dependencies = ["c"]\n'
            "environments = \"os_name == 'nt'\"\nrequired-environments = [\"os_name == 'posix'\"]\n"
            '[[tool.uv.dependency-metadata]]\nname = "D"\nversion = "1"\n'
            'requires-dist = ["e>1"]\nrequires-python = ">=3"\nprovides-extra = ["X"]\n'
            "[tool.uv.extra-build-dependencies]\n"
            'f = ["g", { requirement = "h", match-runtime = true }]\n',
        )
    )
    assert [str(one) for one in settings.constraint_dependencies] == ["a<2"]
    assert str(settings.constraint_dependencies[0].place) == "tool.uv.constraint-dependencies[0]"
    assert [str(one) for one in settings.override_dependencies] == ["b==1"]
    assert [str(one) for one in settings.build_constraint_dependencies] == ["c"]
    assert [str(one) for one in settings.environments] == ['os_name == "nt"']
    assert [str(one) for one in settings.required_environments] == ['os_name == "posix"']
    (stated,) = settings.dependency_metadata
    assert (stated.name, str(stated.version), stated.provides_extra) == ("d", "1", ("x",))
    assert [str(one) for one in stated.requires_dist] == ["e>1"]
    plain, matched = settings.extra_build_dependencies["f"]
    assert (plain.requirement.name, plain.match_runtime) == ("g", False)
    assert isinstance(matched, ExtraBuildRequirement)
    assert (matched.requirement.name, matched.match_runtime) == ("h", True)


@pytest.mark.parametrize(
    "written",
    [
        (
            'targets = ["plc", "linux"]\n[tool.wheelright.target.plc]\n'
            'platform = "x86_64-manylinux_2_17"\npython = ">=3.11"\n'
        ),
        (
            "[tool.wheelright.targets]\n"
            'plc = { platform = "x86_64-manylinux_2_17", python = ">=3.11" }\n'
            "linux = {}\n"
        ),
    ],
)
def test_described_targets(root: Path, written: str) -> None:
    settings = load_settings(write(root, f"[tool.wheelright]\n{written}"))
    assert settings.targets == (
        Target("plc", "x86_64-manylinux_2_17", python=parse_specifier(">=3.11")),
        Target("linux"),
    )


def test_levels_in_order(root: Path, levels: dict[Level, Path], tmp_path: Path) -> None:
    """Strength falls from the environment to the system; lists of places add up."""
    levels["system"].write_text('link-mode = "copy"\nresolution = "lowest"\nfind-links = ["s"]\n')
    levels["user"].write_text('link-mode = "symlink"\nfind-links = ["u"]\noffline = true\n')
    write(root, '[tool.uv]\nlink-mode = "hardlink"\nfind-links = ["p"]\n')
    by_uv = load_settings(root, levels=levels)
    assert (by_uv.link_mode, by_uv.resolution, by_uv.offline) == ("hardlink", "lowest", True)
    assert by_uv.find_links == tuple(
        (tmp_path / one).as_uri() for one in ("project/p", "user/u", "system/s")
    )
    assert str(by_uv.origin("offline")) == f"`{levels['user']}`"
    write(root, '[tool.uv]\nlink-mode = "hardlink"\n[tool.wheelright]\nlink-mode = "clone"\n')
    assert load_settings(root).link_mode == "clone"
    (root / "wheelright.toml").write_text('link-mode = "copy"\n')
    assert load_settings(root).link_mode == "copy"
    environ = {"WHEELRIGHT_LINK_MODE": "symlink", "WHEELRIGHT_OFFLINE": "0"}
    by_variable = load_settings(root, levels=levels, environ=environ)
    assert (by_variable.link_mode, by_variable.offline) == ("symlink", False)
    assert str(by_variable.origin("link-mode")) == "the variable `WHEELRIGHT_LINK_MODE`"
    assert load_settings(root, no_config=True).link_mode == "clone"
    assert load_settings(root, levels=levels, no_config=True).offline is False


def test_a_named_file_takes_the_place_of_the_found_ones(
    root: Path, levels: dict[Level, Path], tmp_path: Path
) -> None:
    levels["user"].write_text("offline = true\n")
    write(root, '[tool.wheelright]\nlink-mode = "clone"\nresolution = "lowest"\n')
    (tmp_path / "named.toml").write_text('link-mode = "copy"\n')
    settings = load_settings(root, tmp_path / "named.toml", levels)
    assert (settings.link_mode, settings.resolution, settings.offline) == ("copy", "lowest", False)


def test_the_file_of_uv_takes_the_place_of_its_table(root: Path) -> None:
    write(
        root,
        '[tool.uv]\nresolution = "lowest"\nlink-mode = "copy"\nsources = { a = { path = "a" } }\n',
    )
    (root / "uv.toml").write_text('link-mode = "clone"\nunheard-of = 1\n')
    settings = load_settings(root)
    assert (settings.resolution, settings.link_mode) == ("highest", "clone")
    assert set(settings.sources) == {"a"}


def test_indexes_in_the_order_in_which_they_are_asked(root: Path) -> None:
    settings = load_settings(
        write(
            root,
            '[tool.uv]\nextra-index-url = ["https://extra.test"]\n'
            '[[tool.uv.index]]\nurl = "https://default.test"\ndefault = true\n'
            '[[tool.uv.index]]\nname = "first"\nurl = "./simple"\n',
        ),
        environ={"WHEELRIGHT_INDEX": "mine=https://mine.test https://nameless.test"},
    )
    assert [(one.name, one.url, one.default) for one in settings.indexes] == [
        ("mine", "https://mine.test", False),
        (None, "https://nameless.test", False),
        ("first", (root / "simple").as_uri(), False),
        (None, "https://extra.test", False),
        (None, "https://default.test", True),
    ]


def test_a_secret_in_an_index_is_not_shown(root: Path) -> None:
    settings = load_settings(write(root, '[[tool.uv.index]]\nurl = "https://me:pw@x.test"\n'))
    assert settings.index[0].url == "https://me:pw@x.test"
    assert "pw" not in repr(settings.index)


def test_unread_keys_of_uv_are_told_to_the_curious_only(root: Path) -> None:
    told: list[str] = []

    class Listener(Silent):
        def debug(self, text: str) -> None:
            told.append(text)

    load_settings(write(root, "[tool.uv]\npreview = true\n"), reporter=Listener())
    assert told == ["`tool.uv.preview` in `pyproject.toml` is not read"]


FAULTS = {
    "unknown": ("link-mod = 1", "link-mod", "is not a known key", "Did you mean `link-mode`?"),
    "type": ('offline = "yes"', "offline", "must be a boolean, not a string", None),
    "word": (
        'guard = "of"',
        "guard",
        "must be `warn`, `error` or `off`, not `of`",
        "Did you mean `off`?",
    ),
    "requirement": (
        'constraint-dependencies = ["a", "b c"]',
        "constraint-dependencies[1]",
        (
            "is not a valid requirement: `b c`: expected semicolon (after name with no version "
            "specifier) or end"
        ),
        None,
    ),
    "marker": (
        "environments = \"os == 'nt'\"",
        "environments",
        "is not a valid marker: `os == 'nt'`: expected a marker variable or quoted string",
        None,
    ),
    "index without a url": (
        'index = [{ name = "x" }]',
        "index[0]",
        "needs a `url`",
        None,
    ),
    "explicit index without a name": (
        'index = [{ url = "https://x.test", explicit = true }]',
        "index[0]",
        "is `explicit` and needs a `name`, by which sources can ask for it",
        None,
    ),
    "two indexes of one name": (
        'index = [{ name = "x", url = "a" }, { name = "x", url = "b" }]',
        "index[1]",
        "is the second index with the name `x`",
        None,
    ),
    "two default indexes": (
        'index = [{ url = "a", default = true }, { url = "b", default = true }]',
        "index[1]",
        "is the second index with `default = true`",
        None,
    ),
    "key of an index": (
        'index = [{ url = "a", exlicit = true }]',
        "index[0].exlicit",
        "is not a known key",
        "Did you mean `explicit`?",
    ),
    "target": (
        'target = { plc = { platform = "linux", file = "plc.json" } }',
        "target.plc",
        "takes `platform` or `file`, not both",
        None,
    ),
    "target twice": ('targets = ["a", "a"]', "targets[1]", "names `a` twice", None),
    "conflict of one": (
        'conflicts = [[{ extra = "a" }]]',
        "conflicts[0]",
        "needs at least two members that conflict",
        None,
    ),
    "moment": (
        'exclude-newer = "soon"',
        "exclude-newer",
        "is not a date, a moment or a duration: `soon`",
        "Write `2026-01-31`, `2026-01-31T12:00:00Z` or `30 days`",
    ),
    "moment without a zone": (
        'exclude-newer = "2026-01-31T12:00:00"',
        "exclude-newer",
        "needs a time zone: `2026-01-31T12:00:00`",
        "Write `2026-01-31T12:00:00Z` for UTC",
    ),
    "missing index": (
        'sources = { a = { index = "cpuu" } }\nindex = [{ name = "cpu", url = "x" }]',
        "sources.a.index",
        "names the index `cpuu`, which is not defined",
        "Did you mean `cpu`?",
    ),
    "missing index, another one known": (
        'sources = { a = { index = "zz" } }\nindex = [{ name = "cpu", url = "x" }]',
        "sources.a.index",
        "names the index `zz`, which is not defined",
        "Defined are `cpu`",
    ),
    "source of no kind": (
        'sources = { a = { pth = "x" } }',
        "sources.a",
        "needs one of `index`, `path`, `workspace`, `git` or `url`",
        "Did you mean `path`?",
    ),
}


@pytest.mark.parametrize(("written", "key", "message", "hint"), FAULTS.values(), ids=list(FAULTS))
def test_faults_in_a_project(
    root: Path, written: str, key: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ProjectFileError) as caught:
        load_settings(write(root, f"[tool.wheelright]\n{written}\n"))
    error = caught.value
    assert error.message == f"`tool.wheelright.{key}` {message}"
    assert error.hints == ((hint,) if hint else ())
    assert error.where == str(root / "pyproject.toml")
    assert error.excerpt is not None
    assert error.excerpt.line == 5


def test_faults_in_the_file_of_a_user(levels: dict[Level, Path]) -> None:
    levels["user"].write_text('sources = {}\nlink-mode = "x"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings(levels=levels)
    error = caught.value
    assert (error.message, error.exit_code) == ("`wheelright.toml` has 2 faults", 2)
    assert error.details == (
        (
            "line 1: `sources` is for a project and cannot stand in a configuration file "
            "(Write it under `[tool.wheelright]` in `pyproject.toml`)"
        ),
        "line 2: `link-mode` must be `clone`, `hardlink`, `copy` or `symlink`, not `x`",
    )


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("WHEELRIGHT_OFFLINE", "perhaps", "must be `true` or `false`, not `perhaps`"),
        ("WHEELRIGHT_CONCURRENT_BUILDS", "two", "must be an integer, not `two`"),
        (
            "WHEELRIGHT_RESOLUTION",
            "high",
            "must be `highest`, `lowest` or `lowest-direct`, not `high`",
        ),
    ],
)
def test_faults_in_a_variable(variable: str, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={variable: text})
    assert caught.value.message == f"`{variable}` {message}"


def test_a_named_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(None, tmp_path / "none.toml")
    assert (caught.value.message, caught.value.where) == (
        "`none.toml` does not exist",
        str(tmp_path / "none.toml"),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("7 days", datetime(2026, 6, 8, tzinfo=UTC)),
        ("1 week ago", datetime(2026, 6, 8, tzinfo=UTC)),
        ("P1DT12H", datetime(2026, 6, 13, 12, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_cutoff(text).moment(datetime(2026, 6, 15, tzinfo=UTC)) == moment


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "9999-99-99", "2026-13-01T00:00:00Z", "0", "9999-12-31", "99999999999 weeks"],
)
def test_moments_that_are_none(text: str) -> None:
    with pytest.raises(BadValue):
        parse_cutoff(text)


def test_sources_with_markers(root: Path) -> None:
    settings = load_settings(
        write(
            root,
            "[tool.uv.sources]\nTorch = [\n  { index = 'cpu', marker = \"os_name == 'nt'\" },\n"
            "  { index = 'gpu', extra = 'GPU' },\n]\n"
            "[[tool.uv.index]]\nname = 'cpu'\nurl = 'a'\n"
            "[[tool.uv.index]]\nname = 'gpu'\nurl = 'b'\n",
        )
    )
    first, second = settings.sources["torch"]
    assert isinstance(first, IndexSource)
    assert str(first.marker) == 'os_name == "nt"'
    assert second == IndexSource(index="gpu", extra="gpu")


def test_the_reference_documents_every_key() -> None:
    reference = configuration_reference()
    documented = [one.name.replace("-", "_") for one in reference]
    assert documented == list(Settings.__struct_fields__[:-3])  # what is gathered, and origins
    assert all(one.doc.endswith(".") and one.takes for one in reference)
    by_name = {one.name: one for one in reference}
    assert (by_name["link-mode"].environment, by_name["link-mode"].uv) == (
        "WHEELRIGHT_LINK_MODE",
        "link-mode",
    )
    assert by_name["guard"].default == '"warn"'
    assert by_name["sources"].environment is None


def test_any_error_is_one_of_ours(root: Path) -> None:
    """Every key, given every type of value, is read or refused with its name."""
    for key in keys():
        for value in (
            "1",
            "1.5",
            '""',
            '"a b"',
            "true",
            "[]",
            "[1]",
            "[[]]",
            "{}",
            "{ a = 1 }",
            "2026-01-31",
        ):
            try:
                load_settings(write(root, f"[tool.wheelright]\n{key} = {value}\n"))
            except WheelrightError as error:
                assert f"tool.wheelright.{key}" in error.message  # noqa: PT017 - or it is read
