from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelright.interpreters import InvalidRequest, PythonRequest, parse_request

GRAMMAR = {
    "3": {"release": (3,)},
    "3.12": {"release": (3, 12)},
    "3.12.1": {"release": (3, 12, 1)},
    "312": {"release": (3, 12)},
    "3.14.0rc1": {"release": (3, 14, 0), "prerelease": "rc1"},
    "3.14rc1": {"release": (3, 14), "prerelease": "rc1"},
    "3.13t": {"release": (3, 13), "free_threaded": True},
    "3.13td": {"release": (3, 13), "free_threaded": True, "debug": True},
    "3.12.0d": {"release": (3, 12, 0), "debug": True},
    "3.13+freethreaded": {"release": (3, 13), "free_threaded": True},
    "3.14+gil": {"release": (3, 14), "free_threaded": False},
    "3.13+debug+freethreaded": {"release": (3, 13), "free_threaded": True, "debug": True},
    ">=3.10,<3.13": {"specifier": ">=3.10,<3.13"},
    "~=3.11": {"specifier": "~=3.11"},
    "cpython": {"implementation": "cpython"},
    "CP": {"implementation": "cpython"},
    "pypy": {"implementation": "pypy"},
    "cpython@3.12": {"implementation": "cpython", "release": (3, 12)},
    "cpython3.12": {"implementation": "cpython", "release": (3, 12)},
    "pypy-3.10": {"implementation": "pypy", "release": (3, 10)},
    "cp312": {"implementation": "cpython", "release": (3, 12)},
    "pp310": {"implementation": "pypy", "release": (3, 10)},
    "python3.12": {"release": (3, 12)},
    "cpython>=3.12": {"implementation": "cpython", "specifier": ">=3.12"},
    "cpython-3.12.3-linux-x86_64-gnu": {
        "implementation": "cpython",
        "release": (3, 12, 3),
        "system": "linux",
        "cpu": "x86_64",
        "libc": "glibc",
    },
    "pypy-any-macos-aarch64-none": {"implementation": "pypy", "system": "macos", "cpu": "aarch64"},
    "python": {"name": "python"},
    "mypython3": {"name": "mypython3"},
    "any": {},
    "": {},
}


@pytest.mark.parametrize("text", GRAMMAR)
def test_the_grammar(text: str, tmp_path: Path) -> None:
    assert parse_request(text, tmp_path) == PythonRequest(text, **GRAMMAR[text])  # type: ignore[arg-type]


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    assert parse_request("env", tmp_path).path == tmp_path / "env"
    assert parse_request("./env", tmp_path).path == tmp_path / "env"
    assert parse_request(str(tmp_path / "env"), tmp_path).path == tmp_path / "env"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            ">=3.x.",
            "`>=3.x.` is not a request for a Python: `>=3.x.` is no version specifier",
            "Write a specifier as in `>=3.11,<3.14`",
        ),
        (
            "3.13+fast",
            "`3.13+fast` is not a request for a Python: `+fast` is no variant",
            "Known variants: `+freethreaded`, `+gil`, `+debug`",
        ),
        (
            "3.12.1.1",
            "`3.12.1.1` is not a request for a Python: it is no version",
            "Write a version as in `3.12`, `3.12.4` or `3.13t`",
        ),
        (
            "./nothing/here",
            "No Python is at `./nothing/here`: the path does not exist",
            "Name an executable, a venv, or a version such as `3.12`",
        ),
    ],
)
def test_what_cannot_be_understood(text: str, message: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(text, tmp_path)
    assert (caught.value.message, caught.value.hints) == (message, (hint,))


@given(st.text(max_size=30) | st.from_regex(r"(cpython|pypy)?[@-]?[0-9.]{1,8}[a-z+]{0,5}"))
def test_garbage_never_crashes(text: str) -> None:
    try:
        assert parse_request(text, Path("/nonexistent")).text == text.strip()
    except InvalidRequest as error:
        assert error.message  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "version", "could"),
    [
        ("3.12", (3, 12), True),
        ("3.12", (3, 12, 4), True),
        ("3.12.1", (3, 12), True),
        ("3.12", (3, 8), False),
        ("3", (3, 8), True),
        (">=3.11", (3, 8), False),
        (">=3.11.5", (3, 11), True),
        (">=3.11.5", (3, 11, 4), False),
        ("<3.12", (3, 12), False),
        ("pypy", (3, 8), True),
        ("==3.12.*", (3, 12), True),
    ],
)
def test_what_a_name_rules_out(text: str, version: tuple[int, ...], could: bool) -> None:
    assert parse_request(text, Path("/nonexistent")).could_be(version) == could
