"""The default index: pip's settings in pip's order, else the index that pip has built in."""

from __future__ import annotations

import configparser
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelright.errors import UsageError
from wheelright.index import default
from wheelright.index.default import (
    Surroundings,
    built_in_index,
    certificates,
    config_files,
    default_index,
    pip_setting,
)
from wheelright.index.errors import NoDefaultIndexError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(
        environ={"XDG_CONFIG_DIRS": str(tmp_path / "xdg")},
        home=tmp_path / "home",
        prefix=tmp_path / "prefix",
        platform="linux",
        root=tmp_path,
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def says(url: str, section: str = "global", key: str = "index-url") -> str:
    return f"[{section}]\n{key} = {url}\n"


def test_each_later_place_beats_the_earlier_ones(around: Surroundings, tmp_path: Path) -> None:
    places = [
        tmp_path / "xdg/pip/pip.conf",
        tmp_path / "etc/pip.conf",
        tmp_path / "home/.pip/pip.conf",
        tmp_path / "home/.config/pip/pip.conf",
        tmp_path / "prefix/pip.conf",
    ]
    for number, place in enumerate(places):
        write(place, says(f"https://n{number}.invalid/simple"))
        assert pip_setting("index-url", around) == f"https://n{number}.invalid/simple"


def test_a_virtual_environment_and_xdg_config_home_are_looked_at(
    around: Surroundings, tmp_path: Path
) -> None:
    more = {"XDG_CONFIG_HOME": str(tmp_path / "cfg")}
    here = replace(around, environ={**around.environ, **more})
    write(tmp_path / "cfg/pip/pip.conf", says("https://user.invalid/simple"))
    assert pip_setting("index-url", here) == "https://user.invalid/simple"
    write(tmp_path / "venv/pip.conf", says("https://venv.invalid/simple"))
    here = replace(here, environ={**here.environ, "VIRTUAL_ENV": str(tmp_path / "venv")})
    assert pip_setting("index-url", here) == "https://venv.invalid/simple"


def test_pip_config_file_beats_all_files_and_hides_the_users(
    around: Surroundings, tmp_path: Path
) -> None:
    write(tmp_path / "home/.config/pip/pip.conf", says("https://user.invalid/", key="cert"))
    write(tmp_path / "prefix/pip.conf", says("https://prefix.invalid/simple"))
    named = write(tmp_path / "named.conf", says("https://named.invalid/simple"))
    here = replace(around, environ={**around.environ, "PIP_CONFIG_FILE": str(named)})
    assert pip_setting("index-url", here) == "https://named.invalid/simple"
    assert pip_setting("cert", here) is None
    nothing = replace(around, environ={**around.environ, "PIP_CONFIG_FILE": os.devnull})
    assert pip_setting("index-url", nothing) is None


def test_the_variable_beats_everything(around: Surroundings, tmp_path: Path) -> None:
    write(tmp_path / "prefix/pip.conf", says("https://prefix.invalid/simple"))
    here = replace(around, environ={**around.environ, "PIP_INDEX_URL": "https://var.invalid/s"})
    assert pip_setting("index-url", here) == "https://var.invalid/s"
    empty = replace(around, environ={**around.environ, "PIP_INDEX_URL": ""})
    assert pip_setting("index-url", empty) == "https://prefix.invalid/simple"


def test_install_beats_global_even_from_a_lesser_file(around: Surroundings, tmp_path: Path) -> None:
    write(tmp_path / "xdg/pip/pip.conf", says("https://install.invalid/simple", "install"))
    write(tmp_path / "prefix/pip.conf", says("https://global.invalid/simple"))
    assert pip_setting("index-url", around) == "https://install.invalid/simple"


def test_keys_may_be_spelled_as_options(around: Surroundings, tmp_path: Path) -> None:
    write(tmp_path / "prefix/pip.conf", says("https://one.invalid/simple", key="--Index_URL"))
    assert pip_setting("index-url", around) == "https://one.invalid/simple"


def test_windows_and_macos_places(around: Surroundings, tmp_path: Path) -> None:
    environ = {"PROGRAMDATA": str(tmp_path / "shared"), "APPDATA": str(tmp_path / "roaming")}
    windows = replace(around, environ=environ, platform="win32")
    assert config_files(windows) == [
        tmp_path / "shared/pip/pip.ini",
        tmp_path / "home/pip/pip.ini",
        tmp_path / "roaming/pip/pip.ini",
        tmp_path / "prefix/pip.ini",
    ]
    macos = replace(around, environ={}, platform="darwin")
    assert config_files(macos)[1:3] == [
        tmp_path / "home/.pip/pip.conf",
        tmp_path / "home/.config/pip/pip.conf",
    ]
    (tmp_path / "home/Library/Application Support/pip").mkdir(parents=True)
    assert config_files(macos)[2] == tmp_path / "home/Library/Application Support/pip/pip.conf"


def test_credentials_of_the_configured_index_are_kept_apart(
    around: Surroundings, tmp_path: Path
) -> None:
    write(tmp_path / "prefix/pip.conf", says("https://joe:p%40ss@one.invalid/simple"))
    index = default_index(around)
    assert index.url == "https://one.invalid/simple/"
    assert index.credentials == ("joe", "p@ss")
    assert index.default
    assert "p@ss" not in repr(index)
    assert "p%40ss" not in repr(index)


@pytest.mark.parametrize(
    ("text", "where"),
    [("index-url = x\n", ":1"), ("[global]\nno equals sign secret\n", "")],
)
def test_a_broken_file_is_named(
    around: Surroundings, tmp_path: Path, text: str, where: str
) -> None:
    path = write(tmp_path / "prefix/pip.conf", text)
    with pytest.raises(UsageError) as caught:
        default_index(around)
    assert caught.value.message == "pip's configuration file is not valid"
    assert caught.value.where == f"{path}{where}"
    assert caught.value.details == ()


def test_certificates_are_those_that_pip_uses(around: Surroundings, tmp_path: Path) -> None:
    assert certificates(around) is None
    write(tmp_path / "prefix/pip.conf", says("/etc/company.pem", key="cert"))
    assert str(certificates(around)) == "/etc/company.pem"


def test_without_settings_it_is_the_one_pip_has_built_in(around: Surroundings) -> None:
    here = replace(around, environ={**around.environ, "PIP_CONFIG_FILE": os.devnull})
    url = default_index(here).url
    assert url.startswith("https://")
    assert url.endswith("/simple/")
    assert built_in_index() == url


def test_without_an_installed_pip_the_bundled_one_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ensurepip")
    expected = built_in_index()
    monkeypatch.setattr(default, "_installed_model", lambda: None)
    if default._bundled_model() is None:
        pytest.skip("this Python comes without the wheel of pip")
    assert expected == built_in_index()


def test_a_bundle_without_the_model_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ensurepip/_bundled").mkdir(parents=True)
    (tmp_path / "ensurepip/__init__.py").write_text("")
    with zipfile.ZipFile(tmp_path / "ensurepip/_bundled/pip-1-py3-none-any.whl", "w") as archive:
        archive.writestr("pip/__init__.py", "")
    (tmp_path / "ensurepip/_bundled/pip-0-py3-none-any.whl").write_text("no zip")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "ensurepip", raising=False)
    assert default._bundled_model() is None


def test_no_index_anywhere_is_an_error(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(around, environ={**around.environ, "PIP_CONFIG_FILE": os.devnull})
    monkeypatch.setattr(default, "built_in_index", lambda: None)
    with pytest.raises(NoDefaultIndexError) as caught:
        default_index(here)
    assert caught.value.message == "This machine has no default index"
    assert caught.value.hints == ("give its URL with `--default-index` or `PIP_INDEX_URL`",)


@given(st.text(alphabet="[]aA-_=:#; \t\n\r\x0b%DEFULT", max_size=40))
@example("[a]\nb = c\n")
@example("[a]\nb=c=d\n# e\n\n[b]\r\nc = d\r")
@example("[DEFAULT]\na = b\n[a]\nb = c")
@example("[a]\nb = c\n d\n")
@example("# a\rb = c")
def test_plain_files_are_read_as_configparser_reads_them(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    read = default._plain_items(lines)
    if read is None:
        return
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(lines)
    said: dict[tuple[str, str], str] = {}
    for section, name, value in read:
        said[section, name.lower()] = value
    assert said == {
        (section, name): value
        for section in parser.sections()
        for name, value in parser.items(section)
    }
