"""What every test gets: a clean environment, no way out of this machine, and a local index."""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from support.local_index import LocalIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Properties look for new examples where people work, and try the same ones where it must be green.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_FOREIGN = ("PIP_", "UV_", "WHEELRIGHT_", "CONDA_", "XDG_", "POETRY_", "PDM_")
_ALSO_FOREIGN = {
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "virtual_env",
    "netrc",
    "pythonhome",
    "no_color",
    "force_color",
}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own, outside its ``tmp_path``; no settings, no progress."""
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN) or name.lower() in _ALSO_FOREIGN:
            monkeypatch.delenv(name)
    monkeypatch.setenv("WHEELRIGHT_NO_PROGRESS", "1")  # it tells what is slow, on a slow machine
    folder = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    return folder


@pytest.fixture(autouse=True)
def _stay_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to other machines, unless the test is marked ``network``."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
            self.close()
            pytest.fail(f"a test tried to reach {address!r}; is it to be marked `network`?")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture
def local_index() -> Iterator[LocalIndex]:
    """Run an empty index with everything that a good one has."""
    with LocalIndex() as index:
        yield index


@pytest.fixture
def make_index() -> Iterator[Callable[..., LocalIndex]]:
    """Run any number of indexes; arguments are those of ``LocalIndex``."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(LocalIndex(**options))
