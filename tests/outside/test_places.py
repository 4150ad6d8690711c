"""Folders of settings and caches: `platformdirs` says what is right."""

from __future__ import annotations

import platformdirs
import pytest

from wheelright.outside import places

VALUES = [None, "", "/elsewhere", "/else/../where/", " /spaced", "not/absolute", "/a:/b", ":/b"]


@pytest.mark.parametrize("home", ["/home/me", "/home/me/", "/"])
@pytest.mark.parametrize("value", VALUES)
def test_they_are_those_of_platformdirs(
    value: str | None, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)

    assert places.user_cache() == platformdirs.user_cache_path("wheelright", appauthor=False)
    assert places.user_config() == platformdirs.user_config_path("wheelright", appauthor=False)
    assert places.site_config() == platformdirs.site_config_path("wheelright", appauthor=False)


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_without_a_plain_home(home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)

    assert places.user_cache() == platformdirs.user_cache_path("wheelright", appauthor=False)
    assert places.user_config() == platformdirs.user_config_path("wheelright", appauthor=False)
