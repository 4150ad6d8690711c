from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelright.targets import (
    InvalidFileName,
    WheelName,
    normalize_name,
    parse_sdist_name,
    parse_wheel_name,
)

_part = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
_ALMOST = (
    r"[A-Za-z]([A-Za-z._]{0,3}[A-Za-z])?-[0-9.a-z+]{1,6}(-[0-9a-z]{1,3})?"
    r"-[a-z0-9.]{1,6}-[a-z0-9.]{1,6}-[a-z0-9._]{1,9}\.whl"
)
_parts = st.lists(_part, min_size=1, max_size=3, unique=True).map(tuple)


def test_a_wheel_name_taken_apart() -> None:
    name = "Ruamel.Yaml_clib-0.2-1local-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert parse_wheel_name(name) == WheelName(
        name="ruamel-yaml-clib",
        version="0.2",
        build=(1, "local"),
        pythons=("cp312",),
        abis=("cp312",),
        platforms=("manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        tag="cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
    )


@given(
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._]{0,8}[A-Za-z0-9])?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(\+[a-z0-9]{1,5})?", fullmatch=True),
    _parts,
    _parts,
    _parts,
)
def test_what_was_put_together_is_taken_apart(
    name: str,
    version: str,
    pythons: tuple[str, ...],
    abis: tuple[str, ...],
    platforms: tuple[str, ...],
) -> None:
    tag = "-".join(map(".".join, (pythons, abis, platforms)))
    found = parse_wheel_name(f"{name}-{version}-{tag}.whl")
    expected = WheelName(normalize_name(name), version, (), pythons, abis, platforms, tag)
    assert found == expected


@given(
    st.from_regex(
        _ALMOST,
        fullmatch=True,
    )
)
def test_what_packaging_takes_we_take_alike(name: str) -> None:
    try:
        project, _, build, tags = parse_wheel_filename(name)
    except InvalidWheelFilename:
        return
    found = parse_wheel_name(name)
    assert (found.name, found.build) == (project, build)
    triples = {
        f"{python}-{abi}-{platform}"
        for python in found.pythons
        for abi in found.abis
        for platform in found.platforms
    }
    assert triples == {str(tag) for tag in tags}


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: text + ".whl"))
def test_garbage_is_an_invalid_file_name(name: str) -> None:
    try:
        assert parse_wheel_name(name).tag in name
    except InvalidFileName as error:
        assert error.message.startswith(f"`{name}` is not the file name of a wheel: ")  # noqa: PT017


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x-1.tar.gz", "it does not end in `.whl`"),
        ("x-1-py3-none.whl", "it has 4 parts between dashes instead of 5 or 6"),
        ("x-1-a-py3-none-any.whl", "its build tag `a` does not start with a number"),
        ("-1-py3-none-any.whl", "`` is not a project name"),
        ("x-one-py3-none-any.whl", "`one` is not a version"),
        ("x-1-py3..py2-none-any.whl", "`py3..py2-none-any` is not a tag"),
        ("../x-1-py3-none-any.whl", "`../x` is not a project name"),
    ],
)
def test_what_is_wrong_is_said(name: str, reason: str) -> None:
    with pytest.raises(InvalidFileName) as caught:
        parse_wheel_name(name)
    assert caught.value.message == f"`{name}` is not the file name of a wheel: {reason}"


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("foo-1.0.tar.gz", "foo", "1.0"),
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo_bar-1.0.zip", "Foo.Bar", "1.0"),
        ("foo-1.0-1.tar.gz", "foo", "1.0-1"),
        ("foo-2-1.0.tar.gz", "foo-2", "1.0"),
        ("foo-2-1.0.tar.bz2", "foo", "2-1.0"),
        ("foo-bar-1.0.tar.gz", "foo", None),
        ("foo-1.0-py3-none-any.whl", "foo", None),
        ("foo-1.0.tar.gz.asc", "foo", None),
        ("foo.tar.gz", "foo", None),
        ("foo-.tar.gz", "foo", None),
    ],
)
def test_sdist_names(filename: str, project: str, version: str | None) -> None:
    assert parse_sdist_name(filename, project) == version


@given(st.text(max_size=30).map(lambda text: text + ".tar.gz"), st.text(max_size=10))
def test_garbage_sdist_names_never_crash(filename: str, project: str) -> None:
    version = parse_sdist_name(filename, project)
    assert version is None or version in filename
