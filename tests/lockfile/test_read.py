from __future__ import annotations

from pathlib import Path

import pytest

from wheelright.errors import Excerpt
from wheelright.lockfile import (
    Edge,
    InvalidLockError,
    UnsupportedLockError,
    loads,
    read_lock,
)

DATA = Path(__file__).parent / "data"
PATH = Path("/project/pylock.toml")
HEAD = 'lock-version = "1.0"\ncreated-by = "other"\n'
WHEEL = '{ url = "https://files.example.org/a-1.0-py3-none-any.whl", hashes = { sha256 = "00" } }'


def entry(text: str, name: str = "a") -> str:
    return f'{HEAD}[[packages]]\nname = "{name}"\n{text}\n'


def test_a_lock_by_uv() -> None:
    path = DATA / "pylock.uv.toml"
    lock = loads(path.read_text(encoding="utf-8"), path)
    assert (lock.created_by, lock.inputs, lock.requires_python) == ("uv", None, ">=3.11")
    attrs, colorama, markupsafe = lock.packages
    assert [wheel.name for wheel in attrs.wheels] == ["attrs-25.3.0-py3-none-any.whl"]
    assert attrs.wheels[0].uploaded == "2025-03-13T11:10:21Z"
    assert attrs.sdist is not None
    assert attrs.sdist.name == "attrs-25.3.0.tar.gz"
    assert colorama.marker == "sys_platform == 'win32'"
    assert len(markupsafe.wheels) == 4


def test_a_lock_by_pip() -> None:
    path = DATA / "pylock.pip.toml"
    lock = loads(path.read_text(encoding="utf-8"), path)
    assert lock.created_by == "pip"
    assert [(package.name, package.version) for package in lock.packages] == [
        ("attrs", "25.3.0"),
        ("markupsafe", "3.0.2"),
    ]


def test_everything_pep_751_names_is_read_from_a_foreign_lock() -> None:
    lock = loads(
        entry(
            'dependencies = [{ name = "b", version = "2" }, { name = "c", vcs = { url = "x" } }]\n'
            'vcs = { type = "git", path = "../a", commit-id = "abc", subdirectory = "s" }\n'
            '[[packages.attestation-identities]]\nkind = "GitHub"\n'
            "[packages.tool.other]\nx = [1, 2.5, 1979-05-27]\n"
        ),
        PATH,
    )
    (package,) = lock.packages
    assert package.dependencies == (Edge("b", "2"), Edge("c"))
    assert package.vcs is not None
    assert (package.vcs.path, package.vcs.commit) == ("../a", "abc")


def test_broken_toml_shows_the_line() -> None:
    with pytest.raises(InvalidLockError) as caught:
        loads('lock-version = "1.0"\ncreated-by = wheelright\n', PATH)
    error = caught.value
    assert str(error) == "`pylock.toml` is not valid TOML: invalid value"
    assert error.excerpt == Excerpt(str(PATH), 2, 14, "created-by = wheelright")
    assert error.hints == ("restore it from version control, or remove it and lock again",)


def test_toml_that_ends_too_early_shows_the_end() -> None:
    with pytest.raises(InvalidLockError) as caught:
        loads("lock-version = [\n'1.0'", PATH)
    assert str(caught.value) == "`pylock.toml` is not valid TOML: unclosed array"
    assert caught.value.excerpt == Excerpt(str(PATH), 2, 6, "'1.0'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`lock-version` is missing"),
        ("lock-version = 1.0", "`lock-version` must be a string, not a float"),
        ('lock-version = "one"', "`lock-version` is `one`, which is not a version such as `1.0`"),
        ('lock-version = "1.0"', "`packages` is missing"),
        ('lock-version = "1.0"\npackages = []', "`created-by` is missing"),
        (HEAD + "packages = {}", "`packages` must be an array, not a table"),
        (HEAD + "packages = [1]", "`packages[0]` must be a table, not an integer"),
        (HEAD + "packages = []\nextras = [1]", "`extras[0]` must be a string, not an integer"),
        (HEAD + "[[packages]]", "`packages[0].name` is missing"),
        (entry("", "A.b"), "`packages[0].name` is `A.b`, which is not a normalised name"),
        (entry(""), "`packages[0]` has no file and no source"),
        (entry("wheels = []"), "`packages[0]` has no file and no source"),
        (
            entry(f'wheels = [{WHEEL}]\ndirectory = {{ path = "." }}'),
            "`packages[0]` has `directory` and `wheels`, and only one may be set",
        ),
        (entry("wheels = [0]"), "`packages[0].wheels[0]` must be a table, not an integer"),
        (entry("wheels = [0e-99]"), "`packages[0].wheels[0]` must be a table, not a float"),
        (
            entry(f"wheels = [{WHEEL}, {{}}]"),
            "`packages[0].wheels[1].url` is missing, and so is `path`",
        ),
        (
            entry('wheels = [{ url = "https://files.example.org/a.whl" }]'),
            "`packages[0].wheels[0].hashes` is missing; one hash at least is needed",
        ),
        (
            entry('sdist = { name = "../a", url = "x", hashes = { sha256 = "0" } }'),
            "`packages[0].sdist.name` is `../a`, which is not a file name",
        ),
        (
            entry('sdist = { url = "https://files.example.org/", hashes = { sha256 = "0" } }'),
            "`packages[0].sdist.name` is ``, which is not a file name",
        ),
        (
            entry('sdist = { url = "x", hashes = { sha256 = 0 } }'),
            "`packages[0].sdist.hashes.sha256` must be a string, not an integer",
        ),
        (
            entry('sdist = { url = "x", size = true, hashes = { sha256 = "0" } }'),
            "`packages[0].sdist.size` must be an integer, not a boolean",
        ),
        (
            entry('sdist = { url = "x", upload-time = "now", hashes = { sha256 = "0" } }'),
            "`packages[0].sdist.upload-time` must be a date with a time, not a string",
        ),
        (entry("directory = {}"), "`packages[0].directory.path` is missing"),
        (
            entry('vcs = { type = "git", url = "x" }'),
            "`packages[0].vcs.commit-id` is missing",
        ),
        (
            entry('vcs = { type = "git", commit-id = "x" }'),
            "`packages[0].vcs.url` is missing, and so is `path`",
        ),
        (
            f'{HEAD}packages = []\n[tool.wheelright]\nschema = 1\nextras = "x"\n',
            "`tool.wheelright.extras` must be a table, not a string",
        ),
        (
            f"{HEAD}packages = []\n[tool.wheelright]\nschema = 1\n[tool.wheelright.extras]\na = 1",
            "`tool.wheelright.extras.a` must be an array, not an integer",
        ),
    ],
)
def test_mistakes_are_told_with_their_key_path(text: str, message: str) -> None:
    with pytest.raises(InvalidLockError) as caught:
        loads(text, PATH)
    assert str(caught.value) == message
    assert caught.value.where == str(PATH)


def test_a_newer_major_version_is_refused() -> None:
    with pytest.raises(UnsupportedLockError) as caught:
        loads('lock-version = "2.0"\n', PATH)
    assert str(caught.value) == (
        "`pylock.toml` has lock version 2.0, and this Wheelright reads version 1"
    )
    assert caught.value.hints == ("use a newer Wheelright, or remove the file and lock again",)


def test_a_newer_minor_version_is_read_with_a_warning() -> None:
    reading = read_lock('lock-version = "1.7"\ncreated-by = "x"\npackages = []\nnew = 1\n', PATH)
    assert reading.lock.packages == ()
    assert reading.warnings == (
        "`pylock.toml` has lock version 1.7, this Wheelright knows 1.0",
        "`pylock.toml` has a key `new` that is not known",
    )


def test_inputs_of_another_schema_are_not_understood() -> None:
    text = f"{HEAD}packages = []\n[tool.wheelright]\nschema = 2\nextras = 7\n"
    assert loads(text, PATH).inputs is None
