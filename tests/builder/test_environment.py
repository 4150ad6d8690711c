from __future__ import annotations

import os
from pathlib import Path

import pytest

from wheelright.builder.environment import build_variables

HERE = Path("build") / "venv"


def kept(**variables: str) -> set[str]:
    result = build_variables(variables, prefix=HERE, scripts=HERE / "bin", extra={})
    return set(result) & set(variables)


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_TOKEN",
        "CARGO_REGISTRIES_MINE_TOKEN",
        "npm_config__auth",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "OPENAI_API_KEY",
        "DB_PASSWORD",
        "MYSQL_PASS",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "SSH_AUTH_SOCK",
        "DOCKER_AUTH_CONFIG",
        "SIGNING_KEY",
        "GH_PAT",
        "NETRC",
        "PIP_INDEX_URL",
        "UV_INDEX",
        "WHEELRIGHT_INDEX",
        "TWINE_USERNAME",
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
    ],
)
def test_secrets_and_the_settings_of_installers_are_left_out(name: str) -> None:
    assert kept(**{name: "value"}) == ({"VIRTUAL_ENV"} if name == "VIRTUAL_ENV" else set())


@pytest.mark.parametrize(
    "value",
    [
        "https://user:secret@index.example/simple",
        "one https://token@index.example/simple two",
        "git+ssh://git@code.example/project",
    ],
)
def test_urls_with_user_information_are_left_out(value: str) -> None:
    assert kept(SOMETHING=value) == set()


@pytest.mark.parametrize(
    "name",
    [
        "HOME",
        "LANG",
        "CC",
        "CFLAGS",
        "LD_LIBRARY_PATH",
        "PKG_CONFIG_PATH",
        "CARGO_HOME",
        "MACOSX_DEPLOYMENT_TARGET",
        "SOURCE_DATE_EPOCH",
        "TMPDIR",
        "HTTPS_PROXY",
        "PASSENGER_ROOT",
        "KEYBOARD",
        "AUTHOR",
        "PATTERN",
    ],
)
def test_what_a_compiler_needs_is_kept(name: str) -> None:
    assert kept(**{name: "http://proxy.example:3128"}) == {name}


def test_the_build_python_comes_first_on_the_path() -> None:
    variables = build_variables(
        {"PATH": "usual", "VIRTUAL_ENV": "mine"}, prefix=HERE, scripts=HERE / "bin", extra={}
    )

    assert variables["PATH"] == f"{HERE / 'bin'}{os.pathsep}usual"
    assert variables["VIRTUAL_ENV"] == str(HERE)


def test_what_the_user_asks_for_is_set_as_it_is() -> None:
    extra = {"PYTHONPATH": "mine", "MY_TOKEN": "given on purpose"}

    variables = build_variables({}, prefix=HERE, scripts=HERE, extra=extra)

    assert variables.items() >= extra.items()
